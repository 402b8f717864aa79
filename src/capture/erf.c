/*
 * Endace's Extensible Record Format: "ERF Types Reference Guide". A file is records and nothing else: it is told by its
 * first records, which have to make sense together.
 */
#include "capture.h"

enum {
	HEADER = 16,
	EXTENSION = 8,
	MORE = 0x80,		/* in the type: an extension header follows */
	TYPE = 0x7f,
	PAD = 48,
	DLT_UNKNOWN = UINT16_MAX,
	DLT_WHOLE_RECORD = 197,	/* libpcap's DLT_ERF */
	CHECKED = 20,		/* records that are looked at */
	ENOUGH = 3,		/* whole ones that will do, where the input does not end with the last of them */
};

/* What a type of record holds. */
enum holds { NOTHING, PACKET, HDLC, OTHER_RECORD };
static const struct type {
	uint8_t holds;		/* enum holds; not in the table: a packet in its record, with DLT_ERF */
	uint8_t sub;		/* bytes of the header behind the extension headers */
	bool colour;		/* its loss counter is something else */
	uint16_t dlt;
} types[] = {
    [1] = {HDLC, 0, false, DLT_UNKNOWN},	/* HDLC_POS */
    [2] = {PACKET, 2, false, 1},		/* ETH */
    [5] = {HDLC, 4, false, DLT_UNKNOWN},	/* MC_HDLC */
    [10] = {HDLC, 0, true, DLT_UNKNOWN},	/* COLOR_HDLC_POS */
    [11] = {PACKET, 2, true, 1},		/* COLOR_ETH */
    [13] = {OTHER_RECORD, 0, true, 0},		/* IP_COUNTER */
    [14] = {OTHER_RECORD, 0, true, 0},		/* TCP_FLOW_COUNTER */
    [15] = {HDLC, 0, true, DLT_UNKNOWN},	/* DSM_COLOR_HDLC_POS */
    [16] = {PACKET, 2, true, 1},		/* DSM_COLOR_ETH */
    [17] = {HDLC, 4, true, DLT_UNKNOWN},	/* COLOR_MC_HDLC_POS */
    [19] = {HDLC, 0, true, DLT_UNKNOWN},	/* COLOR_HASH_POS */
    [20] = {PACKET, 2, true, 1},		/* COLOR_HASH_ETH */
    [22] = {PACKET, 0, false, 228},		/* IPV4 */
    [23] = {PACKET, 0, false, 229},		/* IPV6 */
    [27] = {OTHER_RECORD, 0, true, 0},		/* META */
    [29] = {NOTHING, 0, true, 0},		/* OPA_9B, the last that is defined */
};

/* NOTHING where the type has no row: such a record is shown whole. */
static struct type
type_of(uint8_t byte)
{
	size_t i = byte & TYPE;

	return i < sizeof types / sizeof *types ? types[i] : (struct type){.colour = true};
}

/* Bytes in front of the packet; 0 where they are not all in rec. */
static size_t
headers(struct aud_view rec)
{
	size_t n = HEADER;

	for (uint8_t type = rec.p[8]; type & MORE; n += EXTENSION) {
		if (view_left(&rec) < n + EXTENSION)
			return 0;
		type = rec.p[n];
	}
	n += type_of(rec.p[8]).sub;
	return n <= view_left(&rec) ? n : 0;
}

static bool
plausible(struct aud_view rec, uint64_t *before)
{
	static const uint64_t second = UINT64_C(1) << 32, year = 366 * 86400 * (UINT64_C(1) << 32);
	uint8_t type = rec.p[8] & TYPE;
	uint64_t ts = le64(rec.p);

	if (type == 0 || type >= sizeof types / sizeof *types || !headers(rec) || ts < second)
		return false;
	if (type_of(type).holds != OTHER_RECORD && !be16(rec.p + 14))
		return false;
	/* Records of several ports need not be in order. */
	if (*before && (ts < *before ? *before - ts > 2 * second : ts - *before > year))
		return false;
	*before = ts;
	return true;
}

static bool
known(struct aud_view head, bool whole)
{
	uint64_t before = 0;
	int n = 0;

	for (int i = 0; i < CHECKED && view_left(&head) >= HEADER; i++) {
		struct aud_view rec;
		uint16_t len = be16(head.p + 10);
		if (len < HEADER)
			return false;
		if (!view_cut(&head, len, &rec))
			return n >= ENOUGH;
		if ((rec.p[8] & TYPE) == PAD)
			continue;
		if (!plausible(rec, &before))
			return false;
		n++;
	}
	return n >= ENOUGH || (n && whole && !view_left(&head));
}

static enum aud_code
begin(struct aud_capture *c, struct aud_view head, bool whole, struct aud_err *err)
{
	(void)head, (void)whole, (void)err;
	c->header = 0;
	c->dlt = 1;
	c->info.format = "ERF";
	return AUD_OK;
}

/* PPP or Cisco's HDLC, by the address and control bytes; the record does not tell. */
static uint16_t
hdlc_dlt(struct aud_view packet)
{
	uint16_t first = view_left(&packet) >= 2 ? be16(packet.p) : 0;

	switch (first) {
	case 0xff03: return 50;
	case 0x0f00:
	case 0x8f00: return 104;
	default: return DLT_UNKNOWN;
	}
}

static void
packet(struct aud_capture *c, struct aud_view rec, size_t before, struct aud_frame *f)
{
	struct type type = type_of(rec.p[8]);
	uint64_t ts = le64(rec.p), fraction = ((ts & UINT32_MAX) * 1000000000 + (UINT64_C(1) << 31)) >> 32;
	uint16_t wire = be16(rec.p + 14), lost = be16(rec.p + 12);
	struct aud_view data = rec;

	/* Lost since the record before. Writers that do not count leave it 0, so that 0 tells nothing. */
	if (lost && !type.colour)
		c->info.interface_drops = (c->info.interface_drops == UINT64_MAX ? 0 : c->info.interface_drops) + lost;
	if (type.holds == NOTHING) {
		type.dlt = DLT_WHOLE_RECORD;
		wire = be16(rec.p + 10);
	} else {
		(void)view_skip(&data, before);
		if (type.holds == HDLC)
			type.dlt = hdlc_dlt(data);
	}
	*f = (struct aud_frame){
	    .no = ++c->no,
	    .ts_ns = (ts >> 32) * UINT64_C(1000000000) + fraction,
	    /* A record may be longer than its packet: they are as long as the snapshot, or a multiple of eight. */
	    .caplen = view_left(&data) < wire ? (uint32_t)view_left(&data) : wire,
	    .wirelen = wire,
	    .dlt = type.dlt,
	    .has_ts = true,
	    .data = data.p,
	};
	c->ts_ns = f->ts_ns;
}

static size_t
cut(struct aud_capture *c, struct cut *k, struct aud_frame *out, size_t max)
{
	size_t n = 0, before;

	k->stop = STOP_FULL;
	while (n < max) {
		struct aud_view rec;
		k->need = HEADER;
		k->stop = STOP_MORE;
		if (view_left(&k->left) < HEADER)
			break;
		k->need = be16(k->left.p + 10);
		if (k->need < HEADER) {
			k->stop = capture_break(c, "a record of %zu bytes is too short", k->need);
			break;
		}
		rec = k->left;
		if (!view_cut(&k->left, k->need, &rec))
			break;
		k->stop = STOP_FULL;
		if ((rec.p[8] & TYPE) == PAD)
			continue;
		before = headers(rec);
		if (!before) {
			k->left.p = rec.p;
			k->stop = capture_break(c, "a record of %zu bytes is too short for its headers", k->need);
			break;
		}
		if (type_of(rec.p[8]).holds == OTHER_RECORD)	/* Wireshark counts it as a frame */
			c->no++;
		else
			packet(c, rec, before, &out[n++]);
	}
	return n;
}

const struct format format_erf = {known, NULL, begin, cut, N_("record")};
