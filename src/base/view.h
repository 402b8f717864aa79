/*
 * A bounded view of bytes from outside: the only way in which decoders and parsers read them.
 *
 * left = end - p, compared as sizes; p + n is never formed before n is known to fit. A view can cut a sub-view, so that an
 * inner parser cannot leave its element.
 */
#ifndef AUD_VIEW_H
#define AUD_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct aud_view {
	const uint8_t *p, *end;
};

static inline struct aud_view
view_of(const void *p, size_t n)
{
	const uint8_t *b = p;

	return (struct aud_view){b, b ? b + n : b};
}

static inline size_t
view_left(const struct aud_view *v)
{
	return (size_t)(v->end - v->p);
}

static inline bool
view_skip(struct aud_view *v, size_t n)
{
	if (view_left(v) < n)
		return false;
	v->p += n;
	return true;
}

/* The first n bytes as a view of their own; v goes on behind them. */
static inline bool
view_cut(struct aud_view *v, size_t n, struct aud_view *out)
{
	if (view_left(v) < n)
		return false;
	*out = (struct aud_view){v->p, v->p + n};
	v->p += n;
	return true;
}

static inline bool
view_u8(struct aud_view *v, uint8_t *out)
{
	if (view_left(v) < 1)
		return false;
	*out = *v->p++;
	return true;
}

static inline uint16_t
be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t
be24(const uint8_t *p)
{
	return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
}

static inline uint32_t
be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | be24(p + 1);
}

static inline uint64_t
be64(const uint8_t *p)
{
	return (uint64_t)be32(p) << 32 | be32(p + 4);
}

static inline uint16_t
le16(const uint8_t *p)
{
	return (uint16_t)(p[1] << 8 | p[0]);
}

static inline uint32_t
le32(const uint8_t *p)
{
	return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static inline bool
view_be16(struct aud_view *v, uint16_t *out)
{
	if (view_left(v) < 2)
		return false;
	*out = be16(v->p);
	v->p += 2;
	return true;
}

static inline bool
view_be24(struct aud_view *v, uint32_t *out)
{
	if (view_left(v) < 3)
		return false;
	*out = be24(v->p);
	v->p += 3;
	return true;
}

static inline bool
view_be32(struct aud_view *v, uint32_t *out)
{
	if (view_left(v) < 4)
		return false;
	*out = be32(v->p);
	v->p += 4;
	return true;
}

static inline bool
view_be64(struct aud_view *v, uint64_t *out)
{
	if (view_left(v) < 8)
		return false;
	*out = be64(v->p);
	v->p += 8;
	return true;
}

#endif
