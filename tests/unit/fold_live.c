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

/* A flow that is taken back leaves what there would be without it; where it was the only one, nothing. */
static void
test_take_back(void **state)
{
	struct aud_flow one = {.port = {40000, 5061}, .proto = 6, .packets = {7, 5}, .bytes = {700, 500}, .last_ns = 30, .duplicates = 2,
	    .bits = AUD_FLOW_SYN0 | AUD_FLOW_SYNACK1 | AUD_FLOW_ACKED | AUD_FLOW_DATA0 | AUD_FLOW_AH | AUD_FLOW_GAP0 | AUD_FLOW_SHORT | AUD_FLOW_CLEAR};
	struct aud_flow other = {.port = {40001, 5061}, .proto = 6, .packets = {3, 0}, .bytes = {120, 0}, .last_ns = 20, .bits = AUD_FLOW_SYN0};
	struct aud_flow_more more = {.first_ns = 10, .facts = AUD_FACT_TLS_HELLO | AUD_FACT_TLS_SERVER | AUD_FACT_CLIENT_CERT, .app_input = AUD_NO_INPUT,
	    .app = {0, 91, AUD_BY_DPI}}, none = {.first_ns = 15, .app_input = AUD_NO_INPUT, .app = {0, 91, AUD_BY_DPI}};
	struct fold_flow x = {.f = &one, .m = &more}, y = {.f = &other, .m = &none};
	struct fold t = {.secret = 7}, alone = {.secret = 7};
	const struct aud_addr a = {{10, 0, 0, 1}, 4}, b = {{10, 0, 0, 2}, 4};
	struct aud_conv *have, *want;

	(void)state;
	fold_direct(&t, &x, a, b);
	fold_direct(&t, &y, a, b);
	assert_int_equal(fold_add(&t, &x, NULL), AUD_OK);
	fold_take_back(&t, &x);
	assert_int_equal(t.n, 0);
	fold_take_back(&t, &x);
	assert_int_equal(fold_add(&t, &x, NULL) | fold_add(&t, &y, NULL) | fold_add(&alone, &y, NULL), AUD_OK);
	fold_take_back(&t, &x);
	assert_int_equal(t.n, 1);
	have = fold_at(&t, 0);
	want = fold_at(&alone, 0);
	/* What the flow brings again. */
	want->first_ns = have->first_ns;
	want->last_ns = have->last_ns;
	want->client_port_lo = have->client_port_lo;
	want->facts = have->facts;
	memcpy(want->frames, have->frames, sizeof want->frames);
	assert_memory_equal(have, want, sizeof *have);
	/* Of another application there is no conversation. */
	more.app.sub = 7;
	fold_take_back(&t, &x);
	assert_int_equal(fold_at(&t, 0)->flows, 1);
	fold_clear(&t);
	fold_clear(&alone);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_expire), cmocka_unit_test(test_expire_sorted), cmocka_unit_test(test_evict), cmocka_unit_test(test_copy),
	    cmocka_unit_test(test_copy_bounded), cmocka_unit_test(test_take_back)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
