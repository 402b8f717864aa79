/* SIP start lines, RFC 3261 section 7.1, 7.2 and 25.1; methods are any token, so that those of MS-SIPRE and MS-CONFAS
 * are read too. */
#include <string.h>
#include <strings.h>

#include "own.h"

enum { METHOD_MAX = 32, URI_MAX = 1024 };

static bool
token(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("-.!%*_+`'~", c));
}

static bool
eat(struct aud_view *v, const char *s, bool any_case)
{
	size_t n = strlen(s);

	if (view_left(v) < n || (any_case ? strncasecmp((const char *)v->p, s, n) : memcmp(v->p, s, n)))
		return false;
	v->p += n;
	return true;
}

static enum start_line
status(struct aud_view v)
{
	if (!eat(&v, "SIP/2.0 ", false) || view_left(&v) < 4)
		return LINE_NONE;
	for (int i = 0; i < 3; i++)
		if (v.p[i] < '0' || v.p[i] > '9')
			return LINE_NONE;
	return v.p[0] >= '1' && v.p[0] <= '6' && v.p[3] == ' ' ? LINE_STATUS : LINE_NONE;
}

enum start_line
sip_line(struct aud_view v, bool *asks)
{
	static const char *const schemes[] = {"sip:", "sips:", "tel:"};
	struct aud_view method;
	size_t n = 0;
	bool known = false;

	*asks = false;
	/* Section 7.5: empty lines ahead of the start line are to be ignored. */
	while (n < 8 && view_left(&v) && (*v.p == '\r' || *v.p == '\n'))
		view_skip(&v, 1), n++;
	if (!view_left(&v) || !token(*v.p))
		return LINE_NONE;
	if (status(v) == LINE_STATUS)
		return LINE_STATUS;
	for (n = 0; n < view_left(&v) && n <= METHOD_MAX && token(v.p[n]); n++)
		;
	if (n > METHOD_MAX || !view_cut(&v, n, &method) || !eat(&v, " ", false))
		return LINE_NONE;
	for (size_t i = 0; i < sizeof schemes / sizeof *schemes && !known; i++)
		known = eat(&v, schemes[i], true);
	for (n = 0; known && n < view_left(&v) && n < URI_MAX && v.p[n] > ' ' && v.p[n] < 0x7f; n++)
		;
	if (!known || !n || !view_skip(&v, n) || !eat(&v, " SIP/2.0", false) || !view_left(&v) ||
	    (*v.p != '\r' && *v.p != '\n'))
		return LINE_NONE;
	/* Other requests go both ways on a connection; these two never come from the side that was connected to. */
	n = view_left(&method);
	*asks = (n == 8 && !memcmp(method.p, "REGISTER", n)) || (n == 9 && !memcmp(method.p, "NEGOTIATE", n));
	return LINE_REQUEST;
}
