#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <aud/events.h>
#include <aud/evidence.h>
#include <aud/metrics.h>
#include <aud/watch.h>

#include "notify.h"
#include "sandbox.h"
#include "screen.h"
#include "signals.h"
#include "watch_loop.h"

enum { PACE_MS = 100, STATUS_MS = 1000 };

struct loop {
	const struct watch_args *a;
	struct aud_watch *watch;
	struct aud_events *events;
	struct aud_evidence *evidence;
	struct aud_metrics *metrics;
	struct screen *screen;
	struct notify *notify;
	const atomic_bool *stop;
	uint64_t told_ms;
	char events_failing[160], syslog_failing[160], evidence_failing[240];
	bool ended, metrics_failed;
};

/* What a signal handler may touch has to be here. */
static atomic_bool hung_up;

static void
hangup(int sig)
{
	(void)sig;
	atomic_store(&hung_up, true);
}

static uint64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* On standard error, but not across the screen. */
static void message(struct loop *, const char *fmt, ...) AUD_PRINTF(2, 3);

static void
message(struct loop *l, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (l->screen)
		screen_say(l->screen, text);
	else
		say("%s", text);
}

static void
tell(void *user, const struct aud_event *e)
{
	struct loop *l = user;

	if (l->events)
		aud_events_tell(l->events, e);
	if (l->screen)
		screen_event(l->screen, e);
}

static void
seen(void *user, const struct aud_frame *f, size_t n)
{
	struct loop *l = user;

	aud_evidence_add(l->evidence, f, n);
}

static void
evidence(void *user, const struct aud_finding *f, const struct aud_trial *t, struct aud_watch_evidence *out)
{
	struct loop *l = user;
	struct aud_evidence_file file = {.path = ""};
	enum aud_code code;

	/* A flood of findings on a slow disk takes its time, and is no reason to be started again. */
	notify_alive(l->notify);
	code = aud_evidence_write(l->evidence, f, t, &file);
	if (code == AUD_OK) {
		memcpy(out->file, file.path, sizeof out->file);
		memcpy(out->sha256, file.sha256, sizeof out->sha256);
	}
	snprintf(out->why, sizeof out->why, "%s", file.why);
}

static enum aud_code
open_outputs(struct loop *l, struct aud_err *err)
{
	const struct watch_args *a = l->a;
	struct aud_events_opts events = {.file = a->events, .syslog = a->syslog, .version = AUD_VERSION};
	struct aud_evidence_opts keep = {.dir = a->evidence, .size = a->evidence_size, .version = AUD_VERSION};
	enum aud_code code = notify_open(&l->notify, err);

	if (code == AUD_OK && (a->events || a->syslog))
		code = aud_events_open(&l->events, &events, err);
	if (code == AUD_OK && a->evidence)
		code = aud_evidence_open(&l->evidence, &keep, err);
	if (code == AUD_OK && a->metrics)
		code = aud_metrics_open(&l->metrics, a->metrics, err);
	return code;
}

static enum aud_code
open_watch(struct loop *l, struct aud_site *site, struct aud_matrix *matrix, struct aud_err *err)
{
	const struct watch_args *a = l->a;
	struct aud_watch_opts o = {.interfaces = a->interfaces.names, .ninterfaces = a->interfaces.n, .filter = a->filter, .snaplen = a->snaplen,
	    .buffer = a->buffer, .promiscuous = !a->no_promiscuous, .rules = a->rules, .no_dedup = a->no_dedup, .threads = a->threads,
	    .memory = a->memory, .database = a->db, .flush_ns = a->flush_ns, .window_ns = a->window_ns, .keep_ns = a->keep_ns,
	    .heartbeat_ns = a->heartbeat_ns, .silence_ns = a->silence_ns, .tell = tell, .evidence = l->evidence ? evidence : NULL,
	    .seen = l->evidence ? seen : NULL, .user = l};

	return aud_watch_open(&l->watch, &o, site, matrix, err);
}

/* Files that were made as root become the user's. */
static enum aud_code
give(const struct watch_args *a, struct aud_err *err)
{
	static const char *const beside[] = {"", "-wal", "-shm"};
	struct sandbox_state who;
	enum aud_code code = sandbox_user(a->user, &who, err);

	for (size_t i = 0; i < sizeof beside / sizeof *beside && code == AUD_OK && a->db; i++) {
		char *path;

		if (asprintf(&path, "%s%s", a->db, beside[i]) < 0)
			return aud_fail(err, AUD_NOMEM, 0, "out of memory");
		code = sandbox_give(&who, path, err);
		free(path);
	}
	if (code == AUD_OK && a->events && strcmp(a->events, "-"))
		code = sandbox_give(&who, a->events, err);
	if (code == AUD_OK && a->evidence)
		code = sandbox_give(&who, a->evidence, err);
	return code;
}

static enum aud_code
enter_sandbox(struct loop *l, struct aud_err *err)
{
	const struct watch_args *a = l->a;
	const char *const reads[] = {a->site, a->rules}, *const writes[] = {a->db, a->events && strcmp(a->events, "-") ? a->events : NULL,
	    a->evidence, a->render.out && strcmp(a->render.out, "-") ? a->render.out : NULL};
	struct sandbox_state state = {.entered = false};
	int sockets[AUD_DEVICES_MAX];
	struct sandbox_opts o = {.user = a->user, .read = reads, .nread = 2, .write = writes, .nwrite = 4, .capture = sockets,
	    .ncapture = aud_watch_sockets(l->watch, sockets, AUD_DEVICES_MAX), .serves = a->metrics != NULL, .names_receiver = a->syslog != NULL,
	    .later = a->render.out, .state = &state};
	enum aud_code code;

	if (a->no_sandbox) {
		aud_watch_alert(l->watch, AUD_ALERT_UNPROTECTED, "It runs without a sandbox (--no-sandbox): whoever breaks into it has its privileges.");
		return AUD_OK;
	}
	if ((code = give(a, err)) != AUD_OK || (code = sandbox_enter(&o, err)) != AUD_OK)
		return code;
	if (state.unwritable)
		message(l, "warning: %s: no file can be made in its folder by the user %s: give the folder to that user, or name another with --user",
		    state.unwritable, state.user);
	if (state.unreadable)
		message(l, "warning: %s: the user %s may not read it, so SIGHUP will not either", state.unreadable, state.user);
	return AUD_OK;
}

/* The new ones, or the old ones and the reason. */
static void
reload(struct loop *l)
{
	struct aud_site *site = NULL;
	struct aud_matrix *matrix = NULL;
	struct aud_err err = {0};
	enum aud_code code = AUD_OK;

	notify_reloading(l->notify);
	if (l->events && aud_events_reopen(l->events, &err) != AUD_OK)
		aud_watch_alert(l->watch, AUD_ALERT_RELOAD_FAILED, "%s", err.msg);
	err = (struct aud_err){0};
	if (l->a->site)
		code = aud_site_load(&site, l->a->site, &err);
	if (code == AUD_OK)
		code = aud_audit_matrix(&matrix, l->a->rules, site, &err);
	if (code == AUD_OK)
		code = aud_watch_reload(l->watch, site, matrix, &err);
	else {
		aud_matrix_free(matrix);
		aud_site_free(site);
	}
	if (code == AUD_OK)
		aud_watch_alert(l->watch, AUD_ALERT_RELOADED, "Site, rules and waivers were read again.");
	else
		aud_watch_alert(l->watch, AUD_ALERT_RELOAD_FAILED, "Nothing was reloaded, the former site and rules stay: %s", err.msg);
	notify_ready(l->notify);
}

/* One message for each change. */
static void
changed(struct loop *l, char *before, size_t size, const char *now, const char *what)
{
	if (!strcmp(before, now))
		return;
	if (*now)
		message(l, "%s: %s", what, now);
	else
		message(l, "%s: it works again", what);
	snprintf(before, size, "%s", now);
}

static void
look_at_outputs(struct loop *l)
{
	struct aud_events_stats events = {0};
	struct aud_evidence_stats kept = {0};

	if (l->events) {
		aud_events_flush(l->events);
		aud_events_stats(l->events, &events);
		changed(l, l->events_failing, sizeof l->events_failing, events.failing, "events");
		changed(l, l->syslog_failing, sizeof l->syslog_failing, events.syslog_failing, "syslog");
	}
	if (!l->evidence)
		return;
	aud_evidence_stats(l->evidence, &kept);
	if (*kept.failing && !*l->evidence_failing)
		aud_watch_alert(l->watch, AUD_ALERT_EVIDENCE_FAILED, "Packets are not kept: %s", kept.failing);
	changed(l, l->evidence_failing, sizeof l->evidence_failing, kept.failing, "evidence");
}

static void
show(struct loop *l)
{
	const struct aud_live_status *s = aud_watch_status(l->watch);
	struct aud_err err = {0};

	screen_status(l->screen, s, aud_watch_coverage(l->watch), aud_watch_site(l->watch));
	if (l->metrics && aud_metrics_set(l->metrics, s, &err) != AUD_OK && !l->metrics_failed) {
		l->metrics_failed = true;
		message(l, "%s", err.msg);
	}
	notify_status(l->notify, "%llu packets, %llu findings open", (unsigned long long)s->packets,
	    (unsigned long long)(s->findings[AUD_LOW] + s->findings[AUD_MEDIUM] + s->findings[AUD_HIGH] + s->findings[AUD_CRITICAL]));
}

static enum aud_code
run_loop(struct loop *l, struct aud_err *err)
{
	enum aud_code code = AUD_OK;

	while (code == AUD_OK && !atomic_load(l->stop)) {
		struct pollfd p = {.fd = screen_fd(l->screen), .events = POLLIN};
		unsigned pace = notify_pace(l->notify);

		if (poll(&p, 1, pace && pace < PACE_MS ? (int)pace : PACE_MS) < 0 && errno != EINTR)
			return aud_fail(err, AUD_IO, errno, "poll: %s", strerror(errno));
		if (screen_keys(l->screen))
			break;
		if (atomic_exchange(&hung_up, false))
			reload(l);
		code = aud_watch_step(l->watch, err);
		notify_alive(l->notify);
		look_at_outputs(l);
		if (now_ms() - l->told_ms >= STATUS_MS) {
			l->told_ms = now_ms();
			show(l);
		}
	}
	return code;
}

static enum status
finish(struct loop *l, enum aud_code code, struct aud_err *err)
{
	const struct aud_report *r;
	enum status status = STATUS_OK;

	screen_close(l->screen);
	notify_stopping(l->notify);
	status = say_err(code, err);
	if (code == AUD_IO || code == AUD_FORMAT)
		status = STATUS_CAPTURE;
	*err = (struct aud_err){0};
	code = aud_watch_end(l->watch, err);
	status = worse(status, say_err(code, err));
	r = aud_watch_report(l->watch);
	if (!r->trial)
		return status;
	if (l->a->render.out || l->a->render.format_name)
		status = worse(status, render(r, &l->a->render));
	if (r->trial->coverage->dropped_flows)
		say("%llu flows were not judged: --memory left no room for them", (unsigned long long)r->trial->coverage->dropped_flows);
	return worse(status, render_status(r, l->a->fail_on));
}

static void
catch_hangup(void)
{
	struct sigaction sa = {.sa_handler = hangup, .sa_flags = SA_RESTART};

	sigaction(SIGHUP, &sa, NULL);
}

static bool
keeps_anything(const struct watch_args *a)
{
	return a->db || a->events || a->syslog || a->evidence || a->render.out || a->render.format_name;
}

enum status
watch_run(const struct watch_args *a)
{
	struct loop l = {.a = a};
	struct aud_site *site;
	struct aud_matrix *matrix;
	struct aud_err err = {0};
	enum status status = load(a->site, a->rules, &site, &matrix);
	struct screen_opts screen = {.site = site ? site->name : NULL, .database = a->db, .lines = (a->events && !strcmp(a->events, "-")) ||
	    (a->render.out && !strcmp(a->render.out, "-")) || a->render.format_name};
	enum aud_code code;

	if (status != STATUS_OK) {
		aud_matrix_free(matrix);
		aud_site_free(site);
		return status;
	}
	l.stop = signals_watch();
	catch_hangup();
	if ((code = open_outputs(&l, &err)) != AUD_OK) {
		aud_matrix_free(matrix);
		aud_site_free(site);
	} else if ((code = open_watch(&l, site, matrix, &err)) == AUD_OK && (code = screen_open(&l.screen, &screen, &err)) == AUD_OK &&
	    (code = enter_sandbox(&l, &err)) == AUD_OK && (code = aud_watch_start(l.watch, &err)) == AUD_OK) {
		if (screen_fd(l.screen) < 0 && !keeps_anything(a))
			say("warning: nothing of what is found will be kept or told: name a database (-d), events (--events), syslog (--syslog), "
			    "evidence (--evidence) or a report (-o)");
		notify_ready(l.notify);
		code = run_loop(&l, &err);
		status = finish(&l, code, &err);
		code = AUD_OK;
	}
	screen_close(l.screen);
	status = worse(status, say_err(code, &err));
	aud_watch_close(l.watch);
	aud_evidence_close(l.evidence);
	aud_metrics_close(l.metrics);
	aud_events_close(l.events);
	screen_free(l.screen);
	notify_close(l.notify);
	return status;
}
