#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include <pcap/pcap.h>
#include <sqlite3.h>

#include <aud/metrics.h>

#include "notify.h"
#include "sandbox_child.h"

/* What works inside. */

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
	NEED(fd >= 0 && !sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE) && !posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED));
	NEED(!posix_fallocate(fd, 0, 4096) && !ftruncate(fd, 10) && !close(fd));
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
	both_late(return_as);
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

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_database), cmocka_unit_test(test_files), cmocka_unit_test(test_capture),
	    cmocka_unit_test(test_return), cmocka_unit_test(test_metrics), cmocka_unit_test(test_local_sockets)};

	if (!possible()) {
		fprintf(stderr, "only root can enter it as root, with a network of its own\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
