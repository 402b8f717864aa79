/* How a report is to look, for the commands that write one: audit, report and diff. */
#ifndef RENDER_H
#define RENDER_H

#include <aud/report.h>

#include "cli.h"
#include "options.h"

enum color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

struct render {
	const char *out;	/* NULL and "-": standard output */
	const char *format_name;
	enum aud_format format;	/* set by render_format() */
	enum color color;
	bool all_rows;
	const char *table;	/* --table; NULL: not given */
	const char *language;	/* -l; NULL: that of the locale */
};

/* Of the option table: values of --color, --fail-on, --database, --table and --language. */
const char *set_color(void *field, const char *text);	/* enum color */
const char *set_severity(void *field, const char *text);	/* int: enum aud_severity */
const char *set_database(void *field, const char *text);	/* const char * */
const char *set_table(void *field, const char *text);	/* const char * */
const char *set_language(void *field, const char *text);	/* const char * */

/* The format by --format, else by the name of the output. False where it is none that there is: said. */
bool render_format(const struct usage *, struct render *);
struct aud_report_opts render_opts(const struct render *);
enum status render(const struct aud_report *, const struct render *);

/* Status of an audit by its findings that are not waived. */
enum status render_status(const struct aud_report *, int fail_on);

#endif
