#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <aud/classify.h>
#include <aud/said.h>
#include <aud/store.h>

#include "coverage.h"
#include "sitting.h"

static void
add_counts(struct aud_coverage *c, const struct aud_coverage *b)
{
	if (!b)
		return;
	c->packets += b->packets;
	c->undecoded += b->undecoded;
	c->non_ip += b->non_ip;
	c->tunneled += b->tunneled;
	c->duplicates += b->duplicates;
	c->acked_unseen += b->acked_unseen;
	c->tcp_data += b->tcp_data;
	c->one_way += b->one_way;
	c->two_way += b->two_way;
	c->flows += b->flows;
	c->evicted_flows += b->evicted_flows;
	c->dropped_flows += b->dropped_flows;
	c->orphan_fragments += b->orphan_fragments;
	c->fragments += b->fragments;
	c->out_of_scope.flows += b->out_of_scope.flows;
	c->out_of_scope.packets += b->out_of_scope.packets;
	c->out_of_scope.bytes += b->out_of_scope.bytes;
	c->out_of_scope.tcp_one_way += b->out_of_scope.tcp_one_way;
	c->out_of_scope.tcp_answered += b->out_of_scope.tcp_answered;
}

static void
set_today(struct sitting *s, uint64_t now_ns)
{
	time_t t = (time_t)((s->coverage.last_ns ? s->coverage.last_ns : now_ns) / 1000000000);
	struct tm tm;

	if (gmtime_r(&t, &tm))
		strftime(s->today, sizeof s->today, "%Y-%m-%d", &tm);
}

enum aud_code
sitting_hold(struct sitting *s, const struct sitting_of *of, struct aud_err *err)
{
	enum aud_code rc = cases_build(&s->cases, &s->ncases, &s->rulings, of->shards, of->attrib, of->matcher, of->names, of->decoder,
	    of->tunnels, err);

	if (rc == AUD_OK)
		rc = coverage_fill(&s->coverage, of->inputs, of->ninputs, of->decode, of->shards, of->site, s->cases, s->ncases, err);
	if (rc != AUD_OK)
		return rc;
	add_counts(&s->coverage, of->before);
	s->coverage.evicted_past = of->evicted_past;
	s->coverage.dropped_past = of->dropped_past;
	s->coverage.spans = of->spans->v;
	s->coverage.nspans = of->spans->n;
	s->coverage.covered_ns = spans_covered(of->spans);
	s->coverage.window_ns = of->window_ns;
	s->coverage.window_end_ns = of->window_ns ? of->now_ns : 0;
	set_today(s, of->now_ns);
	s->trial = (struct aud_trial){
	    .site = of->site, .matrix = of->matrix, .matcher = of->matcher, .attrib = of->attrib, .cases = s->cases, .ncases = s->ncases,
	    .coverage = &s->coverage, .inputs = of->inputs, .ninputs = of->ninputs, .decode = of->decode, .ipsec = of->ipsec,
	    .filter = of->filter, .today = s->today, .tunnels = of->ipsec_tunnels, .ntunnels = of->nipsec_tunnels,
	};
	s->report = (struct aud_report){
	    .version = AUD_VERSION, .ndpi_version = aud_ndpi_version(), .pcap_version = aud_pcap_version(),
	    .sqlite_version = aud_sqlite_version(), .command = of->command, .trial = &s->trial, .decode = of->decode,
	};
	if ((rc = aud_judge(&s->trial, err)) == AUD_OK)
		aud_report_totals(&s->report);
	return rc;
}

void
sitting_clear(struct sitting *s)
{
	aud_trial_clear(&s->trial);
	coverage_clear(&s->coverage);
	free(s->cases);
	rulings_clear(&s->rulings);
	memset(s, 0, sizeof *s);
}

void
sitting_withhold(struct sitting *s, struct aud_finding *f)
{
	if (f->waiver >= 0 && !f->waiver_expired)
		s->report.totals.waived--;
	else
		s->report.totals.by_severity[f->severity]--;
	free(f->reason);
	free(f->said);
	free(f->citations);
}

enum aud_code
sitting_not_missing(struct sitting *s, uint64_t watched_ns, uint64_t window_ns, struct aud_err *err)
{
	struct aud_finding *v = s->trial.findings;
	size_t kept = 0;

	for (size_t i = 0; i < s->trial.nfindings; i++)
		if (v[i].kind == AUD_KIND_MISSING_FLOW)
			sitting_withhold(s, &v[i]);
		else
			v[kept++] = v[i];
	s->trial.nfindings = kept;
	for (size_t i = 0; i < s->trial.nstates; i++) {
		struct aud_row_state *state = &s->trial.states[i];
		struct aud_say say = {0};
		char *reason, *said;
		enum aud_code rc;

		if (state->state != AUD_STATE_MISSING)
			continue;
		rc = aud_say_end(&say, SAY(&say, "Not seen so far: the watch has lasted %1$s of the %2$s hours over which absence is judged.",
		    aud_say_decimal(&say, "%.1f", (double)watched_ns / 3.6e12), aud_say_decimal(&say, "%.1f", (double)window_ns / 3.6e12)),
		    &reason, &said, err);
		if (rc != AUD_OK)
			return rc;
		free(state->reason);
		free(state->said);
		state->reason = reason;
		state->said = said;
		state->state = AUD_STATE_INCONCLUSIVE;
		s->report.totals.by_state[AUD_STATE_MISSING]--;
		s->report.totals.by_state[AUD_STATE_INCONCLUSIVE]++;
	}
	return AUD_OK;
}
