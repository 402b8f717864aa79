/* Names of applications that are ours, not nDPI's. */
#ifndef AUD_NAMES_H
#define AUD_NAMES_H

#include <stdint.h>

const char *own_name(uint16_t app);	/* NULL: nDPI's */

#endif
