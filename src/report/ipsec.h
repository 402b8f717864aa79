/* Stage 9, inside: the object "ipsec" of a report. */
#ifndef REPORT_IPSEC_H
#define REPORT_IPSEC_H

#include "writer.h"

/* inputs: names as the report prints them. False: out of memory. */
bool ipsec_tell(const struct aud_trial *, char *const *inputs, const struct writer *, struct pen *);

#endif
