/*
 * Stage 4, classify: packets of a flow -> struct aud_app and facts, written into the flow's cold half.
 *
 * nDPI 4.2 under the rules of ndpiReader 4.2 (24 UDP and 80 TCP packets, extra dissection, guess at the end), then our own
 * parsers where nDPI is wrong or blind. A port guess is told as such (AUD_BY_PORT) and is no evidence. One classifier per
 * shard, since nDPI keeps caches between flows of a pair of hosts. The state of a flow goes back the moment it is decided.
 */
#ifndef AUD_CLASSIFY_H
#define AUD_CLASSIFY_H

#include "app.h"
#include "err.h"
#include "flow.h"
#include "packet.h"

struct aud_classifier;

struct aud_classify_opts {
	/*
	 * Called, where it is set, when the nDPI state of a TLS flow goes back, with each name that the client asked for or that the server's
	 * certificate bears: as it came over the network, any bytes.
	 */
	void (*named)(void *user, const struct aud_flow *, const char *name, bool certificate);
	void *user;
	size_t max_states;	/* undecided nDPI states at a time; 0: no bound */
	/* Bytes beside each of them that max_states has room for: what nDPI puts together of TLS beyond that takes the places of states. */
	size_t beside;
	uint64_t secret;	/* any number; changes no result, only who can foresee places in a table */
};

enum aud_code aud_classifier_new(struct aud_classifier **out, const struct aud_classify_opts *, struct aud_err *err) AUD_CHECKED;
void aud_classifier_free(struct aud_classifier *);

/*
 * Shows one packet of a flow that is not AUD_FLOW_CLASSIFIED. Reads the packet and the flow; writes f->state, f->bits
 * (CLASSIFIED, CLIENT0, CLIENT1, UNREAD only) and m->app, facts, tls_version, app_after, app_input.
 */
void aud_classify(struct aud_classifier *, struct aud_flow *, struct aud_flow_more *, const struct aud_packet *, int side);
/* The flow ends: the last word (with the port guess), and its state goes back. src is address [0], dst address [1] of the flow. */
void aud_classify_end(struct aud_classifier *, struct aud_flow *, struct aud_flow_more *);
/*
 * The flow has been silent for long. What it is to the end if nothing more comes is written as aud_classify_end() does, and an undecided
 * state goes back; if more comes, that is looked at afresh.
 */
void aud_classify_rest(struct aud_classifier *, struct aud_flow *, struct aud_flow_more *);
/* nDPI has had its say: what may still come are further facts of our own parsers. */
bool aud_classify_decided(const struct aud_flow *);
/* Gives back the memory of states, where no flow has one any more. */
void aud_classifier_trim(struct aud_classifier *);
/*
 * The facts of a conversation that begins at first_ns on a TCP port of a server: AUD_FACT_TOLD_RPC, AUD_FACT_TOLD_SQL, where that server
 * told this client the port before, in flows that this classifier saw. 0: it did not, or nobody saw it.
 */
uint32_t aud_classifier_told(const struct aud_classifier *, const struct aud_addr *client, const struct aud_addr *server, uint16_t port,
    uint64_t first_ns);
/* What that rests on, for another classifier that goes on where this one ended. */
struct aud_told {
	struct aud_addr client, server;
	uint16_t port;
	uint64_t rpc_ns, sql_ns;	/* when it was told first, so or so; UINT64_MAX: it was not */
};
void aud_classifier_told_each(const struct aud_classifier *, void (*each)(void *user, const struct aud_told *), void *user);
void aud_classifier_tell(struct aud_classifier *, const struct aud_told *);

struct aud_classify_stats {
	uint64_t calls, states, peak;
	uint64_t given_up;	/* flows that were looked into no further, for want of memory: they got AUD_FLOW_UNREAD */
};
void aud_classify_stats(const struct aud_classifier *, struct aud_classify_stats *out);

struct aud_app_text {
	char s[64];
};
/* nDPI's name ("TLS.Skype_Teams", "SIP", "Unknown") or ours ("SSRP"). */
struct aud_app_text aud_app_name(struct aud_classifier *, struct aud_app);
const char *aud_app_by_name(enum aud_app_by);
const char *aud_ndpi_version(void);

#endif
