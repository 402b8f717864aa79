/*
 * Stage watch, inside: an event as a line of JSON (line.c) and as a syslog message (syslog.c), and a file that takes lines (sink.c).
 */
#ifndef WATCH_TELL_H
#define WATCH_TELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <aud/live.h>

/* text.c. Network text made harmless; what is longer than size ends in an ellipsis, and in no half character. Returns dst. */
char *tell_clean(char *dst, size_t size, const char *src);
/* "2024-03-01T09:00:00.123456+0000": the format of Suricata's EVE; with "Z" for RFC 5424; "-" for a time that is none. */
struct tell_time {
	char s[40];
};
struct tell_time tell_time(uint64_t ns, const char *zone);
#define TELL_UTC "+0000"
/* "2024-03-01T09:00:00.123456789Z", as in reports. */
struct tell_time tell_time_ns(uint64_t ns);
/* A flow's number, derived from whom it joins: 51 bits, as many as Suricata's, since JavaScript keeps no more than 53. 0: no flow. */
uint64_t tell_flow_id(const struct aud_finding *);
const char *tell_action(enum aud_event_action);

/* line.c. The line with its newline, for free(); NULL: out of memory. */
char *tell_line(const struct aud_event *, size_t *len);

/* sink.c. Lines go to fd whole and in order, without waiting; what it does not take is kept in buf. */
struct sink {
	int fd; /* -1: none */
	const char *path; /* "-": standard output */
	char *buf;
	size_t size, start, used; /* bytes: room, where the first line begins, how many lines' bytes wait */
	size_t done; /* of the first line, written */
	uint64_t lines, lost;
	char failing[160];
};
enum aud_code sink_open(struct sink *, const char *path, size_t room, struct aud_err *) AUD_CHECKED;
enum aud_code sink_reopen(struct sink *, struct aud_err *) AUD_CHECKED;
void sink_put(struct sink *, const char *line, size_t len);
void sink_flush(struct sink *);
void sink_close(struct sink *);

/* syslog.c */
struct syslog;
enum aud_code syslog_open(struct syslog **, const char *target, const char *version, struct aud_err *) AUD_CHECKED;
void syslog_tell(struct syslog *, const struct aud_event *);
void syslog_close(struct syslog *);
struct syslog_stats {
	uint64_t sent, lost;
	const char *failing;
};
struct syslog_stats syslog_stats(const struct syslog *);
/* The datagram for a finding or an alert, at most size bytes; 0: there is none for this event. */
struct syslog_who {
	const char *host, *version;
	long pid;
	uint32_t sequence;
};
size_t syslog_format(char *buf, size_t size, const struct syslog_who *, const struct aud_event *);

#endif
