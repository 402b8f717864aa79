/*
 * Prints what xgettext does not see: the vocabulary that is kept in lists (roles, features, states ...) and the texts of the built-in
 * rules, as a template of gettext.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <aud/diff.h>
#include <aud/ipsec.h>
#include <aud/matrix.h>
#include <aud/report.h>

static const char **seen;
static size_t nseen;

static void
quoted(const char *s)
{
	putchar('"');
	for (; *s; s++)
		if (*s == '"' || *s == '\\')
			printf("\\%c", *s);
		else if (*s == '\n')
			fputs("\\n", stdout);
		else
			putchar(*s);
	puts("\"");
}

/* Each once: PO files name no message twice. */
static void
message(const char *context, const char *text, const char *where)
{
	char *key;
	const char **p;

	if (!text || !*text || asprintf(&key, "%s\004%s", context ? context : "", text) < 0)
		return;
	for (size_t i = 0; i < nseen; i++)
		if (!strcmp(seen[i], key)) {
			free(key);
			return;
		}
	if (!(p = realloc(seen, (nseen + 1) * sizeof *p)))
		exit(1);
	seen = p;
	seen[nseen++] = key;
	printf("\n#. %s\n%s", where, strchr(text, '%') ? "#, c-format\n" : "");
	if (context) {
		fputs("msgctxt ", stdout);
		quoted(context);
	}
	fputs("msgid ", stdout);
	quoted(text);
	puts("msgstr \"\"");
}

/* A number of something, by a word of ours: "%s out of scope". */
static void
count(const char *word, const char *where)
{
	printf("\n#. how many: %s\n#, c-format\nmsgctxt \"count\"\n", where);
	for (int many = 0; many < 2; many++) {
		fputs(many ? "msgid_plural \"%s " : "msgid \"%s ", stdout);
		for (const char *c = word; *c; c++)
			putchar(*c == '_' ? ' ' : *c);
		puts("\"");
	}
	puts("msgstr[0] \"\"\nmsgstr[1] \"\"");
}

static void
vocabulary(void)
{
#define X(e, name, server, english) message("role", name, "role of a host: " english);
	AUD_ROLES(X)
#undef X
#define X(e, name) message("feature", name, "feature of a site");
	AUD_FEATURES(X)
#undef X
#define X(e, name) message("load balancing", name, "how a site balances load");
	AUD_LOAD_BALANCINGS(X)
#undef X
#define X(e, name) message("ipsec", name, "payload of a security association");
	AUD_IPSEC_PAYLOADS(X)
#undef X
#define X(e, name) message("ipsec", name, "mode of a security association");
	AUD_IPSEC_MODES(X)
#undef X
#define X(e, name) message("ipsec", name, "how an association is carried");
	AUD_IPSEC_ENCAPS(X)
#undef X
#define X(e, name) message(NULL, name, "state of a printed row"); count(name, "printed rows of a state");
	AUD_ROW_STATES(X)
#undef X
#define X(e, name) message(NULL, name, "what may be said of IPsec on media");
	AUD_IPSEC_SAYINGS(X)
#undef X
#define X(e, name) message(NULL, name, "what became of a finding"); count(name, "findings of which this became");
	AUD_CHANGES(X)
#undef X
	for (int s = AUD_INFO; s <= AUD_CRITICAL; s++) {
		message(NULL, aud_severity_name((enum aud_severity)s), "severity");
		count(aud_severity_name((enum aud_severity)s), "findings of a severity");
	}
	for (int c = AUD_CERTAIN; c <= AUD_INDETERMINATE; c++)
		message(NULL, aud_certainty_name((enum aud_certainty)c), "certainty");
#define X(e, name) count(name, "conversations of a class");
	AUD_CASE_CLASS_LIST(X)
#undef X
}

/* How frames that were not decoded are told: a word and a number, and its name where it has one. */
static void
decoding(void)
{
	static const char *const texts[] = {"unknown %s", "link type %s (%s)", "ethertype %s", "payload nibble %s", "protocol %s", "code %s", "type %s",
	    "frame type %s", "system code %s", "address family %s", "next header %s", "other", "unknown"};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		message(NULL, texts[i], "why a frame holds no IP packet");
}

int
main(void)
{
	struct aud_matrix *m;
	struct aud_err err = {0};

	puts("msgid \"\"\nmsgstr \"\"\n\"Content-Type: text/plain; charset=UTF-8\\n\"");
	vocabulary();
	decoding();
	message(NULL, "Unknown", "application that was not recognised");
	if (aud_matrix_load(&m, NULL, NULL, &err)) {
		fprintf(stderr, "%s\n", err.msg);
		return 1;
	}
	for (size_t i = 0; i < m->ndocuments; i++)
		if (m->documents[i].source && !strstr(m->documents[i].source, "://"))
			message(NULL, m->documents[i].source, "where a document is from");
	for (size_t i = 0; i < m->nrules; i++) {
		const struct aud_rule *u = &m->rules[i];

		message(NULL, u->gloss, "gloss of a rule");
		if (!u->gloss || !*u->gloss)
			message(NULL, u->service, "service of a rule");
		message(NULL, u->remark, "remark on a rule");
		message(NULL, u->exception, "exception to the day until which a row is valid");
	}
	aud_matrix_free(m);
	for (size_t i = 0; i < nseen; i++)
		free((void *)(uintptr_t)seen[i]);
	free(seen);
	return fflush(stdout) ? 1 : 0;
}
