#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <aud/report.h>

#include "hash.h"
#include "tell.h"
#include "view.h"

#define ELLIPSIS "\xe2\x80\xa6"
/* The longest that aud_text_clean() makes of one character. */
enum { PIECE = 12 };

char *
tell_clean(char *dst, size_t size, const char *src)
{
	size_t max = size - 1, n;

	aud_text_clean(dst, size, src);
	n = strlen(dst);
	if (n + PIECE <= max)
		return dst;
	/* Full, or nearly so: is it all? */
	char *all = malloc(size + PIECE);
	bool cut = !all || strlen(aud_text_clean(all, size + PIECE, src)) > n;
	free(all);
	if (!cut)
		return dst;
	if (n + sizeof ELLIPSIS - 1 > max)
		n = max - (sizeof ELLIPSIS - 1);
	while (n && (dst[n] & 0xc0) == 0x80)
		n--;
	memcpy(dst + n, ELLIPSIS, sizeof ELLIPSIS);
	return dst;
}

static struct tell_time
stamp(uint64_t ns, int digits, unsigned fraction, const char *zone)
{
	struct tell_time t = {"-"};
	time_t s = (time_t)(ns / 1000000000);
	struct tm tm;
	char date[24];

	if (ns && gmtime_r(&s, &tm) && strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &tm))
		snprintf(t.s, sizeof t.s, "%s.%0*u%s", date, digits, fraction, zone);
	return t;
}

struct tell_time
tell_time(uint64_t ns, const char *zone)
{
	return stamp(ns, 6, (unsigned)(ns % 1000000000 / 1000), zone);
}

struct tell_time
tell_time_ns(uint64_t ns)
{
	return stamp(ns, 9, (unsigned)(ns % 1000000000), "Z");
}

uint64_t
tell_flow_id(const struct aud_finding *f)
{
	char key[256], hex[65];

	if (!f->client.family || !f->server.family)
		return 0;
	snprintf(key, sizeof key, "%s|%s|%d|%u|%s", aud_addr_str(&f->client).s, aud_addr_str(&f->server).s, f->port, f->proto,
	    f->app ? f->app : "");
	aud_sha256_of(key, strlen(key), hex);
	hex[16] = '\0';
	return strtoull(hex, NULL, 16) >> 13;
}

const char *
tell_action(enum aud_event_action a)
{
#define X(e, slug) slug,
	static const char *const names[] = {AUD_EVENT_ACTIONS(X)};
#undef X

	return names[a];
}
