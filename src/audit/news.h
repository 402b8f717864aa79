/*
 * Audit stage, news: which findings hold that did not, hold otherwise, or hold no more. Each is told once, its changes at a pace, and its
 * end when it has stayed away for a while.
 */
#ifndef AUD_NEWS_H
#define AUD_NEWS_H

#include <aud/live.h>

#include "sitting.h"
#include "snapshot.h"

struct told {
	struct aud_finding finding;	/* as it was told last: a copy with texts of its own, without citations */
	uint64_t since_ns;		/* it has held since then */
	uint64_t gone_ns;		/* it has not held since then; 0: it does */
	uint64_t first_ns, last_ns;	/* when it was told first and last; 0: not yet */
	uint64_t ended_ns;		/* when its end was told; 0: it was not */
	bool here;			/* of the sitting that is compared */
	bool fresh;			/* told, but not yet stored so */
};

struct news {
	struct told *v;			/* sorted by id */
	size_t n, cap;
	size_t max;			/* beyond so many those that hold no more end at once, and are forgotten, stored or not; 0: no bound */
	uint64_t events;
};

/*
 * Compares the findings of a sitting with what was told, and tells. What may not be told yet is withheld from the sitting. picture NULL:
 * it is the last one, all of it may be told, and nothing ends.
 */
typedef void news_tell(void *user, enum aud_event_action, const struct aud_finding *);
enum aud_code news_compare(struct news *, struct sitting *, const struct snapshot *picture, uint64_t now_ns, news_tell *, void *user,
    struct aud_err *err) AUD_CHECKED;
/* One that an earlier start told. */
enum aud_code news_recall(struct news *, const struct aud_finding *, uint64_t first_ns, uint64_t last_ns, struct aud_err *err) AUD_CHECKED;
/* What was told is stored, or there is nothing to store it in: what has ended is forgotten. */
void news_settle(struct news *);
/* Another audit begins, in which all that was told and holds is stored anew. */
void news_again(struct news *);
void news_clear(struct news *);

#endif
