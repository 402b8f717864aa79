#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <aud/attrib.h>

#include "cli.h"
#include "options.h"

struct explain_args {
	const char *site, *rules;
};

#define AT(field) offsetof(struct explain_args, field)
static const struct opt opts[] = {
    {'s', "site", "FILE", "the site file: which host plays which role", opt_text, AT(site)},
    {0, "rules", "DIR", "rules of this folder instead of the built-in ones", opt_text, AT(rules)},
};

static const struct usage usage = {
    "explain",
    "-s SITE CLIENT SERVER PORT/TRANSPORT [APP]",
    "Tells whether traffic from CLIENT to SERVER would be documented, by which rows, and if not, which term\n"
    "fails in the nearest ones. CLIENT and SERVER: addresses, or names of hosts in the site file.\n"
    "PORT/TRANSPORT: the server's port, such as 5061/tcp; or only esp, ah, icmp. APP: nDPI's name, such as TLS.\n",
    "Exit status: 0 documented, 1 not, or with weaker security than printed, 2 command line, site or rules\n"
    "wrong, 4 out of memory.\n",
    opts,
    sizeof opts / sizeof *opts,
};

struct question {
	const struct aud_site *site;
	const struct aud_matrix *matrix;
	const char *app;
	struct aud_addr client, server;
	struct aud_who client_who, server_who;
	uint16_t port;
	uint8_t proto;
	bool has_port;
};

/* An address, or the first one of the host of that name. */
static bool
find_host(const struct aud_site *site, const char *word, struct aud_addr *out)
{
	const char **names, *near;
	size_t n = 0;

	if (aud_addr_parse(word, out))
		return true;
	for (size_t i = 0; i < site->nhosts; i++)
		if (site->hosts[i].name && !strcmp(site->hosts[i].name, word)) {
			*out = site->hosts[i].lo;
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
	int proto = aud_proto_number(slash ? slash + 1 : word);
	bool needs_port = proto == 6 || proto == 17 || proto == 132;
	unsigned long port = 0;
	char *end;

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

static void
print_answer(FILE *f, const struct question *q, const struct aud_verdict *v)
{
	switch (v->answer) {
	case AUD_NO_ROLE:
		fputs("not documented: step 1 (roles) fails: a host without a role is in no rule\n", f);
		break;
	case AUD_PAIR_UNKNOWN: fputs("not documented: step 2 (pair) fails: no rule joins these roles\n", f); break;
	case AUD_PAIR_KNOWN:
		fprintf(f, "not documented: step %d (%s) fails in the nearest of the rules for these roles:\n",
		    (int)v->failed, aud_step_name(v->failed));
		break;
	case AUD_DOCUMENTED:
		fprintf(f, "documented%s (%s)%s:\n", v->swapped ? ", with client and server exchanged" : "",
		    aud_certainty_name(v->certainty),
		    v->failed == AUD_STEP_SECURITY ? ", but step 8 (security) fails: weaker than what is printed" : "");
		if (v->weaker)
			fprintf(f, "the rule '%s' prints more security for the same traffic\n",
			    q->matrix->rules[v->sibling].id);
		if (v->condition_open)
			fprintf(f, "the condition '%s' is open: the site file does not tell\n",
			    q->matrix->rules[v->rules[0]].condition);
		break;
	}
}

static enum status
answer(struct question *q)
{
	struct aud_query ask = {
	    .client = q->client_who.roles,
	    .server = q->server_who.roles,
	    .server_port = q->port,
	    .proto = q->proto,
	    .app = q->app,
	    .app_by = q->app ? AUD_BY_DPI : AUD_BY_NONE,
	    .direction = AUD_DIR_SYN,
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
	if (q->has_port)
		printf("traffic  %u/%s", q->port, aud_proto_name(q->proto).s);
	else
		printf("traffic  %s", aud_proto_name(q->proto).s);
	printf("%s%s\n\n", q->app ? ", application " : "", q->app ? q->app : "");
	print_answer(stdout, q, &v);
	for (size_t i = 0; i < v.nrules && code == AUD_OK; i++) {
		putchar('\n');
		code = aud_rules_show(stdout, q->matrix, q->site, q->matrix->rules[v.rules[i]].id, &err);
	}
	if (code != AUD_OK)
		return say_err(code, &err);
	if (v.total > v.nrules)
		printf("\nand %zu more\n", v.total - v.nrules);
	return worse(
	    v.answer == AUD_DOCUMENTED && v.failed == AUD_STEP_NONE ? STATUS_OK : STATUS_FINDINGS, output_flush());
}

static enum status
explain(struct question *q, char **words)
{
	struct aud_attrib *attrib = NULL;
	struct aud_err err = {0};
	enum aud_code code;
	enum status status;

	if (!find_host(q->site, words[0], &q->client) || !find_host(q->site, words[1], &q->server) ||
	    !parse_service(words[2], q))
		return STATUS_USAGE;
	q->app = words[3];
	code = aud_attrib_new(&attrib, q->site, &err);
	if (code == AUD_OK) {
		q->client_who = aud_attrib_find(attrib, &q->client, 0, 0);
		q->server_who = aud_attrib_find(attrib, &q->server, q->port, q->proto);
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
		status = (int)explain(&(struct question){.site = site, .matrix = matrix}, argv + optind);
	aud_matrix_free(matrix);
	aud_site_free(site);
	return status;
}
