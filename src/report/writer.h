/*
 * Stage 9, inside: what a format is. The walk (walk.c) tells the report once, as a tree of objects, lists and fields; a
 * format sees these events and nothing else. To add a format: one file with five functions, one row in report.c.
 *
 * Strings are valid during the call, and are clean: nothing in them can move a terminal (aud_text_clean()).
 */
#ifndef REPORT_WRITER_H
#define REPORT_WRITER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <aud/report.h>

enum value_kind { VALUE_NULL, VALUE_BOOL, VALUE_NUMBER, VALUE_TEXT, VALUE_TIME };

struct value {
	enum value_kind kind;
	uint64_t n; /* bool, number; time: nanoseconds since the epoch */
	const char *text;
};

enum shape { SHAPE_OBJECT, SHAPE_LIST };

struct pen { /* one report being written */
	FILE *out;
	const struct aud_report_opts *opts;
	void *own; /* the format's */
};

struct writer {
	/* false: out of memory */
	bool (*begin)(struct pen *);
	/* name: NULL for an item of a list, and for the outermost object */
	bool (*open)(struct pen *, enum shape, const char *name);
	bool (*field)(struct pen *, const char *name, const struct value *);
	bool (*close)(struct pen *);
	/* Frees what begin made, whatever happened before. */
	bool (*end)(struct pen *);
	/*
	 * Conversations, after all else: they are no events, since there may be a million (talks.h). NULL: the format has no place for
	 * them. inputs: their names as the report prints them.
	 */
	enum aud_code (*talks)(struct pen *, const struct aud_report *, char *const *inputs, struct aud_err *);
};

extern const struct writer writer_text, writer_json, writer_jsonl, writer_csv, writer_md, writer_sarif, writer_cef;

/* The whole report as events, in the order in which a person reads it. */
enum aud_code report_walk(const struct aud_report *, const struct writer *, struct pen *, struct aud_err *) AUD_CHECKED;

/* "2024-03-01T09:00:00.123456789Z" */
struct time_text {
	char s[40];
};
struct time_text time_str(uint64_t ns);

#endif
