/*
 * Stage 8, inside: IPsec by pairs of hosts. A bond is what two hosts share: their associations, negotiations and conversations. Built
 * once, before the states of the rows; read by the judge of IPsec and by the states of the rows that ask for none.
 */
#ifndef JUDGE_IPSEC_H
#define JUDGE_IPSEC_H

#include <aud/ipsec.h>

#include "docket.h"

/* Thresholds; spanaudit(1) states them. */
#define NEAR_NS (5 * SECOND_NS)		/* a negotiation belongs to the media or the association that begins this near */
#define SILENT_NS SECOND_NS		/* clear media that ends this near the beginning of ESP gave way to it */
#define SILENCE_NS (2 * SECOND_NS)	/* that long ESP goes on without it, so that the silence is seen */
#define DELAY_NS (SECOND_NS / 2)	/* RFC 8489, 6.2.1: a check without an answer is sent again after half a second */
enum {
	BLOCK = 64,
	PACE_SECONDS = 5,	/* of a codec's interval, in each direction at the same time */
	PACE_SHARE = 60,	/* of a hundred packets in these, that come when they are due */
	RATE_PACKETS = 10,	/* of clear media in a direction, from which it has a rate */
	RATE_FACTOR = 2,	/* within which two rates are similar */
};

/* What shows that media is inside. */
struct media {
	bool found;
	bool one_way;		/* one direction of the association was captured */
	const struct aud_case *clear;	/* that gave way */
	const struct aud_sa *sa[2];	/* first of each side */
	unsigned ms;		/* the codec's interval; 0 none */
	uint64_t gap_ns;	/* from the end of the clear to the beginning of ESP, or 0 */
};

struct bond {
	struct aud_addr addr[2];	/* the smaller first */
	struct aud_who who[2];
	bool listed[2];			/* a row of roles names that side */
	bool read, hides;		/* they share an association that can be read, one that cannot */
	const struct aud_sa *const *sas;
	size_t nsas;
	const struct aud_ike *const *ikes;	/* in the order of their beginning */
	size_t nikes;
	const uint64_t *answered_until;	/* for each of these: the latest end of an answered one, up to it */
	const struct aud_case *const *cases;	/* between the two */
	size_t ncases;
	size_t sent[2];			/* in p->begun: where the associations begin that either side sends, and how many */
	size_t nsent[2];
	const struct aud_case *const *media;	/* in the clear, in the order of its beginning */
	size_t nmedia;
	uint64_t media_end;		/* the last packet of all of it */
	struct media upgrade, paced;	/* found once, since several judges ask */
};

struct ipsec {
	struct bond *bonds;	/* sorted */
	size_t nbonds;
	unsigned *rules;	/* that ask for no IPsec and count at this site */
	size_t nrules;
	const struct aud_sa **sas;
	const struct aud_sa **begun;	/* the same: by hosts, sender, beginning */
	uint64_t *opaque_until;		/* for each of these: the latest end of an opaque one of its sender that began no later */
	uint64_t *opaque_reach;		/* for each BLOCK of these: the latest end of an opaque one */
	const struct aud_ike **ikes;
	uint64_t *answered_until;
	const struct aud_case **cases;
	const struct aud_case **media;
	const struct aud_case **clear;	/* media in the clear and answered, of whatever hosts: the positive control */
	size_t nclear;
};

/* What the two hosts of a case share; NULL: nothing of IPsec. */
const struct bond *ipsec_bond(const struct ipsec *, const struct aud_case *);
/* Rows of any port are about roles; one with ports, and statements of the text, are about ranges of media. */
bool ipsec_of_roles(const struct aud_rule *);
/* The rule names these roles, first one way, then the other: which side it is that it names, as bits; 0: neither. */
unsigned ipsec_names(const struct aud_rule *, aud_roles a, aud_roles b);
bool ipsec_rule_counts(const struct docket *, const struct aud_rule *);

bool sa_read(const struct aud_sa *);	/* what it carries can be read */
bool sa_certain(const struct aud_sa *);	/* that it is IPsec at all */
bool sa_opaque(const struct aud_sa *);	/* IPsec for certain, and what it carries is hidden */
bool sa_from(const struct bond *, const struct aud_sa *, int side);
const char *sa_app(const struct aud_sa *);	/* "AH", "ESP-NULL", "ESP" */
const char *ike_app(const struct aud_ike *);	/* "AuthIP", "IKEv1", "IKEv2" */
/* Somebody without a role asked, and nobody answered: a probe. */
bool ike_probe(const struct bond *, const struct aud_ike *);
/* Somebody without a role sent ESP, and nothing shows that the other has to do with it: a probe, as of IKE. */
bool bond_unasked(const struct bond *);
bool ike_answered(const struct aud_ike *);
/* When it had come to its keys, as far as the first answer of each exchange shows: what keeps it alive for hours is no part of it. */
uint64_t ike_done(const struct aud_ike *);
/* The conversation is media, recognised as such, on a range of a row, and outside of IPsec. */
bool case_clear_media(const struct docket *, const struct aud_case *);
/* It is that in which IPsec or IKE travels. */
bool case_carrier(const struct aud_case *);
bool case_inside(const struct aud_case *);	/* some of it was inside IPsec */
bool media_capable(aud_roles);

/* Does what two hosts talk inside an association that can be read use a port of media? rules: those whose range holds are marked. */
bool inner_media(const struct docket *, const struct bond *, const struct aud_sa *, const struct aud_sa_inner *, bool *rules);
bool inner_of_bond(const struct aud_sa *, const struct aud_sa_inner *);
struct media upgrade(const struct ipsec *, const struct bond *);
struct media paced(const struct bond *);

/* A negotiation beside the beginning of media in the clear. */
struct start {
	const struct aud_ike *ike;
	const struct aud_case *media;
	bool answered, up;	/* up: packets of an association followed */
	uint64_t delay_ns;	/* until these, or until it had come to its keys, or was given up */
};
/* The slowest, or one without an answer; ike NULL: none. *n: how many. */
struct start media_start(const struct ipsec *, const struct bond *, size_t *n);

/* Encrypted ESP may have carried what such hosts said to the rule's servers. */
bool ipsec_hides(const struct docket *, aud_roles askers, const struct aud_rule *);
/* Some IPsec, or its negotiation, is there that the row asks not to be. */
bool ipsec_row_shown(const struct docket *, const struct aud_rule *);
/* The state of a row that asks for no IPsec. */
const struct aud_said *ipsec_row(const struct docket *, const struct aud_rule *, enum aud_state *state, uint64_t *flows, uint64_t *first_ns,
    uint64_t *last_ns, struct aud_say *);
/* What is said of each role; after the findings. */
enum aud_code ipsec_roles(struct docket *, struct aud_err *) AUD_CHECKED;
/* Why nothing follows from what was not seen, to be translated; NULL: something does. */
const char *ipsec_blind(const struct docket *);

#endif
