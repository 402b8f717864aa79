/*
 * What the commands share. Standard output is the report's, standard error has the messages, each with "spanaudit: "
 * before it.
 *
 * A command gets what is left of the command line and returns the exit status; it owns what it opened.
 */
#ifndef CLI_H
#define CLI_H

#include <stdbool.h>
#include <stdio.h>

#include <aud/audit.h>
#include <aud/err.h>

/* Of several that apply the greatest is returned. */
enum status {
	STATUS_OK,
	STATUS_FINDINGS, /* findings at or above the threshold */
	STATUS_USAGE,	 /* command line, site, rules or output wrong */
	STATUS_CAPTURE,	 /* a capture could not be read to its end */
	STATUS_LIMIT,	 /* memory, or a limit that the user set */
};

int cmd_audit(int argc, char **argv);
int cmd_watch(int argc, char **argv);
int cmd_flows(int argc, char **argv);
int cmd_rules(int argc, char **argv);
int cmd_explain(int argc, char **argv);
int cmd_discover(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_diff(int argc, char **argv);
int cmd_waive(int argc, char **argv);

/* message.c: one line on standard error, made harmless for a terminal. */
void say(const char *fmt, ...) AUD_PRINTF(1, 2);
/* Says the error and returns its exit status; for AUD_OK neither. */
enum status say_err(enum aud_code, const struct aud_err *);
enum status worse(enum status, enum status);

/* load.c: the site file (path may be NULL) and the matrix (rules NULL: built in), with their warnings. The caller frees
 * both. */
enum status load(const char *site_path, const char *rules, struct aud_site **site, struct aud_matrix **matrix);
/* Names of the roles, separated by commas; "any" for all of them. */
void print_roles(FILE *, aud_roles, const struct aud_site *);

/*
 * run.c: reads the captures with progress on a terminal and with SIGINT and SIGTERM ending the reading, and says what
 * went wrong. *out is NULL where there is nothing to report. The fields progress, user and stop of the options are not read.
 */
enum status run(struct aud_audit **out, const struct aud_audit_opts *);
/*
 * The last thing before the process ends. What the kernel takes back at once is not taken apart first, which would be a tenth of a short
 * run; but a build with sanitizers frees everything, that they may tell what was lost.
 */
void run_done(struct aud_audit *);
/* Standard input can be read once, and must not be a terminal. Where it is so: said, false. site may be NULL. */
bool captures_usable(char *const *captures, size_t n, const char *site);

/*
 * output.c: where the report goes. A file is written beside its final name and renamed when it is whole. NULL and "-"
 * are standard output; a reader that closed it early is no error.
 */
struct output {
	const char *path;
	char *target, *temp;
	FILE *f;
};
/* Before the work: can path be written, and is it none of these n files, which are read or written too? Where not:
 * said, false. */
bool output_usable(const char *path, const char *const *inputs, size_t n);
enum aud_code output_open(struct output *, const char *path, struct aud_err *) AUD_CHECKED;
/* wrote: how the writing went. Anything but AUD_OK leaves the former file untouched. */
enum aud_code output_close(struct output *, enum aud_code wrote, struct aud_err *) AUD_CHECKED;
/* For what was printed on standard output without an output of its own, such as --help. */
enum status output_flush(void);

#endif
