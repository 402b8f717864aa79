/*
 * Stage 8, judge: conversations with their roles and verdicts -> findings and row states.
 *
 * A finding lives during the report call or in the keeper's copy. Severity comes from the matrix, certainty from the evidence;
 * they are never mixed into one number. Every finding has a reason, frames, counts and, where a row is concerned, citations.
 */
#ifndef AUD_FINDING_H
#define AUD_FINDING_H

#include <stddef.h>
#include <stdint.h>

#include "attrib.h"
#include "conv.h"
#include "err.h"
#include "lang.h"
#include "matrix.h"
#include "said.h"
#include "site.h"

enum aud_severity { AUD_INFO, AUD_LOW, AUD_MEDIUM, AUD_HIGH, AUD_CRITICAL };
const char *aud_severity_name(enum aud_severity);
int aud_severity_by_name(const char *);	/* -1: none */

/* X(enumerator, slug, title, usual severity). The list is what other programs depend on: rows are only added. */
#define AUD_FINDING_KINDS(X) \
	X(UNDOCUMENTED_FLOW, "undocumented-flow", N_("Traffic that no loaded document lists"), MEDIUM) \
	X(UNKNOWN_HOST, "unknown-host", N_("A host without a role talks to a documented one"), LOW) \
	X(WRONG_PROTOCOL, "wrong-protocol", N_("Another protocol than the documented one"), HIGH) \
	X(CLEARTEXT, "cleartext", N_("Clear text where encryption is documented"), HIGH) \
	X(NO_CLIENT_CERTIFICATE, "no-client-certificate", N_("No client certificate where mutual TLS is documented"), MEDIUM) \
	X(OBSOLETE_TLS, "obsolete-tls", N_("Obsolete TLS version"), MEDIUM) \
	X(WRONG_DIRECTION, "wrong-direction", N_("Documented traffic in the other direction"), MEDIUM) \
	X(BLOCKED_FLOW, "blocked-flow", N_("Documented traffic is refused or unanswered"), MEDIUM) \
	X(MISSING_FLOW, "missing-flow", N_("Documented traffic is missing"), MEDIUM) \
	X(OBSOLETE_ROW, "obsolete-row", N_("Traffic of a row that is no longer valid"), INFO) \
	X(SCAN, "scan", N_("Many ports or hosts were probed"), MEDIUM) \
	X(IPSEC_MEDIA, "ipsec-media", N_("IPsec on a media range"), HIGH) \
	X(IPSEC_ROLE, "ipsec-role", N_("IPsec with a role that is to be exempt"), MEDIUM) \
	X(IPSEC_NEGOTIATION, "ipsec-negotiation", N_("IPsec negotiation with a role that is to be exempt"), LOW) \
	X(IPSEC_TUNNEL, "ipsec-tunnel", N_("An IPsec tunnel may hide traffic"), INFO) \
	X(CAPTURE_LOSS, "capture-loss", N_("The capture lost packets"), LOW) \
	X(CAPTURE_ONE_WAY, "capture-one-way", N_("The capture shows one direction only"), LOW) \
	X(CAPTURE_TRUNCATED, "capture-truncated", N_("Packets or captures are cut short, or could not be read"), LOW) \
	X(CAPTURE_UNDECODED, "capture-undecoded", N_("Frames that could not be decoded"), LOW) \
	X(CAPTURE_EMPTY, "capture-empty", N_("The capture holds nothing to audit"), MEDIUM)

enum aud_kind {
#define X(e, slug, title, severity) AUD_KIND_##e,
	AUD_FINDING_KINDS(X)
#undef X
	AUD_KIND_COUNT
};
const char *aud_kind_slug(enum aud_kind);
const char *aud_kind_title(enum aud_kind);
enum aud_severity aud_kind_severity(enum aud_kind);

/* What the site file and the matrix say: the same for many cases, and shared by them. */
struct aud_ruling {
	const char *app;	/* name; owned by the audit */
	const char *tunnel;	/* in which the first of the flows was seen, outer first ("gre/vxlan"); NULL or "": in none. Owned by the decoder */
	struct aud_who client, server;
	struct aud_verdict verdict;
};

/* The dossier that a judge reads. */
struct aud_case {
	struct aud_conv *conv;	/* owned by the audit */
	const struct aud_ruling *ruling;	/* owned by the audit */
	bool attempt_only;	/* nothing but unanswered or refused attempts */
	bool in_scope;		/* the site file names at least one side */
	bool noise;		/* broadcast, multicast or link-local housekeeping that no matrix speaks of */
};

/* Each conversation counts once, by the first class that holds. X(enumerator, name) */
#define AUD_CASE_CLASS_LIST(X) \
	X(DOCUMENTED, "documented") X(WEAKER, "documented_weaker") X(UNDOCUMENTED, "undocumented") X(UNKNOWN_HOST, "unknown_host") \
	X(OUT_OF_SCOPE, "out_of_scope") X(NOISE, "noise")
enum aud_case_class {
#define X(e, name) AUD_CASE_##e,
	AUD_CASE_CLASS_LIST(X)
#undef X
	AUD_CASE_CLASSES
};

static inline enum aud_case_class
aud_case_class(const struct aud_case *c)
{
	enum { ICMP = 1, ICMP6 = 58 };

	if (c->noise || c->conv->proto == ICMP || c->conv->proto == ICMP6)
		return AUD_CASE_NOISE;
	if (!c->in_scope)
		return AUD_CASE_OUT_OF_SCOPE;
	if (c->ruling->verdict.answer == AUD_DOCUMENTED)
		return c->ruling->verdict.failed == AUD_STEP_SECURITY ? AUD_CASE_WEAKER : AUD_CASE_DOCUMENTED;
	return c->ruling->verdict.answer == AUD_NO_ROLE ? AUD_CASE_UNKNOWN_HOST : AUD_CASE_UNDOCUMENTED;
}

enum { AUD_EVIDENCE = 8 };

struct aud_finding {
	char id[20];		/* derived from kind and key: same input, same id */
	enum aud_kind kind;
	enum aud_severity severity;
	enum aud_certainty certainty;
	char *reason;		/* one sentence: expected and seen; in English */
	char *said;		/* the same to be told in any language (said.h); NULL: not kept */
	struct aud_addr client, server;	/* family 0: does not apply */
	const char *client_name, *server_name;	/* from the site file, or NULL */
	aud_roles client_roles, server_roles;
	int port;		/* -1: does not apply, or many */
	uint8_t proto;		/* 0: does not apply */
	const char *app;	/* NULL: does not apply */
	int rule;		/* index; -1 none */
	int nearest;		/* index of the nearest rule where none fits: in words only, never cited; -1 none */
	unsigned *citations;	/* indices of rows */
	size_t ncitations;
	uint64_t flows, packets, bytes, first_ns, last_ns;
	uint64_t evidence[AUD_EVIDENCE];	/* input << 48 | frame */
	size_t nevidence;
	int waiver;		/* index into the site's waivers; -1 none */
	bool waiver_expired;
};

/* X(enumerator, name) */
#define AUD_ROW_STATES(X) \
	X(OBSERVED, "observed") X(ATTEMPTED, "attempted") X(MISSING, "missing") X(NOT_OBSERVED, "not-observed") \
	X(INCONCLUSIVE, "inconclusive") X(NOT_APPLICABLE, "not-applicable") X(BLANK, "blank") X(STATEMENT, "statement")
enum aud_state {
#define X(e, name) AUD_STATE_##e,
	AUD_ROW_STATES(X)
#undef X
};
const char *aud_state_name(enum aud_state);

struct aud_row_state {
	unsigned row;		/* index into the matrix's rows */
	enum aud_state state;
	char *reason, *said;	/* one sentence, as in a finding */
	uint64_t flows, first_ns, last_ns;
};

/* A time in which the capture was running: no silence of more than ten minutes in it. */
struct aud_span {
	uint64_t first_ns, last_ns, packets;
};

enum { AUD_COVERAGE_HOSTS = 32 };

/* What the capture could show: filled by the audit, read by judges and reports. */
struct aud_coverage {
	uint64_t frames, packets, bytes, first_ns, last_ns;
	const struct aud_span *spans;		/* sorted, apart from each other; owned by the audit */
	size_t nspans;
	uint64_t covered_ns;			/* their sum: what first_ns and last_ns enclose may be far longer */
	/*
	 * Of a running audit: what was silent for window_ns before window_end_ns has left it, so cases, spans and what is made of them
	 * (roles, pairs, strangers, unseen) speak of that time only; what counts, and first_ns, go back to the start. 0: no running audit.
	 */
	uint64_t window_ns, window_end_ns;
	uint64_t duplicates, truncated_frames, undecoded, non_ip;
	uint64_t tunneled;			/* packets inside a tunnel */
	uint64_t acked_unseen, tcp_data;	/* loss as TCP shows it */
	uint64_t one_way, two_way;		/* flows */
	uint64_t flows, evicted_flows, conversations;
	uint64_t dropped_flows;			/* ended when there was no memory for a further conversation (--memory) */
	uint64_t evicted_past, dropped_past;	/* of these, those that went before the window began; not stored */
	uint64_t orphan_fragments, fragments;
	uint64_t kernel_drops;			/* UINT64_MAX: not told */
	struct {				/* with a site: flows between hosts that it does not name; in no case */
		uint64_t flows, packets, bytes;
		uint64_t tcp_one_way, tcp_answered;	/* connections captured on one side only though both spoke; on both */
		uint64_t frame;			/* the first of a one-sided one; 0 none */
	} out_of_scope;
	bool broken;				/* some input broke off */
	bool interrupted;			/* some input was not read to its end, since a stop was asked for */
	struct {
		unsigned role;
		size_t declared, seen;		/* declared: definitions in the site file */
	} *roles;
	size_t nroles;
	struct {
		unsigned client, server;	/* roles */
		uint64_t conversations, one_way;
	} *pairs;				/* role pairs that were visible */
	size_t npairs;
	struct aud_addr *strangers;		/* that the site file does not name and that sent something to its servers */
	size_t nstrangers, all_strangers;	/* listed, at most AUD_COVERAGE_HOSTS; and how many there are */
	const struct aud_host **unseen;		/* definitions of the site file whose hosts sent nothing in any case */
	size_t nunseen, all_unseen;
};

struct aud_ipsec_result;

/* X(enumerator, name): what may be said of IPsec on the media of a role. */
#define AUD_IPSEC_SAYINGS(X) X(INCONCLUSIVE, "inconclusive") X(NONE_OBSERVED, "none-observed") X(OBSERVED, "observed")
enum aud_ipsec_saying {
#define X(e, name) AUD_IPSEC_##e,
	AUD_IPSEC_SAYINGS(X)
#undef X
};
const char *aud_ipsec_saying_name(enum aud_ipsec_saying);

/* One role that the rows on IPsec name and the site declares. */
struct aud_ipsec_role {
	unsigned role;
	enum aud_ipsec_saying saying;
	char *reason, *said;		/* one sentence, as in a finding */
	uint64_t clear_flows;		/* media in the clear: the positive control */
	uint64_t associations, negotiations;	/* of hosts with the role */
};

/* Everything that judges read and write. */
struct aud_trial {
	const struct aud_site *site;		/* NULL: none */
	const struct aud_matrix *matrix;
	const struct aud_matcher *matcher;
	const struct aud_attrib *attrib;
	const struct aud_case *cases;		/* sorted by conversation key */
	size_t ncases;
	const struct aud_coverage *coverage;
	const struct aud_input *inputs;		/* report.h */
	size_t ninputs;
	const struct aud_decode_stats *decode;
	const struct aud_ipsec_result *ipsec;	/* ipsec.h; never NULL in an audit */
	const char *const *tunnels;		/* by the tunnel of its associations and negotiations: aud_decoder_tunnel() */
	size_t ntunnels;
	const char *filter;			/* of the capture: packets were left out on purpose; NULL none */
	const char *today;			/* YYYY-MM-DD by which waivers expire: the last packet's date, or --date */
	struct aud_finding *findings;		/* the trial owns them */
	size_t nfindings, cfindings;
	struct aud_row_state *states;		/* one per row of every document that is loaded */
	size_t nstates;
	struct aud_ipsec_role *ipsec_roles;	/* in the order of their numbers */
	size_t nipsec_roles;
};
/* How long was captured: coverage's spans, and not more than the union of the inputs' periods. */
uint64_t aud_watched_ns(const struct aud_trial *);
/* Has a running audit lasted for longer than its window, so that it does not speak of all of the time from first_ns on? */
bool aud_coverage_windowed(const struct aud_coverage *);
/* Does any document count at this site? Where none does nothing but the capture itself is judged. */
bool aud_trial_documented(const struct aud_trial *);
/* Does the waiver speak of the finding, expired or not? */
bool aud_waiver_matches(const struct aud_waiver *, const struct aud_finding *);
/* Total order of findings: severity, worst first, then kind, client, server, port, transport, application, id. For qsort(). */
int aud_finding_cmp(const void *, const void *);
/* Runs every judge; findings end in the order of aud_finding_cmp(). */
enum aud_code aud_judge(struct aud_trial *, struct aud_err *err) AUD_CHECKED;
void aud_trial_clear(struct aud_trial *);	/* frees findings, states and what is said of roles */

#endif
