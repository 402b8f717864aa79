/* Lines for people: wrapping with a hanging indent, numbers with separators, sizes, spans of time. Input is clean
 * UTF-8. By language. */
#ifndef REPORT_LAYOUT_H
#define REPORT_LAYOUT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <aud/lang.h>

struct human {
	char s[192];
};
/* In English, which is NULL: */
struct human human_number(const struct aud_lang *, uint64_t n);			 /* "12,345" */
struct human human_decimal(const struct aud_lang *, int decimals, double);	 /* "1,234.50" */
struct human human_bytes(const struct aud_lang *, uint64_t n);			 /* "24.1 kB": powers of 1000 */
struct human human_share(const struct aud_lang *, uint64_t part, uint64_t whole); /* "1.2 %" */
struct human human_time(const struct aud_lang *, uint64_t ns);			 /* "2024-03-01 09:00:12" */
struct human human_date(const struct aud_lang *, const char *iso);		 /* "2024-03-01"; NULL is "" */
struct human human_span(const struct aud_lang *, uint64_t ns);			 /* "1 h 30 min" */
/* "2024-03-01 09:00:12 to 09:10:00 UTC" */
struct human human_period(const struct aud_lang *, uint64_t first, uint64_t last);
/* "12,345 flows": one and many have one %s for the number. */
struct human human_count(const struct aud_lang *, uint64_t n, const char *one, const char *many);
/* "12 out of scope": a number of what a word of our vocabulary says, as slugs and fields are written ("out_of_scope"). */
struct human human_counted(const struct aud_lang *, uint64_t n, const char *word);

/* Columns that the text takes, one for each code point. */
size_t text_columns(const char *);
/* Writes words to width columns; the cursor stands in column at, further lines begin in column hang. Ends with a
 * newline. */
void text_wrap(FILE *, const char *, size_t at, size_t hang, size_t width);

#endif
