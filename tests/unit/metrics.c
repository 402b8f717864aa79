#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include <aud/metrics.h>

/* The server's own clock, so that nobody has to wait half a minute. */
static _Atomic time_t ahead;
int __real_clock_gettime(clockid_t, struct timespec *);
int __wrap_clock_gettime(clockid_t, struct timespec *);

int
__wrap_clock_gettime(clockid_t id, struct timespec *ts)
{
	int rc = __real_clock_gettime(id, ts);

	ts->tv_sec += ahead;
	return rc;
}

static char *
page(const struct aud_live_status *s)
{
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	assert_non_null(f);
	assert_true(aud_metrics_write(f, s));
	assert_int_equal(fclose(f), 0);
	return text;
}

static void
has(const char *text, const char *line)
{
	if (!strstr(text, line))
		fail_msg("no '%s' in:\n%s", line, text);
}

static void
test_page(void **state)
{
	/* Escapes of a label's value as the format's definition has them; the byte is no UTF-8. */
	struct aud_live_interface interfaces[] = {{.name = "eth\"\\\n\xff", .up = true, .received = UINT64_MAX, .kernel_drops = 3},
	    {.name = "sp an", .interface_drops = 4}};
	struct aud_live_status s = {.now_ns = 1795000000123456789, .started_ns = 5, .last_packet_ns = 1794999999000000001,
	    .interfaces = interfaces, .ninterfaces = 2, .frames = 11, .packets = 10, .bytes = 1234, .flows = 9, .live_flows = 8,
	    .states = 7, .conversations = 6, .evicted_flows = 1, .dropped_flows = 2, .findings = {[AUD_HIGH] = 5, [AUD_CRITICAL] = 1},
	    .waived = 12, .told = 13, .flushes = 14, .flush_failures = 15, .last_flush_ns = 2000000000, .flush_took_ns = 1500000,
	    .judged_ns = 3000000000, .judge_took_ns = 20000000, .alerts = {[AUD_ALERT_DROPS] = 16}, .resident = 123456};
	static const char *const lines[] = {
	    "\n# HELP spanaudit_frames_total Frames read.\n# TYPE spanaudit_frames_total counter\nspanaudit_frames_total 11\n",
	    "\nspanaudit_interface_up{interface=\"eth\\\"\\\\\\n?\"} 1\nspanaudit_interface_up{interface=\"sp an\"} 0\n",
	    "\nspanaudit_interface_received_packets_total{interface=\"eth\\\"\\\\\\n?\"} 18446744073709551615\n",
	    "\nspanaudit_interface_kernel_dropped_packets_total{interface=\"eth\\\"\\\\\\n?\"} 3\n",
	    "\nspanaudit_interface_dropped_packets_total{interface=\"sp an\"} 4\n", "\nspanaudit_packets_total 10\n",
	    "\nspanaudit_bytes_total 1234\n", "\nspanaudit_status_timestamp_seconds 1795000000.123456789\n",
	    "\nspanaudit_last_packet_timestamp_seconds 1794999999.000000001\n", "\nprocess_start_time_seconds 0.000000005\n",
	    "\nspanaudit_flows_total 9\n", "\nspanaudit_live_flows 8\n", "\nspanaudit_classifier_states 7\n", "\nspanaudit_conversations 6\n",
	    "\nspanaudit_evicted_flows_total 1\n", "\nspanaudit_dropped_flows_total 2\n",
	    "\n# TYPE spanaudit_findings gauge\nspanaudit_findings{severity=\"info\"} 0\nspanaudit_findings{severity=\"low\"} 0\n",
	    "\nspanaudit_findings{severity=\"medium\"} 0\nspanaudit_findings{severity=\"high\"} 5\nspanaudit_findings{severity=\"critical\"} 1\n",
	    "\nspanaudit_waived_findings 12\n", "\nspanaudit_finding_events_total 13\n", "\nspanaudit_database_flushes_total 14\n",
	    "\nspanaudit_database_flush_failures_total 15\n", "\nspanaudit_last_flush_timestamp_seconds 2.000000000\n",
	    "\nspanaudit_last_flush_duration_seconds 0.001500000\n", "\nspanaudit_last_judgement_timestamp_seconds 3.000000000\n",
	    "\nspanaudit_last_judgement_duration_seconds 0.020000000\n", "\nspanaudit_alerts_total{alert=\"drops\"} 16\n",
	    "\nspanaudit_alerts_total{alert=\"no-packets\"} 0\n", "\nprocess_resident_memory_bytes 123456\n"};
	char *text = page(&s);

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		has(text, lines[i]);
	assert_int_equal(text[strlen(text) - 1], '\n');
	free(text);
}

/* Nothing to write on: told, not ignored. */
static void
test_page_full(void **state)
{
	struct aud_live_status s = {0};
	FILE *f = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(f);
	setvbuf(f, NULL, _IONBF, 0);
	assert_false(aud_metrics_write(f, &s));
	fclose(f);
}

static void
test_addresses(void **state)
{
	/* at: as it comes back, without the port. */
	static const struct {
		const char *text, *at;
	} good[] = {{"0", "127.0.0.1:"}, {"127.0.0.1:0", "127.0.0.1:"}, {"127.0.0.1:0/", "127.0.0.1:"}, {"0/metrics", "127.0.0.1:"},
	    {"[::1]:0", "[::1]:"}, {"[::1]:0/", "[::1]:"}, {"127.0.0.2:0", "127.0.0.2:"}, {"0.0.0.0:0", "0.0.0.0:"}};
	static const char *const bad[] = {"", "/", ":", ":9100", "localhost:9100", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536",
	    "127.0.0.1:99999", "127.0.0.1:-1", "127.0.0.1: 9100", "127.0.0.1:9100x", "127.0.0.1:9100/x", "1.2.3:9100", "::1:9100",
	    "[::1]", "[::1:9100", "::1]:9100", "[127.0.0.1]:9100", "[]:9100", "*:9100", "65536", "9100 ", "eth0",
	    "[1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc]:9100"};
	struct aud_metrics *m;
	struct aud_err err = {0};

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		if (aud_metrics_open(&m, good[i].text, &err) != AUD_OK)
			fail_msg("%s: %s", good[i].text, err.msg);
		assert_memory_equal(aud_metrics_address(m), good[i].at, strlen(good[i].at));
		assert_true(atoi(aud_metrics_address(m) + strlen(good[i].at)) > 0);
		aud_metrics_close(m);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		err = (struct aud_err){0};
		if (aud_metrics_open(&m, bad[i], &err) != AUD_USAGE || m || !strstr(err.msg, "127.0.0.1:9100"))
			fail_msg("'%s': %s", bad[i], err.msg);
	}
	aud_metrics_close(NULL);
}

static struct aud_metrics *
server(const char *address)
{
	struct aud_metrics *m;
	struct aud_err err = {0};

	if (aud_metrics_open(&m, address, &err) != AUD_OK)
		fail_msg("%s", err.msg);
	return m;
}

static int
reach(const struct aud_metrics *m)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct timeval limit = {.tv_sec = 10};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	to.sin_port = htons((uint16_t)atoi(strrchr(aud_metrics_address(m), ':') + 1));
	assert_true(fd >= 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
	return fd;
}

static void
say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* The answer to its end, which is the connection's. */
static const char *
hear(int fd)
{
	static char answer[1 << 16];
	size_t n = 0;
	ssize_t got;

	while ((got = recv(fd, answer + n, sizeof answer - 1 - n, 0)) > 0)
		n += (size_t)got;
	assert_int_equal(got, 0);
	answer[n] = '\0';
	close(fd);
	return answer;
}

static const char *
ask(const struct aud_metrics *m, const char *request)
{
	int fd = reach(m);

	say(fd, request);
	return hear(fd);
}

static void
starts(const char *answer, const char *with)
{
	if (strncmp(answer, with, strlen(with)))
		fail_msg("not '%s' but:\n%s", with, answer);
}

static void
test_answers(void **state)
{
	static const char type[] = "\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n";
	struct aud_metrics *m = server("127.0.0.1:0");
	struct aud_live_interface interface = {.name = "eth1", .up = true};
	struct aud_live_status s = {.packets = 42, .interfaces = &interface, .ninterfaces = 1};
	const char *answer;
	char name[] = "eth2";
	int early = reach(m);

	(void)state;
	/* Who asks before there is a state gets the first one. */
	say(early, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_int_equal(aud_metrics_set(m, &s, NULL), AUD_OK);
	answer = hear(early);
	starts(answer, "HTTP/1.1 200 OK\r\n");
	has(answer, "\nspanaudit_packets_total 42\n");

	answer = ask(m, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
	starts(answer, "HTTP/1.1 200 OK\r\n");
	has(answer, type);
	has(answer, "\r\nConnection: close\r\n");
	has(answer, "\nspanaudit_interface_up{interface=\"eth1\"} 1\n");
	answer = ask(m, "GET /metrics?name=x HTTP/1.0\r\n\r\n");
	has(answer, " 200 OK\r\n");

	/* The state is copied: what the caller does with its own is nothing to us. */
	interface = (struct aud_live_interface){.name = name};
	s.packets = 43;
	assert_int_equal(aud_metrics_set(m, &s, NULL), AUD_OK);
	memset(name, 'X', sizeof name - 1);
	memset(&interface, 0xff, sizeof interface);
	s.packets = 44;
	answer = ask(m, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
	has(answer, "\nspanaudit_packets_total 43\n");
	has(answer, "\nspanaudit_interface_up{interface=\"eth2\"} 0\n");

	answer = ask(m, "HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
	starts(answer, "HTTP/1.1 200 OK\r\n");
	has(answer, type);
	assert_null(strstr(answer, "spanaudit"));
	starts(ask(m, "GET /metrics/ HTTP/1.1\r\nHost: x\r\n\r\n"), "HTTP/1.1 404 ");
	starts(ask(m, "GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n"), "HTTP/1.1 404 ");
	answer = ask(m, "POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc");
	starts(answer, "HTTP/1.1 405 ");
	has(answer, "\r\nAllow: GET, HEAD\r\n");
	starts(ask(m, "DELETE / HTTP/1.1\r\nHost: x\r\n\r\n"), "HTTP/1.1 405 ");
	aud_metrics_close(m);
}

static void
test_hostile(void **state)
{
	struct aud_metrics *m = server("127.0.0.1:0");
	struct aud_live_status s = {0};
	static char big[1 << 17];
	int fd;

	(void)state;
	assert_int_equal(aud_metrics_set(m, &s, NULL), AUD_OK);
	/* A head without end: refused or cut off, at a length that is bounded. */
	fd = reach(m);
	say(fd, "GET / HTTP/1.1\r\nX: ");
	memset(big, 'a', sizeof big);
	for (int i = 0; i < 100 && send(fd, big, sizeof big, MSG_NOSIGNAL) > 0; i++)
		;
	close(fd);
	fd = reach(m);
	assert_true(send(fd, "\0\1\2\3\n\n\n\n", 8, MSG_NOSIGNAL) == 8);
	close(fd);
	/* Gone before the answer. */
	for (int i = 0; i < 50; i++) {
		struct linger reset = {.l_onoff = 1};

		fd = reach(m);
		say(fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
		close(fd);
	}
	starts(ask(m, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"), "HTTP/1.1 200 ");
	aud_metrics_close(m);
}

static bool
ended(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, 0) == 1;
}

/*
 * Eight connections of one host that say nothing hold all the places it has; when they are half a minute old the audit takes them
 * back, long before ten seconds without a byte, after which the server would.
 */
static void
test_silent(void **state)
{
	struct aud_metrics *m = server("127.0.0.1:0");
	struct aud_live_status s = {0};
	struct timespec start, now;
	int fds[8], over = 0;

	(void)state;
	ahead = 0;
	assert_int_equal(aud_metrics_set(m, &s, NULL), AUD_OK);
	for (int i = 0; i < 8; i++) {
		fds[i] = reach(m);
		say(fds[i], "GET ");
	}
	/* Time for the server to take them in. */
	usleep(300000);
	assert_int_equal(aud_metrics_set(m, &s, NULL), AUD_OK);
	usleep(100000);
	for (int i = 0; i < 8; i++)
		assert_false(ended(fds[i]));
	ahead = 31;
	__real_clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		assert_int_equal(aud_metrics_set(m, &s, NULL), AUD_OK);
		usleep(20000);
		over = 0;
		for (int i = 0; i < 8; i++)
			over += ended(fds[i]);
		__real_clock_gettime(CLOCK_MONOTONIC, &now);
	} while (over < 8 && now.tv_sec - start.tv_sec < 5);
	assert_int_equal(over, 8);
	for (int i = 0; i < 8; i++)
		close(fds[i]);
	ahead = 0;
	starts(ask(m, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"), "HTTP/1.1 200 ");
	/* And with some open. */
	fds[0] = reach(m);
	say(fds[0], "GET ");
	aud_metrics_close(m);
	close(fds[0]);
}

static void
test_taken(void **state)
{
	struct aud_metrics *m = server("127.0.0.1:0"), *second;
	struct aud_err err = {0};

	(void)state;
	assert_int_equal(aud_metrics_open(&second, aud_metrics_address(m), &err), AUD_IO);
	assert_null(second);
	has(err.msg, aud_metrics_address(m));
	has(err.msg, "name a free port and an address of this machine: Address already in use");
	aud_metrics_close(m);
}

/* For tools/metrics_format.py. */
static int
print(void)
{
	struct aud_live_interface interfaces[] = {{.name = "eth0", .up = true}, {.name = "a\"b\\c\nd,{}= \xc3\xa4\xff"}, {.name = ""}};
	struct aud_live_status s = {.now_ns = UINT64_MAX, .interfaces = interfaces, .ninterfaces = 3, .bytes = UINT64_MAX};

	return !aud_metrics_write(stdout, &s) || fflush(stdout);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_page), cmocka_unit_test(test_page_full), cmocka_unit_test(test_addresses),
	    cmocka_unit_test(test_answers), cmocka_unit_test(test_hostile), cmocka_unit_test(test_silent), cmocka_unit_test(test_taken)};

	(void)argv;
	if (argc > 1)
		return print();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
