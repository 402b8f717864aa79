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
	struct aud_decoder *decoder;	/* of packets that waited: these are no frames of now */
	size_t nipsec;		/* associations and negotiations that the file has for this start */
	const struct aud_finding **findings;	/* of the stored audit, by id */
	unsigned input[AUD_NO_INPUT];	/* where an input of the stored audit is now */
};

/* An interface that is not captured on any more stays one of the inputs: frames are numbered by them. How many there are then. */
static size_t
number_inputs(struct recall *r)
{
	struct aud_watch *w = r->w;
	size_t n = w->ninputs;

	for (size_t i = 0; i < r->trial->ninputs; i++) {
		size_t k = 0;

		while (k < w->ninputs && strcmp(w->o.interfaces[k], r->trial->inputs[i].info.path))
			k++;
		r->input[i] = (unsigned)(k < w->ninputs ? k : n++);
	}
	return n;
}

static enum aud_code
inputs(struct recall *r, struct aud_err *err)
{
	struct aud_watch *w = r->w;
	size_t n = number_inputs(r);
	struct aud_input *before = calloc(n + 1, sizeof *before);

	if (!before)
		return aud_nomem(err);
	for (size_t i = 0; i < r->trial->ninputs; i++) {
		const struct aud_input *in = &r->trial->inputs[i];
		size_t k = r->input[i];

		before[k] = *in;
		/* Its texts are the stored audit's. */
		before[k].info.format = "interface";
		before[k].info.compression = NULL;
		if (k >= w->ninputs && !(before[k].info.path = strdup(in->info.path))) {
			free(before);
			return aud_nomem(err);
		}
	}
	free(w->before);
	free(w->inputs);
	w->before = before;
	w->inputs = calloc(n + 1, sizeof *w->inputs);
	w->ninputs = n;
	return w->inputs ? AUD_OK : aud_nomem(err);
}

uint64_t
watch_frame(const unsigned *input, size_t n, uint64_t no)
{
	uint64_t in = no >> 48;

	return no && in < n ? (uint64_t)input[in] << 48 | AUD_FRAME_NUMBER(no) : 0;
}

static uint64_t
frame(const void *user, uint64_t no)
{
	const struct recall *r = user;

	return watch_frame(r->input, r->trial->ninputs, no);
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
	/* Up to its last flush it was there, packets or not. */
	if (c->window_end_ns > s->v[s->n - 1].last_ns && c->window_end_ns - s->v[s->n - 1].last_ns <= SPAN_GAP_NS)
		s->v[s->n - 1].last_ns = c->window_end_ns;
	spans_close(s);
	return AUD_OK;
}

static int
by_id(const void *a, const void *b)
{
	return strcmp((*(const struct aud_finding *const *)a)->id, (*(const struct aud_finding *const *)b)->id);
}

static int
names(const void *id, const void *f)
{
	return strcmp(id, (*(const struct aud_finding *const *)f)->id);
}

static enum aud_code
told(void *user, const char *id, uint64_t first_ns, uint64_t last_ns, struct aud_err *err)
{
	struct recall *r = user;
	size_t n = r->trial->nfindings;
	const struct aud_finding *const *f = n ? bsearch(id, r->findings, n, sizeof *r->findings, names) : NULL;

	return f ? news_recall(&r->w->news, *f, first_ns, last_ns, err) : AUD_OK;
}

static enum aud_code
take_told(struct recall *r, struct aud_err *err)
{
	size_t n = r->trial->nfindings;

	if (!(r->findings = malloc((n + 1) * sizeof *r->findings)))
		return aud_nomem(err);
	for (size_t i = 0; i < n; i++)
		r->findings[i] = &r->trial->findings[i];
	qsort(r->findings, n, sizeof *r->findings, by_id);
	return aud_store_told(r->w->store, r->w->number, told, r, err);
}

/* Records within the window that reports tell of. */
static size_t
told_of(const struct aud_trial *t, uint64_t since_ns)
{
	size_t n = 0;

	for (size_t i = 0; t->ipsec && i < t->ipsec->nsas; i++)
		n += t->ipsec->sas[i].last_ns >= since_ns;
	for (size_t i = 0; t->ipsec && i < t->ipsec->nikes; i++)
		n += t->ipsec->ikes[i].last_ns >= since_ns;
	return n;
}

static unsigned
decode(const void *user, const struct aud_frame *f, struct aud_packet out[2])
{
	const struct recall *r = user;

	return aud_decode(r->decoder, f, out);
}

static enum aud_code
restore(void *user, const struct aud_ipsec_saved *saved, struct aud_err *err)
{
	struct recall *r = user;
	struct aud_ipsec_saved s = *saved;

	s.tunnel = s.tunnel_text ? aud_decoder_tunnel_id(r->w->decoder, s.tunnel_text) : 0;
	r->nipsec += s.part != AUD_PART_REST;
	return aud_ipsec_restore(r->w->ipsec, &s, &(struct aud_ipsec_again){frame, decode, r}, err);
}

/*
 * Without the working state of its associations an audit cannot go on: their packets would pass for flows that no document knows, and what
 * they may hide for traffic that was not there. So *all false, and nothing is changed then, where it is not there, damaged or of another version.
 */
static enum aud_code
ipsec(struct recall *r, bool *all, struct aud_err *err)
{
	struct aud_watch *w = r->w;
	enum aud_code rc = aud_decoder_new(&r->decoder, err);

	if (rc != AUD_OK)
		return rc;
	rc = aud_store_ipsec(w->store, w->number, r->since_ns, restore, r, err);
	aud_decoder_free(r->decoder);
	*all = rc == AUD_OK && r->nipsec >= told_of(r->trial, r->since_ns);
	if (*all || (rc != AUD_OK && rc != AUD_FORMAT))
		return rc;
	aud_ipsec_free(w->ipsec);
	w->ipsec = NULL;
	return watch_open_ipsec(w, err);
}

static enum aud_code
recall(struct recall *r, struct aud_err *err)
{
	struct aud_watch *w = r->w;
	const struct aud_report *report = aud_stored_report(r->stored);
	enum aud_code rc;
	bool all;

	r->trial = report->trial;
	r->since_ns = watch_since(w, watch_now());
	if (r->trial->ninputs > AUD_NO_INPUT)
		return aud_fail(err, AUD_IO, 0, "%s: too many inputs", w->o.database);
	number_inputs(r);
	if ((rc = ipsec(r, &all, err)) != AUD_OK)
		return rc;
	if (!all) {
		w->number = 0;
		w->anew = true;
		return AUD_OK;
	}
	w->before_coverage = *r->trial->coverage;
	w->goes_on = true;
	if ((rc = inputs(r, err)) != AUD_OK || (rc = take_spans(r, err)) != AUD_OK ||
	    (rc = before_take(&w->before_books, r->trial->decode, frame, r, err)) != AUD_OK ||
	    (rc = aud_report_cases(report, conversation, r, err)) != AUD_OK ||
	    (rc = watch_go_on(w, r->input, r->trial->ninputs, err)) != AUD_OK)
		return rc;
	return take_told(r, err);
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
	free(r->findings);
	free(r);
	return rc;
}
