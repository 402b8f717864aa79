/*
 * SARIF 2.1.0 (OASIS standard, with errata 01): finding kinds and printed rows are rules; findings are results of kind "fail", row
 * states results of the kind that says the same; waivers are suppressions; captures are artifacts, frames logical locations in them.
 * What SARIF has no word for is in property bags, under the names of the json format.
 */
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "record.h"

struct sarif {
	struct records rec;
	struct json json;   /* of the record at hand, or of the run's properties */
	struct memory {
		char *text;
		size_t n;
		FILE *f;
	} record, driver, rules, properties, notes;
	bool artifacts, results, unsuccessful; /* lists that are begun; and: some input is not read to its end */
	bool finished; /* the results are over: properties go out as they are told */
};

static bool
memory_open(struct memory *m)
{
	return (m->f = open_memstream(&m->text, &m->n)) != NULL;
}

static void
memory_close(struct memory *m)
{
	if (m->f)
		fclose(m->f);
	free(m->text);
}

static bool
begin(struct pen *p)
{
	struct sarif *s = calloc(1, sizeof *s);

	if (!(p->own = s))
		return false;
	fputs("{\n\"$schema\":\"https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json\",\n"
	      "\"version\":\"2.1.0\",\n\"runs\":[{\n", p->out);
	return memory_open(&s->record) && memory_open(&s->driver) && memory_open(&s->rules) && memory_open(&s->properties) &&
	       memory_open(&s->notes);
}

/* A message: "](" would make a link of what is none (3.11.6). */
static void
message(FILE *out, const char *name, const char *s)
{
	fprintf(out, "\"%s\":{\"text\":\"", name);
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			putc('\\', out);
		putc(*s, out);
		if (*s == ']' && s[1] == '(')
			putc(' ', out);
	}
	fputs("\"}", out);
}

static void
string(FILE *out, const char *name, const char *s)
{
	fprintf(out, "\"%s\":", name);
	aud_json_string(out, s);
}

/* A relative reference (RFC 3986): all but unreserved characters and slashes is percent-encoded. */
static void
location(FILE *out, const char *member, const char *name)
{
	fprintf(out, "\"%s\":{\"uri\":\"", member);
	for (const char *c = name; *c; c++)
		if ((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') || strchr("-._~/", *c))
			putc(*c, out);
		else
			fprintf(out, "%%%02X", (unsigned char)*c);
	fputs("\"}", out);
}

static const char *
level(const char *severity)
{
	if (!strcmp(severity, "critical") || !strcmp(severity, "high"))
		return "error";
	return strcmp(severity, "medium") ? "note" : "warning";
}

/* A property bag with the record as the json format tells it. */
static void
bag(FILE *out, const struct sarif *s, const char *name)
{
	fprintf(out, "\"properties\":{\"%s\":", name);
	fwrite(s->record.text, 1, s->record.n, out);
	putc('}', out);
}

static void
item(FILE *out, bool *begun, const char *list)
{
	if (list && !*begun)
		fprintf(out, "\"%s\":[\n", list);
	else
		fputs(*begun ? ",\n" : "\n", out);
	*begun = true;
}

static void
tool(struct sarif *s)
{
	const struct sheet *t = &s->rec.sheet;
	FILE *out = s->driver.f;

	string(out, "name", sheet_text(t, "name"));
	putc(',', out);
	string(out, "version", sheet_text(t, "version"));
	putc(',', out);
	string(out, "semanticVersion", sheet_text(t, "version"));
	putc(',', out);
	bag(out, s, "tool");
}

static void
input(struct sarif *s, FILE *out)
{
	const struct sheet *t = &s->rec.sheet;
	bool first = !s->unsuccessful;

	item(out, &s->artifacts, "artifacts");
	putc('{', out);
	location(out, "location", sheet_text(t, "name"));
	fputs(",\"roles\":[\"analysisTarget\"],", out);
	if (!sheet_null(t, "sha256")) {
		fputs("\"hashes\":{", out);
		string(out, "sha-256", sheet_text(t, "sha256"));
		fputs("},", out);
	}
	bag(out, s, "input");
	putc('}', out);
	if (!sheet_number(t, "broken") && !sheet_number(t, "interrupted"))
		return;
	s->unsuccessful = true;
	fprintf(s->notes.f, "%s\n{\"level\":\"error\",", first ? "" : ",");
	message(s->notes.f, "message", sheet_number(t, "broken") ? sheet_text(t, "broken_why") : "not read to its end: the audit was interrupted");
	fputs(",\"locations\":[{\"physicalLocation\":{", s->notes.f);
	location(s->notes.f, "artifactLocation", sheet_text(t, "name"));
	fputs("}}]}", s->notes.f);
}

static void
frames(const struct sheet *t, FILE *out)
{
	const struct sheet_entry *in, *frame;
	size_t a = 0, b = 0;

	fputs("\"locations\":[", out);
	for (const char *comma = ""; (in = sheet_next(t, "evidence.input", &a)) && (frame = sheet_next(t, "evidence.frame", &b)); comma = ",") {
		unsigned long long no = frame->n;

		fprintf(out, "%s{\"physicalLocation\":{", comma);
		location(out, "artifactLocation", sheet_entry_text(t, in));
		fprintf(out, "},\"logicalLocations\":[{\"name\":\"%llu\",\"fullyQualifiedName\":\"frame %llu\",\"kind\":\"frame\"}],"
		    "\"properties\":{\"frame\":%llu}}", no, no, no);
	}
	fputs("],", out);
}

/* One that has expired is not accepted any more: somebody has to look at it again. */
static void
suppression(const struct sheet *t, FILE *out)
{
	static const char *const keys[][2] = {{"owner", "waiver.owner"}, {"expires", "waiver.expires"}};

	/* An empty list says that none was found; no list, that none was looked for (3.27.23). */
	fputs("\"suppressions\":[", out);
	if (!sheet_null(t, "waiver.expired")) {
		bool expired = sheet_number(t, "waiver.expired");

		fprintf(out, "{\"kind\":\"external\",\"status\":\"%s\",", expired ? "underReview" : "accepted");
		if (!sheet_null(t, "waiver.reason")) {
			string(out, "justification", sheet_text(t, "waiver.reason"));
			putc(',', out);
		}
		fprintf(out, "\"properties\":{\"expired\":%s", expired ? "true" : "false");
		for (size_t i = 0; i < 2; i++)
			if (!sheet_null(t, keys[i][1])) {
				putc(',', out);
				string(out, keys[i][0], sheet_text(t, keys[i][1]));
			}
		fputs("}}", out);
	}
	fputs("],", out);
}

static void
finding(struct sarif *s, FILE *out)
{
	const struct sheet *t = &s->rec.sheet;

	item(out, &s->results, NULL);
	putc('{', out);
	string(out, "ruleId", sheet_text(t, "kind"));
	fprintf(out, ",\"kind\":\"fail\",\"level\":\"%s\",", level(sheet_text(t, "severity")));
	message(out, "message", sheet_text(t, "reason"));
	putc(',', out);
	frames(t, out);
	fputs("\"fingerprints\":{", out);
	string(out, "spanaudit/1", sheet_text(t, "id"));
	fputs("},", out);
	suppression(t, out);
	bag(out, s, "finding");
	putc('}', out);
}

/*
 * 3.27.9: "open": there was not enough to decide; "review": a person has to. What is missing is a finding too, with its own severity,
 * so its row is but noted.
 */
static const char *
kind(const char *state)
{
	static const char *const kinds[][2] = {
	    {"observed", "pass"}, {"attempted", "review"}, {"missing", "fail"}, {"not-observed", "informational"},
	    {"inconclusive", "open"}, {"not-applicable", "notApplicable"}, {"blank", "notApplicable"}, {"statement", "informational"},
	};

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (!strcmp(kinds[i][0], state))
			return kinds[i][1];
	return "review";
}

/* "role, service, port, protocol" as printed, without what is empty. */
static bool
printed(struct sarif *s, const char *id)
{
	static const char *const cells[] = {"printed.role", "printed.service", "printed.port", "printed.protocol"};
	const struct sheet *t = &s->rec.sheet;
	FILE *out = s->rules.f, *w;
	const char *comma = "";
	char *text;
	size_t n;
	bool ok;

	if (!(w = open_memstream(&text, &n)))
		return false;
	for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
		if (*sheet_text(t, cells[i])) {
			fprintf(w, "%s%s", comma, sheet_text(t, cells[i]));
			comma = ", ";
		}
	ok = !fclose(w);
	if (ok) {
		fputs(",\n{", out);
		string(out, "id", id);
		putc(',', out);
		message(out, "shortDescription", n ? text : "a row without any text");
		putc('}', out);
	}
	free(text);
	return ok;
}

static bool
row(struct sarif *s, FILE *out)
{
	const struct sheet *t = &s->rec.sheet;
	const char *is = kind(sheet_text(t, "state"));
	char id[128];

	snprintf(id, sizeof id, "%s#%s.%u", sheet_text(t, "document"), sheet_text(t, "table"), (unsigned)sheet_number(t, "row"));
	item(out, &s->results, NULL);
	putc('{', out);
	string(out, "ruleId", id);
	fprintf(out, ",\"kind\":\"%s\",\"level\":\"%s\",", is, strcmp(is, "fail") ? "none" : "note");
	message(out, "message", sheet_text(t, "reason"));
	putc(',', out);
	bag(out, s, "row");
	putc('}', out);
	return printed(s, id);
}

/* Of the sections that became results and artifacts nothing is told twice; the others go to the run's properties as they are. */
static bool
is_property(const char *section)
{
	static const char *const others[] = {"tool", "inputs", "findings", "rows"};

	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (!strcmp(others[i], section))
			return false;
	return true;
}

static FILE *
properties(const struct pen *p)
{
	const struct sarif *s = p->own;

	return s->finished ? p->out : s->properties.f;
}

static void
write_kinds(FILE *out)
{
#define X(e, slug, title, severity) {slug, title, AUD_##severity},
	static const struct {
		const char *slug, *title;
		enum aud_severity severity;
	} kinds[] = {AUD_FINDING_KINDS(X)};
#undef X

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		fprintf(out, "%s\n{\"id\":\"%s\",\"shortDescription\":{\"text\":\"%s\"},\"defaultConfiguration\":{\"level\":\"%s\"}}",
		    i ? "," : "", kinds[i].slug, kinds[i].title, level(aud_severity_name(kinds[i].severity)));
}

/* All but what is still to come of the properties, of which that of IPsec may be long. */
static bool
finish(struct pen *p)
{
	struct sarif *s = p->own;

	if (fflush(s->driver.f) || fflush(s->rules.f) || fflush(s->properties.f) || fflush(s->notes.f))
		return false;
	fputs("\"tool\":{\"driver\":{", p->out);
	fwrite(s->driver.text, 1, s->driver.n, p->out);
	fputs(",\"rules\":[", p->out);
	write_kinds(p->out);
	fwrite(s->rules.text, 1, s->rules.n, p->out);
	fprintf(p->out, "]}},\n\"invocations\":[{\"executionSuccessful\":%s,\"toolExecutionNotifications\":[", s->unsuccessful ? "false" : "true");
	fwrite(s->notes.text, 1, s->notes.n, p->out);
	fputs("]}],\n\"properties\":{", p->out);
	fwrite(s->properties.text, 1, s->properties.n, p->out);
	s->finished = true;
	return true;
}

static bool
record(struct pen *p)
{
	struct sarif *s = p->own;

	if (fflush(s->record.f))
		return false;
	if (!strcmp(s->rec.section, "tool"))
		tool(s);
	else if (!strcmp(s->rec.section, "inputs"))
		input(s, p->out);
	else if (!strcmp(s->rec.section, "findings"))
		finding(s, p->out);
	else if (!strcmp(s->rec.section, "rows"))
		return row(s, p->out);
	return true;
}

static bool
open(struct pen *p, enum shape shape, const char *name)
{
	struct sarif *s = p->own;

	if (!records_open(&s->rec, shape, name))
		return false;
	if (s->rec.depth == 2 && !strcmp(s->rec.section, "findings"))
		fputs("\"results\":[", p->out);
	if (s->rec.depth >= 2 && is_property(s->rec.section)) {
		if (s->rec.depth == 2) {
			s->json.depth = 1;
			s->json.at[0].filled = s->finished || s->properties.n || ftello(s->properties.f) > 0;
		}
		return json_open(&s->json, properties(p), shape, name);
	}
	if (!records_inside(&s->rec))
		return true;
	if (records_begun(&s->rec)) {
		s->json.depth = 0;
		if (fseeko(s->record.f, 0, SEEK_SET))
			return false;
	}
	return json_open(&s->json, s->record.f, shape, records_begun(&s->rec) ? NULL : name);
}

static bool
field(struct pen *p, const char *name, const struct value *v)
{
	struct sarif *s = p->own;

	if (s->rec.depth >= 2 && is_property(s->rec.section)) {
		json_field(&s->json, properties(p), name, v);
		return true;
	}
	if (records_inside(&s->rec))
		json_field(&s->json, s->record.f, name, v);
	return records_field(&s->rec, name, v);
}

static bool
close(struct pen *p)
{
	struct sarif *s = p->own;
	enum closed closed;

	if (s->rec.depth >= 2 && is_property(s->rec.section)) {
		json_close(&s->json, properties(p));
		records_close(&s->rec);
		return true;
	}
	if (records_inside(&s->rec))
		json_close(&s->json, s->record.f);
	closed = records_close(&s->rec);
	if (closed == CLOSED_RECORD)
		return record(p);
	if (closed == CLOSED_SECTION && !strcmp(s->rec.section, "inputs"))
		fputs(s->artifacts ? "],\n" : "\"artifacts\":[],\n", p->out);
	if (closed == CLOSED_SECTION && !strcmp(s->rec.section, "rows")) {
		fputs("],\n", p->out);
		return finish(p);
	}
	return true;
}

static bool
end(struct pen *p)
{
	struct sarif *s = p->own;

	if (!s)
		return true;
	if (s->finished)
		fputs("}\n}]\n}\n", p->out);
	memory_close(&s->record);
	memory_close(&s->driver);
	memory_close(&s->rules);
	memory_close(&s->properties);
	memory_close(&s->notes);
	sheet_free(&s->rec.sheet);
	free(s);
	return true;
}

const struct writer writer_sarif = {begin, open, field, close, end, NULL};
