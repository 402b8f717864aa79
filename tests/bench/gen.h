/*
 * What the capture generators share: numbers by hash, a heap of what is to be sent, packets with their checksums and the pcap file.
 * Nothing here reads anything or asks for the time: the same arguments give the same bytes on every machine.
 */
#ifndef BENCH_GEN_H
#define BENCH_GEN_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { GEN_START = 1700000000, GEN_SECOND = 1000000, GEN_MSEC = 1000 }; /* the capture's first second; times are microseconds from it */
enum { GEN_FIN = 0x01, GEN_SYN = 0x02, GEN_RST = 0x04, GEN_PSH = 0x08, GEN_ACK = 0x10 };

/* One flow and its next packet. `told`: a packet of it has been written. */
struct gen_event {
	uint64_t when;
	uint32_t id, step;
	uint16_t round;
	uint8_t kind, told;
};

/* A message under construction; what does not fit is a defect of the generator and ends it. */
struct gen_buf {
	size_t n;
	uint8_t b[1460];
};

struct gen {
	FILE *out;
	const char *path;
	uint64_t seed, packets, flows, bytes;
	struct gen_event *heap;
	size_t nheap, cap;
};

/* One end and the other: addresses and ports in host order. */
struct gen_ends {
	uint32_t src, dst;
	uint16_t sport, dport;
};

struct gen_opt {
	const char *name, *help;
	uint64_t *value, min, max;
};

/* Reads --NAME N for each of the n options, and --seed and -o; opens the file. Ends the program on -h and on a mistake. */
void gen_open(struct gen *g, const char *about, const struct gen_opt *opts, size_t n, int argc, char **argv);
/* Says on standard error what was written: "FILE: N flows, N packets, N bytes". Returns the exit status. */
int gen_close(struct gen *g);

uint64_t gen_hash(uint64_t a, uint64_t b);

void gen_push(struct gen *g, struct gen_event e);
struct gen_event gen_pop(struct gen *g); /* the earliest; of two at one time the lower id, then kind */

void gen_put(struct gen_buf *m, uint64_t value, unsigned bytes); /* big endian */
void gen_put_bytes(struct gen_buf *m, const void *p, size_t n);
void gen_put_random(struct gen_buf *m, uint64_t seed, size_t n);
void gen_put_text(struct gen_buf *m, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Writes the number of bytes after it into the big-endian field of `bytes` bytes at `at`. */
void gen_put_length(struct gen_buf *m, size_t at, unsigned bytes);

struct gen_ends gen_reverse(struct gen_ends e);
void gen_udp(struct gen *g, uint64_t when, struct gen_ends e, uint8_t tos, const struct gen_buf *m);
void gen_tcp(struct gen *g, uint64_t when, struct gen_ends e, uint32_t seq, uint32_t ack, uint8_t flags, const struct gen_buf *m);
void gen_echo(struct gen *g, uint64_t when, struct gen_ends e, int reply, uint16_t id);

#endif
