/*
 * Sentences for people: a message and its arguments, kept apart until somebody reads them in his language.
 *
 * A sentence is a tree: a message with placeholders %1$s ... %9$s, and for each an argument, which may be a message itself. Whoever
 * makes one gets it in English and as a text to keep (JSON, see aud_say_end()); whoever reads it tells it in a language.
 *
 * Nodes belong to their struct aud_say and live until aud_say_clear(). Out of memory they are NULL, which may be passed on: then
 * aud_say_end() tells.
 */
#ifndef AUD_SAID_H
#define AUD_SAID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "lang.h"

struct aud_said;
struct aud_say {	/* {0} to begin with */
	struct aud_said *made;
	bool failed;
};

/* A message and its arguments. SAY(s, N_...) is not needed: xgettext knows SAY and SAY_N. */
#define SAY(say, ...) aud_say_text(say, __VA_ARGS__, NULL)
/* By the number n, which is no argument unless it is one as well. */
#define SAY_N(say, one, many, n, ...) aud_say_plural(say, one, many, n, __VA_ARGS__, NULL)
struct aud_said *aud_say_text(struct aud_say *, const char *text, ...) __attribute__((sentinel));
struct aud_said *aud_say_plural(struct aud_say *, const char *one, const char *many, uint64_t n, ...) __attribute__((sentinel));
/* A message that is not a literal, without arguments: an N_() of a table, a gloss of a rule. Copied. */
struct aud_said *aud_say_message(struct aud_say *, const char *text);
/* What no language changes: names, addresses, ports. Copied; NULL is "". */
struct aud_said *aud_say_word(struct aud_say *, const char *);
struct aud_said *aud_say_wordf(struct aud_say *, const char *fmt, ...) AUD_PRINTF(2, 3);
/* A count, and a number with a point as C prints it: told by the language. */
struct aud_said *aud_say_number(struct aud_say *, uint64_t);
struct aud_said *aud_say_decimal(struct aud_say *, const char *fmt, ...) AUD_PRINTF(2, 3);
struct aud_said *aud_say_date(struct aud_say *, const char *iso);	/* "2024-03-01" */
/* What another stage found wrong, in English: see aud_tr_made(). */
struct aud_said *aud_say_diagnosis(struct aud_say *, const char *text);
/* "a, b, c"; the last of them may be joined otherwise. */
struct aud_said *aud_say_list(struct aud_say *);
void aud_say_add(struct aud_say *, struct aud_said *list, const struct aud_said *item);

/*
 * Ends a sentence: in English, where a number has no separators, and to keep (NULL: nobody wants it); both for free(). Frees the nodes.
 * AUD_NOMEM: both are NULL.
 *
 * What is kept is JSON on one line: a word "fe01", a number 12 or 0.5, a date {"date":"2024-03-01"}, a diagnosis {"made":"..."}, a list
 * ["", item ...], a message ["message", argument ...], and one by number [["one", "many", n], argument ...].
 */
enum aud_code aud_say_end(struct aud_say *, const struct aud_said *, char **english, char **kept, struct aud_err *) AUD_CHECKED;
void aud_say_clear(struct aud_say *);

/* A sentence that was kept, as a part of another; where it cannot be had, its English. */
const struct aud_said *aud_say_kept(struct aud_say *, const char *kept, const char *english);
/* Of "%1$s." what is before the full stop; else the sentence. */
const struct aud_said *aud_said_bare(const struct aud_said *);

/* What aud_say_end() kept, or a database says it did: NULL where it is none, or too deep or long, or memory is out. */
struct aud_said *aud_said_read(struct aud_say *, const char *kept);
/* Sentence in the language: kept where it can be told, else english (NULL: ""). For free(); NULL: out of memory. */
char *aud_said_in(const struct aud_lang *, const char *kept, const char *english);

#endif
