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

static const struct aud_said *
say_percent(struct aud_say *s, uint64_t part, uint64_t whole)
{
	double p = whole ? 100.0 * (double)part / (double)whole : 0;

	if (part && p < 0.01)
		return SAY(s, "less than %1$s %%", aud_say_decimal(s, "0.01"));
	return SAY(s, "%1$s %%", aud_say_decimal(s, p < 1 ? "%.2f" : "%.1f", p));
}

/* Input and the last frame that was read of it. */
static uint64_t
last_frame(const struct aud_trial *t, size_t input)
{
	return (uint64_t)input << 48 | t->inputs[input].info.frames;
}

static struct aud_finding *
add(struct docket *d, enum aud_kind kind, enum aud_severity severity, const char *key)
{
	const struct aud_coverage *cov = d->trial->coverage;
	struct aud_finding seed = finding_seed(kind), *f;
	bool fresh;

	seed.severity = severity;
	seed.first_ns = cov->first_ns;
	seed.last_ns = cov->last_ns;
	f = docket_add(d, &seed, key, &fresh);
	return f && fresh ? f : NULL;
}

static const struct aud_said *
say_input(struct aud_say *s, const struct docket *d, size_t i)
{
	return aud_say_word(s, d->inputs[i]);
}

static enum aud_code
empty(struct docket *d, struct aud_err *err)
{
	const struct aud_trial *t = d->trial;
	const struct aud_coverage *cov = t->coverage;
	struct aud_finding *f;
	struct aud_say s = {0};
	const struct aud_said *name;
	enum aud_code rc;

	if (!cov->frames && cov->interrupted)
		return AUD_OK;
	if (!cov->frames || !cov->packets) {
		if (!(f = add(d, AUD_KIND_CAPTURE_EMPTY, AUD_MEDIUM, "all")))
			return aud_nomem(err);
		if (cov->frames)
			return finding_reason(f, &s, SAY_N(&s, "None of the %1$s captured frames holds an IP packet, so nothing was audited",
			    "None of the %1$s captured frames holds an IP packet, so nothing was audited", cov->frames, aud_say_number(&s, cov->frames)),
			    err);
		return finding_reason(f, &s, SAY(&s, "The capture holds no frame at all, so nothing was audited"), err);
	}
	for (size_t i = 0; i < t->ninputs; i++) {
		const struct aud_capture_info *info = &t->inputs[i].info;

		/* What was not read says so itself. */
		if (info->frames || info->unreadable || info->interrupted)
			continue;
		if (!(f = add(d, AUD_KIND_CAPTURE_EMPTY, AUD_LOW, d->inputs[i])))
			return aud_nomem(err);
		name = say_input(&s, d, i);
		if ((rc = finding_reason(f, &s, info->filtered ? SAY(&s, "%1$s holds no frame that passes the filter", name) :
			 SAY(&s, "%1$s holds no frame", name), err)) != AUD_OK)
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
	struct aud_say s = {0};

	/* Nothing is measured against documents that do not count, and what a filter left out may have been theirs. */
	if (!t->site || !t->site->nhosts || !aud_trial_documented(t) || t->filter)
		return AUD_OK;
	if (!cov->packets || cov->interrupted || cov->dropped_flows > cov->dropped_past)
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
	if (!(f = add(d, AUD_KIND_CAPTURE_EMPTY, AUD_MEDIUM, "/site")))
		return aud_nomem(err);
	/* Of an audit that goes on: what was seen before its window is not known any more. */
	lately = cov->first_ns && (cov->nspans ? cov->spans[0].first_ns > cov->first_ns : !cov->covered_ns);
	if (lately) {
		f->first_ns = cov->nspans ? cov->spans[0].first_ns : cov->last_ns;
		return aud_say_end(&s, host ?
		    SAY(&s, "No packet of any server of the site file was captured lately, within the window, only of its clients, so nothing of what the "
			    "documents list could be seen: is it the wrong capture, or the wrong site file?") :
		    SAY(&s, "No packet of any host of the site file was captured lately, within the window, so nothing of what the documents list could be seen: "
			    "is it the wrong capture, or the wrong site file?"), &f->reason, &f->said, err);
	}
	return aud_say_end(&s, host ?
	    SAY(&s, "No packet of any server of the site file was captured, only of its clients, so nothing of what the documents list could be seen: "
		    "is it the wrong capture, or the wrong site file?") :
	    SAY(&s, "No packet of any host of the site file was captured, so nothing of what the documents list could be seen: "
		    "is it the wrong capture, or the wrong site file?"), &f->reason, &f->said, err);
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

static const struct aud_said *
say_lost(struct aud_say *s, const struct aud_coverage *cov, bool dropped, bool unseen)
{
	const struct aud_said *drops = aud_say_number(s, cov->kernel_drops), *segments = aud_say_number(s, cov->acked_unseen),
			      *percent = say_percent(s, cov->acked_unseen, cov->tcp_data + cov->acked_unseen);

	if (dropped && unseen)
		return SAY(s, "The capture is not whole: %1$s packets were dropped while it was made, and %2$s TCP segments (%3$s) were acknowledged "
			      "by their receiver but not captured", drops, segments, percent);
	if (dropped)
		return SAY_N(s, "The capture is not whole: %1$s packets were dropped while it was made",
		    "The capture is not whole: %1$s packets were dropped while it was made", cov->kernel_drops, drops);
	return SAY_N(s, "The capture is not whole: %1$s TCP segments (%2$s) were acknowledged by their receiver but not captured",
	    "The capture is not whole: %1$s TCP segments (%2$s) were acknowledged by their receiver but not captured", cov->acked_unseen, segments,
	    percent);
}

static enum aud_code
loss(struct docket *d, struct aud_err *err)
{
	const struct aud_coverage *cov = d->trial->coverage;
	bool dropped = cov->kernel_drops != UINT64_MAX && cov->kernel_drops;
	bool unseen = share(cov->acked_unseen, cov->tcp_data + cov->acked_unseen) >= LOSS_TOLD;
	struct aud_finding *f;
	struct aud_say s = {0};
	const struct aud_said *said;

	if (!dropped && !unseen)
		return AUD_OK;
	if (!(f = add(d, AUD_KIND_CAPTURE_LOSS, coverage_loss(cov) > LOSS_ABSENCE ? AUD_MEDIUM : AUD_LOW, "all")))
		return aud_nomem(err);
	frames_where(f, d, flows_with_gaps);
	said = say_lost(&s, cov, dropped, unseen);
	if (coverage_loss(cov) > LOSS_ABSENCE)
		said = SAY(&s, "%1$s; nothing is concluded from what was not seen", said);
	return finding_reason(f, &s, said, err);
}

/* A flow that --memory ended early goes on as another one, and what is left of its sides may be one. */
static bool
in_pieces(const struct docket *d)
{
	uint64_t evicted = d->trial->coverage->evicted_flows;

	return evicted && 2 * evicted >= d->one_sided;
}

static enum aud_code
one_way(struct docket *d, struct aud_err *err)
{
	struct aud_finding *f;
	struct aud_say s = {0};
	uint64_t one = d->one_sided, all = d->sided;

	if (!docket_one_sided(d) || in_pieces(d))
		return AUD_OK;
	if (!(f = add(
		  d, AUD_KIND_CAPTURE_ONE_WAY, share(one, all) >= ONE_WAY_MOST ? AUD_MEDIUM : AUD_LOW, "all")))
		return aud_nomem(err);
	f->certainty = AUD_STRONG;
	f->flows = one;
	for (size_t i = 0; i < d->trial->ncases; i++)
		if (conv_one_way(d->trial->cases[i].conv))
			finding_frame(f, d->trial->cases[i].conv->frames[0]);
	if (d->trial->coverage->out_of_scope.frame)
		finding_frame(f, d->trial->coverage->out_of_scope.frame);
	return finding_reason(f, &s, SAY(&s, "Only one side of %1$s of %2$s TCP connections (%3$s) was captured although both spoke: the mirror shows "
	    "one direction, so nothing is concluded from answers that are not there", aud_say_number(&s, one), aud_say_number(&s, all),
	    say_percent(&s, one, all)), err);
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
	struct aud_say s = {0};

	seed.server = mine ? v->server : v->client;
	seed.server_roles = who->roles;
	seed.server_name = who->host ? who->host->name : NULL;
	seed.certainty = AUD_STRONG;
	if (!(f = docket_add(d, &seed, NULL, &fresh)))
		return aud_nomem(err);
	finding_absorb(f, c);
	if (!fresh)
		return AUD_OK;
	return finding_reason(f, &s, SAY(&s, "Some TCP traffic of %1$s was captured in one direction only, for example with %2$s on %3$s; whether it "
	    "was answered cannot be told", say_host(&s, d, &seed.server, who),
	    say_host(&s, d, mine ? &v->client : &v->server, mine ? &c->ruling->client : &c->ruling->server), say_port(&s, v->port, v->proto)), err);
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

	if (!t->site || !t->ncases || docket_one_sided(d) || in_pieces(d))
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
static const struct aud_said *
cut_off(struct aud_say *s, const struct aud_said *name, const struct aud_capture_info *info)
{
	const char *why = aud_without_path(info->broken_why, info->path);
	const struct aud_said *told = aud_say_diagnosis(s, why), *bytes = aud_say_number(s, info->bytes), *at = aud_say_number(s, info->broken_at);

	if (info->unreadable)
		return SAY(s, "%1$s could not be read: %2$s; nothing of it was audited", name, told);
	if (info->interrupted && !info->frames)
		return SAY(s, "Of %1$s nothing was read: the audit was interrupted before", name);
	if (info->interrupted && info->size && !info->compression)
		return SAY(s, "%1$s was not read to its end: the audit was interrupted after %2$s of %3$s bytes; what follows was not audited", name,
		    bytes, aud_say_number(s, info->size));
	if (info->interrupted)
		return SAY(s, "%1$s was not read to its end: the audit was interrupted after %2$s bytes; what follows was not audited", name, bytes);
	if (*why)
		return SAY(s, "%1$s breaks off after frame %2$s at byte %3$s: %4$s; what follows was not audited", name, aud_say_number(s, info->frames),
		    at, told);
	return SAY(s, "%1$s breaks off after frame %2$s at byte %3$s; what follows was not audited", name, aud_say_number(s, info->frames), at);
}

static const struct aud_said *
say_shorter(struct aud_say *s, const struct aud_trial *t)
{
	const struct aud_coverage *cov = t->coverage;
	const struct aud_said *cut = aud_say_number(s, cov->truncated_frames), *all = aud_say_number(s, cov->frames),
			      *percent = say_percent(s, cov->truncated_frames, cov->frames);
	uint32_t snaplen = 0;

	for (size_t i = 0; i < t->ninputs; i++)
		if (t->inputs[i].info.truncated && t->inputs[i].info.snaplen > snaplen)
			snaplen = t->inputs[i].info.snaplen;
	if (snaplen)
		return SAY(s, "%1$s of %2$s frames (%3$s) were captured shorter than they were sent (snapshot length %4$s), so protocols may not have been "
			      "recognised", cut, all, percent, aud_say_number(s, snaplen));
	return SAY(s, "%1$s of %2$s frames (%3$s) were captured shorter than they were sent, so protocols may not have been recognised", cut, all,
	    percent);
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
	struct aud_say s = {0};
	enum aud_code rc;

	if (cov->truncated_frames) {
		if (!(f = add(d, AUD_KIND_CAPTURE_TRUNCATED, by_share(share(cov->truncated_frames, cov->frames)), "/frames")))
			return aud_nomem(err);
		of_inputs(f, t, is_truncated);
		frames_where(f, d, flows_truncated);
		if ((rc = finding_reason(f, &s, say_shorter(&s, t), err)) != AUD_OK)
			return rc;
	}
	for (size_t i = 0; i < t->ninputs; i++) {
		const struct aud_capture_info *info = &t->inputs[i].info;

		if (!info->broken && !info->interrupted)
			continue;
		if (!(f = add(d, AUD_KIND_CAPTURE_TRUNCATED, AUD_LOW, d->inputs[i])))
			return aud_nomem(err);
		f->first_ns = info->frames ? info->first_ns : 0;
		f->last_ns = info->frames ? info->last_ns : 0;
		if (info->frames)
			finding_frame(f, last_frame(t, i));
		if ((rc = finding_reason(f, &s, cut_off(&s, say_input(&s, d, i), info), err)) != AUD_OK)
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
	struct aud_say s = {0};
	struct aud_said *list = aud_say_list(&s);
	const struct aud_said *said;

	if (!cov->undecoded || !(f = add(d, AUD_KIND_CAPTURE_UNDECODED, by_share(share(cov->undecoded, cov->frames)), "all"))) {
		aud_say_clear(&s);
		return cov->undecoded ? aud_nomem(err) : AUD_OK;
	}
	said = SAY(&s, "%1$s of %2$s frames (%3$s) could not be decoded and are not part of the audit", aud_say_number(&s, cov->undecoded),
	    aud_say_number(&s, cov->frames), say_percent(&s, cov->undecoded, cov->frames));
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
		aud_say_add(&s, list, SAY(&s, "%1$s %2$s: %3$s", aud_say_number(&s, dec->counts[best].frames),
		    aud_say_diagnosis(&s, dec->counts[best].layer), aud_say_diagnosis(&s, dec->counts[best].reason)));
		finding_frame(f, dec->counts[best].first_frame);
	}
	return finding_reason(f, &s, n ? SAY(&s, "%1$s: %2$s", said, list) : said, err);
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
