/* Community IDs against the published baseline: github.com/corelight/community-id-spec, baseline/baseline_deflt.json. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <aud/events.h>

static const struct {
	uint8_t proto;
	const char *a, *b;
	uint16_t aport, bport;
	const char *id;
} rows[] = {
    {6, "2001:470:e5bf:dead:4957:2174:e82c:4887", "2607:f8b0:400c:c03::1a", 63943, 25, "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4="},
    {6, "128.232.110.120", "66.35.250.204", 34855, 80, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
    {17, "192.168.1.52", "8.8.8.8", 54585, 53, "1:d/FP5EW3wiY1vCndhwleRRKHowQ="},
    {132, "192.168.170.8", "192.168.170.56", 7, 7, "1:MP2EtRCAUIZvTw6MxJHLV7N7JDs="},
    {46, "10.1.12.1", "10.1.12.2", 0, 0, "1:KHlLkgoJW7ifUTyTSgyVfkFHzKw="},
};

static void
test_baseline(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct aud_addr a, b;
		struct aud_community_id id;

		assert_true(aud_addr_parse(rows[i].a, &a) && aud_addr_parse(rows[i].b, &b));
		assert_true(aud_community_id(&id, &a, rows[i].aport, &b, rows[i].bport, rows[i].proto));
		assert_string_equal(id.s, rows[i].id);
		assert_true(aud_community_id(&id, &b, rows[i].bport, &a, rows[i].aport, rows[i].proto));
		assert_string_equal(id.s, rows[i].id);
	}
}

/* The specification's "if the IP addresses are equal, the ports decide": one host talking to itself, both ways one flow. */
static void
test_same_host(void **state)
{
	struct aud_addr a;
	struct aud_community_id one, two, other;

	(void)state;
	assert_true(aud_addr_parse("127.0.0.1", &a));
	assert_true(aud_community_id(&one, &a, 1234, &a, 80, 6));
	assert_true(aud_community_id(&two, &a, 80, &a, 1234, 6));
	assert_true(aud_community_id(&other, &a, 81, &a, 1234, 6));
	assert_string_equal(one.s, two.s);
	assert_string_not_equal(one.s, other.s);
}

/* Ports of protocols that have none are no part of it. */
static void
test_portless(void **state)
{
	struct aud_addr a, b;
	struct aud_community_id id;

	(void)state;
	assert_true(aud_addr_parse("10.1.12.1", &a) && aud_addr_parse("10.1.12.2", &b));
	assert_true(aud_community_id(&id, &b, 9, &a, 8, 46));
	assert_string_equal(id.s, "1:KHlLkgoJW7ifUTyTSgyVfkFHzKw=");
}

static void
test_none(void **state)
{
	struct aud_addr a, b, none = {.family = 0};
	struct aud_community_id id;

	(void)state;
	assert_true(aud_addr_parse("10.1.12.1", &a) && aud_addr_parse("::1", &b));
	assert_false(aud_community_id(&id, &a, 1, &b, 2, 6));
	assert_string_equal(id.s, "");
	assert_false(aud_community_id(&id, &none, 1, &none, 2, 6));
	assert_false(aud_community_id(&id, &a, 8, &a, 0, 1));
	assert_false(aud_community_id(&id, &b, 128, &b, 0, 58));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_baseline), cmocka_unit_test(test_same_host), cmocka_unit_test(test_portless),
	    cmocka_unit_test(test_none)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
