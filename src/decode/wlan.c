/* IEEE 802.11-2020 9.2.4 and 9.3.2: data frames. What is around them: radiotap, AVS, Prism, PPI. */
#include "decode.h"

enum {
	FC_TYPE = 0x0c,
	FC_DATA = 0x08,
	FC_NULL = 0x40,
	FC_QOS = 0x80,
	FLAG_TODS = 0x01,
	FLAG_FROMDS = 0x02,
	FLAG_PROTECTED = 0x40,
	FLAG_ORDER = 0x80,
	QOS_AMSDU = 0x80,
};

static bool
frame(struct walk *w, struct part x, bool padded, bool swapped)
{
	const uint8_t *p = x.v.p;
	size_t head = 24, left = view_left(&x.v);
	uint8_t control, flags;
	uint16_t fragment;
	bool amsdu = false;

	if (!deeper(w, L_WLAN))
		return false;
	if (left < 2)
		return miss(w, L_WLAN, WHY_TRUNCATED);
	control = p[swapped];
	flags = p[!swapped];
	if ((control & FC_TYPE) != FC_DATA)
		return miss_type(w, L_WLAN, (uint32_t)(control & FC_TYPE) << 2);
	if (control & FC_NULL)
		return miss_type(w, L_WLAN, 0x24);
	if ((flags & (FLAG_TODS | FLAG_FROMDS)) == (FLAG_TODS | FLAG_FROMDS))
		head += 6;
	if (control & FC_QOS) {
		if (left < head + 2)
			return miss(w, L_WLAN, WHY_TRUNCATED);
		amsdu = p[head] & QOS_AMSDU;
		head += flags & FLAG_ORDER ? 6 : 2; /* HT control */
	}
	if (left < 24)
		return miss(w, L_WLAN, WHY_TRUNCATED);
	fragment = le16(p + 22) & 0x0f;
	if (flags & FLAG_PROTECTED)
		return miss(w, L_WLAN, WHY_ENCRYPTED);
	if (fragment)
		return miss(w, L_WLAN, WHY_FRAGMENT);
	if (padded)
		head = (head + 3) & ~(size_t)3;
	/* The first subframe of an aggregate: two addresses and a length before its LLC header. */
	if (!part_skip(&x, head) || (amsdu && !part_skip(&x, 14)))
		return miss(w, L_WLAN, WHY_TRUNCATED);
	return llc(w, x);
}

bool
wlan(struct walk *w, struct part x)
{
	return frame(w, x, false, false);
}

/* As controllers of access points put it into CAPWAP: the two bytes of the frame control field the other way round. */
bool
wlan_swapped(struct walk *w, struct part x)
{
	return frame(w, x, false, true);
}

/* radiotap.org: length in little endian; the flags, if present, come behind the bitmaps and the eight-byte timer. */
bool
radiotap(struct walk *w, struct part x)
{
	enum { TSFT = 1, FLAGS = 2, DATA_PAD = 0x20 };
	const uint8_t *p = x.v.p;
	size_t len, at = 8;
	uint32_t present;
	bool padded = false;

	if (view_left(&x.v) < 8)
		return miss(w, L_WLAN, WHY_TRUNCATED);
	len = le16(p + 2);
	if (len < 8)
		return miss(w, L_WLAN, WHY_HEADER_LENGTH);
	if (len > view_left(&x.v))
		return miss(w, L_WLAN, WHY_TRUNCATED);
	present = le32(p + 4);
	for (uint32_t more = present; more >> 31 && at + 4 <= len; at += 4)
		more = le32(p + at);
	if (present & TSFT)
		at = ((at + 7) & ~(size_t)7) + 8;
	if (present & FLAGS && at < len)
		padded = p[at] & DATA_PAD;
	x.v.p += len;
	return frame(w, x, padded, false);
}

/* AVS: version and length in big endian; Prism: a message code, then the length as the sender's machine has it. */
bool
avs_or_prism(struct walk *w, struct part x)
{
	const uint8_t *p = x.v.p;
	size_t len;

	if (view_left(&x.v) < 8)
		return miss(w, L_WLAN, WHY_TRUNCATED);
	if (be32(p) >> 12 == 0x80211)
		len = be32(p + 4);
	else
		len = le32(p) < be32(p) ? le32(p + 4) : be32(p + 4);
	if (len < 8)
		return miss(w, L_WLAN, WHY_HEADER_LENGTH);
	if (!part_skip(&x, len))
		return miss(w, L_WLAN, WHY_TRUNCATED);
	return frame(w, x, false, false);
}

/* PPI 1.0.7, 3.1: version, flags, length and link type in little endian. */
bool
ppi(struct walk *w, struct part x)
{
	const uint8_t *p = x.v.p;
	uint16_t len;
	uint32_t dlt;

	if (!deeper(w, L_WLAN))
		return false;
	if (view_left(&x.v) < 8)
		return miss(w, L_WLAN, WHY_TRUNCATED);
	len = le16(p + 2);
	dlt = le32(p + 4);
	if (len < 8)
		return miss(w, L_WLAN, WHY_HEADER_LENGTH);
	if (!part_skip(&x, len))
		return miss(w, L_WLAN, WHY_TRUNCATED);
	return link_layer(w, x, dlt > UINT16_MAX ? UINT16_MAX : (uint16_t)dlt);
}
