/*
 * For the tests of stage 1: makes captures byte by byte, and reads them through the public functions.
 */
#ifndef CAPTURE_MAKE_H
#define CAPTURE_MAKE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <aud/frame.h>

struct bytes {
	uint8_t *p;
	size_t n, room;
	bool big;	/* byte order of what is put */
};
void put(struct bytes *, const void *, size_t n);
void put_u8(struct bytes *, unsigned);
void put_u16(struct bytes *, unsigned);
void put_u32(struct bytes *, uint32_t);
void put_u64(struct bytes *, uint64_t);
void put_fill(struct bytes *, uint8_t seed, size_t n);	/* seed, seed + 1 ... */
void bytes_free(struct bytes *);

/* Each put_ng_* is one whole block. tsresol -1, tsoffset 0: no such option. */
void put_pcap_header(struct bytes *, uint32_t magic, unsigned minor, uint32_t snaplen, uint32_t network);
void put_pcap_record(struct bytes *, uint32_t sec, uint32_t frac, uint32_t caplen, uint32_t wirelen);
void put_ng_section(struct bytes *, unsigned major, unsigned minor);
void put_ng_interface(struct bytes *, unsigned linktype, uint32_t snaplen, int tsresol, int64_t tsoffset);
void put_ng_enhanced(struct bytes *, uint32_t iface, uint64_t ticks, uint32_t caplen, uint32_t wirelen);
void put_ng_simple(struct bytes *, uint32_t caplen, uint32_t wirelen);
void put_ng_obsolete(struct bytes *, unsigned iface, uint64_t ticks, uint32_t caplen, uint32_t wirelen);
void put_ng_statistics(struct bytes *, uint32_t iface, uint64_t ifdrop, uint64_t osdrop);
void put_ng_other(struct bytes *, uint32_t type, size_t body);

/* A file without a name: fd, and path to open it by. */
struct anonymous {
	int fd;
	char path[64];
};
struct anonymous file_of(const void *p, size_t n);
struct anonymous pipe_of(const void *p, size_t n);	/* n up to 60,000 */

/* How a capture is read. */
struct how {
	size_t block_size;	/* 0: the default */
	size_t batch;		/* frames for each cut; 0: 16 */
	unsigned in_flight;	/* blocks claimed at once, loaded last first; 0: 1 */
	const char *filter;
	const atomic_bool *stop;
};

enum { FRAMES_MAX = 4096 };
struct result {
	enum aud_code code;
	struct aud_err err;
	struct aud_capture_info info;
	uint64_t opened_ns;	/* info.first_ns after open */
	bool parallel;
	size_t n;
	struct aud_frame frames[FRAMES_MAX];	/* data: the first byte's value, as an integer */
	uint32_t sums[FRAMES_MAX];		/* of all data bytes */
};
/* Reads all of it; the result is the caller's to free(). */
struct result *read_capture(const char *path, const struct how *);
struct result *read_bytes(const struct bytes *, const struct how *);
/* Fails the test where two results differ. */
void same_frames(const struct result *, const struct result *);

#endif
