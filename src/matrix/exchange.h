/*
 * Stage 7, inside: the matrix as three CSV files for a spreadsheet, and a folder of rules made of them.
 *
 * A struct folder writes new files into a new or empty folder; where that fails it takes them away again.
 */
#ifndef MATRIX_EXCHANGE_H
#define MATRIX_EXCHANGE_H

#include <stdio.h>

#include "load.h"

struct column {
	const char *name;
	bool need;				/* no cell may be empty */
	enum { CELL_TEXT, CELL_LIST, CELL_BOOL, CELL_EITHER } kind;
};

enum { DOCUMENT_COLUMNS = 8, ROW_COLUMNS = 9, RULE_COLUMNS = 30 };
enum { RULE_ID, RULE_SUBJECT, RULE_FILE, RULE_REASON = RULE_COLUMNS - 1 };
extern const struct column document_columns[DOCUMENT_COLUMNS], row_columns[ROW_COLUMNS], rule_columns[RULE_COLUMNS];

struct folder {
	const char *dir;
	bool made;
	char **paths;	/* written so far */
	size_t n;
};

enum aud_code folder_open(struct folder *, const char *dir, struct aud_err *) AUD_CHECKED;
enum aud_code folder_file(struct folder *, const char *name, FILE **out, struct aud_err *) AUD_CHECKED;
/* Ends the file that folder_file() began. */
enum aud_code folder_end(struct folder *, FILE *, struct aud_err *) AUD_CHECKED;
void folder_close(struct folder *, enum aud_code);

/* files[i]: the name of the file that rule i goes to; all rules of a file have one subject. */
enum aud_code folder_rules(struct folder *, const struct aud_matrix *, const char *const *files, const struct aud_site *,
    struct aud_err *) AUD_CHECKED;

/* The next character of valid UTF-8 and its length in bytes; 0: none. */
size_t utf8_next(const char *s, unsigned *out);
const char *media_word(const struct aud_rule *);	/* "" none */

#endif
