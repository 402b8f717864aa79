#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <microhttpd.h>

#include <aud/metrics.h>

enum {
	CONNECTIONS = 16,	/* at a time; further ones wait in the kernel's queue */
	CONNECTIONS_PER_HOST = 8,
	CONNECTION_MEMORY = 16384,	/* bytes of a request's head and of ours */
	IDLE_SECONDS = 10,	/* without a byte */
	LIFE_SECONDS = 30,	/* in all: a byte every few seconds holds no place for longer */
	INTERFACES_MAX = 64,
	NAME_MAX_BYTES = 64,
};

struct aud_metrics {
	int listener;
	char address[INET6_ADDRSTRLEN + 16];
	struct MHD_Daemon *daemon;
	pthread_mutex_t lock;	/* of all that follows: the server's thread reads it */
	struct aud_live_status status;
	struct aud_live_interface interfaces[INTERFACES_MAX];
	char names[INTERFACES_MAX][NAME_MAX_BYTES];
	struct {
		int fd;		/* -1: free */
		time_t since;
	} open[CONNECTIONS];
};

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static time_t
monotonic(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

static bool
port_of(const char *text, in_port_t *port)
{
	unsigned n = 0;
	size_t digits = strspn(text, "0123456789");

	if (!digits || digits > 5 || (strcmp(text + digits, "") && strcmp(text + digits, "/") && strcmp(text + digits, "/metrics")))
		return false;
	for (size_t i = 0; i < digits; i++)
		n = n * 10 + (unsigned)(text[i] - '0');
	*port = htons((uint16_t)n);
	return n <= UINT16_MAX;
}

/* "port", "v4:port", "[v6]:port". */
static bool
parse(const char *text, union address *a, socklen_t *len)
{
	char host[INET6_ADDRSTRLEN];
	const char *end;
	size_t n;

	memset(a, 0, sizeof *a);
	*len = sizeof a->v4;
	a->v4.sin_family = AF_INET;
	a->v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (isdigit((unsigned char)*text) && !strchr(text, ':'))
		return port_of(text, &a->v4.sin_port);
	end = *text == '[' ? strstr(text, "]:") : strchr(text, ':');
	text += *text == '[';
	n = end ? (size_t)(end - text) : sizeof host;
	if (n >= sizeof host)
		return false;
	memcpy(host, text, n);
	host[n] = '\0';
	if (*end == ':')
		return inet_pton(AF_INET, host, &a->v4.sin_addr) == 1 && port_of(end + 1, &a->v4.sin_port);
	memset(a, 0, sizeof *a);
	*len = sizeof a->v6;
	a->v6.sin6_family = AF_INET6;
	return inet_pton(AF_INET6, host, &a->v6.sin6_addr) == 1 && port_of(end + 2, &a->v6.sin6_port);
}

static void
name(struct aud_metrics *m)
{
	union address a = {0};
	socklen_t len = sizeof a;
	char host[INET6_ADDRSTRLEN] = "?";

	if (getsockname(m->listener, &a.any, &len))
		return;
	if (a.any.sa_family == AF_INET6) {
		inet_ntop(AF_INET6, &a.v6.sin6_addr, host, sizeof host);
		snprintf(m->address, sizeof m->address, "[%s]:%u", host, ntohs(a.v6.sin6_port));
	} else {
		inet_ntop(AF_INET, &a.v4.sin_addr, host, sizeof host);
		snprintf(m->address, sizeof m->address, "%s:%u", host, ntohs(a.v4.sin_port));
	}
}

static enum aud_code
listen_on(struct aud_metrics *m, const char *text, struct aud_err *err)
{
	static const int on = 1;
	union address a;
	socklen_t len;

	if (!parse(text, &a, &len))
		return aud_fail(err, AUD_USAGE, 0,
		    "--metrics '%s': must be an address and a port, such as 127.0.0.1:9100 or [::1]:9100, or a port alone", text);
	m->listener = socket(a.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (m->listener < 0)
		return aud_fail(err, AUD_IO, errno, "--metrics %s: no socket", text);
	/* A restart must not wait for the former run's connections to be forgotten. IPv6 means IPv6. */
	if (setsockopt(m->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) ||
	    (a.any.sa_family == AF_INET6 && setsockopt(m->listener, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on)) ||
	    bind(m->listener, &a.any, len) || listen(m->listener, CONNECTIONS))
		return aud_fail(err, AUD_IO, errno, "--metrics %s: cannot listen there, name a free port and an address of this machine", text);
	name(m);
	return AUD_OK;
}

enum aud_code
aud_metrics_open(struct aud_metrics **out, const char *address, struct aud_err *err)
{
	struct aud_metrics *m = calloc(1, sizeof *m);
	enum aud_code code;

	*out = NULL;
	if (!m)
		return aud_nomem(err);
	m->listener = -1;
	pthread_mutex_init(&m->lock, NULL);
	for (size_t i = 0; i < CONNECTIONS; i++)
		m->open[i].fd = -1;
	code = listen_on(m, address, err);
	if (code == AUD_OK)
		*out = m;
	else
		aud_metrics_close(m);
	return code;
}

const char *
aud_metrics_address(const struct aud_metrics *m)
{
	return m->address;
}

static char *
page(struct aud_metrics *m, size_t *n)
{
	char *text = NULL;
	FILE *f = open_memstream(&text, n);
	bool ok;

	if (!f)
		return NULL;
	pthread_mutex_lock(&m->lock);
	ok = aud_metrics_write(f, &m->status);
	pthread_mutex_unlock(&m->lock);
	if (!fclose(f) && ok)
		return text;
	free(text);
	return NULL;
}

/* Answers and closes: a scrape every few seconds gains nothing by an open connection, and an idle one holds a place. */
static enum MHD_Result
answer(struct MHD_Connection *c, unsigned status, const char *type, char *text, size_t n)
{
	struct MHD_Response *r = MHD_create_response_from_buffer(n, text, MHD_RESPMEM_MUST_FREE);
	enum MHD_Result result;

	if (!r) {
		free(text);
		return MHD_NO;
	}
	MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	MHD_add_response_header(r, MHD_HTTP_HEADER_CONNECTION, "close");
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(r, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	result = MHD_queue_response(c, status, r);
	MHD_destroy_response(r);
	return result;
}

static enum MHD_Result
refuse(struct MHD_Connection *c, unsigned status, const char *why)
{
	char *text = strdup(why);

	return text ? answer(c, status, "text/plain; charset=utf-8", text, strlen(text)) : MHD_NO;
}

static enum MHD_Result
serve(void *metrics, struct MHD_Connection *c, const char *url, const char *method, const char *version, const char *upload,
    size_t *upload_size, void **request)
{
	char *text;
	size_t n;

	(void)version, (void)upload, (void)upload_size, (void)request;
	if (strcmp(method, MHD_HTTP_METHOD_GET) && strcmp(method, MHD_HTTP_METHOD_HEAD))
		return refuse(c, MHD_HTTP_METHOD_NOT_ALLOWED, "GET only\n");
	if (strcmp(url, "/metrics") && strcmp(url, "/"))
		return refuse(c, MHD_HTTP_NOT_FOUND, "the counters are at /metrics\n");
	text = page(metrics, &n);
	if (!text)
		return refuse(c, MHD_HTTP_SERVICE_UNAVAILABLE, "out of memory\n");
	return answer(c, MHD_HTTP_OK, "text/plain; version=0.0.4; charset=utf-8", text, n);
}

/* Under the lock, and before the descriptor is closed: expire() never meets one that is another's by now. */
static void
note(void *metrics, struct MHD_Connection *c, void **context, enum MHD_ConnectionNotificationCode what)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct aud_metrics *m = metrics;
	bool started = what == MHD_CONNECTION_NOTIFY_STARTED;

	(void)context;
	if (!info)
		return;
	pthread_mutex_lock(&m->lock);
	for (size_t i = 0; i < CONNECTIONS; i++)
		if (m->open[i].fd == (started ? -1 : info->connect_fd)) {
			m->open[i].fd = started ? info->connect_fd : -1;
			m->open[i].since = monotonic();
			break;
		}
	pthread_mutex_unlock(&m->lock);
}

static void
expire(struct aud_metrics *m)
{
	time_t now = monotonic();

	for (size_t i = 0; i < CONNECTIONS; i++)
		if (m->open[i].fd >= 0 && now - m->open[i].since > LIFE_SECONDS)
			shutdown(m->open[i].fd, SHUT_RDWR);
}

/* The signals are for the thread that watches for them. */
static enum aud_code
start(struct aud_metrics *m, struct aud_err *err)
{
	sigset_t all, former;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &former);
	m->daemon = MHD_start_daemon(MHD_USE_POLL_INTERNAL_THREAD | MHD_USE_ITC, 0, NULL, NULL, serve, m,
	    MHD_OPTION_LISTEN_SOCKET, m->listener, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS,
	    MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)CONNECTIONS_PER_HOST, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY, MHD_OPTION_NOTIFY_CONNECTION, note, m, MHD_OPTION_END);
	pthread_sigmask(SIG_SETMASK, &former, NULL);
	if (!m->daemon)
		return aud_fail(err, AUD_IO, errno, "--metrics %s: the server could not be started", m->address);
	/* It is the server's now, which closes it. */
	m->listener = -1;
	return AUD_OK;
}

enum aud_code
aud_metrics_set(struct aud_metrics *m, const struct aud_live_status *s, struct aud_err *err)
{
	size_t n = s->ninterfaces < INTERFACES_MAX ? s->ninterfaces : INTERFACES_MAX;

	pthread_mutex_lock(&m->lock);
	m->status = *s;
	m->status.interfaces = m->interfaces;
	m->status.ninterfaces = n;
	for (size_t i = 0; i < n; i++) {
		m->interfaces[i] = s->interfaces[i];
		snprintf(m->names[i], sizeof m->names[i], "%s", s->interfaces[i].name);
		m->interfaces[i].name = m->names[i];
	}
	expire(m);
	pthread_mutex_unlock(&m->lock);
	return m->daemon ? AUD_OK : start(m, err);
}

void
aud_metrics_close(struct aud_metrics *m)
{
	if (!m)
		return;
	if (m->daemon)
		MHD_stop_daemon(m->daemon);
	if (m->listener >= 0)
		close(m->listener);
	pthread_mutex_destroy(&m->lock);
	free(m);
}
