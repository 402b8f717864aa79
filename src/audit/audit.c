/*
 * The audit on one page: open, read, fold, attribute, match, judge. The only file that includes every stage.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <aud/attrib.h>
#include <aud/audit.h>
#include <aud/classify.h>
#include <aud/ipsec.h>
#include <aud/store.h>

#include "cases.h"
#include "command.h"
#include "coverage.h"
#include "hash.h"
#include "pipeline.h"
#include "shares.h"

struct aud_audit {
	struct aud_capture **captures;	/* those that could be opened, in time order */
	size_t ncaptures;
	struct aud_input *inputs;	/* the same, then those that could not */
	size_t ninputs;
	struct aud_decoder *decoder;
	struct aud_decode_stats decode;
	struct aud_ipsec *ipsec;
	const struct aud_ipsec_result *associations;
	struct aud_attrib *attrib;
	struct aud_matcher *matcher;
	struct shard shards[SHARDS];
	struct app_names names;
	struct aud_case *cases;
	size_t ncases;
	struct rulings rulings;
	struct aud_coverage coverage;
	struct spans spans;
	struct aud_flow_record *flows;
	size_t nflows;
	struct server_names server_names;
	char **vlans[SHARDS];		/* texts of VLAN sets, made when asked for */
	size_t nvlans[SHARDS];
	char today[16];
	char *command;
	struct aud_trial trial;
	const char **tunnels;	/* of trial; the texts are the decoder's */
	struct aud_report report;
};

static int
by_time(const void *a, const void *b)
{
	const struct aud_capture_info *x = aud_capture_info(*(struct aud_capture *const *)a);
	const struct aud_capture_info *y = aud_capture_info(*(struct aud_capture *const *)b);

	if (x->first_ns != y->first_ns)
		return x->first_ns < y->first_ns ? -1 : 1;
	return strcmp(x->path, y->path);
}

/* One file per descriptor, all open at once: their first time stamps decide the order. */
static void
raise_file_limit(void)
{
	struct rlimit l;

	if (!getrlimit(RLIMIT_NOFILE, &l) && l.rlim_cur < l.rlim_max) {
		l.rlim_cur = l.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &l);
	}
}

/* Of a long path the end tells more, and the reason must stay whole. */
static enum aud_code
fail_input(struct aud_err *err, const char *path, const char *why)
{
	const size_t room = sizeof err->msg - 32;
	size_t n = strlen(path), left = room > strlen(why) ? room - strlen(why) : 0;
	bool in = !strcmp(path, "-"), cut = n > left;

	return aud_fail(err, AUD_FORMAT, 0, "%s%s: %s", cut ? "..." : "", in ? "standard input" : cut ? path + n - left : path, why);
}

/* AUD_FORMAT, with the first failure in err, where some input could not be opened; the others are there. */
static enum aud_code
open_inputs(struct aud_audit *a, const struct aud_audit_opts *o, struct aud_err *err)
{
	struct aud_capture_opts opts = {.filter = o->filter, .stop = o->stop};
	enum aud_code rc, worst = AUD_OK;
	size_t nfailed = 0;

	raise_file_limit();
	a->captures = calloc(o->npaths + 1, sizeof *a->captures);
	a->inputs = calloc(o->npaths + 1, sizeof *a->inputs);
	if (!a->captures || !a->inputs)
		return aud_nomem(err);
	for (size_t i = 0; i < o->npaths; i++) {
		struct aud_err e = {.code = AUD_OK};
		rc = aud_capture_open(&a->captures[a->ncaptures], o->paths[i], &opts, &e);
		if (rc == AUD_OK) {
			a->ncaptures++;
			continue;
		}
		if (rc != AUD_FORMAT && rc != AUD_IO && rc != AUD_END)
			return aud_fail(err, rc, 0, "%s", e.msg);
		worst = fail_input(err, o->paths[i], e.msg);
		/* From the end backward, so that they stand behind the readable ones. */
		struct aud_capture_info *in = &a->inputs[o->npaths - ++nfailed].info;
		*in = (struct aud_capture_info){.path = o->paths[i], .format = N_("unreadable"), .interrupted = rc == AUD_END,
		    .broken = rc != AUD_END, .unreadable = rc != AUD_END, .kernel_drops = UINT64_MAX, .interface_drops = UINT64_MAX};
		memcpy(in->broken_why, e.msg, sizeof e.msg);
		_Static_assert(sizeof in->broken_why == sizeof e.msg, "the reason is whole");
	}
	qsort(a->captures, a->ncaptures, sizeof *a->captures, by_time);
	a->ninputs = o->npaths;
	return worst;
}

/* Copies what the captures know; AUD_FORMAT where one broke off. */
static enum aud_code
close_books(struct aud_audit *a, struct aud_err *err)
{
	enum aud_code rc = AUD_OK;

	for (size_t i = 0; i < a->ncaptures; i++) {
		const struct aud_capture_info *in = aud_capture_info(a->captures[i]);
		a->inputs[i].info = *in;
		if (in->broken)
			rc = fail_input(err, in->path, in->broken_why);
	}
	return rc;
}

/* NULL for what cannot be read a second time: standard input, pipes, devices. */
static FILE *
open_file(const char *path)
{
	int fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
	struct stat st;
	FILE *f;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || !(f = fdopen(fd, "rb"))) {
		close(fd);
		return NULL;
	}
	return f;
}

/* Of the files as they are on disk. */
static enum aud_code
hash_inputs(struct aud_audit *a, struct aud_err *err)
{
	enum { PIECE = 1 << 18 };
	char *buf = malloc(PIECE);

	if (!buf)
		return aud_nomem(err);
	for (size_t i = 0; i < a->ncaptures; i++) {
		const char *path = a->inputs[i].info.path;
		FILE *f = open_file(path);
		struct aud_sha256 *h = f ? aud_sha256_new() : NULL;
		size_t n;

		if (h) {
			while ((n = fread(buf, 1, PIECE, f)) > 0)
				aud_sha256_add(h, buf, n);
			aud_sha256_hex(h, ferror(f) ? NULL : a->inputs[i].sha256);
		}
		if (f)
			fclose(f);
	}
	free(buf);
	return AUD_OK;
}

static int
by_first(const void *x, const void *y)
{
	const struct aud_flow_record *a = x, *b = y;
	int c;

	if (a->first_ns != b->first_ns)
		return a->first_ns < b->first_ns ? -1 : 1;
	if (a->first_frame != b->first_frame)
		return a->first_frame < b->first_frame ? -1 : 1;
	if ((c = aud_addr_cmp(&a->client, &b->client)) || (c = aud_addr_cmp(&a->server, &b->server)))
		return c;
	if (a->server_port != b->server_port)
		return a->server_port < b->server_port ? -1 : 1;
	return (a->proto > b->proto) - (a->proto < b->proto);
}

static enum aud_code
gather_flows(struct aud_audit *a, struct aud_err *err)
{
	size_t n = 0;

	for (int i = 0; i < SHARDS; i++)
		n += a->shards[i].nflows;
	if (!(a->flows = malloc((n ? n : 1) * sizeof *a->flows)))
		return aud_nomem(err);
	for (int i = 0; i < SHARDS; i++) {
		struct shard *s = &a->shards[i];
		if (s->nflows)
			memcpy(a->flows + a->nflows, s->flows, s->nflows * sizeof *s->flows);
		a->nflows += s->nflows;
		free(s->flows);
		s->flows = NULL;
	}
	qsort(a->flows, a->nflows, sizeof *a->flows, by_first);
	return AUD_OK;
}

static void
set_today(struct aud_audit *a, const char *wish)
{
	time_t t = (time_t)(a->coverage.last_ns / 1000000000);
	struct tm tm;

	if (wish)
		snprintf(a->today, sizeof a->today, "%.15s", wish);
	else if (gmtime_r(&t, &tm))
		strftime(a->today, sizeof a->today, "%Y-%m-%d", &tm);
}

/* What reports and `flows` alike are told of: inputs, coverage, versions. */
static enum aud_code
sum_up(struct aud_audit *a, const struct aud_audit_opts *o, struct aud_err *err)
{
	enum aud_code rc;

	rc = coverage_fill(&a->coverage, a->inputs, a->ninputs, &a->decode, a->shards, o->site, a->cases, a->ncases, err);
	if (rc != AUD_OK)
		return rc;
	spans_finish(&a->spans);
	a->coverage.spans = a->spans.v;
	a->coverage.nspans = a->spans.n;
	a->coverage.covered_ns = spans_covered(&a->spans);
	set_today(a, o->today);
	if (!(a->command = command_text(o, a->inputs, a->ninputs)))
		return aud_nomem(err);
	a->trial = (struct aud_trial){
	    .site = o->site, .matrix = o->matrix, .matcher = a->matcher, .attrib = a->attrib, .cases = a->cases, .ncases = a->ncases,
	    .coverage = &a->coverage, .inputs = a->inputs, .ninputs = a->ninputs, .decode = &a->decode, .ipsec = a->associations,
	    .filter = o->filter, .today = a->today,
	};
	a->report = (struct aud_report){
	    .version = AUD_VERSION, .ndpi_version = aud_ndpi_version(), .pcap_version = aud_pcap_version(),
	    .sqlite_version = aud_sqlite_version(), .command = a->command, .trial = &a->trial, .decode = &a->decode,
	};
	return AUD_OK;
}

/* Of the numbers that associations and negotiations have. */
static enum aud_code
name_tunnels(struct aud_audit *a, struct aud_err *err)
{
	const struct aud_ipsec_result *r = a->associations;
	size_t n = 0;

	for (size_t i = 0; i < r->nsas; i++)
		n = r->sas[i].tunnel >= n ? (size_t)r->sas[i].tunnel + 1 : n;
	for (size_t i = 0; i < r->nikes; i++)
		n = r->ikes[i].tunnel >= n ? (size_t)r->ikes[i].tunnel + 1 : n;
	if (!(a->tunnels = calloc(n + 1, sizeof *a->tunnels)))
		return aud_nomem(err);
	for (size_t i = 0; i < n; i++)
		a->tunnels[i] = aud_decoder_tunnel(a->decoder, (uint16_t)i);
	a->trial.tunnels = a->tunnels;
	a->trial.ntunnels = n;
	return AUD_OK;
}

static enum aud_code
judge(struct aud_audit *a, struct aud_err *err)
{
	enum aud_code rc = name_tunnels(a, err);

	if (rc == AUD_OK)
		rc = aud_judge(&a->trial, err);

	if (rc == AUD_OK)
		aud_report_totals(&a->report);
	return rc;
}

static enum aud_code
read_all(struct aud_audit *a, const struct aud_audit_opts *o, uint64_t secret, struct aud_err *err)
{
	struct pipeline p = {.opts = o, .inputs = a->captures, .ninputs = a->ncaptures, .decoder = a->decoder, .ipsec = a->ipsec,
	    .shards = a->shards, .spans = &a->spans, .secret = secret};
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	p.threads = o->threads ? o->threads : cpus > 0 ? (unsigned)cpus : 1;
	if (p.threads > SHARDS + 2)	/* more would only wait */
		p.threads = SHARDS + 2;
	for (size_t i = 0; i < a->ncaptures; i++) {
		uint64_t size = aud_capture_info(a->captures[i])->size;
		p.total = size && (i == 0 || p.total) ? p.total + size : 0;
	}
	return pipeline_run(&p, err);
}

static enum aud_code
open_ipsec(struct aud_audit *a, const struct aud_audit_opts *o, uint64_t secret, struct aud_err *err)
{
	struct aud_ipsec_opts i = {.dedup = !o->no_dedup, .secret = secret};
	struct shares max = shares_of_audit(o->memory);

	shares_ipsec(&max, &i);
	return aud_ipsec_new(&a->ipsec, &i, err);
}

/* Of both a server's shards, since they go by pairs of hosts. */
static void
gather_names(struct aud_audit *a)
{
	for (int i = 0; i < SHARDS; i++)
		for (size_t k = 0; k < a->shards[i].names.n; k++) {
			const struct aud_server_name *x = &a->shards[i].names.v[k];

			server_names_add(&a->server_names, &x->server, x->name, x->certificate);
		}
}

enum aud_code
aud_audit_run(struct aud_audit **out, const struct aud_audit_opts *o, struct aud_err *err)
{
	struct aud_audit *a = calloc(1, sizeof *a);
	enum aud_code rc, partial;
	uint64_t secret = 0;
	struct shares max = shares_of_audit(o->memory);

	*out = NULL;
	if (!a)
		return aud_nomem(err);
	aud_hash_setup();
	if (getrandom(&secret, sizeof secret, GRND_NONBLOCK) < 0)
		secret = (uintptr_t)a;	/* early at boot: the address space's layout will do */
	rc = partial = open_inputs(a, o, err);
	if ((rc != AUD_OK && rc != AUD_FORMAT) || (rc == AUD_FORMAT && !a->ncaptures))
		goto fail;
	if ((rc = aud_decoder_new(&a->decoder, err)) != AUD_OK || (rc = open_ipsec(a, o, secret, err)) != AUD_OK)
		goto fail;
	if (o->site && (rc = aud_attrib_new(&a->attrib, o->site, err)) != AUD_OK)
		goto fail;
	if (o->matrix && (rc = aud_matcher_new(&a->matcher, o->matrix, o->site, err)) != AUD_OK)
		goto fail;
	for (unsigned i = 0; i < SHARDS; i++)
		if ((rc = shard_open(&a->shards[i], i, o, &max, a->attrib, a->matcher, secret, err)) != AUD_OK)
			goto fail;
	/*
	 * The first of nDPI's modules fills tables that all share, so it is made before there are threads; the others, 12 ms each, by the
	 * thread that needs them first.
	 */
	if ((rc = shard_ready(&a->shards[0], err)) != AUD_OK)
		goto fail;
	if ((rc = read_all(a, o, secret, err)) != AUD_OK)
		goto fail;
	if ((rc = close_books(a, err)) != AUD_OK)
		partial = rc;
	aud_decoder_stats(a->decoder, &a->decode);
	if ((rc = aud_ipsec_result(a->ipsec, &a->associations, err)) != AUD_OK)
		goto fail;
	if (o->hash && (rc = hash_inputs(a, err)) != AUD_OK)
		goto fail;
	gather_names(a);
	if (o->keep_flows)
		rc = gather_flows(a, err);
	else
		rc = cases_build(&a->cases, &a->ncases, &a->rulings, a->shards, a->attrib, a->matcher, &a->names, a->decoder, NULL, err);
	if (rc != AUD_OK || (rc = sum_up(a, o, err)) != AUD_OK)
		goto fail;
	if (!o->keep_flows && (rc = judge(a, err)) != AUD_OK)
		goto fail;
	*out = a;
	return partial;
fail:
	aud_audit_free(a);
	return rc;
}

void
aud_audit_free(struct aud_audit *a)
{
	if (!a)
		return;
	aud_trial_clear(&a->trial);
	coverage_clear(&a->coverage);
	free(a->tunnels);
	free(a->cases);
	rulings_clear(&a->rulings);
	free(a->spans.v);
	app_names_clear(&a->names);
	server_names_clear(&a->server_names);
	for (int i = 0; i < SHARDS; i++) {
		shard_close(&a->shards[i]);
		for (size_t k = 0; k < a->nvlans[i]; k++)
			free(a->vlans[i][k]);
		free(a->vlans[i]);
	}
	free(a->flows);
	aud_matcher_free(a->matcher);
	aud_attrib_free(a->attrib);
	aud_decoder_free(a->decoder);
	aud_ipsec_free(a->ipsec);
	for (size_t i = 0; i < a->ncaptures; i++)
		aud_capture_close(a->captures[i]);
	free(a->captures);
	free(a->command);
	free(a->inputs);
	free(a);
}

const struct aud_report *
aud_audit_report(const struct aud_audit *a)
{
	return &a->report;
}

const struct aud_server_name *
aud_audit_names(const struct aud_audit *a, size_t *n)
{
	*n = a->server_names.n;
	return a->server_names.v;
}

const struct aud_flow_record *
aud_audit_flows(const struct aud_audit *a, size_t *n)
{
	*n = a->nflows;
	return a->flows;
}

const char *
aud_audit_tunnel(const struct aud_audit *a, const struct aud_flow_record *f)
{
	return aud_decoder_tunnel(a->decoder, f->tunnel);
}

const char *
aud_audit_app(struct aud_audit *a, struct aud_app app)
{
	for (int i = 0; i < SHARDS; i++)
		if (a->shards[i].classifier) {
			const char *s = app_names_get(&a->names, a->shards[i].classifier, app);
			return s ? s : "Unknown";
		}
	return "Unknown";
}

/* The stacks in the order in which they were seen. */
static char *
vlan_text(const struct aud_audit *a, const struct aud_flow_record *f)
{
	uint16_t ids[64];
	size_t n = aud_table_vlans(a->shards[f->shard].table, f->vlans, ids, sizeof ids / sizeof *ids), len = 1;
	char *s;

	for (size_t i = 0; i < n; i++)
		len += strlen(aud_decoder_vlans(a->decoder, ids[i])) + 1;
	if (!(s = calloc(1, len)))
		return NULL;
	for (size_t i = n; i-- > 0;) {
		const char *one = aud_decoder_vlans(a->decoder, ids[i]);
		if (*s && *one)
			strcat(s, ",");
		strcat(s, one);
	}
	return s;
}

const char *
aud_audit_vlans(struct aud_audit *a, const struct aud_flow_record *f)
{
	size_t want = (size_t)f->vlans + 1, k = f->shard;

	if (!f->vlans)
		return "";
	if (want > a->nvlans[k]) {
		char **v = realloc(a->vlans[k], want * sizeof *v);
		if (!v)
			return "";
		memset(v + a->nvlans[k], 0, (want - a->nvlans[k]) * sizeof *v);
		a->vlans[k] = v;
		a->nvlans[k] = want;
	}
	if (!a->vlans[k][f->vlans])
		a->vlans[k][f->vlans] = vlan_text(a, f);
	return a->vlans[k][f->vlans] ? a->vlans[k][f->vlans] : "";
}
