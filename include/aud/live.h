/*
 * What a running audit tells: events (a finding that holds, an alert, a heartbeat) and the state of the sensor at a moment.
 *
 * Filled by the audit stage while `watch` runs; read by src/watch (event lines, syslog, metrics, evidence) and by the
 * terminal view. Everything here is lent during the call: who keeps it, copies it.
 */
#ifndef AUD_LIVE_H
#define AUD_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "finding.h"
#include "report.h"

/* X(enumerator, slug, severity). The slugs are what other programs depend on: rows are only added. */
#define AUD_ALERTS(X) \
	X(STARTED, "started", INFO) \
	X(STOPPED, "stopped", INFO) \
	X(NO_PACKETS, "no-packets", HIGH) \
	X(PACKETS_AGAIN, "packets-again", INFO) \
	X(INTERFACE_DOWN, "interface-down", HIGH) \
	X(INTERFACE_UP, "interface-up", INFO) \
	X(DROPS, "drops", MEDIUM) \
	X(EVICTED, "evicted", MEDIUM) \
	X(DATABASE_FAILED, "database-failed", HIGH) \
	X(DATABASE_AGAIN, "database-again", INFO) \
	X(RELOADED, "reloaded", INFO) \
	X(RELOAD_FAILED, "reload-failed", MEDIUM) \
	X(EVIDENCE_FAILED, "evidence-failed", MEDIUM) \
	X(UNPROTECTED, "unprotected", MEDIUM) \
	X(CLOCK_JUMPED, "clock-jumped", MEDIUM) \
	X(RECALL_FAILED, "recall-failed", MEDIUM)

enum aud_alert {
#define X(e, slug, severity) AUD_ALERT_##e,
	AUD_ALERTS(X)
#undef X
	AUD_ALERT_COUNT
};
const char *aud_alert_slug(enum aud_alert);
enum aud_severity aud_alert_severity(enum aud_alert);

struct aud_live_interface {
	const char *name;
	bool up;
	uint64_t received, kernel_drops, interface_drops;	/* since the start, over every reopening */
};

/* The sensor at a moment. Counters count from the start of the program. */
struct aud_live_status {
	uint64_t now_ns, started_ns;
	uint64_t last_packet_ns;	/* 0: none yet */
	const struct aud_live_interface *interfaces;
	size_t ninterfaces;
	uint64_t frames, packets, bytes;
	uint64_t flows;			/* all that were seen */
	uint64_t live_flows, states;	/* in the tables now; of which undecided with a classifier's state */
	uint64_t conversations;
	uint64_t evicted_flows, dropped_flows;	/* --memory */
	uint64_t findings[AUD_CRITICAL + 1];	/* open now, not waived */
	uint64_t waived;
	uint64_t told;			/* events of findings written */
	uint64_t flushes, flush_failures, last_flush_ns, flush_took_ns;
	uint64_t judged_ns, judge_took_ns;	/* when the findings were last judged, and how long that took */
	uint64_t alerts[AUD_ALERT_COUNT];
	uint64_t resident;		/* bytes, of the process */
};

/* X(enumerator, slug): event_type of a line. */
#define AUD_EVENTS(X) X(FINDING, "finding") X(ALERT, "alert") X(STATS, "stats")
enum aud_event_kind {
#define X(e, slug) AUD_EVENT_##e,
	AUD_EVENTS(X)
#undef X
};

/* What happened to a finding. X(enumerator, slug) */
#define AUD_EVENT_ACTIONS(X) X(NEW, "new") X(UPDATED, "updated") X(ENDED, "ended")
enum aud_event_action {
#define X(e, slug) AUD_ACTION_##e,
	AUD_EVENT_ACTIONS(X)
#undef X
};

struct aud_event {
	enum aud_event_kind kind;
	uint64_t ts_ns;				/* when it was told; of a packet's clock in a replay, of the system's otherwise */
	enum aud_event_action action;		/* FINDING */
	const struct aud_finding *finding;	/* FINDING */
	const struct aud_trial *trial;		/* FINDING: its matrix, site, waivers */
	uint16_t client_port;			/* FINDING: where all its flows came from; 0 none, several or not known */
	const char *evidence;			/* FINDING: file that holds its packets; NULL: none */
	const char *no_evidence;		/* FINDING: why there is none; NULL: not asked for */
	enum aud_alert alert;			/* ALERT */
	const char *text;			/* ALERT: one sentence */
	const struct aud_live_status *status;	/* STATS, and ALERT where known */
};

#endif
