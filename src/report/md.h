/*
 * Stage 9, inside: pieces of GitHub Flavored Markdown. Text of others is escaped on its way through md_put(), and through all that is
 * built of it: no markup, table cell, link, mention or HTML can come out of it. It must not stand at the start of a line, where it could
 * be a list or a heading, and where the comment of md_put() would begin a block of HTML: a label or a bar goes before it.
 */
#ifndef REPORT_MD_H
#define REPORT_MD_H

#include "sheet.h"

void md_put(FILE *, const char *text);
void md_label(FILE *, const char *name);	/* "- **Name:** " */
void md_item(FILE *, const char *name, const char *text);	/* an item of a list; of no text none */
void md_list_item(FILE *, const struct sheet *, const char *name, const char *path);	/* the same of a list's texts */
void md_cell(FILE *, const char *text);
void md_number_cell(FILE *, uint64_t);
void md_table(FILE *, const char *columns);	/* separated by |; those that begin with # are numbers */
void md_words(FILE *, const char *name);	/* of a field: "with_data" -> "With data" */
void md_put_value(FILE *, const struct sheet *, const struct sheet_entry *);
/* Is the path below the first n bytes of top: "roles.role" below "roles"? */
bool md_below(const char *path, const char *top, size_t n);

#endif
