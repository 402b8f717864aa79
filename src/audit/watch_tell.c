/*
 * A running audit, telling: events, alerts, the state of the sensor.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "session.h"

#define SECONDS UINT64_C(1000000000)
/* Losses go on for long, and are told by the minute. */
#define PACE_NS (60 * SECONDS)
#define LOOK_NS (SECONDS / 5)
#define OWN_NS (60 * SECONDS)
enum { ALERTS_MAX = 10000 };	/* that wait for a database which cannot be written */
/* A flood's findings are all told at the end, and packets for each would take minutes, which a service manager does not wait. */
enum { CUT_MAX = 500 };

static uint64_t
resident(void)
{
	FILE *f = fopen("/proc/self/statm", "re");
	unsigned long long pages = 0;

	if (!f)
		return 0;
	if (fscanf(f, "%*u %llu", &pages) != 1)
		pages = 0;
	fclose(f);
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

void
watch_fill_status(struct aud_watch *w)
{
	struct aud_device_status d[AUD_DEVICES_MAX];
	size_t n = aud_device_status(w->capture, d, AUD_DEVICES_MAX);
	struct aud_live_status *s = &w->status;

	s->frames = s->bytes = 0;
	s->now_ns = watch_now();
	for (size_t i = 0; i < n; i++) {
		w->interfaces[i] = (struct aud_live_interface){.name = d[i].name, .up = d[i].up, .received = d[i].received,
		    .kernel_drops = d[i].kernel_drops, .interface_drops = d[i].interface_drops};
		s->frames += d[i].frames;
		s->bytes += d[i].bytes;
		if (d[i].last_ns > s->last_packet_ns)
			s->last_packet_ns = d[i].last_ns;
	}
	s->interfaces = w->interfaces;
	s->ninterfaces = n;
	s->told = w->news.events;
	s->resident = resident();
}

const struct aud_live_status *
aud_watch_status(struct aud_watch *w)
{
	watch_fill_status(w);
	return &w->status;
}

static void
keep_alert(struct aud_watch *w, enum aud_alert alert, const char *text)
{
	if (!w->store || w->nalerts == ALERTS_MAX)
		return;
	if (w->nalerts == w->calerts) {
		size_t c = w->calerts ? w->calerts * 2 : 16;
		struct aud_flush_alert *v = realloc(w->alerts, c * sizeof *v);

		if (!v)
			return;
		w->alerts = v;
		w->calerts = c;
	}
	w->alerts[w->nalerts] = (struct aud_flush_alert){w->status.now_ns, alert, strdup(text)};
	if (w->alerts[w->nalerts].text)
		w->nalerts++;
}

void
aud_watch_alert(struct aud_watch *w, enum aud_alert alert, const char *fmt, ...)
{
	struct aud_event e = {.kind = AUD_EVENT_ALERT, .alert = alert, .status = &w->status};
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	w->status.alerts[alert]++;
	watch_fill_status(w);
	e.ts_ns = w->status.now_ns;
	e.text = text;
	keep_alert(w, alert, text);
	if (w->o.tell)
		w->o.tell(w->o.user, &e);
}

/* Server, port, transport and client of the finding against those of a case, in the order of cases. */
static int
by_talk(const struct aud_case *k, const struct aud_finding *f)
{
	const struct aud_conv *c = k->conv;
	int by = aud_addr_cmp(&c->server, &f->server);

	if (by)
		return by;
	if (c->port != f->port)
		return c->port < f->port ? -1 : 1;
	return c->proto != f->proto ? (c->proto < f->proto ? -1 : 1) : aud_addr_cmp(&c->client, &f->client);
}

static bool
same_app(const struct aud_case *k, const struct aud_finding *f)
{
	bool recognised = k->conv->app.by != AUD_BY_NONE;

	return !f->app || (recognised ? !strcmp(k->ruling->app, f->app) : !strcmp(f->app, "Unknown"));
}

/* Where the flow of the finding came from, as far as the talk had one flow, or always the same port; else 0. */
static uint16_t
client_port(const struct aud_trial *t, const struct aud_finding *f)
{
	const struct aud_conv *found = NULL;
	size_t lo = 0, hi = t->ncases;

	if (!f->client.family || !f->server.family || f->port < 0)
		return 0;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (by_talk(&t->cases[mid], f) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < t->ncases && !by_talk(&t->cases[lo], f); lo++) {
		const struct aud_conv *c = t->cases[lo].conv;

		if (!same_app(&t->cases[lo], f))
			continue;
		if (c->client_port_lo != c->client_port_hi || (found && found->client_port_lo != c->client_port_lo))
			return 0;
		found = c;
	}
	return found ? found->client_port_lo : 0;
}

static void
keep_file(struct aud_watch *w, const struct aud_finding *f, const struct aud_watch_evidence *e)
{
	struct aud_flush_evidence *to;

	if (!w->store || w->nfiles == ALERTS_MAX)
		return;
	if (w->nfiles == w->cfiles) {
		size_t c = w->cfiles ? w->cfiles * 2 : 16;
		struct aud_flush_evidence *v = realloc(w->files, c * sizeof *v);

		if (!v)
			return;
		w->files = v;
		w->cfiles = c;
	}
	to = &w->files[w->nfiles++];
	*to = (struct aud_flush_evidence){.ts_ns = w->status.now_ns};
	memcpy(to->finding, f->id, sizeof to->finding);
	snprintf(to->file, sizeof to->file, "%.255s", strrchr(e->file, '/') ? strrchr(e->file, '/') + 1 : e->file);
	memcpy(to->sha256, e->sha256, sizeof to->sha256);
	memcpy(to->why, e->why, sizeof to->why);
}

void
watch_tell_finding(void *watch, enum aud_event_action action, const struct aud_finding *f)
{
	struct aud_watch *w = watch;
	struct aud_event e = {.kind = AUD_EVENT_FINDING, .ts_ns = w->status.now_ns, .action = action, .finding = f, .trial = &w->sitting.trial,
	    .client_port = client_port(&w->sitting.trial, f), .status = &w->status};
	struct aud_watch_evidence evidence = {.file = ""};

	if (action == AUD_ACTION_NEW && w->o.evidence) {
		if (w->cut == CUT_MAX)
			snprintf(evidence.why, sizeof evidence.why, "one of a flood of findings: at a time packets are looked for of %d", CUT_MAX);
		else {
			w->cut++;
			w->o.evidence(w->o.user, f, &w->sitting.trial, &evidence);
		}
		e.evidence = evidence.file[0] ? evidence.file : NULL;
		e.no_evidence = evidence.why[0] ? evidence.why : NULL;
		keep_file(w, f, &evidence);
	}
	if (w->o.tell)
		w->o.tell(w->o.user, &e);
}

/* What has come since the last that was told of it. */
static void
tell_interface(struct aud_watch *w, const struct aud_device_status *d, bool was_up, unsigned changes)
{
	if (!d->up || (changes > 1 && was_up))
		aud_watch_alert(w, AUD_ALERT_INTERFACE_DOWN, "The interface %s is down, gone, or without a carrier.", d->name);
	if (d->up)
		aud_watch_alert(w, AUD_ALERT_INTERFACE_UP, "The interface %s is up again.", d->name);
}

static void
tell_flapping(struct aud_watch *w, const struct aud_device_status *d, unsigned changes, uint64_t ns)
{
	aud_watch_alert(w, AUD_ALERT_INTERFACE_DOWN, "The interface %s flaps: it went down or came back %u times in %" PRIu64 " s, and is %s now.",
	    d->name, changes, ns / SECONDS, d->up ? "up" : "down");
	if (d->up)
		aud_watch_alert(w, AUD_ALERT_INTERFACE_UP, "The interface %s is up again.", d->name);
}

void
watch_look_at_interfaces(struct aud_watch *w, bool last)
{
	struct aud_device_status d[AUD_DEVICES_MAX];
	size_t n = aud_device_status(w->capture, d, AUD_DEVICES_MAX);
	uint64_t mono = watch_mono();

	for (size_t i = 0; i < n; i++) {
		unsigned changes = d[i].changes - w->known[i].changes, held;
		uint64_t since = w->known[i].flap.since_ns;

		w->known[i].changes = d[i].changes;
		/* It opened as it was: one that is down from the start is worth a word. */
		if (!w->looked_ns) {
			w->known[i].up = true;
			changes = d[i].up ? changes & ~1u : changes | 1u;
		}
		/* It may have other addresses. */
		if (changes && d[i].up)
			w->own_due_ns = 0;
		if (!pace_flap(&w->known[i].flap, changes, mono, last, &held))
			continue;
		if (held)
			tell_flapping(w, &d[i], held, mono - since);
		else
			tell_interface(w, &d[i], w->known[i].up, changes);
		w->known[i].up = d[i].up;
	}
}

void
watch_look_at_own(struct aud_watch *w)
{
	struct mirror m = {.n = 0};

	w->own_due_ns = watch_mono() + OWN_NS;
	/* Where the kernel is not to be asked what is known stays. */
	if (!aud_device_own(w->capture, m.own, MIRROR_ADDRESSES, &m.n))
		return;
	if (m.n > MIRROR_ADDRESSES)
		m.n = MIRROR_ADDRESSES;
	w->mirror_next = m;
}

static void
tell_clock(struct aud_watch *w)
{
	int64_t by;

	watch_look_at_clock(w);
	by = w->set_by_ns;
	w->set_by_ns = 0;
	if (by)
		aud_watch_alert(w, AUD_ALERT_CLOCK_JUMPED, "The system's clock jumped %s by %" PRIu64 " s: the window goes by the time that has passed, "
		    "but times before and after do not fit together.", by > 0 ? "ahead" : "back", (uint64_t)(by > 0 ? by : -by) / SECONDS);
}

static void
look_for_silence(struct aud_watch *w, uint64_t mono)
{
	if (w->status.frames != w->frames_seen) {
		w->frames_seen = w->status.frames;
		w->packet_mono_ns = mono;
		if (w->silent)
			aud_watch_alert(w, AUD_ALERT_PACKETS_AGAIN, "Packets come again.");
		w->silent = false;
	} else if (w->o.silence_ns && !w->silent && mono - w->packet_mono_ns >= w->o.silence_ns) {
		w->silent = true;
		aud_watch_alert(w, AUD_ALERT_NO_PACKETS, "No packets for %" PRIu64 " s: what happens now is not seen.",
		    (mono - w->packet_mono_ns) / SECONDS);
	}
}

void
watch_look_for_losses(struct aud_watch *w, bool last)
{
	uint64_t mono = watch_mono(), drops = 0, early = w->status.evicted_flows, dropped = w->status.dropped_flows, evicted = early + dropped;

	for (size_t i = 0; i < w->status.ninterfaces; i++)
		drops += w->interfaces[i].kernel_drops + w->interfaces[i].interface_drops;
	if (drops > w->drops_told && (last || !w->dropped_told_ns || mono - w->dropped_told_ns >= PACE_NS)) {
		aud_watch_alert(w, AUD_ALERT_DROPS, "%" PRIu64 " packets were dropped before they were seen, %" PRIu64 " since the start.",
		    drops - w->drops_told, drops);
		w->drops_told = drops;
		w->dropped_told_ns = mono;
	}
	if (evicted > w->evicted_told && (last || !w->evicted_told_ns || mono - w->evicted_told_ns >= PACE_NS)) {
		/* One that was ended early may be among those that were left out later: no sum of the two is told. */
		aud_watch_alert(w, AUD_ALERT_EVICTED, "Memory is short (--memory): since the start %" PRIu64 " flows were ended early or looked into no further, and %" PRIu64
		    " left out.", early, dropped);
		w->evicted_told = evicted;
		w->evicted_told_ns = mono;
	}
}

/* Once each: it goes on for as long as there is so much. Counts of the pipeline's own are read from the last picture. */
static void
look_for_crowds(struct aud_watch *w)
{
	if (w->hasty && !w->hasty_told) {
		w->hasty_told = true;
		aud_watch_alert(w, AUD_ALERT_EVICTED, "More flows began within half a minute than can be waited for: %" PRIu64 " of them. What is told of "
		    "such may be taken back when they are decided. It is told once.", w->hasty);
	}
	if (!w->unkept || w->unkept_told)
		return;
	w->unkept_told = true;
	aud_watch_alert(w, AUD_ALERT_EVICTED, "So many flows are open that %" PRIu64 " of them could not be stored, or not with all packets that may "
	    "still decide what they are (--memory has the room for them): a kill would lose that of them. It is told once.", w->unkept);
}

void
watch_look(struct aud_watch *w)
{
	uint64_t mono = watch_mono();
	struct aud_event e = {.kind = AUD_EVENT_STATS, .status = &w->status};

	if (w->looked_ns && mono - w->looked_ns < LOOK_NS)
		return;
	watch_fill_status(w);
	tell_clock(w);
	watch_look_at_interfaces(w, false);
	if (mono >= w->own_due_ns)
		watch_look_at_own(w);
	look_for_silence(w, mono);
	watch_look_for_losses(w, false);
	look_for_crowds(w);
	w->looked_ns = mono;
	if (!w->o.heartbeat_ns || mono < w->beat_ns)
		return;
	w->beat_ns = mono + w->o.heartbeat_ns;
	e.ts_ns = w->status.now_ns;
	if (w->o.tell)
		w->o.tell(w->o.user, &e);
}
