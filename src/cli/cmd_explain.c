#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <aud/attrib.h>

#include "cli.h"
#include "nearest.h"
#include "options.h"
#include "wrap.h"

struct explain_args {
	const char *site, *rules;
	uint16_t client_port;
	bool verbose;
};

#define AT(field) offsetof(struct explain_args, field)
static const struct opt opts[] = {
    {'s', "site", "FILE", "the site file: which host plays which role", opt_text, AT(site)},
    {0, "rules", "DIR", "rules of this folder instead of the built-in ones", opt_text, AT(rules)},
    {0, "client-port", "N", "the client's port, for rules that speak of it", opt_port, AT(client_port)},
    {'v', "verbose", NULL, "all of each rule, not one line", opt_flag, AT(verbose)},
};

static const struct usage usage = {
    "explain",
    "-s SITE CLIENT SERVER PORT/TRANSPORT [APP]",
    "Tells whether traffic from CLIENT to SERVER would be documented, by which rows, and if not, which term\n"
    "fails in the nearest ones. CLIENT and SERVER: addresses, or names of hosts in the site file.\n"
    "PORT/TRANSPORT: the server's port, such as 5061/tcp; or only esp, ah, icmp. APP: nDPI's name in any case, such as TLS.\n",
    "Exit status: 0 documented, 1 not, or with weaker security than printed, 2 command line, site or rules\n"
    "wrong, 4 out of memory.\n",
    opts,
    sizeof opts / sizeof *opts,
};

struct question {
	const struct aud_site *site;
	const struct aud_matrix *matrix;
	const char *app;
	char spelled[64];
	struct aud_addr client, server;
	struct aud_who client_who, server_who;
	enum aud_tri member, member_back;
	uint16_t client_port, port;
	uint8_t proto;
	bool has_port, verbose;
};

/* An address, or the first one of the host of that name, which has to be the only one. */
static bool
find_host(const struct aud_site *site, const char *word, struct aud_addr *out)
{
	const struct aud_host *found = NULL;
	const char **names, *near;
	size_t n = 0;

	if (aud_addr_parse(word, out))
		return true;
	for (size_t i = 0; i < site->nhosts; i++) {
		const struct aud_host *h = &site->hosts[i];

		if (!h->name || strcmp(h->name, word) != 0)
			continue;
		if (found && aud_addr_cmp(&found->lo, &h->lo)) {
			opts_fail(&usage, "'%s' is the name of several hosts of %s, %s and %s among them: give the address", word,
			    site->path, aud_addr_str(&found->lo).s, aud_addr_str(&h->lo).s);
			return false;
		}
		found = h;
	}
	if (found) {
		*out = found->lo;
		return true;
	}
	names = calloc(site->nhosts + 1, sizeof *names);
	for (size_t i = 0; names && i < site->nhosts; i++)
		if (site->hosts[i].name)
			names[n++] = site->hosts[i].name;
	near = names ? aud_nearest(word, names, n) : NULL;
	if (near)
		opts_fail(&usage, "'%s' is no address and no host of %s, did you mean '%s'?", word, site->path, near);
	else
		opts_fail(&usage, "'%s' is no address and no host of %s", word, site->path);
	free(names);
	return false;
}

/* "5061/tcp", or "esp" for what has no ports. */
static bool
parse_service(const char *word, struct question *q)
{
	const char *slash = strchr(word, '/');
	char name[16];
	int proto;
	unsigned long port = 0;
	bool needs_port;
	char *end;

	snprintf(name, sizeof name, "%s", slash ? slash + 1 : word);
	for (char *p = name; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	proto = aud_proto_number(name);
	needs_port = proto == 6 || proto == 17 || proto == 132;
	if (slash) {
		port = strtoul(word, &end, 10);
		if (end == word || end != slash || *word < '0' || *word > '9' || port > 65535)
			proto = -1;
	}
	if (proto < 0 || needs_port != (slash != NULL)) {
		opts_fail(&usage,
		    "'%s' is no PORT/TRANSPORT, such as 5061/tcp, nor a transport without ports, such as esp", word);
		return false;
	}
	q->port = (uint16_t)port;
	q->proto = (uint8_t)proto;
	q->has_port = needs_port;
	return true;
}

static void
print_side(FILE *f, const char *what, const struct aud_addr *a, const struct aud_who *who, const struct aud_site *site)
{
	fprintf(f, "%-8s %s", what, aud_addr_str(a).s);
	if (who->host && who->host->name)
		fprintf(f, " (%s)", who->host->name);
	fputs(": ", f);
	if (who->roles)
		print_roles(f, who->roles, site);
	else
		fputs(who->host ? "no role on this port" : "not in the site file", f);
	putc('\n', f);
}

/* The server is none of the members of the address that connects. */
static void
print_members(FILE *f, const struct question *q)
{
	const struct aud_host *h = q->client_who.host;

	fprintf(f, "not documented: step 2 (pair) fails: %s is none of the members that the site file lists for ", aud_addr_str(&q->server).s);
	fprintf(f, "%s:", aud_addr_str(&q->client).s);
	for (size_t i = 0; h && i < h->nmembers; i++)
		fprintf(f, "%s %s", i ? "," : "", aud_addr_str(&h->members[i]).s);
	putc('\n', f);
}

static void
print_answer(FILE *f, const struct question *q, const struct aud_verdict *v)
{
	switch (v->answer) {
	case AUD_NO_ROLE:
		fputs("not documented: step 1 (roles) fails: a host without a role is in no rule\n", f);
		break;
	case AUD_PAIR_UNKNOWN: fputs("not documented: step 2 (pair) fails: no rule joins these roles\n", f); break;
	case AUD_PAIR_KNOWN:
		if (aud_verdict_stranger(v)) {
			print_members(f, q);
			break;
		}
		fprintf(f, "not documented: step %d (%s) fails\n", (int)v->failed, aud_step_name(v->failed));
		break;
	case AUD_DOCUMENTED:
		fprintf(f, "documented%s (%s)%s\n", v->swapped ? ", with client and server exchanged" : "",
		    aud_certainty_name(v->certainty),
		    v->failed == AUD_STEP_SECURITY ? ", but step 8 (security) fails: weaker than what is printed" : "");
		if (v->weaker)
			fprintf(f, "the rule '%s' prints more security for the same traffic\n",
			    q->matrix->rules[v->sibling].id);
		if (q->matrix->rules[v->rules[0]].members && q->member == AUD_UNKNOWN && !v->swapped)
			fprintf(f, "the site file lists no members of %s: any server of the role is taken for one\n", aud_addr_str(&q->client).s);
		if (v->condition_open)
			fprintf(f, "the condition '%s' is open: the site file does not tell\n",
			    q->matrix->rules[v->rules[0]].condition);
		break;
	}
}

/* Rows of the documents that count at the site; where none does, of those that print the rule. */
static void
print_citations(FILE *w, const struct question *q, const struct aud_rule *r)
{
	const struct aud_matrix *m = q->matrix;
	const char *lead = " (";
	bool here = false;

	for (size_t i = 0; i < r->ncitations; i++)
		here |= aud_document_applies(m, m->rows[r->citations[i]].document, q->site);
	for (size_t i = 0; i < r->ncitations; i++)
		if (!here || aud_document_applies(m, m->rows[r->citations[i]].document, q->site)) {
			fprintf(w, "%s%s", lead, aud_citation(m, r->citations[i]).s);
			lead = ", ";
		}
	fputs(*lead == ',' ? ")" : r->site_own ? " (a rule of the site's own)" : "", w);
}

/* One rule: what it is, where it is printed, and in which term it fails (NULL: in none). */
static enum aud_code
print_rule(const struct question *q, const struct aud_rule *r, const char *why, struct aud_err *err)
{
	char *text = NULL;
	size_t n;
	FILE *w;

	if (q->verbose) {
		putchar('\n');
		if (why)
			printf("fails: %s\n", why);
		return aud_rules_show(stdout, q->matrix, q->site, r->id, err);
	}
	if (!(w = open_memstream(&text, &n)))
		return aud_nomem(err);
	fprintf(w, "%s: %s", r->id, why ? why : r->service);
	print_citations(w, q, r);
	if (fclose(w)) {
		free(text);
		return aud_nomem(err);
	}
	fputs("  ", stdout);
	wrap(stdout, 2, 6, text);
	free(text);
	return AUD_OK;
}

static enum aud_code
print_holding(const struct question *q, const struct aud_verdict *v, const char *lead, struct aud_err *err)
{
	enum aud_code code = AUD_OK;

	puts(lead);
	for (size_t i = 0; i < v->nrules && code == AUD_OK; i++)
		code = print_rule(q, &q->matrix->rules[v->rules[i]], NULL, err);
	if (v->total > v->nrules)
		printf("  and %zu more\n", v->total - v->nrules);
	return code;
}

static enum aud_code
print_nearest(const struct question *q, struct aud_err *err)
{
	struct traffic t = {
	    .matrix = q->matrix,
	    .site = q->site,
	    .client = q->client_who.roles,
	    .server = q->server_who.roles,
	    .client_port = q->client_port,
	    .port = q->port,
	    .proto = q->proto,
	    .has_ports = q->has_port,
	    .app = q->app,
	};
	enum aud_code code = AUD_OK;
	struct nearest near;

	nearest_find(&near, &t);
	if (near.n)
		puts("the nearest rules, and what fails in them:");
	for (size_t i = 0; i < near.n && code == AUD_OK; i++) {
		char *why;

		code = nearest_why(&why, &t, near.rules[i], err);
		if (code != AUD_OK)
			return code;
		code = print_rule(q, near.rules[i], why, err);
		free(why);
	}
	if (near.n && !q->verbose)
		puts("(--verbose shows all of each rule)");
	return code;
}

static enum status
answer(struct question *q)
{
	struct aud_query ask = {
	    .client = q->client_who.roles,
	    .server = q->server_who.roles,
	    .client_port_lo = q->client_port,
	    .client_port_hi = q->client_port,
	    .server_port = q->port,
	    .proto = q->proto,
	    .app = q->app,
	    .app_by = q->app ? AUD_BY_DPI : AUD_BY_NONE,
	    .direction = AUD_DIR_SYN,
	    .member = q->member,
	    .member_back = q->member_back,
	};
	struct aud_verdict v = {0};
	struct aud_matcher *matcher;
	struct aud_err err = {0};
	enum aud_code code = aud_matcher_new(&matcher, q->matrix, q->site, &err);

	if (code != AUD_OK)
		return say_err(code, &err);
	aud_match(matcher, &ask, &v);
	aud_matcher_free(matcher);
	print_side(stdout, "client", &q->client, &q->client_who, q->site);
	print_side(stdout, "server", &q->server, &q->server_who, q->site);
	printf("traffic  ");
	if (q->has_port)
		printf("%u/", q->port);
	fputs(aud_proto_name(q->proto).s, stdout);
	if (q->client_port)
		printf(" from the client's port %u", q->client_port);
	printf("%s%s\n\n", q->app ? ", application " : "", q->app ? q->app : "");
	print_answer(stdout, q, &v);
	if (v.answer == AUD_DOCUMENTED)
		code = print_holding(q, &v, "by:", &err);
	else if (aud_verdict_stranger(&v))
		code = print_holding(q, &v, "to a member it would be documented by:", &err);
	else if (v.answer != AUD_NO_ROLE)
		code = print_nearest(q, &err);
	if (code != AUD_OK)
		return say_err(code, &err);
	return worse(
	    v.answer == AUD_DOCUMENTED && v.failed == AUD_STEP_NONE ? STATUS_OK : STATUS_FINDINGS, output_flush());
}

/* A name that nDPI never says would match nothing, and its absence would look like an answer. */
static bool
parse_app(const char *word, struct question *q)
{
	const char *near = NULL;

	if (!word)
		return true;
	if (aud_app_spelling(word, q->spelled, &near)) {
		q->app = q->spelled;
		return true;
	}
	if (near)
		opts_fail(&usage, "'%s' is no application that nDPI names, did you mean '%s'?", word, near);
	else
		opts_fail(&usage, "'%s' is no application that nDPI names", word);
	return false;
}

static enum status
explain(struct question *q, char **words)
{
	struct aud_attrib *attrib = NULL;
	struct aud_err err = {0};
	enum aud_code code;
	enum status status;

	if (!find_host(q->site, words[0], &q->client) || !find_host(q->site, words[1], &q->server) ||
	    !parse_service(words[2], q) || !parse_app(words[3], q))
		return STATUS_USAGE;
	code = aud_attrib_new(&attrib, q->site, &err);
	if (code == AUD_OK) {
		q->client_who = aud_attrib_find(attrib, &q->client, q->client_port, q->client_port ? q->proto : 0);
		q->server_who = aud_attrib_find(attrib, &q->server, q->port, q->proto);
		q->member = aud_attrib_member(attrib, q->client_who.roles, &q->client, &q->server);
		q->member_back = aud_attrib_member(attrib, q->server_who.roles, &q->server, &q->client);
		status = answer(q);
	} else {
		status = say_err(code, &err);
	}
	aud_attrib_free(attrib);
	return status;
}

int
cmd_explain(int argc, char **argv)
{
	struct explain_args a = {0};
	struct aud_site *site;
	struct aud_matrix *matrix;
	int status = opts_parse(&usage, &a, argc, argv), n = argc - optind;

	if (status >= 0)
		return status;
	if (!a.site)
		return opts_fail(&usage, "a site file is needed, with -s: without one no host has a role");
	if (n < 3 || n > 4)
		return opts_fail(
		    &usage, "CLIENT SERVER PORT/TRANSPORT and perhaps APP are needed, not %d arguments", n);
	status = (int)load(a.site, a.rules, &site, &matrix);
	if (status == STATUS_OK)
		status = (int)explain(
		    &(struct question){.site = site, .matrix = matrix, .client_port = a.client_port, .verbose = a.verbose},
		    argv + optind);
	aud_matrix_free(matrix);
	aud_site_free(site);
	return status;
}
