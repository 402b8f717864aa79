/*
 * Microsoft's Network Monitor, 1.x and 2.x, all little-endian: "Capture File Format" in the help of Network Monitor 3.x;
 * 1.x and what that leaves open as Wireshark tells it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture.h"
#include "netmon.h"

enum {
	HEADER_1 = 8,
	HEADER_2 = 16,
	WINDOW = 64 << 10,
	NEAR = 4 << 10,
	DLT_UNKNOWN = UINT16_MAX,
	/* Network types of 2.1 and later. */
	NET_WLAN = 6,
	NET_PCAP = 0xe000,	/* and a LINKTYPE_ value */
	NET_ANALYZER_WLAN = 0xe080,
	NET_ANALYZER_LAST = 0xe08a,
	NET_EVENT = 0xffe0,
	NET_INFO_EX = 0xfffb,
	NET_PAYLOAD = 0xfffc,
	NET_INFO = 0xfffd,
	NET_DNS_CACHE = 0xfffe,
	NET_FILTER = 0xffff,
};

/* A piece of the input in memory. */
struct window {
	uint64_t offset;
	size_t n;
	uint8_t buf[WINDOW];
};

struct netmon {
	netmon_input *input;
	void *user;
	uint64_t size;
	uint8_t major, minor;
	uint64_t table;			/* offset of the frame table */
	uint32_t ntable, next;		/* entries */
	bool odd;			/* bytes are left over at its end */
	uint64_t room;			/* bytes that records may still have: whole files hold each of them once */
	uint64_t at, left;		/* what is being read out */
	uint64_t failed_at;
	char why[160];
	struct window records, entries;
};

static size_t
trailer_size(uint8_t major, uint8_t minor)
{
	static const uint8_t sizes[] = {0, 2, 6, 15};

	return major < 2 ? 0 : sizes[minor < 3 ? minor : 3];
}

/* Up to n bytes at an offset, n at most WINDOW. A jump reads little: a forged table may jump for each record. */
static struct aud_view
look(struct netmon *m, struct window *w, uint64_t offset, size_t n)
{
	if (offset < w->offset || offset + n > w->offset + w->n) {
		bool jump = offset < w->offset || offset > w->offset + w->n + NEAR;
		w->offset = offset;
		w->n = m->input(m->user, w->buf, jump && n < NEAR ? NEAR : sizeof w->buf, offset);
	}
	return view_of(w->buf + (offset - w->offset), w->n < offset - w->offset + n ? w->n - (offset - w->offset) : n);
}

static bool
failed(struct netmon *m, uint64_t at)
{
	m->failed_at = at;
	return false;
}

static bool
next_record(struct netmon *m)
{
	size_t header = m->major < 2 ? HEADER_1 : HEADER_2;
	struct aud_view v;
	uint64_t len, at = m->table + UINT64_C(4) * m->next;
	uint32_t cap;

	if (*m->why)
		return false;
	if (m->next == m->ntable) {
		if (m->odd)
			snprintf(m->why, sizeof m->why, "the frame table ends inside an entry");
		return failed(m, at);
	}
	v = look(m, &m->entries, at, 4);
	if (view_left(&v) < 4) {
		snprintf(m->why, sizeof m->why, "the input ends inside the frame table (%u of %u entries)", m->next, m->ntable);
		return failed(m, at);
	}
	at = le32(v.p);
	v = look(m, &m->records, at, header);
	if (view_left(&v) < header) {
		snprintf(m->why, sizeof m->why, "entry %u of the frame table points behind the end of the input", m->next + 1);
		return failed(m, at);
	}
	cap = m->major < 2 ? le16(v.p + 6) : le32(v.p + 12);
	len = header + cap + trailer_size(m->major, m->minor);
	if (cap > CAPLEN_MAX)
		snprintf(m->why, sizeof m->why, N_("packet record claims %u bytes"), cap);
	else if (at + len > m->size)
		snprintf(m->why, sizeof m->why, "the input ends inside a packet record (needs %llu bytes, has %llu)",
		    (unsigned long long)len, (unsigned long long)(m->size - at));
	else if (len > m->room)
		snprintf(m->why, sizeof m->why, "%s", N_("packet records lie one in another"));
	if (*m->why)
		return failed(m, at);
	m->room -= len;
	m->next++;
	m->at = at;
	m->left = len;
	return true;
}

size_t
netmon_read(struct netmon *m, uint8_t *buf, size_t n)
{
	size_t got = 0;

	while (got < n && (m->left || next_record(m))) {
		size_t want = n - got < m->left ? n - got : (size_t)m->left;
		struct aud_view v = look(m, &m->records, m->at, want < WINDOW ? want : WINDOW);
		size_t have = view_left(&v);
		if (!have) {
			snprintf(m->why, sizeof m->why, "the file became shorter while it was read");
			m->left = 0;
			(void)failed(m, m->at);
			break;
		}
		memcpy(buf + got, v.p, have);
		got += have;
		m->at += have;
		m->left -= have;
	}
	return got;
}

enum aud_code
netmon_open(struct netmon **out, netmon_input *input, void *user, uint64_t size, struct aud_err *err)
{
	struct netmon *m = calloc(1, sizeof *m);
	struct aud_view v;
	enum aud_code code;
	uint32_t length;

	if (!m)
		return aud_nomem(err);
	m->input = input;
	m->user = user;
	m->size = m->room = size;
	v = look(m, &m->records, 0, NETMON_HEADER);
	if (view_left(&v) < NETMON_HEADER) {
		code = aud_fail(err, AUD_FORMAT, 0,
		    "no whole capture: the Network Monitor file header is cut off (needs %d bytes, has %zu)", NETMON_HEADER,
		    view_left(&v));
		goto fail;
	}
	m->minor = v.p[4];
	m->major = v.p[5];
	m->left = NETMON_HEADER;
	m->table = le32(v.p + 24);
	length = le32(v.p + 28);
	m->ntable = length / 4;
	m->odd = length % 4;
	if (m->major != 1 && m->major != 2)
		code = aud_fail(err, AUD_FORMAT, 0, "a Network Monitor capture of the unknown version %u.%u", m->major,
		    m->minor);
	else if (!m->ntable)
		code = aud_fail(err, AUD_FORMAT, 0, "no whole capture: a Network Monitor capture without a frame table");
	else if (m->table + 4 > size)
		code = aud_fail(err, AUD_FORMAT, 0,
		    "no whole capture: the frame table of Network Monitor at %llu is cut off (the input has %llu bytes)",
		    (unsigned long long)m->table, (unsigned long long)size);
	else {
		*out = m;
		return AUD_OK;
	}
fail:
	netmon_close(m);
	return code;
}

const char *
netmon_why(const struct netmon *m)
{
	return *m->why ? m->why : NULL;
}

uint64_t
netmon_failed_at(const struct netmon *m)
{
	return m->failed_at;
}

void
netmon_close(struct netmon *m)
{
	free(m);
}

/* From here on the stream is parsed. */

static bool
known(struct aud_view head, bool whole)
{
	(void)whole;
	return view_left(&head) >= 4 && (!memcmp(head.p, "GMBU", 4) || !memcmp(head.p, "RTSS", 4));
}

/* Nanoseconds since the epoch of a Windows SYSTEMTIME, which tells no time zone: read as UTC. INT64_MIN: no time. */
static int64_t
system_time_ns(const uint8_t *p)
{
	static const uint16_t days[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
	int64_t year = le16(p), month = le16(p + 2), day = le16(p + 6), hour = le16(p + 8), minute = le16(p + 10),
		second = le16(p + 12), ms = le16(p + 14), past;

	if (year < 1970 || year > 2200 || month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 ||
	    second > 60 || ms > 999)
		return INT64_MIN;
	past = month > 2 ? year : year - 1;	/* the last year whose February is over */
	day += (year - 1970) * 365 + days[month - 1] - 1 + past / 4 - past / 100 + past / 400 - 477;
	return (((day * 24 + hour) * 60 + minute) * 60 + second) * 1000000000 + ms * 1000000;
}

static uint16_t
network_dlt(uint16_t network)
{
	/* ATM and IEEE 1394 have headers that no link type of libpcap describes. */
	static const uint16_t dlts[] = {1, 1, 6, 10, DLT_UNKNOWN, DLT_UNKNOWN, 105, 12, 12, 12};

	if (network < sizeof dlts / sizeof *dlts)
		return dlts[network];
	if (network == NET_ANALYZER_WLAN)
		return 105;
	if ((network & 0xf000) == NET_PCAP && (network < NET_ANALYZER_WLAN || network > NET_ANALYZER_LAST))
		return linktype_dlt(network & 0xfff);
	return DLT_UNKNOWN;
}

static enum aud_code
begin(struct aud_capture *c, struct aud_view head, bool whole, struct aud_err *err)
{
	struct netmon_state *s = &c->netmon;

	(void)whole;
	c->header = NETMON_HEADER;
	if (view_left(&head) < NETMON_HEADER)
		return aud_fail(err, AUD_FORMAT, 0, "no whole capture: the file became shorter while it was read");
	s->minor = head.p[4];
	s->major = head.p[5];
	s->network = le16(head.p + 6);
	s->start_ns = system_time_ns(head.p + 8);
	c->dlt = network_dlt(s->network);
	c->info.format = s->major < 2 ? "Network Monitor 1" : "Network Monitor 2";
	return AUD_OK;
}

/* True: *ns is a time since the epoch. p: the record's header, trailer: what follows its packet. */
static bool
record_time(const struct netmon_state *s, const uint8_t *p, const uint8_t *trailer, uint64_t *ns)
{
	__int128 t;

	if (s->major == 2 && s->minor >= 3)	/* a FILETIME: 100 ns since 1601, UTC */
		t = ((__int128)le64(trailer + 6) - INT64_C(116444736000000000)) * 100;
	else if (s->start_ns == INT64_MIN)
		return false;
	else if (s->major == 2)			/* microseconds, and may be negative once they are multiplied by ten */
		t = s->start_ns + (__int128)(int64_t)(le64(p) * 10) * 100;
	else
		t = s->start_ns + (__int128)le32(p) * 1000000;
	*ns = (uint64_t)t;
	return t >= 0 && t <= UINT64_MAX;
}

/* False: a record that Wireshark passes over, or that it counts, but that is no packet. */
static bool
is_packet(struct aud_capture *c, uint16_t network)
{
	switch (network) {
	case NET_PAYLOAD:
	case NET_INFO:
	case NET_DNS_CACHE: return false;
	case NET_EVENT:
	case NET_INFO_EX:
	case NET_FILTER: c->no++; return false;
	default: return true;
	}
}

/* In front of an 802.11 frame: version 2, then the length of this header. */
static void
skip_wlan_header(struct aud_frame *f)
{
	enum { SHORTEST = 32 };
	uint32_t n = f->caplen >= 3 && f->data[0] == 2 ? le16(f->data + 1) : 0;

	if (n < SHORTEST || n > f->caplen || n > f->wirelen) {
		f->dlt = DLT_UNKNOWN;
		return;
	}
	f->data += n;
	f->caplen -= n;
	f->wirelen -= n;
}

static size_t
cut(struct aud_capture *c, struct cut *k, struct aud_frame *out, size_t max)
{
	const struct netmon_state *s = &c->netmon;
	size_t header = s->major < 2 ? HEADER_1 : HEADER_2, trailer = trailer_size(s->major, s->minor), n = 0;

	while (n < max) {
		const uint8_t *p = k->left.p;
		uint16_t network = s->network;
		struct aud_frame *f = &out[n];
		uint32_t cap;

		k->stop = STOP_MORE;
		k->need = header;
		if (view_left(&k->left) < header)
			return n;
		cap = s->major < 2 ? le16(p + 6) : le32(p + 12);
		k->need = header + cap + trailer;
		if (!view_skip(&k->left, k->need))
			return n;
		if (trailer)
			network = le16(p + header + cap);
		if (!is_packet(c, network))
			continue;
		*f = (struct aud_frame){
		    .no = ++c->no,
		    .caplen = cap,
		    .wirelen = s->major < 2 ? le16(p + 4) : le32(p + 8),
		    .dlt = network_dlt(network),
		    .data = p + header,
		};
		if (network == NET_WLAN)
			skip_wlan_header(f);
		f->has_ts = record_time(s, p, p + header + cap, &f->ts_ns);
		if (f->has_ts)
			c->ts_ns = f->ts_ns;
		f->ts_ns = c->ts_ns;
		n++;
	}
	k->stop = STOP_FULL;
	return n;
}

const struct format format_netmon = {known, source_via_netmon, begin, cut, N_("packet record")};
