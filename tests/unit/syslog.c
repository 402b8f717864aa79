/* Syslog messages on their way: a local daemon that stops, is slow and comes back, and UDP. */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include <aud/events.h>

#define T0 (UINT64_C(1709283600) * 1000000000)

static char dir[64], path[96];

static int
setup(void **state)
{
	(void)state;
	snprintf(dir, sizeof dir, "/tmp/spanaudit-syslog-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof path, "%s/log", dir);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(dir);
}

static int
daemon_at(int type)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, type, 0);

	snprintf(un.sun_path, sizeof un.sun_path, "%s", path);
	unlink(path);
	assert_true(fd >= 0 && !bind(fd, (struct sockaddr *)&un, sizeof un));
	if (type == SOCK_STREAM)
		assert_int_equal(listen(fd, 1), 0);
	return fd;
}

static struct aud_events *
opened(const char *target)
{
	const struct aud_events_opts o = {.syslog = target, .version = "0.1.0"};
	struct aud_events *e;
	struct aud_err err = {0};

	if (aud_events_open(&e, &o, &err) != AUD_OK)
		fail_msg("%s", err.msg);
	return e;
}

static void
tell(struct aud_events *e)
{
	const struct aud_event event = {.kind = AUD_EVENT_ALERT, .ts_ns = T0, .alert = AUD_ALERT_DROPS, .text = "12 packets were dropped"};

	aud_events_tell(e, &event);
}

/* "…sequenceId="N"…": what the datagram says, byte for byte but for host and process. */
static unsigned
received(int fd)
{
	char message[8192], expected[512], host[256] = "";
	ssize_t n = recv(fd, message, sizeof message - 1, MSG_DONTWAIT);
	unsigned sequence = 0;
	const char *at;

	assert_true(n > 0);
	message[n] = '\0';
	gethostname(host, sizeof host - 1);
	assert_non_null(at = strstr(message, "sequenceId=\""));
	assert_int_equal(sscanf(at, "sequenceId=\"%u\"", &sequence), 1);
	snprintf(expected, sizeof expected, "<28>1 2024-03-01T09:00:00.000000Z %s spanaudit %ld drops [spanaudit@32473 alert=\"drops\" "
	    "severity=\"medium\"][origin software=\"spanaudit\" swVersion=\"0.1.0\"][meta sequenceId=\"%u\"] \xef\xbb\xbf" "12 packets were dropped",
	    host, (long)getpid(), sequence);
	assert_string_equal(message, expected);
	return sequence;
}

static void
test_local(void **state)
{
	int fd = daemon_at(SOCK_DGRAM);
	struct aud_events *e = opened(path);
	struct aud_events_stats s;

	(void)state;
	tell(e);
	assert_int_equal(received(fd), 1);
	/* It restarts: what comes in between is lost, counted, and missing in the sequence. */
	close(fd);
	tell(e);
	unlink(path);
	tell(e);
	aud_events_stats(e, &s);
	assert_int_equal(s.messages, 1);
	assert_int_equal(s.messages_lost, 2);
	assert_non_null(strstr(s.syslog_failing, strerror(ENOENT)));
	fd = daemon_at(SOCK_DGRAM);
	tell(e);
	assert_int_equal(received(fd), 4);
	aud_events_stats(e, &s);
	assert_int_equal(s.messages, 2);
	assert_string_equal(s.syslog_failing, "");
	aud_events_close(e);
	close(fd);
}

/* A daemon that reads nothing: were this to wait, the alarm would end the test. */
static void
test_slow(void **state)
{
	int fd = daemon_at(SOCK_DGRAM);
	struct aud_events *e = opened(path);
	struct aud_events_stats s;

	(void)state;
	alarm(20);
	for (int i = 0; i < 5000; i++)
		tell(e);
	alarm(0);
	aud_events_stats(e, &s);
	assert_int_equal(s.messages + s.messages_lost, 5000);
	assert_true(s.messages > 0 && s.messages_lost > 0);
	assert_non_null(strstr(s.syslog_failing, "too slow"));
	aud_events_close(e);
	close(fd);
}

static void
udp(int family)
{
	struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	struct sockaddr_in four = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	bool v6 = family == AF_INET6;
	struct sockaddr *to = v6 ? (struct sockaddr *)&six : (struct sockaddr *)&four;
	socklen_t len = v6 ? sizeof six : sizeof four;
	int fd = socket(family, SOCK_DGRAM, 0);
	char target[64];
	struct aud_events *e;

	if (fd < 0 || bind(fd, to, len)) {
		assert_true(v6); /* a machine without IPv6 */
		if (fd >= 0)
			close(fd);
		print_message("no IPv6 here\n");
		return;
	}
	assert_int_equal(getsockname(fd, to, &len), 0);
	snprintf(target, sizeof target, v6 ? "udp://[::1]:%u" : "udp://127.0.0.1:%u", ntohs(v6 ? six.sin6_port : four.sin_port));
	e = opened(target);
	tell(e);
	tell(e);
	assert_int_equal(received(fd), 1);
	assert_int_equal(received(fd), 2);
	aud_events_close(e);
	close(fd);
}

static void
test_udp(void **state)
{
	(void)state;
	udp(AF_INET);
	udp(AF_INET6);
}

static void
test_wrong(void **state)
{
	static const struct {
		const char *target, *says;
		enum aud_code code;
	} rows[] = {
	    {"tcp://10.0.0.1:514", "neither the path of a socket", AUD_USAGE},
	    {"loghost", "neither the path of a socket", AUD_USAGE},
	    {"udp://", "not udp://HOST", AUD_USAGE},
	    {"udp://:514", "not udp://HOST", AUD_USAGE},
	    {"udp://h:", "not udp://HOST", AUD_USAGE},
	    {"udp://h:0", "not udp://HOST", AUD_USAGE},
	    {"udp://h:65536", "not udp://HOST", AUD_USAGE},
	    {"udp://h:51x", "not udp://HOST", AUD_USAGE},
	    {"udp://[::1", "not udp://HOST", AUD_USAGE},
	    {"udp://[::1]x", "not udp://HOST", AUD_USAGE},
	    {"udp://[not-an-address.invalid]:1", "no address", AUD_IO},
	    {"/nowhere/log", "nobody listens there", AUD_IO},
	    {"/tmp/0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345", "at most 107",
		AUD_USAGE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct aud_events_opts o = {.syslog = rows[i].target};
		struct aud_events *e;
		struct aud_err err = {0};

		assert_int_equal(aud_events_open(&e, &o, &err), rows[i].code);
		if (!strstr(err.msg, rows[i].says))
			fail_msg("%s: %s", rows[i].target, err.msg);
	}
}

static void
test_stream(void **state)
{
	int fd = daemon_at(SOCK_STREAM);
	const struct aud_events_opts o = {.syslog = path};
	struct aud_events *e;
	struct aud_err err = {0};

	(void)state;
	assert_int_equal(aud_events_open(&e, &o, &err), AUD_USAGE);
	assert_non_null(strstr(err.msg, "stream socket"));
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_local), cmocka_unit_test(test_slow), cmocka_unit_test(test_udp),
	    cmocka_unit_test(test_wrong), cmocka_unit_test(test_stream)};

	return cmocka_run_group_tests(tests, setup, teardown);
}
