/*
 * A running audit, judging: a picture is taken while nothing is under way; judging, telling and storing go on beside the packets.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "path.h"
#include "session.h"

uint64_t
watch_since(const struct aud_watch *w, uint64_t now_ns)
{
	uint64_t back = w->o.window_ns + w->wall.ahead_ns;

	return w->o.window_ns && now_ns > back ? now_ns - back : 0;
}

static uint64_t
earlier(uint64_t a, uint64_t b)
{
	return !a || (b && b < a) ? b : a;
}

/* What an earlier start counted, and this one. */
static void
fill_inputs(struct aud_watch *w)
{
	for (size_t i = 0; i < w->ninputs; i++) {
		const struct aud_capture_info *b = &w->before[i].info;
		struct aud_capture_info *in = &w->inputs[i].info;

		if (i < w->o.ninterfaces) {
			*in = *aud_device_info(w->capture, i);
			in->path = w->o.interfaces[i];
		} else
			*in = (struct aud_capture_info){.path = b->path, .format = b->format, .snaplen = b->snaplen};
		in->frames += b->frames;
		in->bytes += b->bytes;
		in->truncated += b->truncated;
		in->backward += b->backward;
		in->kernel_drops += b->kernel_drops;
		in->interface_drops += b->interface_drops;
		in->first_ns = earlier(in->first_ns, b->first_ns);
		in->last_ns = in->last_ns > b->last_ns ? in->last_ns : b->last_ns;
	}
}

static bool
same_hosts(const struct aud_site *a, const struct aud_site *b)
{
	if (!a || !b || a->nhosts != b->nhosts)
		return a == b;
	for (size_t i = 0; i < a->nhosts; i++)
		if (aud_addr_cmp(&a->hosts[i].lo, &b->hosts[i].lo) || aud_addr_cmp(&a->hosts[i].hi, &b->hosts[i].hi))
			return false;
	return true;
}

/*
 * The tables go on under other rules. What hosts did that the site did not name is not in them: of those that it names now absence
 * may be claimed from here on only.
 */
static void
swap_measure(struct aud_watch *w)
{
	struct measure old = w->measure;

	if (old.site && !same_hosts(old.site, w->next.site))
		w->spans.n = w->spans.current = w->spans.closed = 0;

	w->measure = w->next;
	w->next = old;	/* freed by who asked for it, when nothing speaks of it any more */
	for (int i = 0; i < SHARDS; i++) {
		w->shards[i].fold.attrib = w->measure.attrib;
		w->shards[i].fold.matcher = w->measure.matcher;
	}
	w->audit.site = w->measure.site;
	w->audit.matrix = w->measure.matrix;
}

static struct snapshot_of
snapshot_of(struct aud_watch *w, uint64_t now_ns)
{
	return (struct snapshot_of){.shards = w->shards, .decoder = w->decoder, .ipsec = w->ipsec, .spans = &w->spans, .names = &w->names,
	    .now_ns = now_ns, .since_ns = watch_since(w, now_ns), .before = &w->before_books,
	    .save = w->store != NULL, .saved_round = w->saved_round};
}

/* No interface captures. */
static bool
blind(const struct aud_watch *w)
{
	struct aud_device_status d[AUD_DEVICES_MAX];
	size_t n = aud_device_status(w->capture, d, AUD_DEVICES_MAX);

	for (size_t i = 0; i < n; i++)
		if (d[i].up)
			return false;
	return true;
}

void
watch_paused(void *watch)
{
	struct aud_watch *w = watch;
	uint64_t now = watch_now();
	enum aud_code rc = AUD_OK;
	struct snapshot_of of;

	watch_look_at_clock(w);
	of = snapshot_of(w, now);
	w->mirror = w->mirror_next;
	w->pipeline.mirror = w->mirror.n ? &w->mirror : NULL;
	if (w->reload)
		swap_measure(w);
	for (int i = 0; i < SHARDS && rc == AUD_OK; i++)
		rc = shard_idle(&w->shards[i], now, watch_since(w, now));
	spans_forget(&w->spans, watch_since(w, now));
	if (blind(w))
		spans_close(&w->spans);
	aud_decoder_tidy(w->decoder);
	aud_ipsec_tidy(w->ipsec);
	fill_inputs(w);
	of.inputs = w->inputs;
	of.ninputs = w->ninputs;
	if (rc == AUD_OK)
		rc = snapshot_take(&w->picture, &of, &w->picture_err);
	w->picture.unkept = w->picture.flows.lost;
	for (int i = 0; i < SHARDS; i++)
		w->picture.unkept += w->kept[i].lost;
	pthread_mutex_lock(&w->lock);
	w->picture_rc = rc;
	w->pictured = true;
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
}

/* AUD_END: the pipeline ended instead. */
static enum aud_code
take_picture(struct aud_watch *w, struct aud_err *err)
{
	enum aud_code rc;

	w->pictured = false;
	atomic_store(&w->pause, true);
	pthread_mutex_lock(&w->lock);
	while (!w->pictured && !w->ended)
		pthread_cond_wait(&w->changed, &w->lock);
	rc = w->pictured ? w->picture_rc : AUD_END;
	pthread_mutex_unlock(&w->lock);
	if (rc != AUD_OK && rc != AUD_END)
		return aud_fail(err, rc, 0, "%s", w->picture_err.msg[0] ? w->picture_err.msg : "out of memory");
	return rc;
}

static char *
command(const struct aud_watch *w)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	if (!f)
		return NULL;
	fputs("spanaudit watch", f);
	for (size_t i = 0; i < w->o.ninterfaces; i++)
		fprintf(f, " -i %s", w->o.interfaces[i]);
	if (w->measure.site)
		fprintf(f, " -s %s", aud_base_name(w->measure.site->path));
	if (w->o.rules)
		fprintf(f, " --rules %s", aud_base_name(w->o.rules));
	if (w->o.filter)
		fprintf(f, " --filter '%s'", w->o.filter);
	if (w->o.no_dedup)
		fputs(" --no-dedup", f);
	if (w->o.memory)
		fprintf(f, " --memory %zu", w->o.memory);
	if (fclose(f)) {
		free(text);
		return NULL;
	}
	return text;
}

static struct sitting_of
sitting_of(struct aud_watch *w, uint64_t now_ns)
{
	bool past = w->went.ns < watch_since(w, now_ns);

	return (struct sitting_of){.names = &w->names, .before = w->goes_on ? &w->before_coverage : NULL, .site = w->measure.site,
	    .matrix = w->measure.matrix, .attrib = w->measure.attrib, .matcher = w->measure.matcher, .filter = w->o.filter,
	    .command = w->command, .window_ns = w->o.window_ns, .now_ns = now_ns,
	    .evicted_past = past ? w->went.evicted : 0, .dropped_past = past ? w->went.dropped : 0};
}

static enum aud_code
new_command(struct aud_watch *w, struct aud_err *err)
{
	free(w->command);
	w->command = command(w);
	return w->command ? AUD_OK : aud_nomem(err);
}

static struct aud_flush_told *
told_list(const struct news *n, size_t *count)
{
	struct aud_flush_told *v = malloc((n->n + 1) * sizeof *v);

	*count = 0;
	for (size_t i = 0; v && i < n->n; i++)
		if (n->v[i].fresh)
			v[(*count)++] = (struct aud_flush_told){n->v[i].finding.id, n->v[i].first_ns, n->v[i].last_ns, n->v[i].ended_ns};
	return v;
}

static void
stored(struct aud_watch *w)
{
	for (size_t i = 0; i < w->nalerts; i++)
		free(w->alerts[i].text);
	w->nalerts = w->nfiles = 0;
	news_settle(&w->news);
}

static void
add_parts(struct aud_flush *f, struct aud_flush_part *to, const struct living_parts *from)
{
	for (size_t i = 0; i < from->n; i++)
		to[f->nparts++] = (struct aud_flush_part){from->v[i].p, from->v[i].n};
}

/* A failure of the database is told, and no reason to end: what is not written now is written later. */
static enum aud_code
flush(struct aud_watch *w, uint64_t now_ns, bool over)
{
	struct aud_flush_point points[AUD_DEVICES_MAX];
	struct aud_flush_part parts[(SHARDS + 1) * LIVING_PARTS];
	struct aud_flush f = {.report = &w->sitting.report, .now_ns = now_ns, .started_ns = w->status.started_ns, .window_ns = w->o.window_ns,
	    .ahead_ns = w->wall.ahead_ns, .keep_ns = w->o.keep_ns, .over = over, .alerts = w->alerts, .nalerts = w->nalerts, .evidence = w->files,
	    .nevidence = w->nfiles, .points = points, .npoints = w->status.ninterfaces, .ipsec = &w->picture.saves};
	struct aud_err err = {0};
	uint64_t began = watch_mono();
	struct aud_flush_told *told;
	enum aud_code rc;

	if (!w->store) {
		stored(w);
		return AUD_OK;
	}
	add_parts(&f, parts, &w->picture.flows);
	for (int i = 0; i < SHARDS; i++)
		add_parts(&f, parts, &w->left[i]);
	f.parts = parts;
	if (!(told = told_list(&w->news, &f.ntold)))
		return AUD_NOMEM;
	f.told = told;
	for (size_t i = 0; i < w->status.ninterfaces; i++) {
		const struct aud_live_interface *x = &w->interfaces[i];

		points[i] = (struct aud_flush_point){.name = x->name, .up = x->up, .received = x->received, .kernel_drops = x->kernel_drops,
		    .interface_drops = x->interface_drops, .frames = w->inputs[i].info.frames};
	}
	rc = aud_store_flush(w->store, &w->number, &f, &err);
	free(told);
	w->status.flush_took_ns = watch_mono() - began;
	if (rc != AUD_OK) {
		w->status.flush_failures++;
		if (!w->store_failed)
			aud_watch_alert(w, AUD_ALERT_DATABASE_FAILED, "The database cannot be written, the audit goes on in memory: %s", err.msg);
		w->store_failed = true;
		return rc;
	}
	w->saved_round = w->picture.saves.round;
	w->status.flushes++;
	w->status.last_flush_ns = now_ns;
	stored(w);
	if (w->store_failed)
		aud_watch_alert(w, AUD_ALERT_DATABASE_AGAIN, "The database can be written again, and has all that it lacked.");
	w->store_failed = false;
	return AUD_OK;
}

static void
count_findings(struct aud_watch *w)
{
	memcpy(w->status.findings, w->sitting.report.totals.by_severity, sizeof w->status.findings);
	w->status.waived = w->sitting.report.totals.waived;
	w->status.conversations = w->sitting.ncases;
	/* The audit counts what earlier starts saw too, the sensor does not. */
	w->status.packets = w->sitting.coverage.packets - w->before_coverage.packets;
	w->status.flows = w->sitting.coverage.flows - w->before_coverage.flows;
	w->status.evicted_flows = w->sitting.coverage.evicted_flows - w->before_coverage.evicted_flows;
	/* Flows that a picture left out may be in the next one, and were left out all the same. */
	if (w->sitting.coverage.dropped_flows - w->before_coverage.dropped_flows > w->status.dropped_flows)
		w->status.dropped_flows = w->sitting.coverage.dropped_flows - w->before_coverage.dropped_flows;
}

/*
 * Since the packet from which on it has gone on, as far as the window reaches back: the last packet came a moment ago, or a night. By how much
 * the clock was set ahead since is no time that passed.
 */
static uint64_t
lasted(const struct aud_watch *w, const struct snapshot *s)
{
	uint64_t before = s->spans.n ? s->spans.v[0].first_ns + w->wall.ahead_ns : UINT64_MAX;

	return s->now_ns > before ? s->now_ns - before : 0;
}

static enum aud_code
judge(struct aud_watch *w, struct aud_err *err)
{
	struct sitting_of of = sitting_of(w, w->picture.now_ns);
	enum aud_code rc = AUD_OK;

	of.shards = w->picture.shards;
	of.tunnels = of.ipsec_tunnels = w->picture.tunnels;
	of.nipsec_tunnels = SNAPSHOT_TUNNELS;
	of.inputs = w->picture.inputs;
	of.ninputs = w->picture.ninputs;
	of.decode = &w->picture.decode;
	of.ipsec = &w->picture.ipsec;
	of.spans = &w->picture.spans;
	for (int i = 0; i < SHARDS && rc == AUD_OK; i++)
		rc = fold_sort(&w->picture.shards[i].fold, err);
	if (rc == AUD_OK)
		rc = sitting_hold(&w->sitting, &of, err);
	/* Absence is not claimed where flows had to go, but of the window: what went before it began is none of it. */
	if (rc == AUD_OK)
		pace_shortage(&w->went, w->sitting.coverage.evicted_flows, w->sitting.coverage.dropped_flows, w->picture.lacking, w->picture.now_ns);
	if (rc == AUD_OK && lasted(w, &w->picture) < w->o.window_ns)
		rc = sitting_not_missing(&w->sitting, lasted(w, &w->picture), w->o.window_ns, err);
	return rc;
}

enum aud_code
watch_judge(struct aud_watch *w, struct aud_err *err)
{
	bool reload = w->reload;
	uint64_t began = watch_mono(), judged;
	enum aud_code rc;

	/* It speaks of the picture before. */
	sitting_clear(&w->sitting);
	if (reload && w->other)
		w->saved_round = 0;
	if ((rc = take_picture(w, err)) != AUD_OK)
		return rc == AUD_END ? AUD_OK : rc;
	if (reload) {
		w->reload = false;
		watch_measure_free(&w->next);
		/* What is measured otherwise is another audit. */
		if (w->other && w->store) {
			w->number = 0;
			aud_store_forget(w->store);
			news_again(&w->news);
		}
	}
	if ((!w->command || reload) && (rc = new_command(w, err)) != AUD_OK)
		return rc;
	judged = watch_mono();
	if ((rc = judge(w, err)) != AUD_OK)
		return rc;
	watch_fill_status(w);
	count_findings(w);
	w->status.live_flows = w->picture.living;
	w->status.states = w->picture.states;
	w->status.judged_ns = w->picture.now_ns;
	w->cut = 0;
	rc = news_compare(&w->news, &w->sitting, &w->picture, w->picture.now_ns, watch_tell_finding, w, err);
	if (rc != AUD_OK)
		return rc;
	count_findings(w);
	w->status.judge_took_ns = watch_mono() - judged + (judged - began);
	w->unkept = w->picture.unkept;
	w->hasty = w->picture.young_beyond;
	(void)flush(w, w->picture.now_ns, false);
	return AUD_OK;
}

enum aud_code
watch_judge_last(struct aud_watch *w, struct aud_err *err)
{
	struct sitting_of of;
	uint64_t now = watch_now();
	struct snapshot_of last;
	enum aud_code rc;

	sitting_clear(&w->sitting);
	watch_look_at_clock(w);
	last = snapshot_of(w, now);
	/* Its conversations were of the last judgement: the memory is needed twice at no time. */
	for (int i = 0; i < SHARDS; i++)
		fold_clear(&w->picture.shards[i].fold);
	fill_inputs(w);
	if ((rc = snapshot_decode(&w->picture, &last, err)) != AUD_OK)
		return rc;
	/* What was silent for longer has left the tables: nothing is said of that time. */
	for (int i = 0; i < SHARDS; i++)
		fold_expire(&w->shards[i].fold, watch_since(w, now));
	spans_forget(&w->spans, watch_since(w, now));
	spans_finish(&w->spans);
	if ((rc = snapshot_ipsec(&w->picture, &last, watch_since(w, now), UINT64_MAX, err)) != AUD_OK || (rc = new_command(w, err)) != AUD_OK)
		return rc;
	of = sitting_of(w, now);
	of.shards = w->shards;
	of.decoder = w->decoder;
	of.ipsec_tunnels = w->picture.tunnels;
	of.nipsec_tunnels = SNAPSHOT_TUNNELS;
	of.inputs = w->inputs;
	of.ninputs = w->ninputs;
	of.decode = &w->picture.decode;
	of.ipsec = &w->picture.ipsec;
	of.spans = &w->spans;
	if ((rc = sitting_hold(&w->sitting, &of, err)) != AUD_OK)
		return rc;
	watch_fill_status(w);
	count_findings(w);
	w->cut = 0;
	if ((rc = news_compare(&w->news, &w->sitting, NULL, now, watch_tell_finding, w, err)) != AUD_OK)
		return rc;
	watch_look_at_interfaces(w, true);
	watch_look_for_losses(w, true);
	watch_left_told(w);
	aud_watch_alert(w, AUD_ALERT_STOPPED, "The watch has ended.");
	if (flush(w, now, true) == AUD_OK || !w->store)
		return AUD_OK;
	return aud_fail(err, AUD_IO, 0, "the audit could not be stored whole: what the last flush before wrote is in the database");
}
