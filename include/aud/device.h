/*
 * Stage 1, capture, live: network interfaces -> blocks -> struct aud_frame, through the same claim, load and cut as files.
 *
 * All interfaces are one input of the pipeline: within a batch their frames are merged by time of arrival, and a frame's no has the
 * number of its interface above bit 48. Loading waits a tenth of a second at most; a block may be empty. An interface that goes
 * down, or is deleted and comes back under its name, is taken up again without a capability.
 *
 * Ownership: a struct aud_capture, for aud_capture_close(). aud_device_status() and aud_device_stop() may be called from any thread,
 * aud_device_info() only while nothing is loaded or cut.
 */
#ifndef AUD_DEVICE_H
#define AUD_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "err.h"
#include "frame.h"

enum { AUD_DEVICES_MAX = 16, AUD_SNAPLEN_MAX = 262144 };

struct aud_device_opts {
	const char *const *names;
	size_t n;
	const uint64_t *frames;		/* of each: how many were delivered before, by an earlier start; NULL: none */
	const char *filter;		/* BPF, or NULL */
	uint32_t snaplen;		/* bytes of a frame; 0: AUD_SNAPLEN_MAX */
	size_t buffer;			/* of the kernel, in bytes, for each; 0: libpcap's default */
	bool promiscuous;
};

/* Of one interface, since it was opened, over every reopening. */
struct aud_device_status {
	const char *name;		/* the capture's */
	bool up;			/* there, up, and with a carrier */
	unsigned changes;		/* how often that changed */
	uint64_t received;		/* packets that the kernel saw and the filter let through, dropped ones included */
	uint64_t kernel_drops;		/* for which the buffer had no room */
	uint64_t interface_drops;	/* that the interface or its driver dropped, as far as it tells */
	uint64_t frames, bytes;		/* delivered */
	uint64_t last_ns;		/* time stamp of the last frame; 0 none */
};

/* AUD_USAGE: no such interface, or the filter does not compile; AUD_IO: the system refuses. The text says what to do. */
enum aud_code aud_device_open(struct aud_capture **out, const struct aud_device_opts *, struct aud_err *err) AUD_CHECKED;
/* What has come until now is still delivered; then claim tells AUD_END. */
void aud_device_stop(struct aud_capture *);
size_t aud_device_status(const struct aud_capture *, struct aud_device_status *out, size_t max);
size_t aud_device_sockets(const struct aud_capture *, int *out, size_t max);
const struct aud_capture_info *aud_device_info(const struct aud_capture *, size_t i);

/* Every interface that can be captured on. text: what is known of it. */
enum aud_code aud_device_list(void (*each)(void *user, const char *name, const char *text), void *user, struct aud_err *err) AUD_CHECKED;
/*
 * The addresses that this machine has now but the loopback's: *n is how many, at most max are stored. Works in a sandbox. False: the kernel
 * could not be asked.
 */
bool aud_device_own(struct aud_capture *, struct aud_addr *out, size_t max, size_t *n);

#endif
