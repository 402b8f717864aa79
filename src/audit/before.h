/* Audit stage, a running audit that goes on: what an earlier start could not decode, added to what this one cannot. */
#ifndef AUD_BEFORE_H
#define AUD_BEFORE_H

#include <aud/err.h>
#include <aud/packet.h>

/* Owns its texts. */
struct before_books {
	struct aud_decode_count *v;	/* sorted as the decoder's are */
	size_t n;
};

enum aud_code before_take(struct before_books *, const struct aud_decode_stats *, uint64_t (*frame)(const void *user, uint64_t no),
    const void *user, struct aud_err *) AUD_CHECKED;
/* Both as one list, for free(); its texts are those of the two. *n: how many there are now, and then. before may be NULL. NULL: no memory. */
struct aud_decode_count *before_merge(const struct before_books *before, const struct aud_decode_count *now, size_t *n);
void before_clear(struct before_books *);

#endif
