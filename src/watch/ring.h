/*
 * Stage watch, inside: the ring of recent packets (ring.c, seek.c) and the blocks of pcapng that it and the files of findings are made
 * of (blocks.c).
 */
#ifndef WATCH_RING_H
#define WATCH_RING_H

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

enum { INTERFACES = 64, MARKS = 4096, SEGMENTS = 33 };

struct segment {
	int fd;		/* -1: none */
	unsigned number;
	uint64_t size;	/* bytes on disk, whole blocks */
	uint64_t first_ns;
	struct {
		uint16_t input, dlt;
		uint64_t first, last;	/* no of its frames */
	} interfaces[INTERFACES];
	unsigned ninterfaces;
	/* Every so many bytes, where a packet begins and its no. */
	struct mark {
		uint64_t no, offset;
	} *marks;
	unsigned nmarks;
};

struct ring {
	int dir;
	const char *application;
	uint64_t size, segment_size, bytes;
	struct segment *segments[SEGMENTS];	/* oldest first; the last is written to */
	unsigned nsegments, next;
	uint8_t *buf;				/* blocks that are not on disk yet */
	size_t used;
	unsigned marks_kept, interfaces_kept;	/* of the last segment, on disk */
	uint64_t marked;			/* offset of the last mark */
	unsigned buffered;			/* frames in buf */
	uint64_t retry_ns;			/* CLOCK_MONOTONIC; 0: nothing failed */
	uint64_t frames, skipped, failures;
	char failing[240];
};

enum aud_code ring_open(struct ring *, int dir, uint64_t size, const char *application, struct aud_err *) AUD_CHECKED;
void ring_close(struct ring *);
void ring_add(struct ring *, const struct aud_frame *);
/* What was added is on disk, or, false, lost. */
bool ring_flush(struct ring *);
bool ring_is_segment(const char *name);

/* seek.c. A place in the ring; its order is that in which frames came. */
struct place {
	unsigned segment;	/* number */
	uint64_t offset;
};
/* Reads blocks of the ring in order. The buffer holds at least one. */
struct reader {
	const struct ring *ring;
	struct place at;	/* of the next block */
	uint8_t *buf;		/* READ_ROOM bytes, owned */
	uint64_t from;		/* offset in the file of the bytes in buf */
	size_t have;
	unsigned loaded;	/* segment that they are of; 0 none */
};
enum { READ_ROOM = 1 << 19 };
bool reader_open(struct reader *, const struct ring *);
void reader_close(struct reader *);
/* Where the frame with this no is. */
bool reader_seek(struct reader *, uint64_t no);
/* The frame at the reader's place, and its input; the reader goes on behind it. False: the ring ends, or cannot be read. */
bool reader_next(struct reader *, struct aud_frame *, struct place *);

#endif
