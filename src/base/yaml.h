/*
 * YAML as a tree whose nodes know their place, so that every mistake is told with file, line, column and the offending word.
 * (libcyaml checks shape by schema, but keeps no places for mistakes of meaning: an address that is none, two definitions of
 * one host, a range upside down. libyaml, on which it rests, does.)
 */
#ifndef AUD_YAML_H
#define AUD_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include <aud/err.h>

enum aud_yaml_kind { AUD_YAML_SCALAR, AUD_YAML_LIST, AUD_YAML_MAP };

struct aud_yaml {
	enum aud_yaml_kind kind;
	unsigned line, column;		/* from 1 */
	const char *file;		/* as given to the parser */
	const char *text;		/* scalar: never NULL */
	bool quoted;			/* scalar: written in quotes, so a string whatever it looks like */
	struct aud_yaml *items;		/* list: the items; map: the values */
	struct aud_yaml *keys;		/* map: the keys, scalars */
	size_t n;
};

/* One document. Aliases, several documents, keys that are no scalars, a key twice, invalid UTF-8, nesting over 32: AUD_RULES. */
enum aud_code aud_yaml_parse(struct aud_yaml **out, const char *file, const char *text, size_t len, struct aud_err *err) AUD_CHECKED;
void aud_yaml_free(struct aud_yaml *root);

/* Value of a key, or NULL. */
const struct aud_yaml *aud_yaml_get(const struct aud_yaml *map, const char *key);
/* AUD_RULES with "file:line:column: " before the text. */
enum aud_code aud_yaml_fail(struct aud_err *err, const struct aud_yaml *at, const char *fmt, ...) AUD_PRINTF(3, 4);
/* Every key of map is one of the n names, else a failure that names the word and the nearest known one. */
enum aud_code aud_yaml_keys(const struct aud_yaml *map, const char *const *names, size_t n, struct aud_err *err) AUD_CHECKED;
enum aud_code aud_yaml_want(const struct aud_yaml *node, enum aud_yaml_kind kind, const char *what, struct aud_err *err) AUD_CHECKED;
/* The name nearest to word for "did you mean", or NULL. */
const char *aud_nearest(const char *word, const char *const *names, size_t n);

#endif
