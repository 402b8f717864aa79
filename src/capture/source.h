/*
 * Where the bytes of an input come from: a file, a pipe, what is unpacked of one, what libpcap reads of one, or what
 * netmon.c puts in order of one.
 *
 * A source is read from front to end by one thread at a time. What source_peek() has shown is read again by
 * source_read(). source_pread() is for regular files that are not compressed, by any thread.
 */
#ifndef CAPTURE_SOURCE_H
#define CAPTURE_SOURCE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <aud/err.h>

#include "view.h"

struct source;
struct savefile;

/* stop may be NULL; see struct aud_capture_opts. Texts of errors are without the path. */
enum aud_code source_open(struct source **out, const char *path, const atomic_bool *stop, struct aud_err *) AUD_CHECKED;
void source_close(struct source *);

/* Shows the first bytes, up to n of them: fewer are all there are. Until anything was read. */
enum aud_code source_peek(struct source *, size_t n, struct aud_view *out, struct aud_err *) AUD_CHECKED;
/* Fills buf; fewer than n bytes: the end, or a failure that source_why() tells. */
size_t source_read(struct source *, uint8_t *buf, size_t n);
void source_skip(struct source *, size_t n);			/* at most what was shown last */
/* The same at an offset. *sys: errno where it failed. */
size_t source_pread(const struct source *, uint8_t *buf, size_t n, uint64_t offset, int *sys);
/* From here on the bytes are the records that libpcap reads from this source, as struct savefile gives them. */
enum aud_code source_via_libpcap(struct source *, struct aud_err *) AUD_CHECKED;
const struct savefile *source_savefile(const struct source *);	/* NULL: not through libpcap */

/* From here on the bytes are a Network Monitor capture as struct netmon gives them. Until anything was read. */
enum aud_code source_via_netmon(struct source *, struct aud_err *) AUD_CHECKED;

bool source_random(const struct source *);		/* source_pread() works */
uint64_t source_size(const struct source *);		/* on disk; 0 unknown */
bool source_grew(const struct source *);		/* a file whose size is no longer the one it was opened with */
const char *source_compression(const struct source *);	/* "gzip" ..., NULL */
const char *source_why(const struct source *);		/* NULL: no failure */
bool source_stopped(const struct source *);		/* stop ended it: there may have been more */
/* Offset in the input of what failed; at, where the input is read from front to end. */
uint64_t source_failed_at(const struct source *, uint64_t at);

#endif
