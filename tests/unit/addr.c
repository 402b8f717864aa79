/* Addresses as text, beside what the C library makes of the same: inet_ntop(3) and inet_pton(3). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>

#include <aud/addr.h>

static void
test_text(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 256; i++)
		for (unsigned k = 0; k < 4; k++) {
			uint8_t b[4] = {1, 22, 133, 0};
			struct aud_addr a, back;
			char theirs[48];

			b[k] = (uint8_t)i;
			a = aud_addr_v4(b);
			inet_ntop(AF_INET, b, theirs, sizeof theirs);
			assert_string_equal(aud_addr_str(&a).s, theirs);
			assert_true(aud_addr_parse(theirs, &back));
			assert_int_equal(aud_addr_cmp(&a, &back), 0);
		}
}

static void
test_parse(void **state)
{
	static const char *const rows[] = {"", ".", "1", "1.2", "1.2.3", "1.2.3.", "1.2.3.4", "1.2.3.4.", "1.2.3.4.5", ".1.2.3", "1..2.3", "01.2.3.4",
	    "1.02.3.4", "1.2.3.00", "0.0.0.0", "255.255.255.255", "256.1.1.1", "1.1.1.256", "1.1.1.1000", "1.2.3.4 ", " 1.2.3.4", "+1.2.3.4",
	    "-1.2.3.4", "1.2.3.4x", "0x1.2.3.4", "1,2,3,4", "::", "::1", "::ffff:1.2.3.4", "2001:db8::1", "2001:db8::g", "1.2.3.4:5", "fe80::1%1",
	    "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8:9", "12.34.56.7a"};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint8_t b[16] = {0};
		int family = inet_pton(AF_INET, rows[i], b) == 1 ? 4 : inet_pton(AF_INET6, rows[i], b) == 1 ? 6 : 0;
		struct aud_addr a;

		if (aud_addr_parse(rows[i], &a) != (family != 0) || a.family != family || (family && memcmp(a.b, b, family == 4 ? 4 : 16) != 0))
			fail_msg("'%s': family %d, not %d", rows[i], a.family, family);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_text), cmocka_unit_test(test_parse)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
