/*
 * A small site, a small matrix and a builder of cases, for the tests of judges and reports. The documents are made up:
 * their rows resemble those of the real ones, and are none of them.
 */
#ifndef JUDGE_WORLD_H
#define JUDGE_WORLD_H

#include <aud/finding.h>
#include <aud/ipsec.h>
#include <aud/report.h>

#define R(e) AUD_ROLE_BIT(AUD_ROLE_##e)
enum { TCP = 6, UDP = 17, MAX_CASES = 64, HOUR = 3600 };
#define SEC UINT64_C(1000000000)
/* 2024-03-01 09:00:00 UTC */
#define T0 (UINT64_C(1709283600) * SEC)

enum world_rule {
	RULE_5061,
	RULE_5062,
	RULE_443,
	RULE_445,
	RULE_MEDIA,
	RULE_5068,
	RULE_135,
	RULE_DIALIN,
	RULE_5041,
	RULE_5070_TCP,
	RULE_5070_MTLS,
	RULE_PIC,
	RULE_RPC_DYNAMIC,
	RULE_IPSEC,
	RULE_SHARING,
	RULE_OWA,
	RULE_IPSEC_SHARING,
	RULE_IPSEC_CLIENTS,
	RULE_CLIENT_MEDIA,
	NRULES
};
enum world_row {
	ROW_T1_3,
	ROW_T1_6,
	ROW_T1_12,
	ROW_T1_37,
	ROW_T1_10,
	ROW_T1_24,
	ROW_T1_5,
	ROW_T1_21,
	ROW_T1_50,
	ROW_T1_46,
	ROW_T1_49,
	ROW_PIC,
	ROW_T5_5,
	ROW_T1_28,
	ROW_P1,
	ROW_LYNC_T1_3,
	ROW_LYNC_T3_6,
	ROW_T1_40,
	ROW_T5_12,
	ROW_T5_15,
	ROW_T4_8,
	NROWS
};

struct world {
	struct aud_trial trial;
	struct aud_site site;
	struct aud_matrix matrix;
	struct aud_coverage coverage;
	struct aud_input inputs[2];
	struct aud_decode_stats decode;
	struct aud_ipsec_result ipsec;	/* nothing */
	struct aud_case cases[MAX_CASES];
	struct aud_ruling rulings[MAX_CASES]; /* one each, that a test may change */
	struct aud_conv convs[MAX_CASES];
};

/* A site with a product, hosts and one hour of clean capture; no cases yet. */
void world_init(struct world *);
/* When its capture ends, instead of after an hour. */
void world_end(struct world *, uint64_t ns);
/* A two-way TCP conversation of one flow that SYN and SYN-ACK opened, nothing recognised, no role pair known. */
struct aud_case *world_case(struct world *, const char *client, const char *server, unsigned port);
/* What the payload was recognised as. */
void case_app(struct aud_case *, const char *name);
/* Documented by the rule, or the nearest rule and the step that failed. */
void case_documented(struct aud_case *, enum world_rule, enum aud_certainty);
void case_failed(struct aud_case *, enum aud_step, enum world_rule);
/* Only unanswered SYNs. */
void case_unanswered(struct aud_case *);
/* Judges; asserts success. */
void world_judge(struct world *);
void world_clear(struct world *);

static inline struct aud_ruling *
ruling_of(const struct aud_case *c)
{
	return (struct aud_ruling *)(uintptr_t)c->ruling;
}

#endif
