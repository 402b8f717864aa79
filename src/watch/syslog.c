/* Syslog datagrams: RFC 5424, to a local socket or over UDP (RFC 5426). */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tell.h"

/* RFC 5426, section 3.2: what a receiver should take at least; a local daemon takes far more. */
enum { MAX_UDP = 2048, MAX_LOCAL = 8192 };

struct syslog {
	int fd;
	struct sockaddr_storage to;
	socklen_t len;
	size_t max;
	struct syslog_who who;
	char host[256], version[32], target[128];
	uint64_t sent, lost;
	char failing[160];
};

/* PRINTUSASCII, section 6: anything else, or nothing, is the nil value. */
static void
printable(char *dst, size_t size, const char *src)
{
	size_t n = strlen(src);

	for (size_t i = 0; i < n; i++)
		if (src[i] <= ' ' || src[i] > '~')
			n = 0;
	snprintf(dst, size, "%s", n && n < size ? src : "-");
}

static enum aud_code
local(struct syslog *s, const char *path, struct aud_err *err)
{
	struct sockaddr_un *un = (struct sockaddr_un *)&s->to;
	size_t n = strlen(path);
	int probe, sys = 0;

	if (n >= sizeof un->sun_path)
		return aud_fail(err, AUD_USAGE, 0, "--syslog %.100s...: a socket's path has at most %zu bytes", path, sizeof un->sun_path - 1);
	un->sun_family = AF_UNIX;
	memcpy(un->sun_path, path, n + 1);
	s->len = (socklen_t)sizeof *un;
	s->max = MAX_LOCAL;
	if ((probe = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) < 0)
		return aud_fail(err, AUD_IO, errno, "--syslog %s", path);
	if (connect(probe, (struct sockaddr *)&s->to, s->len))
		sys = errno;
	close(probe);
	if (sys == EPROTOTYPE)
		return aud_fail(err, AUD_USAGE, 0, "--syslog %s: it is a stream socket, and datagrams are what is sent: let the daemon listen "
		    "for those, or use udp://HOST", path);
	if (sys)
		return aud_fail(err, AUD_IO, sys, "--syslog %s: nobody listens there, is a syslog daemon running?", path);
	return AUD_OK;
}

/* "host", "host:port", "[address]", "[address]:port". False: it is none. */
static bool
split(const char *s, char *host, size_t size, const char **port)
{
	const char *end = *s == '[' ? strchr(s, ']') : s + strcspn(s, ":");
	size_t n;

	if (*s == '[')
		s++;
	n = end ? (size_t)(end - s) : 0;
	if (!n || n >= size)
		return false;
	memcpy(host, s, n);
	host[n] = '\0';
	if (*end == ']')
		end++;
	*port = *end == ':' ? end + 1 : "514";
	if ((*end && *end != ':') || !**port || strspn(*port, "0123456789") != strlen(*port) || strlen(*port) > 5)
		return false;
	return strtoul(*port, NULL, 10) - 1 < UINT16_MAX;
}

static enum aud_code
udp(struct syslog *s, const char *target, struct aud_err *err)
{
	struct addrinfo hints = {.ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICSERV}, *found;
	bool brackets = !strncmp(target, "udp://[", 7);
	char host[256];
	const char *port;
	int status;

	if (!split(target + strlen("udp://"), host, sizeof host, &port))
		return aud_fail(err, AUD_USAGE, 0, "--syslog %.120s: not udp://HOST or udp://HOST:PORT (IPv6 addresses in brackets)", target);
	if (brackets)
		hints.ai_flags |= AI_NUMERICHOST;
	if ((status = getaddrinfo(host, port, &hints, &found)))
		return aud_fail(err, AUD_IO, 0, "--syslog %.120s: no address: %s", target, gai_strerror(status));
	memcpy(&s->to, found->ai_addr, found->ai_addrlen);
	s->len = found->ai_addrlen;
	s->max = MAX_UDP;
	freeaddrinfo(found);
	return AUD_OK;
}

enum aud_code
syslog_open(struct syslog **out, const char *target, const char *version, struct aud_err *err)
{
	struct syslog *s = calloc(1, sizeof *s);
	char host[256] = "";
	enum aud_code code;

	*out = NULL;
	if (!s)
		return aud_nomem(err);
	s->fd = -1;
	if (!strncmp(target, "udp://", 6))
		code = udp(s, target, err);
	else if (strchr(target, '/') && !strstr(target, "://"))
		code = local(s, target, err);
	else
		code = aud_fail(err, AUD_USAGE, 0, "--syslog %.120s: neither the path of a socket (/dev/log) nor udp://HOST:PORT", target);
	if (code == AUD_OK && (s->fd = socket(s->to.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) < 0)
		code = aud_fail(err, AUD_IO, errno, "--syslog %.120s", target);
	if (code != AUD_OK) {
		syslog_close(s);
		return code;
	}
	if (gethostname(host, sizeof host - 1))
		host[0] = '\0';
	printable(s->host, sizeof s->host, host);
	printable(s->version, sizeof s->version, version ? version : "");
	snprintf(s->target, sizeof s->target, "%s", target);
	s->who = (struct syslog_who){.host = s->host, .version = s->version, .pid = (long)getpid()};
	*out = s;
	return AUD_OK;
}

void
syslog_tell(struct syslog *s, const struct aud_event *e)
{
	char message[MAX_LOCAL];
	ssize_t sent;
	size_t n;

	/* Section 7.3.1: from 1 to 2^31 - 1, then 1 again. One that is lost leaves a gap, which tells of it. */
	s->who.sequence = s->who.sequence == INT32_MAX ? 1 : s->who.sequence + 1;
	if (!(n = syslog_format(message, s->max, &s->who, e))) {
		s->who.sequence--;
		return;
	}
	do
		sent = sendto(s->fd, message, n, MSG_NOSIGNAL, (struct sockaddr *)&s->to, s->len);
	while (sent < 0 && errno == EINTR);
	if (sent >= 0) {
		s->sent++;
		s->failing[0] = '\0';
		return;
	}
	s->lost++;
	snprintf(s->failing, sizeof s->failing, "syslog messages to %.90s are lost: %s", s->target,
	    errno == EAGAIN ? "it is too slow" : strerror(errno));
}

void
syslog_close(struct syslog *s)
{
	if (!s)
		return;
	if (s->fd >= 0)
		close(s->fd);
	free(s);
}

struct syslog_stats
syslog_stats(const struct syslog *s)
{
	return (struct syslog_stats){s->sent, s->lost, s->failing};
}
