/*
 * JSON lines: an event a line, as Suricata's EVE has it: schema, event_type and, where they are known, timestamp, src_ip, src_port,
 * dest_ip, dest_port, proto and app_proto; then the record under the name of the event, as the json format tells it.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "record.h"
#include "talks.h"

struct jsonl {
	struct records rec; /* the fields that every event has */
	struct json json;   /* the record itself, as JSON */
	char *text;         /* of it, until the fields of the event are known */
	size_t n;
	FILE *f;
	char schema[32];
	uint64_t last; /* of the coverage: the time of what has none of its own */
	bool direct;   /* the record goes out as it is told */
};

static bool
begin(struct pen *p)
{
	struct jsonl *j = calloc(1, sizeof *j);

	if (!(p->own = j))
		return false;
	return (j->f = open_memstream(&j->text, &j->n)) != NULL;
}

static const char *
event_type(const char *section)
{
	static const char *const items[][2] = {{"inputs", "input"}, {"findings", "finding"}, {"rows", "row"},
	    {"waivers", "waiver"}};

	for (size_t i = 0; i < sizeof items / sizeof *items; i++)
		if (!strcmp(items[i][0], section))
			return items[i][1];
	return section;
}

static void
text(FILE *out, const char *name, const char *s)
{
	if (!*s)
		return;
	fprintf(out, ",\"%s\":", name);
	aud_json_string(out, s);
}

static void
number(FILE *out, const char *name, const struct sheet *s, const char *path)
{
	if (!sheet_null(s, path))
		fprintf(out, ",\"%s\":%" PRIu64, name, sheet_number(s, path));
}

/* EVE has them in capitals. */
static void
proto(FILE *out, const char *s)
{
	char capitals[16] = "";

	for (size_t i = 0; s[i] && i + 1 < sizeof capitals; i++)
		capitals[i] = (char)toupper((unsigned char)s[i]);
	text(out, "proto", capitals);
}

static void
event_head(const struct pen *p, const char *type)
{
	const struct jsonl *j = p->own;
	const struct sheet *s = &j->rec.sheet;
	uint64_t when = sheet_number(s, "first");
	/* What names a set of hosts, as a waiver may, is no endpoint. */
	bool flow = !strcmp(type, "finding");

	fputs("{\"schema\":", p->out);
	aud_json_string(p->out, j->schema);
	if (when || j->last)
		text(p->out, "timestamp", time_str(when ? when : j->last).s);
	text(p->out, "event_type", type);
	if (flow) {
		text(p->out, "src_ip", sheet_text(s, "client.address"));
		text(p->out, "dest_ip", sheet_text(s, "server.address"));
		number(p->out, "dest_port", s, "port");
		proto(p->out, sheet_text(s, "transport"));
		text(p->out, "app_proto", sheet_text(s, "app"));
	}
	fprintf(p->out, ",\"%s\":", type);
}

static bool
event(struct pen *p)
{
	struct jsonl *j = p->own;
	const char *type = event_type(j->rec.section);

	if (!strcmp(type, "coverage"))
		j->last = sheet_number(&j->rec.sheet, "last");
	if (!j->direct) {
		if (fflush(j->f))
			return false;
		event_head(p, type);
		fwrite(j->text, 1, j->n, p->out);
	}
	j->direct = false;
	fputs("}\n", p->out);
	return true;
}

static bool
open(struct pen *p, enum shape shape, const char *name)
{
	struct jsonl *j = p->own;

	if (!records_open(&j->rec, shape, name))
		return false;
	if (!records_inside(&j->rec))
		return true;
	if (records_begun(&j->rec)) {
		/* It may have a hundred thousand associations, and no field of its event is known later than now. */
		j->direct = !strcmp(j->rec.section, "ipsec");
		if (j->direct)
			event_head(p, "ipsec");
		else if (fseeko(j->f, 0, SEEK_SET))
			return false;
	}
	return json_open(&j->json, j->direct ? p->out : j->f, shape, records_begun(&j->rec) ? NULL : name);
}

static bool
field(struct pen *p, const char *name, const struct value *v)
{
	struct jsonl *j = p->own;

	if (records_inside(&j->rec))
		json_field(&j->json, j->direct ? p->out : j->f, name, v);
	else if (v->kind == VALUE_TEXT && !strcmp(name, "schema"))
		snprintf(j->schema, sizeof j->schema, "%s", v->text);
	return j->direct || records_field(&j->rec, name, v);
}

static bool
close(struct pen *p)
{
	struct jsonl *j = p->own;

	if (records_inside(&j->rec))
		json_close(&j->json, j->direct ? p->out : j->f);
	return records_close(&j->rec) != CLOSED_RECORD || event(p);
}

static bool
end(struct pen *p)
{
	struct jsonl *j = p->own;

	if (!j)
		return true;
	if (j->f)
		fclose(j->f);
	free(j->text);
	sheet_free(&j->rec.sheet);
	free(j);
	return true;
}

static enum aud_code
talks(struct pen *p, const struct aud_report *r, char *const *inputs, struct aud_err *err)
{
	const struct jsonl *j = p->own;

	return talks_jsonl(r, inputs, j->schema, j->last, p->out, err);
}

const struct writer writer_jsonl = {begin, open, field, close, end, talks};
