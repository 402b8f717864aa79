#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <aud/addr.h>

struct aud_addr
aud_addr_v4(const uint8_t bytes[4])
{
	struct aud_addr a = {.family = 4};

	memcpy(a.b, bytes, 4);
	return a;
}

struct aud_addr
aud_addr_v6(const uint8_t bytes[16])
{
	struct aud_addr a = {.family = 6};

	memcpy(a.b, bytes, 16);
	return a;
}

struct aud_addr_text
aud_addr_str(const struct aud_addr *a)
{
	struct aud_addr_text t = {"-"};

	if (a->family)
		inet_ntop(a->family == 6 ? AF_INET6 : AF_INET, a->b, t.s, sizeof t.s);
	return t;
}

bool
aud_addr_parse(const char *text, struct aud_addr *out)
{
	memset(out, 0, sizeof *out);
	if (inet_pton(AF_INET, text, out->b) == 1)
		out->family = 4;
	else if (inet_pton(AF_INET6, text, out->b) == 1)
		out->family = 6;
	return out->family != 0;
}

int
aud_addr_cmp(const struct aud_addr *a, const struct aud_addr *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->b, b->b, sizeof a->b);
}

/* IANA protocol numbers, the names that records print. */
static const struct {
	uint8_t number;
	const char *name;
} protos[] = {{1, "icmp"}, {2, "igmp"}, {4, "ipip"}, {6, "tcp"}, {17, "udp"}, {41, "ipv6"}, {47, "gre"}, {50, "esp"}, {51, "ah"},
    {58, "icmp6"}, {88, "eigrp"}, {89, "ospf"}, {103, "pim"}, {112, "vrrp"}, {115, "l2tp"}, {132, "sctp"}};

struct aud_proto_text
aud_proto_name(uint8_t proto)
{
	struct aud_proto_text t;

	for (size_t i = 0; i < sizeof protos / sizeof *protos; i++)
		if (protos[i].number == proto) {
			snprintf(t.s, sizeof t.s, "%s", protos[i].name);
			return t;
		}
	snprintf(t.s, sizeof t.s, "%u", proto);
	return t;
}

int
aud_proto_number(const char *name)
{
	char *end;
	long n;

	for (size_t i = 0; i < sizeof protos / sizeof *protos; i++)
		if (!strcmp(protos[i].name, name))
			return protos[i].number;
	n = strtol(name, &end, 10);
	return *name && !*end && n >= 0 && n <= 255 ? (int)n : -1;
}
