#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "segments.h"

enum { NAME = 32 };
#define RETRY_NS UINT64_C(1000000000)

static void
name_of(char name[NAME], unsigned number)
{
	snprintf(name, NAME, "ring-%08u.pcapng", number);
}

bool
ring_is_segment(const char *name)
{
	size_t digits = strncmp(name, "ring-", 5) ? 0 : strspn(name + 5, "0123456789");

	return digits >= 8 && digits <= 10 && !strcmp(name + 5 + digits, ".pcapng");
}

struct segment *
segment_new(struct ring *r)
{
	struct segment *s = calloc(1, sizeof *s);

	if (!s || !(s->marks = malloc(MARKS * sizeof *s->marks))) {
		free(s);
		segment_fail(r, NULL, ENOMEM, NULL);
		return NULL;
	}
	s->fd = -1;
	s->refs = 1;
	s->number = r->next++;
	return s;
}

static void
destroy(struct segment *s)
{
	if (s->fd >= 0)
		close(s->fd);
	free(s->marks);
	free(s);
}

void
segment_put(struct ring *r, struct segment *s)
{
	if (--s->refs)
		return;
	/* The last one to close a file that was removed frees its blocks, which takes a while. */
	pthread_mutex_unlock(&r->lock);
	destroy(s);
	pthread_mutex_lock(&r->lock);
}

/* Out of the ring first, so that nobody finds it meanwhile. */
static void
forget(struct ring *r, unsigned i)
{
	struct segment *s = r->segments[i];
	char name[NAME];

	r->bytes -= s->size;
	memmove(r->segments + i, r->segments + i + 1, (--r->nsegments - i) * sizeof *r->segments);
	name_of(name, s->number);
	pthread_mutex_unlock(&r->lock);
	unlinkat(r->dir, name, 0);
	pthread_mutex_lock(&r->lock);
	segment_put(r, s);
}

void
segment_forget(struct ring *r)
{
	forget(r, 0);
}

/*
 * The disk refused: the segment keeps the blocks that it has whole and takes no more. The oldest one goes, since new packets are worth
 * more than old ones, and whoever else needs the disk may have the room.
 */
void
segment_fail(struct ring *r, struct chunk *c, int sys, const char *why)
{
	if (c) {
		c->segment->failed = true;
		r->frames -= c->frames;
		r->skipped += c->frames;
		if (c->segment->fd >= 0 && ftruncate(c->segment->fd, (off_t)c->segment->size))
			why = "what was written by half cannot be removed";
		/* Without its first block it is no file of pcapng. It is the last one, if it is in the ring. */
		if (c->segment->fd >= 0 && !c->segment->size)
			forget(r, r->nsegments - 1);
	}
	if (r->nsegments > 1 && sys != ENOMEM)
		segment_forget(r);
	/* Several chunks may fail for one reason. */
	r->failures += !r->failing[0];
	r->retry_ns = ring_monotonic() + RETRY_NS;
	snprintf(r->failing, sizeof r->failing, "recent packets cannot be kept: %s", why ? why : strerror(sys));
}

/* What stands in the way under that name, a symbolic link or a former run's file, is removed, never opened. */
static int
create(int dir, unsigned number)
{
	const int flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	char name[NAME];
	int fd;

	name_of(name, number);
	fd = openat(dir, name, flags, 0600);
	if (fd < 0 && errno == EEXIST && !unlinkat(dir, name, 0))
		fd = openat(dir, name, flags, 0600);
	return fd;
}

static int
write_all(int fd, const uint8_t *p, size_t n, uint64_t offset)
{
	while (n) {
		ssize_t w = pwrite(fd, p, n, (off_t)offset);

		if (w < 0 && errno == EINTR)
			continue;
		if (w <= 0)
			return w ? errno : EIO;
		p += w;
		n -= (size_t)w;
		offset += (uint64_t)w;
	}
	return 0;
}

static int
begin(struct ring *r, struct segment *s)
{
	int fd, sys;

	/* None is larger than its share of the ring. */
	if (r->nsegments == SEGMENTS)
		segment_forget(r);
	pthread_mutex_unlock(&r->lock);
	fd = create(r->dir, s->number);
	sys = errno;
	pthread_mutex_lock(&r->lock);
	if (fd < 0)
		return sys;
	s->fd = fd;
	s->refs++;
	r->segments[r->nsegments++] = s;
	return 0;
}

void
segment_write(struct ring *r, struct chunk *c)
{
	struct segment *s = c->segment;
	int sys = 0;

	/* Behind a hole nothing could be read. */
	if (s->failed) {
		r->frames -= c->frames;
		r->skipped += c->frames;
		return;
	}
	if (s->fd < 0)
		sys = begin(r, s);
	if (!sys) {
		pthread_mutex_unlock(&r->lock);
		sys = write_all(s->fd, c->buf, c->used, c->offset);
		pthread_mutex_lock(&r->lock);
	}
	if (sys) {
		segment_fail(r, c, sys, NULL);
		return;
	}
	s->size = c->offset + c->used;
	r->bytes += c->used;
	r->retry_ns = 0;
	r->failing[0] = '\0';
}
