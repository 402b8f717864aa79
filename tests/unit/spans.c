/* When a capture was running. Expected: the words of spans.h and of the man page on a watch that is started again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "spans.h"

#define S UINT64_C(1000000000)
#define T0 (1700000000 * S)

static void
add(struct spans *t, uint64_t seconds)
{
	const struct aud_frame f = {.ts_ns = T0 + seconds * S};

	assert_int_equal(spans_add(t, &f, 1, NULL), AUD_OK);
}

/* As a start finds them in the database. */
static struct spans
recalled(uint64_t first, uint64_t last)
{
	struct aud_span *v = malloc(sizeof *v);
	struct spans t;

	assert_non_null(v);
	*v = (struct aud_span){T0 + first * S, T0 + last * S, 9};
	t = (struct spans){.v = v, .n = 1, .cap = 1};
	spans_close(&t);
	return t;
}

static void
check(const struct spans *t, size_t n, const uint64_t (*seconds)[2])
{
	uint64_t covered = 0;

	assert_int_equal(t->n, n);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(t->v[i].first_ns, T0 + seconds[i][0] * S);
		assert_int_equal(t->v[i].last_ns, T0 + seconds[i][1] * S);
		covered += (seconds[i][1] - seconds[i][0]) * S;
	}
	assert_int_equal(spans_covered(t), covered);
}

/* Nine minutes of silence are one span, a quarter of an hour makes two; out of order it is the same. */
static void
test_silence(void **state)
{
	static const uint64_t want[][2] = {{0, 540}, {1440, 1500}};
	struct spans t = {.n = 0};

	(void)state;
	add(&t, 1500), add(&t, 0), add(&t, 540), add(&t, 1440);
	spans_finish(&t);
	check(&t, 2, want);
	free(t.v);
}

/* A watch that was down for five seconds saw nothing of them, and the next start's span is its own. */
static void
test_down(void **state)
{
	static const uint64_t want[][2] = {{0, 60}, {65, 600}}, later[][2] = {{65, 700}}, last[][2] = {{800, 800}};
	struct spans t = recalled(0, 60);

	(void)state;
	add(&t, 65), add(&t, 600);
	spans_finish(&t);
	check(&t, 2, want);
	/* The window goes on over both. */
	spans_forget(&t, T0 + 65 * S);
	add(&t, 700);
	check(&t, 1, later);
	spans_forget(&t, T0 + 750 * S);
	add(&t, 800);
	check(&t, 1, last);
	free(t.v);
}

/* All that an earlier start saw has left the window, or this one saw nothing. */
static void
test_alone(void **state)
{
	static const uint64_t want[][2] = {{100, 110}}, earlier[][2] = {{0, 60}};
	struct spans t = recalled(0, 60);

	(void)state;
	spans_finish(&t);
	check(&t, 1, earlier);
	spans_forget(&t, T0 + 90 * S);
	spans_finish(&t);
	assert_int_equal(t.n, 0);
	add(&t, 100), add(&t, 110);
	spans_finish(&t);
	check(&t, 1, want);
	free(t.v);
}

/* The clock was set back in between: what both saw counts once. */
static void
test_set_back(void **state)
{
	static const uint64_t want[][2] = {{0, 90}};
	struct spans t = recalled(0, 60);

	(void)state;
	add(&t, 30), add(&t, 90);
	spans_finish(&t);
	check(&t, 1, want);
	free(t.v);
}

/* The only interface was down for a while, twice; nothing came between the two. */
static void
test_close(void **state)
{
	static const uint64_t want[][2] = {{0, 20}, {25, 40}, {50, 50}};
	struct spans t = {.n = 0};

	(void)state;
	spans_close(&t);
	add(&t, 20), add(&t, 0);
	spans_close(&t);
	spans_close(&t);
	add(&t, 25), add(&t, 40);
	spans_close(&t);
	add(&t, 50);
	spans_finish(&t);
	check(&t, 3, want);
	free(t.v);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_silence), cmocka_unit_test(test_down), cmocka_unit_test(test_alone), cmocka_unit_test(test_set_back),
	    cmocka_unit_test(test_close)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
