/* DEFLATE (RFC 1951) of one packet: no state is kept between packets (RFC 2394, 3). */
#ifndef INFLATE_H
#define INFLATE_H

#include <stdbool.h>

#include <view.h>

/* Writes at most max bytes and tells how many; false where in is no whole DEFLATE stream or more would come out. */
bool unpack_deflate(struct aud_view in, uint8_t *out, size_t max, size_t *n);

#endif
