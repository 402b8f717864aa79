/*
 * What changed between two audits: as events for the formats that hold data, as lines for a terminal. Of findings that are
 * unchanged the text tells the number only.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <aud/diff.h>

#include "changes.h"
#include "layout.h"

enum { WIDTH = 100, WIDTH_LEAST = 60, LABEL = 12 };

struct teller {
	const struct writer *w;
	struct pen *pen;
	bool failed;
};

static void
open_one(struct teller *t, enum shape shape, const char *name)
{
	t->failed = t->failed || !t->w->open(t->pen, shape, name);
}

static void
close_one(struct teller *t)
{
	t->failed = t->failed || !t->w->close(t->pen);
}

static char *
clean(const char *s)
{
	size_t room = 4 * strlen(s) + 1;
	char *c = malloc(room);

	return c ? aud_text_clean(c, room, s) : NULL;
}

static void
text(struct teller *t, const char *name, const char *s)
{
	char *c = s ? clean(s) : NULL;
	struct value v = {.kind = s ? VALUE_TEXT : VALUE_NULL, .text = c};

	t->failed = t->failed || (s && !c) || !t->w->field(t->pen, name, &v);
	free(c);
}

/* In the reader's language. */
static void
said(struct teller *t, const char *name, const char *parts, const char *english)
{
	char *s = t->pen->l && english ? aud_said_in(t->pen->l, parts, english) : NULL;

	t->failed = t->failed || (t->pen->l && english && !s);
	text(t, name, s ? s : english);
	free(s);
}

static void
number(struct teller *t, const char *name, enum value_kind kind, uint64_t n)
{
	struct value v = {.kind = kind, .n = n};

	t->failed = t->failed || !t->w->field(t->pen, name, &v);
}

static void
address(struct teller *t, const char *name, const struct aud_addr *a)
{
	text(t, name, a->family ? aud_addr_str(a).s : NULL);
}

static bool
waived(const struct aud_finding *f)
{
	return f->waiver >= 0 && !f->waiver_expired;
}

/* What may differ of a finding. */
static void
tell_side(struct teller *t, const char *name, const struct aud_finding *f)
{
	if (!f) {
		text(t, name, NULL);
		return;
	}
	open_one(t, SHAPE_OBJECT, name);
	text(t, "severity", aud_severity_name(f->severity));
	text(t, "certainty", aud_certainty_name(f->certainty));
	number(t, "waived", VALUE_BOOL, waived(f));
	said(t, "reason", f->said, f->reason);
	number(t, "flows", VALUE_NUMBER, f->flows);
	close_one(t);
}

static void
tell_finding(struct teller *t, const struct aud_diff_finding *d)
{
	const struct aud_finding *f = d->after ? d->after : d->before;

	open_one(t, SHAPE_OBJECT, NULL);
	text(t, "change", aud_change_name(d->change));
	text(t, "id", f->id);
	text(t, "kind", aud_kind_slug(f->kind));
	text(t, "title", _(t->pen->l, aud_kind_title(f->kind)));
	address(t, "client", &f->client);
	address(t, "server", &f->server);
	text(t, "transport", f->proto ? aud_proto_name(f->proto).s : NULL);
	number(t, "port", f->port < 0 ? VALUE_NULL : VALUE_NUMBER, f->port < 0 ? 0 : (uint64_t)f->port);
	text(t, "app", f->app ? _(t->pen->l, f->app) : NULL);
	said(t, "reason", d->said, d->reason);
	tell_side(t, "before", d->before);
	tell_side(t, "after", d->after);
	close_one(t);
}

static void
tell_row(struct teller *t, const struct aud_diff_row *r)
{
	open_one(t, SHAPE_OBJECT, NULL);
	text(t, "document", r->document);
	text(t, "table", r->table);
	number(t, "row", VALUE_NUMBER, r->ordinal);
	text(t, "before", r->before ? aud_state_name(r->before->state) : NULL);
	text(t, "after", r->after ? aud_state_name(r->after->state) : NULL);
	said(t, "reason", r->after ? r->after->said : NULL, r->after ? r->after->reason : NULL);
	close_one(t);
}

/* Which audit that is. */
static void
tell_audit(struct teller *t, const char *name, const struct aud_report *r)
{
	const struct aud_trial *of = r->trial;
	const struct aud_coverage *c = of->coverage;

	open_one(t, SHAPE_OBJECT, name);
	text(t, "version", r->version);
	text(t, "matrix_sha256", of->matrix && *of->matrix->sha256 ? of->matrix->sha256 : NULL);
	text(t, "site", of->site ? of->site->name : NULL);
	text(t, "site_sha256", of->site && *of->site->sha256 ? of->site->sha256 : NULL);
	number(t, "first", c->first_ns ? VALUE_TIME : VALUE_NULL, c->first_ns);
	number(t, "last", c->last_ns ? VALUE_TIME : VALUE_NULL, c->last_ns);
	number(t, "watched_ns", VALUE_NUMBER, aud_watched_ns(of));
	number(t, "findings", VALUE_NUMBER, of->nfindings);
	close_one(t);
}

static void
tell_counts(struct teller *t, const struct aud_diff *d)
{
	open_one(t, SHAPE_OBJECT, "totals");
	for (int c = 0; c < AUD_CHANGE_COUNT; c++)
		number(t, aud_change_name((enum aud_change)c), VALUE_NUMBER, d->counts[c]);
	number(t, "rows", VALUE_NUMBER, d->nrows);
	close_one(t);
}

/* A reader that went away is not written to for thousands of findings. */
static bool
going(const struct teller *t)
{
	return !t->failed && !ferror(t->pen->out);
}

static void
tell(struct teller *t, const struct aud_diff *d)
{
	tell_audit(t, "before", d->before);
	tell_audit(t, "after", d->after);
	open_one(t, SHAPE_LIST, "remarks");
	for (size_t i = 0; i < d->nremarks; i++)
		text(t, NULL, _(t->pen->l, d->remarks[i]));
	close_one(t);
	tell_counts(t, d);
	open_one(t, SHAPE_LIST, "findings");
	for (size_t i = 0; i < d->nfindings && going(t); i++)
		tell_finding(t, &d->findings[i]);
	close_one(t);
	open_one(t, SHAPE_LIST, "rows");
	for (size_t i = 0; i < d->nrows && going(t); i++)
		tell_row(t, &d->rows[i]);
	close_one(t);
}

bool
changes_tell(const struct aud_diff *d, const struct writer *w, struct pen *pen)
{
	struct teller t = {.w = w, .pen = pen};

	open_one(&t, SHAPE_OBJECT, "since");
	tell(&t, d);
	close_one(&t);
	return !t.failed;
}

/* ---- for a terminal ---- */

static const char *
paint(const struct aud_report_opts *o, const char *code)
{
	return o->color ? code : "";
}

#define BOLD "\033[1m"
#define DIM "\033[2m"
#define PLAIN "\033[0m"

static size_t
width(const struct aud_report_opts *o)
{
	return !o->width ? WIDTH : o->width < WIDTH_LEAST ? WIDTH_LEAST : o->width;
}

static bool
wrapped(FILE *out, const char *s, size_t at, size_t hang, const struct aud_report_opts *o)
{
	char *c = clean(s);

	if (!c)
		return false;
	text_wrap(out, c, at, hang, width(o));
	free(c);
	return true;
}

/* As wide as the longest of them. */
static size_t
label_width(const struct aud_lang *l)
{
	static const char *const labels[] = {N_("Before"), N_("Now"), N_("Findings"), N_("Note"), N_("Changed"), "info", "low", "medium", "high",
	    "critical"};
	size_t most = LABEL;

	for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
		if (text_columns(_(l, labels[i])) + 1 > most)
			most = text_columns(_(l, labels[i])) + 1;
	return most;
}

static void
put_label(FILE *out, const char *label, const char *color, const struct aud_report_opts *o)
{
	const char *told = *label ? _(o->lang, label) : "";

	fprintf(out, "  %s%s%*s%s", paint(o, color), told, (int)(label_width(o->lang) - text_columns(told)), "", paint(o, PLAIN));
}

static bool
line(FILE *out, const char *label, const char *s, const struct aud_report_opts *o)
{
	size_t at = 2 + label_width(o->lang);

	put_label(out, label, DIM, o);
	return wrapped(out, s, at, at, o);
}

static bool
line_said(FILE *out, const char *label, const char *parts, const char *english, const struct aud_report_opts *o)
{
	char *s = aud_said_in(o->lang, parts, english);
	bool ok = s && line(out, label, s, o);

	free(s);
	return ok;
}

static bool
text_audit(FILE *out, const char *label, const struct aud_report *r, const struct aud_report_opts *o)
{
	const struct aud_trial *t = r->trial;
	bool ok;
	char *s;

	if (asprintf(&s, aud_coverage_windowed(t->coverage) ? _(o->lang, "%s, within the window %s captured, %s") : _(o->lang, "%s, %s captured, %s"), t->coverage->first_ns ?
	    human_period(o->lang, t->coverage->first_ns, t->coverage->last_ns).s : _(o->lang, "no packets"), human_span(o->lang, aud_watched_ns(t)).s,
	    human_count(o->lang, t->nfindings, "%s finding", "%s findings").s) < 0)
		return false;
	if (t->site && *t->site->name) {
		char *whole;
		int n = asprintf(&whole, "%s; %s", s, t->site->name);

		free(s);
		if (n < 0)
			return false;
		s = whole;
	}
	ok = line(out, label, s, o);
	free(s);
	return ok;
}

/* "2 new, 1 not-seen"; "none" where nothing changed. */
static void
text_counts(FILE *out, const struct aud_diff *d, const struct aud_lang *l)
{
	const char *comma = "";

	for (int c = 0; c < AUD_CHANGE_COUNT; c++)
		if (d->counts[c]) {
			fprintf(out, "%s%s", comma, human_counted(l, d->counts[c], aud_change_name((enum aud_change)c)).s);
			comma = ", ";
		}
	fprintf(out, "%s\n", *comma ? "" : _(l, "none"));
}

static bool
text_finding(FILE *out, const struct aud_diff_finding *d, const struct aud_report_opts *o)
{
	const struct aud_finding *f = d->after ? d->after : d->before;
	size_t at = 2 + label_width(o->lang);
	char title[256];

	put_label(out, aud_severity_name(f->severity), BOLD, o);
	snprintf(title, sizeof title, waived(f) ? _(o->lang, "%s (waived) (%s, id %s)") : _(o->lang, "%s (%s, id %s)"),
	    _(o->lang, aud_kind_title(f->kind)), aud_kind_slug(f->kind), f->id);
	text_wrap(out, title, at, at, width(o));
	return (!f->reason || line_said(out, "", f->said, f->reason, o)) &&
	       (!d->reason || line_said(out, d->after ? "Changed" : "Now", d->said, d->reason, o));
}

static bool
text_findings(FILE *out, const struct aud_diff *d, const struct aud_report_opts *o)
{
	static const char *const titles[] = {
	    [AUD_CHANGE_NEW] = N_("New"), [AUD_CHANGE_CHANGED] = N_("Changed"),
	    [AUD_CHANGE_NOT_SEEN] = N_("Gone, but the new captures may not have shown them"),
	    [AUD_CHANGE_SUPERSEDED] = N_("Told by another finding now"), [AUD_CHANGE_RESOLVED] = N_("Resolved"), [AUD_CHANGE_UNCHANGED] = NULL};
	int now = -1;

	for (size_t i = 0; i < d->nfindings && titles[d->findings[i].change] && !ferror(out); i++) {
		if (now != (int)d->findings[i].change) {
			now = (int)d->findings[i].change;
			fprintf(out, "\n%s%s%s\n", paint(o, BOLD), _(o->lang, titles[now]), paint(o, PLAIN));
		}
		if (!text_finding(out, &d->findings[i], o))
			return false;
	}
	return true;
}

static const char *
state_name(const struct aud_row_state *s)
{
	return s ? aud_state_name(s->state) : N_("not loaded");
}

/* The same change of the same document for the same reason: told once. */
static bool
alike(const struct aud_diff_row *a, const struct aud_diff_row *b)
{
	const char *x = a->after && a->after->reason ? a->after->reason : "", *y = b->after && b->after->reason ? b->after->reason : "";

	return !strcmp(a->document, b->document) && !strcmp(state_name(a->before), state_name(b->before)) &&
	       !strcmp(state_name(a->after), state_name(b->after)) && !strcmp(x, y);
}

/* The sentence and the rows of which it is true, from the first of them on. */
static bool
text_row(FILE *out, const struct aud_diff *d, size_t first, const struct aud_report_opts *o)
{
	const struct aud_diff_row *r = &d->rows[first];
	char *s = NULL, *reason = NULL;
	size_t n;
	FILE *w = open_memstream(&s, &n);
	bool ok = true;

	if (!w)
		return false;
	fprintf(w, _(o->lang, "%s, was %s"), _(o->lang, state_name(r->after)), _(o->lang, state_name(r->before)));
	for (size_t i = first; i < d->nrows; i++)
		if (alike(r, &d->rows[i]))
			fprintf(w, "%s %s.%u", i == first ? ":" : ",", d->rows[i].table, d->rows[i].ordinal);
	if (r->after && r->after->reason && !(reason = aud_said_in(o->lang, r->after->said, r->after->reason)))
		ok = false;
	if (reason)
		fprintf(w, ". %s", reason);
	free(reason);
	ok = !fclose(w) && ok;
	fputs("  ", out);
	ok = ok && wrapped(out, s, 2, 6, o);
	free(s);
	return ok;
}

static bool
text_rows(FILE *out, const struct aud_diff *d, const struct aud_report_opts *o)
{
	const char *document = NULL;

	if (d->nrows)
		fprintf(out, "\n%s%s%s\n", paint(o, BOLD), _(o->lang, "Rows whose state changed"), paint(o, PLAIN));
	for (size_t i = 0; i < d->nrows && !ferror(out); i++) {
		bool told = false;

		for (size_t k = 0; k < i && !told; k++)
			told = alike(&d->rows[k], &d->rows[i]);
		if (told)
			continue;
		if (!document || strcmp(document, d->rows[i].document) != 0)
			fprintf(out, "%s\n", document = d->rows[i].document);
		if (!text_row(out, d, i, o))
			return false;
	}
	return true;
}

bool
changes_text(const struct aud_diff *d, const struct aud_report_opts *o, FILE *out)
{
	fprintf(out, "%s%s%s\n", paint(o, BOLD), _(o->lang, "Changes since the former audit"), paint(o, PLAIN));
	if (!text_audit(out, "Before", d->before, o) || !text_audit(out, "Now", d->after, o))
		return false;
	put_label(out, "Findings", DIM, o);
	text_counts(out, d, o->lang);
	for (size_t i = 0; i < d->nremarks; i++)
		if (!line(out, "Note", _(o->lang, d->remarks[i]), o))
			return false;
	return text_findings(out, d, o) && text_rows(out, d, o);
}

static enum aud_code
write_json(const struct aud_diff *d, const struct aud_report_opts *o, FILE *out, struct aud_err *err)
{
	struct pen pen = {.out = out, .opts = o};
	struct teller t = {.w = &writer_json, .pen = &pen};

	t.failed = !writer_json.begin(&pen);
	open_one(&t, SHAPE_OBJECT, NULL);
	text(&t, "schema", "spanaudit-diff/1");
	if (!t.failed)
		tell(&t, d);
	close_one(&t);
	t.failed = !writer_json.end(&pen) || t.failed;
	return t.failed ? aud_nomem(err) : AUD_OK;
}

enum aud_code
aud_diff_write(const struct aud_diff *d, const struct aud_report_opts *o, FILE *out, struct aud_err *err)
{
	enum aud_code code = AUD_OK;

	if (o->format == AUD_FORMAT_JSON)
		code = write_json(d, o, out, err);
	else if (o->format != AUD_FORMAT_TEXT)
		return aud_fail(err, AUD_USAGE, 0, "a difference is told as text or json only");
	else if (!changes_text(d, o, out))
		code = aud_nomem(err);
	if (!code && (fflush(out) || ferror(out)))
		return aud_fail(err, AUD_IO, errno ? errno : EIO, "cannot write the difference");
	return code;
}
