#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox_files.h"

/*
 * https://docs.kernel.org/userspace-api/landlock.html. Debian 12's headers are of version 2; what came later is written out here and
 * asked for only where the running kernel has it.
 */
#define ACCESS_REFER (UINT64_C(1) << 13)	/* 2 */
#define ACCESS_TRUNCATE (UINT64_C(1) << 14)	/* 3 */
#define NET_BIND (UINT64_C(1) << 0)		/* 4 */
#define NET_CONNECT (UINT64_C(1) << 1)		/* 4 */
#define ACCESS_IOCTL_DEV (UINT64_C(1) << 15)	/* 5 */
#define SCOPE_UNIX (UINT64_C(1) << 0)		/* 6 */
#define SCOPE_SIGNAL (UINT64_C(1) << 1)		/* 6 */
enum { KNOWN_VERSION = 6 };

struct attributes {
	uint64_t fs, net, scoped;
};

static const uint64_t reading = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
static const uint64_t writing = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG |
    ACCESS_TRUNCATE;

/* What every program needs: libpcap counts an interface's own drops there, the status of the process, the local time. */
static const char *const always[] = {"/sys/class/net", "/sys/devices", "/proc/self", "/etc/localtime", "/usr/share/zoneinfo", "/dev/null",
    "/dev/urandom"};

static struct attributes
handled(int version)
{
	struct attributes a = {.fs = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
		LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR |
		LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
		LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM};

	a.fs |= reading;
	if (version >= 2)
		a.fs |= ACCESS_REFER;
	if (version >= 3)
		a.fs |= ACCESS_TRUNCATE;
	if (version >= 4)
		a.net = NET_BIND | NET_CONNECT;
	if (version >= 5)
		a.fs |= ACCESS_IOCTL_DEV;
	if (version >= 6)
		a.scoped = SCOPE_UNIX | SCOPE_SIGNAL;
	return a;
}

bool
sandbox_folder(char *folder, size_t room, const char *path)
{
	struct stat st;
	const char *slash = strrchr(path, '/');
	int n;

	if (!stat(path, &st) && S_ISDIR(st.st_mode))
		n = snprintf(folder, room, "%s", path);
	else if (!slash)
		n = snprintf(folder, room, ".");
	else
		n = snprintf(folder, room, "%.*s", (int)(slash == path ? 1 : slash - path), path);
	return n >= 0 && (size_t)n < room;
}

/* Right that a file cannot have would be refused by the kernel. */
static enum aud_code
allow(int ruleset, const char *path, uint64_t rights, struct aud_err *err)
{
	const uint64_t of_files = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | ACCESS_TRUNCATE;
	struct landlock_path_beneath_attr rule = {.allowed_access = rights};
	struct stat st;
	enum aud_code code = AUD_OK;

	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return errno == ENOENT || errno == ENOTDIR || errno == EACCES ? AUD_OK :
		    aud_fail(err, AUD_IO, errno, "sandbox: %s", path);
	if (!fstat(rule.parent_fd, &st) && !S_ISDIR(st.st_mode))
		rule.allowed_access &= of_files;
	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0))
		code = aud_fail(err, AUD_IO, errno, "sandbox: %s", path);
	close(rule.parent_fd);
	return code;
}

static enum aud_code
allow_folder(int ruleset, const char *path, uint64_t rights, struct aud_err *err)
{
	char folder[PATH_MAX], *real;
	struct stat st;
	enum aud_code code = AUD_OK;

	if (!path || !strcmp(path, "-"))
		return AUD_OK;
	if (!sandbox_folder(folder, sizeof folder, path))
		return aud_fail(err, AUD_USAGE, 0, "%.80s…: the name is too long", path);
	code = allow(ruleset, folder, rights, err);
	/* Who opens a symbolic link needs what is behind it. */
	if (code != AUD_OK || lstat(path, &st) || !S_ISLNK(st.st_mode) || !(real = realpath(path, NULL)))
		return code;
	if (sandbox_folder(folder, sizeof folder, real))
		code = allow(ruleset, folder, rights, err);
	free(real);
	return code;
}

enum aud_code
sandbox_files_open(const struct sandbox_opts *o, int *ruleset, int *version, struct aud_err *err)
{
	long kernel = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct attributes a;
	enum aud_code code = AUD_OK;

	*ruleset = -1;
	*version = kernel < 0 ? 0 : (int)kernel;
	if (kernel < 1)
		return AUD_OK;
	a = handled((int)kernel < KNOWN_VERSION ? (int)kernel : KNOWN_VERSION);
	/* An older kernel takes a longer structure whose rest is zero. */
	*ruleset = (int)syscall(SYS_landlock_create_ruleset, &a, sizeof a, 0);
	if (*ruleset < 0)
		return aud_fail(err, AUD_IO, errno, "sandbox: no Landlock ruleset");
	for (size_t i = 0; code == AUD_OK && i < sizeof always / sizeof *always; i++)
		code = allow(*ruleset, always[i], a.fs & (reading | (strncmp(always[i], "/dev/", 5) ? 0 : LANDLOCK_ACCESS_FS_WRITE_FILE)), err);
	for (size_t i = 0; code == AUD_OK && i < o->nread; i++)
		code = allow_folder(*ruleset, o->read[i], a.fs & reading, err);
	for (size_t i = 0; code == AUD_OK && i < o->nwrite; i++)
		code = allow_folder(*ruleset, o->write[i], a.fs & (reading | writing), err);
	if (code != AUD_OK) {
		close(*ruleset);
		*ruleset = -1;
	}
	return code;
}

enum aud_code
sandbox_files_enter(int ruleset, struct aud_err *err)
{
	enum aud_code code = AUD_OK;

	if (ruleset < 0)
		return AUD_OK;
	if (syscall(SYS_landlock_restrict_self, ruleset, 0))
		code = aud_fail(err, AUD_IO, errno, "sandbox: Landlock refused");
	close(ruleset);
	return code;
}
