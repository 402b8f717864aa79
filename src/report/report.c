/* The table of formats, and what they share. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "changes.h"
#include "html.h"
#include "path.h"
#include "writer.h"

static const struct {
	enum aud_format format;
	const char *name;
	bool translated;
	const struct writer *writer; /* NULL: write reads the report itself */
	enum aud_code (*write)(const struct aud_report *, const struct aud_report_opts *, FILE *, struct aud_err *);
} formats[] = {
    {AUD_FORMAT_TEXT, "text", true, &writer_text, NULL},
    {AUD_FORMAT_JSON, "json", false, &writer_json, NULL},
    {AUD_FORMAT_JSONL, "jsonl", false, &writer_jsonl, NULL},
    {AUD_FORMAT_CSV, "csv", false, &writer_csv, NULL},
    {AUD_FORMAT_MD, "md", true, &writer_md, NULL},
    {AUD_FORMAT_HTML, "html", true, NULL, html_write},
    {AUD_FORMAT_SARIF, "sarif", false, &writer_sarif, NULL},
    {AUD_FORMAT_CEF, "cef", false, &writer_cef, NULL},
};

enum { NFORMATS = sizeof formats / sizeof *formats };

int
aud_format_by_name(const char *name)
{
	for (size_t i = 0; i < NFORMATS; i++)
		if (!strcmp(formats[i].name, name))
			return (int)formats[i].format;
	return -1;
}

const char *
aud_format_names(void)
{
	return "text json jsonl csv md html sarif cef";
}

bool
report_inputs(char **names, const struct aud_trial *t, const struct aud_lang *l)
{
	for (size_t i = 0; i < t->ninputs; i++) {
		const char *path = t->inputs[i].info.path;

		if (!aud_names_add(names, i, strcmp(path, "-") ? path : _(l, "standard input")))
			return false;
	}
	return true;
}

struct time_text
time_str(uint64_t ns)
{
	struct time_text t = {"-"};
	time_t s = (time_t)(ns / 1000000000);
	struct tm tm;
	char date[24];

	if (gmtime_r(&s, &tm) && strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &tm))
		snprintf(t.s, sizeof t.s, "%s.%09uZ", date, (unsigned)(ns % 1000000000));
	return t;
}

void
aud_report_totals(struct aud_report *r)
{
	const struct aud_trial *t = r->trial;

	/* Without its conversations at hand: the store counted. */
	if (r->read_cases)
		return;
	memset(&r->totals, 0, sizeof r->totals);
	for (size_t i = 0; i < t->nfindings; i++) {
		const struct aud_finding *f = &t->findings[i];

		if (f->waiver >= 0 && !f->waiver_expired)
			r->totals.waived++;
		else
			r->totals.by_severity[f->severity]++;
	}
	for (size_t i = 0; i < t->nstates; i++)
		r->totals.by_state[t->states[i].state]++;
	for (size_t i = 0; i < t->ncases; i++)
		r->totals.conversations[aud_case_class(&t->cases[i])]++;
}

enum aud_code
aud_report_write(const struct aud_report *r, const struct aud_report_opts *opts, FILE *out, struct aud_err *err)
{
	struct pen pen = {.out = out, .opts = opts};
	enum aud_code rc;

	for (size_t i = 0; i < NFORMATS; i++) {
		if (formats[i].format != opts->format)
			continue;
		errno = 0;
		pen.l = formats[i].translated ? opts->lang : NULL;
		rc = formats[i].writer ? report_walk(r, formats[i].writer, &pen, err) : formats[i].write(r, opts, out, err);
		if (rc == AUD_OK && r->since && opts->format == AUD_FORMAT_TEXT) {
			putc('\n', out);
			if (!changes_text(r->since, opts, out))
				rc = aud_nomem(err);
		}
		if (rc == AUD_OK && (fflush(out) || ferror(out)))
			return aud_fail(err, AUD_IO, errno ? errno : EIO, "cannot write the report");
		return rc;
	}
	return aud_fail(err, AUD_USAGE, 0, "this report format is not built in; there are: %s", aud_format_names());
}
