/* Conversations of an audit that goes on: what leaves, what stays, and that what stays is found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fold.h"

static struct aud_conv
conv(unsigned i, bool answered, uint64_t last_ns)
{
	struct aud_conv c;

	memset(&c, 0, sizeof c);
	c.client = (struct aud_addr){{10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i}, 4};
	c.server = (struct aud_addr){{192, 0, 2, 1}, 4};
	c.port = 5061;
	c.proto = 6;
	c.flows = 1;
	c.answered = answered;
	c.unanswered = !answered;
	c.first_ns = c.last_ns = last_ns;
	return c;
}

static void
put(struct fold *t, unsigned i, bool answered, uint64_t last_ns)
{
	struct aud_conv c = conv(i, answered, last_ns);

	assert_int_equal(fold_put(t, &c, NULL), AUD_OK);
}

/* Putting one again that is there adds none: it is found. */
static bool
has(struct fold *t, unsigned i)
{
	size_t n = t->n;

	put(t, i, true, UINT64_MAX);
	return t->n == n;
}

static void
test_expire(void **state)
{
	enum { N = 5000 };
	struct fold t = {.secret = 7};

	(void)state;
	for (unsigned i = 0; i < N; i++)
		put(&t, i, true, i % 3 ? 100 : 10);
	fold_expire(&t, 50);
	assert_int_equal(t.n, N - (N + 2) / 3);
	for (unsigned i = 0; i < N; i++)
		if (has(&t, i) != (i % 3 != 0))
			fail_msg("%u", i);
	fold_expire(&t, 200);
	assert_int_equal(t.n, (N + 2) / 3);	/* those that has() put */
	fold_clear(&t);
}

/* Sorted, at the end, they stay in order. */
static void
test_expire_sorted(void **state)
{
	enum { N = 1000 };
	struct fold t = {.secret = 7};

	(void)state;
	for (unsigned i = N; i-- > 0;)
		put(&t, i, true, i % 3 ? 100 : 10);
	assert_int_equal(fold_sort(&t, NULL), AUD_OK);
	fold_expire(&t, 50);
	assert_int_equal(t.n, N - (N + 2) / 3);
	for (size_t i = 0; i < t.n; i++) {
		assert_int_equal(fold_at(&t, i)->last_ns, 100);
		if (i)
			assert_true(conv_cmp(fold_at(&t, i - 1), fold_at(&t, i)) < 0);
	}
	fold_clear(&t);
}

/* At the bound attempts go before what was answered, the idlest first; what goes is counted. */
static void
test_evict(void **state)
{
	enum { KEPT = 1000, FLOOD = 20000, MAX = 2000 };
	struct fold t = {.secret = 7, .max = MAX, .evicts = true};
	unsigned kept = 0;

	(void)state;
	for (unsigned i = 0; i < KEPT; i++)
		put(&t, i, true, 10);
	for (unsigned i = 0; i < FLOOD; i++)
		put(&t, KEPT + i, false, 100 + i);
	assert_int_equal(t.n, MAX);
	assert_int_equal(t.dropped, KEPT + FLOOD - MAX);
	for (size_t i = 0; i < t.n; i++)
		kept += fold_at(&t, i)->answered;
	/* They lie together, but the hand looks here and there. */
	assert_in_range(kept, KEPT * 99 / 100, KEPT);
	fold_clear(&t);
}

static void
test_copy(void **state)
{
	struct fold t = {.secret = 7}, copy = {0};

	(void)state;
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < 600; i++)
			put(&t, round * 600 + i, true, 10);
		assert_int_equal(fold_copy(&copy, &t, NULL), AUD_OK);
		put(&copy, 1 << 20, true, 10);
		assert_int_equal(copy.n, t.n + 1);
		assert_true(has(&copy, round * 600 + 599));
		assert_int_equal(fold_sort(&copy, NULL), AUD_OK);
		for (size_t i = 1; i < copy.n; i++)
			assert_true(conv_cmp(fold_at(&copy, i - 1), fold_at(&copy, i)) < 0);
	}
	fold_clear(&t);
	fold_clear(&copy);
}

/* A flood that lives is folded into a copy: that is bounded as what it is a copy of, and neither changes that nor adds to its own next time. */
static void
test_copy_bounded(void **state)
{
	enum { KEPT = 500, FLOOD = 20000, MAX = 2000 };
	struct fold t = {.secret = 7, .max = MAX, .evicts = true}, copy = {0};

	(void)state;
	for (unsigned i = 0; i < KEPT; i++)
		put(&t, i, true, 10);
	for (unsigned i = KEPT; i < MAX + 10; i++)
		put(&t, i, false, 100 + i);
	for (unsigned round = 0; round < 2; round++) {
		unsigned kept = 0;

		assert_int_equal(fold_copy(&copy, &t, NULL), AUD_OK);
		for (unsigned i = 0; i < FLOOD; i++)
			put(&copy, 100000 + i, false, 5000 + i);
		assert_int_equal(copy.n, MAX);
		assert_int_equal(copy.dropped, 10 + FLOOD);
		for (size_t i = 0; i < copy.n; i++)
			kept += fold_at(&copy, i)->answered;
		assert_in_range(kept, KEPT * 99 / 100, KEPT);
		assert_int_equal(t.n, MAX);
		assert_int_equal(t.dropped, 10);
		for (size_t i = 0; i < t.n; i++)
			assert_in_range(fold_at(&t, i)->last_ns, 10, 100 + MAX + 10);
	}
	fold_clear(&t);
	fold_clear(&copy);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_expire), cmocka_unit_test(test_expire_sorted), cmocka_unit_test(test_evict), cmocka_unit_test(test_copy),
	    cmocka_unit_test(test_copy_bounded)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
