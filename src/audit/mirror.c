#include "mirror.h"

enum { UDP = 17, GRE = 47, VXLAN = 4789, VXLAN_GPE = 4790, GENEVE = 6081, TZSP = 37008 };

static bool
wraps(const struct aud_packet *p)
{
	if (p->proto == GRE)
		return true;
	/* The later fragments of a datagram have no ports: they are the rest of one that was opened. */
	if (p->proto != UDP)
		return false;
	return p->bits & AUD_PKT_LATER || p->dport == VXLAN || p->dport == VXLAN_GPE || p->dport == GENEVE || p->dport == TZSP;
}

bool
mirror_is(const struct mirror *m, const struct aud_packet *p)
{
	struct aud_addr to;

	if (!wraps(p))
		return false;
	to = aud_packet_dst(p);
	for (size_t i = 0; i < m->n; i++)
		if (!aud_addr_cmp(&m->own[i], &to))
			return true;
	return false;
}
