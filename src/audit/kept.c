#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "hash.h"
#include "kept.h"
#include "put.h"

enum { CELL = 256, TCP = 6, UDP = 17, SYN = 2, V4_HEADER = 20, V6_HEADER = 40, TCP_HEADER = 20, UDP_HEADER = 8 };

/* The first cell of a flow. Behind it come cells that are a number and bytes. */
struct first {
	uint32_t next;		/* cell, 0 none: as in each of them */
	uint32_t last, chain;	/* chain: the next flow of the bucket */
	uint32_t older, newer;
	uint32_t bytes;
	uint32_t cells;
	uint32_t full;		/* a packet was left out */
	struct aud_flow *flow;
};
enum { FIRST_DATA = CELL - sizeof(struct first), DATA = CELL - sizeof(uint32_t) };

static uint8_t *
cell_at(const struct kept *k, uint32_t n)
{
	return k->cells + (size_t)(n - 1) * CELL;
}

static struct first *
first_at(const struct kept *k, uint32_t n)
{
	return (struct first *)(void *)cell_at(k, n);
}

static uint32_t
next_of(const struct kept *k, uint32_t n)
{
	uint32_t next;

	memcpy(&next, cell_at(k, n), sizeof next);
	return next;
}

static void
link_cell(struct kept *k, uint32_t n, uint32_t next)
{
	memcpy(cell_at(k, n), &next, sizeof next);
}

enum aud_code
kept_open(struct kept *k, size_t bytes, struct aud_err *err)
{
	size_t n = bytes / (CELL + sizeof *k->buckets), buckets = 16;
	void *mem;

	*k = (struct kept){0};
	if (!n)
		return AUD_OK;
	while (buckets * 2 <= n)
		buckets *= 2;
	if (!(k->buckets = calloc(buckets, sizeof *k->buckets)))
		return aud_nomem(err);
	/* Mapped: what is not used costs nothing. */
	mem = mmap(NULL, n * CELL, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mem == MAP_FAILED) {
		kept_close(k);
		return aud_nomem(err);
	}
	k->cells = mem;
	k->ncells = k->nfree = (uint32_t)n;
	k->mask = (uint32_t)buckets - 1;
	return AUD_OK;
}

void
kept_close(struct kept *k)
{
	if (k->cells)
		munmap(k->cells, (size_t)k->ncells * CELL);
	free(k->buckets);
	*k = (struct kept){0};
}

static uint32_t *
bucket(const struct kept *k, const struct aud_flow *f)
{
	return &k->buckets[mix64((uintptr_t)f) & k->mask];
}

static uint32_t
find(const struct kept *k, const struct aud_flow *f)
{
	uint32_t n;

	if (!(f->bits & AUD_FLOW_KEPT))
		return 0;
	for (n = *bucket(k, f); n && first_at(k, n)->flow != f; n = first_at(k, n)->chain)
		;
	return n;
}

static uint32_t
take(struct kept *k)
{
	uint32_t n = k->free;

	k->nfree--;
	if (!n)
		return ++k->fresh;
	k->free = next_of(k, n);
	return n;
}

void
kept_drop(struct kept *k, struct aud_flow *f)
{
	uint32_t n = find(k, f), *from;
	struct first *x;

	if (!n)
		return;
	f->bits &= ~(uint32_t)AUD_FLOW_KEPT;
	x = first_at(k, n);
	for (from = bucket(k, f); *from != n; from = &first_at(k, *from)->chain)
		;
	*from = x->chain;
	*(x->older ? &first_at(k, x->older)->newer : &k->oldest) = x->newer;
	*(x->newer ? &first_at(k, x->newer)->older : &k->newest) = x->older;
	k->nfree += x->cells;
	link_cell(k, x->last, k->free);
	k->free = n;
}

static struct first *
begin(struct kept *k, struct aud_flow *f)
{
	uint32_t n = take(k), *from = bucket(k, f);
	struct first *x = first_at(k, n);

	*x = (struct first){.last = n, .chain = *from, .older = k->newest, .cells = 1, .flow = f};
	*from = n;
	*(k->newest ? &first_at(k, k->newest)->newer : &k->oldest) = n;
	k->newest = n;
	f->bits |= AUD_FLOW_KEPT;
	return x;
}

static void
append(struct kept *k, struct first *x, const uint8_t *p, size_t n)
{
	while (n) {
		size_t in = x->cells == 1 ? x->bytes : (x->bytes - FIRST_DATA) - (size_t)(x->cells - 2) * DATA;
		size_t size = x->cells == 1 ? FIRST_DATA : DATA, head = CELL - size, some = size - in < n ? size - in : n;

		if (!some) {
			uint32_t more = take(k);

			link_cell(k, more, 0);
			link_cell(k, x->last, more);
			x->last = more;
			x->cells++;
			continue;
		}
		memcpy(cell_at(k, x->last) + head + in, p, some);
		x->bytes += (uint32_t)some;
		p += some;
		n -= some;
	}
}

/* Room for n bytes more beside what the flow has; false: there is none even without all others. */
static bool
room(struct kept *k, struct aud_flow *f, size_t n)
{
	size_t cells = n / DATA + 2;

	if (cells > k->ncells / 8)
		return false;
	while (k->nfree < cells && k->oldest && first_at(k, k->oldest)->flow != f) {
		kept_drop(k, first_at(k, k->oldest)->flow);
		k->lost++;
	}
	return k->nfree >= cells;
}

void
kept_add(struct kept *k, struct aud_flow *f, const struct aud_packet *p, int side)
{
	bool v6 = p->bits & AUD_PKT_V6;
	size_t header = v6 ? V6_HEADER : V4_HEADER, n = p->caplen > p->l4 ? p->caplen - p->l4 : 0;
	uint32_t at = find(k, f), sent = p->iplen > p->l4 ? p->iplen - p->l4 : 0;
	uint8_t head[KEPT_HEAD + V6_HEADER], *ip = head + KEPT_HEAD;
	struct first *x = at ? first_at(k, at) : NULL;

	if ((p->proto != TCP && p->proto != UDP) || n < (p->proto == TCP ? TCP_HEADER : UDP_HEADER) || p->bits & (AUD_PKT_LATER | AUD_PKT_QUOTE | AUD_PKT_NOPORTS))
		return;
	if (!x && p->proto == TCP && p->tcp_flags == SYN && f->packets[0] + f->packets[1] == 1)
		return;
	n = n < sent ? n : sent;
	if (n > UINT16_MAX - V6_HEADER || (x ? x->bytes : 0) + KEPT_HEAD + header + n > KEPT_BYTES || !room(k, f, KEPT_HEAD + header + n)) {
		if (!x || !x->full)
			k->lost++;
		if (x)
			x->full = 1;
		return;
	}
	put64(put64(head, p->ts_ns), p->frame_no);
	put16(put32(head + 16, sent), (uint16_t)n);
	head[22] = (uint8_t)side;
	head[23] = (uint8_t)((p->bits & AUD_PKT_AH ? KEPT_AH : 0) | (p->bits & AUD_PKT_CLEAR ? KEPT_CLEAR : 0) |
	    (p->bits & AUD_PKT_FRAGMENT ? KEPT_FRAGMENT : 0));
	memcpy(ip, p->ip, header);
	/* nDPI takes nothing for a packet that says of itself to be longer than it is. */
	if (p->l4 > header)
		put16(ip + (v6 ? 4 : 2), (uint16_t)(v6 ? sent : header + sent));
	if (v6)
		ip[6] = p->proto;
	else {
		ip[0] = 0x45;
		ip[6] = ip[7] = 0;
		ip[9] = p->proto;
	}
	if (!x)
		x = begin(k, f);
	append(k, x, head, KEPT_HEAD + header);
	append(k, x, p->ip + p->l4, n);
}

size_t
kept_size(const struct kept *k, const struct aud_flow *f)
{
	uint32_t n = find(k, f);

	return n ? first_at(k, n)->bytes : 0;
}

void
kept_copy(const struct kept *k, const struct aud_flow *f, uint8_t *out)
{
	uint32_t at = find(k, f);
	size_t left = at ? first_at(k, at)->bytes : 0, size = FIRST_DATA;

	for (; left && at; at = next_of(k, at), size = DATA) {
		size_t n = left < size ? left : size;

		memcpy(out, cell_at(k, at) + CELL - size, n);
		out += n;
		left -= n;
	}
}
