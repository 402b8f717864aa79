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

bool
track_splits(const struct aud_flow *f, const struct aud_packet *p, int side, enum aud_flow_end *why)
{
	bool closed, opens;

	if (p->ts_ns > f->last_ns && p->ts_ns - f->last_ns > track_timeout(f)) {
		*why = AUD_ENDED_IDLE;
		return true;
	}
	if (f->proto != TCP || (p->tcp_flags & (SYN | ACK | RST)) != SYN)
		return false;
	closed = f->bits & (AUD_FLOW_RST0 | AUD_FLOW_RST1) || (f->bits & AUD_FLOW_FIN0 && f->bits & AUD_FLOW_FIN1);
	/*
	 * A SYN on a connection that stands: RFC 9293 3.10.7.4 answers an old duplicate, whose number lies behind, with an ACK. A number
	 * ahead is a new incarnation (RFC 6191).
	 */
	opens = f->bits & AUD_FLOW_ACKED && f->bits & (side ? AUD_FLOW_SEQ1 : AUD_FLOW_SEQ0) &&
	    (int32_t)(be32(p->ip + p->l4 + 4) - f->seq[side]) > 0;
	*why = closed ? AUD_ENDED_CLOSED : AUD_ENDED_REUSED;
	return closed || opens;
}

/* The bit that a side's flag has: those of side 1 follow those of side 0. */
static uint32_t
of_side(enum aud_flow_bit side0, int side)
{
	return (uint32_t)side0 << side;
}

static void
track_tcp(struct aud_table *t, struct aud_flow *f, const struct aud_packet *p, int side)
{
	uint8_t flags = p->tcp_flags;
	uint32_t valid = side ? AUD_FLOW_SEQ1 : AUD_FLOW_SEQ0, other = side ? AUD_FLOW_SEQ0 : AUD_FLOW_SEQ1;
	uint32_t data, seq, ack;

	if (p->bits & (AUD_PKT_LATER | AUD_PKT_NOPORTS) || p->caplen < (uint32_t)p->l4 + 14)
		return;
	if (flags & SYN)
		f->bits |= of_side(flags & ACK ? AUD_FLOW_SYNACK0 : AUD_FLOW_SYN0, side);
	else if (flags & ACK && !(flags & RST) && f->bits & of_side(AUD_FLOW_SYN0, side) &&
	    f->bits & of_side(AUD_FLOW_SYNACK0, !side))
		f->bits |= AUD_FLOW_ACKED;
	if (flags & FIN)
		f->bits |= of_side(AUD_FLOW_FIN0, side);
	if (flags & RST) {
		if (f->bits & of_side(AUD_FLOW_SYN0, !side) &&
		    !(f->bits & (of_side(AUD_FLOW_SYNACK0, side) | AUD_FLOW_ACKED | AUD_FLOW_DATA0 | AUD_FLOW_DATA1)))
			f->bits |= AUD_FLOW_REFUSED_RST;
		f->bits |= of_side(AUD_FLOW_RST0, side);
		return;	/* its numbers need not be in the stream (RFC 9293 3.5.2) */
	}
	data = aud_packet_payload_sent(p);
	seq = be32(p->ip + p->l4 + 4) + data + !!(flags & SYN) + !!(flags & FIN);
	if (!(f->bits & valid) || (int32_t)(seq - f->seq[side]) > 0)
		f->seq[side] = seq;
	f->bits |= valid;
	t->stats.tcp_data += data != 0;
	if (!(flags & ACK) || !(f->bits & other))
		return;
	ack = be32(p->ip + p->l4 + 8);
	if ((int32_t)(ack - f->seq[!side]) > 0 && ack - f->seq[!side] < UINT32_C(1) << 30) {
		/* The receiver has what the capture lacks: the capture lost it, not the network. */
		t->stats.acked_unseen++;
		f->bits |= of_side(AUD_FLOW_GAP0, !side);
		f->seq[!side] = ack;
	}
}

/* RFC 1122 3.2.2; RFC 4443 2.1: error messages have the high bit of the type clear. */
static bool
is_icmp_error(const struct aud_packet *p)
{
	uint8_t type;

	if (p->bits & AUD_PKT_LATER || p->caplen <= p->l4)
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
	else if (p->ts_ns < m->first_ns)
		m->first_ns = p->ts_ns;
	if (p->bits & AUD_PKT_AH)
		f->bits |= AUD_FLOW_AH;
	if (p->bits & AUD_PKT_SHORT)
		f->bits |= AUD_FLOW_SHORT;
	if (aud_packet_payload_sent(p))
		f->bits |= of_side(AUD_FLOW_DATA0, side);
	if (f->vlans | p->vlans)	/* all untagged: set 0 */
		f->vlans = vlanset_add(&t->vlans, f->vlans, p->vlans);
	if (f->proto == TCP)
		track_tcp(t, f, p, side);
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
