/* spanaudit watch: its command line, and what has to be opened before there is a sandbox. The loop is watch_loop.c. */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <aud/device.h>
#include <aud/evidence.h>

#include "options.h"
#include "render.h"
#include "signals.h"
#include "watch_loop.h"

#define AT(field) offsetof(struct watch_args, field)

static const char *
set_interface(void *field, const char *text)
{
	struct interfaces *v = field;

	if (!*text || v->n == AUD_DEVICES_MAX)
		return "an interface, 16 of them at most";
	v->names[v->n++] = text;
	return NULL;
}

/* A whole number with a unit; NULL: good. */
static const char *
duration(uint64_t *ns, const char *text, uint64_t unit, const char *want)
{
	uint64_t n;
	char *end;

	if (!isdigit((unsigned char)*text))
		return want;
	errno = 0;
	n = strtoull(text, &end, 10);
	if (*end && !end[1])
		unit = *end == 's' ? 1 : *end == 'm' ? 60 : *end == 'h' ? 3600 : *end == 'd' ? 86400 : 0;
	else if (*end)
		unit = 0;
	if (errno || !unit || n > UINT64_C(315360000) / unit)
		return want;
	*ns = n * unit * UINT64_C(1000000000);
	return NULL;
}

static const char *
set_seconds(void *field, const char *text)
{
	return duration(field, text, 1, "seconds, or a number with s, m, h or d; 0: never");
}

static const char *
set_flush(void *field, const char *text)
{
	static const char *const want = "from a second to an hour: seconds, or a number with s, m or h";
	const char *why = duration(field, text, 1, want);

	if (why)
		return why;
	return *(uint64_t *)field && *(uint64_t *)field <= 3600 * WATCH_SECOND ? NULL : want;
}

static const char *
set_window(void *field, const char *text)
{
	static const char *const want = "from a minute on: a number with m, h or d; without a unit seconds";
	const char *why = duration(field, text, 1, want);

	return why ? why : *(uint64_t *)field >= UINT64_C(60000000000) ? NULL : want;
}

static const char *
set_days(void *field, const char *text)
{
	return duration(field, text, 86400, "days, or a number with h or d; 0: for ever");
}

static const char *
set_evidence_size(void *field, const char *text)
{
	static const char *const want = "a number of bytes from 16M on, such as 512M or 2G";

	return opt_size(field, text) || *(size_t *)field < AUD_EVIDENCE_SIZE_LEAST ? want : NULL;
}

/* Port 0 would be any free one, which nobody could know. What else an address has to be the server's own reading tells. */
static const char *
set_metrics(void *field, const char *text)
{
	const char *port = strrchr(text, ':') ? strrchr(text, ':') + 1 : text;
	size_t zeros = strspn(port, "0");

	if (zeros && (!port[zeros] || port[zeros] == '/'))
		return "an address and a port from 1 to 65535, such as 127.0.0.1:9100";
	return opt_text(field, text);
}

static const char *
set_snaplen(void *field, const char *text)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = isdigit((unsigned char)*text) ? strtoul(text, &end, 10) : 0;
	if (errno || !n || *end || n < 64 || n > AUD_SNAPLEN_MAX)
		return "bytes of a frame, from 64 to 262144";
	*(uint32_t *)field = (uint32_t)n;
	return NULL;
}

static const struct opt opts[] = {
    {'i', "interface", "NAME", "capture on this interface; may be given again; 'list' tells which there are", set_interface, AT(interfaces)},
    {'s', "site", "FILE", "the site file: which host plays which role", opt_text, AT(site)},
    {'d', "database", "FILE", "keep the audit in this SQLite database, and go on with it at the next start", set_database, AT(db)},
    {'o', "output", "FILE", "at the end write the report to FILE; its ending chooses the format", opt_text, AT(render.out)},
    {'f', "format", "FORMAT", "of that report: text (default), json, jsonl, csv, md, html, sarif or cef", opt_text, AT(render.format_name)},
    {0, "rules", "DIR", "rules of this folder instead of the built-in ones", opt_text, AT(rules)},
    {0, "filter", "EXPR", "only packets that match, as in pcap-filter(7)", opt_text, AT(filter)},
    {0, "snaplen", "N", "bytes to keep of a frame; default: all", set_snaplen, AT(snaplen)},
    {0, "buffer", "SIZE", "of the kernel, for each interface; default 64M", opt_size, AT(buffer)},
    {0, "memory", "SIZE", "bound for the whole process, the buffers included; default 512M", opt_size, AT(memory)},
    {0, "threads", "N", "default: one per processor", opt_threads, AT(threads)},
    {0, "flush", "SECONDS", "judge, and write the database, this often; default 5, at most 1h", set_flush, AT(flush_ns)},
    {0, "window", "DURATION", "what was silent for longer leaves the audit; default 24h", set_window, AT(window_ns)},
    {0, "keep", "DAYS", "delete from the database what is older; default: never", set_days, AT(keep_ns)},
    {0, "events", "FILE", "tell findings, alerts and heartbeats as JSON lines; - is standard output", opt_text, AT(events)},
    {0, "syslog", "TARGET", "tell findings and alerts to syslog: /dev/log or udp://HOST:PORT", opt_text, AT(syslog)},
    {0, "heartbeat", "SECONDS", "tell the sensor's state this often; default 60, 0: never", set_seconds, AT(heartbeat_ns)},
    {0, "silence", "SECONDS", "so long without a packet is an alert; default 60, 0: never", set_seconds, AT(silence_ns)},
    {0, "metrics", "ADDRESS", "serve counters for Prometheus, such as 127.0.0.1:9100", set_metrics, AT(metrics)},
    {0, "evidence", "DIR", "keep recent packets here, and those of findings", opt_text, AT(evidence)},
    {0, "evidence-size", "SIZE", "of recent packets; default 256M, at least 16M", set_evidence_size, AT(evidence_size)},
    {0, "user", "NAME", "become this user once all is open", opt_text, AT(user)},
    {0, "fail-on", "SEVERITY", "exit 1 from: info low medium (default) high critical", set_severity, AT(fail_on)},
    {0, "no-sandbox", NULL, "keep all privileges: for debugging only", opt_flag, AT(no_sandbox)},
    {0, "no-promiscuous", NULL, "only what the interface would take anyway", opt_flag, AT(no_promiscuous)},
    {0, "no-dedup", NULL, "count packets that were mirrored twice as two", opt_flag, AT(no_dedup)},
};

static const struct usage usage = {
    "watch",
    "-i INTERFACE",
    "Audits what passes an interface, such as a SPAN port, until it is stopped. Findings are told as they arise; with -d the database tells the "
    "truth at any moment ('spanaudit report -d').\n",
    "SIGHUP: site, rules and waivers are read again, the file of events is opened anew. SIGTERM, SIGINT, q: a clean end; a second signal "
    "ends at once.\n"
    "Exit status: 0 nothing at or above --fail-on was open at the end, 1 findings were, 2 command line, site, rules or database wrong, 3 the "
    "capture failed, 4 out of memory or of a limit.\n",
    opts,
    sizeof opts / sizeof *opts,
};

static void
print_interface(void *user, const char *name, const char *text)
{
	char clean[256];

	fprintf(user, "%-16s  %s\n", name, aud_text_clean(clean, sizeof clean, text));
}

static enum status
list(void)
{
	struct aud_err err = {0};

	return worse(say_err(aud_device_list(print_interface, stdout, &err), &err), output_flush());
}

/* What is written must be none of what is read, and not the same twice. */
static bool
outputs_usable(const struct watch_args *a)
{
	const char *const none[] = {a->site}, *const db[] = {a->site, a->db};

	return output_usable(a->db, none, 1) && output_usable(a->render.out, db, 2) &&
	    (!a->events || !strcmp(a->events, "-") || output_usable(a->events, db, 2));
}

/* What is asked for in vain is told, and so are two outputs that would run into each other. */
static int
options_fit(const struct watch_args *a)
{
	bool report = a->render.out ? !strcmp(a->render.out, "-") : a->render.format_name != NULL;

	if (report && a->events && !strcmp(a->events, "-"))
		return opts_fail(&usage, "--events - and the report (%s) both write to standard output: name a file for one of them",
		    a->render.out ? "--output -" : "--format without --output");
	if (a->keep_ns && !a->db)
		return opts_fail(&usage, "--keep: is for a database: name one with -d");
	if (a->evidence_size && !a->evidence)
		return opts_fail(&usage, "--evidence-size: is for evidence: name a folder with --evidence");
	return STATUS_OK;
}

int
cmd_watch(int argc, char **argv)
{
	struct watch_args a = {.fail_on = AUD_MEDIUM, .buffer = 64 << 20, .memory = 512 << 20, .flush_ns = 5 * WATCH_SECOND,
	    .window_ns = 86400 * WATCH_SECOND, .heartbeat_ns = 60 * WATCH_SECOND, .silence_ns = 60 * WATCH_SECOND};
	int status = opts_parse(&usage, &a, argc, argv);

	if (status >= 0)
		return status;
	if (optind < argc)
		return opts_fail(&usage, "'%s' is one word too many: name interfaces with -i; captures are for 'spanaudit audit'", argv[optind]);
	if (!a.interfaces.n)
		return opts_fail(&usage, "no interface: name it with -i ('-i list' tells which there are)");
	if (a.interfaces.n == 1 && !strcmp(a.interfaces.names[0], "list"))
		return (int)list();
	if (!render_format(&usage, &a.render))
		return STATUS_USAGE;
	if ((status = options_fit(&a)) != STATUS_OK)
		return status;
	if (!a.evidence_size)
		a.evidence_size = 256 << 20;
	if (!outputs_usable(&a))
		return STATUS_USAGE;
	return (int)watch_run(&a);
}
