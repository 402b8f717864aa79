/* Catalogues as msgfmt writes them (GNU gettext manual, 10.3, "The Format of GNU MO Files"), in memory. */
#ifndef MO_H
#define MO_H

#include <stddef.h>
#include <stdint.h>

struct mo {
	const unsigned char *bytes;	/* NULL: none */
	size_t size;
};

/* A message and its translation, both with all their plural forms, each ended by a NUL; n: with the last of these. */
struct mo_pair {
	const char *id, *text;
	size_t id_n, text_n;
};

size_t mo_count(const struct mo *);	/* 0 where it is none */
/* False: there is no such one, or it lies outside. The first is the header: its id is "". */
int mo_pair(const struct mo *, size_t i, struct mo_pair *out);
/* Form number of the translation of id (with its context); NULL: none. */
const char *mo_find(const struct mo *, const char *id, unsigned form);

#endif
