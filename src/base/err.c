#include <stdio.h>
#include <string.h>

#include <aud/err.h>

enum aud_code
aud_fail(struct aud_err *err, enum aud_code code, int sys, const char *fmt, ...)
{
	va_list ap;

	if (!err || err->code != AUD_OK)
		return code;
	err->code = code;
	err->sys = sys;
	va_start(ap, fmt);
	vsnprintf(err->msg, sizeof err->msg, fmt, ap);
	va_end(ap);
	if (sys) {
		size_t n = strlen(err->msg);
		snprintf(err->msg + n, sizeof err->msg - n, ": %s", strerror(sys));
	}
	return code;
}

enum aud_code
aud_nomem(struct aud_err *err)
{
	return aud_fail(err, AUD_NOMEM, 0, "out of memory");
}
