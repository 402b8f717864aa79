/* Stage 7 when memory is out: the nth allocation fails, for each n, over load and compile. */
#include "matrix_folder.h"

#include <aud/matrix.h>

/* The linker sends the allocations of stage and base here (--wrap). */
void *__real_malloc(size_t);
void *__real_calloc(size_t, size_t);
void *__real_realloc(void *, size_t);
void *__real_reallocarray(void *, size_t, size_t);
void *__wrap_malloc(size_t);
void *__wrap_calloc(size_t, size_t);
void *__wrap_realloc(void *, size_t);
void *__wrap_reallocarray(void *, size_t, size_t);

static unsigned long countdown;	/* 0: none fails */

static bool
fails(void)
{
	return countdown && !--countdown;
}

void *
__wrap_malloc(size_t n)
{
	return fails() ? NULL : __real_malloc(n);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *p, size_t n)
{
	return fails() ? NULL : __real_realloc(p, n);
}

void *
__wrap_reallocarray(void *p, size_t n, size_t size)
{
	return fails() ? NULL : __real_reallocarray(p, n, size);
}

/* True: nothing failed any more. */
static bool
load_failing(const char *dir, unsigned long nth)
{
	struct aud_matcher *matcher = NULL;
	struct aud_matrix *m = NULL;
	struct aud_err err = {0};
	enum aud_code code;
	bool failed;

	countdown = nth;
	code = aud_matrix_load(&m, dir, NULL, &err);
	if (!code)
		code = aud_matcher_new(&matcher, m, NULL, &err);
	failed = !countdown;
	countdown = 0;
	if (code != (failed ? AUD_NOMEM : AUD_OK) || (failed && matcher))
		fail_msg("allocation %lu: code %d, '%s'", nth, code, err.msg);
	aud_matcher_free(matcher);
	aud_matrix_free(m);
	return !failed;
}

static void
test_folder(void **state)
{
	unsigned long nth = 1;

	(void)state;
	folder_write(FOLDER_FILES, 0, "");
	while (!load_failing(folder_path, nth))
		nth++;
	assert_true(nth > 20);
}

static void
test_builtin(void **state)
{
	unsigned long nth = 1;

	(void)state;
	/* Thousands of allocations: every one of the first, then in growing steps. */
	while (!load_failing(NULL, nth))
		nth += 1 + nth / 64;
	assert_true(nth > 200);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_folder), cmocka_unit_test(test_builtin)};

	return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
