/* Our comparison of nDPI's masks, linked in place of nDPI's: a bit in common, and nothing else, makes the answer 1. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ndpi/ndpi_api.h>

static void
add(NDPI_PROTOCOL_BITMASK *m, unsigned bit)
{
	m->fds_bits[bit / NDPI_BITS] |= UINT32_C(1) << bit % NDPI_BITS;
}

static void
test_each_pair_of_bits(void **state)
{
	(void)state;
	for (unsigned i = 0; i < NDPI_NUM_BITS; i++) {
		NDPI_PROTOCOL_BITMASK a = {{0}}, all = {{0}};

		add(&a, i);
		for (unsigned j = 0; j < NDPI_NUM_BITS; j++) {
			NDPI_PROTOCOL_BITMASK b = {{0}};

			add(&b, j);
			assert_int_equal(NDPI_BITMASK_COMPARE(a, b), i == j);
			if (i != j)
				add(&all, j);
		}
		assert_int_equal(NDPI_BITMASK_COMPARE(a, all), 0);
		assert_int_equal(NDPI_BITMASK_COMPARE(all, a), 0);
		add(&all, i);
		assert_int_equal(NDPI_BITMASK_COMPARE(a, all), 1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_each_pair_of_bits)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
