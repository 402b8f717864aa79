/* Flows of an earlier start, which go on in this one. */
#include <string.h>

#include "key.h"
#include "table.h"

/* A packet that begins such a flow, as far as a table looks at it. */
static struct aud_packet
as_packet(const struct aud_addr addr[2], const struct aud_flow *f, uint8_t ip[40], uint64_t secret)
{
	bool v6 = addr[0].family == 6;
	struct aud_packet p = {.ip = ip, .sport = f->port[0], .dport = f->port[1], .proto = f->proto, .bits = v6 ? AUD_PKT_V6 : 0};

	memset(ip, 0, 40);
	memcpy(ip + (v6 ? 8 : 12), addr[0].b, v6 ? 16 : 4);
	memcpy(ip + (v6 ? 24 : 16), addr[1].b, v6 ? 16 : 4);
	p.hash = key_hash(&p, secret);
	return p;
}

enum aud_code
aud_table_put(struct aud_table *t, const struct aud_addr addr[2], const struct aud_flow *flow, const struct aud_flow_more *more,
    struct aud_flow **f, struct aud_flow_more **m, struct aud_err *err)
{
	const uint32_t not = AUD_FLOW_V6 | AUD_FLOW_SEQ0 | AUD_FLOW_SEQ1 | AUD_FLOW_KEPT;
	uint8_t ip[40];
	struct aud_packet p = as_packet(addr, flow, ip, t->opts.secret);
	struct aud_flow *new;
	uint32_t index;
	enum aud_code rc;
	int side;

	*f = NULL;
	*m = NULL;
	if ((t->opts.max_flows && t->used >= t->opts.max_flows) || table_find_flow(t, &p, &side))
		return AUD_OK;
	if ((rc = table_new_flow(t, &p, &index, err)) != AUD_OK)
		return rc;
	t->stats.flows--;
	new = hot_of(t, index);
	new->bits |= flow->bits & ~not;
	for (int i = 0; i < 2; i++) {
		new->packets[i] = flow->packets[i];
		new->bytes[i] = flow->bytes[i];
	}
	new->duplicates = flow->duplicates;
	new->last_ns = flow->last_ns;
	*f = new;
	*m = cold_of(t, index);
	**m = *more;
	return AUD_OK;
}
