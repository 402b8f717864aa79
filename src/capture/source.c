#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <aud/lang.h>

#include "libpcap.h"
#include "netmon.h"
#include "source.h"
#include "unpack.h"

enum {
	MEMORY_MAX = 256 << 20,	/* of an input that has to be held in memory */
	PIPE_HOLDS = 1 << 20,	/* at most, pipe(7) */
	STOP_MS = 100,		/* a stop ends the wait for a pipe after so long at most */
};

struct source {
	int fd;
	bool regular;
	uint64_t base, size;	/* of the input in the file: standard input may have been read in part */
	uint64_t total;		/* of the file */
	struct unpack *unpack;
	const char *compression;
	struct savefile *savefile;
	struct netmon *netmon;
	uint8_t magic[16];	/* raw bytes that were read to find the compression */
	size_t nmagic, magic_used;
	struct peek {		/* bytes that were shown and are still to be read */
		uint8_t *buf;
		size_t n, used;
	} head, below;		/* below: what libpcap reads first; all, where netmon.c reads from memory */
	const atomic_bool *stop;
	bool stopped;
	size_t behind;		/* bytes read since */
	bool failed;
	char why[160];
};

/*
 * Waits for a pipe until it has something, or its end; false: a stop ended it. By time, since the signal may have come before the
 * wait, or to another thread. What had come before the stop is still read, as much as a pipe holds.
 */
static bool
ready(struct source *s)
{
	struct pollfd p = {.fd = s->fd, .events = POLLIN};

	while (!s->regular && s->stop && !s->stopped) {
		bool stop = atomic_load(s->stop);
		int n = poll(&p, 1, stop ? 0 : STOP_MS);

		if (n < 0 && errno == EINTR)
			continue;
		if (n && (!stop || s->behind < PIPE_HOLDS))
			return true;
		s->stopped = stop;
	}
	return !s->stopped;
}

static ssize_t
fd_read(struct source *s, uint8_t *buf, size_t n)
{
	ssize_t got;

	do
		got = ready(s) ? read(s->fd, buf, n) : 0;
	while (got < 0 && errno == EINTR);
	if (got > 0 && s->stop && atomic_load(s->stop))
		s->behind += (size_t)got;
	return got;
}

/* As read(2), of the file itself; stopped: the end. */
static ssize_t
raw_read(void *user, uint8_t *buf, size_t n)
{
	struct source *s = user;
	size_t have = s->nmagic - s->magic_used;

	if (have) {
		have = have < n ? have : n;
		memcpy(buf, s->magic + s->magic_used, have);
		s->magic_used += have;
		return (ssize_t)have;
	}
	return fd_read(s, buf, n);
}

/* Fills buf with the bytes of the file, unpacked. */
static size_t
file_read(struct source *s, uint8_t *buf, size_t n)
{
	size_t got = 0;

	while (got < n && !s->failed) {
		ssize_t r = s->unpack ? unpack_read(s->unpack, buf + got, n - got) : raw_read(s, buf + got, n - got);
		if (!r)
			break;
		if (r < 0) {
			s->failed = true;
			if (s->unpack)
				snprintf(s->why, sizeof s->why, N_("the %s data breaks off: %s"), s->compression,
				    unpack_why(s->unpack));
			else
				snprintf(s->why, sizeof s->why, N_("it cannot be read further: %s"), strerror(errno));
			break;
		}
		got += (size_t)r;
	}
	return got;
}

/* Fills buf with what libpcap or netmon.c makes of the file, or with the file itself. */
static size_t
stream_read(struct source *s, uint8_t *buf, size_t n)
{
	if (s->savefile)
		return savefile_read(s->savefile, buf, n);
	return s->netmon ? netmon_read(s->netmon, buf, n) : file_read(s, buf, n);
}

static size_t
peek_take(struct peek *p, uint8_t *buf, size_t n)
{
	size_t have = p->n - p->used;

	if (!have)
		return 0;
	have = have < n ? have : n;
	memcpy(buf, p->buf + p->used, have);
	p->used += have;
	if (p->used == p->n) {
		free(p->buf);
		*p = (struct peek){0};
	}
	return have;
}

enum aud_code
source_peek(struct source *s, size_t n, struct aud_view *out, struct aud_err *err)
{
	if (n > s->head.n) {
		uint8_t *p = realloc(s->head.buf, n);
		if (!p)
			return aud_nomem(err);
		s->head.buf = p;
		s->head.n += stream_read(s, p + s->head.n, n - s->head.n);
	}
	*out = view_of(s->head.buf, n < s->head.n ? n : s->head.n);
	return AUD_OK;
}

size_t
source_read(struct source *s, uint8_t *buf, size_t n)
{
	size_t got = peek_take(&s->head, buf, n);

	return got < n ? got + stream_read(s, buf + got, n - got) : got;
}

void
source_skip(struct source *s, size_t n)
{
	s->head.used += n;
}

/* libpcap's input. */
static size_t
below_read(void *user, uint8_t *buf, size_t n)
{
	struct source *s = user;
	size_t got = peek_take(&s->below, buf, n);

	return got < n ? got + file_read(s, buf + got, n - got) : got;
}

enum aud_code
source_via_libpcap(struct source *s, struct aud_err *err)
{
	s->below = s->head;
	s->head = (struct peek){0};
	return savefile_open(&s->savefile, below_read, s, err);
}

const struct savefile *
source_savefile(const struct source *s)
{
	return s->savefile;
}

size_t
source_pread(const struct source *s, uint8_t *buf, size_t n, uint64_t offset, int *sys)
{
	size_t got = 0;

	while (got < n) {
		ssize_t r = pread(s->fd, buf + got, n - got, (off_t)(s->base + offset + got));
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			*sys = errno;
		if (r <= 0)
			break;
		got += (size_t)r;
	}
	return got;
}

/* The input of netmon.c, of the file or of memory. */
static size_t
place_read(void *user, uint8_t *buf, size_t n, uint64_t offset)
{
	struct source *s = user;
	const struct peek *p = &s->below;
	int sys = 0;

	if (!p->buf) {
		n = source_pread(s, buf, n, offset, &sys);
		if (sys && !s->failed) {
			s->failed = true;
			snprintf(s->why, sizeof s->why, N_("it cannot be read further: %s"), strerror(sys));
		}
		return n;
	}
	if (offset >= p->n)
		return 0;
	n = n < p->n - offset ? n : (size_t)(p->n - offset);
	memcpy(buf, p->buf + offset, n);
	return n;
}

/* Reads all of the input into memory. */
static enum aud_code
hold(struct source *s, struct aud_err *err)
{
	struct peek *p = &s->below;

	*p = s->head;
	s->head = (struct peek){0};
	for (size_t room = p->n; room == p->n;) {
		room = 2 * room + 4096 < MEMORY_MAX ? 2 * room + 4096 : MEMORY_MAX;
		uint8_t *buf = p->n < room ? realloc(p->buf, room) : NULL;
		if (!buf && p->n == MEMORY_MAX)
			return aud_fail(err, AUD_FORMAT, 0,
			    N_("a Network Monitor capture of %d MiB or more, %s: it can only be read from a plain file"),
			    MEMORY_MAX >> 20, s->compression ? N_("compressed") : N_("from a pipe"));
		if (!buf)
			return aud_nomem(err);
		p->buf = buf;
		p->n += file_read(s, buf + p->n, room - p->n);
	}
	return AUD_OK;
}

enum aud_code
source_via_netmon(struct source *s, struct aud_err *err)
{
	enum aud_code code = AUD_OK;

	if (source_random(s)) {
		free(s->head.buf);
		s->head = (struct peek){0};
	} else
		code = hold(s, err);
	if (code != AUD_OK)
		return code;
	return netmon_open(&s->netmon, place_read, s, s->below.buf ? s->below.n : s->size, err);
}

static enum aud_code
open_fd(struct source *s, const char *path, struct aud_err *err)
{
	struct stat st;
	off_t pos;

	s->fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) : fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	if (s->fd < 0 || fstat(s->fd, &st))
		return aud_fail(err, AUD_IO, 0, "%s", strerror(errno));
	if (S_ISDIR(st.st_mode))
		return aud_fail(err, AUD_FORMAT, 0, "not a pcap or pcapng capture: it is a directory");
	pos = lseek(s->fd, 0, SEEK_CUR);
	if (S_ISREG(st.st_mode) && pos >= 0) {
		s->regular = true;
		s->total = (uint64_t)st.st_size;
		s->base = (uint64_t)pos;
		s->size = s->total > s->base ? s->total - s->base : 0;
		posix_fadvise(s->fd, pos, 0, POSIX_FADV_SEQUENTIAL);
	}
	return AUD_OK;
}

enum aud_code
source_open(struct source **out, const char *path, const atomic_bool *stop, struct aud_err *err)
{
	struct source *s = calloc(1, sizeof *s);
	struct aud_err why = {0};
	enum aud_code code;

	if (!s)
		return aud_nomem(err);
	s->stop = stop;
	code = open_fd(s, path, err);
	if (code != AUD_OK)
		goto fail;
	while (s->nmagic < sizeof s->magic) {
		ssize_t r = fd_read(s, s->magic + s->nmagic, sizeof s->magic - s->nmagic);
		if (r < 0) {
			code = aud_fail(err, AUD_IO, 0, "%s", strerror(errno));
			goto fail;
		}
		if (!r)
			break;
		s->nmagic += (size_t)r;
	}
	s->compression = unpack_kind(view_of(s->magic, s->nmagic));
	if (s->compression) {
		code = unpack_open(&s->unpack, s->compression, raw_read, s, &why);
		if (code != AUD_OK) {
			aud_fail(err, code, 0, "not a pcap or pcapng capture: it is %s", why.msg);
			goto fail;
		}
	}
	*out = s;
	return AUD_OK;
fail:
	source_close(s);
	return code;
}

void
source_close(struct source *s)
{
	if (!s)
		return;
	savefile_close(s->savefile);
	netmon_close(s->netmon);
	unpack_close(s->unpack);
	if (s->fd >= 0)
		close(s->fd);
	free(s->head.buf);
	free(s->below.buf);
	free(s);
}

bool
source_random(const struct source *s)
{
	return s->regular && !s->unpack && !s->savefile && !s->netmon;
}

uint64_t
source_size(const struct source *s)
{
	return s->size;
}

bool
source_grew(const struct source *s)
{
	struct stat st;

	return s->regular && !fstat(s->fd, &st) && (uint64_t)st.st_size != s->total;
}

const char *
source_compression(const struct source *s)
{
	return s->compression;
}

bool
source_stopped(const struct source *s)
{
	return s->stopped;
}

const char *
source_why(const struct source *s)
{
	if (s->failed)
		return s->why;
	if (s->netmon)
		return netmon_why(s->netmon);
	return s->savefile ? savefile_why(s->savefile) : NULL;
}

uint64_t
source_failed_at(const struct source *s, uint64_t at)
{
	return s->netmon && netmon_why(s->netmon) ? netmon_failed_at(s->netmon) : at;
}
