/*
 * What a running audit tells other programs: JSON lines in a file or on standard output, and syslog messages (RFC 5424).
 *
 * Stage watch. Input: struct aud_event, lent during the call. Output: bytes; the lines' schema is src/watch/events.schema.json, their
 * habits are those of Suricata's EVE. The handle owns the file and the socket; one thread uses it at a time.
 *
 * No sink ever stops or delays the audit: what a full disk, a slow or closed pipe or a missing daemon does not take is kept up to a
 * bound, tried again, and counted where it is lost.
 */
#ifndef AUD_EVENTS_H
#define AUD_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "err.h"
#include "live.h"

struct aud_events;

struct aud_events_opts {
	const char *file;	/* appended to; "-": standard output; a FIFO is written to without waiting for a reader. NULL: none */
	const char *syslog;	/* "/dev/log" or another socket's path, "udp://host", "udp://host:port", "udp://[::1]:514". NULL: none */
	const char *version;	/* of the program, for syslog; NULL: not told */
	size_t backlog;		/* bytes of lines that wait for a file or pipe to take them; 0: 1 MiB */
};

/*
 * Opens both sinks; names are looked up here and never again. Works before a sandbox is entered and needs no socket, file or look-up
 * afterwards, but for aud_events_reopen(), which opens the file's path again; syslog needs sendto() with an address.
 * AUD_USAGE: a target that is none; AUD_IO: the file cannot be opened, nobody has made the socket, or no such host.
 */
enum aud_code aud_events_open(struct aud_events **out, const struct aud_events_opts *, struct aud_err *err) AUD_CHECKED;
/* Tries once more to write what waits; what is still left is lost. NULL is legal. */
void aud_events_close(struct aud_events *);

/*
 * After logrotate (SIGHUP): writes what waits to the old file, opens the path anew and goes on there; a line that the old file holds
 * by half is written whole into the new one. On failure (AUD_IO) the old file stays in use. Standard output: does nothing.
 */
enum aud_code aud_events_reopen(struct aud_events *, struct aud_err *err) AUD_CHECKED;

/* One line, one syslog message. Syslog gets findings and alerts, not the statistics. */
void aud_events_tell(struct aud_events *, const struct aud_event *);
/* Tries again what waits. Cheap where nothing does: call it a few times a second. */
void aud_events_flush(struct aud_events *);

struct aud_events_stats {
	uint64_t lines, lost;			/* written whole; given up */
	uint64_t waiting;			/* bytes */
	uint64_t messages, messages_lost;	/* syslog */
	/*
	 * Why the sink does not take anything at present, for one line to the user at each change; "" where it does, or is none.
	 */
	char failing[160], syslog_failing[160];
};
void aud_events_stats(const struct aud_events *, struct aud_events_stats *out);

/*
 * Community ID version 1, seed 0 (github.com/corelight/community-id-spec): the same for both directions of a flow. False, out "": there is
 * none, since the addresses are of two families, or the protocol is ICMP, of which no type and code are known here.
 */
struct aud_community_id {
	char s[32];
};
bool aud_community_id(struct aud_community_id *out, const struct aud_addr *a, uint16_t aport, const struct aud_addr *b, uint16_t bport,
    uint8_t proto);

#endif
