#include <string.h>
#include <unistd.h>

#include <aud/discover.h>

#include "cli.h"
#include "options.h"

struct discover_args {
	const char *out, *filter, *rules;
	unsigned threads;
	size_t memory;
	bool no_dedup;
};

#define AT(field) offsetof(struct discover_args, field)
static const struct opt opts[] = {
    {'o', "output", "FILE", "write the site file to FILE", opt_text, AT(out)},
    {0, "rules", "DIR", "rules of this folder instead of the built-in ones", opt_text, AT(rules)},
    {0, "filter", "EXPR", "only packets that match, as in pcap-filter(7)", opt_text, AT(filter)},
    {0, "no-dedup", NULL, "count packets that were mirrored twice as two", opt_flag, AT(no_dedup)},
    {0, "threads", "N", "default: one per processor; never changes the result", opt_threads, AT(threads)},
    {0, "memory", "SIZE", "bound for flows and their states, such as 512M or 2G", opt_size, AT(memory)},
};

static const struct usage usage = {
    "discover",
    "CAPTURE...",
    "Drafts a site file from captures (- is standard input): which host seems to play which role, with the evidence as\n"
    "comments. It is for a person to review: traffic shows what hosts do, not what they are.\n",
    "Exit status: 0 all was read, 2 command line, rules or output wrong, 3 a capture could not be read to its end, 4 out of\n"
    "memory or of a limit.\n",
    opts,
    sizeof opts / sizeof *opts,
};

static enum status
draft(struct aud_audit *audit, const struct discover_args *a, bool whole)
{
	struct aud_err err = {0};
	struct aud_draft *d;
	struct output out;
	size_t n;
	const struct aud_server_name *names = aud_audit_names(audit, &n);
	enum aud_code code = aud_draft_new(&d, aud_audit_report(audit), names, n, &err);

	if (code == AUD_OK)
		code = output_open(&out, a->out, &err);
	if (code == AUD_OK) {
		if (!whole)
			fputs("# The captures were not read to their end: this tells of a part of them only.\n", out.f);
		aud_draft_write(d, out.f);
		code = output_close(&out, AUD_OK, &err);
	}
	aud_draft_free(d);
	return say_err(code, &err);
}

int
cmd_discover(int argc, char **argv)
{
	struct discover_args a = {0};
	int left = opts_parse(&usage, &a, argc, argv);
	char **captures = argv + optind;
	size_t n = (size_t)(argc - optind);
	struct aud_audit *audit = NULL;
	struct aud_matrix *matrix;
	struct aud_site *site;
	enum status status;
	struct aud_audit_opts o = {
	    .paths = (const char *const *)captures,
	    .npaths = n,
	    .filter = a.filter,
	    .rules = a.rules,
	    .keep_names = true,
	    .no_dedup = a.no_dedup,
	    .threads = a.threads,
	    .memory = a.memory,
	};

	if (left >= 0)
		return left;
	if (!n)
		return opts_fail(&usage, "no capture: name one or more, or - for standard input");
	if (!captures_usable(captures, n, NULL) || !output_usable(a.out, (const char *const *)captures, n))
		return STATUS_USAGE;
	status = load(NULL, a.rules, &site, &matrix);
	o.matrix = matrix;
	if (status == STATUS_OK)
		status = run(&audit, &o);
	if (audit)
		status = worse(status, draft(audit, &a, status != STATUS_CAPTURE));
	aud_audit_free(audit);
	aud_matrix_free(matrix);
	aud_site_free(site);
	return (int)status;
}
