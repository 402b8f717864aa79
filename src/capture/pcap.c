/*
 * The pcap format and its relatives: draft-ietf-opsawg-pcap (file header section 4, packet record section 5), and what
 * Wireshark tells of the variants.
 */
#include <limits.h>
#include <string.h>

#include "capture.h"

enum { FILE_HEADER = 24, RECORD_HEADER = 16, NEAR = 64 };

/* Order of the two lengths of a record: captured first, since version 2.3 of the format. */
enum pcap_lengths { LENGTHS_NEW, LENGTHS_OLD, LENGTHS_BIGGER_LAST };

static const struct magic {
	uint32_t magic;
	const char *name;
	uint8_t extra;		/* bytes more in the file header */
	uint32_t unit;		/* nanoseconds of a fraction */
} magics[] = {
    {0xa1b2c3d4, "pcap", 0, 1000},
    {0xa1b23c4d, N_("pcap (nanoseconds)"), 0, 1},
    {0xa1b2cd34, N_("pcap (modified)"), 0, 1000},	/* A. Kuznetzov's patches */
    {0x1c0001ac, "pcap (Ixia)", 4, 1},		/* hardware capture */
    {0x1c0001ab, "pcap (Ixia)", 4, 1000},	/* software capture */
};

/* Record headers that a magic number does not tell apart: the one that fits the first records best is taken. */
enum variant { V_PLAIN, V_SS990417, V_NOKIA, V_SS991029, V_SS990915, V_END };
static const struct {
	uint32_t magic, header;
	const char *name;
} variants[V_END] = {
    [V_PLAIN] = {0xa1b2c3d4, RECORD_HEADER, "pcap"},
    [V_SS990417] = {0xa1b2c3d4, RECORD_HEADER + 8, N_("pcap (modified)")},	/* interface, protocol, packet type */
    [V_NOKIA] = {0xa1b2c3d4, RECORD_HEADER + 4, "pcap (Nokia)"},
    [V_SS991029] = {0xa1b2cd34, RECORD_HEADER + 8, N_("pcap (modified)")},
    [V_SS990915] = {0xa1b2cd34, RECORD_HEADER + 12, N_("pcap (modified)")},	/* and two processor numbers */
};

static uint32_t
u32(bool big, const uint8_t *p)
{
	return big ? be32(p) : le32(p);
}

static uint16_t
u16(bool big, const uint8_t *p)
{
	return big ? be16(p) : le16(p);
}

/* How much speaks against a variant in the fields that only it has. */
static int
doubts_extra(enum variant v, bool big, const uint8_t *p)
{
	uint16_t proto;
	int x, y, z, w;

	switch (v) {
	case V_SS990417:
	case V_SS991029:
	case V_SS990915:
		proto = u16(big, p + 4);
		/* Ethertypes, or Linux's numbers below them. */
		return (u32(big, p) > 10000) + (p[6] > 4) +
		       !(proto >= 0x600 || proto <= 0x17 || proto == 0x60 || proto == 0x200 || proto == 0x400);
	case V_NOKIA:
		/* Seen: 0W YZ bf Xf. */
		w = p[0];
		y = p[1] >> 4;
		z = p[1] & 15;
		x = p[3];
		return !((w == 1 || w == 2) && (y == 0xb || y == 0xd) && (z == 6 || z == 9) && p[2] == 0xbf &&
			 (x == 0x9f || x == 0xbf));
	case V_PLAIN:
	case V_END:
		break;
	}
	return 0;
}

/* How much speaks against reading the first records as variant v. */
static int
doubts(const struct pcap_state *s, enum variant v, struct aud_view recs, bool whole, uint32_t snaplen)
{
	int sum = 0;

	for (int i = 0; i < 3 && view_left(&recs); i++) {
		if (view_left(&recs) < variants[v].header)
			return sum + whole;
		uint32_t cap = u32(s->big, recs.p + 8), len = u32(s->big, recs.p + 12);
		sum += (u32(s->big, recs.p + 4) >= 1000000) + (cap > snaplen) + (cap > len) + (len > 128u << 20) +
		       doubts_extra(v, s->big, recs.p + RECORD_HEADER);
		if (cap > s->max)
			return sum + 1;
		if (!view_skip(&recs, variants[v].header) || !view_skip(&recs, cap))
			return sum + whole;
	}
	return sum;
}

static void
choose_variant(struct aud_capture *c, uint32_t magic, struct aud_view recs, bool whole, uint32_t snaplen)
{
	int best = INT_MAX;

	for (enum variant v = V_PLAIN; v < V_END; v++) {
		int d = variants[v].magic == magic ? doubts(&c->pcap, v, recs, whole, snaplen) : INT_MAX;
		if (d >= best)
			continue;
		best = d;
		c->pcap.header = variants[v].header;
		c->info.format = variants[v].name;
	}
}

/* AIX writes version 2.2, interface types of RFC 1573 instead of link types, and nanoseconds. */
static bool
is_aix(uint32_t magic, uint16_t major, uint16_t minor, uint32_t *network)
{
	static const struct {
		uint32_t iftype, linktype;
	} types[] = {{6, 1}, {9, 6}, {24, 0}};

	if (magic != 0xa1b2c3d4 || major != 2 || minor != 2)
		return false;
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (*network == types[i].iftype) {
			*network = types[i].linktype;
			return true;
		}
	return false;
}

static const struct magic *
find_magic(struct aud_view head, bool *big)
{
	if (view_left(&head) < 4)
		return NULL;
	for (size_t i = 0; i < sizeof magics / sizeof *magics; i++) {
		*big = be32(head.p) == magics[i].magic;
		if (*big || le32(head.p) == magics[i].magic)
			return &magics[i];
	}
	return NULL;
}

bool
pcap_known(struct aud_view head)
{
	bool big;

	return find_magic(head, &big) != NULL;
}

/* Version 543 (DG/UX) and what else may come is left to libpcap: it knows, or says that it does not. */
static bool
known(struct aud_view head, bool whole)
{
	bool big;

	(void)whole;
	return find_magic(head, &big) && (view_left(&head) < 6 || u16(big, head.p + 4) == 2);
}

static enum aud_code
begin(struct aud_capture *c, struct aud_view head, bool whole, struct aud_err *err)
{
	struct pcap_state *s = &c->pcap;
	const struct magic *m = find_magic(head, &s->big);
	uint32_t snaplen, network;
	uint16_t major, minor;

	c->header = FILE_HEADER + (size_t)(m ? m->extra : 0);
	if (!m || view_left(&head) < c->header)
		return aud_fail(err, AUD_FORMAT, 0,
		    "no whole capture: the pcap file header is cut off (needs %zu bytes, has %zu)",
		    c->header, view_left(&head));
	major = u16(s->big, head.p + 4);
	minor = u16(s->big, head.p + 6);
	snaplen = u32(s->big, head.p + 16);
	network = u32(s->big, head.p + 20);
	s->unit = m->unit;
	s->header = RECORD_HEADER;
	s->lengths = minor < 3 ? LENGTHS_OLD : minor == 3 ? LENGTHS_BIGGER_LAST : LENGTHS_NEW;
	c->info.format = m->name;
	c->info.snaplen = snaplen;
	if (is_aix(m->magic, major, minor, &network)) {
		c->info.format = "pcap (AIX)";
		s->unit = 1;
	}
	/* The upper six bits tell of a frame check sequence. */
	c->dlt = s->dlt = linktype_dlt(network & 0x03ffffff);
	s->max = linktype_caplen_max(s->dlt);
	if (s->lengths == LENGTHS_NEW &&
	    (m->magic == variants[V_PLAIN].magic || m->magic == variants[V_SS991029].magic)) {
		(void)view_skip(&head, c->header);
		choose_variant(c, m->magic, head, whole, snaplen);
	}
	return AUD_OK;
}

/* One loop for all; the compiler makes one for each byte order of the constant arguments. */
static inline __attribute__((always_inline)) size_t
cut_records(struct aud_capture *c, struct cut *k, struct aud_frame *out, size_t max, const bool big, const bool plain)
{
	const struct pcap_state s = c->pcap;
	const uint32_t header = plain ? RECORD_HEADER : s.header;
	struct aud_view v = k->left;
	uint64_t no = c->no;
	size_t n = 0;

	k->stop = STOP_FULL;
	for (; n < max; n++) {
		if (view_left(&v) < header) {
			k->need = header;
			k->stop = STOP_MORE;
			break;
		}
		uint32_t cap = u32(big, v.p + 8), wire = u32(big, v.p + 12);
		if (!plain && (s.lengths == LENGTHS_OLD || (s.lengths == LENGTHS_BIGGER_LAST && cap > wire))) {
			uint32_t swap = cap;
			cap = wire;
			wire = swap;
		}
		if (cap > s.max) {
			k->stop = capture_break(c, "packet record claims %u bytes", cap);
			break;
		}
		if (view_left(&v) - header < cap) {
			k->need = (size_t)header + cap;
			k->stop = STOP_MORE;
			break;
		}
		out[n] = (struct aud_frame){
		    .no = ++no,
		    .ts_ns = u32(big, v.p) * UINT64_C(1000000000) + (uint64_t)u32(big, v.p + 4) * s.unit,
		    .caplen = cap,
		    .wirelen = wire,
		    .dlt = s.dlt,
		    .has_ts = true,
		    .data = v.p + header,
		};
		v.p += header + cap;
		/* Where a record lies is known by the one before it. Fetched ahead is where the next but one lies if lengths repeat. */
		if (view_left(&v) > header + cap + NEAR) {
			__builtin_prefetch(v.p + header + cap);
			__builtin_prefetch(v.p + header + cap + NEAR);
		}
	}
	k->left = v;
	c->no = no;
	if (n)
		c->ts_ns = out[n - 1].ts_ns;
	return n;
}

static size_t
cut(struct aud_capture *c, struct cut *k, struct aud_frame *out, size_t max)
{
	bool plain = c->pcap.header == RECORD_HEADER && c->pcap.lengths == LENGTHS_NEW;

	if (plain)
		return c->pcap.big ? cut_records(c, k, out, max, true, true) : cut_records(c, k, out, max, false, true);
	return cut_records(c, k, out, max, c->pcap.big, false);
}

static enum aud_code
begin_savefile(struct aud_capture *c, struct aud_view head, bool whole, struct aud_err *err)
{
	const struct savefile *f = source_savefile(c->src);

	(void)head, (void)whole, (void)err;
	c->pcap = (struct pcap_state){.header = RECORD_HEADER, .unit = 1, .dlt = savefile_dlt(f)};
	c->dlt = c->pcap.dlt;
	c->pcap.max = linktype_caplen_max(c->pcap.dlt);
	c->header = 0;
	c->info.format = N_("pcap via libpcap");
	c->info.snaplen = savefile_snaplen(f);
	return AUD_OK;
}

const struct format format_pcap = {known, NULL, begin, cut, N_("packet record")};
const struct format format_savefile = {NULL, NULL, begin_savefile, cut, N_("packet record")};
