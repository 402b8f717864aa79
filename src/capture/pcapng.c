/*
 * The pcapng format: draft-ietf-opsawg-pcapng, sections 3.1 (blocks), 3.5 (options), 4.1 to 4.6 and appendix A
 * (obsolete packet block).
 */
#include <stdlib.h>
#include <string.h>

#include "capture.h"

enum {
	B_SECTION = 0x0a0d0d0a,
	B_INTERFACE = 1,
	B_PACKET = 2,		/* obsolete */
	B_SIMPLE = 3,
	B_STATISTICS = 5,
	B_ENHANCED = 6,
	/* Records, but no packets: Wireshark counts them as frames. */
	B_JOURNAL = 9,
	B_CUSTOM = 0xbad,
	B_CUSTOM_NO_COPY = 0x40000bad,
	B_SYSDIG_EVENT = 0x204,
	B_SYSDIG_EVENT_V2 = 0x216,
	B_SYSDIG_EVENT_V2_LARGE = 0x221,

	OPT_END = 0,
	OPT_IF_TSRESOL = 9,
	OPT_IF_TSOFFSET = 14,
	OPT_ISB_IFDROP = 5,
	OPT_ISB_OSDROP = 7,

	BLOCK_MIN = 12,
	SECTION_MIN = 28,
	IFACES_MAX = 1 << 20,	/* of a section; no capture has them, a forged one would fill the memory */
};

static uint16_t
u16(const struct pcapng_state *s, const uint8_t *p)
{
	return s->big ? be16(p) : le16(p);
}

static uint32_t
u32(const struct pcapng_state *s, const uint8_t *p)
{
	return s->big ? be32(p) : le32(p);
}

static uint64_t
u64(const struct pcapng_state *s, const uint8_t *p)
{
	return s->big ? be64(p) : le64(p);
}

/* Section 3.5: the next option; false at their end, or where they make no sense (they only add to what is known). */
static bool
next_option(const struct pcapng_state *s, struct aud_view *opts, uint16_t *code, struct aud_view *value)
{
	uint16_t len;

	if (view_left(opts) < 4)
		return false;
	*code = u16(s, opts->p);
	len = u16(s, opts->p + 2);
	opts->p += 4;
	if (*code == OPT_END || !view_cut(opts, len, value))
		return false;
	return view_skip(opts, -len & 3) || !view_left(opts);
}

/* Section 4.2, if_tsresol: 10^-n or, with the upper bit, 2^-n seconds. */
static void
set_resolution(struct iface *i, uint8_t tsresol)
{
	*i = (struct iface){.dlt = i->dlt, .snaplen = i->snaplen, .offset = i->offset, .mul = 1000000000, .div = 1};
	if (tsresol & 0x80) {
		i->shift = tsresol & 0x7f;
		return;
	}
	for (; tsresol && i->mul > 1; tsresol--)
		i->mul /= 10;
	for (; tsresol && i->div; tsresol--)
		i->div = i->div > UINT64_MAX / 10 ? 0 : i->div * 10;
}

/* False where the time cannot be told in nanoseconds since the epoch. */
static bool
ticks_to_ns(const struct iface *i, uint64_t ticks, uint64_t *ns)
{
	__int128 t = (__int128)ticks * i->mul;

	if (i->div != 1)
		t = i->div ? t / i->div : 0;
	t = (t >> i->shift) + (__int128)i->offset * 1000000000;
	*ns = (uint64_t)t;
	return t >= 0 && t <= UINT64_MAX;
}

/* Section 4.1. */
static enum stop
section_block(struct aud_capture *c, struct aud_view body)
{
	struct pcapng_state *s = &c->pcapng;
	uint16_t major, minor;

	if (view_left(&body) < SECTION_MIN - BLOCK_MIN)
		return capture_break(c, "a section header of %zu bytes is too short", view_left(&body) + BLOCK_MIN);
	major = u16(s, body.p + 4);
	minor = u16(s, body.p + 6);
	if (major != 1 || (minor != 0 && minor != 2))
		return capture_break(c, "a section has the unknown pcapng version %u.%u", major, minor);
	s->nifaces = 0;
	return STOP_FULL;
}

/* Section 4.2. */
static enum stop
interface_block(struct aud_capture *c, struct aud_view body)
{
	struct pcapng_state *s = &c->pcapng;
	struct aud_view value;
	struct iface *i;
	uint16_t code;

	if (view_left(&body) < 8)
		return capture_break(c, "an interface description of %zu bytes is too short",
		    view_left(&body) + BLOCK_MIN);
	if (s->nifaces == IFACES_MAX)
		return capture_break(c, "a section has more than %d interfaces", IFACES_MAX);
	if (s->nifaces == s->room) {
		size_t room = s->room ? s->room * 2 : 8;
		struct iface *p = realloc(s->ifaces, room * sizeof *p);
		if (!p)
			return capture_break(c, "out of memory for interface %zu", s->nifaces);
		s->ifaces = p;
		s->room = room;
	}
	i = &s->ifaces[s->nifaces++];
	*i = (struct iface){.dlt = linktype_dlt(u16(s, body.p)), .snaplen = u32(s, body.p + 4)};
	set_resolution(i, 6);
	if (i->snaplen > c->info.snaplen)
		c->info.snaplen = i->snaplen;
	body.p += 8;
	while (next_option(s, &body, &code, &value)) {
		if (code == OPT_IF_TSRESOL && view_left(&value) == 1)
			set_resolution(i, *value.p);
		else if (code == OPT_IF_TSOFFSET && view_left(&value) == 8)
			i->offset = (int64_t)u64(s, value.p);
	}
	return STOP_FULL;
}

/* A counter of an interface has the new value: the sum over interfaces follows. */
static void
count_drops(uint64_t *sum, uint64_t *of_iface, bool *told, uint64_t value)
{
	if (*sum == UINT64_MAX)
		*sum = 0;
	*sum += value - (*told ? *of_iface : 0);
	*of_iface = value;
	*told = true;
}

/* Section 4.6. The counters run on: the last block of an interface counts. */
static void
statistics_block(struct aud_capture *c, struct aud_view body)
{
	struct pcapng_state *s = &c->pcapng;
	struct aud_view value;
	struct iface *i;
	uint16_t code;

	if (view_left(&body) < 12 || u32(s, body.p) >= s->nifaces)
		return;
	i = &s->ifaces[u32(s, body.p)];
	body.p += 12;
	while (next_option(s, &body, &code, &value)) {
		if (view_left(&value) != 8)
			continue;
		if (code == OPT_ISB_IFDROP)
			count_drops(&c->info.interface_drops, &i->ifdrop, &i->told_if, u64(s, value.p));
		else if (code == OPT_ISB_OSDROP)
			count_drops(&c->info.kernel_drops, &i->osdrop, &i->told_os, u64(s, value.p));
	}
}

/* Section 4.3, and appendix A, whose interface number has 16 bits and is followed by a count of drops. */
static inline enum stop
packet_block(struct aud_capture *c, struct aud_view body, bool obsolete, struct aud_frame *f)
{
	const struct pcapng_state *s = &c->pcapng;
	const struct iface *i;
	uint32_t id, cap;
	uint64_t ns;

	if (view_left(&body) < 20)
		return capture_break(c, "a packet block of %zu bytes is too short", view_left(&body) + BLOCK_MIN);
	id = obsolete ? u16(s, body.p) : u32(s, body.p);
	cap = u32(s, body.p + 12);
	if (id >= s->nifaces)
		return capture_break(c, "a packet block names interface %u, the section has %zu", id, s->nifaces);
	if (cap > view_left(&body) - 20)
		return capture_break(c, "packet block claims %u bytes, has room for %zu", cap, view_left(&body) - 20);
	i = &s->ifaces[id];
	*f = (struct aud_frame){
	    .no = ++c->no,
	    .caplen = cap,
	    .wirelen = u32(s, body.p + 16),
	    .dlt = i->dlt,
	    .data = body.p + 20,
	};
	f->has_ts = ticks_to_ns(i, (uint64_t)u32(s, body.p + 4) << 32 | u32(s, body.p + 8), &ns);
	if (f->has_ts)
		c->ts_ns = ns;
	f->ts_ns = c->ts_ns;
	return STOP_FULL;
}

/* Section 4.4: the first interface, no time, and the captured length is what the snapshot length left. */
static enum stop
simple_block(struct aud_capture *c, struct aud_view body, struct aud_frame *f)
{
	const struct pcapng_state *s = &c->pcapng;
	uint32_t wire, cap, snaplen;

	if (view_left(&body) < 4)
		return capture_break(c, "a simple packet block of %zu bytes is too short",
		    view_left(&body) + BLOCK_MIN);
	if (!s->nifaces)
		return capture_break(c, "a simple packet block comes before any interface");
	cap = wire = u32(s, body.p);
	snaplen = s->ifaces[0].snaplen;
	if (snaplen && cap > snaplen)
		cap = snaplen;
	if (cap > view_left(&body) - 4)
		return capture_break(c, "simple packet block claims %u bytes, has room for %zu", cap,
		    view_left(&body) - 4);
	*f = (struct aud_frame){
	    .no = ++c->no,
	    .ts_ns = c->ts_ns,
	    .caplen = cap,
	    .wirelen = wire,
	    .dlt = s->ifaces[0].dlt,
	    .data = body.p + 4,
	};
	return STOP_FULL;
}

/*
 * Section 3.1: the whole block at the front of v, its type and its body. *need where v is too short for it. Lengths
 * that are no multiple of four are rounded up, since some writers do not count the padding.
 */
static enum stop
next_block(struct aud_capture *c, struct aud_view *v, uint32_t *type, struct aud_view *body, size_t *need)
{
	struct pcapng_state *s = &c->pcapng;
	uint32_t len, again;
	size_t total;

	*need = BLOCK_MIN;
	if (view_left(v) < BLOCK_MIN)
		return STOP_MORE;
	*type = u32(s, v->p);
	if (*type == B_SECTION) {	/* the same in both orders: its byte-order magic tells which */
		if (be32(v->p + 8) != 0x1a2b3c4d && le32(v->p + 8) != 0x1a2b3c4d)
			return capture_break(c, "a section has the unknown byte-order magic 0x%08x", be32(v->p + 8));
		s->big = be32(v->p + 8) == 0x1a2b3c4d;
	}
	len = u32(s, v->p + 4);
	total = ((size_t)len + 3) & ~(size_t)3;
	if (total < BLOCK_MIN || total > PCAPNG_BLOCK_MAX)
		return capture_break(c, "block of type 0x%x claims %u bytes", *type, len);
	*need = total;
	if (view_left(v) < total)
		return STOP_MORE;
	again = u32(s, v->p + total - 4);
	if (again != len && (((size_t)again + 3) & ~(size_t)3) != total)
		return capture_break(c, "the two lengths of a block differ (%u and %u)", len, again);
	*body = (struct aud_view){v->p + 8, v->p + total - 4};
	return STOP_FULL;
}

static size_t
cut(struct aud_capture *c, struct cut *k, struct aud_frame *out, size_t max)
{
	struct aud_view body;
	uint32_t type;
	size_t n = 0;

	k->stop = STOP_FULL;
	while (n < max) {
		k->stop = next_block(c, &k->left, &type, &body, &k->need);
		if (k->stop != STOP_FULL)
			break;
		switch (type) {
		case B_ENHANCED:
		case B_PACKET:
			k->stop = packet_block(c, body, type == B_PACKET, &out[n]);
			n += k->stop == STOP_FULL;
			break;
		case B_SIMPLE:
			k->stop = simple_block(c, body, &out[n]);
			n += k->stop == STOP_FULL;
			break;
		case B_SECTION:
			k->stop = section_block(c, body);
			break;
		case B_INTERFACE:
			k->stop = interface_block(c, body);
			break;
		case B_STATISTICS:
			statistics_block(c, body);
			break;
		case B_JOURNAL:
		case B_CUSTOM:
		case B_CUSTOM_NO_COPY:
		case B_SYSDIG_EVENT:
		case B_SYSDIG_EVENT_V2:
		case B_SYSDIG_EVENT_V2_LARGE:
			c->no++;
			break;
		}
		if (k->stop != STOP_FULL)
			break;
		k->left.p = body.p + view_left(&body) + 4;
	}
	return n;
}

static bool
known(struct aud_view head, bool whole)
{
	(void)whole;
	return view_left(&head) >= 4 && be32(head.p) == B_SECTION;
}

static enum aud_code
begin(struct aud_capture *c, struct aud_view head, bool whole, struct aud_err *err)
{
	struct aud_view body, at = head;
	uint32_t type;
	size_t need;
	enum stop stop;

	c->header = 0;
	c->info.format = "pcapng";
	c->info.kernel_drops = c->info.interface_drops = UINT64_MAX;
	stop = next_block(c, &at, &type, &body, &need);
	if (stop == STOP_FULL)
		stop = section_block(c, body);
	if (stop == STOP_FULL || (stop == STOP_MORE && !whole))
		return AUD_OK;
	if (stop == STOP_MORE)
		return aud_fail(err, AUD_FORMAT, 0,
		    "no whole capture: the first pcapng block is cut off (needs %zu bytes, has %zu)", need,
		    view_left(&head));
	return aud_fail(err, AUD_FORMAT, 0, "a pcapng capture that cannot be read: %s",
	    c->info.broken_why);
}

const struct format format_pcapng = {known, NULL, begin, cut, N_("block")};
