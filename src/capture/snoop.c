/*
 * The snoop format: RFC 1761 (file header and packet records, all big-endian; link types as IANA's registry "Snoop
 * Datalink Types" goes on with them). Surveyor (Shomiti, Finisar) writes the same with a trailer in the padding and link
 * types of its own: what is known of it is from Wireshark.
 */
#include <string.h>

#include "capture.h"

enum {
	FILE_HEADER = 16,
	RECORD_HEADER = 24,
	SURVEYOR_TRAILER = 16,	/* no writer of snoop itself pads that much */
	PADDING_MAX = 4096,	/* a forged length would fill the memory */
};

/* Link types that are none of libpcap's, or that hold several things, are left unknown. */
static const struct {
	uint32_t type;
	uint16_t snoop, surveyor;
} types[] = {
    {0, 1, 1},				/* IEEE 802.3 */
    {2, 6, 6},				/* Token Ring */
    {4, 1, 1},				/* Ethernet */
    {8, 10, 10},			/* FDDI */
    {10, UINT16_MAX, 1},		/* Fast Ethernet */
    {11, UINT16_MAX, 6},		/* Token Ring of 4 Mbit/s */
    {12, UINT16_MAX, 1},		/* Gigabit Ethernet */
    {13, UINT16_MAX, 6},		/* Token Ring */
    {14, 0, 6},				/* software loopback; Token Ring */
    {16, 122, UINT16_MAX},		/* IP over Fibre Channel */
    {18, 123, UINT16_MAX},		/* ATM, behind SunATM's header */
    {19, UINT16_MAX, 1},		/* Ethernet of 10 Gbit/s */
    {25, 1, UINT16_MAX},		/* 100BASE-T */
    {0x80000005, 226, UINT16_MAX},	/* ipnet */
};

static bool
known(struct aud_view head, bool whole)
{
	(void)whole;
	return view_left(&head) >= 8 && !memcmp(head.p, "snoop\0\0", 8);
}

/* The padding of the first record tells, as in Wireshark: the version does not. */
static bool
is_surveyor(struct aud_view recs)
{
	return view_left(&recs) >= RECORD_HEADER &&
	       be32(recs.p + 8) >= (uint64_t)be32(recs.p + 4) + RECORD_HEADER + SURVEYOR_TRAILER;
}

static enum aud_code
begin(struct aud_capture *c, struct aud_view head, bool whole, struct aud_err *err)
{
	uint32_t version, type;
	bool surveyor;

	(void)whole;
	c->header = FILE_HEADER;
	if (view_left(&head) < FILE_HEADER)
		return aud_fail(err, AUD_FORMAT, 0,
		    "no whole capture: the snoop file header is cut off (needs %d bytes, has %zu)",
		    FILE_HEADER, view_left(&head));
	version = be32(head.p + 8);
	type = be32(head.p + 12);
	if (version < 2 || version > 5)
		return aud_fail(err, AUD_FORMAT, 0, "a snoop capture of the unknown version %u", version);
	(void)view_skip(&head, FILE_HEADER);
	surveyor = is_surveyor(head);
	c->info.format = surveyor ? "snoop (Surveyor)" : "snoop";
	c->dlt = UINT16_MAX;
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (types[i].type == type)
			c->dlt = surveyor ? types[i].surveyor : types[i].snoop;
	return AUD_OK;
}

static enum stop
record(struct aud_capture *c, struct aud_view *v, struct aud_frame *f, size_t *need)
{
	const uint8_t *p = v->p;
	uint32_t cap, len, drops;

	*need = RECORD_HEADER;
	if (view_left(v) < RECORD_HEADER)
		return STOP_MORE;
	cap = be32(p + 4);
	len = be32(p + 8);
	drops = be32(p + 12);
	if (cap > CAPLEN_MAX)
		return capture_break(c, "packet record claims %u bytes", cap);
	if (len < RECORD_HEADER + cap || len > RECORD_HEADER + cap + PADDING_MAX)
		return capture_break(c, "packet record of %u bytes claims %u bytes", len, cap);
	*need = len;
	if (view_left(v) < len)
		return STOP_MORE;
	/* The sum so far. Writers that do not count leave it 0, so that 0 tells nothing. */
	if (drops)
		c->info.kernel_drops = drops;
	*f = (struct aud_frame){
	    .no = ++c->no,
	    .ts_ns = be32(p + 16) * UINT64_C(1000000000) + be32(p + 20) * UINT64_C(1000),
	    .caplen = cap,
	    .wirelen = be32(p),
	    .dlt = c->dlt,
	    .has_ts = true,
	    .data = p + RECORD_HEADER,
	};
	c->ts_ns = f->ts_ns;
	v->p += len;
	return STOP_FULL;
}

static size_t
cut(struct aud_capture *c, struct cut *k, struct aud_frame *out, size_t max)
{
	size_t n = 0;

	k->stop = STOP_FULL;
	while (n < max && (k->stop = record(c, &k->left, &out[n], &k->need)) == STOP_FULL)
		n++;
	return n;
}

const struct format format_snoop = {known, NULL, begin, cut, N_("packet record")};
