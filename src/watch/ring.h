/*
 * Stage watch, inside: the ring of recent packets (ring.c, seek.c) and the blocks of pcapng that it and the files of findings are made
 * of (blocks.c).
 */
#ifndef WATCH_RING_H
#define WATCH_RING_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <aud/frame.h>

/* What Wireshark reads at most; libpcap's MAXIMUM_SNAPLEN. */
enum { FRAME_MAX = 262144, COMMENT_MAX = 8192 };
/* Room for a section or interface block, and for a packet's block with all its options. */
enum { HEAD_MAX = COMMENT_MAX + 1024, BLOCK_MAX = FRAME_MAX + COMMENT_MAX + 128 };

/* blocks.c. Each writes one block to buf, which has the room named above, and returns its length. Strings may be NULL. */
size_t block_section(uint8_t *buf, const char *application, const char *comment);
size_t block_interface(uint8_t *buf, uint16_t dlt, const char *name);
/* id: stored as epb_packetid; 0: none. At most FRAME_MAX bytes of the frame are stored. */
size_t block_packet(uint8_t *buf, uint32_t interface, const struct aud_frame *, uint64_t id, const char *comment);
/*
 * A packet's block as block_packet() wrote it with an id and no comment: the frame, whose no is the id and whose data lie in the block.
 * Its interface goes to *interface. False: another block.
 */
bool block_read(const uint8_t *block, size_t len, struct aud_frame *, uint32_t *interface);
/* Length of the block at p, of which left bytes are there; 0: not all of it. */
size_t block_length(const uint8_t *p, size_t left);

enum { INTERFACES = 64, MARKS = 4096, SEGMENTS = 32 };

struct interface {
	uint16_t input, dlt;
	uint64_t first, last;	/* no of its frames */
};

/* Every so many bytes, where a packet begins and its no. */
struct mark {
	uint64_t no, offset;
};

struct segment {
	unsigned number, refs;
	int fd;			/* -1: not on disk yet */
	bool failed;		/* takes nothing more */
	uint64_t planned, size;	/* bytes handed to the writer; on disk, whole blocks */
	uint64_t first_ns;
	struct interface interfaces[INTERFACES];
	struct mark *marks;	/* room for MARKS; those behind size are not on disk */
	unsigned ninterfaces, nmarks;
};

struct chunk;

/*
 * Frames are copied into chunks of memory, a thread of its own writes these: a disk that is slow or stalls delays nobody who captures. When
 * all chunks wait for it, frames are skipped. Everything below the lock is under it.
 */
struct ring {
	int dir;
	const char *application;
	uint64_t size, segment_size;
	pthread_t writer;
	bool locked;				/* the lock and the conditions are there */
	pthread_mutex_t lock;
	pthread_cond_t work, rest;
	bool started, ending, busy;
	struct segment *current;		/* being filled */
	struct chunk *filling, *first, *last, *spare;
	unsigned chunks;
	struct segment *segments[SEGMENTS];	/* on disk, oldest first */
	unsigned nsegments, next;
	uint64_t bytes, retry_ns;		/* CLOCK_MONOTONIC; 0: nothing failed */
	uint64_t patience_ns, flushed_ns;	/* for how long ring_flush() may wait, and when it was asked last */
	uint64_t waiting;			/* frames that are not on disk yet */
	uint64_t frames, skipped, failures;
	char failing[240];
};

enum aud_code ring_open(struct ring *, int dir, uint64_t size, const char *application, struct aud_err *) AUD_CHECKED;
void ring_close(struct ring *);
void ring_add(struct ring *, const struct aud_frame *, size_t n);
/*
 * Waits until what was added is on disk or lost: two seconds at most, and of a long time a fifth, however often it is asked. False: some
 * is not.
 */
bool ring_flush(struct ring *);
bool ring_is_segment(const char *name);

/* The ring at a moment, for reading while it goes on: its segments stay readable until ring_release(). */
struct snapshot {
	unsigned n;
	struct view {
		struct segment *s;	/* only fd, number and marks are read without the lock */
		uint64_t size, first_ns;
		unsigned ninterfaces, nmarks;
		struct interface interfaces[INTERFACES];
	} views[SEGMENTS];
};
void ring_snapshot(struct ring *, struct snapshot *);
void ring_release(struct ring *, struct snapshot *);

/* seek.c. A place in the ring; its order is that in which frames came. */
struct place {
	unsigned segment;	/* number */
	uint64_t offset;
};
/* Reads blocks of the ring in order. The buffer holds at least one. */
struct reader {
	const struct snapshot *ring;
	struct place at;	/* of the next block */
	uint8_t *buf;		/* READ_ROOM bytes, owned */
	uint64_t from;		/* offset in the file of the bytes in buf */
	size_t have;
	unsigned loaded;	/* segment that they are of; 0 none */
};
enum { READ_ROOM = 1 << 19 };
bool reader_open(struct reader *, const struct snapshot *);
void reader_close(struct reader *);
/* Where the frame with this no is. */
bool reader_seek(struct reader *, uint64_t no);
/* The frame at the reader's place, and its input; the reader goes on behind it. False: the ring ends, or cannot be read. */
bool reader_next(struct reader *, struct aud_frame *, struct place *);

#endif
