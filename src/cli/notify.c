#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "notify.h"

/* sd_notify(3), sd_watchdog_enabled(3). */

enum { STATUS_BYTES = 240, SECOND_US = 1000000 };

struct notify {
	int fd;
	uint64_t watchdog_us;	/* 0: none */
	uint64_t alive_us;	/* when it was last told; 0: never */
};

static uint64_t
now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * SECOND_US + (uint64_t)ts.tv_nsec / 1000;
}

static bool
number(const char *text, uint64_t *n)
{
	char *end;

	if (!text || !isdigit((unsigned char)*text))
		return false;
	errno = 0;
	*n = strtoull(text, &end, 10);
	return !errno && !*end;
}

/* Of another process where WATCHDOG_PID names one: the variables are inherited. */
static uint64_t
watchdog(void)
{
	const char *pid = getenv("WATCHDOG_PID");
	uint64_t us, whose;

	if (!number(getenv("WATCHDOG_USEC"), &us))
		return 0;
	if (pid && (!number(pid, &whose) || whose != (uint64_t)getpid()))
		return 0;
	return us;
}

static enum aud_code
reach(struct notify *n, const char *name, struct aud_err *err)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	size_t len = strlen(name);
	/* A manager that does not read must not stop the audit. */
	struct timeval second = {.tv_sec = 1};

	if ((*name != '/' && *name != '@') || len < 2 || len >= sizeof a.sun_path)
		return aud_fail(err, AUD_USAGE, 0, "NOTIFY_SOCKET is '%s': must be a path or @ and a name, of at most %zu bytes", name,
		    sizeof a.sun_path - 1);
	memcpy(a.sun_path, name, len);
	if (*name == '@')
		a.sun_path[0] = '\0';
	n->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (n->fd < 0 || setsockopt(n->fd, SOL_SOCKET, SO_SNDTIMEO, &second, sizeof second) ||
	    connect(n->fd, (const struct sockaddr *)&a, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)))
		return aud_fail(err, AUD_IO, errno, "%s: the service manager cannot be told that this program is ready", name);
	return AUD_OK;
}

enum aud_code
notify_open(struct notify **out, struct aud_err *err)
{
	const char *name = getenv("NOTIFY_SOCKET");
	struct notify *n = NULL;
	enum aud_code code = AUD_OK;

	*out = NULL;
	if (!name || !*name)
		goto out;
	n = calloc(1, sizeof *n);
	if (!n) {
		code = aud_nomem(err);
		goto out;
	}
	n->fd = -1;
	n->watchdog_us = watchdog();
	code = reach(n, name, err);
	if (code == AUD_OK)
		*out = n;
	else
		notify_close(n);
out:
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	return code;
}

void
notify_close(struct notify *n)
{
	if (!n)
		return;
	if (n->fd >= 0)
		close(n->fd);
	free(n);
}

static bool
tell(struct notify *n, const char *text, int flags)
{
	ssize_t sent;

	do
		sent = send(n->fd, text, strlen(text), MSG_NOSIGNAL | flags);
	while (sent < 0 && errno == EINTR);
	return sent >= 0;
}

void
notify_ready(struct notify *n)
{
	if (n)
		tell(n, "READY=1", 0);
}

void
notify_reloading(struct notify *n)
{
	char text[80];

	if (!n)
		return;
	snprintf(text, sizeof text, "RELOADING=1\nMONOTONIC_USEC=%llu", (unsigned long long)now_us());
	tell(n, text, 0);
}

void
notify_stopping(struct notify *n)
{
	if (n)
		tell(n, "STOPPING=1", 0);
}

void
notify_status(struct notify *n, const char *fmt, ...)
{
	char text[sizeof "STATUS=" + STATUS_BYTES] = "STATUS=";
	va_list ap;

	if (!n)
		return;
	va_start(ap, fmt);
	vsnprintf(text + strlen(text), STATUS_BYTES + 1, fmt, ap);
	va_end(ap);
	/* A line feed would begin another message. */
	for (char *p = text; *p; p++)
		if (iscntrl((unsigned char)*p))
			*p = ' ';
	tell(n, text, MSG_DONTWAIT);
}

void
notify_alive(struct notify *n)
{
	uint64_t now;

	if (!n || !n->watchdog_us)
		return;
	now = now_us();
	if (n->alive_us && now - n->alive_us < n->watchdog_us / 2)
		return;
	if (tell(n, "WATCHDOG=1", MSG_DONTWAIT))
		n->alive_us = now;
}

unsigned
notify_pace(const struct notify *n)
{
	uint64_t ms;

	if (!n || !n->watchdog_us)
		return 0;
	ms = n->watchdog_us / 4000;
	return ms < 1 ? 1 : ms > 3600000 ? 3600000 : (unsigned)ms;
}
