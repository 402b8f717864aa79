/* Definitions -> disjoint segments in the order of addresses, each with the definitions that hold there; then a binary search. */
#include <stdint.h>
#include <stdlib.h>

#include <aud/attrib.h>

#include "order.h"
#include "view.h"

/* An address as a number; the families are searched apart. */
struct key {
	uint64_t hi, lo;
};

struct segment {
	struct key end;	/* inclusive */
	uint32_t first, count;	/* in order[]: the definitions of the narrowest range here, several where they are bound to ports */
};

struct aud_attrib {
	const struct aud_host **order;
	struct key *begin;	/* apart from the rest, so that a search touches few cache lines */
	struct segment *segments;
	size_t n, n4;		/* IPv4 first */
};

static struct key
key_of(const struct aud_addr *a)
{
	return a->family == 4 ? (struct key){0, be32(a->b)} : (struct key){be64(a->b), be64(a->b + 8)};
}

static bool
key_less(struct key a, struct key b)
{
	return a.hi != b.hi ? a.hi < b.hi : a.lo < b.lo;
}

static struct key
key_step(struct key k, bool up)
{
	uint64_t lo = up ? k.lo + 1 : k.lo - 1;

	if (up)
		return (struct key){k.hi + (lo == 0), lo};
	return (struct key){k.hi - (k.lo == 0), lo};
}

/* Where the walk along the addresses of one family is: open ranges, each inside the one before, and the first address not covered. */
struct walk {
	struct aud_attrib *to;
	struct segment *open;
	size_t n;
	struct key at;
	bool over;	/* behind the last address of all */
};

/* The innermost open range covers the addresses from w->at to end. */
static void
emit(struct walk *w, struct key end)
{
	const struct segment *s = &w->open[w->n - 1];

	if (w->over || key_less(end, w->at))
		return;
	w->to->begin[w->to->n] = w->at;
	w->to->segments[w->to->n++] = (struct segment){end, s->first, s->count};
}

static void
close_innermost(struct walk *w)
{
	struct key end = w->open[w->n - 1].end;

	emit(w, end);
	w->over |= end.hi == UINT64_MAX && end.lo == UINT64_MAX;
	w->at = key_step(end, true);
	w->n--;
}

/* The definitions order[first..end) of one family. */
static void
compile(struct aud_attrib *a, struct segment *open, size_t first, size_t end)
{
	struct walk w = {.to = a, .open = open};

	for (size_t i = first, next; i < end; i = next) {
		struct key lo = key_of(&a->order[i]->lo);

		for (next = i + 1; next < end && order_same(a->order[i], a->order[next]);)
			next++;
		while (w.n && key_less(w.open[w.n - 1].end, lo))
			close_innermost(&w);
		if (w.n && key_less(w.at, lo))
			emit(&w, key_step(lo, false));
		w.at = lo;
		w.open[w.n++] = (struct segment){key_of(&a->order[i]->hi), (uint32_t)i, (uint32_t)(next - i)};
	}
	while (w.n)
		close_innermost(&w);
}

enum aud_code
aud_attrib_new(struct aud_attrib **out, const struct aud_site *site, struct aud_err *err)
{
	struct segment *open = NULL;
	struct aud_attrib *a;
	size_t n4 = 0, n;
	enum aud_code code = AUD_NOMEM;

	*out = NULL;
	if (!site)
		return AUD_OK;
	n = site->nhosts;
	a = calloc(1, sizeof *a);
	if (!a)
		return aud_nomem(err);
	/* n ranges have 2n ends, and so at most 2n - 1 segments between them. */
	a->begin = calloc(2 * n + 1, sizeof *a->begin);
	a->segments = calloc(2 * n + 1, sizeof *a->segments);
	open = calloc(n + 1, sizeof *open);
	if (!a->begin || !a->segments || !open) {
		aud_nomem(err);
		goto out;
	}
	code = order_hosts(site, &a->order, err);
	if (code)
		goto out;
	while (n4 < n && a->order[n4]->lo.family == 4)
		n4++;
	compile(a, open, 0, n4);
	a->n4 = a->n;
	compile(a, open, n4, n);
	*out = a;
	a = NULL;
out:
	free(open);
	aud_attrib_free(a);
	return code;
}

void
aud_attrib_free(struct aud_attrib *a)
{
	if (!a)
		return;
	free(a->order);
	free(a->begin);
	free(a->segments);
	free(a);
}

static bool
holds(const struct aud_host *h, uint16_t port, uint8_t proto)
{
	/* A definition bound to ports says nothing that could tell apart what has none: ESP, ICMP. */
	if (!h->nports || (proto != 6 && proto != 17 && proto != 132))
		return true;
	for (size_t i = 0; i < h->nports; i++)
		if (h->ports[i].port == port && h->ports[i].proto == proto)
			return true;
	return false;
}

/* NULL: nobody said anything of the address. */
static const struct segment *
segment_of(const struct aud_attrib *a, const struct aud_addr *addr)
{
	struct key k = key_of(addr);
	size_t lo, hi, from;

	if (!a || !addr->family)
		return NULL;
	/* The last segment that begins at or before the address. */
	from = lo = addr->family == 4 ? 0 : a->n4;
	hi = addr->family == 4 ? a->n4 : a->n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (key_less(k, a->begin[mid]))
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo == from || key_less(a->segments[lo - 1].end, k) ? NULL : &a->segments[lo - 1];
}

struct aud_who
aud_attrib_find(const struct aud_attrib *a, const struct aud_addr *addr, uint16_t port, uint8_t proto)
{
	const struct segment *s = segment_of(a, addr);
	struct aud_who who = {0};

	if (!s)
		return who;
	for (uint32_t i = 0; i < s->count; i++) {
		const struct aud_host *h = a->order[s->first + i];

		if (!holds(h, port, proto))
			continue;
		if (!who.host)
			who.host = h;
		who.roles |= h->roles;
	}
	if (!who.host)
		who.host = a->order[s->first];
	who.group = aud_addr_cmp(&who.host->lo, &who.host->hi) != 0;
	return who;
}

enum aud_tri
aud_attrib_member(const struct aud_attrib *a, aud_roles roles, const struct aud_addr *virtual_address, const struct aud_addr *addr)
{
	const aud_roles devices = AUD_ROLE_BIT(AUD_ROLE_BUILTIN) - 1, balancers = AUD_ROLE_BIT(AUD_ROLE_LB_FRONT_END) |
	    AUD_ROLE_BIT(AUD_ROLE_LB_DIRECTOR) | AUD_ROLE_BIT(AUD_ROLE_LB_MEDIATION);
	const struct segment *s = roles & (balancers | ~devices) ? segment_of(a, virtual_address) : NULL;
	enum aud_tri answer = AUD_UNKNOWN;

	for (uint32_t i = 0; s && i < s->count; i++) {
		const struct aud_host *h = a->order[s->first + i];

		for (size_t k = 0; k < h->nmembers; k++) {
			if (!aud_addr_cmp(&h->members[k], addr))
				return AUD_YES;
			answer = AUD_NO;
		}
	}
	return answer;
}
