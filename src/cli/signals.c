#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>

#include "signals.h"

/* What a signal handler may touch has to be here. */
static atomic_bool interrupted, reading;
static _Atomic(void (*)(void)) last;
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

static void
interrupt(int sig)
{
	void (*f)(void) = atomic_load(&last);

	if (!atomic_exchange(&interrupted, true) && atomic_load(&reading))
		return;
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
