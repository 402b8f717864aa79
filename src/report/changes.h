/* Stage 9, inside: the difference to an earlier audit (aud/diff.h), within a report and by itself. */
#ifndef REPORT_CHANGES_H
#define REPORT_CHANGES_H

#include "writer.h"

/* The object "since" of a report. False: out of memory. */
bool changes_tell(const struct aud_diff *, const struct writer *, struct pen *);
/* Lines for a terminal. */
bool changes_text(const struct aud_diff *, const struct aud_report_opts *, FILE *out);

#endif
