/*
 * Flow stage, fragments (RFC 791, RFC 8200 4.5): only the first one has the ports; the others belong to the same flow, found by
 * (source, destination, protocol, identification). Those that overtake the first one wait for it, without their payload.
 */
#ifndef AUD_FRAGMENT_H
#define AUD_FRAGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <aud/packet.h>

enum { FRAGMENT_SETS = 512, FRAGMENT_WAYS = 4, FRAGMENT_HELD = 256 };

struct fragments {
	struct fragment_known {
		uint64_t key[2];	/* hash of the four terms; 0-0 free */
		uint64_t ts_ns;
		uint16_t sport, dport;
		uint8_t proto;	/* of the first: an extension header may hide it from the later ones */
	} known[FRAGMENT_SETS][FRAGMENT_WAYS];
	struct fragment_held {
		uint64_t key[2];
		struct aud_packet packet;	/* ip points at header */
		uint8_t header[48];	/* of IPv6 the fixed one and the fragment header */
	} held[FRAGMENT_HELD];
	size_t nheld;
};

/* For a first fragment: remembers its ports. */
void fragment_first(struct fragments *, const struct aud_packet *);
/* For a later one: fills its ports and returns true, or returns false: it has to wait. */
bool fragment_later(struct fragments *, struct aud_packet *);
/* Keeps a later one; the oldest leaves in *out (and true is returned) when there is no room. */
bool fragment_hold(struct fragments *, const struct aud_packet *, struct fragment_held *out);
/* Takes out one held fragment of the datagram that first begins (NULL: any); false: none left. */
bool fragment_take(struct fragments *, const struct aud_packet *first, struct fragment_held *out);

#endif
