/*
 * Audit stage, flows that live, as a running audit stores them: so that another start goes on with them as if there had been none.
 *
 * A flow is its record and, while it is not decided, the packets that it was shown (kept.h). They are written into parts of bounded size and
 * number, each of which can be read alone. A part is an input: a database may be damaged or made by anybody.
 *
 * A part: "SPFL", a number that is another for each version of this program and of nDPI, since packets are worth what it makes of them and
 * applications are nDPI's numbers; then flows. A flow: the length of what follows; LIVING_HEAD bytes; the name of its tunnel; packets. Or a
 * port that a server told a client: LIVING_TOLD, and so many bytes.
 * Numbers have their most significant byte first.
 */
#ifndef AUD_LIVING_H
#define AUD_LIVING_H

#include <aud/classify.h>
#include <aud/flow.h>

#include "kept.h"
#include "view.h"

enum { LIVING_PART = 1 << 20, LIVING_PARTS = 16, LIVING_HEAD = 128, LIVING_TOLD = 51 };

struct living_parts {
	struct {
		uint8_t *p;	/* of LIVING_PART bytes */
		size_t n;
	} v[LIVING_PARTS];
	size_t n, max;		/* max: as many at most */
	uint64_t lost;		/* flows that found no room */
};

struct living {
	struct aud_addr addr[2];
	struct aud_flow flow;		/* without addr and state */
	struct aud_flow_more more;	/* without tunnel, first_frame 0: none; app_after and app_input are not set */
	uint64_t app_frame;		/* 0: none */
	bool counted;			/* the stored conversations count it */
	bool decided;			/* aud_classify_decided() said so */
	char tunnel[256];
	struct aud_view packets;
	struct aud_told told;		/* where it has a port it is that, and no flow */
};

void living_clear(struct living_parts *);	/* empty; the memory stays */
void living_free(struct living_parts *);
/* Are they so full that only what matters most should be written any more? */
bool living_filled(const struct living_parts *);
/* l->packets is not looked at: those of from are written, which is f's key in kept (or NULL: none). */
enum aud_code living_write(struct living_parts *, const struct living *l, const struct kept *kept, const struct aud_flow *from) AUD_CHECKED;

/* What aud_classifier_told() rests on. */
enum aud_code living_write_told(struct living_parts *, const struct aud_told *) AUD_CHECKED;

/* Begins to read a part. AUD_FORMAT: it is none, or one of another version. */
enum aud_code living_open(struct aud_view *part, struct aud_err *err) AUD_CHECKED;
/* AUD_END: there is no other; AUD_FORMAT: nothing can be read from here on. */
enum aud_code living_next(struct aud_view *part, struct living *out, struct aud_err *err) AUD_CHECKED;
/* The next packet of l, which it is taken from; false: there is none that is whole. Its bytes are the part's. */
bool living_packet(struct living *l, struct aud_packet *out, int *side);
/* The SYN that began a connection, written anew into ip; false: it was not seen. */
bool living_syn(const struct living *l, uint8_t ip[60], struct aud_packet *out, int *side);

#endif
