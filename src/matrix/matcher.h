/*
 * Stage 7, inside: the compiled form of the rules that are in force at a site.
 *
 * Sets of rules are rows of bits. For every role, transport and stretch of ports there is one such row, so that the steps of a
 * match are intersections, and only what is left is looked at rule by rule.
 */
#ifndef MATRIX_MATCHER_H
#define MATRIX_MATCHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <aud/matrix.h>

#include "load.h"

enum { MATRIX_PROTO_TCP = 6, MATRIX_PROTO_UDP = 17, ANY_BIT = 63, WORDS_MAX = RULES_MAX / 64 };

struct set {
	uint64_t w[WORDS_MAX];	/* only the matcher's first words are ever read or written */
};

/* One rule in force. */
struct compiled {
	const struct aud_rule *rule;
	unsigned index;			/* in the matrix */
	struct aud_range ports[4];	/* narrowed by the site's media_ports */
	size_t nports;
	uint32_t width;			/* ports in all; 65536: every port */
	enum aud_tri condition;
};

struct aud_matcher {
	struct compiled *rules;		/* in the matrix's order */
	size_t n, words;
	uint64_t *bits;			/* the rows below live here */
	uint64_t *clients[64], *servers[64];	/* by role: the rule may have it on that side */
	uint64_t *either_clients[64];	/* by role: among those that may be connected to as well */
	uint64_t *proto[256];		/* NULL: no rule */
	uint64_t *condition_no, *either;
	/* Where a rule's ports are looked for: the connection's server, its client, nowhere. */
	uint64_t *at_server, *at_client, *portless;
	uint64_t *media, *evidence;	/* rules that need evidence of media; of their application, or an announcement */
	uint64_t *announced[3];		/* by who tells the port */
	uint64_t *announced_only;	/* those whose printed ports count for nothing without it */
	uint64_t *members;		/* rules for members of the client's address */
	uint64_t *pair;			/* rules that name the client's port as well */
	uint64_t *several;		/* rules that want several roles of one host at once */
	aud_roles ranged;		/* hosts whose own media ranges are printed */
	uint32_t *stretches;		/* first port of each stretch; the first is 0 */
	size_t nstretches;
	uint64_t *port_rows;		/* one row a stretch: rules whose ports hold it */
	uint64_t *serves_row;		/* rules that count for aud_matcher_serves() */
	uint64_t serves[2][65536 / 64];	/* TCP, UDP: some rule names the port for a server */
};

/* What is known of the application, from nDPI, our own parsers and their facts. */
enum strength { STRENGTH_NONE, STRENGTH_WEAK, STRENGTH_DPI, STRENGTH_PARSED };

struct evidence {
	const char *app;	/* NULL: unknown */
	size_t len;
	enum strength strength;
	enum strength media;	/* that it is media */
	bool clear;		/* readable SIP or HTTP */
	bool clear_parsed;
	uint32_t facts;
};

struct evidence evidence_of(const struct aud_query *);

enum app_result { APP_HOLDS, APP_LACKING, APP_CONTRADICTED };
/* Step 7. strength: how well it holds. */
enum app_result app_judge(const struct aud_rule *, const struct evidence *, enum strength *strength);
/* Step 8. initiator: the roles of the side that connected; exchanged: it is one of the rule's servers. */
bool security_holds(const struct aud_rule *, const struct evidence *, aud_roles initiator, bool exchanged);
enum aud_certainty certainty_of(const struct aud_rule *, const struct evidence *, enum strength,
    aud_roles initiator, bool exchanged, bool secure);

/* Row of ports for a port. */
const uint64_t *matcher_ports(const struct aud_matcher *, uint16_t port);
/* Union of the rows of roles; roles without one still have ANY_BIT. */
void matcher_roles(const struct aud_matcher *, uint64_t *const rows[64], aud_roles, struct set *out);

#endif
