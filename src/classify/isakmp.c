/* IKE headers, RFC 7296 section 3.1, RFC 2408 section 3.1, MS-AIPS; ESP in UDP, RFC 3948 section 2. */
#include "own.h"

enum { HEADER = 28, ESP_MIN = 4 + 4 + 12, RESERVED_SPI = 255, MAX_STEP = 64 };

/* The exchange types that are in use, and the payload types that may come first. */
static bool
version1(uint8_t exchange, uint8_t payload)
{
	/* RFC 2408 section 3.1, RFC 2409 (32, 33), MS-AIPS (243 to 246). */
	return ((exchange >= 1 && exchange <= 6) || exchange == 32 || exchange == 33 ||
		   (exchange >= 243 && exchange <= 246)) &&
	       (payload <= 33 || payload >= 128);
}

static bool
version2(uint8_t exchange, uint8_t payload)
{
	/* RFC 7296, RFC 5723 (38), RFC 9242 (43), RFC 9370 (44), RFC 8019. */
	return exchange >= 34 && exchange <= 44 && (!payload || (payload >= 33 && payload <= 54) || payload >= 128);
}

bool
isakmp_message(struct aud_view v, uint32_t sent, uint8_t *exchange)
{
	uint8_t payload, version, flags;

	if (view_left(&v) < HEADER || be32(v.p + 24) != sent || !be64(v.p))
		return false;
	payload = v.p[16];
	version = v.p[17];
	*exchange = v.p[18];
	flags = v.p[19];
	if (version == 0x10)
		return !(flags & ~7u) && version1(*exchange, payload);
	if (version == 0x20)
		return !(flags & ~0x38u) && version2(*exchange, payload);
	return false;
}

/* RFC 8656, 12.4: a channel's number and the length of the data; in media the next four bytes count, as ESP's do. */
static bool
channel_data(uint32_t head, uint32_t sent)
{
	uint32_t channel = head >> 16, length = (head & 0xffff) + 4;

	return channel >= 0x4000 && channel <= 0x7fff && (length == sent || (length + 3) / 4 * 4 == sent);
}

/* Two packets of one association with numbers that follow each other: opaque data does not do that. */
bool
esp_packet(struct esp_side *s, struct aud_view v, uint32_t sent)
{
	uint32_t spi, seq, step;
	bool follows;

	if (sent < ESP_MIN || !view_be32(&v, &spi) || !view_be32(&v, &seq) || spi <= RESERVED_SPI || !seq || channel_data(spi, sent))
		return false;
	step = seq - s->seq;
	follows = s->spi == spi && step && step <= MAX_STEP;
	s->spi = spi;
	s->seq = seq;
	return follows;
}
