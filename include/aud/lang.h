/*
 * Languages of reports: names, catalogues of translations, numbers and dates. NULL is English, which needs no catalogue.
 *
 * Catalogues are src/po/LANGUAGE.po, compiled with msgfmt and into the program: gettext's own lookup translates nothing where no locale is
 * installed (LC_ALL=C), so that the files are its, and the reader is ours. All of this is constant: any thread.
 */
#ifndef AUD_LANG_H
#define AUD_LANG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct aud_lang;

/* Marks a text for the catalogues where it cannot be translated yet; NC_() with a context, for words that two languages part. */
#define N_(text) text
#define NC_(context, text) context "\004" text

/* "es", "pt-BR", "pt_BR" in any case; *out NULL: English. False: none of ours. */
bool aud_lang_by_name(const char *name, const struct aud_lang **out);
/* Of a locale such as "es_MX.UTF-8": the language of ours that it is of; NULL: none of them, or no locale. */
const struct aud_lang *aud_lang_of_locale(const char *locale);
/* As BCP 47 has it, for the attribute lang: "en", "es", "pt-BR". */
const char *aud_lang_tag(const struct aud_lang *);
const char *aud_lang_names(void);	/* "en es pt-BR", for messages */

/* The text in that language; itself, without its context, where there is no catalogue that has it. */
const char *aud_tr(const struct aud_lang *, const char *text) __attribute__((format_arg(2)));
/* By number: English has one and many, others have other sorts. */
const char *aud_tr_n(const struct aud_lang *, const char *one, const char *many, uint64_t n)
    __attribute__((format_arg(2), format_arg(3)));
/*
 * A diagnosis that another stage made of a message and its arguments, found among the messages of the catalogue by what is between the
 * placeholders: in that language, cut to size; itself where none fits. Returns dst.
 */
char *aud_tr_made(const struct aud_lang *, const char *text, char *dst, size_t size);

/*
 * Digits with a point, as C prints them, by the language: 1234567.5 is 1,234,567.5 in English, 1.234.567,5 in Portuguese, and in Spanish
 * 1 234 567,5, with a narrow space that does not break, and from five digits on (ISO 80000-1, Ortografia of the RAE).
 */
struct aud_digits { char s[80]; };
struct aud_digits aud_lang_digits(const struct aud_lang *, const char *plain);
/* "2024-03-01" as it is in English, 01/03/2024 in the others; what is no such date stays. */
struct aud_digits aud_lang_date(const struct aud_lang *, const char *iso);
bool aud_lang_day_first(const struct aud_lang *);

#endif
