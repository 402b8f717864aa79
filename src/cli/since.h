/* Audits of a database, for the commands that read one: report, diff, waive, and audit with --since. */
#ifndef SINCE_H
#define SINCE_H

#include <aud/diff.h>
#include <aud/store.h>

#include "cli.h"

struct stored {
	struct aud_store *store;
	struct aud_stored *audit;
	struct aud_report *report;	/* of the audit; NULL where it could not be read */
};

/* audit: its number; 0: the last. What goes wrong is said. */
enum status stored_open(struct stored *, const char *path, int64_t audit);
void stored_close(struct stored *);
const char *set_audit(void *field, const char *text);	/* int64_t, from 1 */

/* The difference to an earlier audit, hung on report->since; *out is the caller's, for aud_diff_free(). */
enum status since(struct aud_diff **out, const struct stored *before, struct aud_report *);

#endif
