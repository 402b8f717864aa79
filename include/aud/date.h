/* Dates as files have them. */
#ifndef AUD_DATE_H
#define AUD_DATE_H

#include <stdbool.h>

/* YYYY-MM-DD, and a day that there is (Gregorian calendar). */
bool aud_date_valid(const char *);

#endif
