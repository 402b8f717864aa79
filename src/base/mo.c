/* Reads nothing outside of its bytes, whatever stands in them. Of the tables only that of the sorted messages is needed. */
#include <string.h>

#include "mo.h"

enum { HEADER = 28, ENTRY = 8 };
#define MAGIC UINT32_C(0x950412de)

static uint32_t
word(const struct mo *m, size_t at)
{
	const unsigned char *p = m->bytes + at;

	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static int
table_fits(const struct mo *m, size_t at, size_t n)
{
	return at <= m->size && n <= (m->size - at) / ENTRY;
}

/* Little-endian and of revision 0.x: what the build made. */
size_t
mo_count(const struct mo *m)
{
	size_t n;

	if (!m->bytes || m->size < HEADER || word(m, 0) != MAGIC || word(m, 4) >> 16)
		return 0;
	n = word(m, 8);
	return table_fits(m, word(m, 12), n) && table_fits(m, word(m, 16), n) ? n : 0;
}

static const char *
string(const struct mo *m, size_t table, size_t i, size_t *n)
{
	size_t length = word(m, table + i * ENTRY), at = word(m, table + i * ENTRY + 4);

	if (at >= m->size || length >= m->size - at || m->bytes[at + length])
		return NULL;
	*n = length + 1;
	return (const char *)m->bytes + at;
}

int
mo_pair(const struct mo *m, size_t i, struct mo_pair *out)
{
	if (i >= mo_count(m))
		return 0;
	out->id = string(m, word(m, 12), i, &out->id_n);
	out->text = string(m, word(m, 16), i, &out->text_n);
	return out->id && out->text;
}

const char *
mo_find(const struct mo *m, const char *id, unsigned form)
{
	size_t lo = 0, hi = mo_count(m);
	struct mo_pair pair;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int by;

		if (!mo_pair(m, mid, &pair))
			return NULL;
		by = strcmp(pair.id, id);
		if (!by) {
			for (; form; form--) {
				size_t n = strlen(pair.text) + 1;

				if (n >= pair.text_n)
					return NULL;
				pair.text += n;
				pair.text_n -= n;
			}
			return *pair.text ? pair.text : NULL;
		}
		if (by < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}
