#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "options.h"
#include "render.h"
#include "since.h"

struct pick { /* one audit or two, databases or numbers in one, in the order in which they are given */
	const char *db[2];
	int64_t audit[2];
	size_t ndb, naudit;
};

struct diff_args {
	struct pick pick;
	struct render render;
	int fail_on; /* enum aud_severity */
};

static const char *
add_database(void *field, const char *text)
{
	struct pick *p = field;

	if (p->ndb == 2)
		return "given once or twice: the old database and the new one";
	return set_database(&p->db[p->ndb++], text);
}

static const char *
add_audit(void *field, const char *text)
{
	struct pick *p = field;

	if (p->naudit == 2)
		return "given at most twice: the number of the old audit and that of the new one";
	return set_audit(&p->audit[p->naudit++], text);
}

#define AT(field) offsetof(struct diff_args, field)
static const struct opt opts[] = {
    {'d', "database", "FILE", "twice: the database of the old audit, then of the new one", add_database, AT(pick)},
    {0, "audit", "N", "twice: the numbers of the two audits; default: the last ones", add_audit, AT(pick)},
    {'o', "output", "FILE", "write to FILE; .json chooses that format", opt_text, AT(render.out)},
    {'f', "format", "FORMAT", "text (default) or json", opt_text, AT(render.format_name)},
    {'l', "language", "LANGUAGE", "of the text: en, es or pt-BR; default: that of the locale", set_language, AT(render.language)},
    {0, "fail-on", "SEVERITY", "exit 1 from: info low medium (default) high critical", set_severity, AT(fail_on)},
    {0, "color", "[=WHEN]", "auto (default), always or never", set_color, AT(render.color)},
};

static const struct usage usage = {
    "diff",
    "-d OLD -d NEW",
    "Compares two stored audits: findings that are new, changed, unchanged or gone, and printed rows\n"
    "whose state changed. With one database --audit names both audits, or the last two are compared.\n",
    "A finding that is gone counts as resolved only where the new captures could have shown it.\n"
    "Exit status: 0 no finding is newly at or above --fail-on, 1 some is, 2 command line, database or\n"
    "output wrong, 4 out of memory.\n",
    opts,
    sizeof opts / sizeof *opts,
};

/* The last audits of a file: *last, and the one before it (0: there is only one). */
struct last_two {
	int64_t last, before;
};

static enum aud_code
note(void *user, const struct aud_stored_line *l)
{
	struct last_two *t = user;

	t->before = t->last;
	t->last = l->audit;
	return AUD_OK;
}

/* Of one database without numbers the last two audits. */
static enum status
pick_two(struct pick *p)
{
	struct last_two two = {0, 0};
	struct aud_err err = {0};
	struct aud_store *s;
	enum aud_code code = aud_store_open_read(&s, p->db[0], &err);

	if (code == AUD_OK) {
		code = aud_store_list(s, note, &two, &err);
		aud_store_close(s);
	}
	if (code)
		return say_err(code, &err);
	if (!two.before) {
		say("%s: holds %s audit: there is nothing to compare with", p->db[0], two.last ? "one" : "no");
		return STATUS_USAGE;
	}
	p->audit[0] = two.before;
	p->audit[1] = two.last;
	return STATUS_OK;
}

static enum status
compare(const struct diff_args *a, const struct stored *before, const struct stored *after)
{
	struct aud_report_opts ro = render_opts(&a->render);
	struct aud_err err = {0};
	struct aud_diff *diff;
	struct output out;
	enum status status;
	enum aud_code code = aud_diff_new(&diff, before->report, after->report, &err);

	if (code)
		return say_err(code, &err);
	code = output_open(&out, a->render.out, &err);
	if (code == AUD_OK) {
		code = aud_diff_write(diff, &ro, out.f, &err);
		code = output_close(&out, code, &err);
	}
	status = say_err(code, &err);
	if (aud_diff_fails(diff, (enum aud_severity)a->fail_on))
		status = worse(status, STATUS_FINDINGS);
	aud_diff_free(diff);
	return status;
}

static enum status
diff(struct diff_args *a)
{
	struct stored before = {0}, after = {0};
	struct pick *p = &a->pick;
	enum status status = STATUS_OK;

	if (p->ndb == 1) {
		p->db[1] = p->db[0];
		if (!p->naudit)
			status = pick_two(p);
	}
	if (status == STATUS_OK)
		status = stored_open(&before, p->db[0], p->audit[0]);
	if (status == STATUS_OK)
		status = stored_open(&after, p->db[1], p->audit[1]);
	if (status == STATUS_OK)
		status = compare(a, &before, &after);
	stored_close(&after);
	stored_close(&before);
	return status;
}

int
cmd_diff(int argc, char **argv)
{
	struct diff_args a = {.fail_on = AUD_MEDIUM};
	int status = opts_parse(&usage, &a, argc, argv);

	if (status >= 0)
		return status;
	if (optind < argc)
		return opts_fail(&usage, "'%s' is one word too many: name the databases with -d", argv[optind]);
	if (!a.pick.ndb)
		return opts_fail(&usage, "no database: name the old one and the new one, each with -d");
	if (a.pick.naudit == 1)
		return opts_fail(&usage, "--audit is there once: give the number of the old audit and that of the new one");
	if (a.pick.ndb == 1 && a.pick.naudit && a.pick.audit[0] == a.pick.audit[1])
		return opts_fail(&usage, "audit %lld is compared with itself: name two", (long long)a.pick.audit[0]);
	if (!render_format(&usage, &a.render))
		return STATUS_USAGE;
	if (a.render.format != AUD_FORMAT_TEXT && a.render.format != AUD_FORMAT_JSON)
		return opts_fail(&usage, "a difference is told as text or json only");
	if (!output_usable(a.render.out, a.pick.db, a.pick.ndb))
		return STATUS_USAGE;
	return (int)diff(&a);
}
