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

/* Reports print millions of them, and inet_ntop() calls sprintf() for each. */
static void
print_v4(const uint8_t b[4], char *s)
{
	for (int i = 0; i < 4; i++) {
		if (b[i] >= 100)
			*s++ = (char)('0' + b[i] / 100);
		if (b[i] >= 10)
			*s++ = (char)('0' + b[i] / 10 % 10);
		*s++ = (char)('0' + b[i] % 10);
		*s++ = i < 3 ? '.' : '\0';
	}
}

struct aud_addr_text
aud_addr_str(const struct aud_addr *a)
{
	struct aud_addr_text t = {"-"};

	if (a->family == 6)
		inet_ntop(AF_INET6, a->b, t.s, sizeof t.s);
	else if (a->family)
		print_v4(a->b, t.s);
	return t;
}

/* As inet_pton(): four numbers, none with a leading zero. */
static bool
parse_v4(const char *s, uint8_t b[4])
{
	for (int i = 0; i < 4; i++) {
		const char *begin = s;
		unsigned n = 0;

		for (; *s >= '0' && *s <= '9' && s - begin < 3; s++)
			n = 10 * n + (unsigned)(*s - '0');
		if (s == begin || (*begin == '0' && s - begin > 1) || n > 255 || *s++ != (i < 3 ? '.' : '\0'))
			return false;
		b[i] = (uint8_t)n;
	}
	return true;
}

bool
aud_addr_parse(const char *text, struct aud_addr *out)
{
	uint8_t v4[4];

	memset(out, 0, sizeof *out);
	if (parse_v4(text, v4))
		*out = aud_addr_v4(v4);
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

bool
aud_proto_has_port(uint8_t proto, int port)
{
	return port > 0 || (port == 0 && (proto == 6 || proto == 17));
}

bool
aud_proto_named(uint8_t proto)
{
	for (size_t i = 0; i < sizeof protos / sizeof *protos; i++)
		if (protos[i].number == proto)
			return true;
	return false;
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
