#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "since.h"

enum status
stored_open(struct stored *s, const char *path, int64_t audit)
{
	struct aud_err err = {0};
	enum aud_code code;

	*s = (struct stored){0};
	code = aud_store_open_read(&s->store, path, &err);
	if (code == AUD_OK)
		code = aud_store_read_audit(s->store, audit, &s->audit, &err);
	if (code == AUD_OK)
		s->report = aud_stored_report(s->audit);
	return say_err(code, &err);
}

void
stored_close(struct stored *s)
{
	aud_stored_free(s->audit);
	aud_store_close(s->store);
	*s = (struct stored){0};
}

const char *
set_audit(void *field, const char *text)
{
	long long n = 0;
	char *end = NULL;

	errno = 0;
	if (isdigit((unsigned char)*text))
		n = strtoll(text, &end, 10);
	if (!end || *end || errno || n < 1)
		return "the number of an audit, as 'spanaudit report --list' tells it";
	*(int64_t *)field = n;
	return NULL;
}

enum status
since(struct aud_diff **out, const struct stored *before, struct aud_report *report)
{
	struct aud_err err = {0};
	enum aud_code code = aud_diff_new(out, before->report, report, &err);

	if (code == AUD_OK)
		report->since = *out;
	return say_err(code, &err);
}
