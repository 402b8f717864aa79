/* The ring: segments in a folder, the oldest deleted when there is no room for a further one. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ring.h"

/* SHARE: segments in the ring, so that deleting one makes it forget a thirty-second part. */
enum { BUFFER = 1 << 19, SHARE = SEGMENTS - 1, NAME = 32 };
#define RETRY_NS UINT64_C(1000000000)

static uint64_t
monotonic(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

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

static void
forget(struct ring *r, struct segment *s)
{
	char name[NAME];

	name_of(name, s->number);
	unlinkat(r->dir, name, 0);
	close(s->fd);
	free(s->marks);
	free(s);
}

static void
forget_oldest(struct ring *r)
{
	struct segment *s = r->segments[0];

	r->bytes -= s->size;
	memmove(r->segments, r->segments + 1, --r->nsegments * sizeof *r->segments);
	forget(r, s);
}

static struct segment *
current(const struct ring *r)
{
	return r->nsegments ? r->segments[r->nsegments - 1] : NULL;
}

/*
 * The disk refused: the segment keeps the blocks that it has whole, what was to be added is lost. The oldest goes, since new packets
 * are worth more than old ones, and whoever else needs the disk may have the room.
 */
static void
fail(struct ring *r, int sys)
{
	struct segment *s = current(r);

	if (s) {
		if (ftruncate(s->fd, (off_t)s->size) && !sys)
			sys = errno;
		s->nmarks = r->marks_kept;
		s->ninterfaces = r->interfaces_kept;
		r->marked = s->nmarks ? s->marks[s->nmarks - 1].offset : 0;
	}
	if (r->nsegments > 1)
		forget_oldest(r);
	r->skipped += r->buffered;
	r->frames -= r->buffered;
	r->buffered = 0;
	r->used = 0;
	r->failures++;
	r->retry_ns = monotonic() + RETRY_NS;
	snprintf(r->failing, sizeof r->failing, "recent packets cannot be kept: %s", strerror(sys));
}

bool
ring_flush(struct ring *r)
{
	struct segment *s = current(r);
	size_t done = 0;

	while (done < r->used) {
		ssize_t n = pwrite(s->fd, r->buf + done, r->used - done, (off_t)(s->size + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			fail(r, n ? errno : EIO);
			return false;
		}
		done += (size_t)n;
	}
	if (!done)
		return true;
	s->size += done;
	r->bytes += done;
	r->used = 0;
	r->buffered = 0;
	r->marks_kept = s->nmarks;
	r->interfaces_kept = s->ninterfaces;
	r->retry_ns = 0;
	r->failing[0] = '\0';
	return true;
}

/* What stands in the way under that name, a symbolic link or a former run's file, is removed, never opened. */
static int
create(struct ring *r, unsigned number)
{
	const int flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	char name[NAME];
	int fd;

	name_of(name, number);
	fd = openat(r->dir, name, flags, 0600);
	if (fd < 0 && errno == EEXIST && !unlinkat(r->dir, name, 0))
		fd = openat(r->dir, name, flags, 0600);
	return fd;
}

static bool
begin_segment(struct ring *r)
{
	struct segment *s;

	while (r->nsegments && (r->nsegments == SHARE || r->bytes + r->segment_size > r->size))
		forget_oldest(r);
	s = calloc(1, sizeof *s);
	if (!s || !(s->marks = calloc(MARKS, sizeof *s->marks)) || (s->fd = create(r, r->next)) < 0) {
		int sys = s && s->marks ? errno : ENOMEM;

		if (s)
			free(s->marks);
		free(s);
		fail(r, sys);
		return false;
	}
	s->number = r->next++;
	r->segments[r->nsegments++] = s;
	r->marks_kept = r->interfaces_kept = 0;
	r->marked = 0;
	r->used = block_section(r->buf, r->application, NULL);
	return true;
}

/* The frame's interface in the segment, told there where it is new. */
static uint32_t
interface(struct ring *r, struct segment *s, const struct aud_frame *f)
{
	uint16_t input = (uint16_t)(f->no >> 48);
	unsigned i = 0;

	while (i < s->ninterfaces && (s->interfaces[i].input != input || s->interfaces[i].dlt != f->dlt))
		i++;
	if (i == s->ninterfaces) {
		s->interfaces[i].input = input;
		s->interfaces[i].dlt = f->dlt;
		s->interfaces[i].first = f->no;
		r->used += block_interface(r->buf + r->used, f->dlt, NULL);
		s->ninterfaces++;
	}
	s->interfaces[i].last = f->no;
	return i;
}

static void
mark(struct ring *r, struct segment *s, uint64_t no)
{
	uint64_t offset = s->size + r->used;

	if (s->nmarks == MARKS || (s->nmarks && offset - r->marked < r->segment_size / MARKS))
		return;
	s->marks[s->nmarks++] = (struct mark){no, offset};
	r->marked = offset;
}

/* Where the next frame goes; NULL: nowhere at present. */
static struct segment *
place_for(struct ring *r, size_t caplen)
{
	struct segment *s = current(r);

	if (r->retry_ns && monotonic() < r->retry_ns)
		return NULL;
	if (r->used + HEAD_MAX + BLOCK_MAX > BUFFER && !ring_flush(r))
		return NULL;
	if (s && s->size + r->used + HEAD_MAX + caplen <= r->segment_size && s->ninterfaces < INTERFACES)
		return s;
	return ring_flush(r) && begin_segment(r) ? current(r) : NULL;
}

void
ring_add(struct ring *r, const struct aud_frame *f)
{
	struct segment *s = place_for(r, f->caplen < FRAME_MAX ? f->caplen : FRAME_MAX);
	uint32_t i;

	if (!s) {
		r->skipped++;
		return;
	}
	i = interface(r, s, f);
	if (!s->first_ns)
		s->first_ns = f->ts_ns;
	mark(r, s, f->no);
	r->used += block_packet(r->buf + r->used, i, f, f->no, NULL);
	r->buffered++;
	r->frames++;
}

enum aud_code
ring_open(struct ring *r, int dir, uint64_t size, const char *application, struct aud_err *err)
{
	*r = (struct ring){.dir = dir, .application = application, .size = size, .segment_size = size / SHARE, .next = 1};
	if (!(r->buf = malloc(BUFFER)))
		return aud_nomem(err);
	return AUD_OK;
}

void
ring_close(struct ring *r)
{
	while (r->nsegments)
		forget_oldest(r);
	free(r->buf);
	r->buf = NULL;
}
