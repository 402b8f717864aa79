/*
 * What is left to libpcap: BPF filters, savefiles that the own readers do not know, and interfaces.
 */
#ifndef CAPTURE_LIBPCAP_H
#define CAPTURE_LIBPCAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <aud/err.h>
#include <aud/frame.h>

/* A filter expression, compiled once for each link type that turns up. */
struct bpf;
enum aud_code bpf_new(struct bpf **out, const char *expression, struct aud_err *) AUD_CHECKED;
void bpf_free(struct bpf *);
/* AUD_USAGE with libpcap's words where it does not compile for this link type. Cheap once it has. */
enum aud_code bpf_prepare(struct bpf *, uint16_t dlt, struct aud_err *) AUD_CHECKED;
/* After bpf_prepare() for the frame's link type. */
bool bpf_match(const struct bpf *, const struct aud_frame *);

/* A savefile as a stream of little-endian nanosecond pcap records. */
struct savefile;
typedef size_t savefile_input(void *user, uint8_t *buf, size_t n);	/* fewer than n: the end */
enum aud_code savefile_open(struct savefile **out, savefile_input *, void *user, struct aud_err *) AUD_CHECKED;
size_t savefile_read(struct savefile *, uint8_t *buf, size_t n);	/* fewer than n: the end, or savefile_why() */
const char *savefile_why(const struct savefile *);			/* NULL: no failure */
uint16_t savefile_dlt(const struct savefile *);
uint32_t savefile_snaplen(const struct savefile *);
void savefile_close(struct savefile *);

/* An interface that is captured on. Reading never waits: device_fd() is for poll(2). */
struct device;
struct device_opts {
	const char *filter;	/* or NULL */
	uint32_t snaplen;
	size_t buffer;		/* 0: libpcap's default */
	bool promiscuous;
};
enum aud_code device_open(struct device **out, const char *name, const struct device_opts *, struct aud_err *) AUD_CHECKED;
void device_close(struct device *);
int device_fd(const struct device *);
uint16_t device_dlt(const struct device *);
/* Takes one frame; the bytes live during the call. False: there is no room for a further one. */
typedef bool device_sink(void *user, uint64_t ts_ns, uint32_t caplen, uint32_t wirelen, const uint8_t *data);
/* What has come until now, as far as there is room. False: the interface is down or gone. */
bool device_take(struct device *, device_sink *, void *user);
/* Sums since the opening: packets that passed the filter, dropped for want of room, dropped by the interface. */
void device_count(struct device *, uint64_t counts[3]);
enum aud_code device_list(void (*each)(void *user, const char *name, const char *text), void *user, struct aud_err *) AUD_CHECKED;

#endif
