/*
 * Text of the network and of files, made harmless: C0, DEL and C1 controls, bidirectional and invisible characters
 * become \x.. or \u{...}; bytes that are no UTF-8 (RFC 3629) become \x.. . What is left can neither move a cursor nor
 * reorder a line.
 */
#include <string.h>

#include <aud/report.h>

#include "view.h"

/* Length of the UTF-8 sequence at p, 0 where there is none: shortest form only, no surrogates, nothing above U+10FFFF.
 */
static size_t
sequence(const uint8_t *p, size_t left, uint32_t *cp)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t n = *p < 0x80 ? 1 : *p >> 5 == 6 ? 2 : *p >> 4 == 14 ? 3 : *p >> 3 == 30 ? 4 : 0;

	if (!n || n > left)
		return 0;
	*cp = n == 1 ? *p : *p & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if (p[i] >> 6 != 2)
			return 0;
		*cp = *cp << 6 | (p[i] & 0x3f);
	}
	if (*cp < least[n] || *cp > 0x10ffff || (*cp >= 0xd800 && *cp <= 0xdfff))
		return 0;
	return n;
}

/* Unicode's general categories Cc and Cf where they act on the layout, line and paragraph separators, tags. */
static bool
hidden(uint32_t cp)
{
	static const struct {
		uint32_t lo, hi;
	} ranges[] = {{0, 0x1f}, {0x7f, 0x9f}, {0xad, 0xad}, {0x61c, 0x61c}, {0x180e, 0x180e}, {0x200b, 0x200f},
	    {0x2028, 0x202e}, {0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe007f}};

	for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
		if (cp >= ranges[i].lo && cp <= ranges[i].hi)
			return true;
	return false;
}

char *
aud_text_clean(char *dst, size_t size, const char *src)
{
	struct aud_view v = view_of(src, src ? strlen(src) : 0);
	size_t used = 0;

	if (!size)
		return dst;
	while (view_left(&v)) {
		char piece[16];
		uint32_t cp = 0;

		/* Nearly all of it. */
		if (*v.p >= 0x20 && *v.p < 0x7f) {
			if (used + 1 >= size)
				break;
			dst[used++] = (char)*v.p++;
			continue;
		}
		size_t n = sequence(v.p, view_left(&v), &cp), len;

		if (!n || (n == 1 && hidden(cp)))
			len = (size_t)snprintf(piece, sizeof piece, "\\x%02x", *v.p);
		else if (hidden(cp))
			len = (size_t)snprintf(piece, sizeof piece, "\\u{%x}", cp);
		else
			memcpy(piece, v.p, len = n);
		if (used + len >= size)
			break;
		memcpy(dst + used, piece, len);
		used += len;
		v.p += n ? n : 1;
	}
	dst[used] = '\0';
	return dst;
}
