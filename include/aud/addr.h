/*
 * IP addresses as values: 16 bytes and a family, comparable, printable without a buffer of the caller's.
 */
#ifndef AUD_ADDR_H
#define AUD_ADDR_H

#include <stdbool.h>
#include <stdint.h>

struct aud_addr {
	uint8_t b[16];	/* network order; IPv4 uses the first four, the rest is zero */
	uint8_t family;	/* 4, 6, or 0 for none */
};

struct aud_addr_text {
	char s[48];
};

/* The text by value, so that two may stand in one printf; RFC 5952 for IPv6. */
struct aud_addr_text aud_addr_str(const struct aud_addr *a);

/* Parses an IPv4 or IPv6 literal; false where the text is none. */
bool aud_addr_parse(const char *text, struct aud_addr *out);

/* Total order: family, then bytes. */
int aud_addr_cmp(const struct aud_addr *a, const struct aud_addr *b);

struct aud_addr aud_addr_v4(const uint8_t bytes[4]);
struct aud_addr aud_addr_v6(const uint8_t bytes[16]);

/* Name of an IP protocol as records print it (tcp udp sctp icmp icmp6 esp ah gre ...), or its number as text. */
struct aud_proto_text {
	char s[12];
};
struct aud_proto_text aud_proto_name(uint8_t proto);
bool aud_proto_has_port(uint8_t proto, int port);	/* below 0: none was told; 0 is one of TCP and UDP alone */
bool aud_proto_named(uint8_t proto);	/* false: aud_proto_name() is its number */
/* The reverse; -1 where the text names none. Accepts numbers 0 to 255. */
int aud_proto_number(const char *name);

#endif
