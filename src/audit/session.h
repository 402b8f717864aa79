/*
 * Audit stage, a running audit, inside: watch.c runs it, watch_judge.c judges and stores, watch_tell.c tells.
 *
 * The owner's thread has everything but what the pipeline works on: capture, decoder, IPsec, shards and spans are its own while it runs,
 * and the owner's while paused() is called and after it has ended.
 */
#ifndef AUD_SESSION_H
#define AUD_SESSION_H

#include <pthread.h>

#include <aud/device.h>
#include <aud/store.h>
#include <aud/watch.h>

#include "news.h"
#include "pace.h"
#include "pipeline.h"
#include "shares.h"
#include "sitting.h"
#include "snapshot.h"

/* What hosts and traffic are measured against. */
struct measure {
	struct aud_site *site;
	struct aud_matrix *matrix;
	struct aud_attrib *attrib;
	struct aud_matcher *matcher;
};

struct aud_watch {
	struct aud_watch_opts o;
	struct aud_audit_opts audit;
	struct shares shares;
	struct measure measure, next;	/* next: from the next picture on */
	bool reload, other;		/* other: and they differ from those before */
	char *command;

	struct aud_capture *capture;
	struct aud_decoder *decoder;
	struct aud_ipsec *ipsec;
	struct shard shards[SHARDS];
	struct kept kept[SHARDS];
	struct spans spans;
	struct app_names names;
	struct mirror mirror, mirror_next;	/* next: the pipeline's from the next picture on */
	uint64_t secret;

	struct aud_input *inputs;	/* interfaces, in the order of the audit; first those of the options */
	size_t ninputs;
	struct aud_input *before;	/* of each, what an earlier start counted */
	char unread[240];		/* why not all of them do; "": all is well */
	bool anew;			/* there was one that could be gone on with, but for its IPsec */
	struct before_books before_books;
	uint64_t saved_round;		/* of IPsec: the last that is in the database; 0: none */
	bool goes_on;			/* there was one, and before_coverage has its counts */
	struct aud_coverage before_coverage;
	struct shortage went;
	struct wall wall;
	int64_t set_by_ns;		/* the system's clock, and not told yet */

	struct pipeline pipeline;
	pthread_t thread;
	bool started, joined;
	atomic_bool pause;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool pictured, ended;		/* under the lock */
	enum aud_code rc;		/* of the pipeline, once it has ended */
	struct aud_err err;

	struct snapshot picture;
	struct living_parts left[SHARDS];	/* flows that were open at the end; each filled by who works the shard */
	/* as of the picture: flows that could not be stored as they are; those that are told of before they are decided */
	uint64_t unkept, hasty;
	struct aud_err picture_err;
	enum aud_code picture_rc;
	struct sitting sitting;
	struct news news;

	struct aud_store *store;
	int64_t number;			/* of the running audit there; 0: none yet */
	bool store_failed;
	struct aud_flush_alert *alerts;	/* not yet stored */
	size_t nalerts, calerts;
	struct aud_flush_evidence *files;
	size_t nfiles, cfiles;
	unsigned cut;			/* findings of this judgement for which packets were looked for */

	/* of the monotonic clock */
	uint64_t due_ns, beat_ns, packet_mono_ns, looked_ns, dropped_told_ns, evicted_told_ns, own_due_ns;
	uint64_t frames_seen, drops_told, evicted_told;
	bool silent, unkept_told, hasty_told;
	struct {
		unsigned changes;
		bool up;
		struct flap flap;
	} known[AUD_DEVICES_MAX];
	struct aud_live_interface interfaces[AUD_DEVICES_MAX];
	struct aud_live_status status;
};

uint64_t watch_now(void);	/* ns since the epoch */
/* watch_judge.c: where the window begins, of the system's clock; 0: it has no bound. */
uint64_t watch_since(const struct aud_watch *, uint64_t now_ns);
/* watch_recall.c: a frame as an earlier start numbered it, of whose n inputs input tells where they are now; 0 for 0 and for none of them. */
uint64_t watch_frame(const unsigned *input, size_t n, uint64_t no);
uint64_t watch_mono(void);
/* What the system's clock was set by counts for the window from here on, and waits in set_by_ns to be told. */
void watch_look_at_clock(struct aud_watch *);

/* watch_judge.c. A picture is taken, judged, told and stored. */
enum aud_code watch_judge(struct aud_watch *, struct aud_err *) AUD_CHECKED;
/* The pipeline has ended: the last word. */
enum aud_code watch_judge_last(struct aud_watch *, struct aud_err *) AUD_CHECKED;
void watch_paused(void *watch);
/* watch.c */
enum aud_code watch_open_ipsec(struct aud_watch *, struct aud_err *) AUD_CHECKED;
/* An earlier start's audit is gone on with, where there is one. */
enum aud_code watch_recall(struct aud_watch *, struct aud_err *) AUD_CHECKED;
/* watch_living.c: the flows that an earlier start left open go on, after its conversations were taken in. input: where its inputs are now. */
enum aud_code watch_go_on(struct aud_watch *, const unsigned *input, size_t ninputs, struct aud_err *) AUD_CHECKED;
/* At the end: what the next start goes on with. Flows as shards tell them, ports that were told into the picture's parts. */
void watch_left(void *watch, struct shard *, const struct aud_flow *, const struct fold_flow *);
void watch_left_room(struct aud_watch *);
void watch_left_told(struct aud_watch *);
enum aud_code watch_measure(struct measure *, struct aud_site *, struct aud_matrix *, struct aud_err *) AUD_CHECKED;
void watch_measure_free(struct measure *);

/* watch_tell.c */
void watch_look(struct aud_watch *);	/* at interfaces, silence, losses; the heartbeat */
void watch_fill_status(struct aud_watch *);
void watch_look_at_own(struct aud_watch *);	/* addresses of the machine, by which mirrors to it are known */
void watch_look_at_interfaces(struct aud_watch *, bool last);
void watch_look_for_losses(struct aud_watch *, bool last);	/* last: no other time will come to tell them, so the pace does not hold */
void watch_tell_finding(void *watch, enum aud_event_action, const struct aud_finding *);

#endif
