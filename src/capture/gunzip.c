/* RFC 1952: members one after the other are one stream (section 2.2). Zero bytes behind the last are padding, as in gzip(1). */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include <aud/lang.h>

#include "gunzip.h"

struct gunzip {
	z_stream z;
	unpack_input *input;
	void *user;
	bool between;		/* a member has ended, and the next was not begun */
	bool ended;
	const char *why;
	uint8_t in[64 << 10];
};

enum aud_code
gunzip_open(struct gunzip **out, unpack_input *input, void *user, struct aud_err *err)
{
	struct gunzip *g = calloc(1, sizeof *g);

	if (!g)
		return aud_nomem(err);
	if (inflateInit2(&g->z, 16 + MAX_WBITS) != Z_OK) {
		free(g);
		return aud_nomem(err);
	}
	g->input = input;
	g->user = user;
	*out = g;
	return AUD_OK;
}

/* False: there is no more input, or it cannot be read. */
static bool
feed(struct gunzip *g)
{
	ssize_t got = g->z.avail_in ? 1 : g->input(g->user, g->in, sizeof g->in);

	if (got < 0)
		g->why = strerror(errno);
	if (got <= 0)
		return false;
	if (!g->z.avail_in) {
		g->z.next_in = g->in;
		g->z.avail_in = (uInt)got;
	}
	return true;
}

/* Goes to the next member. False: the end, or a failure. */
static bool
next_member(struct gunzip *g)
{
	bool padded = false;

	while (feed(g)) {
		if (*g->z.next_in) {
			/* gzip(1) has no members behind padding either. */
			if (padded || *g->z.next_in != 0x1f || inflateReset(&g->z) != Z_OK) {
				g->why = N_("what follows is no gzip data");
				return false;
			}
			g->between = false;
			return true;
		}
		padded = true;
		g->z.next_in++;
		g->z.avail_in--;
	}
	g->ended = !g->why;
	return false;
}

ssize_t
gunzip_read(struct gunzip *g, uint8_t *buf, size_t n)
{
	n = n < UINT_MAX ? n : UINT_MAX;
	g->z.next_out = buf;
	g->z.avail_out = (uInt)n;
	while (g->z.avail_out == n && n && !g->ended && !g->why) {
		int rc;
		if (g->between && !next_member(g))
			break;
		if (!feed(g)) {
			g->why = g->why ? g->why : "truncated gzip input";
			break;
		}
		rc = inflate(&g->z, Z_NO_FLUSH);
		g->between = rc == Z_STREAM_END;
		if (rc != Z_OK && rc != Z_STREAM_END)
			g->why = rc == Z_MEM_ERROR ? "out of memory" : g->z.msg ? g->z.msg : "invalid data";
	}
	n -= g->z.avail_out;
	return n || !g->why ? (ssize_t)n : -1;
}

const char *
gunzip_why(const struct gunzip *g)
{
	return g->why ? g->why : "unknown error";
}

void
gunzip_close(struct gunzip *g)
{
	if (!g)
		return;
	inflateEnd(&g->z);
	free(g);
}
