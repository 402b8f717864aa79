#include "key.h"
#include "table.h"
#include "view.h"

enum { ICMP = 1, TCP = 6, ICMP6 = 58 };
enum { FIN = 1, SYN = 2, RST = 4, ACK = 16 };

#define SECONDS UINT64_C(1000000000)

/*
 * Idle times. TCP that is established: RFC 5382 REQ-5 (2 h 4 min), since signalling connections rest for long and a split loses their
 * handshake. Closed or half open: as long as a late segment may live (RFC 9293 MSL, 2 min). UDP: RFC 4787 REQ-5 recommends 5 min.
 */
uint64_t
track_timeout(const struct aud_flow *f)
{
	if (f->proto == TCP) {
		if (f->bits & (AUD_FLOW_RST0 | AUD_FLOW_RST1) || (f->bits & AUD_FLOW_FIN0 && f->bits & AUD_FLOW_FIN1))
			return 120 * SECONDS;
		if (f->bits & AUD_FLOW_ACKED || (f->packets[0] && f->packets[1] && !(f->bits & (AUD_FLOW_SYN0 | AUD_FLOW_SYN1))))
			return 7440 * SECONDS;
		return 120 * SECONDS;
	}
	return 300 * SECONDS;
}

/* The bit that a side's flag has: those of side 1 follow those of side 0. */
static uint32_t
of_side(enum aud_flow_bit side0, int side)
{
	return (uint32_t)side0 << side;
}

bool
track_splits(const struct aud_flow *f, const struct aud_flow_more *m, const struct aud_packet *p, int side, enum aud_flow_end *why)
{
	uint32_t syns = f->bits & (AUD_FLOW_SYN0 | AUD_FLOW_SYN1);
	bool closed, midstream = !(syns | (f->bits & (AUD_FLOW_SYNACK0 | AUD_FLOW_SYNACK1)));

	if (p->ts_ns > f->last_ns && p->ts_ns - f->last_ns > track_timeout(f)) {
		*why = AUD_ENDED_IDLE;
		return true;
	}
	if (f->proto != TCP || (p->tcp_flags & (SYN | ACK | RST)) != SYN || p->caplen < (uint32_t)p->l4 + 8)
		return false;
	/* The same SYN again: a retransmission, or a copy that came late (RFC 9293 3.8.1). */
	if (syns & of_side(AUD_FLOW_SYN0, side) && be32(p->ip + p->l4 + 4) == m->isn)
		return false;
	closed = f->bits & (AUD_FLOW_RST0 | AUD_FLOW_RST1) || (f->bits & AUD_FLOW_FIN0 && f->bits & AUD_FLOW_FIN1);
	*why = closed ? AUD_ENDED_CLOSED : AUD_ENDED_REUSED;
	/* Both may open at once (RFC 9293 3.5); any other SYN begins another connection of the same ports (RFC 6191). */
	return closed || midstream || f->bits & AUD_FLOW_ACKED || syns & of_side(AUD_FLOW_SYN0, side);
}

static void
track_flags(struct aud_flow *f, struct aud_flow_more *m, const struct aud_packet *p, int side)
{
	uint8_t flags = p->tcp_flags;

	if (flags & SYN && flags & ACK) {
		f->bits |= of_side(AUD_FLOW_SYNACK0, side);
		f->bits &= ~(uint32_t)AUD_FLOW_REFUSED_RST;
	} else if (flags & SYN) {
		if (!(f->bits & (AUD_FLOW_SYN0 | AUD_FLOW_SYN1)))
			m->isn = be32(p->ip + p->l4 + 4);
		f->bits |= of_side(AUD_FLOW_SYN0, side);
	} else if (flags & ACK && !(flags & RST) && f->bits & of_side(AUD_FLOW_SYN0, side)) {
		f->bits |= AUD_FLOW_ANSWERED;
		if (f->bits & of_side(AUD_FLOW_SYNACK0, !side))
			f->bits |= AUD_FLOW_ACKED;
	}
	if (flags & FIN)
		f->bits |= of_side(AUD_FLOW_FIN0, side);
	if (!(flags & RST))
		return;
	if (f->bits & of_side(AUD_FLOW_SYN0, !side) &&
	    !(f->bits & (of_side(AUD_FLOW_SYNACK0, side) | AUD_FLOW_ANSWERED | AUD_FLOW_DATA0 | AUD_FLOW_DATA1)))
		f->bits |= AUD_FLOW_REFUSED_RST;
	f->bits |= of_side(AUD_FLOW_RST0, side);
}

/* What one side acknowledges has reached it; where the capture lacks it, the capture lost it, not the network. */
static void
track_loss(struct aud_table *t, struct aud_flow *f, const struct aud_packet *p, int side)
{
	uint32_t valid = of_side(AUD_FLOW_SEQ0, side), other = of_side(AUD_FLOW_SEQ0, !side);
	uint32_t data = aud_packet_payload_sent(p), space = data + !!(p->tcp_flags & SYN) + !!(p->tcp_flags & FIN), end, ack, gap;

	if (p->bits & AUD_PKT_MORE) {	/* where the segment ends stands in a fragment that is not looked at */
		f->bits &= ~valid;
		return;
	}
	end = be32(p->ip + p->l4 + 4) + space;
	if (!(f->bits & valid) || (int32_t)(end - f->seq[side]) > 0)
		f->seq[side] = end;
	else if (f->bits & of_side(AUD_FLOW_GAP0, side))	/* it was only late: mirrors may skew their directions */
		t->lost_bytes -= t->lost_bytes < space ? t->lost_bytes : space;
	f->bits |= valid;
	t->stats.tcp_data += data != 0;
	t->tcp_bytes += data;
	if (!(p->tcp_flags & ACK) || !(f->bits & other))
		return;
	ack = be32(p->ip + p->l4 + 8);
	gap = ack - f->seq[!side];
	if ((int32_t)gap > 0 && gap < UINT32_C(1) << 30) {
		t->lost_bytes += gap;
		f->bits |= of_side(AUD_FLOW_GAP0, !side);
		f->seq[!side] = ack;
	}
}

static void
track_tcp(struct aud_table *t, struct aud_flow *f, struct aud_flow_more *m, const struct aud_packet *p, int side)
{
	if (p->bits & (AUD_PKT_LATER | AUD_PKT_NOPORTS) || p->caplen < (uint32_t)p->l4 + 14)
		return;
	track_flags(f, m, p, side);
	/* The numbers of a reset need not be in the stream (RFC 9293 3.5.2). */
	if (!(p->tcp_flags & RST))
		track_loss(t, f, p, side);
}

/* RFC 1122 3.2.2; RFC 4443 2.1: error messages have the high bit of the type clear. */
static bool
is_icmp_error(const struct aud_packet *p)
{
	uint8_t type;

	if (p->bits & AUD_PKT_LATER)	/* it belongs to a message whose type was judged */
		return true;
	if (p->caplen <= p->l4)
		return false;
	type = p->ip[p->l4];
	if (p->proto == ICMP6)
		return type < 128;
	return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

void
track_packet(struct aud_table *t, struct aud_flow *f, struct aud_flow_more *m, const struct aud_packet *p, int side)
{
	if (++f->packets[side] == 0)
		m->packets_hi[side]++;
	f->bytes[side] += p->iplen;
	if (p->ts_ns > f->last_ns)
		f->last_ns = p->ts_ns;
	else if (p->ts_ns < f->last_ns && p->ts_ns < m->first_ns)	/* the cold half is left alone where that can be */
		m->first_ns = p->ts_ns;
	if (p->bits & AUD_PKT_AH)
		f->bits |= AUD_FLOW_AH;
	if (p->bits & AUD_PKT_CLEAR)
		f->bits |= AUD_FLOW_CLEAR;
	if (p->bits & AUD_PKT_SHORT)
		f->bits |= AUD_FLOW_SHORT;
	if (aud_packet_payload_sent(p))
		f->bits |= of_side(AUD_FLOW_DATA0, side);
	if (f->vlans | p->vlans)	/* all untagged: set 0 */
		f->vlans = vlanset_add(&t->vlans, f->vlans, p->vlans);
	if (f->proto == TCP)
		track_tcp(t, f, m, p, side);
	else if ((f->proto == ICMP || f->proto == ICMP6) && !is_icmp_error(p))
		f->bits |= AUD_FLOW_ICMP_QUERY;
}

void
track_quote(struct aud_flow *f, const struct aud_packet *p)
{
	uint8_t type = p->tcp_flags, code = p->ttl;
	bool filtered, refused;

	if (p->bits & AUD_PKT_V6) {	/* RFC 4443 3.1: type 1 is unreachable; 1, 5 and 6 speak of policy */
		filtered = type == 1 && (code == 1 || code == 5 || code == 6);
		refused = type == 1;
	} else {			/* RFC 792, RFC 1812 5.2.7.1; code 4 is path MTU discovery */
		filtered = type == 3 && (code == 9 || code == 10 || code == 13);
		refused = type == 3 && code != 4;
	}
	if (refused)
		f->bits |= AUD_FLOW_REFUSED;
	if (filtered)
		f->bits |= AUD_FLOW_FILTERED;
}
