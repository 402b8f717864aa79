/*
 * gzip by zlib, as a stream. libarchive's own filter loses up to 64 KiB in front of a break, and does not compare checksums.
 */
#ifndef CAPTURE_GUNZIP_H
#define CAPTURE_GUNZIP_H

#include <sys/types.h>

#include <aud/err.h>

#include "unpack.h"

struct gunzip;
enum aud_code gunzip_open(struct gunzip **out, unpack_input *, void *user, struct aud_err *) AUD_CHECKED;
/* As read(2); -1: gunzip_why(). */
ssize_t gunzip_read(struct gunzip *, uint8_t *buf, size_t n);
const char *gunzip_why(const struct gunzip *);
void gunzip_close(struct gunzip *);

#endif
