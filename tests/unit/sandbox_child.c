#include <fcntl.h>
#include <grp.h>
#include <net/if.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <cap-ng.h>

#include "sandbox_child.h"

char folder[] = "/tmp/spanaudit-sandbox.XXXXXX";
char other[] = "/tmp/spanaudit-other.XXXXXX";
bool ordinary;
struct sandbox_state entered;

void
need(bool holds, const char *what, const char *file, int line)
{
	if (holds)
		return;
	fprintf(stderr, "%s:%d: as %s: %s (errno %d, %s)\n", file, line, ordinary ? "an ordinary user" : "root", what, errno, strerror(errno));
	_exit(1);
}

static void
own_network(void)
{
	struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	int fd;

	NEED(!unshare(CLONE_NEWNET));
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	NEED(fd >= 0 && !ioctl(fd, SIOCSIFFLAGS, &lo));
	close(fd);
}

void
become_ordinary(void)
{
	capng_clear(CAPNG_SELECT_ALL);
	capng_updatev(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_INHERITABLE | CAPNG_AMBIENT, CAP_NET_RAW, -1);
	NEED(!capng_change_id(NOBODY, NOBODY, CAPNG_DROP_SUPP_GRP));
	NEED(getuid() == NOBODY && capng_have_capability(CAPNG_EFFECTIVE, CAP_NET_RAW));
}

static int
child_of(void (*body)(void), bool as_ordinary, bool late)
{
	pid_t pid = fork();
	int status = -1;

	assert_true(pid >= 0);
	if (!pid) {
		alarm(20);
		ordinary = as_ordinary;
		own_network();
		NEED(!setgroups(2, (gid_t[]){4, 24}) && !chdir(folder));
		if (ordinary && !late)
			become_ordinary();
		body();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

int
child(void (*body)(void), bool as_ordinary)
{
	return child_of(body, as_ordinary, false);
}

static void
both_of(void (*body)(void), bool late)
{
	for (int i = 0; i < 2; i++) {
		int status = child_of(body, i, late);

		if (status)
			fail_msg("as %s: status 0x%x", i ? "an ordinary user" : "root", (unsigned)status);
	}
}

void
both(void (*body)(void))
{
	both_of(body, false);
}

void
both_late(void (*body)(void))
{
	both_of(body, true);
}

void
enter(struct sandbox_opts o)
{
	const char *const write[] = {folder};
	struct aud_err err = {0};
	enum aud_code code;

	o.user = ordinary ? NULL : "nobody";
	o.write = write;
	o.nwrite = 1;
	o.state = &entered;
	code = sandbox_enter(&o, &err);
	if (code != AUD_OK)
		fprintf(stderr, "%s\n", err.msg);
	NEED(code == AUD_OK && entered.entered);
}

int
make_folder(void **state)
{
	char path[sizeof folder + 32];
	int fd = mkstemp(other);

	(void)state;
	if (fd < 0 || fchown(fd, NOBODY, NOBODY) || close(fd) || !mkdtemp(folder) || chmod(folder, 0777))
		return -1;
	snprintf(path, sizeof path, "%s/kept", folder);
	return close(open(path, O_WRONLY | O_CREAT, 0644));
}

int
remove_folder(void **state)
{
	static const char *const names[] = {"kept", "r.db", "o.db", "r2.db", "o2.db"};
	char path[sizeof folder + 32];

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(path, sizeof path, "%s/%s", folder, names[i]);
		unlink(path);
	}
	return unlink(other) | rmdir(folder);
}

bool
possible(void)
{
	pid_t pid = geteuid() ? -1 : fork();
	int status;

	if (!pid)
		_exit(unshare(CLONE_NEWNET) ? 1 : 0);
	return pid > 0 && waitpid(pid, &status, 0) == pid && !status;
}
