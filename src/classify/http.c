/* HTTP/1.x start lines, RFC 9112 section 3 and 4. */
#include <string.h>

#include "own.h"

enum { METHOD_MAX = 20 };

/* "HTTP/1.0" or "HTTP/1.1" */
static bool
version(struct aud_view *v)
{
	if (view_left(v) < 8 || memcmp(v->p, "HTTP/1.", 7) || v->p[7] < '0' || v->p[7] > '1')
		return false;
	v->p += 8;
	return true;
}

static bool
digits(const uint8_t *p, int n)
{
	for (int i = 0; i < n; i++)
		if (p[i] < '0' || p[i] > '9')
			return false;
	return true;
}

enum start_line
http_line(struct aud_view v)
{
	size_t n = 0;

	if (view_left(&v) < 12 || *v.p < 'A' || *v.p > 'Z')
		return LINE_NONE;
	if (*v.p == 'H' && version(&v))
		return view_left(&v) >= 4 && *v.p == ' ' && digits(v.p + 1, 3) ? LINE_STATUS : LINE_NONE;
	while (n < view_left(&v) && n <= METHOD_MAX &&
	       ((v.p[n] >= 'A' && v.p[n] <= 'Z') || v.p[n] == '-' || v.p[n] == '_'))
		n++;
	if (n < 3 || n > METHOD_MAX || !view_skip(&v, n) || !view_left(&v) || *v.p++ != ' ')
		return LINE_NONE;
	for (n = 0; n < view_left(&v) && v.p[n] > ' ' && v.p[n] != 0x7f; n++)
		;
	if (!n || !view_skip(&v, n) || !view_left(&v) || *v.p++ != ' ' || !version(&v))
		return LINE_NONE;
	return view_left(&v) && (*v.p == '\r' || *v.p == '\n') ? LINE_REQUEST : LINE_NONE;
}
