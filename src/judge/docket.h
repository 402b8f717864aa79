/*
 * Stage 8, inside: what the judges share. A docket is built once from the trial's cases and read by every judge; it
 * lives during aud_judge() and owns its tables. Findings are appended to the trial through docket_find() only.
 */
#ifndef JUDGE_DOCKET_H
#define JUDGE_DOCKET_H

#include <stdbool.h>
#include <stdio.h>

#include <aud/finding.h>

enum { PROTO_ICMP = 1, PROTO_TCP = 6, PROTO_UDP = 17, PROTO_ICMP6 = 58 };

#define SECOND_NS UINT64_C(1000000000)

/* The documents speak of any working hour (absence=strong), so less than one carries no claim of absence. */
#define WINDOW_STRONG_NS (3600 * SECOND_NS)
/* Replication and the like occur some time per day. */
#define WINDOW_PERIODIC_NS (24 * 3600 * SECOND_NS)
/* Parts per thousand of TCP segments (or packets, for drops) that the capture lacks. Above it a handshake of three
 * packets is seen whole in less than 86 of 100 cases, and a row used once could be lost: no claim of absence. */
enum { LOSS_ABSENCE = 50 };

struct host { /* an address of the cases that is silent in some of them */
	struct aud_addr addr;
	bool sent; /* some packet of it was captured */
};

struct pair { /* two addresses, whoever is the client, that have an unanswered or a one-sided case */
	struct aud_addr lo, hi;
	uint64_t two_way; /* flows in which both were captured */
	uint64_t one_way; /* TCP flows that must have had two sides and show one */
};

struct combo { /* two sets of roles that met */
	aud_roles client, server;
	uint64_t two_way; /* flows of TCP and UDP with data both ways: what answers a ping is a host, and not yet a service */
	uint64_t first_ns, last_ns; /* of these */
};

struct docket {
	struct aud_trial *trial;
	struct host *hosts; /* sorted */
	size_t nhosts;
	struct pair *pairs; /* sorted */
	size_t npairs;
	struct combo *combos; /* sorted */
	size_t ncombos, ccombos;
	bool *scanned; /* per case: told by a scan finding, or one of IPsec */
	struct ipsec *ipsec; /* ipsec.h */
	char **inputs; /* names that tell the inputs apart, without folders */
	uint64_t watched_ns;
	struct {	/* where the keys of findings are put together */
		FILE *out;
		char *text;
		size_t n;
	} key;
	uint64_t one_sided, sided; /* TCP connections of which one side was captured though both spoke; all of them */
};

enum aud_code docket_new(struct docket *, struct aud_trial *, struct aud_err *) AUD_CHECKED;
void docket_clear(struct docket *);

/* Was some packet captured that this address, one of the cases', sent? */
bool docket_sent(const struct docket *, const struct aud_addr *);
/* The two hosts of a case answered each other in some case. */
bool docket_spoke(const struct docket *, const struct aud_conv *);
/* Hosts with some of these roles and the rule's servers were seen in two-way talk with each other, in either direction;
 * *period: between the first and the last of it. */
bool docket_met(const struct docket *, aud_roles askers, const struct aud_rule *, uint64_t *period);
/* The capture shows one direction only of these two hosts. */
bool docket_one_way(const struct docket *, const struct aud_conv *);
/* The capture as a whole shows one direction. */
bool docket_one_sided(const struct docket *);
/*
 * The capture ends, or falls silent, before an answer to what was sent then would be due. An attempt that goes on for longer
 * than that is late only where it begins so.
 */
bool docket_late(const struct docket *, uint64_t first_ns, uint64_t last_ns);
/* An answer to this, had there been one, may have passed unseen. */
bool docket_deaf(const struct docket *, const struct aud_conv *);

/* Cases of one client, server, port and transport, whatever the application: neighbours, since the cases are sorted. */
struct talk {
	const struct aud_case *cases;
	size_t first, n;
};
bool docket_talk(const struct docket *, size_t *at, struct talk *out);

/*
 * Two hosts on two ports that no rule gives to a service, and nothing shows who began: whose port it is cannot be told, and
 * one of them is ephemeral. Such conversations are told together, without a port.
 */
bool case_portless(const struct docket *, const struct aud_case *);
/* How a kind goes through the cases. */
struct teller {
	bool (*told)(const struct docket *, const struct aud_case *);
	enum aud_code (*tell)(struct docket *, const struct aud_case *, struct aud_err *);
};
/* Each talk that is told: its traffic, or where there is none its attempts; then what is portless, by its two hosts. */
enum aud_code docket_tell(struct docket *, const struct teller *, struct aud_err *) AUD_CHECKED;
/* Of the two hosts of a portless conversation the one with the smaller address stands for the client. */
bool case_turned(const struct aud_case *);

/* TCP flows in which one side sends data, or only the server appears: they had another side, and the capture lacks it.
 */
uint64_t conv_one_way(const struct aud_conv *);
/* ICMP is part of IP (RFC 1122, 3.2.2) and follows from other traffic; no document speaks of it, so no finding is made
 * of it. */
bool conv_icmp(const struct aud_conv *);
/* One conversation of attempts: somebody asked, nobody answered, and nothing shows that an answer went by unseen. */
bool case_attempt(const struct aud_case *);
/* Connected, and the client sent data, but the server sent none, and no packet lacks that could have held it. */
bool case_hung(const struct aud_case *);
/* A fatal alert was all that the server said to the client's hello. */
bool case_turned_down(const struct aud_case *);
/* The application was recognised in the payload; a guess by port is none. */
bool case_recognised(const struct aud_case *);
bool case_is_tls(const struct aud_case *);
bool case_fact(const struct aud_case *, enum aud_fact);
/* One side, with the roles that the site file gives its host whatever the port: none, and a host, means another port. */
struct aud_who docket_client(const struct docket *, const struct aud_case *);
struct aud_who docket_server(const struct docket *, const struct aud_case *);
/* Direction by what the packets themselves show. */
bool case_directed(const struct aud_case *);
/* The best, or nearest, rule of the verdict; NULL none. */
const struct aud_rule *case_rule(const struct docket *, const struct aud_case *);

bool roles_client(aud_roles); /* only roles of people's devices */
bool roles_server(aud_roles); /* some role of a server */
bool addr_global(const struct aud_addr *);
bool addr_group(const struct aud_addr *); /* multicast or limited broadcast */
bool rule_port(const struct aud_rule *, uint16_t port, uint8_t proto);
/* Width of the narrowest range that holds the port; 0 where none does. */
unsigned rule_width(const struct aud_rule *, uint16_t port);

/*
 * Appends a finding whose key (kind, hosts, roles, port, transport, application, and key where one is given) is filled:
 * it gets its id. Where a finding of that id is there already, that one is returned and *fresh is false: it has its
 * reason. The pointer is good until the next call. NULL: out of memory.
 */
struct aud_finding *docket_add(struct docket *, const struct aud_finding *, const char *key, bool *fresh);
/* The same, filled from a case: with counts, frames, rule, citations and default severity; further cases of a key are
 * added up. */
struct aud_finding *docket_find(struct docket *, enum aud_kind, const struct aud_case *, bool *fresh);
/* Has the rule of the verdict to do with this very port? Then it is cited; else it is only the nearest. */
bool case_cites(const struct docket *, const struct aud_case *);
/* The seed of a finding that no case makes. */
struct aud_finding finding_seed(enum aud_kind);
/* Counts and frames of a further case. */
void finding_absorb(struct aud_finding *, const struct aud_case *);
/* The part of a stack of tunnels ("erspan2/gre", NULL: none) that is the traffic's own, not the mirror's. */
const char *tunnel_proper(const char *tunnel);
/* Nothing but answers to connections that nobody was seen to open, and no data: a forged packet, or what was left of one, looks the same. */
bool case_lone_answer(const struct aud_case *);
/* The frame that shows it, in place of those with which the conversation's flows begin; 0: there is none, and those stay. */
void finding_shown(struct aud_finding *, const struct aud_conv *, uint64_t frame);
void finding_frame(struct aud_finding *, uint64_t frame);
bool finding_cite(struct aud_finding *, const struct aud_trial *, int rule);

/* Sentences: see aud/said.h. Each of these is a piece of one. */
const struct aud_said *say_host(struct aud_say *, const struct docket *, const struct aud_addr *, const struct aud_who *);
const struct aud_said *say_roles(struct aud_say *, const struct docket *, aud_roles);
const struct aud_said *say_port(struct aud_say *, uint16_t port, uint8_t proto);
/* What was said, and " inside gre": it was seen in a tunnel that is not the mirror's own; else what was said. */
const struct aud_said *say_tunnel(struct aud_say *, const struct aud_said *, const struct aud_case *);
/* "SIP on 5061/tcp" or "5061/tcp" where nothing was recognised. */
const struct aud_said *say_app(struct aud_say *, const struct aud_case *);
/* "sfb-2015-servers-es T1 row 3", or the site's own rule. */
const struct aud_said *say_row(struct aud_say *, const struct docket *, const struct aud_rule *);
/* "TLS on 5061/tcp (sfb-2015-servers-es T1 row 3)" */
const struct aud_said *say_rule(struct aud_say *, const struct docket *, const struct aud_rule *);
/* "feature:dial-in or feature:mobility": terms as rules have them. */
const struct aud_said *say_condition(struct aud_say *, const char *condition);
/* What was seen: "10.2.0.7 (client) used RDP on 3389/tcp of fe01 (front-end)". */
const struct aud_said *say_seen(struct aud_say *, const struct docket *, const struct aud_case *);
/* What was said, and ", where the document lists" the rule, or what is true of an inferred one. */
const struct aud_said *say_where(struct aud_say *, const struct docket *, const struct aud_said *, const struct aud_rule *);
/* What was said, and what the verdict leaves open: a condition that the site file does not settle. */
const struct aud_said *say_doubt(struct aud_say *, const struct docket *, const struct aud_said *, const struct aud_case *);
/* The sentence with its full stop becomes the reason of the finding. */
enum aud_code finding_reason(struct aud_finding *, struct aud_say *, const struct aud_said *, struct aud_err *) AUD_CHECKED;

/* A match with client and server exchanged is at most probable. */
void finding_doubt(struct aud_finding *, const struct aud_case *);
/* What a document does not print, but we inferred, is no ground for an alarm: low, and at most probable. */
void finding_inferred(struct aud_finding *, const struct aud_rule *);

/* The judges. */
enum aud_code judge_capture(struct docket *, struct aud_err *) AUD_CHECKED;
enum aud_code judge_scan(struct docket *, struct aud_err *) AUD_CHECKED;
enum aud_code judge_undocumented(struct docket *, struct aud_err *) AUD_CHECKED;
enum aud_code judge_unknown(struct docket *, struct aud_err *) AUD_CHECKED;
enum aud_code judge_protocol(struct docket *, struct aud_err *) AUD_CHECKED;
enum aud_code judge_cleartext(struct docket *, struct aud_err *) AUD_CHECKED;
enum aud_code judge_certificate(struct docket *, struct aud_err *) AUD_CHECKED;
enum aud_code judge_tls(struct docket *, struct aud_err *) AUD_CHECKED;
enum aud_code judge_direction(struct docket *, struct aud_err *) AUD_CHECKED;
enum aud_code judge_blocked(struct docket *, struct aud_err *) AUD_CHECKED;
enum aud_code judge_obsolete(struct docket *, struct aud_err *) AUD_CHECKED;
enum aud_code judge_missing(struct docket *, struct aud_err *) AUD_CHECKED;

/* Who shares associations and negotiations of IPsec; before the states, which ask it. */
enum aud_code ipsec_new(struct docket *, struct aud_err *) AUD_CHECKED;
void ipsec_free(struct ipsec *);
enum aud_code judge_ipsec(struct docket *, struct aud_err *) AUD_CHECKED;

/* States of all rows; needs no finding. */
enum aud_code docket_states(struct docket *, struct aud_err *) AUD_CHECKED;
void docket_waive(struct docket *);
/* Parts per thousand that the capture lost, as TCP and the kernel show it. */
unsigned coverage_loss(const struct aud_coverage *);

/* Whether the judges of these kinds tell the case: then no other does. */
bool wrong_direction(const struct docket *, const struct aud_case *);
bool wrong_protocol(const struct docket *, const struct aud_case *);

#endif
