#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <aud/date.h>

#include "words.h"

enum { TCP = 6, UDP = 17, SCTP = 132 };

enum aud_code
word_text(const struct aud_yaml *node, const char *what, const char **out, struct aud_err *err)
{
	enum aud_code code = aud_yaml_want(node, AUD_YAML_SCALAR, what, err);

	if (code)
		return code;
	if (!node->text[strspn(node->text, " \t\r\n")])
		return aud_yaml_fail(err, node, "%s is empty", what);
	*out = node->text;
	return AUD_OK;
}

/* Decimal digits only, at most max. */
static bool
number(const char *s, unsigned max, unsigned *out)
{
	unsigned n = 0;

	if (!*s || strlen(s) > 6 || s[strspn(s, "0123456789")])
		return false;
	for (; *s; s++)
		n = n * 10 + (unsigned)(*s - '0');
	*out = n;
	return n <= max;
}

/* Cuts blanks off both ends of a copy. */
static char *
trim(char *s)
{
	size_t n;

	s += strspn(s, " ");
	n = strlen(s);
	while (n && s[n - 1] == ' ')
		s[--n] = 0;
	return s;
}

static enum aud_code
address(const struct aud_yaml *node, const char *what, const char *text, struct aud_addr *out, struct aud_err *err)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	if (!aud_addr_parse(text, out)) {
		if (strcmp(text, node->text) != 0)
			return aud_yaml_fail(err, node, "%s '%.80s': '%.45s' is no IPv4 or IPv6 address", what, node->text, text);
		return aud_yaml_fail(err, node,
		    "%s '%.60s' is no IPv4 or IPv6 address, prefix (10.1.0.0/16) or range (10.1.0.1-10.1.0.9)", what, text);
	}
	if (out->family == 6 && !memcmp(out->b, mapped, sizeof mapped)) {
		struct aud_addr v4 = aud_addr_v4(out->b + 12);

		return aud_yaml_fail(err, node, "%s '%.60s' is an IPv4 address in IPv6 clothes: write %s", what, text,
		    aud_addr_str(&v4).s);
	}
	return AUD_OK;
}

static enum aud_code
prefix(const struct aud_yaml *node, const char *what, char *text, char *slash, struct aud_addr *lo, struct aud_addr *hi,
    struct aud_err *err)
{
	unsigned bits, max;
	enum aud_code code;
	bool host_bits = false;

	*slash = 0;
	code = address(node, what, trim(text), lo, err);
	if (code)
		return code;
	max = lo->family == 4 ? 32 : 128;
	if (!number(trim(slash + 1), max, &bits))
		return aud_yaml_fail(err, node, "%s '%.60s': the prefix length must be 0 to %u", what, node->text, max);
	*hi = *lo;
	for (unsigned i = bits; i < max; i++) {
		uint8_t bit = (uint8_t)(0x80 >> i % 8);

		host_bits |= lo->b[i / 8] & bit;
		lo->b[i / 8] &= (uint8_t)~bit;
		hi->b[i / 8] |= bit;
	}
	if (host_bits)
		return aud_yaml_fail(err, node, "%s '%.60s' has bits set behind its prefix: write %s/%u, or the address alone", what,
		    node->text, aud_addr_str(lo).s, bits);
	return AUD_OK;
}

static enum aud_code
from_to(const struct aud_yaml *node, const char *what, char *text, char *dash, struct aud_addr *lo, struct aud_addr *hi,
    struct aud_err *err)
{
	enum aud_code code;

	*dash = 0;
	code = address(node, what, trim(text), lo, err);
	if (!code)
		code = address(node, what, trim(dash + 1), hi, err);
	if (code)
		return code;
	if (lo->family != hi->family)
		return aud_yaml_fail(err, node, "%s '%.90s' goes from IPv%u to IPv%u: both ends must be of one family", what,
		    node->text, lo->family, hi->family);
	if (aud_addr_cmp(lo, hi) > 0)
		return aud_yaml_fail(err, node, "%s '%.90s' is upside down: write %s-%s", what, node->text, aud_addr_str(hi).s,
		    aud_addr_str(lo).s);
	return AUD_OK;
}

enum aud_code
word_range(const struct aud_yaml *node, const char *what, struct aud_addr *lo, struct aud_addr *hi, struct aud_err *err)
{
	char copy[128], *at;
	const char *text = "";
	enum aud_code code = word_text(node, what, &text, err);

	if (code)
		return code;
	if (strlen(text) >= sizeof copy)
		return aud_yaml_fail(err, node, "%s '%.60s' is no IPv4 or IPv6 address, prefix or range", what, text);
	strcpy(copy, text);
	if ((at = strchr(copy, '/')))
		return prefix(node, what, copy, at, lo, hi, err);
	/* A host name with a hyphen is no range: an address holds a digit, a dot or a colon before it. */
	if ((at = strchr(copy, '-')) && strspn(copy, "0123456789abcdefABCDEF.: ") == (size_t)(at - copy))
		return from_to(node, what, copy, at, lo, hi, err);
	code = address(node, what, copy, lo, err);
	*hi = *lo;
	return code;
}

enum aud_code
word_addr(const struct aud_yaml *node, const char *what, struct aud_addr *out, struct aud_err *err)
{
	struct aud_addr hi;
	enum aud_code code = word_range(node, what, out, &hi, err);

	if (!code && aud_addr_cmp(out, &hi) != 0)
		code = aud_yaml_fail(err, node, "%s must be one address, not '%.60s'", what, node->text);
	return code;
}

static enum aud_code
port_number(const struct aud_yaml *node, const char *text, uint16_t *out, struct aud_err *err)
{
	unsigned n = 0;

	if (!*text || text[strspn(text, "0123456789")])
		return aud_yaml_fail(err, node, "'%.40s' is no port", node->text);
	if (!number(text, 65535, &n) || n == 0)
		return aud_yaml_fail(err, node, "port %.20s is outside 1 to 65535", text);
	*out = (uint16_t)n;
	return AUD_OK;
}

enum aud_code
word_transport(const struct aud_yaml *node, const char *text, int *proto, struct aud_err *err)
{
	*proto = aud_proto_number(text);
	if (*proto == TCP || *proto == UDP || *proto == SCTP)
		return AUD_OK;
	return aud_yaml_fail(err, node, "'%.20s' is no transport with ports: tcp, udp or sctp", text);
}

enum aud_code
word_port(const struct aud_yaml *node, bool bare, uint16_t *port, int *proto, struct aud_err *err)
{
	char copy[64], *slash;
	const char *text = "";
	enum aud_code code = word_text(node, "a port", &text, err);

	if (code)
		return code;
	*proto = -1;
	if (strlen(text) >= sizeof copy)
		return aud_yaml_fail(err, node, "'%.40s' is no port", text);
	strcpy(copy, text);
	slash = strchr(copy, '/');
	if (slash)
		*slash = 0;
	if (strchr(copy, '-'))
		return aud_yaml_fail(err, node, "'%.40s': a range cannot stand here, name the ports one by one", text);
	code = port_number(node, copy, port, err);
	if (code)
		return code;
	if (slash)
		return word_transport(node, slash + 1, proto, err);
	if (!bare)
		return aud_yaml_fail(err, node, "'%.40s' names no transport: write %u/tcp or %u/udp", text, *port, *port);
	return AUD_OK;
}

enum aud_code
word_ports(const struct aud_yaml *node, struct aud_range *out, struct aud_err *err)
{
	char copy[64], *dash;
	const char *text = "";
	enum aud_code code = word_text(node, "a port range", &text, err);

	if (code)
		return code;
	if (strlen(text) >= sizeof copy)
		return aud_yaml_fail(err, node, "'%.40s' is no port range", text);
	strcpy(copy, text);
	dash = strchr(copy, '-');
	if (dash)
		*dash = 0;
	code = port_number(node, trim(copy), &out->lo, err);
	if (code)
		return code;
	out->hi = out->lo;
	if (dash)
		code = port_number(node, trim(dash + 1), &out->hi, err);
	if (!code && out->lo > out->hi)
		code = aud_yaml_fail(err, node, "the range %u-%u is upside down: write %u-%u", out->lo, out->hi, out->hi, out->lo);
	return code;
}

enum aud_code
word_yes_no(const struct aud_yaml *node, const char *what, enum aud_tri *out, struct aud_err *err)
{
	static const char *const words[] = {"yes", "true", "on", "y", "no", "false", "off", "n"};
	enum aud_code code = aud_yaml_want(node, AUD_YAML_SCALAR, what, err);

	if (code)
		return code;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (!strcasecmp(node->text, words[i])) {
			*out = i < 4 ? AUD_YES : AUD_NO;
			return AUD_OK;
		}
	return aud_yaml_fail(err, node, "%s must be yes or no, not '%.40s'; leave it out where it is not known", what, node->text);
}

enum aud_code
word_date(const struct aud_yaml *node, const char *what, const char **out, struct aud_err *err)
{
	const char *text = "";
	enum aud_code code = word_text(node, what, &text, err);

	if (code)
		return code;
	if (strlen(text) != 10 || strspn(text, "0123456789-") != 10)
		return aud_yaml_fail(err, node, "%s '%.40s' is no date: write YYYY-MM-DD", what, text);
	if (!aud_date_valid(text))
		return aud_yaml_fail(err, node, "%s '%s' is not in the calendar", what, text);
	*out = text;
	return AUD_OK;
}

enum aud_code
word_choice(const struct aud_yaml *node, const char *what, const char *const *names, size_t n, int *out, struct aud_err *err)
{
	const char *text = "", *near;
	enum aud_code code = word_text(node, what, &text, err);

	if (code)
		return code;
	for (size_t i = 0; i < n; i++)
		if (!strcmp(text, names[i])) {
			*out = (int)i;
			return AUD_OK;
		}
	near = aud_nearest(text, names, n);
	if (near)
		return aud_yaml_fail(err, node, "unknown %s '%.40s': did you mean '%s'?", what, text, near);
	if (n > 4)
		return aud_yaml_fail(err, node, "unknown %s '%.40s'", what, text);
	char list[120] = "";
	for (size_t i = 0; i < n; i++)
		snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", i == 0 ? "" : i + 1 == n ? " or " : ", ", names[i]);
	return aud_yaml_fail(err, node, "unknown %s '%.40s': %s", what, text, list);
}
