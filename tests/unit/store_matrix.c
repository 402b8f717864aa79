#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <aud/finding.h>
#include <aud/flow.h>
#include <aud/store.h>

#include "names.h"
#include "store_same.h"

/* The rules as compiled in go through SQLite without a loss, and are freed like any matrix. */
static void
test_builtin(void **state)
{
	struct aud_matrix *loaded = NULL, *read = NULL;
	struct aud_err err = {0};
	struct aud_store *s = NULL;

	(void)state;
	if (aud_matrix_load(&loaded, NULL, NULL, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(aud_store_open(&s, NULL, NULL), AUD_OK);
	if (aud_store_matrix(s, loaded, NULL, &err) || aud_store_read_matrix(s, &read, &err))
		fail_msg("%s", err.msg);
	aud_store_close(s);
	assert_true(loaded->nrules > 0);
	assert_same(loaded, read);
	aud_matrix_free(loaded);
	aud_matrix_free(read);
}

/* The columns hold the words that reports print. */
static void
test_words(void **state)
{
	(void)state;
	for (unsigned i = 0; i < names_security.n; i++)
		assert_string_equal(name_of(&names_security, i), aud_security_name((enum aud_security)i));
	for (unsigned i = 0; i < names_presence.n; i++)
		assert_string_equal(name_of(&names_presence, i), aud_presence_name((enum aud_presence)i));
	for (unsigned i = 0; i < names_absence.n; i++)
		assert_string_equal(name_of(&names_absence, i), aud_absence_name((enum aud_absence)i));
	for (unsigned i = 0; i < names_port_side.n; i++)
		assert_string_equal(name_of(&names_port_side, i), aud_port_side_name((enum aud_port_side)i));
	for (unsigned i = 0; i < names_certainty.n; i++)
		assert_string_equal(name_of(&names_certainty, i), aud_certainty_name((enum aud_certainty)i));
	for (unsigned i = AUD_STEP_ROLES; i <= AUD_STEP_SECURITY; i++)
		assert_string_equal(name_of(&names_step, i), aud_step_name((enum aud_step)i));
	for (unsigned i = 0; i < names_severity.n; i++)
		assert_string_equal(name_of(&names_severity, i), aud_severity_name((enum aud_severity)i));
	for (unsigned i = 0; i < names_state.n; i++)
		assert_string_equal(name_of(&names_state, i), aud_state_name((enum aud_state)i));
	for (unsigned i = 0; i < AUD_KIND_COUNT; i++)
		assert_string_equal(name_of(&names_kind, i), aud_kind_slug((enum aud_kind)i));
	for (unsigned i = 0; i < names_direction.n; i++)
		assert_string_equal(name_of(&names_direction, i), aud_direction_name((enum aud_direction)i));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_builtin),
	    cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
