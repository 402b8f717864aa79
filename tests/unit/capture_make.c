#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "capture_make.h"

void
put(struct bytes *b, const void *p, size_t n)
{
	if (b->n + n > b->room) {
		b->room = 2 * (b->n + n);
		b->p = realloc(b->p, b->room);
		assert_non_null(b->p);
	}
	if (n)
		memcpy(b->p + b->n, p, n);
	b->n += n;
}

void
put_u8(struct bytes *b, unsigned v)
{
	uint8_t c = (uint8_t)v;

	put(b, &c, 1);
}

static void
put_uint(struct bytes *b, uint64_t v, int size)
{
	for (int i = 0; i < size; i++)
		put_u8(b, (unsigned)(v >> 8 * (b->big ? size - 1 - i : i)) & 0xff);
}

void
put_u16(struct bytes *b, unsigned v)
{
	put_uint(b, v, 2);
}

void
put_u32(struct bytes *b, uint32_t v)
{
	put_uint(b, v, 4);
}

void
put_u64(struct bytes *b, uint64_t v)
{
	put_uint(b, v, 8);
}

void
put_fill(struct bytes *b, uint8_t seed, size_t n)
{
	while (n--)
		put_u8(b, seed++);
}

void
bytes_free(struct bytes *b)
{
	free(b->p);
	*b = (struct bytes){0};
}

void
put_pcap_header(struct bytes *b, uint32_t magic, unsigned minor, uint32_t snaplen, uint32_t network)
{
	put_u32(b, magic);
	put_u16(b, 2);
	put_u16(b, minor);
	put_u64(b, 0);
	put_u32(b, snaplen);
	put_u32(b, network);
}

void
put_pcap_record(struct bytes *b, uint32_t sec, uint32_t frac, uint32_t caplen, uint32_t wirelen)
{
	put_u32(b, sec);
	put_u32(b, frac);
	put_u32(b, caplen);
	put_u32(b, wirelen);
	put_fill(b, (uint8_t)caplen, caplen);
}

static size_t
begin_block(struct bytes *b, uint32_t type)
{
	put_u32(b, type);
	put_u32(b, 0);
	return b->n - 8;
}

static void
end_block(struct bytes *b, size_t at)
{
	struct bytes len = {.big = b->big};

	while ((b->n - at) % 4)
		put_u8(b, 0);
	put_u32(&len, (uint32_t)(b->n - at + 4));
	memcpy(b->p + at + 4, len.p, 4);
	put(b, len.p, 4);
	bytes_free(&len);
}

void
put_ng_section(struct bytes *b, unsigned major, unsigned minor)
{
	size_t at = begin_block(b, 0x0a0d0d0a);

	put_u32(b, 0x1a2b3c4d);
	put_u16(b, major);
	put_u16(b, minor);
	put_u64(b, UINT64_MAX);
	end_block(b, at);
}

void
put_ng_interface(struct bytes *b, unsigned linktype, uint32_t snaplen, int tsresol, int64_t tsoffset)
{
	size_t at = begin_block(b, 1);

	put_u16(b, linktype);
	put_u16(b, 0);
	put_u32(b, snaplen);
	put_u16(b, 2);	/* if_name, of an odd length */
	put_u16(b, 3);
	put(b, "eth\0", 4);
	if (tsresol >= 0) {
		put_u16(b, 9);
		put_u16(b, 1);
		put_u8(b, (unsigned)tsresol);
		put(b, "\0\0", 3);
	}
	if (tsoffset) {
		put_u16(b, 14);
		put_u16(b, 8);
		put_u64(b, (uint64_t)tsoffset);
	}
	put_u32(b, 0);
	end_block(b, at);
}

void
put_ng_enhanced(struct bytes *b, uint32_t iface, uint64_t ticks, uint32_t caplen, uint32_t wirelen)
{
	size_t at = begin_block(b, 6);

	put_u32(b, iface);
	put_u32(b, (uint32_t)(ticks >> 32));
	put_u32(b, (uint32_t)ticks);
	put_u32(b, caplen);
	put_u32(b, wirelen);
	put_fill(b, (uint8_t)caplen, caplen);
	end_block(b, at);
}

void
put_ng_simple(struct bytes *b, uint32_t caplen, uint32_t wirelen)
{
	size_t at = begin_block(b, 3);

	put_u32(b, wirelen);
	put_fill(b, (uint8_t)caplen, caplen);
	end_block(b, at);
}

void
put_ng_obsolete(struct bytes *b, unsigned iface, uint64_t ticks, uint32_t caplen, uint32_t wirelen)
{
	size_t at = begin_block(b, 2);

	put_u16(b, iface);
	put_u16(b, 0xffff);
	put_u32(b, (uint32_t)(ticks >> 32));
	put_u32(b, (uint32_t)ticks);
	put_u32(b, caplen);
	put_u32(b, wirelen);
	put_fill(b, (uint8_t)caplen, caplen);
	end_block(b, at);
}

void
put_ng_statistics(struct bytes *b, uint32_t iface, uint64_t ifdrop, uint64_t osdrop)
{
	size_t at = begin_block(b, 5);

	put_u32(b, iface);
	put_u64(b, 0);
	put_u16(b, 4);	/* isb_ifrecv */
	put_u16(b, 8);
	put_u64(b, 1000);
	put_u16(b, 5);
	put_u16(b, 8);
	put_u64(b, ifdrop);
	put_u16(b, 7);
	put_u16(b, 8);
	put_u64(b, osdrop);
	put_u32(b, 0);
	end_block(b, at);
}

void
put_ng_other(struct bytes *b, uint32_t type, size_t body)
{
	size_t at = begin_block(b, type);

	put_fill(b, 1, body);
	end_block(b, at);
}

struct anonymous
file_of(const void *p, size_t n)
{
	struct anonymous a = {.fd = memfd_create("capture", MFD_CLOEXEC)};

	assert_true(a.fd >= 0);
	if (n)
		assert_true(write(a.fd, p, n) == (ssize_t)n);
	snprintf(a.path, sizeof a.path, "/proc/self/fd/%d", a.fd);
	return a;
}

struct anonymous
pipe_of(const void *p, size_t n)
{
	struct anonymous a;
	int fd[2];

	assert_true(n <= 60000);
	assert_int_equal(pipe(fd), 0);
	assert_true(write(fd[1], p, n) == (ssize_t)n);
	close(fd[1]);
	a.fd = fd[0];
	snprintf(a.path, sizeof a.path, "/proc/self/fd/%d", a.fd);
	return a;
}

static void
cut_all(struct aud_capture *c, struct aud_block *b, struct result *r, size_t batch)
{
	struct aud_frame f[64];
	size_t n;

	while ((n = aud_capture_cut(c, b, f, batch)))
		for (size_t i = 0; i < n; i++) {
			uint32_t sum = 0;
			assert_true(r->n < FRAMES_MAX);
			for (uint32_t k = 0; k < f[i].caplen; k++)
				sum = sum * 31 + f[i].data[k];
			r->sums[r->n] = sum;
			f[i].data = (const uint8_t *)(uintptr_t)(f[i].caplen ? *f[i].data : 0);
			r->frames[r->n++] = f[i];
		}
}

struct result *
read_capture(const char *path, const struct how *how)
{
	struct aud_capture_opts opts = {.block_size = how->block_size, .filter = how->filter, .stop = how->stop};
	struct result *r = calloc(1, sizeof *r);
	size_t flight = how->in_flight ? how->in_flight : 1, batch = how->batch ? how->batch : 16;
	struct aud_block blocks[8] = {0};
	struct aud_capture *c;

	assert_non_null(r);
	r->code = aud_capture_open(&c, path, &opts, &r->err);
	if (r->code != AUD_OK)
		return r;
	r->opened_ns = aud_capture_info(c)->first_ns;
	r->parallel = aud_capture_parallel(c);
	if (!r->parallel)
		flight = 1;
	while (r->code == AUD_OK) {
		size_t n = 0;
		while (n < flight && (r->code = aud_capture_claim(c, &blocks[n], &r->err)) == AUD_OK)
			n++;
		for (size_t i = n; i-- > 0;)
			assert_int_equal(aud_capture_load(c, &blocks[i], &r->err), AUD_OK);
		for (size_t i = 0; i < n; i++)
			cut_all(c, &blocks[i], r, batch);
	}
	if (r->code == AUD_END)
		r->code = AUD_OK;
	r->info = *aud_capture_info(c);
	r->info.path = NULL;	/* dies with the capture */
	for (size_t i = 0; i < 8; i++)
		aud_block_free(&blocks[i]);
	aud_capture_close(c);
	return r;
}

struct result *
read_bytes(const struct bytes *b, const struct how *how)
{
	struct anonymous a = file_of(b->p, b->n);
	struct result *r = read_capture(a.path, how);

	close(a.fd);
	return r;
}

void
same_frames(const struct result *a, const struct result *b)
{
	assert_int_equal(a->code, b->code);
	assert_int_equal(a->n, b->n);
	for (size_t i = 0; i < a->n; i++) {
		assert_int_equal(a->frames[i].no, b->frames[i].no);
		assert_int_equal(a->frames[i].ts_ns, b->frames[i].ts_ns);
		assert_int_equal(a->frames[i].caplen, b->frames[i].caplen);
		assert_int_equal(a->frames[i].wirelen, b->frames[i].wirelen);
		assert_int_equal(a->frames[i].dlt, b->frames[i].dlt);
		assert_int_equal(a->frames[i].has_ts, b->frames[i].has_ts);
		assert_int_equal(a->sums[i], b->sums[i]);
	}
	assert_int_equal(a->info.frames, b->info.frames);
	assert_int_equal(a->info.bytes, b->info.bytes);
	assert_int_equal(a->info.first_ns, b->info.first_ns);
	assert_int_equal(a->info.last_ns, b->info.last_ns);
	assert_int_equal(a->info.backward, b->info.backward);
	assert_int_equal(a->info.broken, b->info.broken);
	assert_int_equal(a->info.broken_at, b->info.broken_at);
	assert_string_equal(a->info.broken_why, b->info.broken_why);
}
