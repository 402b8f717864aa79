/*
 * Events of a running audit as lines of JSON and as syslog messages: content, hostile text, sinks that fail. With AUD_EVENTS_OUT set,
 * the lines go to that file too, for watch_schema.py.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include <aud/events.h>

#include "judge_world.h"
#include "tell.h"

static char dir[64], file[96];

static int
setup(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	snprintf(dir, sizeof dir, "/tmp/spanaudit-events-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(file, sizeof file, "%s/events.jsonl", dir);
	return 0;
}

static int
clean(void **state)
{
	(void)state;
	unlink(file);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	return rmdir(dir);
}

/* The wrong protocol on 5061: SSH of a client where TLS is printed. */
static struct aud_finding *
wrong_protocol(struct world *w)
{
	struct aud_case *c;

	world_init(w);
	c = world_case(w, "10.2.0.8", "10.1.0.11", 5061);
	case_app(c, "SSH");
	case_failed(c, AUD_STEP_APP, RULE_5061);
	world_judge(w);
	for (size_t i = 0; i < w->trial.nfindings; i++)
		if (w->trial.findings[i].kind == AUD_KIND_WRONG_PROTOCOL)
			return &w->trial.findings[i];
	fail_msg("no finding of a wrong protocol");
	return NULL;
}

static struct aud_event
told(struct world *w, const struct aud_finding *f)
{
	return (struct aud_event){.kind = AUD_EVENT_FINDING, .ts_ns = T0 + 123456789, .action = AUD_ACTION_NEW, .finding = f,
	    .trial = &w->trial, .client_port = 50123, .evidence = "/var/lib/evidence/finding-x.pcapng"};
}

static const struct aud_live_interface eth0 = {"eth0", true, 1000, 3, 1};
static struct aud_live_status
busy(void)
{
	struct aud_live_status s = {.now_ns = T0 + 90 * SEC, .started_ns = T0, .last_packet_ns = T0 + 89 * SEC, .interfaces = &eth0,
	    .ninterfaces = 1, .frames = 1000, .packets = 990, .bytes = UINT64_MAX, .flows = 20, .findings = {0, 1, 2, 3, 4}, .waived = 5};

	s.alerts[AUD_ALERT_DROPS] = 7;
	return s;
}

static void
keep(const char *line, size_t n)
{
	const char *path = getenv("AUD_EVENTS_OUT");
	FILE *f = path ? fopen(path, "a") : NULL;

	if (f) {
		assert_int_equal(fwrite(line, 1, n, f), n);
		fclose(f);
	}
}

/* One line, valid JSON (and so valid UTF-8), and nothing in it that a terminal would obey. */
static json_t *
parsed(const struct aud_event *e)
{
	json_error_t error;
	size_t n = 0;
	char *line = tell_line(e, &n);
	json_t *o;

	assert_non_null(line);
	assert_int_equal(line[n - 1], '\n');
	for (size_t i = 0; i + 1 < n; i++)
		assert_true((unsigned char)line[i] >= ' ' && line[i] != 0x7f);
	o = json_loadb(line, n, JSON_REJECT_DUPLICATES, &error);
	assert_non_null(o);
	keep(line, n);
	free(line);
	return o;
}

static const char *
text(const json_t *o, const char *path)
{
	char key[64];
	size_t n;

	for (; o && (n = strcspn(path, ".")); path += n + (path[n] != '\0')) {
		snprintf(key, sizeof key, "%.*s", (int)n, path);
		o = json_is_array(o) ? json_array_get(o, (size_t)atoi(key)) : json_object_get(o, key);
	}
	if (!o)
		fail_msg("%s is not there", path);
	return json_string_value(o);
}

static json_int_t
number(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);

	assert_true(json_is_integer(v));
	return json_integer_value(v);
}

static void
test_finding(void **state)
{
	struct world w;
	struct aud_finding *f = wrong_protocol(&w);
	struct aud_event e = told(&w, f);
	json_t *o = parsed(&e), *r = json_object_get(o, "finding");

	(void)state;
	assert_string_equal(text(o, "timestamp"), "2024-03-01T09:00:00.123456+0000");
	assert_string_equal(text(o, "event_type"), "finding");
	assert_string_equal(text(o, "src_ip"), "10.2.0.8");
	assert_int_equal(number(o, "src_port"), 50123);
	assert_string_equal(text(o, "dest_ip"), "10.1.0.11");
	assert_int_equal(number(o, "dest_port"), 5061);
	assert_string_equal(text(o, "proto"), "TCP");
	assert_string_equal(text(o, "app_proto"), "SSH");
	/* Both reckoned by Python's hashlib. */
	assert_string_equal(text(o, "community_id"), "1:Q54A8OLE0QGy5kyyZ48VV9UWKgg=");
	assert_int_equal(number(o, "flow_id"), INT64_C(872266596184455));
	assert_string_equal(text(r, "id"), f->id);
	assert_string_equal(text(r, "action"), "new");
	assert_string_equal(text(r, "kind"), "wrong-protocol");
	assert_string_equal(text(r, "severity"), "high");
	assert_string_equal(text(r, "client.roles.0"), "client");
	assert_string_equal(text(r, "server.name"), "fe01");
	assert_string_equal(text(r, "rule"), "fe-5061");
	assert_string_equal(text(r, "citations.0"), "made-up-2015#T1.3");
	assert_string_equal(text(r, "first"), "2024-03-01T09:01:00.000000000Z");
	assert_int_equal(number(r, "flows"), 1);
	assert_int_equal(number(r, "packets"), 10);
	assert_string_equal(text(r, "evidence.0.input"), "day.pcap");
	assert_int_equal(number(json_array_get(json_object_get(r, "evidence"), 0), "frame"), 10);
	assert_string_equal(text(r, "evidence_file"), "/var/lib/evidence/finding-x.pcapng");
	assert_true(json_is_null(json_object_get(r, "evidence_missing")) && json_is_null(json_object_get(r, "waiver")));
	json_decref(o);
	world_clear(&w);
}

/* Without the client's port there is no community id: no wrong one. The flow keeps its number. */
static void
test_port_unknown(void **state)
{
	struct world w;
	struct aud_event e = told(&w, wrong_protocol(&w));
	json_t *o;

	(void)state;
	e.client_port = 0;
	e.action = AUD_ACTION_ENDED;
	e.evidence = NULL;
	e.no_evidence = "frame 10 is not in the ring any more";
	o = parsed(&e);
	assert_null(json_object_get(o, "community_id"));
	assert_null(json_object_get(o, "src_port"));
	assert_int_equal(number(o, "flow_id"), INT64_C(872266596184455));
	assert_string_equal(text(o, "finding.action"), "ended");
	assert_string_equal(text(o, "finding.evidence_missing"), e.no_evidence);
	json_decref(o);
	world_clear(&w);
}

/* A finding about hosts as a whole, and one about the capture. */
static void
test_no_port(void **state)
{
	struct world w;
	struct aud_finding f = {.id = "0123456789abcdef", .kind = AUD_KIND_CAPTURE_LOSS, .reason = (char *)(uintptr_t)"lost", .port = -1,
	    .rule = -1, .nearest = -1, .waiver = -1};
	struct aud_event e;
	json_t *o;

	(void)state;
	world_init(&w);
	e = told(&w, &f);
	e.evidence = NULL;
	o = parsed(&e);
	assert_null(json_object_get(o, "src_ip"));
	assert_null(json_object_get(o, "dest_port"));
	assert_null(json_object_get(o, "flow_id"));
	assert_null(json_object_get(o, "community_id"));
	assert_true(json_is_null(json_object_get(json_object_get(o, "finding"), "first")));
	json_decref(o);
	/* Protocols without ports have a community id all the same; this one is of the baseline. */
	assert_true(aud_addr_parse("10.1.12.1", &f.client) && aud_addr_parse("10.1.12.2", &f.server));
	f.proto = 46;
	o = parsed(&e);
	assert_string_equal(text(o, "community_id"), "1:KHlLkgoJW7ifUTyTSgyVfkFHzKw=");
	json_decref(o);
	world_clear(&w);
}

static void
test_alert_and_stats(void **state)
{
	struct aud_live_status s = busy();
	struct aud_event e = {.kind = AUD_EVENT_ALERT, .ts_ns = T0, .alert = AUD_ALERT_NO_PACKETS, .text = "no packets for 60 s", .status = &s};
	json_t *o = parsed(&e), *r;

	(void)state;
	assert_string_equal(text(o, "event_type"), "alert");
	assert_string_equal(text(o, "alert.name"), "no-packets");
	assert_string_equal(text(o, "alert.severity"), "high");
	assert_string_equal(text(o, "alert.text"), "no packets for 60 s");
	json_decref(o);
	e.kind = AUD_EVENT_STATS;
	o = parsed(&e);
	r = json_object_get(o, "stats");
	assert_int_equal(number(r, "uptime"), 90);
	assert_int_equal(number(r, "frames"), 1000);
	assert_int_equal(number(r, "bytes"), INT64_MAX);
	assert_string_equal(text(r, "last_packet"), "2024-03-01T09:01:29.000000000Z");
	assert_true(json_is_null(json_object_get(r, "last_flush")));
	assert_int_equal(number(json_object_get(r, "findings"), "critical"), 4);
	assert_int_equal(number(json_object_get(r, "findings"), "info"), 0);
	assert_int_equal(number(json_object_get(r, "alerts"), "drops"), 7);
	assert_string_equal(text(r, "interfaces.0.name"), "eth0");
	json_decref(o);
}

static long until_none;

static void *
fewer(size_t n)
{
	return until_none-- > 0 ? malloc(n) : NULL;
}

/* Memory that ends at each of the places where it may: there is the whole line, or none. */
static void
test_no_memory(void **state)
{
	struct world w;
	struct aud_event e = told(&w, wrong_protocol(&w));
	size_t whole = 0, n;
	char *line = tell_line(&e, &whole);
	unsigned none = 0;

	(void)state;
	free(line);
	json_set_alloc_funcs(fewer, free);
	for (long i = 0; i < 2000; i++) {
		until_none = i;
		if ((line = tell_line(&e, &n)))
			assert_int_equal(n, whole);
		none += !line;
		free(line);
	}
	json_set_alloc_funcs(malloc, free);
	assert_true(none > 100 && none < 2000);
	world_clear(&w);
}

#define HOSTILE "x\033]0;owned\a\"\\]\n\xe2\x80\xae\xff\xc2\x9b" "31m"
#define HARMLESS "x\\x1b]0;owned\\x07\"\\]\\x0a\\u{202e}\\xff\\u{9b}31m"

static char *
long_name(void)
{
	char *s = malloc(65537);

	assert_non_null(s);
	for (size_t i = 0; i < 65536; i += 2)
		memcpy(s + i, "\xc3\xa9", 2);
	s[65536] = '\0';
	return s;
}

/* Hostile and endless text in every place that takes any. */
static void
poison(struct world *w, struct aud_finding *f, struct aud_live_interface *in, struct aud_waiver *waiver, const char *s)
{
	static const char *own[1];

	own[0] = s;
	free(f->reason);
	f->reason = strdup(s);
	f->app = s;
	f->client_name = f->server_name = s;
	f->client_roles |= AUD_ROLE_BIT(AUD_ROLE_BUILTIN);
	*waiver = (struct aud_waiver){.reason = s, .owner = s, .expires = s};
	w->site.own_roles = own;
	w->site.nown_roles = 1;
	w->site.waivers = waiver;
	w->site.nwaivers = 1;
	f->waiver = 0;
	w->inputs[0].info.path = s;
	in->name = s;
}

static void
test_hostile(void **state)
{
	struct world w;
	struct aud_finding *f = wrong_protocol(&w);
	struct aud_live_interface in = eth0;
	struct aud_live_status s = busy();
	struct aud_waiver waiver;
	struct aud_event e = told(&w, f);
	json_t *o;

	(void)state;
	s.interfaces = &in;
	poison(&w, f, &in, &waiver, HOSTILE);
	e.evidence = e.no_evidence = e.text = HOSTILE;
	e.status = &s;
	o = parsed(&e);
	assert_string_equal(text(o, "app_proto"), HARMLESS);
	assert_string_equal(text(o, "finding.reason"), HARMLESS);
	assert_string_equal(text(o, "finding.client.name"), HARMLESS);
	assert_string_equal(text(o, "finding.client.roles.1"), HARMLESS);
	assert_string_equal(text(o, "finding.waiver.owner"), HARMLESS);
	assert_string_equal(text(o, "finding.evidence.0.input"), HARMLESS);
	json_decref(o);
	e.kind = AUD_EVENT_STATS;
	o = parsed(&e);
	assert_string_equal(text(o, "stats.interfaces.0.name"), HARMLESS);
	json_decref(o);
	world_clear(&w);
}

static void
test_endless(void **state)
{
	struct world w;
	struct aud_finding *f = wrong_protocol(&w);
	struct aud_live_interface in = eth0;
	struct aud_waiver waiver;
	struct aud_event e = told(&w, f);
	char *endless = long_name(), message[2048];
	const struct syslog_who who = {.host = "sensor", .version = "0.1.0", .pid = 1, .sequence = 1};
	const char *reason;
	json_t *o;
	size_t n;

	(void)state;
	poison(&w, f, &in, &waiver, endless);
	e.evidence = e.no_evidence = endless;
	o = parsed(&e);
	reason = text(o, "finding.reason");
	assert_true(strlen(reason) <= 4096 && strlen(reason) > 4000);
	assert_string_equal(reason + strlen(reason) - 3, "\xe2\x80\xa6");
	json_decref(o);
	n = syslog_format(message, sizeof message, &who, &e);
	assert_true(n > 1000 && n <= sizeof message);
	assert_memory_equal(message + n - 3, "\xe2\x80\xa6", 3);
	free(endless);
	world_clear(&w);
}

/* What fits is never marked as cut, what does not always is, wherever the cut falls. */
static void
test_cut(void **state)
{
	char out[40];

	(void)state;
	for (size_t n = 0; n < 80; n++) {
		char in[81];

		memset(in, 'a', n);
		in[n] = '\0';
		tell_clean(out, sizeof out, in);
		if (n < sizeof out)
			assert_string_equal(out, in);
		else {
			assert_int_equal(strlen(out), sizeof out - 1);
			assert_string_equal(out + sizeof out - 4, "\xe2\x80\xa6");
		}
	}
	tell_clean(out, sizeof out, "0123456789012345678901234567890123456\xf0\x9f\x98\x80 and more");
	assert_string_equal(out, "012345678901234567890123456789012345\xe2\x80\xa6");
}

/* RFC 5424, section 6: facility daemon (3), severity error (3). */
static void
test_syslog_finding(void **state)
{
	struct world w;
	struct aud_finding *f = wrong_protocol(&w);
	struct aud_event e = told(&w, f);
	const struct syslog_who who = {.host = "sensor", .version = "0.1.0", .pid = 77, .sequence = 5};
	char message[8192], expected[8192];
	size_t n = syslog_format(message, sizeof message, &who, &e);

	(void)state;
	snprintf(expected, sizeof expected,
	    "<27>1 2024-03-01T09:00:00.123456Z sensor spanaudit 77 wrong-protocol [spanaudit@32473 id=\"%s\" action=\"new\" "
	    "kind=\"wrong-protocol\" severity=\"high\" certainty=\"%s\" src=\"10.2.0.8\" dst=\"10.1.0.11\" dpt=\"5061\" proto=\"tcp\" app=\"SSH\" "
	    "spt=\"50123\" communityId=\"1:Q54A8OLE0QGy5kyyZ48VV9UWKgg=\" flows=\"1\" packets=\"10\" rule=\"fe-5061\" "
	    "citations=\"made-up-2015#T1.3\" evidenceFile=\"/var/lib/evidence/finding-x.pcapng\"]"
	    "[origin software=\"spanaudit\" swVersion=\"0.1.0\"][meta sequenceId=\"5\"] "
	    "\xef\xbb\xbf" "Another protocol than the documented one (new): %s",
	    f->id, aud_certainty_name(f->certainty), f->reason);
	assert_string_equal(message, expected);
	assert_int_equal(n, strlen(expected));
	/* What is over is for information. */
	e.action = AUD_ACTION_ENDED;
	assert_true(syslog_format(message, sizeof message, &who, &e) > 0);
	assert_memory_equal(message, "<30>1 ", 6);
	e.kind = AUD_EVENT_STATS;
	assert_int_equal(syslog_format(message, sizeof message, &who, &e), 0);
	world_clear(&w);
}

/* Section 6.3.3: quotes, backslashes and brackets in values are escaped. */
static void
test_syslog_hostile(void **state)
{
	struct world w;
	struct aud_finding *f = wrong_protocol(&w);
	struct aud_event e = told(&w, f);
	const struct syslog_who who = {.host = "-", .version = "-", .pid = 1, .sequence = 1};
	char message[2048];
	size_t n;

	(void)state;
	f->app = HOSTILE;
	e.evidence = NULL;
	n = syslog_format(message, sizeof message, &who, &e);
	assert_non_null(strstr(message, " app=\"x\\\\x1b\\]0;owned\\\\x07\\\"\\\\\\]\\\\x0a\\\\u{202e}\\\\xff\\\\u{9b}31m\" "));
	assert_non_null(strstr(message, "[origin software=\"spanaudit\"][meta sequenceId=\"1\"] \xef\xbb\xbf"));
	for (size_t i = 0; i < n; i++)
		assert_true((unsigned char)message[i] >= ' ' && message[i] != 0x7f);
	world_clear(&w);
}

static struct aud_event
plain(const char *s)
{
	return (struct aud_event){.kind = AUD_EVENT_ALERT, .ts_ns = T0, .alert = AUD_ALERT_DROPS, .text = s};
}

static struct aud_events *
open_file(const char *path, size_t backlog)
{
	const struct aud_events_opts o = {.file = path, .backlog = backlog};
	struct aud_events *e;
	struct aud_err err = {0};

	if (aud_events_open(&e, &o, &err) != AUD_OK)
		fail_msg("%s", err.msg);
	return e;
}

/* The texts of the lines of a file, in order, each valid; returns how many. */
static size_t
texts(const char *path, char out[][32], size_t max)
{
	FILE *f = fopen(path, "r");
	char line[4096];
	size_t n = 0;

	assert_non_null(f);
	for (; fgets(line, sizeof line, f); n++) {
		json_t *o = json_loads(line, 0, NULL);

		if (!o)
			fail_msg("no JSON: %s", line);
		assert_true(n < max);
		snprintf(out[n], 32, "%s", text(o, "alert.text"));
		json_decref(o);
	}
	fclose(f);
	return n;
}

static void
tell(struct aud_events *e, const char *s)
{
	struct aud_event event = plain(s);

	aud_events_tell(e, &event);
}

static void
test_file_appends_and_rotates(void **state)
{
	struct aud_events *e = open_file(file, 0);
	char old[128], lines[8][32];
	struct aud_err err = {0};
	struct stat st;

	(void)state;
	snprintf(old, sizeof old, "%s.1", file);
	tell(e, "one");
	assert_int_equal(rename(file, old), 0);
	tell(e, "two");
	assert_int_equal(aud_events_reopen(e, &err), AUD_OK);
	tell(e, "three");
	aud_events_close(e);
	assert_int_equal(texts(old, lines, 8), 2);
	assert_string_equal(lines[1], "two");
	assert_int_equal(texts(file, lines, 8), 1);
	e = open_file(file, 0);
	tell(e, "four");
	aud_events_close(e);
	assert_int_equal(texts(file, lines, 8), 2);
	assert_string_equal(lines[0], "three");
	assert_string_equal(lines[1], "four");
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 07137, 0);
	unlink(old);
}

/* The folder is gone: the old file stays in use. */
static void
test_reopen_fails(void **state)
{
	char sub[80], path[96], gone[96], lines[4][32];
	struct aud_events *e;
	struct aud_err err = {0};

	(void)state;
	snprintf(sub, sizeof sub, "%s/sub", dir);
	snprintf(path, sizeof path, "%s/events", sub);
	snprintf(gone, sizeof gone, "%s/away", dir);
	assert_int_equal(mkdir(sub, 0700), 0);
	e = open_file(path, 0);
	assert_int_equal(rename(path, gone), 0);
	assert_int_equal(rmdir(sub), 0);
	assert_int_equal(aud_events_reopen(e, &err), AUD_IO);
	assert_non_null(strstr(err.msg, "events go on to the old file"));
	tell(e, "still");
	aud_events_close(e);
	assert_int_equal(texts(gone, lines, 4), 1);
	unlink(gone);
}

static void
limit(rlim_t bytes)
{
	struct rlimit r;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &r), 0);
	r.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &r), 0);
}

static off_t
size_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_size;
}

/* A disk that is full in the middle of a line, as a limit on the file's size has it: nothing is lost, and no line is broken. */
static void
test_disk_full(void **state)
{
	struct aud_events *e = open_file(file, 0);
	struct aud_events_stats s;
	char lines[8][32];

	(void)state;
	tell(e, "one");
	limit((rlim_t)size_of(file) + 20);
	tell(e, "two");
	tell(e, "three");
	aud_events_stats(e, &s);
	limit(RLIM_INFINITY);
	assert_int_equal(s.lines, 1);
	assert_int_equal(s.lost, 0);
	assert_true(s.waiting > 0);
	assert_non_null(strstr(s.failing, strerror(EFBIG)));
	aud_events_flush(e);
	aud_events_stats(e, &s);
	assert_string_equal(s.failing, "");
	assert_int_equal(s.waiting, 0);
	aud_events_close(e);
	assert_int_equal(texts(file, lines, 8), 3);
	assert_string_equal(lines[1], "two");
	assert_string_equal(lines[2], "three");
}

/* Rotated while a line is written by half: the new file has it whole. */
static void
test_rotated_in_a_line(void **state)
{
	struct aud_events *e = open_file(file, 0);
	char old[128], lines[8][32];
	struct aud_err err = {0};

	(void)state;
	snprintf(old, sizeof old, "%s.1", file);
	tell(e, "one");
	limit((rlim_t)size_of(file) + 20);
	tell(e, "two");
	assert_int_equal(rename(file, old), 0);
	/* The old file stays full; the new one may take what it likes, up to the same size. */
	limit((rlim_t)size_of(old));
	assert_int_equal(aud_events_reopen(e, &err), AUD_OK);
	limit(RLIM_INFINITY);
	tell(e, "three");
	aud_events_close(e);
	assert_int_equal(texts(file, lines, 8), 2);
	assert_string_equal(lines[0], "two");
	assert_string_equal(lines[1], "three");
	unlink(old);
}

/* What is more than the backlog is lost and counted; the oldest lines stay. */
static void
test_backlog(void **state)
{
	struct aud_events *e = open_file("/dev/full", 1000);
	struct aud_events_stats s;

	(void)state;
	for (int i = 0; i < 100; i++)
		tell(e, "full");
	aud_events_stats(e, &s);
	assert_int_equal(s.lines, 0);
	assert_true(s.waiting > 500 && s.waiting <= 1000);
	assert_true(s.lost > 80 && s.lost < 100);
	assert_non_null(strstr(s.failing, "/dev/full"));
	aud_events_close(e);
}

/* A process that was killed in the middle of a line. */
static void
test_half_line_before(void **state)
{
	FILE *f = fopen(file, "w");
	struct aud_events *e;
	char line[512];

	(void)state;
	assert_non_null(f);
	fputs("{\"half\":", f);
	fclose(f);
	e = open_file(file, 0);
	tell(e, "one");
	aud_events_close(e);
	assert_non_null(f = fopen(file, "r"));
	assert_non_null(fgets(line, sizeof line, f));
	assert_string_equal(line, "{\"half\":\n");
	assert_non_null(fgets(line, sizeof line, f));
	assert_memory_equal(line, "{\"schema\"", 9);
	fclose(f);
}

/* Standard output becomes a pipe that nobody reads, then one whose reader has gone. Were it to wait, the alarm would end the test. */
static void
test_pipe(void **state)
{
	int ends[2], saved = dup(STDOUT_FILENO);
	struct aud_events_stats full, gone;
	struct aud_events *e;
	static char all[1 << 17];
	size_t n = 0;
	ssize_t got;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(dup2(ends[1], STDOUT_FILENO), STDOUT_FILENO);
	alarm(20);
	e = open_file("-", 1 << 16);
	for (int i = 0; i < 2000; i++)
		tell(e, "nobody reads this");
	aud_events_stats(e, &full);
	/* What was taken is whole lines again, once the reader is back. */
	while (n < sizeof all && (got = read(ends[0], all + n, n ? 4096 : sizeof all)) > 0) {
		n += (size_t)got;
		aud_events_flush(e);
		struct pollfd p = {.fd = ends[0], .events = POLLIN};
		if (poll(&p, 1, 0) != 1)
			break;
	}
	close(ends[0]);
	tell(e, "nobody can");
	aud_events_stats(e, &gone);
	aud_events_close(e);
	alarm(0);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	close(ends[1]);
	assert_true(full.lost > 0 && full.waiting > 0 && full.lines > 100);
	assert_non_null(strstr(full.failing, "standard output: whoever reads it is too slow"));
	assert_int_equal(all[n - 1], '\n');
	size_t newlines = 0;
	for (size_t i = 0; i < n; i++)
		newlines += all[i] == '\n';
	assert_int_equal(newlines, full.lines + full.waiting / (n / newlines));
	assert_non_null(strstr(gone.failing, "whoever read it has gone"));
}

/* A FIFO without a reader: neither does opening wait, nor writing, and a reader gets what it holds. */
static void
test_fifo(void **state)
{
	struct aud_events *e;
	char line[512] = "";
	int fd;

	(void)state;
	assert_int_equal(mkfifo(file, 0600), 0);
	alarm(20);
	e = open_file(file, 1 << 16);
	for (int i = 0; i < 2000; i++)
		tell(e, "into the void");
	assert_true((fd = open(file, O_RDONLY | O_NONBLOCK)) >= 0);
	assert_true(read(fd, line, sizeof line - 1) > 0);
	assert_memory_equal(line, "{\"schema\"", 9);
	aud_events_close(e);
	alarm(0);
	close(fd);
}

static void
test_cannot_open(void **state)
{
	const struct aud_events_opts o = {.file = "/nowhere/events"};
	struct aud_events *e;
	struct aud_err err = {0};

	(void)state;
	assert_int_equal(aud_events_open(&e, &o, &err), AUD_IO);
	assert_null(e);
	assert_non_null(strstr(err.msg, "/nowhere/events: events cannot be written"));
}

int
main(void)
{
#define T(f) cmocka_unit_test_teardown(f, clean)
	const struct CMUnitTest tests[] = {T(test_finding), T(test_port_unknown), T(test_no_port), T(test_alert_and_stats), T(test_no_memory), T(test_hostile),
	    T(test_endless), T(test_cut), T(test_syslog_finding), T(test_syslog_hostile), T(test_file_appends_and_rotates), T(test_reopen_fails),
	    T(test_disk_full), T(test_rotated_in_a_line), T(test_backlog), T(test_half_line_before), T(test_pipe), T(test_fifo),
	    T(test_cannot_open)};

	return cmocka_run_group_tests(tests, setup, teardown);
}
