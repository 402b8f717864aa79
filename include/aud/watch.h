/*
 * A running audit as a library: interfaces in, findings out, for weeks. What it tells goes to a callback (live.h); what it has found up to
 * now is a report at any moment, in memory and in its database.
 *
 * One thread, the owner's, opens it, calls aud_watch_step() several times a second, and ends it; packets are processed by threads of its
 * own. The callbacks tell() and evidence() come from the owner's thread, seen() from one of the others at a time. Nothing here prints or
 * exits.
 */
#ifndef AUD_WATCH_H
#define AUD_WATCH_H

#include <stdbool.h>

#include "err.h"
#include "frame.h"
#include "live.h"
#include "matrix.h"
#include "report.h"
#include "site.h"

/* What became of a finding's packets. */
struct aud_watch_evidence {
	char file[4096];	/* "": there is none */
	char sha256[65];
	char why[240];		/* why there is none, or not all; "": all is well, or nobody asked */
};

struct aud_watch_opts {
	const char *const *interfaces;
	size_t ninterfaces;
	const char *filter;		/* BPF, or NULL */
	uint32_t snaplen;		/* 0: whole frames */
	size_t buffer;			/* of the kernel, bytes for each interface; counts as part of memory */
	bool promiscuous;
	const char *rules;		/* the folder that the matrix came from; NULL: built in */
	bool no_dedup;
	unsigned threads;		/* 0: one per processor */
	size_t memory;			/* bytes that the process may need in all; 0: no bound */
	const char *database;		/* NULL: none */
	uint64_t flush_ns;		/* how often findings are judged and the database is written */
	uint64_t window_ns;		/* what was silent for longer is no part of the audit any more */
	uint64_t keep_ns;		/* how long the database keeps that; 0: for ever */
	uint64_t heartbeat_ns;		/* how often the state is told; 0: never */
	uint64_t silence_ns;		/* so long without packets is an alert; 0: never */
	void (*tell)(void *user, const struct aud_event *);
	/* A finding is told for the first time: are there packets to go with it? NULL: nobody keeps any. */
	void (*evidence)(void *user, const struct aud_finding *, const struct aud_trial *, struct aud_watch_evidence *out);
	void (*seen)(void *user, const struct aud_frame *, size_t n);	/* NULL: nobody wants the frames */
	void *user;
};

/* The least that --memory can be for these options, in bytes. */
size_t aud_watch_least_memory(const struct aud_watch_opts *);

struct aud_watch;

/*
 * Opens interfaces and database, and sets up all that needs privileges; starts nothing yet. The strings of the options have to live as
 * long; site (or NULL) and matrix are the watch's from here on, whatever comes of it. Where the database cannot be opened, so is the watch
 * not: AUD_IO.
 */
enum aud_code aud_watch_open(struct aud_watch **out, const struct aud_watch_opts *, struct aud_site *, struct aud_matrix *, struct aud_err *err)
    AUD_CHECKED;
/* Frees everything, ended or not. */
void aud_watch_close(struct aud_watch *);
/* Starts the threads. */
enum aud_code aud_watch_start(struct aud_watch *, struct aud_err *err) AUD_CHECKED;
/*
 * Does what is due: looks at the interfaces, judges, writes, tells. Returns at once where nothing is. A failure other than that of the
 * database, which is told and tried again, ends the watch.
 */
enum aud_code aud_watch_step(struct aud_watch *, struct aud_err *err) AUD_CHECKED;
/* Other rules from the next judgement on; the watch's from here on. The next step judges. */
enum aud_code aud_watch_reload(struct aud_watch *, struct aud_site *, struct aud_matrix *, struct aud_err *err) AUD_CHECKED;
/* An alert of the owner's, told and counted like the watch's own. */
void aud_watch_alert(struct aud_watch *, enum aud_alert, const char *fmt, ...) AUD_PRINTF(3, 4);
/* The sockets of the interfaces, for a sandbox; returns how many. */
size_t aud_watch_sockets(const struct aud_watch *, int *out, size_t max);
/* Of the last judgement; NULL: there was none yet, or it speaks of rules that are no more. */
const struct aud_coverage *aud_watch_coverage(const struct aud_watch *);
const struct aud_site *aud_watch_site(const struct aud_watch *);
const struct aud_live_status *aud_watch_status(struct aud_watch *);
/* Stops, and finishes the audit as one of files is finished. The report is there until the watch is closed. */
enum aud_code aud_watch_end(struct aud_watch *, struct aud_err *err) AUD_CHECKED;
const struct aud_report *aud_watch_report(const struct aud_watch *);	/* after the end */

#endif
