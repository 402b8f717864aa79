/*
 * Audit stage, mirrors: a switch that mirrors to this very machine wraps what it copies (ERSPAN, GRE, VXLAN, GENEVE, TZSP). What is inside
 * is decoded as ever; the wrapping itself, and a piece of it that nothing could be read of, is the sensor's own business and no traffic.
 */
#ifndef AUD_MIRROR_H
#define AUD_MIRROR_H

#include <stdbool.h>
#include <stddef.h>

#include <aud/packet.h>

enum { MIRROR_ADDRESSES = 64 };

struct mirror {
	struct aud_addr own[MIRROR_ADDRESSES];	/* of the sensor */
	size_t n;
};

bool mirror_is(const struct mirror *, const struct aud_packet *);

#endif
