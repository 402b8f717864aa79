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

struct aud_report {
	const char *version, *ndpi_version, *pcap_version, *sqlite_version;
	const struct aud_trial *trial;
	const struct aud_decode_stats *decode;
	struct {
		uint64_t by_severity[AUD_CRITICAL + 1];	/* not waived */
		uint64_t by_state[AUD_STATE_STATEMENT + 1];
		uint64_t waived;
	} totals;			/* filled by aud_report_totals() */
};
void aud_report_totals(struct aud_report *);

enum aud_format { AUD_FORMAT_TEXT, AUD_FORMAT_JSON, AUD_FORMAT_JSONL, AUD_FORMAT_CSV, AUD_FORMAT_MD, AUD_FORMAT_HTML, AUD_FORMAT_SARIF };
int aud_format_by_name(const char *);	/* -1: none, or not built yet */
const char *aud_format_names(void);	/* "text json", for messages */

struct aud_report_opts {
	enum aud_format format;
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
