#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <aud/metrics.h>

#include "sandbox_child.h"

/* --- what the kernel says of every thread --- */

static pthread_barrier_t barrier;

static void *
waiter(void *arg)
{
	(void)arg;
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	return NULL;
}

static void
has_line(const char *status, const char *line)
{
	errno = 0;
	if (!strstr(status, line))
		fprintf(stderr, "no '%s' in:\n%s", line + 1, status);
	NEED(strstr(status, line));
}

static void
one_thread(const char *task)
{
	static const char *const lines[] = {"\nCapInh:\t0000000000000000\n", "\nCapPrm:\t0000000000000000\n",
	    "\nCapEff:\t0000000000000000\n", "\nCapAmb:\t0000000000000000\n", "\nNoNewPrivs:\t1\n", "\nSeccomp:\t2\n",
	    "\nUid:\t65534\t65534\t65534\t65534\n", "\nGid:\t65534\t65534\t65534\t65534\n", "\nGroups:\t \n"};
	char path[64], status[4096];
	int fd;
	ssize_t n = 0;

	snprintf(path, sizeof path, "/proc/self/task/%.20s/status", task);
	fd = open(path, O_RDONLY);
	NEED(fd >= 0 && (n = read(fd, status, sizeof status - 1)) > 0);
	status[n] = '\0';
	close(fd);
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		has_line(status, lines[i]);
	if (!ordinary)
		has_line(status, "\nCapBnd:\t0000000000000000\n");
}

static void
state_of_threads(void)
{
	struct aud_live_status status = {.now_ns = 1};
	struct aud_metrics *m;
	struct rlimit core;
	pthread_t t[3];
	const struct dirent *e;
	unsigned seen = 0;
	DIR *d;

	NEED(aud_metrics_open(&m, "127.0.0.1:0", NULL) == AUD_OK);
	enter((struct sandbox_opts){.serves = true});
	NEED(aud_metrics_set(m, &status, NULL) == AUD_OK);
	NEED(!pthread_barrier_init(&barrier, NULL, 4));
	for (int i = 0; i < 3; i++)
		NEED(!pthread_create(&t[i], NULL, waiter, NULL));
	pthread_barrier_wait(&barrier);
	d = opendir("/proc/self/task");
	NEED(d);
	while ((e = readdir(d)))
		if (e->d_name[0] != '.') {
			one_thread(e->d_name);
			seen++;
		}
	closedir(d);
	/* This one, three of ours, the server's. */
	NEED(seen == 5);
	pthread_barrier_wait(&barrier);
	for (int i = 0; i < 3; i++)
		NEED(!pthread_join(t[i], NULL));
	aud_metrics_close(m);
	NEED(!getrlimit(RLIMIT_CORE, &core) && !core.rlim_cur && !core.rlim_max);
	NEED(entered.uid == NOBODY && !strcmp(entered.user, "nobody"));
	NEED(!entered.unwritable && !entered.unreadable);
}

static void
test_state(void **state)
{
	(void)state;
	both(state_of_threads);
}

/* --- what is refused --- */

static void
refused(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct rlimit limit = {1 << 30, 1 << 30};
	int tcp = socket(AF_INET, SOCK_STREAM, 0), udp = socket(AF_INET, SOCK_DGRAM, 0), tty = open("/dev/null", O_RDWR);
	long page = sysconf(_SC_PAGESIZE);
	int pair[2];
	char *memory;

	NEED(tcp >= 0 && udp >= 0 && tty >= 0);
	enter((struct sandbox_opts){.serves = true});
	REFUSED(socket(AF_INET, SOCK_STREAM, 0));
	REFUSED(socket(AF_INET6, SOCK_DGRAM, 0));
	REFUSED(socket(AF_UNIX, SOCK_DGRAM, 0));
	REFUSED(socket(AF_PACKET, SOCK_RAW, htons(3)));
	REFUSED(socket(AF_NETLINK, SOCK_RAW, 0));
	REFUSED(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	REFUSED(connect(tcp, (struct sockaddr *)&to, sizeof to));
	REFUSED(connect(udp, (struct sockaddr *)&to, sizeof to));
	REFUSED(listen(tcp, 1));
	REFUSED(sendto(udp, "x", 1, 0, (struct sockaddr *)&to, sizeof to));
	REFUSED(sendto(tcp, "x", 1, MSG_FASTOPEN, (struct sockaddr *)&to, sizeof to));
	REFUSED(fork());
	REFUSED(dup(tcp));
	REFUSED(fcntl(tcp, F_DUPFD_CLOEXEC, 0));
	REFUSED(fcntl(tcp, F_SETOWN, 1));
	REFUSED(ioctl(tty, TIOCSTI, "x"));
	REFUSED(setsockopt(tcp, SOL_SOCKET, SO_MARK, &(int){1}, sizeof(int)));
	REFUSED(mkdir("folder", 0700));
	REFUSED(symlink("/etc/passwd", "link"));
	REFUSED(link("kept", "link"));
	REFUSED(chmod("kept", 0777));
	REFUSED(setrlimit(RLIMIT_CORE, &limit));
	REFUSED(prctl(PR_SET_DUMPABLE, 1));
	memory = mmap(NULL, (size_t)page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	NEED(memory != MAP_FAILED);
	REFUSED(mprotect(memory, (size_t)page, PROT_READ | PROT_EXEC));
	NEED(mmap(NULL, (size_t)page, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED && errno == EPERM);
	/* Others' files: by permissions, and by Landlock also what everybody may read. */
	NEED(open("/etc/shadow", O_RDONLY) == -1 && errno == EACCES);
	if (entered.landlock) {
		NEED(open("/etc/passwd", O_RDONLY) == -1 && errno == EACCES);
		NEED(open("/tmp/spanaudit-outside", O_WRONLY | O_CREAT, 0600) == -1 && errno == EACCES);
		NEED(open("/", O_RDONLY | O_DIRECTORY) == -1 && errno == EACCES);
		NEED(unlink(other) == -1 && errno == EACCES);
		NEED(open(other, O_WRONLY | O_TRUNC) == -1 && errno == EACCES);
		NEED(rename(other, "taken") == -1 && errno == EACCES);
		NEED(open("/proc/1/status", O_RDONLY) == -1 && errno == EACCES);
	}
}

static void
test_refused(void **state)
{
	(void)state;
	both(refused);
}

/* Where the receiver may be named, as a local syslog's: a datagram goes, a connection by way of sending does not. */
static void
named_receiver(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int tcp = socket(AF_INET, SOCK_STREAM, 0), udp = socket(AF_INET, SOCK_DGRAM, 0), receiver = socket(AF_INET, SOCK_DGRAM, 0);
	char x = 'x';
	struct iovec v = {&x, 1};
	struct msghdr m = {.msg_name = &to, .msg_namelen = sizeof to, .msg_iov = &v, .msg_iovlen = 1};
	char byte;

	NEED(tcp >= 0 && udp >= 0 && !bind(receiver, (struct sockaddr *)&to, sizeof to));
	NEED(!getsockname(receiver, (struct sockaddr *)&to, &(socklen_t){sizeof to}));
	enter((struct sandbox_opts){.names_receiver = true});
	NEED(sendto(udp, "x", 1, 0, (struct sockaddr *)&to, sizeof to) == 1 && recv(receiver, &byte, 1, 0) == 1);
	NEED(sendmsg(udp, &m, 0) == 1 && recv(receiver, &byte, 1, 0) == 1);
	REFUSED(sendto(tcp, "x", 1, MSG_FASTOPEN, (struct sockaddr *)&to, sizeof to));
	REFUSED(sendmsg(tcp, &m, MSG_FASTOPEN));
	REFUSED(accept4(tcp, NULL, NULL, 0));
	REFUSED(shutdown(tcp, SHUT_RDWR));
}

static void
test_named_receiver(void **state)
{
	(void)state;
	both(named_receiver);
}

/* The same calls outside, that REFUSED() proves something. */
static void
test_outside(void **state)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), copy = dup(fd);

	(void)state;
	assert_true(fd >= 0 && copy >= 0);
	assert_int_equal(fcntl(fd, F_SETOWN, getpid()), 0);
	assert_int_equal(close(fd) | close(copy), 0);
	fd = open("/etc/passwd", O_RDONLY);
	assert_true(fd >= 0);
	close(fd);
}

/* --- what ends the process --- */

static void
hostile_exec(void)
{
	execl("/bin/true", "true", (char *)NULL);
}

static void
hostile_ptrace(void)
{
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static void
hostile_kill(void)
{
	kill(getppid(), 0);
}

static void
hostile_kill_all(void)
{
	kill(-1, 0);
}

/* A process's number with bits above the 32 that the kernel reads. */
static void
hostile_kill_wide(void)
{
	syscall(SYS_kill, (long)getppid() | 1L << 32, 0);
}

static void
hostile_tgkill(void)
{
	syscall(SYS_tgkill, getppid(), getppid(), 0);
}

static void
hostile_setuid(void)
{
	syscall(SYS_setuid, 0);
}

static void
hostile_unshare(void)
{
	unshare(CLONE_NEWUSER);
}

static void
hostile_mount(void)
{
	mount("none", folder, "tmpfs", 0, NULL);
}

static void
hostile_memory(void)
{
	char byte;
	struct iovec v = {&byte, 1};

	process_vm_readv(getpid(), &v, 1, &v, 1, 0);
}

static void
hostile_bpf(void)
{
	syscall(SYS_bpf, 0, NULL, 0);
}

static void
hostile_uring(void)
{
	syscall(SYS_io_uring_setup, 1, NULL);
}

static void
hostile_filter(void)
{
	syscall(SYS_seccomp, 0, 0, NULL);
}

static void (*hostile)(void);

static void
enter_and_attack(void)
{
	enter((struct sandbox_opts){0});
	hostile();
}

static void
test_hostile(void **state)
{
	static void (*const attacks[])(void) = {hostile_exec, hostile_ptrace, hostile_kill, hostile_kill_all, hostile_kill_wide,
	    hostile_tgkill, hostile_setuid, hostile_unshare, hostile_mount, hostile_memory, hostile_bpf, hostile_uring, hostile_filter};

	(void)state;
	for (size_t i = 0; i < sizeof attacks / sizeof *attacks; i++)
		for (int as = 0; as < 2; as++) {
			int status;

			hostile = attacks[i];
			status = child(enter_and_attack, as);
			if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
				fail_msg("attack %zu as %s: status 0x%x", i, as ? "an ordinary user" : "root", (unsigned)status);
		}
}

/* An end by a signal to itself is its own affair. */
static void
ends_itself(void)
{
	enter((struct sandbox_opts){0});
	abort();
}

static void
test_abort(void **state)
{
	(void)state;
	for (int as = 0; as < 2; as++) {
		int status = child(ends_itself, as);

		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), SIGABRT);
		assert_false(WCOREDUMP(status));
	}
}

/* --- errors --- */

static void
errors(void)
{
	struct sandbox_opts o = {0};
	struct aud_err err = {0};
	struct sandbox_state who;
	struct stat st;
	pthread_t t;

	NEED(sandbox_user("no such user", &who, &err) == AUD_USAGE && err.msg[0]);
	NEED(sandbox_user("root", &who, NULL) == AUD_USAGE);
	NEED(sandbox_user("0", &who, NULL) == AUD_USAGE);
	NEED(sandbox_user("65534", &who, NULL) == AUD_OK && who.uid == NOBODY && !strcmp(who.user, "nobody"));
	NEED(sandbox_user(NULL, &who, NULL) == AUD_OK && who.uid != 0 && who.gid != 0);
	/* A link could lead anywhere. */
	if (!ordinary) {
		NEED(!symlink("/etc/passwd", "link") && sandbox_give(&who, "link", NULL) == AUD_USAGE && !unlink("link"));
		/* Nor is a device anybody's to give. */
		NEED(!stat("/dev/zero", &st) && st.st_uid != who.uid && sandbox_give(&who, "/dev/zero", NULL) == AUD_OK);
		NEED(!stat("/dev/zero", &st) && st.st_uid != who.uid);
		NEED(!link("kept", "second") && sandbox_give(&who, "second", NULL) == AUD_USAGE && !unlink("second"));
		NEED(sandbox_give(&who, "nothing there", NULL) == AUD_OK);
		/* A folder that others use. */
		err = (struct aud_err){0};
		NEED(sandbox_give(&who, "/etc", &err) == AUD_USAGE && strstr(err.msg, "a folder with files in it"));
		NEED(!mkdir("given", 0700) && sandbox_give(&who, "given", NULL) == AUD_OK && !stat("given", &st));
		NEED(st.st_uid == who.uid && st.st_gid == who.gid);
		/* Again, at the next start, when there is something in it. */
		NEED(!close(open("given/file", O_WRONLY | O_CREAT, 0600)) && sandbox_give(&who, "given", NULL) == AUD_OK);
		NEED(!chown("given", 1, 1) && sandbox_give(&who, "given", NULL) == AUD_USAGE);
		NEED(!unlink("given/file") && !rmdir("given"));
	}
	NEED(!pthread_barrier_init(&barrier, NULL, 2) && !pthread_create(&t, NULL, waiter, NULL));
	err = (struct aud_err){0};
	NEED(sandbox_enter(&o, &err) == AUD_USAGE && strstr(err.msg, "2 threads"));
}

static void
test_errors(void **state)
{
	(void)state;
	both(errors);
}

static void
reach(void)
{
	const char *const read[] = {"kept", NULL, "closed/site.yaml"}, *const write[] = {"-", NULL, "kept", "closed/audit.db"};
	struct sandbox_opts o = {.read = read, .nread = 3, .write = write, .nwrite = 4, .state = &entered};

	NEED(sandbox_enter(&o, NULL) == AUD_OK);
	NEED(entered.unwritable && !strcmp(entered.unwritable, "closed/audit.db"));
	NEED(entered.unreadable && !strcmp(entered.unreadable, "closed/site.yaml"));
}

/* A folder that the user may not enter is told before it is needed. */
static void
test_reach(void **state)
{
	char path[64];

	(void)state;
	snprintf(path, sizeof path, "%s/closed", folder);
	assert_int_equal(mkdir(path, 0700), 0);
	both(reach);
	assert_int_equal(rmdir(path), 0);
}

static const struct {
	const char *path;
	bool fits;
} later[] = {{"-", true}, {"new.html", true}, {"/dev/null", true}, {"closed/new.html", false}, {"none/new.html", false}, {"sticky/new.html", true},
    {"sticky/roots.html", false}, {"open/roots.html", true}};
static size_t which;

static void
report_later(void)
{
	struct sandbox_opts o = {.later = later[which].path, .user = ordinary ? NULL : "nobody"};
	struct aud_err err = {0};
	enum aud_code code = sandbox_enter(&o, &err);

	NEED(code == (later[which].fits ? AUD_OK : AUD_USAGE));
	NEED(later[which].fits || (strstr(err.msg, later[which].path) && strstr(err.msg, "by the user nobody: give its folder to that user")));
}

/* What could not be written at the end ends it at the start; nobody learns of it after weeks. */
static void
test_later(void **state)
{
	static const struct {
		const char *name;
		mode_t mode;
	} folders[] = {{"closed", 0755}, {"sticky", 01777}, {"open", 0777}};
	char path[96];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof path, "%s/%s", folder, folders[i].name);
		assert_int_equal(mkdir(path, 0700) | chmod(path, folders[i].mode), 0);
		snprintf(path, sizeof path, "%s/%s/roots.html", folder, folders[i].name);
		assert_int_equal(close(open(path, O_WRONLY | O_CREAT, 0644)), 0);
	}
	for (which = 0; which < sizeof later / sizeof *later; which++)
		both(report_later);
	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof path, "%s/%s/roots.html", folder, folders[i].name);
		unlink(path);
		*strrchr(path, '/') = '\0';
		assert_int_equal(rmdir(path), 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_state), cmocka_unit_test(test_refused), cmocka_unit_test(test_named_receiver),
	    cmocka_unit_test(test_outside), cmocka_unit_test(test_hostile), cmocka_unit_test(test_abort),
	    cmocka_unit_test(test_errors), cmocka_unit_test(test_reach), cmocka_unit_test(test_later)};

	if (!possible()) {
		fprintf(stderr, "only root can enter it as root, with a network of its own\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
