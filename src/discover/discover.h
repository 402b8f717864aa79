/* What the files of this stage share: hosts, services and talks. */
#ifndef DISCOVER_H
#define DISCOVER_H

#include <stdbool.h>

#include <aud/discover.h>

enum { ROLES = AUD_ROLE_BUILTIN, DRAFT_ROLES = 3, SAID = 3 };

/* What is talked on a port, whoever talks: the rules of the matrix that it may be. */
struct service {
	uint16_t port, last;	/* the same, but where services that differ in the port alone count as one */
	size_t as;		/* the service that this one counts as; itself */
	uint8_t proto;
	char *app;		/* NULL: not recognised */
	unsigned *rules;
	size_t nrules;
	aud_roles clients, servers;	/* of these rules, and of the well-known services beside the matrix */
	double weight[2];	/* the fewer roles speak it as client, as server, the more it tells */
};

/* One conversation. */
struct talk {
	size_t client, server;	/* hosts */
	size_t service;
	bool certificate, no_certificate;	/* client certificate: shown; known to be lacking */
};

struct candidate {
	unsigned role;
	double score;
};

struct host {
	struct aud_addr addr;
	size_t *used;		/* talks as client, in the order of services */
	size_t nused;
	size_t served, nserved;	/* talks as server: they stand together */
	uint32_t has, wants;	/* bits of struct draft's required rules: answers it; asked some host for it */
	double p[ROLES];	/* how likely each role is; sums to 1 */
	double score[ROLES];
	unsigned roles[DRAFT_ROLES];
	size_t nroles;		/* 0: not decided */
	unsigned next;		/* role that comes next, ROLES: none comes near */
	bool grouped;		/* told as part of a prefix */
};

struct prefix {
	struct aud_addr net;
	unsigned len;
	size_t n;		/* hosts */
	unsigned role;
};

enum { REQUIRED = 32 };

struct draft_required {
	uint16_t port;
	uint8_t proto;
	aud_roles servers;
};

struct aud_draft {
	struct host *hosts;	/* sorted by address */
	size_t nhosts;
	struct service *services;
	size_t nservices;
	struct talk *talks;	/* sorted by server, service, client */
	size_t ntalks;
	size_t *used;		/* memory of hosts' used */
	struct prefix *prefixes;
	size_t nprefixes;
	struct aud_server_name *names;	/* sorted by server; clean */
	size_t nnames;
	struct draft_required required[REQUIRED];	/* what every server of a role answers, by the matrix */
	size_t nrequired;
	unsigned ports[ROLES];	/* or ranges, that the rules name for servers of a role */
	uint32_t answered;	/* bits of them: some host does */
	uint64_t first_ns, last_ns;
	char **inputs;
	size_t ninputs;
};

/* gather.c */
enum aud_code draft_gather(struct aud_draft *, const struct aud_report *, struct aud_err *) AUD_CHECKED;
/* score.c: fills p and score of every host. */
void draft_score(struct aud_draft *, const struct aud_matrix *);
/* Does some rule name this service for a host with these roles on that side? */
bool draft_explains(const struct aud_draft *, const struct aud_matrix *, aud_roles, const struct talk *, bool server);

#endif
