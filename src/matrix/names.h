/* Stage 7, inside: the words of rule files and the values that they stand for. */
#ifndef MATRIX_NAMES_H
#define MATRIX_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include <aud/matrix.h>

struct words {
	const char *const *names;
	size_t n;
};

extern const struct words words_security, words_presence, words_absence, words_side, words_media, words_kind, words_transport,
    words_product, words_balancing, words_when, words_effect, words_announced;

/* Index of a word, or -1. */
int word_find(const struct words *, const char *);

/* nDPI's names and our own parsers'. "TLS", "TLS.Skype_Teams", "Z39.50"; *wrong is the part that is none. */
bool app_known(const char *name, const char **wrong);
const char *app_nearest(const char *word);

const char *row_kind_name(enum aud_row_kind);
const char *product_name(enum aud_product);

#endif
