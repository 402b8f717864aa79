/* Stage diff, inside: what became of findings that are gone. */
#ifndef DIFF_IMPL_H
#define DIFF_IMPL_H

#include <aud/diff.h>

/* What the new audit shows of the hosts and of the traffic of one finding that is gone. */
struct sight {
	const struct aud_finding *f;
	bool client_sent, server_sent;	/* the host sent something */
	bool pair;			/* the two hosts were seen with each other */
	bool near;			/* each of them was seen with hosts like the other */
	uint64_t flows;			/* of the same client, server, port and transport; refused and unanswered ones too */
	uint64_t answered;
	uint32_t facts;
	uint8_t tls_min;		/* the smallest that was negotiated; 0 none seen */
	bool recognised;		/* by what is in its packets */
	bool undocumented;		/* at least one of its conversations is not documented */
	const char *rule;		/* that documents it, or NULL */
	char app[64];			/* of the last that was recognised */
};

/* Fills the sights of n findings in one pass over the conversations. */
enum aud_code sight_look(struct sight *, size_t n, const struct aud_report *, struct aud_err *) AUD_CHECKED;

/* Change and reason of a finding that is gone; the sight may be NULL for kinds that are not about traffic. */
enum aud_code gone_judge(struct aud_diff_finding *, const struct aud_diff *, const struct sight *, struct aud_err *) AUD_CHECKED;
/* Is it about traffic between hosts, so that a sight tells more? */
bool gone_traffic(enum aud_kind);

/* The sentence becomes the reason. */
enum aud_code give_reason(struct aud_diff_finding *, struct aud_say *, const struct aud_said *, struct aud_err *) AUD_CHECKED;

#endif
