/*
 * A running audit: what is set up, and the life of its threads.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "hash.h"
#include "session.h"

static uint64_t
clock_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

uint64_t
watch_now(void)
{
	return clock_ns(CLOCK_REALTIME);
}

uint64_t
watch_mono(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

void
watch_look_at_clock(struct aud_watch *w)
{
	w->set_by_ns += pace_clock(&w->wall, watch_now(), clock_ns(CLOCK_BOOTTIME), w->o.window_ns);
}

enum aud_code
watch_measure(struct measure *m, struct aud_site *site, struct aud_matrix *matrix, struct aud_err *err)
{
	enum aud_code rc = AUD_OK;

	*m = (struct measure){.site = site, .matrix = matrix};
	if (site)
		rc = aud_attrib_new(&m->attrib, site, err);
	if (rc == AUD_OK && matrix)
		rc = aud_matcher_new(&m->matcher, matrix, site, err);
	return rc;
}

void
watch_measure_free(struct measure *m)
{
	aud_matcher_free(m->matcher);
	aud_attrib_free(m->attrib);
	aud_matrix_free(m->matrix);
	aud_site_free(m->site);
	*m = (struct measure){0};
}

enum aud_code
watch_open_ipsec(struct aud_watch *w, struct aud_err *err)
{
	struct aud_ipsec_opts i = {.dedup = !w->o.no_dedup, .secret = w->secret};

	shares_ipsec(&w->shares, &i);
	return aud_ipsec_new(&w->ipsec, &i, err);
}

/* Both of nDPI's modules at once: later there may be no right to do what they do. */
static enum aud_code
open_shards(struct aud_watch *w, struct aud_err *err)
{
	enum aud_code rc;

	for (unsigned i = 0; i < SHARDS; i++) {
		if ((rc = shard_open(&w->shards[i], i, &w->audit, &w->shares, w->measure.attrib, w->measure.matcher, w->secret, err)) != AUD_OK ||
		    (rc = shard_ready(&w->shards[i], err)) != AUD_OK)
			return rc;
		w->shards[i].fold.evicts = w->shards[i].fold.max != 0;
		if ((rc = kept_open(&w->kept[i], w->shares.packets / SHARDS, err)) != AUD_OK)
			return rc;
		w->shards[i].kept = w->kept[i].ncells ? &w->kept[i] : NULL;
		w->shards[i].left = w->o.database ? watch_left : NULL;
		w->shards[i].user = w;
	}
	/* Without a bound to share there is one all the same. */
	w->picture.flows.max = w->o.database ? 2 * w->shares.packets / LIVING_PART + 1 : 0;
	return AUD_OK;
}

static enum aud_code
open_capture(struct aud_watch *w, struct aud_err *err)
{
	uint64_t frames[AUD_DEVICES_MAX] = {0};
	struct aud_device_opts d = {.names = w->o.interfaces, .n = w->o.ninterfaces, .frames = frames, .filter = w->o.filter,
	    .snaplen = w->o.snaplen, .buffer = w->o.buffer, .promiscuous = w->o.promiscuous};

	for (size_t i = 0; i < w->o.ninterfaces && i < AUD_DEVICES_MAX; i++)
		frames[i] = w->before[i].info.frames;
	return aud_device_open(&w->capture, &d, err);
}

static enum aud_code
open_inputs(struct aud_watch *w, struct aud_err *err)
{
	w->ninputs = w->o.ninterfaces;
	w->inputs = calloc(w->ninputs + 1, sizeof *w->inputs);
	w->before = calloc(w->ninputs + 1, sizeof *w->before);
	if (!w->inputs || !w->before)
		return aud_nomem(err);
	return AUD_OK;
}

enum aud_code
aud_watch_open(struct aud_watch **out, const struct aud_watch_opts *o, struct aud_site *site, struct aud_matrix *matrix, struct aud_err *err)
{
	struct aud_watch *w = calloc(1, sizeof *w);
	enum aud_code rc;

	*out = NULL;
	if (!w) {
		aud_matrix_free(matrix);
		aud_site_free(site);
		return aud_nomem(err);
	}
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->changed, NULL);
	w->o = *o;
	aud_hash_setup();
	if (getrandom(&w->secret, sizeof w->secret, GRND_NONBLOCK) < 0)
		w->secret = (uintptr_t)w;
	if ((rc = watch_measure(&w->measure, site, matrix, err)) != AUD_OK)
		goto fail;
	if (o->memory && o->memory < aud_watch_least_memory(o)) {
		rc = aud_fail(err, AUD_USAGE, 0, "--memory: %zuM are too little: it takes at least %zuM with these buffers of the kernel (--buffer, for each interface)%s",
		    o->memory >> 20, (aud_watch_least_memory(o) >> 20) + 1, o->seen ? " and --evidence" : "");
		goto fail;
	}
	w->audit = (struct aud_audit_opts){.filter = o->filter, .site = site, .matrix = matrix, .no_dedup = o->no_dedup, .threads = o->threads};
	w->shares = shares_of_watch(o);
	w->news.max = w->shares.told;
	if ((rc = open_inputs(w, err)) != AUD_OK || (rc = aud_decoder_new(&w->decoder, err)) != AUD_OK || (rc = watch_open_ipsec(w, err)) != AUD_OK ||
	    (rc = open_shards(w, err)) != AUD_OK || (rc = watch_recall(w, err)) != AUD_OK || (rc = open_capture(w, err)) != AUD_OK)
		goto fail;
	watch_look_at_own(w);
	w->mirror = w->mirror_next;
	w->status.started_ns = watch_now();
	*out = w;
	return AUD_OK;
fail:
	aud_watch_close(w);
	return rc;
}

static void *
run(void *watch)
{
	struct aud_watch *w = watch;
	enum aud_code rc = pipeline_run(&w->pipeline, &w->err);

	pthread_mutex_lock(&w->lock);
	w->rc = rc;
	w->ended = true;
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

static void
seen(void *watch, const struct aud_frame *f, size_t n)
{
	struct aud_watch *w = watch;

	w->o.seen(w->o.user, f, n);
}

enum aud_code
aud_watch_start(struct aud_watch *w, struct aud_err *err)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned threads = w->o.threads ? w->o.threads : cpus > 0 ? (unsigned)cpus : 1;
	uint64_t now = watch_mono();
	int sys;

	w->pipeline = (struct pipeline){.opts = &w->audit, .inputs = &w->capture, .ninputs = 1, .decoder = w->decoder, .ipsec = w->ipsec,
	    .shards = w->shards, .spans = &w->spans, .secret = w->secret, .threads = threads > SHARDS + 2 ? SHARDS + 2 : threads,
	    .pause = &w->pause, .paused = watch_paused, .seen = w->o.seen ? seen : NULL, .mirror = w->mirror.n ? &w->mirror : NULL, .user = w};
	w->due_ns = now + w->o.flush_ns;
	w->beat_ns = now + w->o.heartbeat_ns;
	w->packet_mono_ns = now;
	watch_look_at_clock(w);
	if ((sys = pthread_create(&w->thread, NULL, run, w)))
		return aud_fail(err, AUD_IO, sys, "no thread can be started: %s", strerror(sys));
	w->started = true;
	watch_look(w);
	aud_watch_alert(w, AUD_ALERT_STARTED, "The watch has started.%s", w->anew ?
	    " Another audit begins in the database: what the former one keeps of IPsec is damaged, or another version of the program wrote it." : "");
	if (w->unread[0])
		aud_watch_alert(w, AUD_ALERT_RECALL_FAILED, "Flows that were open when the watch stopped last are not gone on with, or not all: %s. "
		    "What comes of them now counts as flows of its own.", w->unread);
	return AUD_OK;
}

/* It ends by itself only where it failed. */
static enum aud_code
failed(struct aud_watch *w, struct aud_err *err)
{
	enum aud_code rc = AUD_OK;

	pthread_mutex_lock(&w->lock);
	if (w->ended)
		rc = aud_fail(err, w->rc == AUD_OK ? AUD_IO : w->rc, 0, "%s", w->err.msg[0] ? w->err.msg : "the capture has ended");
	pthread_mutex_unlock(&w->lock);
	return rc;
}

enum aud_code
aud_watch_step(struct aud_watch *w, struct aud_err *err)
{
	enum aud_code rc = failed(w, err);
	uint64_t began = watch_mono(), took;

	if (rc != AUD_OK)
		return rc;
	watch_look(w);
	if (began < w->due_ns && !w->reload)
		return AUD_OK;
	rc = watch_judge(w, err);
	took = watch_mono() - began;
	w->due_ns = began + pace_judge(took, w->o.flush_ns);
	return rc;
}

/* Read again, and unchanged: then it is the same audit. */
static bool
same_measure(const struct measure *a, const struct measure *b)
{
	if (!a->site != !b->site || (a->site && strcmp(a->site->sha256, b->site->sha256)))
		return false;
	return !a->matrix == !b->matrix && (!a->matrix || !strcmp(a->matrix->sha256, b->matrix->sha256));
}

enum aud_code
aud_watch_reload(struct aud_watch *w, struct aud_site *site, struct aud_matrix *matrix, struct aud_err *err)
{
	struct measure m;
	enum aud_code rc = watch_measure(&m, site, matrix, err);

	if (rc != AUD_OK) {
		watch_measure_free(&m);
		return rc;
	}
	watch_measure_free(&w->next);
	w->next = m;
	w->reload = true;
	w->other = !same_measure(&w->measure, &m);
	return AUD_OK;
}

static void
stop(struct aud_watch *w)
{
	if (!w->started || w->joined)
		return;
	watch_left_room(w);
	aud_device_stop(w->capture);
	pthread_join(w->thread, NULL);
	w->joined = true;
}

enum aud_code
aud_watch_end(struct aud_watch *w, struct aud_err *err)
{
	stop(w);
	if (w->rc != AUD_OK)
		return aud_fail(err, w->rc, 0, "%s", w->err.msg);
	return watch_judge_last(w, err);
}

size_t
aud_watch_sockets(const struct aud_watch *w, int *out, size_t max)
{
	return aud_device_sockets(w->capture, out, max);
}

const struct aud_coverage *
aud_watch_coverage(const struct aud_watch *w)
{
	return w->sitting.report.trial ? &w->sitting.coverage : NULL;
}

const struct aud_site *
aud_watch_site(const struct aud_watch *w)
{
	return w->measure.site;
}

const struct aud_report *
aud_watch_report(const struct aud_watch *w)
{
	return &w->sitting.report;
}

void
aud_watch_close(struct aud_watch *w)
{
	if (!w)
		return;
	stop(w);
	sitting_clear(&w->sitting);
	snapshot_clear(&w->picture);
	news_clear(&w->news);
	aud_store_close(w->store);
	for (int i = 0; i < SHARDS; i++)
		if (w->shards[i].table)
			shard_close(&w->shards[i]);
	for (int i = 0; i < SHARDS; i++)
		kept_close(&w->kept[i]), living_free(&w->left[i]);
	free(w->spans.v);
	app_names_clear(&w->names);
	aud_ipsec_free(w->ipsec);
	aud_decoder_free(w->decoder);
	before_clear(&w->before_books);
	aud_capture_close(w->capture);
	watch_measure_free(&w->measure);
	watch_measure_free(&w->next);
	for (size_t i = 0; i < w->nalerts; i++)
		free(w->alerts[i].text);
	free(w->alerts);
	free(w->files);
	for (size_t i = w->o.ninterfaces; w->before && i < w->ninputs; i++)
		free((void *)(uintptr_t)w->before[i].info.path);
	free(w->inputs);
	free(w->before);
	free(w->command);
	pthread_mutex_destroy(&w->lock);
	pthread_cond_destroy(&w->changed);
	free(w);
}
