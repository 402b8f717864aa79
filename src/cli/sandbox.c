#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cap-ng.h>

#include "sandbox.h"
#include "sandbox_calls.h"
#include "sandbox_files.h"

#ifdef AUD_SANITIZED
/* The search for leaks stops the process by ptrace(2), which ends it in here. */
static bool entered;
int __lsan_is_turned_off(void);

int
__lsan_is_turned_off(void)
{
	return entered;
}
#endif

static enum aud_code
same_user(const char *user, const struct passwd *pw, struct sandbox_state *s, struct aud_err *err)
{
	s->uid = getuid();
	s->gid = getgid();
	if (user && (!pw || pw->pw_uid != s->uid))
		return aud_fail(err, AUD_USAGE, 0, "--user %s: only root can become another user: leave the option out", user);
	pw = getpwuid(s->uid);
	if (pw)
		snprintf(s->user, sizeof s->user, "%s", pw->pw_name);
	else
		snprintf(s->user, sizeof s->user, "%u", (unsigned)s->uid);
	return AUD_OK;
}

static const struct passwd *
by_number(const char *text)
{
	unsigned long n;
	char *end;

	errno = 0;
	n = strtoul(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && !errno && n < UINT32_MAX ? getpwuid((uid_t)n) : NULL;
}

enum aud_code
sandbox_user(const char *user, struct sandbox_state *s, struct aud_err *err)
{
	const struct passwd *pw = user ? getpwnam(user) : NULL;

	*s = (struct sandbox_state){0};
	if (user && !pw)
		pw = by_number(user);
	if (geteuid() != 0)
		return same_user(user, pw, s, err);
	if (!user && !(pw = getpwnam(SANDBOX_USER)))
		pw = getpwnam("nobody");
	if (!pw)
		return aud_fail(err, AUD_USAGE, 0, "--user %s: there is no such user", user ? user : "nobody");
	if (!pw->pw_uid || !pw->pw_gid)
		return aud_fail(err, AUD_USAGE, 0, "--user %s: is root, or of its group: name one without privileges", pw->pw_name);
	s->uid = pw->pw_uid;
	s->gid = pw->pw_gid;
	snprintf(s->user, sizeof s->user, "%s", pw->pw_name);
	return AUD_OK;
}

static bool
empty(int folder)
{
	int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	unsigned entries = 0;

	if (!d) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	while (readdir(d))
		entries++;
	closedir(d);
	/* Itself and the one above. */
	return entries <= 2;
}

/* Why not; NULL: it may be given. */
static const char *
not_to_be_given(int fd, const struct stat *st)
{
	if (S_ISLNK(st->st_mode))
		return "a symbolic link";
	if (st->st_uid != 0)
		return "another user's";
	if (S_ISDIR(st->st_mode) && !empty(fd))
		return "a folder with files in it";
	return S_ISREG(st->st_mode) && st->st_nlink != 1 ? "a file with several names" : NULL;
}

enum aud_code
sandbox_give(const struct sandbox_state *s, const char *path, struct aud_err *err)
{
	struct stat st;
	enum aud_code code = AUD_OK;
	const char *why;
	int fd;

	if (geteuid() != 0)
		return AUD_OK;
	/* Not opened: that a FIFO has a reader for a moment is not without effect. */
	fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? AUD_OK : aud_fail(err, AUD_IO, errno, "%s: cannot be given to user %s", path, s->user);
	if (fstat(fd, &st))
		code = aud_fail(err, AUD_IO, errno, "%s: cannot be given to user %s", path, s->user);
	else if (st.st_uid == s->uid || !(S_ISREG(st.st_mode) || S_ISDIR(st.st_mode) || S_ISLNK(st.st_mode)))
		code = AUD_OK;
	else if ((why = not_to_be_given(fd, &st)))
		code = aud_fail(err, AUD_USAGE, 0, "%s: is not given to user %s, since it is %s: change its owner, or name another", path,
		    s->user, why);
	else if (fchownat(fd, "", s->uid, s->gid, AT_EMPTY_PATH))
		code = aud_fail(err, AUD_IO, errno, "%s: cannot be given to user %s", path, s->user);
	close(fd);
	return code;
}

/* Capabilities and Landlock are of a thread: one that runs already would keep what it has. */
static enum aud_code
alone(struct aud_err *err)
{
	DIR *d = opendir("/proc/self/task");
	const struct dirent *e;
	unsigned threads = 0;

	if (!d)
		return aud_fail(err, AUD_IO, errno, "sandbox: /proc is needed, to see what is left");
	while ((e = readdir(d)))
		threads += e->d_name[0] != '.';
	closedir(d);
	if (threads != 1)
		return aud_fail(err, AUD_USAGE, 0, "sandbox: %u threads run already: please report this", threads);
	return AUD_OK;
}

/* Of root everything, and for good. Of an ordinary user what it has; its bounding set if it may. */
static enum aud_code
drop(const struct sandbox_state *s, struct aud_err *err)
{
	const struct rlimit none = {0, 0};
	bool bounds;
	int rc = 0;

	if (setrlimit(RLIMIT_CORE, &none))
		return aud_fail(err, AUD_IO, errno, "sandbox: core dumps cannot be turned off");
	capng_get_caps_process();
	bounds = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP);
	capng_clear(CAPNG_SELECT_ALL);
	if (geteuid() == 0)
		rc = capng_change_id((int)s->uid, (int)s->gid, CAPNG_DROP_SUPP_GRP | CAPNG_CLEAR_BOUNDING | CAPNG_CLEAR_AMBIENT);
	else if (bounds)
		rc = capng_apply(CAPNG_SELECT_BOUNDS);
	if (rc)
		return aud_fail(err, AUD_IO, 0, "sandbox: cannot become user %s without capabilities (libcap-ng: %d): start it as root with"
		    " all that root may do, or as an ordinary user with CAP_NET_RAW", s->user, rc);
	if (capng_apply(CAPNG_SELECT_CAPS) || prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0))
		return aud_fail(err, AUD_IO, errno, "sandbox: capabilities cannot be given up");
	/* After the change of user, which sets it anew. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return aud_fail(err, AUD_IO, errno, "sandbox: the kernel refused no_new_privs");
	return AUD_OK;
}

static const char *
first_out_of_reach(const char *const *paths, size_t n, bool folders)
{
	char folder[PATH_MAX];

	for (size_t i = 0; i < n; i++) {
		if (!paths[i] || !strcmp(paths[i], "-"))
			continue;
		if (folders ? !sandbox_folder(folder, sizeof folder, paths[i]) || access(folder, W_OK | X_OK) : access(paths[i], R_OK))
			return paths[i];
	}
	return NULL;
}

/* As output_open() does it: another file takes the name, but what is no file of a disk's is written in place. */
static bool
can_be_made(const char *path)
{
	char folder[PATH_MAX];
	struct stat st, in;

	if (!stat(path, &st) && !S_ISREG(st.st_mode))
		return !access(path, W_OK);
	if (!sandbox_folder(folder, sizeof folder, path) || stat(folder, &in) || access(folder, W_OK | X_OK))
		return false;
	/* In a folder like /tmp nobody replaces another's file. */
	return lstat(path, &st) || !(in.st_mode & S_ISVTX) || st.st_uid == geteuid() || in.st_uid == geteuid();
}

/* Value of a line of /proc/self/status in this base; -1 where there is none. */
static long long
told(const char *status, const char *key, int base)
{
	const char *at = strstr(status, key);

	return at ? strtoll(at + strlen(key), NULL, base) : -1;
}

/* Nobody should have to believe the calls above. */
static enum aud_code
check(bool was_root, struct aud_err *err)
{
	static const char *const sets[] = {"\nCapInh:", "\nCapPrm:", "\nCapEff:", "\nCapAmb:", "\nCapBnd:"};
	char status[4096];
	int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, status, sizeof status - 1);

	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return aud_fail(err, AUD_IO, errno, "sandbox: /proc/self/status cannot be read, so nothing can be said of what is left");
	status[n] = '\0';
	for (size_t i = 0; i < sizeof sets / sizeof *sets - (was_root ? 0 : 1); i++)
		if (told(status, sets[i], 16))
			return aud_fail(err, AUD_IO, 0, "sandbox: capabilities are left (%.6s): please report this", sets[i] + 1);
	if (told(status, "\nNoNewPrivs:", 10) != 1 || told(status, "\nSeccomp:", 10) != 2 || !getuid() || !geteuid())
		return aud_fail(err, AUD_IO, 0, "sandbox: it did not come into force: please report this");
	return AUD_OK;
}

enum aud_code
sandbox_enter(const struct sandbox_opts *o, struct aud_err *err)
{
	struct sandbox_state s;
	bool was_root = geteuid() == 0;
	int ruleset = -1;
	enum aud_code code;

	if ((code = sandbox_user(o->user, &s, err)) != AUD_OK || (code = alone(err)) != AUD_OK ||
	    (code = sandbox_files_open(o, &ruleset, &s.landlock, err)) != AUD_OK)
		return code;
	code = drop(&s, err);
	if (code != AUD_OK) {
		if (ruleset >= 0)
			close(ruleset);
		return code;
	}
	if (o->later && strcmp(o->later, "-") && !can_be_made(o->later)) {
		if (ruleset >= 0)
			close(ruleset);
		return aud_fail(err, AUD_USAGE, 0, "%.120s: could not be written at the end by the user %s: give its folder to that user, name"
		    " another file, or another user with --user", o->later, s.user);
	}
	s.unwritable = first_out_of_reach(o->write, o->nwrite, true);
	/* What is written at the end was asked for above, and may be a device, in whose folder no file has to be made. */
	if (s.unwritable && s.unwritable == o->later)
		s.unwritable = NULL;
	s.unreadable = first_out_of_reach(o->read, o->nread, false);
	if ((code = sandbox_files_enter(ruleset, err)) != AUD_OK || (code = sandbox_calls(o, err)) != AUD_OK ||
	    (code = check(was_root, err)) != AUD_OK)
		return code;
#ifdef AUD_SANITIZED
	entered = true;
#endif
	s.entered = true;
	if (o->state)
		*o->state = s;
	return AUD_OK;
}
