/*
 * Gives up what a running audit does not need, for good: a user of its own, no capability, no new privileges, no core dump, an allow
 * list of system calls (seccomp), and where the kernel has Landlock the folders that it works in.
 *
 * Enter it when the devices, the database and all outputs are open and no second thread runs yet: capabilities and Landlock are a
 * thread's own. Threads that start afterwards are born inside.
 *
 * What works inside: files in the folders named below (open, reopen, rename, remove), SQLite in WAL mode, the rings of capture devices
 * that are open, threads, answering on sockets that listen already, sending on sockets that are open already. What does not:
 * other files, new sockets, connections to anybody, other programs, code made at run time, and dlopen(), so nothing may be looked
 * up in the user database or converted by iconv for the first time in there. What is not allowed fails with EPERM and is logged by
 * the kernel; what no honest program of this kind would do (execve, ptrace, mount, a signal to others) ends the process with SIGSYS.
 */
#ifndef SANDBOX_H
#define SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <aud/err.h>

enum { SANDBOX_NAME = 64 };

/* What became of it. */
struct sandbox_state {
	bool entered;
	uid_t uid;
	gid_t gid;
	char user[SANDBOX_NAME];	/* its name, or the number */
	int landlock;			/* version of the kernel's interface; 0: it has none, files are limited by their permissions only */
	const char *unwritable;		/* the first of write[] in whose folder this user may make no file; NULL: all fine */
	const char *unreadable;		/* the first of read[] that this user may not open; NULL: all fine */
};

struct sandbox_opts {
	/*
	 * Read when started as root: the name or number of the user to become. NULL: SANDBOX_USER if there is one, else "nobody". An
	 * ordinary user stays what it is; naming another is AUD_USAGE.
	 */
	const char *user;
	/*
	 * Files or folders that may be opened from now on, for reading and for writing. Of a file its folder is meant, since files
	 * are replaced by others of their name. What does not exist is left out; NULL entries too.
	 */
	const char *const *read, *const *write;
	size_t nread, nwrite;
	/* Sockets of capture devices: nothing may ever be written to them. Not to be closed: their numbers would go to others. */
	const int *capture;
	size_t ncapture;
	const char *later;	/* a file that has to be written at the end; NULL: none. AUD_USAGE where it could not be */
	bool serves;		/* --metrics: connections are accepted */
	bool names_receiver;	/* sendto() and sendmsg() with an address, as to a local syslog; without, only connected sockets send */
	struct sandbox_state *state;	/* filled; NULL is legal */
};

#define SANDBOX_USER "spanaudit"

/*
 * Looks the user up, as sandbox_enter() will: for giving it files that were made as root. For an ordinary user it is itself.
 * AUD_USAGE: no such user, or one that is root.
 */
enum aud_code sandbox_user(const char *user, struct sandbox_state *, struct aud_err *err) AUD_CHECKED;
/*
 * Makes a file or an empty folder that root owns the user's own; for what this process has just made, since what was there before
 * is somebody's on purpose. Symbolic links, files with several names, folders with something in them and what is another's are refused
 * (AUD_USAGE): what is open already can be used all the same, until it has to be opened again. Does nothing where the process is not
 * root, path does not exist or is the user's already, nor for devices, sockets and FIFOs.
 */
enum aud_code sandbox_give(const struct sandbox_state *, const char *path, struct aud_err *err) AUD_CHECKED;
/*
 * For good. On failure the process may be half inside and should end. What the kernel reports of the process afterwards is checked,
 * so AUD_OK means: no capability is left, no privilege can be gained, the filter is on. (The bounding set of who was started
 * as an ordinary user is not its own to empty, and without effect from here on.)
 */
enum aud_code sandbox_enter(const struct sandbox_opts *, struct aud_err *err) AUD_CHECKED;

#endif
