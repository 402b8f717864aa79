#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "evidence.h"

/* The ring of a former run, and half-made files: their frame numbers mean nothing any more. Counts the files of findings. */
static void
look_through(struct aud_evidence *e, bool clear)
{
	struct dirent *d;

	e->files = e->file_bytes = 0;
	rewinddir(e->listing);
	while ((d = readdir(e->listing))) {
		struct stat st;

		if (clear && (ring_is_segment(d->d_name) || evidence_is_half(d->d_name)))
			unlinkat(e->ring.dir, d->d_name, 0);
		else if (evidence_is_file(d->d_name) && !fstatat(e->ring.dir, d->d_name, &st, AT_SYMLINK_NOFOLLOW) && S_ISREG(st.st_mode)) {
			e->files++;
			e->file_bytes += (uint64_t)st.st_size;
		}
	}
}

void
evidence_count(struct aud_evidence *e)
{
	look_through(e, false);
}

static enum aud_code
open_dir(struct aud_evidence *e, const char *dir, int *fd, struct aud_err *err)
{
	struct stat st;

	if (mkdir(dir, 0700) && errno != EEXIST)
		return aud_fail(err, AUD_IO, errno, "--evidence %s: cannot be made", dir);
	if ((*fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) < 0)
		return aud_fail(err, AUD_IO, errno, "--evidence %s: is no folder that can be used", dir);
	if (fstat(*fd, &st))
		return aud_fail(err, AUD_IO, errno, "--evidence %s", dir);
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return aud_fail(err, AUD_USAGE, 0, "--evidence %s: others may write in it, and so change evidence: chmod go-w it", dir);
	/* Whoever copied the descriptor would keep the lock, so it is closed on exec. */
	if (flock(*fd, LOCK_EX | LOCK_NB))
		return errno == EWOULDBLOCK ?
		    aud_fail(err, AUD_USAGE, 0, "--evidence %s: another process keeps its evidence there: end that one, or name another folder", dir) :
		    aud_fail(err, AUD_USAGE, errno, "--evidence %s: cannot be locked: name a folder of a local disk", dir);
	/* Reading the list moves a descriptor, and closing it closes one: it has its own. */
	int list = openat(*fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (list < 0 || !(e->listing = fdopendir(list))) {
		int sys = errno;

		if (list >= 0)
			close(list);
		return aud_fail(err, AUD_IO, sys, "--evidence %s: cannot be read", dir);
	}
	return AUD_OK;
}

enum aud_code
aud_evidence_open(struct aud_evidence **out, const struct aud_evidence_opts *o, struct aud_err *err)
{
	struct aud_evidence *e;
	enum aud_code code;
	int fd = -1;

	*out = NULL;
	if (o->size < AUD_EVIDENCE_SIZE_LEAST)
		return aud_fail(err, AUD_USAGE, 0, "--evidence-size: at least %llu MiB", (unsigned long long)(AUD_EVIDENCE_SIZE_LEAST >> 20));
	if (strlen(o->dir) + 64 > sizeof((struct aud_evidence_file *)NULL)->path)
		return aud_fail(err, AUD_USAGE, 0, "--evidence %.100s...: its name is too long", o->dir);
	if (!(e = calloc(1, sizeof *e)))
		return aud_nomem(err);
	e->ring.dir = -1;
	snprintf(e->application, sizeof e->application, "spanaudit%s%s", o->version ? " " : "", o->version ? o->version : "");
	code = open_dir(e, o->dir, &fd, err);
	if (code == AUD_OK)
		code = ring_open(&e->ring, fd, o->size, e->application, err);
	else if (fd >= 0)
		close(fd);
	if (code == AUD_OK && (!(e->dir = strdup(o->dir)) || !reader_open(&e->reader, &e->snapshot)))
		code = aud_nomem(err);
	if (code == AUD_OK)
		code = aud_decoder_new(&e->decoder, err);
	if (code != AUD_OK) {
		aud_evidence_close(e);
		return code;
	}
	look_through(e, true);
	*out = e;
	return AUD_OK;
}

void
aud_evidence_close(struct aud_evidence *e)
{
	if (!e)
		return;
	aud_decoder_free(e->decoder);
	reader_close(&e->reader);
	ring_close(&e->ring);
	if (e->listing)
		closedir(e->listing);
	if (e->ring.dir >= 0)
		close(e->ring.dir);
	free(e->dir);
	free(e);
}

void
aud_evidence_add(struct aud_evidence *e, const struct aud_frame *frames, size_t n)
{
	ring_add(&e->ring, frames, n);
}

void
aud_evidence_stats(struct aud_evidence *e, struct aud_evidence_stats *out)
{
	struct ring *r = &e->ring;

	pthread_mutex_lock(&r->lock);
	*out = (struct aud_evidence_stats){.segments = r->nsegments,
	    .bytes = r->bytes,
	    .frames = r->frames,
	    .skipped = r->skipped,
	    .waiting = r->waiting,
	    .failures = r->failures + e->failures,
	    .files = e->files,
	    .file_bytes = e->file_bytes,
	    .oldest_ns = r->nsegments ? r->segments[0]->first_ns : 0};
	snprintf(out->failing, sizeof out->failing, "%s", r->failing[0] ? r->failing : e->failing);
	pthread_mutex_unlock(&r->lock);
}
