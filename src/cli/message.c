#include <stdarg.h>
#include <stdio.h>

#include <aud/report.h>

#include "cli.h"

void
say(const char *fmt, ...)
{
	char text[1024], clean[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	fprintf(stderr, "spanaudit: %s\n", aud_text_clean(clean, sizeof clean, text));
}

enum status
say_err(enum aud_code code, const struct aud_err *err)
{
	if (code == AUD_OK || code == AUD_END)
		return STATUS_OK;
	say("%s", err->msg[0] ? err->msg : "failed without a reason: please report this");
	switch (code) {
	case AUD_OK:
	case AUD_END: break;
	case AUD_IO:
	case AUD_RULES:
	case AUD_USAGE: return STATUS_USAGE;
	case AUD_FORMAT: return STATUS_CAPTURE;
	case AUD_NOMEM:
	case AUD_LIMIT: return STATUS_LIMIT;
	}
	return STATUS_OK;
}

enum status
worse(enum status a, enum status b)
{
	return a > b ? a : b;
}
