/*
 * SIGINT and SIGTERM: the first asks for an end of the reading; the second, where it comes half a second later or more, or the first once
 * there is no more to read, ends the program and leaves no half-made file behind.
 */
#ifndef SIGNALS_H
#define SIGNALS_H

#include <signal.h>
#include <stdatomic.h>

/* Called before a second signal ends the program: puts a terminal back, say, by what a handler may call. NULL: nothing. */
void signals_last(void (*)(void));
/* From here on; the flag is set by the first signal. */
const atomic_bool *signals_watch(void);
/* The reading is over, or there is none: from here on the first signal ends the program. */
void signals_end(void);
/* None is heeded in between: for what makes a file and then says so with signals_scrap(). */
void signals_hold(sigset_t *before);
void signals_release(const sigset_t *before);
/*
 * A file of ours that is not whole yet: it goes with the second signal. With a journal it is a database that did not exist before,
 * and goes only where nothing is in it. The strings have to live until signals_settle().
 */
void signals_scrap(const char *path, const char *journal);
/* It is whole, or gone. A database in which there is still nothing is removed. */
void signals_settle(const char *path);

#endif
