/*
 * Stage 9, inside: the table of conversations, as CSV and as JSON lines. There may be a million, so that they are no events of the walk
 * (writer.h) but bytes at once (cells.h).
 */
#ifndef REPORT_TALKS_H
#define REPORT_TALKS_H

#include "writer.h"

/* The columns' names as a line of CSV. */
void talks_head(FILE *);
/*
 * Every conversation, a line each. schema and last_ns (0: none) are for JSON: what its events begin with, and the time of a conversation that
 * has none of its own. AUD_OK too where the output can no longer be written: ferror() tells.
 */
enum aud_code talks_csv(const struct aud_report *, char *const *inputs, FILE *, struct aud_err *) AUD_CHECKED;
enum aud_code talks_jsonl(const struct aud_report *, char *const *inputs, const char *schema, uint64_t last_ns, FILE *, struct aud_err *)
    AUD_CHECKED;

#endif
