/*
 * A finding of the old audit that the new one does not have: is it resolved? In steps, the first that holds:
 *
 * 1. it is about the captures themselves, or about a row: the new captures and the new row states tell;
 * 2. the new audit judged no traffic: not seen;
 * 3. its traffic is there still: documented, encrypted, answered now: resolved; else what could not be told of it: not seen;
 * 4. the new captures left out, dropped or lost what might have shown it: not seen;
 * 5. the new captures do not show its hosts, or not the way between them: not seen;
 * 6. it was rarer than the new captures are long: not seen;
 * 7. resolved.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diff_impl.h"

/* Parts per hundred of what was sent: from here on a loss may hide whole conversations. */
enum { LOSS_MOST = 5 };
/* How often it should have been seen for its absence to mean something: by chance in less than one of twenty (e to the -3). */
enum { EXPECTED_LEAST = 3 };
/* Below a tenth of the time that was captured, what was seen counts as one episode. */
enum { EPISODE = 10 };

enum aud_code
give_reason(struct aud_diff_finding *d, struct aud_say *s, const struct aud_said *said, struct aud_err *err)
{
	return aud_say_end(s, said, &d->reason, &d->said, err);
}

bool
gone_traffic(enum aud_kind kind)
{
	switch (kind) {
	case AUD_KIND_MISSING_FLOW:
	case AUD_KIND_CAPTURE_LOSS:
	case AUD_KIND_CAPTURE_ONE_WAY:
	case AUD_KIND_CAPTURE_TRUNCATED:
	case AUD_KIND_CAPTURE_UNDECODED:
	case AUD_KIND_CAPTURE_EMPTY:
	case AUD_KIND_COUNT: return false;
	case AUD_KIND_UNDOCUMENTED_FLOW:
	case AUD_KIND_UNKNOWN_HOST:
	case AUD_KIND_WRONG_PROTOCOL:
	case AUD_KIND_CLEARTEXT:
	case AUD_KIND_NO_CLIENT_CERTIFICATE:
	case AUD_KIND_OBSOLETE_TLS:
	case AUD_KIND_WRONG_DIRECTION:
	case AUD_KIND_BLOCKED_FLOW:
	case AUD_KIND_OBSOLETE_ROW:
	case AUD_KIND_SCAN:
	case AUD_KIND_IPSEC_MEDIA:
	case AUD_KIND_IPSEC_ROLE:
	case AUD_KIND_IPSEC_NEGOTIATION:
	case AUD_KIND_IPSEC_TUNNEL: break;
	}
	return true;
}

static const struct aud_said *
span(struct aud_say *s, uint64_t ns)
{
	double sec = (double)ns / 1e9;

	if (sec >= 86400)
		return SAY(s, "%1$s days", aud_say_decimal(s, "%.1f", sec / 86400));
	if (sec >= 3600)
		return SAY(s, "%1$s hours", aud_say_decimal(s, "%.1f", sec / 3600));
	if (sec >= 60)
		return SAY(s, "%1$s minutes", aud_say_decimal(s, "%.1f", sec / 60));
	return SAY_N(s, "%1$s seconds", "%1$s seconds", ns == 1000000000 ? 1 : 2, aud_say_decimal(s, "%.1f", sec));
}

/* The same printed row in another matrix; NULL: it is not there, or has no state. */
static const struct aud_row_state *
state_of(const struct aud_trial *t, const char *citation)
{
	for (size_t i = 0; t->matrix && i < t->nstates; i++)
		if (!strcmp(aud_citation(t->matrix, t->states[i].row).s, citation))
			return &t->states[i];
	return NULL;
}

/* The row that tells most: observed before all others. */
static enum aud_code
judge_row(struct aud_diff_finding *d, const struct aud_diff *diff, struct aud_err *err)
{
	const struct aud_trial *old = diff->before->trial, *new = diff->after->trial;
	const struct aud_row_state *best = NULL;
	struct aud_say s = {0};
	char cited[64] = "";

	for (size_t i = 0; i < d->before->ncitations && old->matrix; i++) {
		struct aud_citation_text c = aud_citation(old->matrix, d->before->citations[i]);
		const struct aud_row_state *row = state_of(new, c.s);

		if (row && (!best || (row->state == AUD_STATE_OBSERVED && best->state != AUD_STATE_OBSERVED))) {
			best = row;
			snprintf(cited, sizeof cited, "%s", c.s);
		}
	}
	if (!best)
		return give_reason(d, &s, SAY(&s, "The documents of the new audit do not have its row, so it was not judged."), err);
	if (best->state == AUD_STATE_OBSERVED) {
		d->change = AUD_CHANGE_RESOLVED;
		return give_reason(d, &s, SAY_N(&s, "%1$s is observed now, in %2$s flow.", "%1$s is observed now, in %2$s flows.", best->flows,
		    aud_say_word(&s, cited), aud_say_number(&s, best->flows)), err);
	}
	if (best->state == AUD_STATE_NOT_APPLICABLE)
		d->change = AUD_CHANGE_RESOLVED;
	return give_reason(d, &s, SAY(&s, "%1$s is %2$s now: %3$s", aud_say_word(&s, cited), aud_say_message(&s, aud_state_name(best->state)),
	    best->reason ? aud_say_kept(&s, best->said, best->reason) : SAY(&s, "no reason is told.")), err);
}

/* TLS was recognised, and nothing readable beside it. */
static bool
encrypted(uint32_t facts)
{
	return facts & (AUD_FACT_TLS_HELLO | AUD_FACT_TLS_SERVER | AUD_FACT_TLS_RECORD) &&
	       !(facts & (AUD_FACT_SIP_CLEAR | AUD_FACT_HTTP_CLEAR | AUD_FACT_NOT_TLS));
}

/* What the traffic, which goes on, shows now instead of the finding, to be translated; NULL: not what the finding was about. */
static const char *
mended(const struct aud_finding *f, const struct sight *s)
{
	enum { TLS_1_2 = 0x33 };

	switch (f->kind) {
	case AUD_KIND_CLEARTEXT: return encrypted(s->facts) ? N_("is encrypted now (TLS)") : NULL;
	case AUD_KIND_NO_CLIENT_CERTIFICATE:
		return s->facts & AUD_FACT_CLIENT_CERT && !(s->facts & AUD_FACT_CLIENT_NOCERT) ? N_("shows client certificates now") : NULL;
	case AUD_KIND_OBSOLETE_TLS: return s->tls_min >= TLS_1_2 ? N_("negotiates TLS 1.2 or later now") : NULL;
	case AUD_KIND_BLOCKED_FLOW: return s->answered ? N_("is answered now") : NULL;
	case AUD_KIND_WRONG_PROTOCOL: return s->recognised && !s->undocumented ? N_("is what the documents list now") : NULL;
	case AUD_KIND_UNDOCUMENTED_FLOW:
	case AUD_KIND_UNKNOWN_HOST:
	case AUD_KIND_WRONG_DIRECTION:
	case AUD_KIND_OBSOLETE_ROW: return s->rule && !s->undocumented ? N_("is documented now") : NULL;
	case AUD_KIND_SCAN:
	case AUD_KIND_IPSEC_MEDIA:
	case AUD_KIND_IPSEC_ROLE:
	case AUD_KIND_IPSEC_NEGOTIATION:
	case AUD_KIND_IPSEC_TUNNEL:
	case AUD_KIND_MISSING_FLOW:
	case AUD_KIND_CAPTURE_LOSS:
	case AUD_KIND_CAPTURE_ONE_WAY:
	case AUD_KIND_CAPTURE_TRUNCATED:
	case AUD_KIND_CAPTURE_UNDECODED:
	case AUD_KIND_CAPTURE_EMPTY:
	case AUD_KIND_COUNT: break;
	}
	return NULL;
}

static enum aud_code
judge_going_on(struct aud_diff_finding *d, const struct sight *s, struct aud_err *err)
{
	const char *now = mended(d->before, s);
	struct aud_say say = {0};
	const struct aud_said *flows = SAY_N(&say, "%1$s flow", "%1$s flows", s->flows, aud_say_number(&say, s->flows));

	if (!now)
		return give_reason(d, &say, SAY(&say, "The traffic goes on (%1$s), but the new captures do not show of it what the finding was about.",
		    flows), err);
	d->change = AUD_CHANGE_RESOLVED;
	if (s->rule)
		return give_reason(d, &say, SAY(&say, "The traffic goes on (%1$s) and %2$s, by rule %3$s.", flows, aud_say_message(&say, now),
		    aud_say_word(&say, s->rule)), err);
	return give_reason(d, &say, SAY(&say, "The traffic goes on (%1$s) and %2$s.", flows, aud_say_message(&say, now)), err);
}

/* Of what was sent the new captures lack more than a few parts per hundred: why, to be translated; else NULL. */
static const char *
lossy(const struct aud_coverage *c)
{
	if (c->dropped_flows)
		return N_("the new audit had no memory left for all conversations (--memory)");
	if (c->acked_unseen * 100 > LOSS_MOST * (c->tcp_data + c->acked_unseen))
		return N_("the new captures lack too many packets (see their capture-loss finding)");
	if (c->kernel_drops != UINT64_MAX && c->kernel_drops * 100 > LOSS_MOST * (c->frames + c->kernel_drops))
		return N_("too many packets were dropped while capturing");
	if (c->one_way > c->two_way)
		return N_("the new captures show one direction only of most flows");
	return NULL;
}

static bool
same_text(const char *a, const char *b)
{
	return !strcmp(a ? a : "", b ? b : "");
}

/* The host of the finding that the new captures do not show; NULL: both are there, as far as they have to be. */
static const struct aud_addr *
silent(const struct aud_finding *f, const struct sight *s)
{
	/* Who was probed or did not answer need not have sent anything then. */
	bool server = f->server.family && f->kind != AUD_KIND_SCAN && f->kind != AUD_KIND_BLOCKED_FLOW;

	if (f->client.family && !s->client_sent)
		return &f->client;
	return server && !s->server_sent ? &f->server : NULL;
}

/* How many episodes of it should have been in the new captures, by how often it came in the old ones. */
static double
expected(const struct aud_finding *f, uint64_t then, uint64_t now)
{
	uint64_t lasted = f->last_ns - f->first_ns;
	double times = then && lasted >= then / EPISODE ? (double)f->flows : f->flows > 0;

	/* It was there most of the time, be it as one long flow. */
	if (lasted >= then / 2 && times < EXPECTED_LEAST)
		times = EXPECTED_LEAST;
	return then ? times * (double)now / (double)then : 0;
}

static enum aud_code
judge_absent(struct aud_diff_finding *d, const struct aud_diff *diff, const struct sight *s, struct aud_err *err)
{
	const struct aud_finding *f = d->before;
	const struct aud_trial *old = diff->before->trial, *new = diff->after->trial;
	uint64_t then = aud_watched_ns(old), now = aud_watched_ns(new);
	const struct aud_addr *host = silent(f, s);
	const char *loss = lossy(new->coverage);
	struct aud_say say = {0};

	if (new->filter && !same_text(new->filter, old->filter))
		return give_reason(d, &say, SAY(&say, "A filter left packets out of the new audit (%1$s).", aud_say_word(&say, new->filter)), err);
	if (loss)
		return give_reason(d, &say, SAY(&say, "It is not in the new captures, but %1$s.", aud_say_message(&say, loss)), err);
	if (host)
		return give_reason(d, &say, SAY(&say, "Its host %1$s sent nothing in the new captures: either it was silent, or they were taken where it "
		    "cannot be seen.", aud_say_word(&say, aud_addr_str(host).s)), err);
	if (f->client.family && f->server.family && !s->pair && !s->near)
		return give_reason(d, &say, SAY(&say, "The new captures show nothing between its two hosts, and nothing between others like them, so "
		    "they may have been taken elsewhere."), err);
	if (expected(f, then, now) < EXPECTED_LEAST)
		return give_reason(d, &say, SAY_N(&say, "It was seen in %1$s flow in %2$s; the new captures, of %3$s, are too short to tell that it is gone.",
		    "It was seen in %1$s flows in %2$s; the new captures, of %3$s, are too short to tell that it is gone.", f->flows,
		    aud_say_number(&say, f->flows), span(&say, then), span(&say, now)), err);
	d->change = AUD_CHANGE_RESOLVED;
	if (f->client.family && f->server.family)
		return give_reason(d, &say, SAY(&say, "There is no such traffic in %1$s of the new captures, which show its hosts and the way between them.",
		    span(&say, now)), err);
	return give_reason(d, &say, SAY(&say, "There is no such traffic in %1$s of the new captures, which show its host.", span(&say, now)), err);
}

enum aud_code
gone_judge(struct aud_diff_finding *d, const struct aud_diff *diff, const struct sight *s, struct aud_err *err)
{
	const struct aud_trial *old = diff->before->trial, *new = diff->after->trial;
	struct aud_say say = {0};

	d->change = AUD_CHANGE_NOT_SEEN;
	if (!gone_traffic(d->before->kind) && d->before->kind != AUD_KIND_MISSING_FLOW) {
		d->change = AUD_CHANGE_RESOLVED;
		return give_reason(d, &say, SAY(&say, "It was about the captures of then; it is not true of the new ones."), err);
	}
	if (old->site && !new->site)
		return give_reason(d, &say, SAY(&say, "The new audit had no site file, so it judged no traffic."), err);
	if (!new->matrix)
		return give_reason(d, &say, SAY(&say, "The new audit had no rules, so it judged no traffic."), err);
	if (d->before->kind == AUD_KIND_MISSING_FLOW)
		return judge_row(d, diff, err);
	return s->flows ? judge_going_on(d, s, err) : judge_absent(d, diff, s, err);
}
