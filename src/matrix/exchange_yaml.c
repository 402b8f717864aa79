/* A matrix as a folder of rules: documents.yaml, the printed rows of each document, the rules by file. */
#include <stdlib.h>
#include <string.h>

#include <aud/addr.h>

#include "exchange.h"
#include "export.h"

enum { WIDTH = 110, INDENT = 6 };

/* RFC 3629 section 4. */
size_t
utf8_next(const char *s, unsigned *out)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t n = *p < 0x80 ? 1 : *p >= 0xc2 && *p < 0xe0 ? 2 : *p >= 0xe0 && *p < 0xf0 ? 3 : *p >= 0xf0 && *p < 0xf5 ? 4 : 0;
	unsigned c = n > 1 ? *p & (0x7fu >> n) : *p;

	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if ((n == 3 && (c < 0x800 || (c >= 0xd800 && c < 0xe000))) || (n == 4 && (c < 0x10000 || c > 0x10ffff)))
		return 0;
	*out = c;
	return n;
}

static bool
printable(unsigned c)
{
	return (c >= 0x20 && c < 0x7f) || (c >= 0xa0 && c != 0x2028 && c != 0x2029 && c != 0xfeff && c != 0xfffe && c != 0xffff);
}

/* In double quotes; a line breaks in place of a space between two words, which folding gives back. */
static void
put_text(FILE *out, const char *key, const char *s)
{
	size_t width = (size_t)fprintf(out, "%s: \"", key), n;
	unsigned c, last = ' ';

	for (; *s && (n = utf8_next(s, &c)); s += n, last = c, width++) {
		if (c == ' ' && width > WIDTH && last > ' ' && s[1] > ' ') {
			fprintf(out, "\n%*s", INDENT, "");
			width = INDENT;
		} else if (c == '"' || c == '\\')
			fprintf(out, "\\%c", (int)c);
		else if (printable(c))
			fwrite(s, 1, n, out);
		else
			fprintf(out, "\\u%04x", c);
	}
	fputs("\"\n", out);
}

static void
put_optional(FILE *out, const char *key, const char *s)
{
	if (*s)
		put_text(out, key, s);
}

static void
put_roles(FILE *out, const char *key, const struct aud_site *site, aud_roles set, aud_roles all)
{
	fprintf(out, "    %s: [", key);
	aud_roles_write(out, site, set, all ? "+" : ", ");
	fputs("]\n", out);
}

static void
put_rule(FILE *out, const struct aud_matrix *m, const struct aud_rule *r, const struct aud_site *site)
{
	fprintf(out, "  - id: %s\n    rows: [", r->id);
	for (size_t i = 0; i < r->ncitations; i++)
		fprintf(out, "%s%s", i ? ", " : "", aud_citation(m, r->citations[i]).s);
	fputs("]\n", out);
	put_text(out, "    service", r->service);
	put_roles(out, "clients", site, r->clients, r->clients_all);
	put_roles(out, "servers", site, r->servers, r->servers_all);
	if (r->either_way)
		put_roles(out, "either_way", site, r->either, 0);
	fputs("    transport: [", out);
	for (size_t i = 0; i < r->nprotos; i++)
		fprintf(out, "%s%s", i ? ", " : "", aud_proto_name(r->protos[i]).s);
	fputs("]\n", out);
	for (size_t i = 0; i < r->nports; i++) {
		fprintf(out, "%s%u", i ? ", " : "    ports: [", r->ports[i].lo);
		if (r->ports[i].hi != r->ports[i].lo)
			fprintf(out, "-%u", r->ports[i].hi);
	}
	fputs(r->nports ? "]\n" : "", out);
	if (r->port_side != AUD_PORT_SERVER)
		fprintf(out, "    port_side: %s\n", aud_port_side_name(r->port_side));
	for (size_t i = 0; i < r->napps; i++)
		fprintf(out, "%s\"%s\"%s", i ? ", " : "    apps: [", r->apps[i], i + 1 < r->napps ? "" : "]\n");
	if (r->media)
		fprintf(out, "    media: %s\n", media_word(r));
	fputs(r->evidence ? "    evidence: true\n" : "", out);
	if (r->announced)
		fprintf(out, "    announced: %s\n", words_announced.names[r->announced]);
	fputs(r->members ? "    members: true\n" : "", out);
	fputs(r->pair ? "    pair: true\n" : "", out);
	fputs(r->implied ? "    implied: true\n" : "", out);
	fputs(r->inferred ? "    inferred: true\n" : "", out);
	if (r->exempt)
		fprintf(out, "    effect: %s\n", words_effect.names[1]);
	fprintf(out, "    security: %s\n", aud_security_name(r->security));
	if (r->mtls_clients)
		put_roles(out, "mtls_clients", site, r->mtls_clients, 0);
	fprintf(out, "    presence: %s\n    absence: %s\n", aud_presence_name(r->presence), aud_absence_name(r->absence));
	put_optional(out, "    condition", r->condition);
	put_optional(out, "    until", r->until);
	put_optional(out, "    exception", r->exception);
	put_text(out, "    gloss", r->gloss);
	put_optional(out, "    remark", r->remark);
}

static void
put_documents(FILE *out, const struct aud_matrix *m)
{
	fputs("documents:\n", out);
	for (size_t i = 0; i < m->ndocuments; i++) {
		const struct aud_document *d = &m->documents[i];

		fprintf(out, "  - id: %s\n", d->id);
		put_text(out, "    title", d->title);
		put_text(out, "    edition", d->edition);
		put_text(out, "    language", d->language);
		fprintf(out, "    date: %s\n", d->date);
		put_text(out, "    source", d->source);
		fprintf(out, "    product: %s\n    when: %s\n    csv: %s.csv\n", product_name(d->product), words_when.names[d->listed_only],
		    d->id);
	}
}

static void
put_rows(FILE *out, const struct aud_matrix *m, unsigned document)
{
	fputs("table,ordinal,role,service,port,protocol,kind,gloss\n", out);
	for (size_t i = 0; i < m->nrows; i++) {
		const struct aud_row *r = &m->rows[i];

		if (r->document != document)
			continue;
		fprintf(out, "%s,%u,", r->table, r->ordinal);
		write_field(out, r->role, false);
		write_field(out, r->service, false);
		write_field(out, r->port, false);
		write_field(out, r->protocol, false);
		fprintf(out, "%s,", row_kind_name(r->kind));
		write_field(out, r->gloss, true);
	}
}

enum aud_code
folder_rules(struct folder *f, const struct aud_matrix *m, const char *const *files, const struct aud_site *site,
    struct aud_err *err)
{
	FILE *out;
	enum aud_code code = folder_file(f, "documents.yaml", &out, err);

	if (code)
		return code;
	put_documents(out, m);
	code = folder_end(f, out, err);
	for (unsigned i = 0; !code && i < m->ndocuments; i++) {
		char name[64];

		snprintf(name, sizeof name, "%s.csv", m->documents[i].id);
		if ((code = folder_file(f, name, &out, err)))
			break;
		put_rows(out, m, i);
		code = folder_end(f, out, err);
	}
	for (size_t i = 0, j; !code && i < m->nrules; i++) {
		for (j = 0; j < i && strcmp(files[j], files[i]) != 0; j++)
			;
		if (j < i)
			continue;
		if ((code = folder_file(f, files[i], &out, err)))
			break;
		put_text(out, "subject", m->rules[i].subject);
		fputs("rules:\n", out);
		for (; j < m->nrules; j++)
			if (!strcmp(files[j], files[i]))
				put_rule(out, m, &m->rules[j], site);
		code = folder_end(f, out, err);
	}
	return code;
}
