#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <archive.h>
#include <archive_entry.h>

#include "gunzip.h"
#include "unpack.h"

struct unpack {
	struct archive *a;
	struct gunzip *gzip;	/* instead */
	unpack_input *input;
	void *user;
	bool ended;
	const uint8_t *block;	/* unpacked, not yet read */
	size_t left;
	uint8_t buf[64 << 10];
};

/* A container is a row; found by content alone. */
static const struct kind {
	const char *name, *magic;
	size_t len;
	int (*enable)(struct archive *);	/* NULL: not by libarchive */
} kinds[] = {
    {"gzip", "\x1f\x8b", 2, NULL},
    {"zstd", "\x28\xb5\x2f\xfd", 4, archive_read_support_filter_zstd},
    {"xz", "\xfd" "7zXZ", 6, archive_read_support_filter_xz},
    {"lz4", "\x04\x22\x4d\x18", 4, archive_read_support_filter_lz4},
    {"lz4", "\x02\x21\x4c\x18", 4, archive_read_support_filter_lz4},
    {"bzip2", "BZh", 3, archive_read_support_filter_bzip2},
};

static const struct kind *
kind_of(struct aud_view head)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (view_left(&head) >= kinds[i].len && !memcmp(head.p, kinds[i].magic, kinds[i].len))
			return &kinds[i];
	return NULL;
}

const char *
unpack_kind(struct aud_view head)
{
	const struct kind *k = kind_of(head);

	return k ? k->name : NULL;
}

static la_ssize_t
feed(struct archive *a, void *user, const void **buf)
{
	struct unpack *u = user;
	ssize_t n = u->input(u->user, u->buf, sizeof u->buf);

	*buf = u->buf;
	if (n < 0)
		archive_set_error(a, errno, "%s", strerror(errno));
	return n;
}

static enum aud_code
open_archive(struct unpack *u, const char *kind, struct aud_err *err)
{
	struct archive_entry *entry;
	int rc;

	u->a = archive_read_new();
	if (!u->a)
		return aud_nomem(err);
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		/* Anything but OK means that libarchive would run a program for it. */
		if (!strcmp(kinds[i].name, kind) && kinds[i].enable(u->a) != ARCHIVE_OK)
			return aud_fail(err, AUD_FORMAT, 0,
			    "%s data: this libarchive cannot unpack it; unpack it first", kind);
	archive_read_support_format_raw(u->a);
	archive_read_support_format_empty(u->a);
	rc = archive_read_open2(u->a, u, NULL, feed, NULL, NULL);
	if (rc == ARCHIVE_OK)
		rc = archive_read_next_header(u->a, &entry);
	if (rc != ARCHIVE_OK && rc != ARCHIVE_EOF)
		return aud_fail(err, AUD_FORMAT, 0, "%s data that cannot be unpacked: %s", kind, unpack_why(u));
	u->ended = rc == ARCHIVE_EOF;
	return AUD_OK;
}

enum aud_code
unpack_open(struct unpack **out, const char *kind, unpack_input *input, void *user, struct aud_err *err)
{
	struct unpack *u = calloc(1, sizeof *u);
	enum aud_code code;

	if (!u)
		return aud_nomem(err);
	u->input = input;
	u->user = user;
	if (!strcmp(kind, "gzip"))
		code = gunzip_open(&u->gzip, input, user, err);
	else
		code = open_archive(u, kind, err);
	if (code == AUD_OK)
		*out = u;
	else
		unpack_close(u);
	return code;
}

/* By archive_read_data_block(), since archive_read_data() forgets what it has copied when the next block is broken. */
ssize_t
unpack_read(struct unpack *u, uint8_t *buf, size_t n)
{
	if (u->gzip)
		return gunzip_read(u->gzip, buf, n);
	while (!u->left && !u->ended) {
		const void *block;
		la_int64_t offset;
		int rc = archive_read_data_block(u->a, &block, &u->left, &offset);
		u->block = block;
		u->ended = rc == ARCHIVE_EOF;
		if (rc == ARCHIVE_EOF)
			u->left = 0;
		else if (rc < ARCHIVE_OK && rc != ARCHIVE_RETRY && rc != ARCHIVE_WARN)
			return -1;
	}
	n = n < u->left ? n : u->left;
	if (n) {
		memcpy(buf, u->block, n);
		u->block += n;
		u->left -= n;
	}
	return (ssize_t)n;
}

const char *
unpack_why(struct unpack *u)
{
	const char *why = u->gzip ? gunzip_why(u->gzip) : archive_error_string(u->a);

	return why ? why : "unknown error";
}

void
unpack_close(struct unpack *u)
{
	if (!u)
		return;
	gunzip_close(u->gzip);
	archive_read_free(u->a);
	free(u);
}
