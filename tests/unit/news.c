/* When a finding is told: patience, young flows, and a clock that is put back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "news.h"

#define SECONDS UINT64_C(1000000000)
#define NOON (UINT64_C(1800000000) * SECONDS)

static unsigned told[AUD_ACTION_ENDED + 1], withheld;
static bool young;

/* What the stages around it do. */
void
sitting_withhold(struct sitting *s, struct aud_finding *f)
{
	(void)s;
	(void)f;
	withheld++;
}

bool
snapshot_young(const struct snapshot *s, const struct aud_finding *f)
{
	(void)s;
	(void)f;
	return young;
}

static void
tell(void *user, enum aud_event_action action, const struct aud_finding *f)
{
	(void)user;
	(void)f;
	told[action]++;
}

/* One sitting, with one finding of this kind. */
static void
sit(struct news *n, enum aud_kind kind, uint64_t now_ns)
{
	struct aud_finding f = {.id = "59e009f93ab9cacb", .kind = kind};
	struct sitting s = {.trial = {.findings = &f, .nfindings = 1}};
	struct snapshot picture = {.now_ns = now_ns};

	memset(told, 0, sizeof told);
	withheld = 0;
	assert_int_equal(news_compare(n, &s, &picture, now_ns, tell, NULL, NULL), AUD_OK);
	assert_int_equal(s.trial.nfindings + withheld, 1);
}

static void
test_patience(void **state)
{
	struct news n = {0};

	(void)state;
	young = false;
	sit(&n, AUD_KIND_BLOCKED_FLOW, NOON);
	assert_int_equal(told[AUD_ACTION_NEW], 0);
	sit(&n, AUD_KIND_BLOCKED_FLOW, NOON + 29 * SECONDS);
	assert_int_equal(told[AUD_ACTION_NEW], 0);
	sit(&n, AUD_KIND_BLOCKED_FLOW, NOON + 30 * SECONDS);
	assert_int_equal(told[AUD_ACTION_NEW], 1);
	sit(&n, AUD_KIND_BLOCKED_FLOW, NOON + 31 * SECONDS);
	assert_int_equal(told[AUD_ACTION_NEW] + told[AUD_ACTION_UPDATED], 0);
	news_clear(&n);
}

/* Put back by a second no time has passed; put back by a day it is no reason to be silent for a day. */
static void
test_clock(void **state)
{
	static const uint64_t back[] = {1, 86400};

	(void)state;
	young = false;
	for (size_t i = 0; i < sizeof back / sizeof *back; i++) {
		uint64_t now = NOON - back[i] * SECONDS;
		struct news n = {0};

		sit(&n, AUD_KIND_BLOCKED_FLOW, NOON);
		sit(&n, AUD_KIND_BLOCKED_FLOW, now);
		assert_int_equal(told[AUD_ACTION_NEW], 0);
		sit(&n, AUD_KIND_BLOCKED_FLOW, now + 30 * SECONDS);
		assert_int_equal(told[AUD_ACTION_NEW], 1);
		news_clear(&n);
	}
}

/* A talk that has a young flow at any time is waited for, but not for ever. */
static void
test_young(void **state)
{
	struct news n = {0};

	(void)state;
	young = true;
	for (uint64_t s = 0; s < 60; s += 5) {
		sit(&n, AUD_KIND_UNDOCUMENTED_FLOW, NOON + s * SECONDS);
		assert_int_equal(told[AUD_ACTION_NEW], 0);
	}
	sit(&n, AUD_KIND_UNDOCUMENTED_FLOW, NOON + 60 * SECONDS);
	assert_int_equal(told[AUD_ACTION_NEW], 1);
	news_clear(&n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_patience), cmocka_unit_test(test_clock), cmocka_unit_test(test_young)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
