/* Stage 8, inside: a finding of IPsec while it is gathered. */
#ifndef JUDGE_IPSEC_NOTE_H
#define JUDGE_IPSEC_NOTE_H

#include "ipsec.h"

struct note {
	const struct bond *bond;
	struct aud_finding seed;
	bool *rules;		/* whose rows are cited; of all rules of the matrix */
	uint64_t unread;	/* packets of associations that can be read, which could not */
	size_t nsas;
	unsigned nflows, ntunneled;	/* associations and negotiations; of them those whose first packet was in a tunnel */
	uint16_t tunnel;	/* the first of these; aud_decoder_tunnel() */
	bool tunnels;		/* there were others */
};

/* Of two hosts: the side that a row names stands as server. False: out of memory. */
bool note_open(struct note *n, const struct docket *d, const struct bond *b, enum aud_kind kind, uint8_t proto, const char *app);
/* Counts and frames. */
void note_sa(const struct docket *d, struct note *n, const struct aud_sa *s);
void note_ike(const struct docket *d, struct note *n, const struct aud_ike *k);
/* Marks the rules that name one of the two for its role. proto 0: whichever is inside. *tcp: all of them print TCP alone. False: none. */
bool note_roles(const struct docket *d, struct note *n, uint8_t proto, bool *tcp);
/* Marks the row of clients, and what the text says. False: there is none. */
bool note_media(const struct docket *d, struct note *n);
/* Rows in the order of the documents; statements: only what the text says. False: out of memory. */
bool note_cite(const struct docket *d, struct aud_finding *f, const bool *rules, bool statements);
/* "document#T5.9, T5.10": the document is named once. */
void say_cited(FILE *w, const struct docket *d, const struct aud_finding *f);
/* "10.20.100.11 (client) and fe01 (front-end)" */
void say_bond(FILE *w, const struct docket *d, const struct bond *b);
void say_time(FILE *w, uint64_t ns);
void say_count(FILE *w, const struct note *n);
void say_end(FILE *w, const struct docket *d);
/* Hands the finding over with its sentence. key: the sort of evidence. */
enum aud_code note_tell(struct docket *d, struct note *n, const char *key, struct say *say, struct aud_err *err) AUD_CHECKED;
void note_close(struct note *n);

#endif
