#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <aud/attrib.h>

/* Counts down to the allocation that fails; negative: none does. */
static int countdown = -1;

static int
refuse(void)
{
	return countdown >= 0 && countdown-- == 0;
}

#define WRAP(type, name, params, args)                                                                                 \
	type __real_##name params;                                                                                     \
	type __wrap_##name params;                                                                                     \
	type __wrap_##name params                                                                                      \
	{                                                                                                              \
		return refuse() ? NULL : __real_##name args;                                                           \
	}
WRAP(void *, malloc, (size_t n), (n))
WRAP(void *, calloc, (size_t n, size_t m), (n, m))
WRAP(void *, realloc, (void *p, size_t n), (p, n))
WRAP(void *, reallocarray, (void *p, size_t n, size_t m), (p, n, m))
WRAP(char *, strdup, (const char *s), (s))
WRAP(char *, strndup, (const char *s, size_t n), (s, n))

static const char text[] =
    "site: s\ndocuments: [a, b]\nload_balancing: dns\nfeatures: {directors: no}\nroles: [own]\nrules: [{id: x}]\n"
    "hosts:\n  - {address: 10.0.0.1, roles: [director, own], ports: [443/tcp]}\n"
    "  - {address: 10.0.0.2, roles: [client], members: [10.0.0.1]}\n  - {address: 10.0.0.0/8, roles: [client]}\n"
    "waivers:\n  - {kind: scan, reason: r, owner: o}\n";

static void
test_each(void **state)
{
	enum aud_code code;
	int n = 0;

	(void)state;
	do {
		struct aud_err err = {0};
		struct aud_attrib *a = NULL;
		struct aud_site *site;

		countdown = n++;
		code = aud_site_parse(&site, "s", text, sizeof text - 1, &err);
		if (!code)
			code = aud_attrib_new(&a, site, &err);
		countdown = -1;
		if (code) {
			assert_int_equal(code, AUD_NOMEM);
			assert_string_equal(err.msg, "out of memory");
			assert_null(a);
		}
		aud_attrib_free(a);
		aud_site_free(site);
	} while (code);
	/* The tree alone takes an allocation for each of its words. */
	assert_true(n > 60);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
