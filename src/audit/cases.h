/* Audit stage: conversations with roles and verdicts -> cases, sorted by conversation key. */
#ifndef AUD_CASES_H
#define AUD_CASES_H

#include <aud/attrib.h>
#include <aud/finding.h>
#include <aud/matrix.h>
#include <aud/packet.h>

#include "shard.h"

/* Applications seen, by number, so that a case's name outlives the classifier. */
struct app_names {
	struct app_named {
		struct aud_app app;
		char *name;
	} *v;
	size_t n;
};
/* The name, owned by the table; "Unknown" for none. NULL: out of memory. */
const char *app_names_get(struct app_names *, struct aud_classifier *, struct aud_app);
void app_names_clear(struct app_names *);

/* Rulings that differ: there are few of them, and as many cases as there are conversations. */
struct rulings {
	struct aud_ruling **slots;
	size_t n, mask;
};
void rulings_clear(struct rulings *);

/*
 * One array of all shards' conversations. *out is the caller's to free; the cases point into the rulings. The texts of tunnels are
 * the decoder's; or, where that goes on decoding meanwhile, those of tunnels[], by number.
 */
enum aud_code cases_build(struct aud_case **out, size_t *n, struct rulings *, struct shard *, const struct aud_attrib *,
    const struct aud_matcher *, struct app_names *, const struct aud_decoder *, const char *const *tunnels, struct aud_err *err) AUD_CHECKED;

#endif
