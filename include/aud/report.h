/*
 * Stage 9, report: one walk over the result, many formats. A format sees begin, open, field, close and end (report/writer.h).
 *
 * Output for the same input is the same bytes: no wall clock, no absolute path, nothing that depends on threads or addresses.
 */
#ifndef AUD_REPORT_H
#define AUD_REPORT_H

#include <stdio.h>

#include "err.h"
#include "finding.h"
#include "frame.h"
#include "packet.h"

struct aud_input {
	struct aud_capture_info info;	/* strings owned by whoever made the report */
	char sha256[65];		/* "" where it was not asked for (--hash) */
};

struct aud_diff;

/* Called for each conversation; anything but AUD_OK ends it. The case lives during the call. */
typedef enum aud_code aud_case_fn(void *user, const struct aud_case *, struct aud_err *err);

struct aud_report {
	const char *version, *ndpi_version, *pcap_version, *sqlite_version;
	const char *command;	/* what makes the same report again: no folder of an absolute path, no outputs, no --threads; NULL: not known */
	const struct aud_trial *trial;
	const struct aud_decode_stats *decode;
	struct {
		uint64_t by_severity[AUD_CRITICAL + 1];	/* not waived */
		uint64_t by_state[AUD_STATE_STATEMENT + 1];
		uint64_t waived;
		uint64_t conversations[AUD_CASE_CLASSES];
	} totals;			/* filled by aud_report_totals(); of a stored audit already filled */
	/*
	 * A stored audit's conversations are not in memory: trial->cases is NULL, ncases 0, and this reads them, in the order of their
	 * key. NULL: they are trial->cases. Use aud_report_cases().
	 */
	enum aud_code (*read_cases)(void *source, aud_case_fn *each, void *user, struct aud_err *err);
	void *source;
	const struct aud_diff *since;	/* what changed since an earlier audit (diff.h), for formats that tell it; NULL: not asked for */
};

/* Every conversation, wherever it is. */
static inline enum aud_code
aud_report_cases(const struct aud_report *r, aud_case_fn *each, void *user, struct aud_err *err)
{
	enum aud_code code = AUD_OK;

	if (r->read_cases)
		return r->read_cases(r->source, each, user, err);
	for (size_t i = 0; i < r->trial->ncases && code == AUD_OK; i++)
		code = each(user, &r->trial->cases[i], err);
	return code;
}

void aud_report_totals(struct aud_report *);

enum aud_format { AUD_FORMAT_TEXT, AUD_FORMAT_JSON, AUD_FORMAT_JSONL, AUD_FORMAT_CSV, AUD_FORMAT_MD, AUD_FORMAT_HTML, AUD_FORMAT_SARIF,
	AUD_FORMAT_CEF };
int aud_format_by_name(const char *);	/* -1: none, or not built yet */
const char *aud_format_names(void);	/* "text json", for messages */

/* What AUD_FORMAT_CSV lists. With AUD_FORMAT_JSONL conversations are told besides all else. */
enum aud_report_table { AUD_TABLE_FINDINGS, AUD_TABLE_ROWS, AUD_TABLE_CONVERSATIONS };

struct aud_report_opts {
	enum aud_format format;
	const struct aud_lang *lang;	/* of text, md and html; NULL: English. Formats that programs read never change with it */
	enum aud_report_table table;	/* csv, jsonl; no other format reads it */
	bool color;		/* ANSI colours: a terminal, and no NO_COLOR */
	unsigned width;		/* columns of the terminal; 0: 100 */
	bool all_rows;		/* text: every row, not only those that need attention */
};

/* Writes to out; AUD_IO where that fails (a closed pipe included). */
enum aud_code aud_report_write(const struct aud_report *, const struct aud_report_opts *, FILE *out, struct aud_err *err) AUD_CHECKED;

/* Network text made harmless for a terminal: control, escape, bidirectional and invalid bytes become visible. Returns dst. */
char *aud_text_clean(char *dst, size_t size, const char *src);
/* RFC 8259, in quotes; of text that is clean, so that quotes and backslashes are all that is left to escape. */
void aud_json_string(FILE *, const char *clean);

#endif
