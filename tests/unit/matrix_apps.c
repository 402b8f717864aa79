/* The table of application names against nDPI 4.2 itself, whose names they are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <ndpi_api.h>

#include "names.h"

static void
test_ndpi(void **state)
{
	struct ndpi_detection_module_struct *m;
	unsigned known = 0;
	const char *wrong;

	(void)state;
	if (strncmp(ndpi_revision(), "4.2", 3) != 0)
		skip(); /* another version has other names */
	m = ndpi_init_detection_module(ndpi_no_prefs);
	assert_non_null(m);
	for (unsigned i = 1; i < ndpi_get_num_supported_protocols(m); i++) {
		const char *name = ndpi_get_proto_name(m, (uint16_t)i);

		if (!strncmp(name, "FREE_", 5))
			continue;
		if (!app_known(name, &wrong))
			fail_msg("nDPI's %s is missing", name);
		known++;
	}
	assert_true(known > 250);
	ndpi_exit_detection_module(m);
}

static void
test_names(void **state)
{
	static const struct {
		const char *name;
		bool known;
	} rows[] = {
	    {"TLS", true}, {"TLS.Skype_Teams", true}, {"STUN.SkypeCall", true}, {"NetBIOS.SMBv23", true}, {"DCE_RPC", true}, {"MsSQL-TDS", true},
	    {"SSRP", true}, {"FramedMedia", true}, {"PseudoTLS", true}, {"Z39.50", true}, {"TLS.Z39.50", true}, {"tls", false}, {"TLS.", false},
	    {"TLS.X", false}, {"", false}, {".", false}, {"X.TLS", false}, {"Unknown", true}, {"Unknown.TLS", false}, {"TLS.Unknown", false},
	};
	const char *wrong;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (app_known(rows[i].name, &wrong) != rows[i].known)
			fail_msg("%s", rows[i].name);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_ndpi), cmocka_unit_test(test_names)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
