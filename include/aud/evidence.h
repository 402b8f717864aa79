/*
 * Evidence of a running audit: a ring of recent packets on disk, from which the packets of a finding are copied.
 *
 * Stage watch. Input: frames as they are captured, then findings. Output, in one folder: ring-00000001.pcapng and on, bounded in bytes,
 * the oldest deleted; finding-ID.pcapng, never deleted. All are pcapng (draft-ietf-opsawg-pcapng), for the owner only (0600), and no
 * symbolic link is followed. The handle owns the folder (locked) and the ring, which ends with it: frame numbers mean
 * something in one run only. Frames may be added by any thread at any time, one at a time; all else is for one thread.
 */
#ifndef AUD_EVIDENCE_H
#define AUD_EVIDENCE_H

#include <stdint.h>

#include "err.h"
#include "finding.h"
#include "frame.h"

#define AUD_EVIDENCE_SIZE_LEAST (UINT64_C(16) << 20)
/* What a ring takes of memory: packets on their way to the disk, where those on it are, and a reader. Bytes. */
enum { AUD_EVIDENCE_MEMORY = 36 << 20 };

struct aud_evidence;

struct aud_evidence_opts {
	const char *dir;	/* made where there is none; nobody else may write in it */
	uint64_t size;		/* bytes of the ring, at least AUD_EVIDENCE_SIZE_LEAST; as much again for the files of findings */
	const char *version;	/* of the program; NULL: not told */
};

/*
 * Locks the folder and removes the ring of a former run. Opens files in it whenever a segment is full: whoever becomes another user
 * later gives the folder to that user first. AUD_USAGE: too small, others can write in the folder, another process works in
 * it; AUD_IO; AUD_NOMEM.
 */
enum aud_code aud_evidence_open(struct aud_evidence **out, const struct aud_evidence_opts *, struct aud_err *err) AUD_CHECKED;
/* Removes the ring; files of findings stay. NULL is legal. */
void aud_evidence_close(struct aud_evidence *);

/*
 * Appends n frames, whose no has the input above bit 48 and grows within an input (input << 48 | number, as in evidence). Bytes are
 * copied into memory, and written by a thread that the first of them start; a slow disk, or a file that is made for a finding, delays
 * nobody who adds. Never fails: what a slow or full disk does not take is skipped, counted, and tried again with later frames.
 */
void aud_evidence_add(struct aud_evidence *, const struct aud_frame *, size_t n);

struct aud_evidence_file {
	char path[4096];	/* dir/finding-ID.pcapng, as dir was given; "": none was written */
	char sha256[65];
	uint64_t packets, frames;	/* in it; and of these, frames that the finding names */
	char why[240];		/* why there is no file, or which of the frames are not in it; "": all are */
};
/*
 * Copies the frames that the finding names, and from each of these on the first packets between its hosts on its port, both ways, in the
 * order in which they came, into finding-ID.pcapng, whole or not at all. Its section says which finding and why, in words; each frame
 * that the finding names says so. The trial gives names to inputs. AUD_OK: written; AUD_END: no frame is in the ring any more, or
 * the finding names none; AUD_IO, AUD_LIMIT (the folder's share is used up), AUD_NOMEM: not written. out->why tells, a former file stays.
 */
enum aud_code aud_evidence_write(struct aud_evidence *, const struct aud_finding *, const struct aud_trial *,
    struct aud_evidence_file *out) AUD_CHECKED;

struct aud_evidence_stats {
	uint64_t segments, bytes;		/* of the ring now */
	uint64_t frames, skipped, failures;	/* taken; lost to failures of the disk; and how many failures there were */
	uint64_t waiting;			/* of the frames taken, those that are not on disk yet */
	uint64_t files, file_bytes;		/* of findings, in the folder */
	uint64_t oldest_ns;			/* time of the oldest frame in the ring; 0 none */
	char failing[240];			/* why the disk takes nothing at present, for one alert at each change; "": it does */
};
void aud_evidence_stats(struct aud_evidence *, struct aud_evidence_stats *out);

#endif
