/*
 * Two audits compared: what is new, what is gone, and whether "gone" may be called resolved.
 *
 * Input: two reports, stored (store.h) or just made. Output: struct aud_diff. It borrows from both reports, which must outlive it.
 */
#ifndef AUD_DIFF_H
#define AUD_DIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "err.h"
#include "finding.h"
#include "report.h"

/*
 * X(enumerator, name). Findings are the same where their ids are. A finding that is gone is "resolved" only where the new captures
 * could have shown it: "not-seen" says why they could not. "superseded": the same traffic is told by another finding now.
 */
#define AUD_CHANGES(X) \
	X(NEW, "new") X(CHANGED, "changed") X(NOT_SEEN, "not-seen") X(SUPERSEDED, "superseded") X(RESOLVED, "resolved") \
	X(UNCHANGED, "unchanged")
enum aud_change {
#define X(e, name) AUD_CHANGE_##e,
	AUD_CHANGES(X)
#undef X
	AUD_CHANGE_COUNT
};

static inline const char *
aud_change_name(enum aud_change c)
{
	static const char *const names[] = {
#define X(e, name) name,
	    AUD_CHANGES(X)
#undef X
	};

	return c < AUD_CHANGE_COUNT ? names[c] : "?";
}

/* What differs in a finding that both have. */
enum aud_changed {
	AUD_CHANGED_SEVERITY = 1 << 0,
	AUD_CHANGED_CERTAINTY = 1 << 1,
	AUD_CHANGED_WAIVED = 1 << 2,	/* it is waived now, and was not */
	AUD_CHANGED_REOPENED = 1 << 3,	/* it was waived, and is not now */
};

struct aud_diff_finding {
	enum aud_change change;
	const struct aud_finding *before, *after;	/* NULL: not there */
	unsigned changed;	/* enum aud_changed */
	char *reason, *said;	/* one sentence, of every change but new and unchanged; else NULL. English, and in parts (said.h) */
};

/* A printed row whose state differs; NULL: that audit's documents do not have the row. */
struct aud_diff_row {
	const char *document, *table;
	unsigned ordinal;
	const struct aud_row *row;	/* its cells, of the new audit where it has them */
	const struct aud_row_state *before, *after;
};

struct aud_diff {
	const struct aud_report *before, *after;
	struct aud_diff_finding *findings;	/* by change, then as reports sort them */
	size_t nfindings;
	size_t counts[AUD_CHANGE_COUNT];
	struct aud_diff_row *rows;		/* in the order of the new matrix, then those that only the old one has */
	size_t nrows;
	const char **remarks;			/* constant sentences, to be translated, on what makes the audits hard to compare: other rules, site file, filter, ... */
	size_t nremarks;
};

/* Reads the conversations of after once, where a finding is gone. */
enum aud_code aud_diff_new(struct aud_diff **out, const struct aud_report *before, const struct aud_report *after, struct aud_err *err) AUD_CHECKED;
void aud_diff_free(struct aud_diff *);
/* Is a finding open (not waived) at or above this severity, that was not so before? */
bool aud_diff_fails(const struct aud_diff *, enum aud_severity);
/* AUD_FORMAT_TEXT or AUD_FORMAT_JSON (schema "spanaudit-diff/1"); others: AUD_USAGE. */
enum aud_code aud_diff_write(const struct aud_diff *, const struct aud_report_opts *, FILE *out, struct aud_err *err) AUD_CHECKED;

#endif
