/*
 * Stage watch, inside: the handle of include/aud/evidence.h, shared by evidence.c (the folder) and cutout.c (files of findings).
 */
#ifndef WATCH_EVIDENCE_H
#define WATCH_EVIDENCE_H

#include <dirent.h>

#include <aud/evidence.h>
#include <aud/packet.h>

#include "ring.h"

struct aud_evidence {
	struct ring ring;	/* its dir is the folder, locked */
	struct snapshot snapshot;	/* while a file is made */
	struct reader reader;
	struct aud_decoder *decoder;
	DIR *listing;
	char *dir;
	char application[64];
	uint64_t files, file_bytes, failures;
	char failing[240];	/* why the last file of a finding could not be written; "": it could */
};

/* What the folder holds, counted anew: somebody may have taken files away. */
void evidence_count(struct aud_evidence *);
/* finding-ID.pcapng, and while it is made. */
bool evidence_is_file(const char *name);
bool evidence_is_half(const char *name);

#endif
