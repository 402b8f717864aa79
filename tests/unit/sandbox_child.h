/*
 * Each test of the sandbox is a child process with a network of its own, in a folder of its own, that enters the sandbox first as root
 * and then, in another child, as an ordinary user who has CAP_NET_RAW and no more.
 */
#ifndef SANDBOX_CHILD_H
#define SANDBOX_CHILD_H

#include <errno.h>
#include <stdbool.h>

#include "sandbox.h"

enum { NOBODY = 65534 };

extern char folder[];
/* The user's own file, elsewhere: permissions would let it go. */
extern char other[];
extern bool ordinary;
/* Of the last enter(). */
extern struct sandbox_state entered;

/* In a child. What fails there is told by its line. */
#define NEED(what) need(what, #what, __FILE__, __LINE__)
/* Refused with EPERM, by the filter: nothing here fails so outside, see test_outside(). */
#define REFUSED(call) NEED((errno = 0, (call) == -1) && errno == EPERM)
void need(bool holds, const char *what, const char *file, int line);

/* Runs body in a child, as root or as an ordinary user, and returns its wait status. */
int child(void (*body)(void), bool as_ordinary);
/* As both; the child has to end with status 0. late: the body calls become_ordinary() itself where it is to be ordinary. */
void both(void (*body)(void));
void both_late(void (*body)(void));
void become_ordinary(void);
/* In the child, with the folder to write in. */
void enter(struct sandbox_opts);

/* Group fixtures, and whether a network of its own can be had at all. */
int make_folder(void **state);
int remove_folder(void **state);
bool possible(void);

#endif
