/*
 * The whole audit as a library: captures in, findings out. The only header that the command line needs for its main job.
 *
 * Nothing here prints, exits or keeps state outside its handle.
 */
#ifndef AUD_AUDIT_H
#define AUD_AUDIT_H

#include <stdatomic.h>
#include <stdbool.h>

#include "conv.h"
#include "discover.h"
#include "err.h"
#include "flow.h"
#include "matrix.h"
#include "report.h"
#include "site.h"

struct aud_audit_opts {
	const char *const *paths;
	size_t npaths;
	const char *filter;		/* BPF, or NULL */
	const struct aud_site *site;	/* or NULL */
	const struct aud_matrix *matrix;/* or NULL: flows only */
	const char *rules;		/* the folder that the matrix came from, for the report's command; NULL: built in */
	bool no_split, no_dedup;
	bool keep_flows;		/* collect every flow for aud_audit_flows() */
	bool keep_names;		/* collect what TLS servers are called for aud_audit_names() */
	bool hash;			/* SHA-256 of each input */
	unsigned threads;		/* 0: one per processor */
	size_t memory;			/* bytes for flows and states; 0: no bound */
	const char *today;		/* YYYY-MM-DD; NULL: date of the last packet */
	/* Called about ten times a second from the calling thread; bytes read of bytes in all (0: unknown). NULL: none. */
	void (*progress)(void *user, uint64_t done, uint64_t total, uint64_t packets);
	void *user;
	const atomic_bool *stop;	/* set by a signal handler: what was read is still audited. NULL: none */
};

/* One flow as `spanaudit flows` lists it. */
struct aud_flow_record {
	struct aud_addr client, server;
	uint16_t client_port, server_port;
	uint8_t proto;
	uint64_t packets[2], bytes[2];	/* [0] the client's */
	uint64_t first_ns, last_ns, first_frame;
	enum aud_handshake handshake;
	enum aud_direction direction;
	struct aud_app app;
	uint32_t facts;
	uint8_t tls_version;
	uint32_t bits;			/* enum aud_flow_bit, sides as in the table, not client and server */
	uint16_t vlans, tunnel;		/* for aud_audit_vlans() and aud_audit_tunnel() */
	uint8_t shard;
};

/*
 * The matrix as an audit uses it: rule files -> SQLite -> memory, so that what is matched is what a query of the database shows.
 * dir NULL: the built-in rules. The site's own rules are part of it.
 */
enum aud_code aud_audit_matrix(struct aud_matrix **out, const char *dir, const struct aud_site *site, struct aud_err *err) AUD_CHECKED;

struct aud_audit;

/* Reads everything, judges, and leaves the result in *out. AUD_FORMAT: some input could not be read to its end: *out is valid all
 * the same, and holds what was read. Other failures leave *out NULL. */
enum aud_code aud_audit_run(struct aud_audit **out, const struct aud_audit_opts *, struct aud_err *err) AUD_CHECKED;
void aud_audit_free(struct aud_audit *);

const struct aud_report *aud_audit_report(const struct aud_audit *);
/* Sorted by first time, then key. */
const struct aud_flow_record *aud_audit_flows(const struct aud_audit *, size_t *n);
/* Tag stacks of a flow, comma-separated; tunnel stack. Owned by the audit. */
const char *aud_audit_vlans(struct aud_audit *, const struct aud_flow_record *);
const char *aud_audit_tunnel(const struct aud_audit *, const struct aud_flow_record *);
/* Sorted by server; owned by the audit. */
const struct aud_server_name *aud_audit_names(const struct aud_audit *, size_t *n);
const char *aud_audit_app(struct aud_audit *, struct aud_app);

#endif
