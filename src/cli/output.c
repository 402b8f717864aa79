#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "signals.h"

static bool
is_stdout(const char *path)
{
	return !path || !strcmp(path, "-");
}

/* A file that exists and is none of a disk's (a device, a named pipe) is written in place. */
static bool
in_place(const char *path)
{
	struct stat st;

	return !stat(path, &st) && !S_ISREG(st.st_mode);
}

bool
output_usable(const char *path, const char *const *inputs, size_t n)
{
	struct stat out, in;
	char *copy, *dir;
	bool exists, ok;

	if (is_stdout(path))
		return true;
	exists = !stat(path, &out);
	if (exists && S_ISDIR(out.st_mode)) {
		say("%s: is a folder: name a file in it", path);
		return false;
	}
	for (size_t i = 0; i < n; i++)
		if (inputs[i] &&
		    (!strcmp(inputs[i], path) ||
			(exists && !stat(inputs[i], &in) && in.st_dev == out.st_dev && in.st_ino == out.st_ino))) {
			say("%s: is needed for something else: choose another name for the output", path);
			return false;
		}
	if (!(copy = strdup(path))) {
		say("out of memory");
		return false;
	}
	dir = dirname(copy);
	ok = exists && !S_ISREG(out.st_mode) ? !access(path, W_OK) : !access(dir, W_OK | X_OK);
	if (!ok)
		say("%s: cannot be written: %s", path, strerror(errno));
	free(copy);
	return ok;
}

/* With the permissions that a plain open() would have given it. */
static FILE *
open_temp(char *temp)
{
	int fd = mkstemp(temp);
	mode_t mask = umask(0);
	FILE *f;

	umask(mask);
	if (fd < 0)
		return NULL;
	f = fchmod(fd, 0666 & ~mask) ? NULL : fdopen(fd, "w");
	if (!f) {
		int sys = errno;

		close(fd);
		unlink(temp);
		errno = sys;
	}
	return f;
}

enum aud_code
output_open(struct output *o, const char *path, struct aud_err *err)
{
	static const char suffix[] = ".XXXXXX";
	sigset_t before;
	size_t n;

	signals_end();
	*o = (struct output){.path = path};
	if (is_stdout(path)) {
		o->path = "standard output";
		o->f = stdout;
		return AUD_OK;
	}
	if (in_place(path)) {
		o->f = fopen(path, "w");
		return o->f ? AUD_OK : aud_fail(err, AUD_IO, errno, "%s: cannot be written", path);
	}
	/* A symbolic link stays one: what it points to is replaced. */
	o->target = realpath(path, NULL);
	if (!o->target)
		o->target = strdup(path);
	n = o->target ? strlen(o->target) : 0;
	o->temp = o->target ? malloc(n + sizeof suffix) : NULL;
	if (!o->temp) {
		free(o->target);
		return aud_nomem(err);
	}
	memcpy(o->temp, o->target, n);
	memcpy(o->temp + n, suffix, sizeof suffix);
	signals_hold(&before);
	o->f = open_temp(o->temp);
	if (o->f)
		signals_scrap(o->temp, NULL);
	signals_release(&before);
	if (o->f)
		return AUD_OK;
	aud_fail(err, AUD_IO, errno, "%s: cannot be written", path);
	free(o->temp);
	free(o->target);
	return AUD_IO;
}

/* Has whoever read our standard output gone? */
static bool
reader_gone(void)
{
	struct pollfd p = {.fd = STDOUT_FILENO, .events = POLLOUT};

	return poll(&p, 1, 0) == 1 && p.revents & POLLERR;
}

enum aud_code
output_close(struct output *o, enum aud_code code, struct aud_err *err)
{
	if (code == AUD_OK && (fflush(o->f) || ferror(o->f)))
		code = aud_fail(err, AUD_IO, errno, "%s: cannot be written", o->path);
	else if (code == AUD_IO && err && ferror(o->f)) {
		/* Who wrote to it knows no name. */
		int sys = err->sys;

		*err = (struct aud_err){0};
		code = aud_fail(err, AUD_IO, sys, "%s: cannot be written", o->path);
	}
	if (o->f == stdout) {
		if (code == AUD_IO && reader_gone())
			code = AUD_OK;
		return code;
	}
	if (fclose(o->f) && code == AUD_OK)
		code = aud_fail(err, AUD_IO, errno, "%s: cannot be written", o->path);
	if (o->temp && code == AUD_OK && rename(o->temp, o->target))
		code = aud_fail(err, AUD_IO, errno, "%s: cannot be written", o->path);
	if (o->temp && code != AUD_OK)
		unlink(o->temp);
	if (o->temp)
		signals_settle(o->temp);
	free(o->temp);
	free(o->target);
	return code;
}

enum status
output_flush(void)
{
	struct output out;
	struct aud_err err = {0};
	enum aud_code code = output_open(&out, NULL, &err);

	if (code == AUD_OK)
		code = output_close(&out, AUD_OK, &err);
	return say_err(code, &err);
}
