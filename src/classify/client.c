/* Who is the client, where the first payload of a side says so for certain. */
#include <string.h>

#include "own.h"

enum { TCP = 6, PORT_DNS = 53, PORT_DHCP_CLIENT = 68, PORT_NETBIOS = 139, PORT_SMB = 445 };

static bool
port(const struct aud_packet *p, uint16_t n)
{
	return p->sport == n || p->dport == n;
}

/* RFC 1035 section 4.1.1: a query has one question and no answer. */
static int
dns(const struct aud_packet *p, struct aud_view v, int side)
{
	if (view_left(&v) < 12 || be16(v.p + 4) != 1 || (v.p[2] & 0x78) > 0x28)
		return -1;
	if (!(v.p[2] & 0x80))
		return p->dport == PORT_DNS && p->sport != PORT_DNS && !be16(v.p + 6) ? side : -1;
	return p->sport == PORT_DNS && p->dport != PORT_DNS ? !side : -1;
}

/* RFC 2131 section 2 and 3: op and the magic cookie. */
static int
dhcp(const struct aud_packet *p, struct aud_view v, int side)
{
	if (view_left(&v) < 240 || be32(v.p + 236) != 0x63825363)
		return -1;
	if (v.p[0] == 1 && p->sport == PORT_DHCP_CLIENT)
		return side;
	return v.p[0] == 2 && p->dport == PORT_DHCP_CLIENT ? !side : -1;
}

/* DCE 1.1 RPC section 12.6: bind is the client's, its answers the server's. */
static int
rpc(struct aud_view v, uint32_t sent, int side)
{
	uint32_t length;

	if (view_left(&v) < 16 || v.p[0] != 5 || v.p[1] > 1)
		return -1;
	length = v.p[4] & 0x10 ? le16(v.p + 8) : be16(v.p + 8);
	if (length < 16 || length > sent || v.p[4] & 0xee)
		return -1;
	if (v.p[2] == 11)
		return side;
	return v.p[2] == 12 || v.p[2] == 13 ? !side : -1;
}

/* MS-SMB 2.2.3.1 and MS-SMB2 2.2.1, behind the header of MS-SMB2 2.1: a flag tells the answer. */
static int
smb(struct aud_view v, int side)
{
	if (view_left(&v) < 4 + 32 || v.p[0])
		return -1;
	v.p += 4;
	if (!memcmp(v.p, "\xffSMB", 4) && v.p[4] == 0x72)
		return v.p[9] & 0x80 ? !side : side;
	if (!memcmp(v.p, "\xfeSMB", 4) && !le16(v.p + 12))
		return v.p[16] & 1 ? !side : side;
	return -1;
}

int
client_side(const struct aud_packet *p, struct aud_view v, uint32_t sent, int side)
{
	if (p->proto == TCP) {
		if (view_left(&v) && *v.p == 5)
			return rpc(v, sent, side);
		return port(p, PORT_SMB) || port(p, PORT_NETBIOS) ? smb(v, side) : -1;
	}
	if (port(p, PORT_DNS))
		return dns(p, v, side);
	if (port(p, PORT_DHCP_CLIENT))
		return dhcp(p, v, side);
	return -1;
}
