/*
 * The capture-* kinds: what the capture itself could not show. They need no roles, so they are all that is judged
 * without a site file.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <aud/report.h>

#include "docket.h"
#include "path.h"

/* Parts per thousand of TCP segments that were acknowledged but not captured, from which the loss is told. SPAN ports
 * drop single packets under bursts; below this a flow's evidence is whole in practice. */
enum { LOSS_TOLD = 1 };
/* Parts per thousand of one-sided TCP connections from which the mirror has one direction in the main. */
enum { ONE_WAY_MOST = 500 };
/* Parts per thousand of frames (truncated, undecoded): below the first only a note, from the second "no findings" means
 * little. */
enum { SHARE_LOW = 10, SHARE_MEDIUM = 100 };

static unsigned
share(uint64_t part, uint64_t whole)
{
	return whole ? (unsigned)(part * 1000 / whole) : 0;
}

static enum aud_severity
by_share(unsigned permille)
{
	return permille >= SHARE_MEDIUM ? AUD_MEDIUM : permille >= SHARE_LOW ? AUD_LOW : AUD_INFO;
}

static void
say_percent(FILE *w, uint64_t part, uint64_t whole)
{
	double p = whole ? 100.0 * (double)part / (double)whole : 0;

	if (part && p < 0.01)
		fputs("less than 0.01 %", w);
	else
		fprintf(w, p < 1 ? "%.2f %%" : "%.1f %%", p);
}

/* Input and the last frame that was read of it. */
static uint64_t
last_frame(const struct aud_trial *t, size_t input)
{
	return (uint64_t)input << 48 | t->inputs[input].info.frames;
}

static struct aud_finding *
add(struct docket *d, enum aud_kind kind, enum aud_severity severity, const char *key, struct say *say)
{
	const struct aud_coverage *cov = d->trial->coverage;
	struct aud_finding seed = finding_seed(kind), *f;
	bool fresh;

	seed.severity = severity;
	seed.first_ns = cov->first_ns;
	seed.last_ns = cov->last_ns;
	f = docket_add(d, &seed, key, &fresh);
	return f && fresh && say_open(say) ? f : NULL;
}

static enum aud_code
empty(struct docket *d, struct aud_err *err)
{
	const struct aud_trial *t = d->trial;
	const struct aud_coverage *cov = t->coverage;
	struct aud_finding *f;
	struct say say;
	const char *name;
	enum aud_code rc;

	if (!cov->frames && cov->interrupted)
		return AUD_OK;
	if (!cov->frames || !cov->packets) {
		if (!(f = add(d, AUD_KIND_CAPTURE_EMPTY, AUD_MEDIUM, "all", &say)))
			return aud_nomem(err);
		if (cov->frames)
			fprintf(say.w,
			    "None of the %" PRIu64 " captured frames holds an IP packet, so nothing was audited.",
			    cov->frames);
		else
			fputs("The capture holds no frame at all, so nothing was audited.", say.w);
		return say_close(&say, &f->reason, err);
	}
	for (size_t i = 0; i < t->ninputs; i++) {
		const struct aud_capture_info *info = &t->inputs[i].info;

		/* What was not read says so itself. */
		if (info->frames || info->unreadable || info->interrupted)
			continue;
		name = d->inputs[i];
		if (!(f = add(d, AUD_KIND_CAPTURE_EMPTY, AUD_LOW, name, &say)))
			return aud_nomem(err);
		fprintf(say.w, "%s holds no frame%s.", name,
		    info->filtered ? " that passes the filter" : "");
		if ((rc = say_close(&say, &f->reason, err)) != AUD_OK)
			return rc;
	}
	return AUD_OK;
}

/* The site file names hosts, and none of them, or no server among them, is in sight. */
static enum aud_code
nobody(struct docket *d, struct aud_err *err)
{
	const struct aud_trial *t = d->trial;
	const struct aud_coverage *cov = t->coverage;
	bool servers = false, host = false, server = false, lately;
	struct aud_finding *f;
	struct say say;

	/* Nothing is measured against documents that do not count, and what a filter left out may have been theirs. */
	if (!t->site || !t->site->nhosts || !aud_trial_documented(t) || t->filter)
		return AUD_OK;
	if (!cov->packets || cov->interrupted || cov->dropped_flows)
		return AUD_OK;
	for (size_t i = 0; i < t->site->nhosts; i++)
		servers |= roles_server(t->site->hosts[i].roles);
	for (size_t i = 0; i < t->ncases && !server; i++) {
		const struct aud_host *sides[2] = {t->cases[i].ruling->client.host, t->cases[i].ruling->server.host};

		for (int k = 0; k < 2; k++) {
			host |= sides[k] != NULL;
			server |= sides[k] && roles_server(sides[k]->roles);
		}
	}
	if (server || (host && !servers))
		return AUD_OK;
	if (!(f = add(d, AUD_KIND_CAPTURE_EMPTY, AUD_MEDIUM, "/site", &say)))
		return aud_nomem(err);
	/* Of an audit that goes on: what was seen before its window is not known any more. */
	lately = cov->first_ns && (cov->nspans ? cov->spans[0].first_ns > cov->first_ns : !cov->covered_ns);
	if (lately)
		f->first_ns = cov->nspans ? cov->spans[0].first_ns : cov->last_ns;
	fprintf(say.w, "No packet of any %s of the site file was captured%s%s, so nothing of what the documents list could be seen: "
		       "is it the wrong capture, or the wrong site file?",
	    host ? "server" : "host", lately ? " lately, within the window" : "", host ? ", only of its clients" : "");
	return say_close(&say, &f->reason, err);
}

/* Frames of conversations each of whose flows shows it, so that any of their frames does. */
static void
frames_where(struct aud_finding *f, const struct docket *d, uint32_t (*flows)(const struct aud_conv *))
{
	for (size_t i = 0; i < d->trial->ncases; i++) {
		const struct aud_conv *v = d->trial->cases[i].conv;

		f->flows += flows(v);
		if (flows(v) == v->flows)
			for (size_t k = 0; k < AUD_CONV_FRAMES; k++)
				finding_frame(f, v->frames[k]);
	}
}

static uint32_t
flows_truncated(const struct aud_conv *v)
{
	return v->truncated;
}

static uint32_t
flows_with_gaps(const struct aud_conv *v)
{
	return v->gaps;
}

static enum aud_code
loss(struct docket *d, struct aud_err *err)
{
	const struct aud_coverage *cov = d->trial->coverage;
	bool dropped = cov->kernel_drops != UINT64_MAX && cov->kernel_drops;
	bool unseen = share(cov->acked_unseen, cov->tcp_data + cov->acked_unseen) >= LOSS_TOLD;
	struct aud_finding *f;
	struct say say;

	if (!dropped && !unseen)
		return AUD_OK;
	if (!(f = add(d, AUD_KIND_CAPTURE_LOSS, coverage_loss(cov) > LOSS_ABSENCE ? AUD_MEDIUM : AUD_LOW, "all", &say)))
		return aud_nomem(err);
	frames_where(f, d, flows_with_gaps);
	fputs("The capture is not whole: ", say.w);
	if (dropped)
		fprintf(say.w, "%" PRIu64 " packets were dropped while it was made%s", cov->kernel_drops,
		    unseen ? ", and " : "");
	if (unseen) {
		fprintf(say.w, "%" PRIu64 " TCP segments (", cov->acked_unseen);
		say_percent(say.w, cov->acked_unseen, cov->tcp_data + cov->acked_unseen);
		fputs(") were acknowledged by their receiver but not captured", say.w);
	}
	fputs(coverage_loss(cov) > LOSS_ABSENCE ? "; nothing is concluded from what was not seen." : ".", say.w);
	return say_close(&say, &f->reason, err);
}

static enum aud_code
one_way(struct docket *d, struct aud_err *err)
{
	struct aud_finding *f;
	struct say say;
	uint64_t one = d->one_sided, all = d->sided;

	if (!docket_one_sided(d))
		return AUD_OK;
	if (!(f = add(
		  d, AUD_KIND_CAPTURE_ONE_WAY, share(one, all) >= ONE_WAY_MOST ? AUD_MEDIUM : AUD_LOW, "all", &say)))
		return aud_nomem(err);
	f->certainty = AUD_STRONG;
	f->flows = one;
	for (size_t i = 0; i < d->trial->ncases; i++)
		if (conv_one_way(d->trial->cases[i].conv))
			finding_frame(f, d->trial->cases[i].conv->frames[0]);
	if (d->trial->coverage->out_of_scope.frame)
		finding_frame(f, d->trial->coverage->out_of_scope.frame);
	fprintf(say.w, "Only one side of %" PRIu64 " of %" PRIu64 " TCP connections (", one, all);
	say_percent(say.w, one, all);
	fputs(") was captured although both spoke: the mirror shows one direction, so nothing is concluded from "
	      "answers that are not there.",
	    say.w);
	return say_close(&say, &f->reason, err);
}

/* Pairs of hosts of which TCP proves that there were two sides; told by the declared host, so that the list stays
 * short. */
static enum aud_code
one_way_host(struct docket *d, const struct aud_case *c, struct aud_err *err)
{
	bool mine = roles_server(c->ruling->server.roles), fresh;
	const struct aud_who *who = mine ? &c->ruling->server : &c->ruling->client;
	const struct aud_conv *v = c->conv;
	struct aud_finding seed = finding_seed(AUD_KIND_CAPTURE_ONE_WAY), *f;
	struct say say;

	seed.server = mine ? v->server : v->client;
	seed.server_roles = who->roles;
	seed.server_name = who->host ? who->host->name : NULL;
	seed.certainty = AUD_STRONG;
	if (!(f = docket_add(d, &seed, NULL, &fresh)))
		return aud_nomem(err);
	finding_absorb(f, c);
	if (!fresh)
		return AUD_OK;
	if (!say_open(&say))
		return aud_nomem(err);
	fputs("Some TCP traffic of ", say.w);
	say_host(say.w, d, &seed.server, who);
	fputs(" was captured in one direction only, for example with ", say.w);
	say_host(say.w, d, mine ? &v->client : &v->server, mine ? &c->ruling->client : &c->ruling->server);
	fputs(" on ", say.w);
	say_port(say.w, v->port, v->proto);
	fputs("; whether it was answered cannot be told.", say.w);
	return say_close(&say, &f->reason, err);
}

static int
by_host(const void *pa, const void *pb)
{
	const struct aud_case *const *a = pa, *const *b = pb;
	const struct aud_conv *x = (*a)->conv, *y = (*b)->conv;
	int c = aud_addr_cmp(roles_server((*a)->ruling->server.roles) ? &x->server : &x->client,
	    roles_server((*b)->ruling->server.roles) ? &y->server : &y->client);

	return c ? c : (*a > *b) - (*a < *b);
}

static enum aud_code
one_way_hosts(struct docket *d, struct aud_err *err)
{
	const struct aud_trial *t = d->trial;
	const struct aud_case **list;
	enum aud_code rc = AUD_OK;
	size_t n = 0;

	if (!t->site || !t->ncases || docket_one_sided(d))
		return AUD_OK;
	if (!(list = calloc(t->ncases, sizeof *list)))
		return aud_nomem(err);
	for (size_t i = 0; i < t->ncases; i++) {
		const struct aud_case *c = &t->cases[i];

		if (c->conv->proto == PROTO_TCP && !c->noise &&
		    (roles_server(c->ruling->server.roles) || roles_server(c->ruling->client.roles)) && docket_one_way(d, c->conv))
			list[n++] = c;
	}
	/* Cases of one host become neighbours, as docket_add() wants them. */
	if (n)
		qsort(list, n, sizeof *list, by_host);
	for (size_t i = 0; i < n && rc == AUD_OK; i++)
		rc = one_way_host(d, list[i], err);
	free(list);
	return rc;
}

/* Why the end of an input was not audited. */
static void
cut_off(FILE *w, const char *name, const struct aud_capture_info *info)
{
	const char *why = aud_without_path(info->broken_why, info->path);

	if (info->unreadable)
		fprintf(w, "%s could not be read: %s; nothing of it was audited.", name, why);
	else if (info->interrupted && !info->frames)
		fprintf(w, "Of %s nothing was read: the audit was interrupted before.", name);
	else if (info->interrupted && info->size && !info->compression)
		fprintf(w, "%s was not read to its end: the audit was interrupted after %" PRIu64 " of %" PRIu64
			   " bytes; what follows was not audited.", name, info->bytes, info->size);
	else if (info->interrupted)
		fprintf(w, "%s was not read to its end: the audit was interrupted after %" PRIu64
			   " bytes; what follows was not audited.", name, info->bytes);
	else
		fprintf(w, "%s breaks off after frame %" PRIu64 " at byte %" PRIu64 "%s%s; what follows was not audited.",
		    name, info->frames, info->broken_at, *why ? ": " : "", why);
}

static bool
is_truncated(const struct aud_capture_info *info)
{
	return info->truncated && info->frames;
}

/* The period of the inputs of which it is true; that of the audit where none says so. */
static void
of_inputs(struct aud_finding *f, const struct aud_trial *t, bool (*is_true)(const struct aud_capture_info *))
{
	uint64_t first = 0, last = 0;

	for (size_t i = 0; i < t->ninputs; i++) {
		const struct aud_capture_info *info = &t->inputs[i].info;

		if (!is_true(info))
			continue;
		first = first && first < info->first_ns ? first : info->first_ns;
		last = info->last_ns > last ? info->last_ns : last;
	}
	if (first) {
		f->first_ns = first;
		f->last_ns = last;
	}
}

static enum aud_code
truncated(struct docket *d, struct aud_err *err)
{
	const struct aud_trial *t = d->trial;
	const struct aud_coverage *cov = t->coverage;
	struct aud_finding *f;
	struct say say;
	const char *name;
	enum aud_code rc;

	if (cov->truncated_frames) {
		uint32_t snaplen = 0;

		for (size_t i = 0; i < t->ninputs; i++)
			if (t->inputs[i].info.truncated && t->inputs[i].info.snaplen > snaplen)
				snaplen = t->inputs[i].info.snaplen;
		if (!(f = add(d, AUD_KIND_CAPTURE_TRUNCATED, by_share(share(cov->truncated_frames, cov->frames)),
			  "/frames", &say)))
			return aud_nomem(err);
		of_inputs(f, t, is_truncated);
		frames_where(f, d, flows_truncated);
		fprintf(say.w, "%" PRIu64 " of %" PRIu64 " frames (", cov->truncated_frames, cov->frames);
		say_percent(say.w, cov->truncated_frames, cov->frames);
		fputs(") were captured shorter than they were sent", say.w);
		if (snaplen)
			fprintf(say.w, " (snapshot length %u)", snaplen);
		fputs(", so protocols may not have been recognised.", say.w);
		if ((rc = say_close(&say, &f->reason, err)) != AUD_OK)
			return rc;
	}
	for (size_t i = 0; i < t->ninputs; i++) {
		const struct aud_capture_info *info = &t->inputs[i].info;

		if (!info->broken && !info->interrupted)
			continue;
		name = d->inputs[i];
		if (!(f = add(d, AUD_KIND_CAPTURE_TRUNCATED, AUD_LOW, name, &say)))
			return aud_nomem(err);
		f->first_ns = info->frames ? info->first_ns : 0;
		f->last_ns = info->frames ? info->last_ns : 0;
		if (info->frames)
			finding_frame(f, last_frame(t, i));
		cut_off(say.w, name, info);
		if ((rc = say_close(&say, &f->reason, err)) != AUD_OK)
			return rc;
	}
	return AUD_OK;
}

static enum aud_code
undecoded(struct docket *d, struct aud_err *err)
{
	enum { NAMED = 3 };
	const struct aud_trial *t = d->trial;
	const struct aud_coverage *cov = t->coverage;
	const struct aud_decode_stats *dec = t->decode;
	size_t named[NAMED], n = 0;
	struct aud_finding *f;
	struct say say;

	if (!cov->undecoded)
		return AUD_OK;
	if (!(f = add(d, AUD_KIND_CAPTURE_UNDECODED, by_share(share(cov->undecoded, cov->frames)), "all", &say)))
		return aud_nomem(err);
	fprintf(say.w, "%" PRIu64 " of %" PRIu64 " frames (", cov->undecoded, cov->frames);
	say_percent(say.w, cov->undecoded, cov->frames);
	fputs(") could not be decoded and are not part of the audit", say.w);
	/* The most frequent reasons, largest first. */
	for (; dec && n < NAMED; n++) {
		size_t best = SIZE_MAX;

		for (size_t i = 0; i < dec->ncounts; i++) {
			bool done = !dec->counts[i].defect || !dec->counts[i].frames;

			for (size_t k = 0; k < n; k++)
				done |= named[k] == i;
			if (!done && (best == SIZE_MAX || dec->counts[i].frames > dec->counts[best].frames))
				best = i;
		}
		if (best == SIZE_MAX)
			break;
		named[n] = best;
		fprintf(say.w, "%s%" PRIu64 " %s: %s", n ? ", " : ": ", dec->counts[best].frames,
		    dec->counts[best].layer, dec->counts[best].reason);
		finding_frame(f, dec->counts[best].first_frame);
	}
	fputs(".", say.w);
	return say_close(&say, &f->reason, err);
}

enum aud_code
judge_capture(struct docket *d, struct aud_err *err)
{
	static enum aud_code (*const kinds[])(struct docket *, struct aud_err *) = {
	    empty, nobody, loss, one_way, one_way_hosts, truncated, undecoded};
	enum aud_code rc;

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if ((rc = kinds[i](d, err)) != AUD_OK)
			return rc;
	return AUD_OK;
}
