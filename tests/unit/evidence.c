/*
 * The ring of recent packets and the files of findings: which packets are in them, bounds, full disks, folders that are none. What is
 * written is read back by libpcap, not by our own reader.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <dirent.h>
#include <time.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <pcap.h>

#include <aud/evidence.h>

#include "hash.h"
#include "judge_world.h"

#define MIB (UINT64_C(1) << 20)

static char dir[64], ring[128];

static int
setup(void **state)
{
	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	snprintf(dir, sizeof dir, "/tmp/spanaudit-evidence-XXXXXX");
	snprintf(ring, sizeof ring, "%s", dir);
	if (!mkdtemp(dir))
		return -1;
	snprintf(ring, sizeof ring, "%s/ring", dir);
	return 0;
}

/* Everything in ring, and it. */
static int
clean(void **state)
{
	DIR *d = opendir(ring);

	(void)state;
	for (struct dirent *e; d && (e = readdir(d));)
		unlinkat(dirfd(d), e->d_name, 0);
	if (d)
		closedir(d);
	rmdir(ring);
	unlink(ring);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	return rmdir(dir);
}

static struct aud_evidence *
opened(uint64_t size)
{
	const struct aud_evidence_opts o = {.dir = ring, .size = size, .version = "0.1.0"};
	struct aud_evidence *e;
	struct aud_err err = {0};

	if (aud_evidence_open(&e, &o, &err) != AUD_OK)
		fail_msg("%s", err.msg);
	return e;
}

static enum aud_code
open_fails(const char *path, uint64_t size, const char *says)
{
	const struct aud_evidence_opts o = {.dir = path, .size = size};
	struct aud_evidence *e;
	struct aud_err err = {0};
	enum aud_code code = aud_evidence_open(&e, &o, &err);

	if (code == AUD_OK || !strstr(err.msg, says))
		fail_msg("%d: %s", code, err.msg);
	assert_null(e);
	return code;
}

/* A TCP segment from 10.2.0.from:from_port to 10.1.0.to:to_port over Ethernet, filled up to n bytes. */
static size_t
segment(uint8_t *p, size_t n, unsigned from, unsigned from_port, unsigned to, unsigned to_port)
{
	const uint8_t head[] = {0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 6, 8, 0, 0x45, 0, (uint8_t)((n - 14) >> 8), (uint8_t)(n - 14), 0, 1, 0, 0, 64, 6, 0, 0,
	    10, 2, 0, (uint8_t)from, 10, 1, 0, (uint8_t)to, (uint8_t)(from_port >> 8), (uint8_t)from_port, (uint8_t)(to_port >> 8), (uint8_t)to_port,
	    0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x10, 1, 0, 0, 0, 0, 0};

	memset(p, 0x55, n);
	memcpy(p, head, sizeof head);
	return n;
}

static uint8_t bytes[1 << 19];

static void
add(struct aud_evidence *e, uint64_t no, uint64_t ts_ns, size_t n)
{
	const struct aud_frame f = {.no = no, .ts_ns = ts_ns, .caplen = (uint32_t)n, .wirelen = (uint32_t)n + 7, .dlt = 1, .has_ts = true, .data = bytes};

	aud_evidence_add(e, &f, 1);
}

static uint64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* A finding that names no frame writes nothing, but has the ring write what it has: waited for, however slow the disk is. */
static void
settle(struct aud_evidence *e)
{
	struct aud_finding f = {.id = "0"};
	static struct aud_evidence_file file;
	struct aud_evidence_stats s;

	for (uint64_t end = now_ms() + 120000; ; usleep(1000)) {
		assert_int_equal(aud_evidence_write(e, &f, NULL, &file), AUD_END);
		aud_evidence_stats(e, &s);
		if (!s.waiting)
			return;
		assert_true(now_ms() < end);
	}
}

/* Frames 1 to n of input 0: every tenth of client 8 to fe01's 5061 and back, the others of other hosts and ports. */
static void
traffic(struct aud_evidence *e, unsigned n)
{
	for (unsigned i = 1; i <= n; i++) {
		if (i % 20 == 10)
			segment(bytes, 200, 8, 50123, 11, 5061);
		else if (i % 20 == 0) {
			/* The answer: addresses and ports change places. */
			segment(bytes, 200, 8, 5061, 11, 50123);
			memcpy(bytes + 26, (uint8_t[]){10, 1, 0, 11, 10, 2, 0, 8}, 8);
		} else if (i % 3 == 0)
			segment(bytes, 200, 8, 50124, 11, 443);
		else
			segment(bytes, 200, 9, 50123, 11, 5061);
		memcpy(bytes + 60, &i, sizeof i);
		add(e, i, T0 + i * 1000, 200);
	}
}

static struct aud_finding
finding(void)
{
	struct aud_finding f = {.id = "59e009f93ab9cacb", .kind = AUD_KIND_WRONG_PROTOCOL, .severity = AUD_HIGH, .certainty = AUD_STRONG,
	    .reason = (char *)(uintptr_t)"SSH where TLS is printed", .port = 5061, .proto = TCP, .rule = -1, .nearest = -1, .waiver = -1,
	    .first_ns = T0, .last_ns = T0 + SEC};

	assert_true(aud_addr_parse("10.2.0.8", &f.client) && aud_addr_parse("10.1.0.11", &f.server));
	return f;
}

/* The numbers that traffic() left in the packets of a file; returns how many there are. */
static size_t
numbers(const char *path, unsigned *out, size_t max)
{
	char why[PCAP_ERRBUF_SIZE];
	pcap_t *p = pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, why);
	struct pcap_pkthdr *h;
	const unsigned char *data;
	size_t n = 0;
	int got;

	if (!p)
		fail_msg("%s: %s", path, why);
	assert_int_equal(pcap_datalink(p), DLT_EN10MB);
	while ((got = pcap_next_ex(p, &h, &data)) == 1) {
		assert_true(n < max && h->caplen >= 64);
		memcpy(&out[n], data + 60, sizeof *out);
		/* Time and length on the wire are those of the frame. */
		assert_int_equal((uint64_t)h->ts.tv_sec * SEC + (uint64_t)h->ts.tv_usec, T0 + out[n] * 1000);
		assert_int_equal(h->len, h->caplen + 7);
		n++;
	}
	assert_int_equal(got, PCAP_ERROR_BREAK);
	pcap_close(p);
	return n;
}

static void
assert_hash(const struct aud_evidence_file *file)
{
	FILE *f = fopen(file->path, "rb");
	struct aud_sha256 *h = aud_sha256_new();
	struct stat st;
	char hex[65];
	size_t n;

	assert_true(f && h);
	while ((n = fread(bytes, 1, sizeof bytes, f)))
		aud_sha256_add(h, bytes, n);
	fclose(f);
	aud_sha256_hex(h, hex);
	assert_string_equal(file->sha256, hex);
	assert_int_equal(stat(file->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void
test_finding(void **state)
{
	struct aud_evidence *e = opened(16 * MIB);
	struct aud_evidence_file file;
	struct aud_evidence_stats s;
	struct aud_finding f = finding();
	char expected[256];
	unsigned got[1000];
	size_t n;

	(void)state;
	f.evidence[0] = 30;
	f.evidence[1] = 48; /* of another conversation between these hosts: the finding names it all the same */
	f.nevidence = 2;
	traffic(e, 10000);
	assert_int_equal(aud_evidence_write(e, &f, NULL, &file), AUD_OK);
	snprintf(expected, sizeof expected, "%s/finding-59e009f93ab9cacb.pcapng", ring);
	assert_string_equal(file.path, expected);
	assert_string_equal(file.why, "");
	assert_hash(&file);
	/* From 30 on 64 packets of the pair, that one the first; from 48 on 64 as well, of which the first 62 are the same. */
	n = numbers(file.path, got, 1000);
	assert_int_equal(n, file.packets);
	assert_int_equal(file.frames, 2);
	assert_int_equal(n, 67);
	assert_int_equal(got[0], 30);
	assert_int_equal(got[1], 40);
	assert_int_equal(got[2], 48);
	assert_int_equal(got[3], 50);
	for (size_t i = 3; i < n; i++)
		assert_int_equal(got[i], 50 + 10 * (i - 3));
	aud_evidence_stats(e, &s);
	assert_int_equal(s.files, 1);
	assert_int_equal(s.frames, 10000);
	assert_int_equal(s.skipped, 0);
	aud_evidence_close(e);
	/* The ring is gone, the finding's file stays, and is counted by the next run. */
	assert_int_equal(numbers(expected, got, 1000), 67);
	e = opened(16 * MIB);
	aud_evidence_stats(e, &s);
	assert_int_equal(s.files, 1);
	assert_true(s.file_bytes > 67 * 200);
	assert_int_equal(s.segments, 0);
	aud_evidence_close(e);
}

/*
 * What the first interface block says: libpcap takes its own DLT_RAW, 12, as well, but the list of link types has 101.
 */
static unsigned
linktype_of(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint32_t head[2];
	uint16_t type;

	assert_non_null(f);
	assert_int_equal(fread(head, 4, 2, f), 2);
	assert_int_equal(fseek(f, head[1], SEEK_SET), 0);
	assert_int_equal(fread(head, 4, 2, f), 2);
	assert_int_equal(head[0], 1);
	assert_int_equal(fread(&type, 2, 1, f), 1);
	fclose(f);
	return type;
}

/* Several inputs in turn, of two link types: each frame is found by its own number, and keeps its link type. */
static void
test_inputs(void **state)
{
	struct aud_evidence *e = opened(16 * MIB);
	struct aud_evidence_file file;
	struct aud_finding f = finding();
	struct world w;
	char why[PCAP_ERRBUF_SIZE];
	pcap_t *p;

	(void)state;
	world_init(&w);
	assert_true(aud_addr_parse("10.2.0.9", &f.client) && aud_addr_parse("10.1.0.12", &f.server));
	w.inputs[0].info.path = "eth0";
	w.trial.ninputs = 1;
	for (unsigned i = 1; i <= 20000; i++) {
		const uint64_t input = i % 7 == 0;
		struct aud_frame frame = {.no = input << 48 | (input ? i / 7 : i), .ts_ns = T0 + i * 1000, .caplen = 100, .wirelen = 100,
		    .dlt = input ? 12 : 1, .has_ts = true, .data = bytes};

		segment(bytes, 114, 9, 1, 12, 2);
		/* DLT_RAW: without the Ethernet header. */
		if (input)
			frame.data = bytes + 14;
		memcpy(bytes + 80, &frame.no, sizeof frame.no);
		aud_evidence_add(e, &frame, 1);
	}
	f.nevidence = 1;
	f.evidence[0] = UINT64_C(1) << 48 | 1234;
	assert_int_equal(aud_evidence_write(e, &f, &w.trial, &file), AUD_OK);
	assert_true(file.packets == 1 && file.frames == 1);
	p = pcap_open_offline(file.path, why);
	assert_non_null(p);
	assert_int_equal(pcap_datalink(p), DLT_RAW);
	assert_int_equal(linktype_of(file.path), 101);
	{
		struct pcap_pkthdr *h;
		const unsigned char *data;

		assert_int_equal(pcap_next_ex(p, &h, &data), 1);
		assert_memory_equal(data + 66, &f.evidence[0], 8);
	}
	pcap_close(p);
	f.evidence[0] = 1235;
	assert_int_equal(aud_evidence_write(e, &f, &w.trial, &file), AUD_OK);
	f.evidence[0] = 1239; /* 1239 = 7 x 177: it was input 1's */
	assert_int_equal(aud_evidence_write(e, &f, &w.trial, &file), AUD_END);
	aud_evidence_close(e);
}

static uint64_t
on_disk(unsigned *segments)
{
	DIR *d = opendir(ring);
	uint64_t n = 0;

	assert_non_null(d);
	*segments = 0;
	for (struct dirent *e; (e = readdir(d));) {
		struct stat st;

		if (strncmp(e->d_name, "ring-", 5))
			continue;
		assert_int_equal(fstatat(dirfd(d), e->d_name, &st, 0), 0);
		n += (uint64_t)st.st_size;
		++*segments;
	}
	closedir(d);
	return n;
}

/* The ring never takes more than it may, keeps the newest, and says what has left it. */
static void
test_bounded(void **state)
{
	struct aud_evidence *e = opened(16 * MIB);
	struct aud_evidence_file file;
	struct aud_evidence_stats s;
	struct aud_finding f = finding();
	unsigned segments;
	uint64_t most = 0;

	(void)state;
	for (unsigned i = 1; i <= 60000; i++) {
		segment(bytes, 1500, 8, 50123, 11, 5061);
		add(e, i, T0 + i, 1500);
		if (i % 1000 == 0) {
			settle(e);
			uint64_t now = on_disk(&segments);

			most = now > most ? now : most;
			aud_evidence_stats(e, &s);
			assert_int_equal(s.bytes, now);
			assert_int_equal(s.segments, segments);
		}
	}
	assert_true(most <= 16 * MIB && most > 15 * MIB);
	f.nevidence = 1;
	f.evidence[0] = 1;
	assert_int_equal(aud_evidence_write(e, &f, NULL, &file), AUD_END);
	assert_string_equal(file.path, "");
	assert_non_null(strstr(file.why, "frame 1 is not in the ring, which begins at 2024-03-01T09:00:00.0000"));
	/* The last 15 MiB at least are there: 10,000 frames. */
	for (unsigned i = 60000; i > 50000; i -= 99) {
		f.evidence[0] = i;
		assert_int_equal(aud_evidence_write(e, &f, NULL, &file), AUD_OK);
	}
	f.evidence[0] = 60001;
	assert_int_equal(aud_evidence_write(e, &f, NULL, &file), AUD_END);
	/* Some are there, some are not. */
	f.evidence[0] = 1;
	f.evidence[1] = 60000;
	f.nevidence = 2;
	assert_int_equal(aud_evidence_write(e, &f, NULL, &file), AUD_OK);
	assert_int_equal(file.packets, 1);
	assert_non_null(strstr(file.why, "frame 1 is not in the ring"));
	aud_evidence_close(e);
}

/* Frames as large as they come are cut to what Wireshark reads. */
static void
test_huge(void **state)
{
	struct aud_evidence *e = opened(16 * MIB);
	struct aud_evidence_file file;
	struct aud_finding f = finding();
	unsigned segments;
	char why[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *h;
	const unsigned char *data;
	pcap_t *p;

	(void)state;
	segment(bytes, sizeof bytes, 8, 50123, 11, 5061);
	for (unsigned i = 1; i <= 200; i++) {
		add(e, i, T0 + i, sizeof bytes);
		if (i % 10 == 0)
			settle(e);
	}
	assert_true(on_disk(&segments) <= 16 * MIB);
	f.nevidence = 1;
	f.evidence[0] = 200;
	assert_int_equal(aud_evidence_write(e, &f, NULL, &file), AUD_OK);
	assert_non_null(p = pcap_open_offline(file.path, why));
	assert_int_equal(pcap_next_ex(p, &h, &data), 1);
	assert_int_equal(h->caplen, 262144);
	assert_int_equal(h->len, sizeof bytes + 7);
	pcap_close(p);
	aud_evidence_close(e);
}

static void
limit(rlim_t n)
{
	struct rlimit r;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &r), 0);
	r.rlim_cur = n;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &r), 0);
}

/* Every segment, to its end: whole, whatever happened to it. */
static void
assert_segments_whole(void)
{
	DIR *d = opendir(ring);

	assert_non_null(d);
	for (struct dirent *e; (e = readdir(d));) {
		char path[512], why[PCAP_ERRBUF_SIZE];
		struct pcap_pkthdr *h;
		const unsigned char *data;
		pcap_t *p;
		int got;

		if (strncmp(e->d_name, "ring-", 5))
			continue;
		snprintf(path, sizeof path, "%s/%s", ring, e->d_name);
		if (!(p = pcap_open_offline(path, why)))
			fail_msg("%s: %s", path, why);
		while ((got = pcap_next_ex(p, &h, &data)) == 1)
			;
		if (got != PCAP_ERROR_BREAK)
			fail_msg("%s: %s", path, pcap_geterr(p));
		pcap_close(p);
	}
	closedir(d);
}

/* A disk that takes nothing more for a while: said, and over when it does again; what is read in between is whole. */
static void
test_disk_full(void **state)
{
	struct aud_evidence *e = opened(16 * MIB);
	struct aud_evidence_stats s;
	struct aud_evidence_file file;
	struct aud_finding f = finding();
	unsigned segments, got[1000];

	(void)state;
	traffic(e, 100);
	settle(e);
	f.nevidence = 1;
	f.evidence[0] = 10;
	assert_int_equal(aud_evidence_write(e, &f, NULL, &file), AUD_OK);
	on_disk(&segments);
	assert_int_equal(segments, 1);
	/* It takes a hundred bytes more. */
	limit(on_disk(&segments) + 100);
	for (unsigned i = 101; i <= 10000; i++) {
		segment(bytes, 200, 8, 50123, 11, 5061);
		memcpy(bytes + 60, &i, sizeof i);
		add(e, i, T0 + i * 1000, 200);
	}
	settle(e);
	aud_evidence_stats(e, &s);
	assert_non_null(strstr(s.failing, strerror(EFBIG)));
	assert_int_equal(s.failures, 1);
	assert_segments_whole();
	assert_true(s.skipped > 9000);
	assert_int_equal(s.frames + s.skipped, 10000);
	/* Tried again after a second, in a new segment, of which not even the first block gets there: it is no file. */
	limit(1000);
	usleep(1100000);
	for (unsigned i = 10001; i <= 13000; i++) {
		segment(bytes, 200, 8, 50123, 11, 5061);
		add(e, i, T0 + i * 1000, 200);
	}
	settle(e);
	assert_segments_whole();
	aud_evidence_stats(e, &s);
	assert_int_equal(s.failures, 1);
	assert_int_equal(s.frames + s.skipped, 13000);
	assert_int_equal(s.bytes, on_disk(&segments));
	assert_int_equal(s.segments, segments);
	/* A file that cannot be written is none, and the former one stays. */
	assert_int_equal(aud_evidence_write(e, &f, NULL, &file), AUD_IO);
	assert_string_equal(file.path, "");
	assert_string_equal(file.sha256, "");
	assert_non_null(strstr(file.why, strerror(EFBIG)));
	limit(RLIM_INFINITY);
	char name[256];
	snprintf(name, sizeof name, "%s/finding-59e009f93ab9cacb.pcapng", ring);
	assert_int_equal(numbers(name, got, 1000), 10);
	/* After a second it is tried again. */
	usleep(1100000);
	for (unsigned i = 13001; i <= 20000; i++) {
		segment(bytes, 200, 8, 50123, 11, 5061);
		memcpy(bytes + 60, &i, sizeof i);
		add(e, i, T0 + i * 1000, 200);
	}
	settle(e);
	f.evidence[0] = 13001;
	f.evidence[1] = 19999;
	f.nevidence = 2;
	assert_int_equal(aud_evidence_write(e, &f, NULL, &file), AUD_OK);
	assert_int_equal(file.frames, 2);
	assert_int_equal(numbers(file.path, got, 1000), 66);
	aud_evidence_stats(e, &s);
	assert_string_equal(s.failing, "");
	on_disk(&segments);
	assert_int_equal(s.segments, segments);
	aud_evidence_close(e);
}

struct adder {
	struct aud_evidence *e;
	atomic_bool stop;
	unsigned n;
};

static void *
keep_adding(void *arg)
{
	static uint8_t frame[1500];
	struct adder *a = arg;

	segment(frame, sizeof frame, 8, 50123, 11, 5061);
	while (!atomic_load(&a->stop)) {
		struct aud_frame f[64];

		for (unsigned i = 0; i < 64; i++)
			f[i] = (struct aud_frame){.no = ++a->n, .ts_ns = T0 + a->n * 1000, .caplen = sizeof frame, .wirelen = sizeof frame, .dlt = 1,
			    .has_ts = true, .data = frame};
		aud_evidence_add(a->e, f, 64);
		usleep(200);
	}
	return NULL;
}

/* Files are made while frames come and segments go: each is whole, and has what it says. */
static void
test_at_once(void **state)
{
	struct adder a = {.e = opened(16 * MIB)};
	struct aud_evidence_stats s = {0};
	struct aud_finding f = finding();
	static struct aud_evidence_file file;
	unsigned made = 0, gone = 0;
	pthread_t thread;

	(void)state;
	f.nevidence = 1;
	f.last_ns = UINT64_MAX / 2;
	assert_int_equal(pthread_create(&thread, NULL, keep_adding, &a), 0);
	/* Until the ring has turned over several times, however slow this machine is. */
	for (uint64_t i = 0, end = now_ms() + 240000; now_ms() < end && (made < 50 || s.oldest_ns < T0 + 40000 * 1000); i++) {
		struct pcap_pkthdr *h;
		const unsigned char *data;
		char why[PCAP_ERRBUF_SIZE];
		unsigned n = 0;
		pcap_t *p;

		aud_evidence_stats(a.e, &s);
		/* Some in the midst of the ring, some that leave it just now. */
		f.evidence[0] = (s.oldest_ns ? (s.oldest_ns - T0) / 1000 : 1) + i % 4 * 200;
		if (aud_evidence_write(a.e, &f, NULL, &file) != AUD_OK) {
			gone++;
			usleep(1000);
			continue;
		}
		made++;
		assert_non_null(p = pcap_open_offline(file.path, why));
		while (pcap_next_ex(p, &h, &data) == 1) {
			assert_int_equal((uint64_t)h->ts.tv_sec * 1000000 + (uint64_t)h->ts.tv_usec, T0 / 1000 + f.evidence[0] + n);
			n++;
		}
		pcap_close(p);
		assert_int_equal(n, file.packets);
	}
	atomic_store(&a.stop, true);
	pthread_join(thread, NULL);
	settle(a.e);
	aud_evidence_stats(a.e, &s);
	assert_int_equal(s.frames + s.skipped, a.n);
	assert_true(made >= 50);
	assert_true(s.oldest_ns >= T0 + 40000 * 1000);
	print_message("%u made, %u gone, of %u frames %llu skipped\n", made, gone, a.n, (unsigned long long)s.skipped);
	aud_evidence_close(a.e);
}

static atomic_bool stalls;
ssize_t __real_pwrite(int fd, const void *p, size_t n, off_t offset);
ssize_t __wrap_pwrite(int fd, const void *p, size_t n, off_t offset);

/* The ring's writer alone comes here. */
ssize_t
__wrap_pwrite(int fd, const void *p, size_t n, off_t offset)
{
	while (atomic_load(&stalls))
		usleep(1000);
	return __real_pwrite(fd, p, n, offset);
}

/* A disk that stalls, and a flood of findings: not each of them waits for it. What is not there yet is said, and is there later. */
static void
test_stall(void **state)
{
	struct aud_evidence *e = opened(16 * MIB);
	static struct aud_evidence_file file;
	struct aud_evidence_stats s;
	struct aud_finding f = finding();
	uint64_t began;

	(void)state;
	atomic_store(&stalls, true);
	traffic(e, 100);
	f.nevidence = 1;
	f.evidence[0] = 10;
	began = now_ms();
	for (int i = 0; i < 50; i++) {
		assert_int_equal(aud_evidence_write(e, &f, NULL, &file), AUD_END);
		assert_non_null(strstr(file.why, "the disk has not yet taken all that came"));
	}
	/* Two seconds, a fifth of these, and as much again for a machine that has other work. */
	assert_in_range(now_ms() - began, 1900, 5000);
	aud_evidence_stats(e, &s);
	assert_int_equal(s.waiting, 100);
	atomic_store(&stalls, false);
	settle(e);
	assert_int_equal(aud_evidence_write(e, &f, NULL, &file), AUD_OK);
	assert_int_equal(file.frames, 1);
	assert_string_equal(file.why, "");
	aud_evidence_close(e);
}

/* As much for findings as for the ring, and no more; whoever takes files away makes room. */
static void
test_share(void **state)
{
	struct aud_evidence *e = opened(16 * MIB);
	struct aud_evidence_file file;
	struct aud_evidence_stats s;
	struct aud_finding f = finding();
	enum aud_code code = AUD_OK;
	unsigned n = 0;
	char name[256];

	(void)state;
	for (unsigned i = 1; i <= 50; i++) {
		segment(bytes, 200000, 8, 50123, 11, 5061);
		add(e, i, T0 + i, 200000);
		if (i % 10 == 0)
			settle(e);
	}
	f.nevidence = 1;
	f.evidence[0] = 1;
	for (; n < 20 && code == AUD_OK; n++) {
		snprintf(f.id, sizeof f.id, "%016x", n);
		code = aud_evidence_write(e, &f, NULL, &file);
	}
	/* Each has the 21 frames that begin in the 4 MiB that are looked through: 4.2 MB, of which three are less than 16 MiB, and four more. */
	assert_int_equal(code, AUD_LIMIT);
	assert_int_equal(n, 4);
	assert_non_null(strstr(file.why, "--evidence-size"));
	aud_evidence_stats(e, &s);
	assert_int_equal(s.files, 3);
	assert_true(s.file_bytes > 3 * 4200000 && s.file_bytes < 3 * 4210000);
	snprintf(name, sizeof name, "%s/finding-%016x.pcapng", ring, 0);
	assert_int_equal(unlink(name), 0);
	assert_int_equal(aud_evidence_write(e, &f, NULL, &file), AUD_OK);
	aud_evidence_close(e);
}

/* What another run left: its ring goes, half-made files go, all else stays, and no link is followed. */
static void
test_leftovers(void **state)
{
	char target[128], name[256];
	struct aud_evidence *e;
	struct aud_evidence_file file;
	struct aud_finding f = finding();
	struct stat st;
	FILE *out;

	(void)state;
	snprintf(target, sizeof target, "%s/precious", dir);
	assert_non_null(out = fopen(target, "w"));
	fputs("precious", out);
	fclose(out);
	assert_int_equal(mkdir(ring, 0700), 0);
#define AT(n) (snprintf(name, sizeof name, "%s/%s", ring, n), name)
	assert_int_equal(symlink(target, AT("ring-00000001.pcapng")), 0);
	assert_int_equal(symlink(target, AT(".finding-59e009f93ab9cacb.tmp")), 0);
	assert_int_equal(symlink(target, AT("finding-59e009f93ab9cacb.pcapng")), 0);
	assert_int_equal(symlink(target, AT("ring-notes.txt")), 0);
	e = opened(16 * MIB);
	assert_int_equal(lstat(AT("ring-00000001.pcapng"), &st), -1);
	assert_int_equal(lstat(AT("ring-notes.txt"), &st), 0);
	/* Again, behind its back. */
	assert_int_equal(symlink(target, AT("ring-00000001.pcapng")), 0);
	assert_int_equal(symlink(target, AT(".finding-59e009f93ab9cacb.tmp")), 0);
	traffic(e, 100);
	f.nevidence = 1;
	f.evidence[0] = 10;
	assert_int_equal(aud_evidence_write(e, &f, NULL, &file), AUD_OK);
	assert_int_equal(lstat(AT("ring-00000001.pcapng"), &st), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(lstat(file.path, &st), 0);
	assert_true(S_ISREG(st.st_mode));
	aud_evidence_close(e);
	assert_int_equal(stat(target, &st), 0);
	assert_int_equal(st.st_size, 8);
	unlink(target);
}

static void
test_folder(void **state)
{
	char link[128];
	struct aud_evidence *e;

	(void)state;
	assert_int_equal(open_fails(ring, MIB, "at least 16 MiB"), AUD_USAGE);
	assert_int_equal(open_fails("/nowhere/ring", 16 * MIB, "cannot be made"), AUD_IO);
	e = opened(16 * MIB);
	snprintf(link, sizeof link, "%s/link", dir);
	assert_int_equal(symlink(ring, link), 0);
	assert_int_equal(open_fails(link, 16 * MIB, "is no folder that can be used"), AUD_IO);
	unlink(link);
	/* Another handle stands for another process: flock(2) tells them apart. */
	assert_int_equal(open_fails(ring, 16 * MIB, "another process keeps its evidence there: end that one, or name another folder"), AUD_USAGE);
	aud_evidence_close(e);
	aud_evidence_close(opened(16 * MIB));
	assert_int_equal(chmod(ring, 0777), 0);
	assert_int_equal(open_fails(ring, 16 * MIB, "others may write"), AUD_USAGE);
}

/* A frame of another time that has the same number, and findings that name none. */
static void
test_not_there(void **state)
{
	struct aud_evidence *e = opened(16 * MIB);
	struct aud_evidence_file file;
	struct aud_finding f = finding();

	(void)state;
	f.nevidence = 1;
	f.evidence[0] = 10;
	assert_int_equal(aud_evidence_write(e, &f, NULL, &file), AUD_END);
	assert_string_equal(file.why, "frame 10 is not in the ring, which is empty");
	/* A frame of others has the number. */
	traffic(e, 100);
	f.evidence[0] = 11;
	assert_int_equal(aud_evidence_write(e, &f, NULL, &file), AUD_END);
	assert_string_equal(file.why, "frame 11 is not in the ring, which begins at 2024-03-01T09:00:00.000001Z");
	/* Evidence may be older than the finding: media in the clear before IPsec began. */
	f.first_ns = T0 + 3600 * SEC;
	f.last_ns = f.first_ns + SEC;
	f.evidence[0] = 10;
	assert_int_equal(aud_evidence_write(e, &f, NULL, &file), AUD_OK);
	/* Where no hosts tell, the time does. */
	f.client.family = f.server.family = 0;
	assert_int_equal(aud_evidence_write(e, &f, NULL, &file), AUD_END);
	f.first_ns = T0;
	assert_int_equal(aud_evidence_write(e, &f, NULL, &file), AUD_OK);
	assert_int_equal(file.packets, 1);
	f.nevidence = 0;
	assert_int_equal(aud_evidence_write(e, &f, NULL, &file), AUD_END);
	assert_string_equal(file.why, "the finding names no frame");
	strcpy(f.id, "../../etc/x");
	f.nevidence = 1;
	assert_int_equal(aud_evidence_write(e, &f, NULL, &file), AUD_END);
	assert_string_equal(file.why, "the finding has no id that could name a file");
	aud_evidence_close(e);
}

/* Names and reasons of any length and content: the file stays one that is read. */
static void
test_hostile(void **state)
{
	struct aud_evidence *e = opened(16 * MIB);
	struct aud_evidence_file file;
	struct aud_finding f = finding();
	struct world w;
	static char endless[65537];
	unsigned got[100];
	FILE *in;
	size_t n;

	(void)state;
	memset(endless, 'a', 65536);
	memcpy(endless, "\033[2J\xe2\x80\xae\xff", 8);
	world_init(&w);
	w.inputs[0].info.path = endless;
	f.reason = endless;
	f.nevidence = 1;
	f.evidence[0] = 10;
	traffic(e, 100);
	assert_int_equal(aud_evidence_write(e, &f, &w.trial, &file), AUD_OK);
	assert_int_equal(numbers(file.path, got, 100), 10);
	assert_non_null(in = fopen(file.path, "rb"));
	n = fread(bytes, 1, sizeof bytes, in);
	fclose(in);
	assert_true(n < 20000);
	assert_null(memmem(bytes, n, "\033[2J", 4));
	assert_null(memmem(bytes, n, "\xe2\x80\xae", 3));
	assert_non_null(memmem(bytes, n, "\\x1b[2J\\u{202e}\\xffaaa", 20));
	assert_non_null(memmem(bytes, n, "spanaudit finding 59e009f93ab9cacb, wrong-protocol: Another protocol", 66));
	aud_evidence_close(e);
}

int
main(void)
{
#define T(f) cmocka_unit_test_teardown(f, clean)
	const struct CMUnitTest tests[] = {T(test_finding), T(test_inputs), T(test_bounded), T(test_huge), T(test_disk_full), T(test_at_once), T(test_stall), T(test_share),
	    T(test_leftovers), T(test_folder), T(test_not_there), T(test_hostile)};

	return cmocka_run_group_tests(tests, setup, teardown);
}
