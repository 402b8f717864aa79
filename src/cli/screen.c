#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <aud/report.h>

#include "cli.h"
#include "screen_impl.h"
#include "signals.h"

/* Alternate screen, no cursor, no wrapping at the right edge; and back. */
#define ENTER "\033[?1049h\033[?25l\033[?7l\033[2J"
#define LEAVE "\033[?7h\033[?25h\033[0m\033[?1049l"
#define MINUTE UINT64_C(60000000000)
enum { REDRAW_MS = 100, PATIENCE_MS = 1000 };

/* What a signal handler may touch has to be here. */
static volatile sig_atomic_t taken;
static int taken_fd = -1;
static struct termios taken_saved;

/* write(2) and tcsetattr(3) are among what a handler may call. */
static void
give_back(void)
{
	int error = errno;

	if (taken) {
		taken = 0;
		if (write(taken_fd, LEAVE, sizeof LEAVE - 1) < 0)
			errno = 0; /* nothing can be done about it here */
		tcsetattr(taken_fd, TCSANOW, &taken_saved);
	}
	errno = error;
}

static void
crash(int sig)
{
	give_back();
	signal(sig, SIG_DFL);
	raise(sig);
}

/* poll() returns where a signal comes: that is all it is for. */
static void
resized(int sig)
{
	(void)sig;
}

/* What somebody else watches already, a sanitizer for instance, stays theirs. */
static void
watch_signals(void)
{
	static const int fatal[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGSYS, SIGQUIT};
	struct sigaction sa = {.sa_handler = crash}, old, winch = {.sa_handler = resized, .sa_flags = SA_RESTART};

	for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++)
		if (!sigaction(fatal[i], NULL, &old) && old.sa_handler == SIG_DFL)
			sigaction(fatal[i], &sa, NULL);
	sigaction(SIGWINCH, &winch, NULL);
	/* A stopped audit loses packets. */
	signal(SIGTSTP, SIG_IGN);
	signals_last(give_back);
}

static uint64_t
monotonic_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void
measure(struct screen *s)
{
	struct winsize ws;
	unsigned width = 80, height = 24;

	if (!ioctl(s->fd, TIOCGWINSZ, &ws) && ws.ws_col && ws.ws_row) {
		width = ws.ws_col;
		height = ws.ws_row;
	}
	if (width != s->width || height != s->height)
		s->whole = true;
	s->width = width;
	s->height = height;
}

/*
 * Descriptors of one terminal share their flags with whoever else has it, the shell too, unless it is opened anew. In the background a
 * program must not touch it.
 */
static int
terminal(void)
{
	const char *term = getenv("TERM"), *name;
	int fd;

	if (!isatty(STDOUT_FILENO) || !term || !*term || !strcmp(term, "dumb") || !(name = ttyname(STDOUT_FILENO)))
		return -1;
	fd = open(name, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0 && tcgetpgrp(fd) != getpgrp()) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static bool
take(struct screen *s)
{
	struct termios raw;

	if (tcgetattr(s->fd, &s->saved))
		return false;
	raw = s->saved;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	raw.c_iflag &= ~(tcflag_t)IXON;
	raw.c_cc[VMIN] = 0;
	raw.c_cc[VTIME] = 0;
	raw.c_cc[VSUSP] = _POSIX_VDISABLE;
	taken_saved = s->saved;
	taken_fd = s->fd;
	watch_signals();
	if (tcsetattr(s->fd, TCSANOW, &raw))
		return false;
	taken = 1;
	return true;
}

enum aud_code
screen_open(struct screen **out, const struct screen_opts *o, struct aud_err *err)
{
	struct screen *s = calloc(1, sizeof *s);
	const char *no_color = getenv("NO_COLOR");
	locale_t mine;

	*out = NULL;
	if (!s)
		return aud_nomem(err);
	aud_text_clean(s->site, sizeof s->site, o->site);
	s->database = o->database;
	s->fd = o->lines ? -1 : terminal();
	if (s->fd >= 0) {
		/* What the user's terminal shows, and a locale that counts its columns: loaded now, while files may be opened. */
		if ((mine = newlocale(LC_CTYPE_MASK, "", NULL))) {
			s->utf8 = !strcmp(nl_langinfo_l(CODESET, mine), "UTF-8");
			freelocale(mine);
		}
		s->locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", NULL);
		s->color = !no_color || !*no_color;
		measure(s);
		if (!take(s)) {
			close(s->fd);
			s->fd = -1;
		} else {
			s->nout = sizeof ENTER - 1;
			memcpy(s->out, ENTER, s->nout);
		}
	}
	*out = s;
	return AUD_OK;
}

static void
flush(struct screen *s)
{
	while (s->fd >= 0 && s->out_done < s->nout) {
		ssize_t n = write(s->fd, s->out + s->out_done, s->nout - s->out_done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			/* The terminal is gone: the audit goes on without. */
			if (n && errno != EAGAIN)
				screen_close(s);
			return;
		}
		s->out_done += (size_t)n;
	}
	s->nout = s->out_done = 0;
}

/* The way back is worth waiting a moment for, where the terminal is slow; the rest of a picture is not, but half an escape sequence would
 * swallow the way back. */
static void
leave(struct screen *s)
{
	struct pollfd p = {.fd = s->fd, .events = POLLOUT};
	size_t left = s->nout - s->out_done;

	if (poll(&p, 1, PATIENCE_MS) == 1 && left && write(s->fd, s->out + s->out_done, left) > 0)
		poll(&p, 1, PATIENCE_MS);
	give_back();
	close(s->fd);
	s->fd = taken_fd = -1;
}

void
screen_close(struct screen *s)
{
	if (s && s->fd >= 0)
		leave(s);
}

void
screen_free(struct screen *s)
{
	if (!s)
		return;
	screen_close(s);
	if (s->locale)
		freelocale(s->locale);
	free(s);
}

bool
screen_on(const struct screen *s)
{
	return s->fd >= 0;
}

int
screen_fd(const struct screen *s)
{
	return s->fd;
}

/* Behind those that are as severe and newer: what is told last is newest. */
static void
insert(struct screen *s, const struct item *item)
{
	size_t i = 0;

	while (i < s->nfindings && s->findings[i].severity > item->severity)
		i++;
	if (i == SCREEN_FINDINGS)
		return;
	if (s->nfindings == SCREEN_FINDINGS)
		s->nfindings--;
	memmove(s->findings + i + 1, s->findings + i, (s->nfindings - i) * sizeof *s->findings);
	s->findings[i] = *item;
	s->nfindings++;
}

static void
finding(struct screen *s, const struct aud_event *e)
{
	const struct aud_finding *f = e->finding;
	struct item item = {.severity = f->severity, .ts_ns = e->ts_ns};
	size_t i = 0;

	snprintf(item.id, sizeof item.id, "%s", f->id);
	aud_text_clean(item.text, sizeof item.text, f->reason ? f->reason : aud_kind_title(f->kind));
	while (i < s->nfindings && strcmp(s->findings[i].id, f->id) != 0)
		i++;
	if (i < s->nfindings) {
		/* Its place is that of when it was first told. */
		if (e->action == AUD_ACTION_UPDATED && f->severity == s->findings[i].severity && (f->waiver < 0 || f->waiver_expired)) {
			memcpy(s->findings[i].text, item.text, sizeof item.text);
			return;
		}
		memmove(s->findings + i, s->findings + i + 1, (--s->nfindings - i) * sizeof *s->findings);
	}
	if (e->action != AUD_ACTION_ENDED && (f->waiver < 0 || f->waiver_expired))
		insert(s, &item);
}

static void
alert(struct screen *s, enum aud_severity severity, uint64_t ns, const char *text)
{
	if (s->nalerts < SCREEN_ALERTS)
		s->nalerts++;
	memmove(s->alerts + 1, s->alerts, (s->nalerts - 1) * sizeof *s->alerts);
	s->alerts[0] = (struct item){.severity = severity, .ts_ns = ns};
	aud_text_clean(s->alerts[0].text, sizeof s->alerts[0].text, text);
}

void
screen_event(struct screen *s, const struct aud_event *e)
{
	switch (e->kind) {
	case AUD_EVENT_FINDING: finding(s, e); break;
	case AUD_EVENT_ALERT:
		alert(s, aud_alert_severity(e->alert), e->ts_ns, e->text ? e->text : aud_alert_slug(e->alert));
		/* The loop says itself how evidence goes. */
		if (s->fd < 0 && e->alert != AUD_ALERT_EVIDENCE_FAILED)
			say("%s", s->alerts[0].text);
		break;
	case AUD_EVENT_STATS: break;
	}
}

void
screen_say(struct screen *s, const char *text)
{
	struct timespec now;

	if (s->fd < 0) {
		say("%s", text);
		return;
	}
	clock_gettime(CLOCK_REALTIME, &now);
	alert(s, AUD_INFO, (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec, text);
}

static void
roles(struct screen *s, const struct aud_coverage *c, const struct aud_site *site)
{
	s->roles[0] = s->unseen[0] = '\0';
	for (size_t i = 0; c && i < c->nroles; i++) {
		char *list = c->roles[i].seen ? s->roles : s->unseen, name[SCREEN_NAME];
		size_t n = strlen(list);

		aud_text_clean(name, sizeof name, aud_site_role_name(site, c->roles[i].role));
		snprintf(list + n, SCREEN_TEXT - n, "%s%s", n ? ", " : "", name);
	}
}

/* Over a second at least: what comes in blocks would jump. */
static void
sample(struct rate *r, const struct aud_live_status *now)
{
	uint64_t ns = now->now_ns - r->ns;

	if (r->ns && now->now_ns > r->ns && ns < 1000000000)
		return;
	r->known = r->ns && now->now_ns > r->ns && now->packets >= r->packets && now->bytes >= r->bytes;
	if (r->known) {
		double seconds = (double)ns / 1e9;

		r->per_second = (uint64_t)((double)(now->packets - r->packets) / seconds);
		r->bits = (uint64_t)((double)(now->bytes - r->bytes) * 8 / seconds);
	}
	r->ns = now->now_ns;
	r->packets = now->packets;
	r->bytes = now->bytes;
}

static void
keep(struct screen *s, const struct aud_live_status *now)
{
	s->status = *now;
	s->has_status = true;
	s->status.interfaces = s->interfaces;
	for (size_t i = 0; i < now->ninterfaces && i < SCREEN_INTERFACES; i++) {
		s->interfaces[i] = now->interfaces[i];
		s->interfaces[i].name = aud_text_clean(s->names[i], SCREEN_NAME, now->interfaces[i].name);
	}
	sample(&s->rate, now);
}

static void
redraw(struct screen *s)
{
	flush(s);
	if (s->fd < 0 || s->nout)
		return;
	measure(s);
	screen_draw(s);
	s->drawn_ms = monotonic_ms();
	flush(s);
}

/* Standard error may be a pipe that nobody empties. */
static void
line(struct screen *s)
{
	struct pollfd p = {.fd = STDERR_FILENO, .events = POLLOUT};
	char text[SCREEN_TEXT];

	if (!s->said_ns)
		s->said_ns = s->status.now_ns;
	if (s->status.now_ns < s->said_ns + MINUTE)
		return;
	s->said_ns = s->status.now_ns;
	if (poll(&p, 1, 0) == 1)
		say("%s", screen_summary(s, text, sizeof text));
}

void
screen_status(struct screen *s, const struct aud_live_status *now, const struct aud_coverage *c, const struct aud_site *site)
{
	keep(s, now);
	roles(s, c, site);
	if (s->fd < 0)
		line(s);
	else if (monotonic_ms() >= s->drawn_ms + REDRAW_MS)
		redraw(s);
}

bool
screen_keys(struct screen *s)
{
	struct pollfd gone = {.fd = s->fd};
	struct winsize ws;
	char keys[64];
	ssize_t n = 0;
	bool end = false;

	while (s->fd >= 0 && (n = read(s->fd, keys, sizeof keys)) > 0)
		end = end || memchr(keys, 'q', (size_t)n) || memchr(keys, 'Q', (size_t)n);
	if (s->fd >= 0 && poll(&gone, 1, 0) == 1 && gone.revents & (POLLHUP | POLLERR | POLLNVAL))
		screen_close(s);
	flush(s);
	if (s->fd >= 0 && !ioctl(s->fd, TIOCGWINSZ, &ws) && ws.ws_col && (ws.ws_col != s->width || ws.ws_row != s->height))
		redraw(s);
	return end;
}
