#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "notify.h"

/* The manager's side. What is expected is of sd_notify(3) and sd_watchdog_enabled(3). */

static char path[] = "/tmp/spanaudit-notify.XXXXXX/notify";
static int manager = -1;

static void
listen_at(const char *name)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	struct timeval limit = {.tv_sec = 5};
	size_t n = strlen(name);

	memcpy(a.sun_path, name, n);
	if (*name == '@')
		a.sun_path[0] = '\0';
	else
		unlink(name);
	manager = socket(AF_UNIX, SOCK_DGRAM, 0);
	assert_true(manager >= 0);
	assert_int_equal(setsockopt(manager, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit), 0);
	assert_int_equal(bind(manager, (struct sockaddr *)&a, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)), 0);
	setenv("NOTIFY_SOCKET", name, 1);
}

static struct notify *
open_it(void)
{
	struct notify *n;
	struct aud_err err = {0};

	if (notify_open(&n, &err) != AUD_OK)
		fail_msg("%s", err.msg);
	return n;
}

static const char *
heard(void)
{
	static char text[1024];
	ssize_t n = recv(manager, text, sizeof text - 1, 0);

	assert_true(n >= 0);
	text[n] = '\0';
	return text;
}

static void
nothing_heard(void)
{
	char byte;

	assert_int_equal(recv(manager, &byte, 1, MSG_DONTWAIT), -1);
}

static void
messages(const char *name)
{
	struct notify *n;
	struct timespec before, after;
	unsigned long long us;
	char text[400];
	int used = 0;

	listen_at(name);
	n = open_it();
	assert_non_null(n);
	assert_null(getenv("NOTIFY_SOCKET"));
	notify_ready(n);
	assert_string_equal(heard(), "READY=1");
	notify_status(n, "%d findings\nWATCHDOG=trigger\033[0m", 3);
	assert_string_equal(heard(), "STATUS=3 findings WATCHDOG=trigger [0m");
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	notify_status(n, "%s", text);
	assert_int_equal(strlen(heard()), strlen("STATUS=") + 240);
	clock_gettime(CLOCK_MONOTONIC, &before);
	notify_reloading(n);
	clock_gettime(CLOCK_MONOTONIC, &after);
	assert_int_equal(sscanf(heard(), "RELOADING=1\nMONOTONIC_USEC=%llu%n", &us, &used), 1);
	assert_true(used && us >= (unsigned long long)before.tv_sec * 1000000 + (unsigned long long)before.tv_nsec / 1000);
	assert_true(us <= (unsigned long long)after.tv_sec * 1000000 + (unsigned long long)after.tv_nsec / 1000);
	notify_stopping(n);
	assert_string_equal(heard(), "STOPPING=1");
	/* No watchdog was asked for. */
	assert_int_equal(notify_pace(n), 0);
	notify_alive(n);
	nothing_heard();
	notify_close(n);
	close(manager);
}

static void
test_messages(void **state)
{
	char name[64];

	(void)state;
	messages(path);
	snprintf(name, sizeof name, "@spanaudit-test-%d", (int)getpid());
	messages(name);
}

static void
test_watchdog(void **state)
{
	struct notify *n;
	char pid[32];

	(void)state;
	listen_at(path);
	setenv("WATCHDOG_USEC", "400000", 1);
	snprintf(pid, sizeof pid, "%d", (int)getpid());
	setenv("WATCHDOG_PID", pid, 1);
	n = open_it();
	assert_null(getenv("WATCHDOG_USEC"));
	assert_null(getenv("WATCHDOG_PID"));
	assert_int_equal(notify_pace(n), 100);
	notify_alive(n);
	assert_string_equal(heard(), "WATCHDOG=1");
	notify_alive(n);
	nothing_heard();
	usleep(210000);
	notify_alive(n);
	assert_string_equal(heard(), "WATCHDOG=1");
	notify_close(n);
	close(manager);
}

/* Meant for another process, or no number. */
static void
test_no_watchdog(void **state)
{
	static const char *const rows[][2] = {{"400000", "1"}, {"400000", "x"}, {"", NULL}, {"-5", NULL}, {"12s", NULL},
	    {"99999999999999999999999", NULL}, {"0", NULL}};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct notify *n;

		listen_at(path);
		setenv("WATCHDOG_USEC", rows[i][0], 1);
		if (rows[i][1])
			setenv("WATCHDOG_PID", rows[i][1], 1);
		n = open_it();
		assert_int_equal(notify_pace(n), 0);
		notify_alive(n);
		nothing_heard();
		notify_close(n);
		close(manager);
	}
}

/* A manager that does not read: the audit goes on. */
static void
test_deaf(void **state)
{
	struct notify *n;
	time_t start = time(NULL);

	(void)state;
	listen_at(path);
	n = open_it();
	for (int i = 0; i < 5000; i++)
		notify_status(n, "line %d", i);
	notify_ready(n);
	assert_true(time(NULL) - start <= 5);
	/* Nor one that is gone. */
	close(manager);
	notify_stopping(n);
	notify_close(n);
}

static void
test_none(void **state)
{
	static const char *const bad[] = {"notify", "@", "/", "vsock:2:1",
	    "/a/name/that/is/longer/than/the/hundred/and/seven/bytes/that/fit/into/an/address/of/a/local/socket/in/the/kernel/of/linux"};
	struct notify *n;
	struct aud_err err = {0};

	(void)state;
	unsetenv("NOTIFY_SOCKET");
	n = open_it();
	assert_null(n);
	setenv("NOTIFY_SOCKET", "", 1);
	n = open_it();
	assert_null(n);
	notify_ready(n);
	notify_reloading(n);
	notify_stopping(n);
	notify_status(n, "x");
	notify_alive(n);
	assert_int_equal(notify_pace(n), 0);
	notify_close(n);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		err = (struct aud_err){0};
		setenv("NOTIFY_SOCKET", bad[i], 1);
		if (notify_open(&n, &err) != AUD_USAGE || n)
			fail_msg("%s: %s", bad[i], err.msg);
		assert_null(getenv("NOTIFY_SOCKET"));
	}
	setenv("NOTIFY_SOCKET", "/nonexistent/notify", 1);
	err = (struct aud_err){0};
	assert_int_equal(notify_open(&n, &err), AUD_IO);
	assert_non_null(strstr(err.msg, "/nonexistent/notify"));
}

static int
make_folder(void **state)
{
	char *slash = strrchr(path, '/');
	char *made;

	(void)state;
	*slash = '\0';
	made = mkdtemp(path);
	*slash = '/';
	return made ? 0 : -1;
}

static int
remove_folder(void **state)
{
	(void)state;
	unlink(path);
	*strrchr(path, '/') = '\0';
	return rmdir(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_messages), cmocka_unit_test(test_watchdog), cmocka_unit_test(test_no_watchdog),
	    cmocka_unit_test(test_deaf), cmocka_unit_test(test_none)};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
