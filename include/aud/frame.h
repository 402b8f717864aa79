/*
 * Stage 1, capture: files and interfaces -> blocks -> struct aud_frame.
 *
 * A capture is read in blocks so that several threads can share the work: claim (cheap, in order), load (brings the
 * bytes; any thread where the source allows it), cut (makes frames of the bytes; strictly in order of the claims).
 * Bytes that cannot be read are an answer, not an error: what was read before a break is delivered, and the break is told
 * by aud_capture_info().
 *
 * Ownership: frames borrow from their block; they are valid until the block is claimed again.
 */
#ifndef AUD_FRAME_H
#define AUD_FRAME_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

struct aud_frame {
	uint64_t no;		/* from 1, as Wireshark counts them in this input; below 2^48 */
	uint64_t ts_ns;		/* since the epoch; 0 and !has_ts where the record carries no time (simple packet block) */
	uint32_t caplen, wirelen;
	uint16_t dlt;		/* libpcap's DLT_ number */
	bool has_ts;
	const uint8_t *data;
};

/* One piece of an input on its way through the pipeline. Zeroed by the caller before the first use. */
struct aud_block {
	uint8_t *mem;		/* owned by the block; freed by aud_block_free() */
	size_t size;		/* of mem */
	size_t begin, end;	/* the bytes not yet cut */
	uint64_t offset;	/* in the input, of the bytes that load brings */
	bool last;		/* the input ends in this block */
	void *priv;		/* the source's own */
};
void aud_block_free(struct aud_block *);

struct aud_capture;		/* one open input */

struct aud_capture_opts {
	/* BPF expression (pcap-filter(7)) or NULL. Where it does not compile for a later link type, reading ends as broken. */
	const char *filter;
	size_t block_size;	/* 0: the default */
	const atomic_bool *stop;/* set: what does not come from a file of the disk ends with what has come. NULL: none */
};

/* What is known of an input; counters grow while it is read, and are final once cut has returned the last frame. */
struct aud_capture_info {
	const char *path;	/* as the user wrote it; "-" for standard input */
	const char *format;	/* "pcap", "pcapng", "snoop", "Network Monitor 2", "ERF", "pcap via libpcap" ... */
	const char *compression;/* "gzip", "zstd", "xz", "lz4", or NULL */
	uint64_t bytes;		/* of the (uncompressed) input read so far */
	uint64_t size;		/* of the file on disk, 0 where unknown */
	uint64_t frames, filtered;	/* delivered; and left out by the filter */
	uint64_t first_ns, last_ns;	/* smallest and largest time stamp of every record read, filter or not; 0 while none */
	uint64_t backward;	/* frames with a time stamp smaller than the one before */
	uint64_t no_ts;		/* frames that carry no time stamp (they get the one before) */
	uint64_t truncated;	/* frames with caplen < wirelen */
	uint32_t snaplen;	/* largest announced, 0 unknown */
	uint64_t kernel_drops, interface_drops;	/* pcapng interface statistics; UINT64_MAX where none are told */
	bool interrupted;	/* its end was not reached: reading was stopped, or goes on */
	bool unreadable;	/* it is none that can be read: broken_why says what it is */
	bool broken;		/* it did not end where it should */
	uint64_t broken_at;	/* offset (uncompressed) of the record that is not whole */
	char broken_why[240];	/* without the path */
};

/*
 * Opens path ("-": standard input) and reads as far as the first record, so that info.first_ns is set (inputs are audited in
 * that order). AUD_FORMAT where it is no capture, AUD_IO where the system refuses: the text says why, and what it is instead. It
 * leaves the path to the caller: however long that is, the reason stays whole. AUD_END: a stop came before the first packet.
 */
enum aud_code aud_capture_open(struct aud_capture **out, const char *path, const struct aud_capture_opts *opts,
    struct aud_err *err) AUD_CHECKED;
void aud_capture_close(struct aud_capture *);

/* True: aud_capture_load() of different blocks may run at once. False: load must be done before the next claim. */
bool aud_capture_parallel(const struct aud_capture *);

/* Serial. AUD_OK, AUD_END (nothing left to claim), AUD_NOMEM. */
enum aud_code aud_capture_claim(struct aud_capture *, struct aud_block *, struct aud_err *err) AUD_CHECKED;
/* AUD_OK also where the input breaks off: cut then finds the end. */
enum aud_code aud_capture_load(struct aud_capture *, struct aud_block *, struct aud_err *err) AUD_CHECKED;
/*
 * Serial, in the order of the claims. At most max frames into out; 0 when the block is used up. A record cut in two by a block's
 * end is completed in the next block. After the last block the info is final.
 */
size_t aud_capture_cut(struct aud_capture *, struct aud_block *, struct aud_frame *out, size_t max);

const struct aud_capture_info *aud_capture_info(const struct aud_capture *);

/* libpcap's own, "1.10.3". */
const char *aud_pcap_version(void);

#endif
