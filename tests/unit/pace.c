/* How often it is judged and an interface that flaps is told, and a clock that is set. Expected: the man page's words on watch. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pace.h"

#define S UINT64_C(1000000000)
#define MINUTE (60 * S)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

/* A fifth of the time; every ten seconds where it takes up to five; half of the time where it takes more; never before --flush. */
static void
test_judge(void **state)
{
	static const struct {
		uint64_t took, flush, next;
	} rows[] = {
	    {0, 5 * S, 5 * S}, {S / 2, S, 5 * S / 2}, {S, 5 * S, 5 * S}, {S, S, 5 * S}, {2 * S, S, 10 * S}, {3 * S, S, 10 * S}, {5 * S, S, 10 * S},
	    {6 * S, S, 12 * S}, {30 * S, 5 * S, MINUTE}, {3 * S, MINUTE, MINUTE}, {40 * S, MINUTE, 80 * S}, {S, HOUR, HOUR},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (pace_judge(rows[i].took, rows[i].flush) != rows[i].next)
			fail_msg("row %zu: %llu", i, (unsigned long long)pace_judge(rows[i].took, rows[i].flush));
}

/* A cable that is pulled and plugged in: each is told when it happens. */
static void
test_seldom(void **state)
{
	struct flap f = {0};
	unsigned held;

	(void)state;
	for (uint64_t t = 1000 * S; t < 3000 * S; t += 20 * S) {
		assert_true(pace_flap(&f, 1, t, false, &held));
		assert_int_equal(held, 0);
		assert_false(pace_flap(&f, 0, t + S, false, &held));
	}
}

/* Ten changes a second for five minutes: eight at once, then one sum a minute, and none is lost. */
static void
test_flapping(void **state)
{
	struct flap f = {0};
	unsigned held, told = 0, sums = 0, summed = 0, changes = 0;
	uint64_t t = 1000 * S;

	(void)state;
	for (; t < 1000 * S + 5 * MINUTE; t += S / 5, changes += 2)
		if (pace_flap(&f, 2, t, false, &held)) {
			told += held ? 0 : 2;
			sums += held != 0;
			summed += held;
		}
	assert_int_equal(told, 8);
	assert_in_range(sums, 4, 5);
	/* It stops. What waits comes once the minute is over, and then nothing more. */
	for (; t < 1000 * S + 9 * MINUTE; t += S / 5)
		if (pace_flap(&f, 0, t, false, &held)) {
			sums++;
			summed += held;
		}
	assert_in_range(sums, 5, 6);
	assert_int_equal(told + summed, changes);
	/* Later it is as it was at first. */
	assert_true(pace_flap(&f, 1, t, false, &held));
	assert_int_equal(held, 0);
	/* What still waits at the end is told at the end. */
	for (unsigned i = 0; i < 20; i++)
		(void)pace_flap(&f, 1, t + S, false, &held);
	assert_true(pace_flap(&f, 1, t + 2 * S, true, &held));
	assert_int_equal(held, 14);
	assert_false(pace_flap(&f, 0, t + 2 * S, true, &held));
}

/* Ahead: for a window's length what was seen before looks older by that. Back: nothing does. */
static void
test_clock(void **state)
{
	const uint64_t began = 1700000000 * S;
	struct wall w = {0};
	uint64_t boot = 1000 * S;

	(void)state;
	assert_int_equal(pace_clock(&w, began + boot, boot, DAY), 0);
	/* Drift, and small steps, even many of them. */
	for (uint64_t i = 1; i <= 100; i++)
		assert_int_equal(pace_clock(&w, began + boot + i * S + i * 5 * S, boot + i * S, DAY), 0);
	assert_int_equal(w.ahead_ns, 0);
	boot += 100 * S;
	assert_true(pace_clock(&w, began + boot + 500 * S + 10 * DAY, boot, DAY) == (int64_t)(10 * DAY));
	assert_int_equal(w.ahead_ns, 10 * DAY);
	assert_int_equal(pace_clock(&w, began + boot + 500 * S + 10 * DAY + S, boot + S, DAY), 0);
	assert_int_equal(w.ahead_ns, 10 * DAY);
	/* Half of it was wrong. */
	assert_true(pace_clock(&w, began + boot + 500 * S + 5 * DAY + 2 * S, boot + 2 * S, DAY) == -(int64_t)(5 * DAY));
	assert_int_equal(w.ahead_ns, 5 * DAY);
	/* A window later all that was seen before is beyond it. */
	assert_int_equal(pace_clock(&w, began + boot + 500 * S + 6 * DAY - S, boot + DAY - S, DAY), 0);
	assert_int_equal(w.ahead_ns, 5 * DAY);
	assert_int_equal(pace_clock(&w, began + boot + 500 * S + 6 * DAY, boot + DAY, DAY), 0);
	assert_int_equal(w.ahead_ns, 0);
	/* Far back, with nothing to take back; and to before 1970, as a machine without a battery comes up. */
	assert_true(pace_clock(&w, began + boot + 500 * S, boot + DAY, DAY) == -(int64_t)(6 * DAY));
	assert_int_equal(w.ahead_ns, 0);
	assert_true(pace_clock(&w, 0, boot + DAY + S, DAY) < 0);
	assert_int_equal(w.ahead_ns, 0);
}

/* Flows that had to go are past a window later; not so as long as each judgement's own copy lacks some, be they fewer than there once were. */
static void
test_shortage(void **state)
{
	struct shortage s = {0};

	(void)state;
	pace_shortage(&s, 0, 0, 0, 10 * S);
	assert_int_equal(s.ns, 0);
	pace_shortage(&s, 3, 5, 0, 20 * S);
	pace_shortage(&s, 3, 5, 0, 30 * S);
	assert_true(s.evicted == 3 && s.dropped == 5 && s.ns == 20 * S);
	/* A crowd lives: a thousand have no room in the copy, then a few. */
	pace_shortage(&s, 3, 1005, 1000, 40 * S);
	assert_true(s.dropped == 5 && s.ns == 40 * S);
	pace_shortage(&s, 3, 15, 10, 50 * S);
	assert_true(s.dropped == 5 && s.ns == 50 * S);
	/* All have room again; another that has to go counts anew. */
	pace_shortage(&s, 3, 5, 0, 60 * S);
	assert_int_equal(s.ns, 50 * S);
	pace_shortage(&s, 4, 5, 0, 70 * S);
	assert_true(s.evicted == 4 && s.ns == 70 * S);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_judge), cmocka_unit_test(test_seldom), cmocka_unit_test(test_flapping),
	    cmocka_unit_test(test_clock), cmocka_unit_test(test_shortage)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
