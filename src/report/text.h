/*
 * Stage 9, inside: the text format, one file a part. Each takes a record when it is whole (sheet.h), and writes it to pen->out or keeps
 * it in struct text, which the pen owns.
 */
#ifndef REPORT_TEXT_H
#define REPORT_TEXT_H

#include "layout.h"
#include "sheet.h"

enum { TEXT_LABEL = 14, TEXT_DEPTH = 16 };

struct text_group;	/* rows of one document, state and reason */

struct text {
	struct sheet record;
	struct {
		char name[32];
		enum shape shape;
		size_t plain; /* length of the path outside */
	} at[TEXT_DEPTH];
	int depth;
	char path[SHEET_PATH];
	size_t width, label; /* columns */
	char *head, *later; /* memory of the streams below */
	size_t head_n, later_n;
	FILE *head_f;  /* tool and site, for the first lines */
	FILE *later_f; /* coverage and inputs */
	char *made;    /* versions of what was used */
	char *filter;
	uint64_t inputs, findings, waivers, first, last, watched, packets, flows, judged, conversations;
	bool no_site, no_document, interrupted, windowed;
	struct text_group *groups;
	size_t ngroups;
	struct text_tally { /* of what IPsec has a hundred thousand of, and of which the text tells numbers only */
		uint64_t associations, encrypted, undecided, clear, ah;
		uint64_t negotiations, ikev1, ikev2, authip, unanswered;
	} ipsec;
};

#define BOLD "\033[1m"
#define DIM "\033[2m"
#define PLAIN "\033[0m"

/* The code, where the output has colours. */
const char *text_paint(const struct pen *, const char *code);
void text_section(const struct pen *, FILE *, const char *title);
/* "  Label       text, wrapped behind the label", which is a N_() of label_width(); false: out of memory */
void text_line(const struct pen *, FILE *, const char *label, const char *text);
bool text_line_f(const struct pen *, FILE *, const char *label, const char *fmt, ...) AUD_PRINTF(4, 5);

/* Records; false: out of memory. */
bool text_input(struct pen *, const struct sheet *);
bool text_coverage(struct pen *, const struct sheet *);
bool text_finding(struct pen *, const struct sheet *);
void text_after_findings(struct pen *);
bool text_row(struct pen *, const struct sheet *);
bool text_after_rows(struct pen *);
void text_rows_free(struct text *);
bool text_ipsec(struct pen *, const struct sheet *);
/* Counts a field of an association or a negotiation. false: it is none of those. */
bool text_ipsec_counted(struct text *, const char *path, const struct value *);

#endif
