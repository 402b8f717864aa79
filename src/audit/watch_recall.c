/*
 * A running audit, going on: what an earlier start has stored of it is taken into memory again, as far as the window reaches back.
 */
#include <stdlib.h>
#include <string.h>

#include "session.h"

struct recall {
	struct aud_watch *w;
	struct aud_stored *stored;
	const struct aud_trial *trial;
	uint64_t since_ns;
	unsigned input[AUD_NO_INPUT];	/* where an input of the stored audit is now */
};

/* An interface that is not captured on any more stays one of the inputs: frames are numbered by them. */
static enum aud_code
inputs(struct recall *r, struct aud_err *err)
{
	struct aud_watch *w = r->w;
	size_t n = w->ninputs;
	struct aud_input *before;

	if (r->trial->ninputs > AUD_NO_INPUT)
		return aud_fail(err, AUD_IO, 0, "%s: too many inputs", w->o.database);
	if (!(before = calloc(n + r->trial->ninputs + 1, sizeof *before)))
		return aud_nomem(err);
	for (size_t i = 0; i < r->trial->ninputs; i++) {
		const struct aud_input *in = &r->trial->inputs[i];
		size_t k = 0;

		while (k < w->ninputs && strcmp(w->o.interfaces[k], in->info.path))
			k++;
		if (k == w->ninputs)
			k = n++;
		before[k] = *in;
		/* Its texts are the stored audit's. */
		before[k].info.format = "interface";
		before[k].info.compression = NULL;
		if (k >= w->ninputs && !(before[k].info.path = strdup(in->info.path))) {
			free(before);
			return aud_nomem(err);
		}
		r->input[i] = (unsigned)k;
	}
	free(w->before);
	free(w->inputs);
	w->before = before;
	w->inputs = calloc(n + 1, sizeof *w->inputs);
	w->ninputs = n;
	return w->inputs ? AUD_OK : aud_nomem(err);
}

static uint64_t
frame(const struct recall *r, uint64_t no)
{
	uint64_t input = no >> 48;

	return no && input < r->trial->ninputs ? (uint64_t)r->input[input] << 48 | AUD_FRAME_NUMBER(no) : 0;
}

static enum aud_code
conversation(void *user, const struct aud_case *c, struct aud_err *err)
{
	struct recall *r = user;
	struct aud_conv v = *c->conv;
	struct shard *s = &r->w->shards[aud_flow_shard_of(&v.client, &v.server, SHARDS)];

	if (v.last_ns < r->since_ns)
		return AUD_OK;
	for (int i = 0; i < AUD_CONV_FRAMES; i++)
		v.frames[i] = frame(r, v.frames[i]);
	v.app_frame = frame(r, v.app_frame);
	v.tunnel = c->ruling->tunnel ? aud_decoder_tunnel_id(r->w->decoder, c->ruling->tunnel) : 0;
	return fold_put(&s->fold, &v, err);
}

/* Spans that go on are joined to what comes (spans.h). */
static enum aud_code
take_spans(struct recall *r, struct aud_err *err)
{
	const struct aud_coverage *c = r->trial->coverage;
	struct spans *s = &r->w->spans;

	if (!c->nspans)
		return AUD_OK;
	if (!(s->v = malloc(c->nspans * sizeof *s->v)))
		return aud_nomem(err);
	memcpy(s->v, c->spans, c->nspans * sizeof *s->v);
	s->n = s->cap = c->nspans;
	s->current = s->n - 1;
	return AUD_OK;
}

static enum aud_code
told(void *user, const char *id, uint64_t first_ns, uint64_t last_ns, struct aud_err *err)
{
	struct recall *r = user;

	for (size_t i = 0; i < r->trial->nfindings; i++)
		if (!strcmp(r->trial->findings[i].id, id))
			return news_recall(&r->w->news, &r->trial->findings[i], first_ns, last_ns, err);
	return AUD_OK;
}

/*
 * Of associations the file has what reports tell, which is less than judges ask. Without them their packets would pass for flows that no
 * document knows, and what they may hide for traffic that was not there.
 */
static bool
has_ipsec(const struct aud_trial *t, uint64_t since_ns)
{
	for (size_t i = 0; t->ipsec && i < t->ipsec->nsas; i++)
		if (t->ipsec->sas[i].last_ns >= since_ns)
			return true;
	for (size_t i = 0; t->ipsec && i < t->ipsec->nikes; i++)
		if (t->ipsec->ikes[i].last_ns >= since_ns)
			return true;
	return false;
}

static enum aud_code
recall(struct recall *r, struct aud_err *err)
{
	struct aud_watch *w = r->w;
	const struct aud_report *report = aud_stored_report(r->stored);
	uint64_t now = watch_now();
	enum aud_code rc;

	r->trial = report->trial;
	r->since_ns = w->o.window_ns && now > w->o.window_ns ? now - w->o.window_ns : 0;
	if (has_ipsec(r->trial, r->since_ns)) {
		w->number = 0;
		w->anew = true;
		return AUD_OK;
	}
	w->before_coverage = *r->trial->coverage;
	w->goes_on = true;
	if ((rc = inputs(r, err)) != AUD_OK || (rc = take_spans(r, err)) != AUD_OK ||
	    (rc = aud_report_cases(report, conversation, r, err)) != AUD_OK ||
	    (rc = watch_go_on(w, r->input, r->trial->ninputs, err)) != AUD_OK)
		return rc;
	return aud_store_told(w->store, w->number, told, r, err);
}

enum aud_code
watch_recall(struct aud_watch *w, struct aud_err *err)
{
	struct recall *r;
	enum aud_code rc;

	if (!w->o.database)
		return AUD_OK;
	if ((rc = aud_store_open_running(&w->store, w->o.database, err)) != AUD_OK ||
	    (rc = aud_store_find_running(w->store, w->measure.matrix, w->measure.site, w->o.filter, &w->number, err)) != AUD_OK || !w->number)
		return rc;
	if (!(r = calloc(1, sizeof *r)))
		return aud_nomem(err);
	r->w = w;
	if ((rc = aud_store_read_audit(w->store, w->number, &r->stored, err)) == AUD_OK)
		rc = recall(r, err);
	aud_stored_free(r->stored);
	free(r);
	return rc;
}
