#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
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
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <cap-ng.h>
#include <pcap/pcap.h>
#include <sqlite3.h>

#include <aud/metrics.h>

#include "notify.h"
#include "sandbox.h"

/*
 * Each test is a child process with a network of its own, in a folder of its own, that enters the sandbox first as root and then, in
 * another child, as an ordinary user who has CAP_NET_RAW and no more.
 */

enum { NOBODY = 65534 };

static char folder[] = "/tmp/spanaudit-sandbox.XXXXXX";
/* The user's own file, elsewhere: permissions would let it go. */
static char other[] = "/tmp/spanaudit-other.XXXXXX";
static bool ordinary;

/* In a child. What fails there is told by its line. */
#define NEED(what) need(what, #what, __LINE__)

static void
need(bool holds, const char *what, int line)
{
	if (holds)
		return;
	fprintf(stderr, "sandbox.c:%d: as %s: %s (errno %d, %s)\n", line, ordinary ? "an ordinary user" : "root", what, errno, strerror(errno));
	_exit(1);
}

/* Refused with EPERM, by the filter: nothing here fails so outside, see test_outside(). */
#define REFUSED(call) NEED((errno = 0, (call) == -1) && errno == EPERM)

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

static void
become_ordinary(void)
{
	capng_clear(CAPNG_SELECT_ALL);
	capng_updatev(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_INHERITABLE | CAPNG_AMBIENT, CAP_NET_RAW, -1);
	NEED(!capng_change_id(NOBODY, NOBODY, CAPNG_DROP_SUPP_GRP));
	NEED(getuid() == NOBODY && capng_have_capability(CAPNG_EFFECTIVE, CAP_NET_RAW));
}

/* Runs body in a child, as root or as an ordinary user, and returns its wait status. late: the body becomes ordinary itself. */
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

static int
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

static void
both(void (*body)(void))
{
	both_of(body, false);
}

static struct sandbox_state entered;

static void
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

/* --- what works --- */

static void
sql(sqlite3 *db, const char *text)
{
	char *message = NULL;

	if (sqlite3_exec(db, text, NULL, NULL, &message) != SQLITE_OK)
		fprintf(stderr, "%s: %s\n", text, message);
	NEED(!message);
}

static int
number(sqlite3 *db, const char *text)
{
	sqlite3_stmt *s;
	int n;

	NEED(sqlite3_prepare_v2(db, text, -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW);
	n = sqlite3_column_int(s, 0);
	sqlite3_finalize(s);
	return n;
}

static void
database(void)
{
	sqlite3 *db, *again;

	/* As root the tables are there, and the files given to the user, before the sandbox. */
	NEED(sqlite3_open(ordinary ? "o.db" : "r.db", &db) == SQLITE_OK);
	sql(db, "PRAGMA journal_mode=WAL; PRAGMA temp_store=MEMORY; CREATE TABLE t(a, b); INSERT INTO t VALUES(1, 2)");
	if (!ordinary) {
		static const char *const files[] = {"r.db", "r.db-wal", "r.db-shm"};
		struct sandbox_state who;

		NEED(sandbox_user("nobody", &who, NULL) == AUD_OK);
		for (int i = 0; i < 3; i++)
			NEED(sandbox_give(&who, files[i], NULL) == AUD_OK);
	}
	enter((struct sandbox_opts){0});
	for (int i = 0; i < 20; i++)
		sql(db, "BEGIN; WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM n WHERE x<2000)"
			" INSERT INTO t SELECT x, hex(randomblob(50)) FROM n; COMMIT");
	sql(db, "DELETE FROM t WHERE a > 1000; CREATE INDEX i ON t(b); VACUUM");
	NEED(number(db, "SELECT count(*) FROM t") == 20001);
	NEED(number(db, "PRAGMA wal_checkpoint(TRUNCATE)") == 0);
	NEED(sqlite3_open(ordinary ? "o.db" : "r.db", &again) == SQLITE_OK);
	sql(again, "INSERT INTO t VALUES(3, 4)");
	NEED(number(db, "SELECT count(*) FROM t") == 20002);
	NEED(sqlite3_close(again) == SQLITE_OK && sqlite3_close(db) == SQLITE_OK);
	/* And one that is new, as after the disk was exchanged. */
	NEED(sqlite3_open(ordinary ? "o2.db" : "r2.db", &db) == SQLITE_OK);
	sql(db, "PRAGMA journal_mode=WAL; CREATE TABLE t(a)");
	NEED(sqlite3_close(db) == SQLITE_OK && access(ordinary ? "o2.db-wal" : "r2.db-wal", F_OK) == -1);
}

static void
test_database(void **state)
{
	(void)state;
	both(database);
}

static void
files(void)
{
	int fd;
	struct stat st;
	FILE *f;
	DIR *d;

	enter((struct sandbox_opts){0});
	/* Rotation: the file is renamed, opened again, and both are there. */
	fd = open("events", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	NEED(fd >= 0 && write(fd, "a\n", 2) == 2 && !fsync(fd) && !close(fd));
	NEED(!rename("events", "events.1"));
	f = fopen("events", "ae");
	NEED(f && fputs("b\n", f) >= 0 && !fclose(f));
	NEED(!stat("events.1", &st) && st.st_size == 2 && st.st_uid == NOBODY);
	fd = open("events", O_RDWR | O_TRUNC);
	NEED(fd >= 0 && !posix_fallocate(fd, 0, 4096) && !ftruncate(fd, 10) && !close(fd));
	NEED((d = opendir(".")) && readdir(d) && !closedir(d));
	NEED(!unlink("events") && !unlink("events.1") && access("events", F_OK) == -1);
	NEED(localtime(&(time_t){0}));
}

static void
test_files(void **state)
{
	(void)state;
	both(files);
}

/* A process outside, in the same network, that serves the one inside: sends it packets, asks for its page, signals it. */
static pid_t
helper(void (*body)(int), int arg)
{
	pid_t pid = fork();

	NEED(pid >= 0);
	if (!pid) {
		alarm(20);
		body(arg);
		_exit(0);
	}
	return pid;
}

static void
send_packets(int arg)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	(void)arg;
	for (int i = 0; i < 5000; i++) {
		NEED(sendto(fd, "twelve bytes", 12, 0, (struct sockaddr *)&to, sizeof to) == 12 || errno == ECONNREFUSED);
		usleep(1000);
	}
}

static void
count(u_char *n, const struct pcap_pkthdr *h, const u_char *data)
{
	(void)data;
	*(unsigned *)n += h->caplen == 14 + 20 + 8 + 12;
}

static void
capture(void)
{
	char why[PCAP_ERRBUF_SIZE];
	pcap_t *p = pcap_create("lo", why);
	struct pcap_stat stat;
	struct sandbox_opts o = {.ncapture = 1};
	unsigned seen = 0;
	pid_t pid;
	int fd;

	NEED(p && !pcap_set_snaplen(p, 2048) && !pcap_set_promisc(p, 1) && !pcap_set_timeout(p, 50) && !pcap_set_buffer_size(p, 4 << 20));
	NEED(pcap_activate(p) >= 0 && !pcap_setnonblock(p, 1, why));
	fd = pcap_get_selectable_fd(p);
	o.capture = &fd;
	pid = helper(send_packets, 0);
	enter(o);
	while (seen < 1000)
		NEED(pcap_dispatch(p, -1, count, (u_char *)&seen) >= 0);
	NEED(!pcap_stats(p, &stat) && stat.ps_recv >= 1000);
	/* Listening only: the device's socket sends nothing. */
	REFUSED(write(fd, "no frame of ours", 16));
	REFUSED(send(fd, "no frame of ours", 16, 0));
	pcap_breakloop(p);
	pcap_close(p);
	/* The helper is killed by its alarm or ends by itself: this process may signal nobody. */
	(void)pid;
}

static void
test_capture(void **state)
{
	(void)state;
	both(capture);
}

/* Takes the interface away, brings another of its name, and sends frames to it, whichever it is. */
static void
flap(int arg)
{
	(void)arg;
	for (int i = 0; i < 60; i++) {
		static const unsigned char frame[60] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 0x88, 0xb5};
		struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex("far")};
		int fd = socket(AF_PACKET, SOCK_RAW, 0);

		sendto(fd, frame, sizeof frame, 0, (struct sockaddr *)&to, sizeof to);
		close(fd);
		usleep(50000);
		if (i == 10)
			NEED(!system("ip link delete near"));
		if (i == 20)
			NEED(!system("ip link add name near type veth peer name far && ip link set near up && ip link set far up"));
	}
}

static void
any(u_char *n, const struct pcap_pkthdr *h, const u_char *data)
{
	(void)h, (void)data;
	++*(unsigned *)n;
}

/* The socket of a device that went joins the next one of its name, which takes no privilege. */
static void
return_of_device(void)
{
	char why[PCAP_ERRBUF_SIZE];
	struct ifreq device = {.ifr_name = "near"};
	struct packet_mreq promiscuous = {.mr_type = PACKET_MR_PROMISC};
	struct sockaddr_ll a = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
	struct sandbox_opts o = {.ncapture = 1};
	unsigned before = 0, after = 0;
	pcap_t *p;
	int fd;

	p = pcap_create("near", why);
	NEED(p && !pcap_set_promisc(p, 1) && !pcap_set_timeout(p, 50) && pcap_activate(p) >= 0 && !pcap_setnonblock(p, 1, why));
	fd = pcap_get_selectable_fd(p);
	o.capture = &fd;
	enter(o);
	while (!before)
		NEED(pcap_dispatch(p, -1, any, (u_char *)&before) >= 0);
	while (!ioctl(fd, SIOCGIFINDEX, &device))
		usleep(10000);
	NEED(errno == ENODEV);
	while (ioctl(fd, SIOCGIFINDEX, &device) || ioctl(fd, SIOCGIFFLAGS, &(struct ifreq){.ifr_name = "near"}))
		usleep(10000);
	a.sll_ifindex = promiscuous.mr_ifindex = device.ifr_ifindex;
	NEED(!bind(fd, (struct sockaddr *)&a, sizeof a));
	NEED(!setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promiscuous, sizeof promiscuous));
	/* The first call after may tell that the device was down. */
	while (after < 3)
		(void)pcap_dispatch(p, -1, any, (u_char *)&after);
	pcap_close(p);
}

static void
return_as(void)
{
	NEED(!system("ip link add name near type veth peer name far && ip link set near up && ip link set far up"));
	helper(flap, 0);
	if (ordinary)
		become_ordinary();
	return_of_device();
}

static void
test_return(void **state)
{
	(void)state;
	if (system("ip link show lo >/dev/null 2>&1")) {
		fprintf(stderr, "no ip(8): the return of a device is not tested\n");
		skip();
	}
	both_of(return_as, true);
}

static volatile sig_atomic_t signalled;

static void
on_signal(int sig)
{
	signalled = sig;
}

/* Asks for the page; when it is whole, sends SIGHUP. */
static void
ask(int port)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	static const char question[] = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";
	char answer[1 << 16];
	size_t n = 0;
	ssize_t got;

	for (int i = 0; i < 5; i++) {
		int fd = socket(AF_INET, SOCK_STREAM, 0);

		NEED(!connect(fd, (struct sockaddr *)&to, sizeof to) && write(fd, question, strlen(question)) > 0);
		for (n = 0; (got = read(fd, answer + n, sizeof answer - 1 - n)) > 0;)
			n += (size_t)got;
		NEED(got == 0);
		answer[n] = '\0';
		NEED(!strncmp(answer, "HTTP/1.1 200", 12) && strstr(answer, "\nspanaudit_packets_total 77\n"));
		close(fd);
	}
	NEED(!kill(getppid(), SIGHUP));
}

static void
metrics(void)
{
	struct aud_live_status status = {.now_ns = 1, .packets = 77};
	struct sigaction sa = {.sa_handler = on_signal};
	struct aud_metrics *m;

	NEED(!sigaction(SIGHUP, &sa, NULL));
	NEED(aud_metrics_open(&m, "127.0.0.1:0", NULL) == AUD_OK);
	helper(ask, atoi(strrchr(aud_metrics_address(m), ':') + 1));
	enter((struct sandbox_opts){.serves = true});
	NEED(aud_metrics_set(m, &status, NULL) == AUD_OK);
	while (!signalled)
		usleep(10000);
	NEED(signalled == SIGHUP);
	NEED(aud_metrics_set(m, &status, NULL) == AUD_OK);
	aud_metrics_close(m);
}

static void
test_metrics(void **state)
{
	(void)state;
	both(metrics);
}

static void
late_log(int receiver)
{
	struct sockaddr_un log = {.sun_family = AF_UNIX, .sun_path = "log"};

	usleep(300000);
	umask(0);
	NEED(!bind(receiver, (struct sockaddr *)&log, sizeof log));
}

/* The service manager and a local syslog, which may have been started anew since. */
static void
local_sockets(void)
{
	struct sockaddr_un log = {.sun_family = AF_UNIX, .sun_path = "log"}, manager = {.sun_family = AF_UNIX, .sun_path = "@"};
	int receiver = socket(AF_UNIX, SOCK_DGRAM, 0), boss = socket(AF_UNIX, SOCK_DGRAM, 0), fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	struct notify *n;
	char text[80], byte;

	/* Abstract, which Landlock keeps a process from reaching anew; 64 bytes are enough for the name. */
	snprintf(manager.sun_path, sizeof manager.sun_path, "@spanaudit-%d", (int)getpid());
	NEED(!setenv("NOTIFY_SOCKET", manager.sun_path, 1));
	manager.sun_path[0] = '\0';
	NEED(!bind(boss, (struct sockaddr *)&manager, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(manager.sun_path + 1))));
	NEED(notify_open(&n, NULL) == AUD_OK && n && fd >= 0);
	unlink("log");
	/* It comes later than the sandbox. */
	helper(late_log, receiver);
	enter((struct sandbox_opts){.names_receiver = true});
	notify_ready(n);
	NEED(recv(boss, text, sizeof text, 0) == 7 && !memcmp(text, "READY=1", 7));
	while (sendto(fd, "x", 1, 0, (struct sockaddr *)&log, sizeof log) != 1) {
		NEED(errno == ENOENT || errno == ECONNREFUSED);
		usleep(10000);
	}
	NEED(recv(receiver, &byte, 1, 0) == 1 && !unlink("log"));
	notify_close(n);
}

static void
test_local_sockets(void **state)
{
	(void)state;
	both(local_sockets);
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
		NEED(!symlink("/etc/passwd", "link") && sandbox_give(&who, "link", NULL) == AUD_IO && !unlink("link"));
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
	char path[sizeof folder + 32];

	(void)state;
	snprintf(path, sizeof path, "%s/closed", folder);
	assert_int_equal(mkdir(path, 0700), 0);
	both(reach);
	assert_int_equal(rmdir(path), 0);
}

static int
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

static int
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

static bool
network_possible(void)
{
	pid_t pid = fork();
	int status;

	if (!pid)
		_exit(unshare(CLONE_NEWNET) ? 1 : 0);
	return pid > 0 && waitpid(pid, &status, 0) == pid && !status;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_state), cmocka_unit_test(test_refused), cmocka_unit_test(test_named_receiver),
	    cmocka_unit_test(test_outside), cmocka_unit_test(test_hostile),
	    cmocka_unit_test(test_database), cmocka_unit_test(test_files), cmocka_unit_test(test_capture), cmocka_unit_test(test_return),
	    cmocka_unit_test(test_metrics), cmocka_unit_test(test_local_sockets),
	    cmocka_unit_test(test_abort),
	    cmocka_unit_test(test_errors), cmocka_unit_test(test_reach)};

	if (geteuid() != 0 || !network_possible()) {
		fprintf(stderr, "only root can enter it as root, with a network of its own\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
