#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "signals.h"

/* What a signal handler may touch has to be here. */
static atomic_bool interrupted, reading;
static _Atomic(void (*)(void)) last;
static _Atomic int64_t first_ms;
/* timeout(1) and others signal a program and then its group: both are one wish. */
enum { SAME_MS = 500 };
enum { SCRAPS = 4 };
static struct {
	_Atomic(const char *) path;
	const char *journal;
} scraps[SCRAPS];

/* stat(2) and unlink(2) are among what a handler may call. A database with something in it needs its journal. */
static void
scrap(const char *path, const char *journal)
{
	struct stat st;

	if (journal && (stat(path, &st) || st.st_size))
		return;
	unlink(path);
	if (journal)
		unlink(journal);
}

/* The first, which the reading heeds, or one that came along with it. */
static bool
goes_on(void)
{
	struct timespec t = {0};
	int64_t none = 0, now;

	clock_gettime(CLOCK_MONOTONIC, &t);
	now = (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
	if (atomic_compare_exchange_strong(&first_ms, &none, now))
		return atomic_load(&reading);
	return now - none < SAME_MS;
}

static void
interrupt(int sig)
{
	void (*f)(void) = atomic_load(&last);
	int before = errno;

	atomic_store(&interrupted, true);
	if (goes_on()) {
		errno = before;
		return;
	}
	if (f)
		f();
	for (int i = 0; i < SCRAPS; i++) {
		const char *path = atomic_load(&scraps[i].path);

		if (path)
			scrap(path, scraps[i].journal);
	}
	signal(sig, SIG_DFL);
	raise(sig);
}

/* What is ignored stays so: a shell ignores SIGINT for what it runs in the background. */
static void
watch(int sig)
{
	struct sigaction sa = {.sa_handler = interrupt, .sa_flags = SA_RESTART}, old;

	if (!sigaction(sig, NULL, &old) && old.sa_handler != SIG_IGN)
		sigaction(sig, &sa, NULL);
}

const atomic_bool *
signals_watch(void)
{
	atomic_store(&reading, true);
	watch(SIGINT);
	watch(SIGTERM);
	return &interrupted;
}

void
signals_last(void (*f)(void))
{
	atomic_store(&last, f);
}

void
signals_end(void)
{
	atomic_store(&reading, false);
	watch(SIGINT);
	watch(SIGTERM);
}

void
signals_hold(sigset_t *before)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &set, before);
}

void
signals_release(const sigset_t *before)
{
	pthread_sigmask(SIG_SETMASK, before, NULL);
}

void
signals_scrap(const char *path, const char *journal)
{
	for (int i = 0; i < SCRAPS; i++)
		if (!atomic_load(&scraps[i].path)) {
			scraps[i].journal = journal;
			atomic_store(&scraps[i].path, path);
			return;
		}
}

void
signals_settle(const char *path)
{
	for (int i = 0; i < SCRAPS; i++)
		if (atomic_load(&scraps[i].path) == path) {
			atomic_store(&scraps[i].path, NULL);
			if (scraps[i].journal)
				scrap(path, scraps[i].journal);
		}
}
