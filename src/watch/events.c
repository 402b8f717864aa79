#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <aud/events.h>

#include "tell.h"

#define BACKLOG ((size_t)1 << 20)

struct aud_events {
	struct sink file;
	struct syslog *syslog;
	uint64_t unmade;	/* lines for which there was no memory */
	char path[];
};

enum aud_code
aud_events_open(struct aud_events **out, const struct aud_events_opts *o, struct aud_err *err)
{
	size_t n = o->file ? strlen(o->file) + 1 : 1;
	struct aud_events *e = calloc(1, sizeof *e + n);
	enum aud_code code = AUD_OK;

	*out = NULL;
	if (!e)
		return aud_nomem(err);
	e->file.fd = -1;
	if (o->file) {
		memcpy(e->path, o->file, n);
		code = sink_open(&e->file, e->path, o->backlog ? o->backlog : BACKLOG, err);
	}
	if (code == AUD_OK && o->syslog)
		code = syslog_open(&e->syslog, o->syslog, o->version, err);
	if (code != AUD_OK) {
		aud_events_close(e);
		return code;
	}
	*out = e;
	return AUD_OK;
}

void
aud_events_close(struct aud_events *e)
{
	if (!e)
		return;
	sink_close(&e->file);
	syslog_close(e->syslog);
	free(e);
}

enum aud_code
aud_events_reopen(struct aud_events *e, struct aud_err *err)
{
	return e->file.fd < 0 ? AUD_OK : sink_reopen(&e->file, err);
}

void
aud_events_tell(struct aud_events *e, const struct aud_event *event)
{
	if (e->file.fd >= 0) {
		size_t n = 0;
		char *line = tell_line(event, &n);

		if (line)
			sink_put(&e->file, line, n);
		else
			e->unmade++;
		free(line);
	}
	if (e->syslog)
		syslog_tell(e->syslog, event);
}

void
aud_events_flush(struct aud_events *e)
{
	if (e->file.fd >= 0 && e->file.used)
		sink_flush(&e->file);
}

void
aud_events_stats(const struct aud_events *e, struct aud_events_stats *out)
{
	*out = (struct aud_events_stats){.lines = e->file.lines, .lost = e->file.lost + e->unmade, .waiting = e->file.used};
	snprintf(out->failing, sizeof out->failing, "%s", e->file.failing);
	if (e->syslog) {
		struct syslog_stats s = syslog_stats(e->syslog);

		out->messages = s.sent;
		out->messages_lost = s.lost;
		snprintf(out->syslog_failing, sizeof out->syslog_failing, "%s", s.failing);
	}
}
