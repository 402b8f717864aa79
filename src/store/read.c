#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "read.h"

struct chunk {
	struct chunk *next;
	max_align_t data[];
};

void *
read_alloc(struct reader *r, size_t n, size_t size)
{
	struct chunk *c;

	if (r->code || (size && n > (SIZE_MAX - sizeof *c) / size)) {
		r->code = r->code ? r->code : aud_nomem(r->err);
		return NULL;
	}
	c = calloc(1, sizeof *c + n * size);
	if (!c) {
		r->code = aud_nomem(r->err);
		return NULL;
	}
	c->next = r->chunks;
	r->chunks = c;
	return c->data;
}

const char *
read_text(struct reader *r)
{
	const char *s = db_get_text(r->db);
	char *copy;

	if (!s)
		return NULL;
	copy = read_alloc(r, strlen(s) + 1, 1);
	return copy ? strcpy(copy, s) : NULL;
}

void
read_damaged(struct reader *r, const char *what)
{
	if (!r->code)
		r->code = db_fail(r->db, AUD_IO, r->err, what);
}

unsigned
read_word(struct reader *r, const struct names *names)
{
	int i = name_find(names, db_get_text(r->db));

	if (i < 0)
		read_damaged(r, "damaged: a word that is none of those that the schema knows");
	return i < 0 ? 0 : (unsigned)i;
}

aud_roles
read_roles(struct reader *r)
{
	return (aud_roles)db_get_int(r->db);
}

unsigned
read_ref(struct reader *r, int64_t base, size_t n)
{
	int64_t i = db_get_int(r->db) - base;

	if (i < 0 || (uint64_t)i >= n) {
		read_damaged(r, "damaged: a reference leads nowhere");
		return 0;
	}
	return (unsigned)i;
}

static int
by_id(const void *x, const void *y)
{
	const int64_t *a = x, *b = y;

	return (*a > *b) - (*a < *b);
}

size_t
read_among(struct reader *r, const int64_t *ids, size_t n)
{
	int64_t id = db_get_int(r->db);
	const int64_t *at = n ? bsearch(&id, ids, n, sizeof id, by_id) : NULL;

	if (!at) {
		read_damaged(r, "damaged: a reference leads nowhere");
		return 0;
	}
	return (size_t)(at - ids);
}

void
read_begin_of(struct reader *r, enum stmt stmt, int64_t of)
{
	db_begin(r->db, stmt);
	db_int(r->db, of);
}

void
read_begin(struct reader *r, enum stmt stmt)
{
	read_begin_of(r, stmt, r->at.matrix);
}

size_t *
read_counts(struct reader *r, enum stmt stmt, int64_t of, int64_t base, size_t nowners, size_t *total)
{
	size_t *counts = read_alloc(r, nowners + 1, sizeof *counts);

	*total = 0;
	if (!counts)
		return NULL;
	read_begin_of(r, stmt, of);
	for (; read_next(r); ++*total)
		counts[read_ref(r, base, nowners)]++;
	return r->code ? NULL : counts;
}

bool
read_next(struct reader *r)
{
	enum aud_code code;

	if (r->code) {
		db_done(r->db);
		return false;
	}
	code = db_next(r->db, r->err);
	if (code && code != AUD_END)
		r->code = code;
	return code == AUD_OK;
}

bool
read_null(struct reader *r)
{
	bool null = db_get_null(r->db);

	if (null)
		(void)db_get_int(r->db);
	return null;
}

uint64_t
read_count(struct reader *r)
{
	return read_null(r) ? UINT64_MAX : (uint64_t)db_get_int(r->db);
}

struct aud_addr
read_addr(struct reader *r)
{
	const char *s = db_get_text(r->db);
	struct aud_addr a = {0};

	if (s && !aud_addr_parse(s, &a))
		read_damaged(r, "damaged: an address that is none");
	return a;
}

int
read_proto(struct reader *r)
{
	const char *s = db_get_text(r->db);
	int proto = s ? aud_proto_number(s) : -1;

	if (s && proto < 0)
		read_damaged(r, "damaged: a transport that is none");
	return proto;
}

void
read_release(struct chunk *c)
{
	while (c) {
		struct chunk *gone = c;

		c = c->next;
		free(gone);
	}
}
