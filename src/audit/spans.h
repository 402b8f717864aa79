/*
 * Audit stage, spans: when the capture was running, as far as its packets tell. A span goes on while less than SPAN_GAP passes
 * between packets; a silence that is longer, or a step of the clock, begins another. What was not captured in between is not
 * known to have been absent.
 *
 * Spans that are closed stay as they are, however soon the next one comes: what passed in between is known not to have been captured.
 */
#ifndef AUD_SPANS_H
#define AUD_SPANS_H

#include <aud/err.h>
#include <aud/finding.h>
#include <aud/frame.h>

#define SPAN_GAP_NS UINT64_C(600000000000)	/* ten minutes: keep-alives of signalling are more frequent on any network that works */

struct spans {
	struct aud_span *v;
	size_t n, cap;
	size_t current;
	size_t closed;		/* so many, the first ones */
};

enum aud_code spans_add(struct spans *, const struct aud_frame *, size_t n, struct aud_err *err) AUD_CHECKED;
/* Leaves nothing of what was before; more may be added. */
void spans_forget(struct spans *, uint64_t before_ns);
/* Sorts, joins what touches. Nothing may be added any more. */
void spans_finish(struct spans *);
/* Nobody captures from here on, for a while: what comes belongs to none of those that are there. */
void spans_close(struct spans *);
uint64_t spans_covered(const struct spans *);

#endif
