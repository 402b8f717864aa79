/* What is told of findings: in a flood; and when the clock is set back: nothing sooner than it would be, nothing again, and no end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "news.h"

#define SECONDS UINT64_C(1000000000)
#define START (1000000 * SECONDS)

/* What news.c asks of the rest of its stage. */
void
sitting_withhold(struct sitting *s, struct aud_finding *f)
{
	(void)s, (void)f;
}

bool
snapshot_young(const struct snapshot *s, const struct aud_finding *f)
{
	(void)s, (void)f;
	return false;
}

static struct {
	unsigned fresh, updated, ended;
} told;

static void
tell(void *user, enum aud_event_action action, const struct aud_finding *f)
{
	(void)user, (void)f;
	told.fresh += action == AUD_ACTION_NEW;
	told.updated += action == AUD_ACTION_UPDATED;
	told.ended += action == AUD_ACTION_ENDED;
}

/* A judgement at that second, in which the finding holds, or not. */
static void
judge(struct news *n, enum aud_kind kind, uint64_t second, bool holds, uint64_t flows)
{
	static const struct snapshot picture;
	struct aud_finding f = {.kind = kind, .severity = AUD_MEDIUM, .waiver = -1, .flows = flows, .id = "0123456789abcdef"};
	struct sitting s = {.trial = {.findings = &f, .nfindings = holds}};

	assert_int_equal(news_compare(n, &s, &picture, START + second * SECONDS, tell, NULL, NULL), AUD_OK);
}

static void
test_patience(void **state)
{
	struct news n = {0};

	(void)state;
	memset(&told, 0, sizeof told);
	judge(&n, AUD_KIND_BLOCKED_FLOW, 7200, true, 1);
	/* An hour back: it has to hold for half a minute from now on. */
	judge(&n, AUD_KIND_BLOCKED_FLOW, 3600, true, 1);
	judge(&n, AUD_KIND_BLOCKED_FLOW, 3629, true, 1);
	assert_int_equal(told.fresh, 0);
	judge(&n, AUD_KIND_BLOCKED_FLOW, 3630, true, 1);
	assert_int_equal(told.fresh, 1);
	news_clear(&n);
}

static void
test_changes(void **state)
{
	struct news n = {0};

	(void)state;
	memset(&told, 0, sizeof told);
	judge(&n, AUD_KIND_SCAN, 7200, true, 1);
	assert_int_equal(told.fresh, 1);
	judge(&n, AUD_KIND_SCAN, 3600, true, 100);
	assert_int_equal(told.updated, 0);
	judge(&n, AUD_KIND_SCAN, 3900, true, 100);
	assert_int_equal(told.updated, 1);
	news_clear(&n);
}

static void
test_end(void **state)
{
	struct news n = {0};

	(void)state;
	memset(&told, 0, sizeof told);
	judge(&n, AUD_KIND_SCAN, 7200, true, 1);
	judge(&n, AUD_KIND_SCAN, 7205, false, 0);
	judge(&n, AUD_KIND_SCAN, 3600, false, 0);
	assert_int_equal(told.ended, 0);
	judge(&n, AUD_KIND_SCAN, 3660, false, 0);
	assert_int_equal(told.ended, 1);
	news_clear(&n);
}

/* All of a flood is in the report, is told by and by, and takes no room before its turn. */
static void
test_flood(void **state)
{
	enum { MANY = 600, AT_ONCE = 500 };
	static const struct snapshot picture;
	struct aud_finding f[MANY];
	struct news n = {0};

	(void)state;
	memset(&told, 0, sizeof told);
	for (unsigned round = 1; round <= 2; round++) {
		struct sitting s = {.trial = {.findings = f, .nfindings = MANY}};

		for (unsigned i = 0; i < MANY; i++) {
			f[i] = (struct aud_finding){.kind = AUD_KIND_UNKNOWN_HOST, .waiver = -1, .flows = 1};
			snprintf(f[i].id, sizeof f[i].id, "%016x", i);
		}
		assert_int_equal(news_compare(&n, &s, &picture, START + round * SECONDS, tell, NULL, NULL), AUD_OK);
		assert_int_equal(s.trial.nfindings, MANY);
		assert_int_equal(told.fresh, round == 1 ? AT_ONCE : MANY);
		assert_int_equal(n.n, round == 1 ? AT_ONCE : MANY);
	}
	news_clear(&n);
}

/* Findings that come and go, told anew each time: beyond the bound their end does not wait; nor, where nothing is stored, what has ended. */
static void
test_bound(void **state)
{
	enum { EACH = 50, MAX = 200, ROUNDS = 40 };
	static const struct snapshot picture;

	(void)state;
	for (int stores = 0; stores < 2; stores++) {
		struct news n = {.max = MAX};

		memset(&told, 0, sizeof told);
		for (unsigned round = 1; round <= ROUNDS; round++) {
			struct aud_finding f[EACH];
			struct sitting s = {.trial = {.findings = f, .nfindings = EACH}};

			for (unsigned i = 0; i < EACH; i++) {
				f[i] = (struct aud_finding){.kind = AUD_KIND_UNKNOWN_HOST, .waiver = -1, .flows = 1};
				snprintf(f[i].id, sizeof f[i].id, "%016x", i ? round * EACH + i : 0);
			}
			assert_int_equal(news_compare(&n, &s, &picture, START + round * SECONDS, tell, NULL, NULL), AUD_OK);
			assert_in_range(n.n, 1, MAX + EACH);
			if (stores)
				news_settle(&n);
		}
		/* Each is told once, the first, which holds all the time, included; each end too. */
		assert_int_equal(told.fresh, ROUNDS * (EACH - 1) + 1);
		assert_in_range(told.ended, told.fresh - MAX - EACH, told.fresh - EACH);
		assert_int_equal(n.v[0].finding.id[15], '0');
		assert_true(n.v[0].here);
		news_clear(&n);
	}
}

/* What an earlier start told, as a flood left it: in a moment, and what is told now finds each of them, in whatever order they came. */
static void
test_recall(void **state)
{
	enum { MANY = 20000, PATIENCE_S = 20 };
	static const struct snapshot picture;
	struct aud_finding *f = calloc(MANY, sizeof *f);
	clock_t began = clock();

	(void)state;
	assert_non_null(f);
	for (int back = 0; back < 2; back++) {
		unsigned many = back ? 100 : MANY;
		struct sitting s = {.trial = {.findings = f, .nfindings = many}};
		struct news n = {0};

		memset(&told, 0, sizeof told);
		for (unsigned i = 0; i < many; i++) {
			f[i] = (struct aud_finding){.kind = AUD_KIND_UNKNOWN_HOST, .waiver = -1, .flows = 1};
			snprintf(f[i].id, sizeof f[i].id, "%016x", back ? many - i : i);
			assert_int_equal(news_recall(&n, &f[i], START, START, NULL), AUD_OK);
		}
		assert_int_equal(news_compare(&n, &s, &picture, START + SECONDS, tell, NULL, NULL), AUD_OK);
		assert_int_equal(told.fresh + told.ended, 0);
		assert_int_equal(n.n, many);
		news_clear(&n);
	}
	assert_true((clock() - began) / CLOCKS_PER_SEC < PATIENCE_S);
	free(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_patience),
	    cmocka_unit_test(test_changes),
	    cmocka_unit_test(test_end),
	    cmocka_unit_test(test_flood),
	    cmocka_unit_test(test_bound),
	    cmocka_unit_test(test_recall),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
