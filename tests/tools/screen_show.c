/*
 * The screen of a made-up audit, for looking at and for screen.py: until q, or a signal. Arguments: "lines" has a minute pass each second,
 * "many" fills the lists.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "screen.h"
#include "signals.h"

#define SEC UINT64_C(1000000000)
/* 2024-03-01 09:00:00 UTC */
#define T0 (UINT64_C(1709283600) * SEC)

static void
tell(struct screen *s, enum aud_kind kind, enum aud_severity severity, enum aud_event_action action, const char *id, const char *reason,
    uint64_t ns)
{
	struct aud_finding f = {.kind = kind, .severity = severity, .reason = (char *)(uintptr_t)reason, .waiver = -1};
	struct aud_event e = {.kind = AUD_EVENT_FINDING, .ts_ns = ns, .action = action, .finding = &f};

	snprintf(f.id, sizeof f.id, "%s", id);
	screen_event(s, &e);
}

static void
warn(struct screen *s, enum aud_alert alert, const char *text, uint64_t ns)
{
	struct aud_event e = {.kind = AUD_EVENT_ALERT, .ts_ns = ns, .alert = alert, .text = text};

	screen_event(s, &e);
}

static void
fill(struct screen *s)
{
	static char endless[65536];

	memset(endless, 'e', sizeof endless - 1);
	tell(s, AUD_KIND_SCAN, AUD_CRITICAL, AUD_ACTION_NEW, "e1", endless, T0 + 400 * SEC);
	warn(s, AUD_ALERT_DROPS, endless, T0 + 400 * SEC);
	for (unsigned i = 0; i < 300; i++) {
		char id[20], reason[100];

		snprintf(id, sizeof id, "%016x", i);
		snprintf(reason, sizeof reason, "number %u", i);
		tell(s, AUD_KIND_SCAN, i % 2 ? AUD_LOW : AUD_MEDIUM, AUD_ACTION_NEW, id, reason, T0 + i * SEC);
	}
}

static void
story(struct screen *s)
{
	tell(s, AUD_KIND_UNDOCUMENTED_FLOW, AUD_MEDIUM, AUD_ACTION_NEW, "a1", "10.2.0.7 (client) used RDP on 3389/tcp of fe01 (front-end), "
	    "which no loaded document lists.", T0 + 10 * SEC);
	tell(s, AUD_KIND_WRONG_PROTOCOL, AUD_HIGH, AUD_ACTION_NEW, "a2", "10.2.0.8 (client) used SSH on 5061/tcp of fe01 (front-end), where the "
	    "document lists TLS on 5061/tcp (sfb-2015-servers-es T1 row 3).", T0 + 20 * SEC);
	tell(s, AUD_KIND_CLEARTEXT, AUD_HIGH, AUD_ACTION_NEW, "a3", "evil\033[2J\033[31m\xe2\x80\xae" "gnp\xff name \xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", T0 + 30 * SEC);
	tell(s, AUD_KIND_SCAN, AUD_CRITICAL, AUD_ACTION_NEW, "a4", "it ended", T0 + 40 * SEC);
	tell(s, AUD_KIND_SCAN, AUD_CRITICAL, AUD_ACTION_ENDED, "a4", "it ended", T0 + 41 * SEC);
	tell(s, AUD_KIND_UNDOCUMENTED_FLOW, AUD_MEDIUM, AUD_ACTION_UPDATED, "a1", "10.2.0.7 (client) used RDP on 3389/tcp of fe01 (front-end) twice.",
	    T0 + 50 * SEC);
	warn(s, AUD_ALERT_STARTED, "auditing eth0 and eth1", T0);
	warn(s, AUD_ALERT_INTERFACE_DOWN, "eth1 is down", T0 + 30 * SEC);
}

int
main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "", *path = getenv("SCREEN_BEAT");
	FILE *beat = path ? fopen(path, "w") : NULL; /* a dot for each round of the loop */
	const struct aud_live_interface interfaces[] = {{"eth0", true, 123456, 12, 0}, {"eth1\033]0;x\a", false, 10, 0, 0}};
	struct aud_live_status st = {.now_ns = T0 + 60 * SEC, .started_ns = T0, .last_packet_ns = T0 + 59 * SEC, .interfaces = interfaces,
	    .ninterfaces = 2, .frames = 123456, .packets = 120000, .bytes = 98000000, .flows = 54321, .live_flows = 1234, .states = 56,
	    .findings = {0, 0, 1, 2, 0}, .waived = 3, .flushes = 12, .last_flush_ns = T0 + 57 * SEC, .judged_ns = T0 + 55 * SEC,
	    .judge_took_ns = 23000000, .resident = 134217728};
	struct aud_coverage coverage = {.nroles = 3};
	const atomic_bool *stop = signals_watch();
	struct aud_err err = {0};
	struct screen *s;
	bool end = false;

	if (!(coverage.roles = calloc(3, sizeof *coverage.roles)))
		return 2;
	coverage.roles[0].role = AUD_ROLE_FRONT_END;
	coverage.roles[1].role = AUD_ROLE_CLIENT;
	coverage.roles[2].role = AUD_ROLE_MEDIATION;
	coverage.roles[0].seen = coverage.roles[1].seen = 1;
	if (screen_open(&s, &(struct screen_opts){.site = "Contoso headquarters", .database = strcmp(what, "many") != 0}, &err) != AUD_OK)
		return 2;
	story(s);
	if (!strcmp(what, "many"))
		fill(s);
	while (!end && !atomic_load(stop)) {
		struct pollfd p = {.fd = screen_fd(s), .events = POLLIN};

		screen_status(s, &st, &coverage, NULL);
		poll(&p, 1, 1000);
		end = screen_keys(s);
		if (beat)
			fputc('.', beat), fflush(beat);
		st.now_ns += !strcmp(what, "lines") ? 60 * SEC : SEC;
		st.packets += 12345;
		st.frames += 12345;
		st.bytes += 12345000;
	}
	if (beat)
		fclose(beat);
	free(coverage.roles);
	screen_free(s);
	puts("ended");
	return 0;
}
