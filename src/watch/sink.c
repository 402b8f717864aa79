/* A file, FIFO or standard output that takes lines: whole, in order, and never at the price of waiting. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tell.h"

/* A line that a killed process left half-written would swallow the next one. */
static bool
ends_in_line(int fd, const struct stat *st)
{
	char last;

	return !S_ISREG(st->st_mode) || !st->st_size || pread(fd, &last, 1, st->st_size - 1) != 1 || last == '\n';
}

/*
 * For reading too: so a FIFO opens without a reader, and the last byte can be seen. What may only be written to is legal all the same.
 * Without O_NONBLOCK a FIFO that is full would hold the audit up; a regular file does not know it.
 */
static int
open_file(const char *path)
{
	const int flags = O_CREAT | O_APPEND | O_NONBLOCK | O_CLOEXEC | O_NOCTTY;
	int fd = open(path, O_RDWR | flags, 0640);
	struct stat st;

	if (fd < 0 && errno == EACCES)
		fd = open(path, O_WRONLY | flags, 0640);
	if (fd >= 0 && !fstat(fd, &st) && !ends_in_line(fd, &st) && write(fd, "\n", 1) < 0) {
		int sys = errno;

		/* A full disk now is no reason not to start: lines wait as they do later. */
		if (sys != ENOSPC && sys != EDQUOT) {
			close(fd);
			errno = sys;
			fd = -1;
		}
	}
	return fd;
}

enum aud_code
sink_open(struct sink *s, const char *path, size_t room, struct aud_err *err)
{
	*s = (struct sink){.fd = -1, .path = path, .size = room};
	if (!(s->buf = malloc(room)))
		return aud_nomem(err);
	s->fd = strcmp(path, "-") ? open_file(path) : STDOUT_FILENO;
	if (s->fd < 0) {
		int sys = errno;

		free(s->buf);
		s->buf = NULL;
		return aud_fail(err, AUD_IO, sys, "%s: events cannot be written to it", path);
	}
	return AUD_OK;
}

enum aud_code
sink_reopen(struct sink *s, struct aud_err *err)
{
	int fd;

	if (!strcmp(s->path, "-"))
		return AUD_OK;
	sink_flush(s);
	if ((fd = open_file(s->path)) < 0)
		return aud_fail(err, AUD_IO, errno, "%s: cannot be opened again, events go on to the old file", s->path);
	close(s->fd);
	s->fd = fd;
	s->done = 0;
	sink_flush(s);
	return AUD_OK;
}

/*
 * A descriptor that is shared, as standard output is, must not become non-blocking for its other users. So it is asked first, and
 * given what it is sure to take.
 */
static ssize_t
write_some(const struct sink *s, const char *p, size_t n)
{
	struct pollfd ready = {.fd = s->fd, .events = POLLOUT};
	struct stat st;

	if (s->fd != STDOUT_FILENO)
		return write(s->fd, p, n);
	if (!fstat(s->fd, &st) && S_ISREG(st.st_mode))
		return write(s->fd, p, n);
	if (poll(&ready, 1, 0) <= 0) {
		errno = EAGAIN;
		return -1;
	}
	if (S_ISSOCK(st.st_mode))
		return send(s->fd, p, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	return write(s->fd, p, n < PIPE_BUF ? n : PIPE_BUF);
}

static void
fail(struct sink *s, int sys)
{
	const char *why = sys == EAGAIN ? "whoever reads it is too slow" : sys == EPIPE ? "whoever read it has gone" : strerror(sys);
	const char *where = strcmp(s->path, "-") ? s->path : "standard output";

	/* Both ends of a long path: why must stay. */
	snprintf(s->failing, sizeof s->failing, "events wait for %.80s%s: %s", where, strlen(where) > 80 ? "..." : "", why);
}

void
sink_flush(struct sink *s)
{
	while (s->used) {
		const char *line = s->buf + s->start;
		size_t len = (size_t)((const char *)memchr(line, '\n', s->used) - line) + 1;
		ssize_t n = write_some(s, line + s->done, len - s->done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			fail(s, n ? errno : EAGAIN);
			return;
		}
		s->done += (size_t)n;
		if (s->done < len)
			continue;
		s->done = 0;
		s->start += len;
		s->used -= len;
		s->lines++;
	}
	s->start = 0;
	s->failing[0] = '\0';
}

void
sink_put(struct sink *s, const char *line, size_t len)
{
	if (len > s->size - s->used) {
		sink_flush(s);
		if (len > s->size - s->used) {
			s->lost++;
			return;
		}
	}
	if (len > s->size - s->start - s->used) {
		memmove(s->buf, s->buf + s->start, s->used);
		s->start = 0;
	}
	memcpy(s->buf + s->start + s->used, line, len);
	s->used += len;
	sink_flush(s);
}

void
sink_close(struct sink *s)
{
	if (s->fd >= 0 && s->buf)
		sink_flush(s);
	if (s->fd >= 0 && s->fd != STDOUT_FILENO)
		close(s->fd);
	free(s->buf);
	*s = (struct sink){.fd = -1};
}
