/*
 * Options as tables: parsing, --help and the messages about mistakes come from the same rows.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

struct opt {
	char letter; /* 0: long only */
	const char *name;
	const char *arg; /* how the help calls the value; NULL: takes none; in brackets: may be left out */
	const char *help;
	/* Stores the value (NULL: none given) in the field. NULL where it is good, else what it has to be. */
	const char *(*set)(void *field, const char *text);
	size_t offset; /* of the field in the command's struct */
};

struct usage {
	const char *command;  /* "audit" */
	const char *operands; /* "CAPTURE..." */
	const char *about;    /* lines above the options */
	const char *more;     /* lines below them, or NULL */
	const struct opt *opts;
	size_t nopts;
};

/* Fills *fields. -1: go on with argv[optind]; else the exit status: the help was printed, or what is wrong was said. */
int opts_parse(const struct usage *, void *fields, int argc, char **argv);
/* Says what is wrong and where the help is; returns STATUS_USAGE. */
int opts_fail(const struct usage *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

const char *opt_flag(void *field, const char *text);	/* bool: true */
const char *opt_text(void *field, const char *text);	/* const char *, not empty */
const char *opt_threads(void *field, const char *text); /* unsigned */
const char *opt_size(void *field, const char *text);	/* size_t, with K, M, G */
const char *opt_port(void *field, const char *text);	/* uint16_t, not 0 */
const char *opt_date(void *field, const char *text);	/* const char *, YYYY-MM-DD */

#endif
