/*
 * Audit stage, a sitting: what an audit that goes on says at a moment, made of its tables (at the end) or of a picture of them.
 *
 * Ownership: a sitting owns its cases, findings and texts; shards, inputs, spans and the rest are lent and have to outlive it.
 */
#ifndef AUD_SITTING_H
#define AUD_SITTING_H

#include <aud/audit.h>
#include <aud/ipsec.h>

#include "cases.h"
#include "spans.h"

struct sitting_of {
	struct shard *shards;		/* their folds are sorted */
	struct app_names *names;
	const struct aud_decoder *decoder;	/* or */
	const char *const *tunnels;		/* see cases_build() */
	const char *const *ipsec_tunnels;	/* of associations and negotiations, by number */
	size_t nipsec_tunnels;
	const struct aud_input *inputs;
	size_t ninputs;
	const struct aud_decode_stats *decode;
	const struct aud_ipsec_result *ipsec;
	const struct spans *spans;	/* finished */
	const struct aud_coverage *before;	/* counts of an audit that this one goes on with; NULL: none */
	const struct aud_site *site;
	const struct aud_matrix *matrix;
	const struct aud_attrib *attrib;
	const struct aud_matcher *matcher;
	const char *filter, *command;
	uint64_t window_ns;		/* what was silent for longer before now_ns is not in the tables; 0: all is */
	uint64_t evicted_past, dropped_past;	/* of the flows that had to go, those that went before the window began */
	uint64_t now_ns;		/* waivers expire by the last packet's date, or by this one's where there was none */
};

struct sitting {
	struct aud_case *cases;
	size_t ncases;
	struct rulings rulings;
	struct aud_coverage coverage;
	struct aud_trial trial;
	struct aud_report report;
	char today[16];
};

enum aud_code sitting_hold(struct sitting *, const struct sitting_of *, struct aud_err *err) AUD_CHECKED;
void sitting_clear(struct sitting *);
/* A finding is not to be told: puts the totals right and frees what it has; who calls takes it out of the trial's list. */
void sitting_withhold(struct sitting *, struct aud_finding *);
/*
 * Absence is claimed of a whole window only: takes the findings of missing traffic out, and says of the rows how far the watch has come.
 */
enum aud_code sitting_not_missing(struct sitting *, uint64_t watched_ns, uint64_t window_ns, struct aud_err *err) AUD_CHECKED;

#endif
