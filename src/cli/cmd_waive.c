#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <aud/date.h>

#include "options.h"
#include "render.h"
#include "since.h"

struct waive_args {
	const char *site, *db;
	int64_t audit;
	struct aud_waiver_words words;
	bool force;
};

static const char *
set_expires(void *field, const char *text)
{
	if (!strcmp(text, "never")) {
		*(const char **)field = text;
		return NULL;
	}
	return aud_date_valid(text) ? opt_date(field, text) : "a date, YYYY-MM-DD, or never";
}

#define AT(field) offsetof(struct waive_args, field)
static const struct opt opts[] = {
    {'s', "site", "FILE", "the site file that gets the waiver", opt_text, AT(site)},
    {'d', "database", "FILE", "a stored audit, to see which findings it waives", set_database, AT(db)},
    {0, "audit", "N", "the audit of this number in it; default: the last one", set_audit, AT(audit)},
    {0, "finding", "ID", "waive the finding of this id", opt_text, AT(words.finding)},
    {0, "kind", "KIND", "or those of this kind, such as unknown-host ...", opt_text, AT(words.kind)},
    {0, "client", "ADDRESS", "... with this client: address, prefix or range", opt_text, AT(words.client)},
    {0, "server", "ADDRESS", "... and this server", opt_text, AT(words.server)},
    {0, "port", "PORT", "... and this port of the server, as 443 or 443/tcp", opt_text, AT(words.port)},
    {0, "app", "NAME", "... and this application", opt_text, AT(words.app)},
    {0, "reason", "TEXT", "why the finding is accepted", opt_text, AT(words.reason)},
    {0, "owner", "NAME", "who accepts it", opt_text, AT(words.owner)},
    {0, "expires", "DATE", "the last day on which it holds, YYYY-MM-DD, or never", set_expires, AT(words.expires)},
    {0, "force", NULL, "write it though it has no effect that can be seen", opt_flag, AT(force)},
};

static const struct usage usage = {
    "waive",
    "-s SITE -d DB --finding ID --reason TEXT --owner NAME --expires DATE",
    "Writes a waiver into the site file, for one finding or for all that its terms fit. Everything else in\n"
    "the file stays as it is. It takes effect with the next audit.\n",
    "Without --force a waiver that waives nothing in the stored audit is refused.\n"
    "Exit status: 0 written, 2 command line, site file or database wrong, or refused, 4 out of memory.\n",
    opts,
    sizeof opts / sizeof *opts,
};

/* The site files that people keep have permissions of their own. */
static enum aud_code
write_site(const char *path, const char *text, struct aud_err *err)
{
	struct output out;
	struct stat st;
	bool kept = !stat(path, &st);
	enum aud_code code = output_open(&out, path, err);

	if (code)
		return code;
	if (kept && out.temp && fchmod(fileno(out.f), st.st_mode & 07777))
		code = aud_fail(err, AUD_IO, 0, "%s: its permissions cannot be kept: left as it is", path);
	/* Only root may give a file away; whoever may not owns what he writes. */
	if (kept && out.temp && fchown(fileno(out.f), st.st_uid, st.st_gid) && geteuid() == 0)
		code = aud_fail(err, AUD_IO, 0, "%s: its owner cannot be kept: left as it is", path);
	if (!code)
		fputs(text, out.f);
	/* Nobody has a copy of it: it is on the disk before it takes the place of the old one. */
	if (!code && out.temp && (fflush(out.f) || fsync(fileno(out.f))))
		code = aud_fail(err, AUD_IO, errno, "%s: cannot be written: left as it is", path);
	return output_close(&out, code, err);
}

static bool
refuse(const struct waive_args *a, const char *why)
{
	if (a->force)
		say("warning: %s", why);
	else
		say("%s: refused (--force writes it all the same)", why);
	return !a->force;
}

/* A waiver of the file that does already what the new one would do, and holds on this day. */
static const struct aud_waiver *
already(const struct aud_site *site, const struct aud_finding *f, const char *today)
{
	for (size_t i = 0; i + 1 < site->nwaivers; i++) {
		const struct aud_waiver *w = &site->waivers[i];

		if (aud_waiver_matches(w, f) && !(w->expires && today && strcmp(w->expires, today) < 0))
			return w;
	}
	return NULL;
}

/* What the waiver does in the stored audit. True: refused. */
static bool
no_effect(const struct waive_args *a, const struct aud_site *site, const struct aud_trial *t)
{
	const struct aud_waiver *w = &site->waivers[site->nwaivers - 1], *other;
	size_t matched = 0, fresh = 0;
	unsigned line = 0;
	char why[160];

	for (size_t i = 0; i < t->nfindings; i++) {
		const struct aud_finding *f = &t->findings[i];
		char clean[1024];

		if (!aud_waiver_matches(w, f))
			continue;
		matched++;
		other = already(site, f, t->today);
		fresh += !other;
		line = other ? other->line : line;
		printf("%s %s %s%s: %s\n", f->id, aud_severity_name(f->severity), aud_kind_slug(f->kind), other ? " (waived already)" : "",
		    aud_text_clean(clean, sizeof clean, f->reason ? f->reason : ""));
	}
	if (!matched)
		return refuse(a, "this waiver matches no finding of the stored audit");
	if (!fresh) {
		snprintf(why, sizeof why, "what this waiver matches is waived already (%s:%u)", site->path, line);
		return refuse(a, why);
	}
	if (w->expires && t->today && strcmp(w->expires, t->today) < 0) {
		snprintf(why, sizeof why, "this waiver had expired (%s) when the audit was made (%s)", w->expires, t->today);
		return refuse(a, why);
	}
	return false;
}

static enum status
waive(const struct waive_args *a, const struct aud_trial *t)
{
	struct aud_site *site = NULL, *waived = NULL;
	struct aud_err err = {0};
	char *text = NULL;
	enum status status;
	enum aud_code code = aud_site_load(&site, a->site, &err);

	if (!code)
		code = aud_site_waive(&text, &waived, site, &a->words, &err);
	status = say_err(code, &err);
	if (!code && (t ? no_effect(a, waived, t) : refuse(a, "without a stored audit (-d) it cannot be told what this waiver matches")))
		status = STATUS_USAGE;
	if (status == STATUS_OK)
		status = say_err(write_site(a->site, text, &err), &err);
	if (status == STATUS_OK)
		printf("%s:%u: written; it takes effect with the next audit\n", a->site, waived->waivers[waived->nwaivers - 1].line);
	aud_site_free(waived);
	aud_site_free(site);
	free(text);
	return worse(status, output_flush());
}

static const char *
missing(const struct waive_args *a)
{
	const struct aud_waiver_words *w = &a->words;
	bool terms = w->kind || w->client || w->server || w->port || w->app;

	if (!a->site)
		return "no site file: name it with -s";
	if (!strcmp(a->site, "-"))
		return "a waiver is written into a file: standard input is none";
	if (!w->finding && !terms)
		return "no finding: give its id with --finding, or terms (--kind, --client, --server, --port, --app)";
	if (w->finding && terms)
		return "a waiver has a finding or terms, not both";
	if (!w->reason)
		return "no reason: say with --reason why the finding is accepted";
	if (!w->owner)
		return "no owner: say with --owner who accepts it";
	if (!w->expires)
		return "no expiry: say with --expires until when it holds, YYYY-MM-DD, or never";
	return a->audit && !a->db ? "--audit names an audit of a database: give it with -d" : NULL;
}

int
cmd_waive(int argc, char **argv)
{
	struct waive_args a = {0};
	struct stored stored = {0};
	int status = opts_parse(&usage, &a, argc, argv);

	if (status >= 0)
		return status;
	if (optind < argc)
		return opts_fail(&usage, "'%s' is one word too many: put texts of several words into quotes", argv[optind]);
	if (missing(&a))
		return opts_fail(&usage, "%s", missing(&a));
	if (!strcmp(a.words.expires, "never"))
		a.words.expires = NULL;
	if (a.db && (status = (int)stored_open(&stored, a.db, a.audit)) != STATUS_OK) {
		stored_close(&stored);
		return status;
	}
	status = (int)waive(&a, stored.report ? stored.report->trial : NULL);
	stored_close(&stored);
	return status;
}
