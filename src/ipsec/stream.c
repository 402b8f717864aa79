/*
 * IKE and ESP in TCP: RFC 9329, 3 and 4. A connection says "IKETCP" first; then each message stands behind two bytes of length, which count
 * themselves. Streams are not put together: a message that goes on in another segment is seen as far as its first one has it, and
 * after a loss a stream is found again only where its next message begins a segment.
 */
#include <stdlib.h>
#include <string.h>

#include "inside.h"

enum { SEQ = 4, ACK = 8, TCP_HEADER = 20, PREFIX = 6 };

static struct stream *
find(struct streams *t, const struct aud_packet *p)
{
	struct aud_addr src = aud_packet_src(p), dst = aud_packet_dst(p);

	for (struct stream *s = t->v; s < t->v + STREAMS; s++)
		if (s->used && s->sport == p->sport && s->dport == p->dport && !aud_addr_cmp(&s->src, &src) && !aud_addr_cmp(&s->dst, &dst))
			return s;
	return NULL;
}

static void
begin(struct streams *t, const struct aud_packet *p, bool back, uint32_t next)
{
	struct stream *s = &t->v[t->hand++ % STREAMS];
	struct aud_addr src = aud_packet_src(p), dst = aud_packet_dst(p);

	*s = (struct stream){
	    .src = back ? dst : src, .dst = back ? src : dst,
	    .sport = back ? p->dport : p->sport, .dport = back ? p->sport : p->dport,
	    .used = true, .next = next,
	};
}

enum aud_code
stream_segment(struct streams *t, const struct aud_packet *p, stream_each *each, void *user, struct aud_err *err)
{
	uint32_t sent = aud_packet_payload_sent(p), seq, off = 0;
	struct aud_view v = view_of(p->ip + p->payload, aud_packet_payload_len(p));
	struct stream *s = find(t, p);
	enum aud_code rc = AUD_OK;

	if (!sent || p->caplen < (uint32_t)p->l4 + TCP_HEADER || p->bits & AUD_PKT_FRAGMENT)
		return AUD_OK;
	seq = be32(p->ip + p->l4 + SEQ);
	if (view_left(&v) >= PREFIX && !memcmp(v.p, "IKETCP", PREFIX)) {
		if (!s) {
			begin(t, p, false, seq + PREFIX);
			begin(t, p, true, be32(p->ip + p->l4 + ACK));
		}
		s = find(t, p);
		s->next = seq + PREFIX;
	}
	if (!s)
		return AUD_OK;
	off = s->next - seq;
	/* Behind the end: a message that is longer than this segment, or a segment that was there before. */
	while (rc == AUD_OK && off < sent) {
		struct aud_view m = v, body;
		uint16_t len = 2;
		if (!view_skip(&m, off) || !view_be16(&m, &len) || len < 2) {
			s->used = len >= 2;
			break;
		}
		if (!view_cut(&m, len - 2u, &body))
			body = m;
		rc = each(user, p, body, len - 2u, err);
		off += len;
		s->next = seq + off;
	}
	return rc;
}
