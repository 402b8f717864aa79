/*
 * Stage 7, inside: what the files of src/matrix share while a matrix is read.
 *
 * A struct load is filled by rows.c (documents and printed rows) and rule.c (rules); load.c turns it into a struct aud_matrix.
 * Texts live in the keep, which the matrix takes over.
 */
#ifndef MATRIX_LOAD_H
#define MATRIX_LOAD_H

#include <aud/matrix.h>

#include "names.h"
#include "pack.h"
#include "yaml.h"

enum { RULES_MAX = 4096, ROWS_MAX = 100000 };	/* a matcher's sets of rules live on the stack */

struct csv_record;

struct place {
	const char *file;
	unsigned line, column;
};

struct load {
	struct keep *keep;
	const struct aud_site *site;
	struct aud_err *err;
	struct aud_document *documents;
	size_t ndocuments;
	struct aud_row *rows;
	struct place *places;	/* of rows */
	size_t nrows;
	struct aud_rule *rules;
	size_t nrules;
};

/* documents.yaml and the row files that it names. */
enum aud_code load_documents(struct load *, const struct pack *, const char *dir) AUD_CHECKED;
/* One document, without its rows. */
enum aud_code load_document(struct load *, const struct aud_yaml *) AUD_CHECKED;
/* The next row of a document whose first row is, or will be, rows[first]; the record has the columns of a row file. */
enum aud_code load_row(struct load *, unsigned document, size_t first, const struct csv_record *, const char *file) AUD_CHECKED;
/* Rows learn who cites them; a row that must be cited and is not is a mistake. */
enum aud_code load_link(struct load *) AUD_CHECKED;
/* One file of rules: subject and rules. */
enum aud_code load_rules(struct load *, const struct aud_yaml *root) AUD_CHECKED;
/* The list of rules of a site file. */
enum aud_code load_site_rules(struct load *, const struct aud_yaml *list) AUD_CHECKED;

/* Room for one more, zeroed; NULL: out of memory, err filled. Grows by doubling: n is the number in use. */
void *load_more(void *array, size_t n, size_t size, struct aud_err *err);

/* A scalar that has to be one of words; *out is its index. what: "security". */
enum aud_code load_word(const struct aud_yaml *, const struct words *, const char *what, int *out, struct aud_err *) AUD_CHECKED;
/* A scalar with text. */
enum aud_code load_text(struct load *, const struct aud_yaml *, const char *what, const char **out) AUD_CHECKED;

/* Conditions. Terms joined by "and" or by "or": feature:NAME, product:NAME, load-balancing:KIND, collocated:ROLE+ROLE. */
enum aud_code condition_check(const struct aud_yaml *at, const char *text, const struct aud_site *, struct aud_err *) AUD_CHECKED;
enum aud_tri condition_holds(const char *text, const struct aud_site *);

/* A role's name, built in or the site's own; -1 none. */
int role_find(const struct aud_site *, const char *name, size_t len);

#endif
