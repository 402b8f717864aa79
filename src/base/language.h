/* What a language is, for lang.c and for tests that make one of their own. */
#ifndef LANGUAGE_H
#define LANGUAGE_H

#include <aud/lang.h>

#include "mo.h"

struct aud_lang {
	const char *tag, *language;	/* "pt-BR"; of locales: "pt" */
	struct mo mo;
	const char *group, *decimal;	/* between groups of three digits, before decimals */
	size_t group_from;		/* digits of a whole number from which on it has groups */
	bool day_first;
	unsigned (*plural)(uint64_t n);	/* the same rule as Plural-Forms in its catalogue */
};

#endif
