/*
 * Stage 7, matrix: documents, printed rows and rules; and the matcher compiled from them.
 *
 * Rules are YAML in rules/, printed rows are CSV beside them (both compiled into the program); they end as tables in memory, which
 * the store copies into SQLite for whoever wants to ask: the hot path never sees SQL. Ownership: struct aud_matrix owns everything
 * that it points to.
 */
#ifndef AUD_MATRIX_H
#define AUD_MATRIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "app.h"
#include "conv.h"
#include "err.h"
#include "role.h"
#include "site.h"

struct aud_document {
	const char *id;		/* "sfb-2015-servers-es" */
	const char *title, *edition, *language, *date, *source;
	enum aud_product product;	/* AUD_PRODUCT_UNKNOWN: holds for any */
	bool listed_only;		/* counts only where the site file lists it under documents */
};

enum aud_row_kind { AUD_ROW_RULE, AUD_ROW_BLANK, AUD_ROW_STATEMENT };

/* One printed row, cells verbatim. */
struct aud_row {
	unsigned document;	/* index */
	const char *table;	/* "T1" ... or "P" for a prose statement */
	unsigned ordinal;	/* from 1 */
	const char *role, *service, *port, *protocol;
	enum aud_row_kind kind;
	const unsigned *rules;	/* indices of the rules that cite it */
	size_t nrules;
	const char *gloss;	/* of a statement, in our English, since its sentence is not copied; else "" */
};

enum aud_port_side { AUD_PORT_SERVER, AUD_PORT_CLIENT, AUD_PORT_EITHER, AUD_PORT_NONE };
enum aud_security { AUD_SEC_UNSTATED, AUD_SEC_NONE, AUD_SEC_TLS, AUD_SEC_MTLS, AUD_SEC_TLS_OR_MTLS };
enum aud_presence { AUD_PRESENCE_REQUIRED, AUD_PRESENCE_OPTIONAL, AUD_PRESENCE_CONDITIONAL };
/* Which of the site's media_ports narrows the printed range of a rule. */
enum aud_media { AUD_MEDIA_NONE, AUD_MEDIA_AUDIO, AUD_MEDIA_VIDEO, AUD_MEDIA_SHARING, AUD_MEDIA_CLIENT };
/* Who tells a client the port of a service that has no fixed one: the RPC endpoint mapper, SQL Browser. */
enum aud_announced { AUD_ANNOUNCED_NONE, AUD_ANNOUNCED_RPC, AUD_ANNOUNCED_SQL };
enum aud_absence { AUD_ABSENCE_STRONG, AUD_ABSENCE_PERIODIC, AUD_ABSENCE_ON_DEMAND, AUD_ABSENCE_WEAK, AUD_ABSENCE_NONE };

const char *aud_security_name(enum aud_security);
const char *aud_presence_name(enum aud_presence);
const char *aud_absence_name(enum aud_absence);
const char *aud_port_side_name(enum aud_port_side);

struct aud_rule {
	const char *id, *subject, *service;	/* stable id; "server" ...; English name of the service */
	aud_roles clients, servers;		/* who connects to whom: a host needs one of these roles */
	aud_roles clients_all, servers_all;	/* and, where not 0, every one of these */
	aud_roles mtls_clients;			/* security MTLS is demanded of these clients only (others TLS); 0: of all */
	bool either_way;			/* the roles may also be exchanged */
	aud_roles either;			/* then: those of clients that servers may connect to as well */
	uint8_t protos[4];			/* IP protocol numbers */
	size_t nprotos;
	struct aud_range ports[4];
	size_t nports;
	enum aud_port_side port_side;
	bool pair;				/* the first port is the server's, and the client's is one of all */
	const char **apps;			/* names that satisfy it; a name without '.' accepts its sub-protocols */
	size_t napps;
	bool media;				/* a media or client range: never matched on the port alone; ports of servers' hosts */
	enum aud_media media_range;
	bool evidence;				/* never matched on the port alone: one of apps has to be recognised */
	enum aud_announced announced;		/* holds on any port that the server told the client; without evidence on no other */
	bool members;				/* servers are those that the site file lists as members of the client's address */
	bool inferred;				/* its security is not printed in the row: remark tells from what it is inferred */
	bool implied;				/* follows from the row, which does not print it: remark tells how */
	bool exempt;				/* where IPsec must be off; documents no traffic, so the matcher skips it */
	enum aud_security security;
	enum aud_presence presence;
	enum aud_absence absence;
	const char *condition;			/* as written, e.g. "feature:dial-in"; "" none */
	const char *gloss, *remark;		/* our own English */
	const char *reason;			/* of a site's own rule; else "" */
	const char *until;			/* YYYY-MM-DD after which the row is no longer valid; "" none */
	const char *exception;			/* to until, in our English: "in mainland China"; "" none */
	const unsigned *citations;		/* indices of rows */
	size_t ncitations;
	bool site_own;				/* from the site file */
	const char *file;
	unsigned line, column;
};

/* A port of these rules proves nothing by itself. */
static inline bool
aud_rule_wants_evidence(const struct aud_rule *r)
{
	return r->media || r->evidence || r->announced != AUD_ANNOUNCED_NONE;
}

struct aud_matrix {
	const struct aud_document *documents;
	size_t ndocuments;
	const struct aud_row *rows;	/* documents in order, tables in order, ordinals in order */
	size_t nrows;
	const struct aud_rule *rules;
	size_t nrules;
	char sha256[65];		/* of all rule files and row files, in order of their names */
	void (*release)(struct aud_matrix *);	/* aud_matrix_free() calls it where it is set, and does nothing else */
	void *priv;
};

/* dir: folder of rule files, NULL: the built-in ones. site may be NULL; its own rules and roles are added. */
enum aud_code aud_matrix_load(struct aud_matrix **out, const char *dir, const struct aud_site *site, struct aud_err *err) AUD_CHECKED;
void aud_matrix_free(struct aud_matrix *);
/* "sfb-2015-servers-es#T1.3" */
struct aud_citation_text { char s[64]; };
struct aud_citation_text aud_citation(const struct aud_matrix *, unsigned row);

/* Is a rule in force at this site? Unknown accepts the traffic and never claims absence. */
enum aud_tri aud_rule_applies(const struct aud_matrix *, const struct aud_rule *, const struct aud_site *);
/* The ports of a rule as the site's media_ports narrow them, at most as many as are printed; returns how many. */
size_t aud_rule_ports(const struct aud_rule *, const struct aud_site *, struct aud_range out[4]);
/*
 * An application as nDPI or our own parsers spell it, for a word in any case ("tls", "TLS.skype_teams"). False: there is none;
 * *near is then the nearest name, or NULL.
 */
bool aud_app_spelling(const char *word, char out[64], const char **near);
/* Does the document count at this site (product and extra documents)? */
bool aud_document_applies(const struct aud_matrix *, unsigned document, const struct aud_site *);

/*
 * The matcher's three answers, in numbered steps (the same in spanaudit(1)):
 *  1 both sides have a role          -> else AUD_NO_ROLE
 *  2 some rule joins these roles     -> else AUD_PAIR_UNKNOWN; AUD_PAIR_KNOWN, failed step 2: the server is none of the
 *    members that the site file lists for the virtual address which connects
 *  3 in this direction               -> else AUD_PAIR_KNOWN, failed step 3
 *  4 with this transport             -> else step 4
 *  5 on this port, on the right side -> else step 5
 *  6 the condition holds or is open  -> else step 6
 *  7 the application is not another  -> else step 7
 *  8 its security is what is printed -> else documented, but step 8 failed
 * Of several rules that hold the most specific wins (exact port, short range, long range), all are listed.
 */
enum aud_answer { AUD_NO_ROLE, AUD_PAIR_UNKNOWN, AUD_PAIR_KNOWN, AUD_DOCUMENTED };
enum aud_step {
	AUD_STEP_NONE, AUD_STEP_ROLES, AUD_STEP_PAIR, AUD_STEP_DIRECTION, AUD_STEP_TRANSPORT, AUD_STEP_PORT, AUD_STEP_CONDITION,
	AUD_STEP_APP, AUD_STEP_SECURITY,
};
enum aud_certainty { AUD_CERTAIN, AUD_STRONG, AUD_PROBABLE, AUD_PORT_ONLY, AUD_INDETERMINATE };
const char *aud_certainty_name(enum aud_certainty);
const char *aud_step_name(enum aud_step);

/* What is asked: built of a conversation, or by "explain" of words. */
struct aud_query {
	aud_roles client, server;
	uint16_t client_port_lo, client_port_hi, server_port;	/* client ports 0-0: unknown */
	uint8_t proto;
	const char *app;		/* name, NULL or "Unknown": none */
	enum aud_app_by app_by;
	uint32_t facts;			/* enum aud_fact of which at least one flow has it */
	enum aud_direction direction;
	enum aud_tri member;		/* of the client's members the server is one; unknown: the site file lists none */
	enum aud_tri member_back;	/* of the server's members the client is one */
};

enum { AUD_VERDICT_RULES = 8 };
struct aud_verdict {
	enum aud_answer answer;
	enum aud_step failed;
	enum aud_certainty certainty;
	unsigned rules[AUD_VERDICT_RULES];	/* AUD_DOCUMENTED: those that hold, best first; else the nearest ones */
	size_t nrules;				/* stored */
	size_t total;				/* found */
	bool swapped;				/* it matched with client and server exchanged (direction not certain) */
	bool condition_open;			/* the best rule's condition is not known for this site */
	bool weaker;				/* documented, but a sibling rule prints more security than was seen: */
	unsigned sibling;			/* this one */
};

/* All would hold, were the server a member of the address that connects. */
static inline bool
aud_verdict_stranger(const struct aud_verdict *v)
{
	return v->answer == AUD_PAIR_KNOWN && v->failed == AUD_STEP_PAIR;
}

struct aud_matcher;
enum aud_code aud_matcher_new(struct aud_matcher **out, const struct aud_matrix *, const struct aud_site *, struct aud_err *err) AUD_CHECKED;
void aud_matcher_free(struct aud_matcher *);
/* Pure memory, no allocation, any thread. */
void aud_match(const struct aud_matcher *, const struct aud_query *, struct aud_verdict *out);
/* Does any rule in force name this port for the server side of a host with these roles (0: any host)? For guessing directions. */
bool aud_matcher_serves(const struct aud_matcher *, aud_roles, uint16_t port, uint8_t proto);

/* Everything below writes to out and leaves failures of writing to its error flag. Columns: spanaudit(1); RFC 4180. */
void aud_rules_write_list(FILE *out, const struct aud_matrix *, const struct aud_site *);
void aud_rules_write_rows(FILE *out, const struct aud_matrix *);
/*
 * Exchange with spreadsheets: documents.csv, rows.csv and rules.csv in dir, and back into a folder of rules in dir. dir is made, or is
 * empty; where it fails nothing is left in it. Mistakes in the CSV files: AUD_RULES with file, line, column and cell.
 */
enum aud_code aud_rules_export(const struct aud_matrix *, const struct aud_site *, const char *dir, struct aud_err *err) AUD_CHECKED;
enum aud_code aud_rules_import(const char *from, const struct aud_site *, const char *dir, struct aud_err *err) AUD_CHECKED;
/* One rule ("sip-front-end") or one row ("sfb-2015-servers-es#T1.3", "T1.3" where one document is loaded) as text. AUD_USAGE: neither. */
enum aud_code aud_rules_show(FILE *out, const struct aud_matrix *, const struct aud_site *, const char *what, struct aud_err *err) AUD_CHECKED;

struct aud_rules_counts {
	size_t documents, rules, site_rules, citations;
	size_t rows, rule_rows, blank_rows, statements;
	size_t uncited;		/* rows of kind rule that no rule cites: 0 in whatever aud_matrix_load() accepted */
	size_t contradictions;	/* rules whose ports are not those of a row that they cite, as far as the cell is numbers */
};
/* Proves that every printed row is cited, or marked blank or statement; messages NULL: only counts. True: nothing to complain. */
bool aud_rules_check(const struct aud_matrix *, FILE *messages, struct aud_rules_counts *out);

#endif
