/*
 * Writes the report of a stored audit, or what changed since another, in the language of a catalogue that is no part of the program:
 * for the test of what is not translated.
 *
 * usage: lang_render CATALOGUE.mo text|md|html DATABASE [OLDER]     OLDER: what changed since; "diff" as a format tells that alone
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <aud/diff.h>
#include <aud/store.h>

#include "language.h"

static unsigned
plural(uint64_t n)
{
	return n != 1;
}

static unsigned char *
slurp(const char *path, size_t *n)
{
	unsigned char *p = NULL;
	FILE *f = fopen(path, "rb");
	long size;

	if (!f || fseek(f, 0, SEEK_END) || (size = ftell(f)) < 0 || !(p = malloc((size_t)size + 1)))
		abort();
	rewind(f);
	*n = fread(p, 1, (size_t)size, f);
	fclose(f);
	return p;
}

static struct aud_stored *
stored(const char *path, struct aud_store **s)
{
	struct aud_err err = {0};
	struct aud_stored *a = NULL;

	if (aud_store_open_read(s, path, &err) || aud_store_read_audit(*s, 0, &a, &err)) {
		fprintf(stderr, "%s\n", err.msg);
		exit(1);
	}
	return a;
}

int
main(int argc, char **argv)
{
	struct aud_lang l = {"en-x-made", "en", {0}, "'", "!", 4, true, plural};
	struct aud_report_opts o = {.lang = &l, .all_rows = true};
	struct aud_store *s = NULL, *olds = NULL;
	struct aud_stored *a, *old = NULL;
	struct aud_diff *diff = NULL;
	struct aud_err err = {0};
	enum aud_code code = AUD_OK;
	size_t n;
	bool alone;

	if (argc < 4)
		return 2;
	l.mo.bytes = slurp(argv[1], &n);
	l.mo.size = n;
	alone = !strcmp(argv[2], "diff");
	o.format = alone ? AUD_FORMAT_TEXT : (enum aud_format)aud_format_by_name(argv[2]);
	a = stored(argv[3], &s);
	if (argc > 4) {
		old = stored(argv[4], &olds);
		code = aud_diff_new(&diff, aud_stored_report(old), aud_stored_report(a), &err);
		aud_stored_report(a)->since = diff;
	}
	if (!code)
		code = alone ? aud_diff_write(diff, &o, stdout, &err) : aud_report_write(aud_stored_report(a), &o, stdout, &err);
	if (code)
		fprintf(stderr, "%s\n", err.msg);
	aud_diff_free(diff);
	aud_stored_free(a);
	aud_stored_free(old);
	aud_store_close(s);
	aud_store_close(olds);
	free((void *)(uintptr_t)l.mo.bytes);
	return code != AUD_OK;
}
