/*
 * Stage 1, capture, inside: what its files share.
 *
 * source.c brings bytes (file, pipe, unpacked, put in order, or libpcap's), a format (pcap.c, pcapng.c, snoop.c, erf.c,
 * netmon.c) makes frames of them, capture.c carries records over the ends of blocks and keeps the books. The format never sees where a block ends: it
 * is shown a view, and says how much it needs where a record does not fit into it.
 */
#ifndef CAPTURE_CAPTURE_H
#define CAPTURE_CAPTURE_H

#include <stdatomic.h>

#include <aud/addr.h>
#include <aud/frame.h>
#include <aud/lang.h>

#include "libpcap.h"
#include "source.h"
#include "view.h"

enum {
	BLOCK_DEFAULT = 256 << 10,	/* measured: stays in the second-level cache between load and decode */
	PCAPNG_BLOCK_MAX = 16 << 20,	/* Wireshark's bound */
	CAPLEN_MAX = 256 << 10,		/* libpcap's and Wireshark's bound */
};

/* Why a format stopped. */
enum stop {
	STOP_FULL,	/* as many frames as were asked for */
	STOP_MORE,	/* the record at the front needs more bytes than the view has */
	STOP_BREAK,	/* the record at the front makes no sense: capture_break() said why */
};

struct cut {
	struct aud_view left;	/* in: the bytes; out: from the first record that was not cut */
	size_t need;		/* out, STOP_MORE: bytes of that record as far as is known */
	enum stop stop;
};

struct format {
	/* By the first bytes; whole: they are all there is. NULL: chosen otherwise. */
	bool (*known)(struct aud_view head, bool whole);
	/* Makes a stream of what is no stream. NULL: it is one. The text of an error is without the path. */
	enum aud_code (*stream)(struct source *, struct aud_err *);
	/* Reads the file header at the front of head and sets up the parser (again); whole: head is all there is. */
	enum aud_code (*begin)(struct aud_capture *, struct aud_view head, bool whole, struct aud_err *);
	size_t (*cut)(struct aud_capture *, struct cut *, struct aud_frame *out, size_t max);
	const char *record;	/* "packet record" */
};
extern const struct format format_pcap, format_pcapng, format_snoop, format_netmon, format_erf, format_savefile;
bool pcap_known(struct aud_view head);		/* a pcap by its magic number, readable here or not */

struct pcap_state {
	bool big;		/* byte order of the file */
	uint8_t lengths;	/* enum pcap_lengths of pcap.c */
	uint16_t dlt;
	uint32_t header;	/* bytes before a packet */
	uint32_t unit;		/* nanoseconds of a fraction */
	uint32_t max;		/* sane captured length */
};

struct iface {
	uint16_t dlt;
	bool told_if, told_os;	/* a statistics block told ifdrop, osdrop */
	uint8_t shift;		/* resolution 2^-shift: ticks * mul >> shift */
	uint32_t snaplen;
	uint64_t mul, div;	/* resolution 10^-n: ticks * mul / div; div 0: too fine for a nanosecond */
	int64_t offset;		/* seconds */
	uint64_t ifdrop, osdrop;
};

struct pcapng_state {
	bool big;		/* byte order of the section */
	struct iface *ifaces;	/* of the section */
	size_t nifaces, room;
};

struct netmon_state {
	uint8_t major, minor;
	uint16_t network;	/* of the file; later versions tell it for each packet */
	int64_t start_ns;	/* INT64_MIN: no time */
};

struct live;

struct aud_capture {
	struct live *live;		/* interfaces: nothing below counts; NULL: a file or a pipe */
	struct aud_capture_info info;
	char *path;
	struct source *src;
	const struct format *format;
	size_t block_size, room;	/* of a block, and before it for the record that the block's end cut */
	size_t header;			/* bytes before the first record */
	uint16_t dlt;			/* of the file, where its records do not tell one */
	bool parallel;

	/* claim */
	uint64_t next;
	bool claimed_all;
	atomic_bool ended;		/* by cut: nothing after this counts */

	/* cut */
	uint64_t at;			/* offset in the input of the next record */
	uint64_t no;			/* of the last record */
	uint64_t ts_ns;			/* of the record before; 0 while none */
	uint64_t kept_ns;		/* of the frame delivered before */
	bool timed;			/* some record carried a time stamp */
	uint8_t *carry;			/* the record that the block before has begun */
	size_t ncarry, carry_size, need;
	struct bpf *filter;
	struct pcap_state pcap;
	struct pcapng_state pcapng;
	struct netmon_state netmon;
};

/* own.c. Where the kernel is asked for addresses; fd -1: it cannot be. */
struct own {
	int fd;
	uint32_t asked;		/* how often */
};
void own_open(struct own *);
void own_close(struct own *);
/* As many as there are in *n, at most max are stored. False: they could not be asked for, or not all. */
bool own_addresses(struct own *, struct aud_addr *out, size_t max, size_t *n);

/* live.c: what aud_capture_close() and the three steps are for interfaces. */
void live_close(struct live *);
enum aud_code live_claim(struct live *, struct aud_block *, struct aud_err *) AUD_CHECKED;
enum aud_code live_load(struct live *, struct aud_block *, struct aud_err *) AUD_CHECKED;
size_t live_cut(struct live *, struct aud_block *, struct aud_frame *out, size_t max);

/* The input breaks off here: fills info.broken_why, returns STOP_BREAK. */
enum stop capture_break(struct aud_capture *, const char *fmt, ...) AUD_PRINTF(2, 3);

/* linktype.c: libpcap's DLT_ number of a LINKTYPE_ value, and the largest captured length that makes sense for it. */
uint16_t linktype_dlt(uint32_t linktype);
uint32_t linktype_caplen_max(uint16_t dlt);

static inline uint64_t
le64(const uint8_t *p)
{
	return (uint64_t)le32(p + 4) << 32 | le32(p);
}

/* magic.c: what bytes that are no capture are instead, to follow "it is"; buf is for texts that must be made. */
const char *magic_what(struct aud_view head, char *buf, size_t size);

#endif
