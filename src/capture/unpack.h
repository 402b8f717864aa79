/*
 * Decompression by libarchive (raw format), gzip by zlib, as a stream.
 */
#ifndef CAPTURE_UNPACK_H
#define CAPTURE_UNPACK_H

#include <sys/types.h>

#include <aud/err.h>

#include "view.h"

struct unpack;
typedef ssize_t unpack_input(void *user, uint8_t *buf, size_t n);	/* as read(2) */

/* "gzip", "zstd", "xz", "lz4", "bzip2", or NULL: not compressed in a way known here. */
const char *unpack_kind(struct aud_view head);
enum aud_code unpack_open(struct unpack **out, const char *kind, unpack_input *, void *user,
    struct aud_err *) AUD_CHECKED;
/* As read(2); -1: unpack_why(). */
ssize_t unpack_read(struct unpack *, uint8_t *buf, size_t n);
const char *unpack_why(struct unpack *);
void unpack_close(struct unpack *);

#endif
