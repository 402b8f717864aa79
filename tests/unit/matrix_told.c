/* What a match owes to members of a virtual address, and to ports that a server told its client. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <aud/matrix.h>

#define ROLE(r) AUD_ROLE_BIT(AUD_ROLE_##r)

static struct aud_matrix *matrix;
static struct aud_matcher *matcher;

static struct aud_verdict
match(struct aud_query q)
{
	struct aud_verdict v;

	memset(&v, 0xff, sizeof v);
	q.proto = 6;
	q.app_by = q.app ? AUD_BY_DPI : AUD_BY_NONE;
	aud_match(matcher, &q, &v);
	return v;
}

static const char *
best(const struct aud_verdict *v)
{
	return v->nrules ? matrix->rules[v->rules[0]].id : "";
}

static void
test_members(void **state)
{
	struct aud_query q = {.client = ROLE(LB_FRONT_END), .server = ROLE(FRONT_END), .server_port = 444, .app = "TLS"};
	struct aud_verdict v;

	(void)state;
	q.member = AUD_YES;
	v = match(q);
	assert_int_equal(v.answer, AUD_DOCUMENTED);
	assert_int_equal(v.certainty, AUD_STRONG);
	assert_string_equal(best(&v), "lb-member-tls");
	/* None is listed: any server of the role, and less certain. */
	q.member = AUD_UNKNOWN;
	v = match(q);
	assert_int_equal(v.answer, AUD_DOCUMENTED);
	assert_int_equal(v.certainty, AUD_PROBABLE);
	q.member = AUD_NO;
	v = match(q);
	assert_true(aud_verdict_stranger(&v));
	assert_string_equal(best(&v), "lb-member-tls");
	/* The application is wrong of a member: of a stranger nothing is claimed about it. */
	q.app = "SSH";
	v = match(q);
	assert_true(aud_verdict_stranger(&v));
	/* What fails first fails of a member as well. */
	q.server_port = 3389;
	v = match(q);
	assert_int_equal(v.answer, AUD_PAIR_KNOWN);
	assert_int_equal(v.failed, AUD_STEP_PORT);
	/* The other way round members are no matter: who began is not known. */
	q = (struct aud_query){.client = ROLE(FRONT_END), .server = ROLE(LB_FRONT_END), .client_port_lo = 444, .client_port_hi = 444,
	    .server_port = 50000, .app = "TLS", .direction = AUD_DIR_FIRST, .member_back = AUD_NO};
	v = match(q);
	assert_int_not_equal(v.answer, AUD_DOCUMENTED);
	q.member_back = AUD_YES;
	v = match(q);
	assert_int_equal(v.answer, AUD_DOCUMENTED);
	assert_true(v.swapped);
}

static void
test_told(void **state)
{
	struct aud_query q = {.client = ROLE(DIRECTOR), .server = ROLE(FRONT_END), .server_port = 5501};
	struct aud_verdict v;

	(void)state;
	assert_int_equal(match(q).failed, AUD_STEP_PORT);
	q.facts = AUD_FACT_TOLD_RPC;
	v = match(q);
	assert_int_equal(v.answer, AUD_DOCUMENTED);
	assert_string_equal(best(&v), "dcom-dynamic");
	assert_int_equal(v.certainty, AUD_PROBABLE);
	q.app = "DCE_RPC";
	assert_int_equal(match(q).certainty, AUD_CERTAIN);
	/* Recognised and not told: in the range of Windows, and less certain. */
	q.facts = 0;
	assert_int_equal(match(q).failed, AUD_STEP_PORT);
	q.server_port = 49668;
	assert_int_equal(match(q).certainty, AUD_STRONG);
	/* Another protocol on a port that was told is not documented by that. */
	q.facts = AUD_FACT_TOLD_RPC;
	q.app = "RDP";
	assert_int_not_equal(match(q).answer, AUD_DOCUMENTED);
	/* Who was told tells nothing of those for whom no rule is. */
	q.app = "DCE_RPC";
	q.client = ROLE(CLIENT);
	assert_int_not_equal(match(q).answer, AUD_DOCUMENTED);

	q = (struct aud_query){.client = ROLE(FRONT_END), .server = ROLE(MEDIATION), .server_port = 1433, .app = "MsSQL-TDS"};
	assert_int_not_equal(match(q).answer, AUD_DOCUMENTED);
	q.facts = AUD_FACT_TOLD_RPC;
	assert_int_not_equal(match(q).answer, AUD_DOCUMENTED);
	q.facts = AUD_FACT_TOLD_SQL;
	v = match(q);
	assert_string_equal(best(&v), "sql-browser-instance");
	assert_int_equal(v.certainty, AUD_CERTAIN);
	q.app = NULL;
	assert_int_equal(match(q).certainty, AUD_PROBABLE);
	/* The ports of such rules tell no direction. */
	assert_false(aud_matcher_serves(matcher, ROLE(MEDIATION), 1433, 6));
}

static void
test_shape_of_turn(void **state)
{
	struct aud_query q = {.client = ROLE(CLIENT_EXTERNAL), .server = ROLE(EDGE_AV_EXTERNAL), .server_port = 443, .app = "TLS",
	    .facts = AUD_FACT_TLS_HELLO | AUD_FACT_TLS_SERVER | AUD_FACT_TLS_DONE};

	(void)state;
	assert_int_equal(match(q).answer, AUD_DOCUMENTED);
	assert_int_equal(match(q).certainty, AUD_PROBABLE);
	q.app = "STUN";
	q.facts = 0;
	assert_int_equal(match(q).certainty, AUD_STRONG);
}

static int
load(void **state)
{
	struct aud_err err = {0};

	(void)state;
	if (!aud_matrix_load(&matrix, NULL, NULL, &err) && !aud_matcher_new(&matcher, matrix, NULL, &err))
		return 0;
	fprintf(stderr, "%s\n", err.msg);
	return -1;
}

static int
unload(void **state)
{
	(void)state;
	aud_matcher_free(matcher);
	aud_matrix_free(matrix);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_members),
	    cmocka_unit_test(test_told),
	    cmocka_unit_test(test_shape_of_turn),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
