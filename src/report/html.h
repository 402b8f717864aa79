/*
 * Stage 9, inside: the report as one HTML page, for reading on a screen and on paper.
 *
 * This format reads struct aud_report itself and not the events of the walk: it tells what they leave out (glosses and remarks of
 * rules, titles of documents, pictures), each thing in several places, and in another order.
 *
 * Bytes reach the page in two ways: html_put() and html_putf() take markup of ours, which never holds a foreign string;
 * everything else passes html_text() or html_say(), which make it harmless and escape it. Out of memory sets page.failed.
 */
#ifndef REPORT_HTML_H
#define REPORT_HTML_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <aud/diff.h>
#include <aud/report.h>

#include "layout.h"
#include "writer.h"

struct page {
	FILE *out;
	const struct aud_lang *l;	/* NULL: English */
	const struct aud_report *r;
	const struct aud_trial *t;
	const struct aud_matrix *m;	/* NULL: none */
	const struct aud_site *site;	/* NULL: none */
	const struct aud_coverage *c;
	char **inputs;			/* names as the report prints them */
	bool failed;			/* out of memory */
};

enum { CUT_NAME = 80, CUT_TEXT = 4000 };	/* code points of a name, of a sentence; what is cut ends in an ellipsis */

/* html_text.c */
void html_put(struct page *, const char *markup);
void html_putf(struct page *, const char *markup, ...) AUD_PRINTF(2, 3);
void html_text(struct page *, const char *);	/* NULL: nothing */
void html_name(struct page *, const char *);	/* the same, cut earlier, and apart from the direction of its neighbours */
void html_say(struct page *, const char *sentence, ...) AUD_PRINTF(2, 3);
/* A cell or another element around a text. markup: "td class=\"x\"" */
void html_in(struct page *, const char *markup, const char *text);
/* A sentence that was kept in parts, or its English. */
void html_said(struct page *, const char *said, const char *english);
void html_said_in(struct page *, const char *markup, const char *said, const char *english);
/* What another stage found wrong, and wrote down in English. */
void html_made_in(struct page *, const char *markup, const char *text);
void html_name_in(struct page *, const char *markup, const char *name);
void html_say_in(struct page *, const char *markup, const char *sentence, ...) AUD_PRINTF(3, 4);
void html_number(struct page *, uint64_t);			/* a cell, right-aligned, sorts by its value */
void html_when(struct page *, uint64_t ns);			/* a cell with a time; 0: a dash */
void html_item(struct page *, const char *label, const char *sentence, ...) AUD_PRINTF(3, 4);	/* <dt>, <dd> */
/* Opens a table: caption (or NULL), classes, and its head; a column "#Flows" is one of numbers. html_table_end() closes it. */
void html_table(struct page *, const char *classes, const char *caption, const char *const *columns, size_t n);
void html_table_end(struct page *);
/* An input to filter the tables inside the element of this id, hidden where no script runs. */
void html_filter(struct page *, const char *id);
/* Names of a set as one text, which the caller frees; never NULL. */
char *html_roles(struct page *, aud_roles);
const char *html_str(const char *);				/* "" for NULL, which html_roles() gives without memory */
/* Words for people. */
const char *html_severity(const struct page *, enum aud_severity);
const char *html_certainty(const struct page *, enum aud_certainty);
const char *html_state(const struct page *, enum aud_state);
const char *html_kind(const struct page *, enum aud_kind);
void html_badge(struct page *, enum aud_severity);
void html_state_badge(struct page *, enum aud_state);
/* Is it waived by a waiver that holds? */
bool html_waived(const struct aud_finding *);
bool html_applies(const struct page *, unsigned document);
/* "sfb-2015-servers-es T1.3" as a link into the table of rows, where that is on the page. */
void html_cite(struct page *, unsigned row);

/* The sections, in the order of the page. */
void html_identification(struct page *);	/* html_scope.c */
void html_scope(struct page *);
void html_method(struct page *);		/* html_method.c */
void html_coverage(struct page *);		/* html_coverage.c */
void html_summary(struct page *);		/* html_summary.c */
void html_changes(struct page *);		/* html_changes.c */
void html_traffic(struct page *);		/* html_map.c */
void html_timeline(struct page *);		/* html_time.c */
void html_findings(struct page *);		/* html_findings.c */
void html_rows(struct page *);			/* html_rows.c */
void html_ipsec(struct page *);			/* html_ipsec.c */
void html_waivers(struct page *);		/* html_close.c */
void html_issues(struct page *);
void html_signoff(struct page *);
void html_reproduce(struct page *);
/* html_filter.c: display filters of Wireshark, free(); NULL: none can be given, or *failed: out of memory. */
char *html_filter_flow(const struct aud_finding *, bool *failed);
char *html_filter_frames(const struct aud_finding *, size_t input, bool *failed);

enum aud_code html_write(const struct aud_report *, const struct aud_report_opts *, FILE *out, struct aud_err *) AUD_CHECKED;

#endif
