/*
 * Audit stage, several inputs as one stream in time order: two taps of a link, or the ring of files of one capture. Frames are
 * copied into blocks of the merge's own, since the blocks of the inputs move on at their own pace. Frames of one input keep their
 * order; of equal times the input named first in order comes first. An input is read only while its time has come.
 */
#ifndef AUD_MERGE_H
#define AUD_MERGE_H

#include <stdbool.h>

#include <aud/frame.h>

struct merge;

/* One piece of the merged stream; zeroed before the first use. */
struct merged {
	uint8_t *mem;
	size_t size, used;
	struct aud_frame *frames;	/* no: input << 48 | number */
	size_t n, cap, at;
};
void merged_free(struct merged *);
/* At most max frames; 0: used up. They are valid until the piece is filled again. */
size_t merged_cut(struct merged *, struct aud_frame *out, size_t max);

/* The inputs are sorted by their first time stamps and stay the caller's. */
enum aud_code merge_new(struct merge **out, struct aud_capture *const *inputs, size_t n, struct aud_err *err) AUD_CHECKED;
void merge_free(struct merge *);
/* Fills the next piece; AUD_END: every input has ended, the piece is empty. One at a time. */
enum aud_code merge_fill(struct merge *, struct merged *, struct aud_err *err) AUD_CHECKED;
/* Bytes read of all inputs so far. */
uint64_t merge_done(const struct merge *);

#endif
