/*
 * What is left to libpcap: BPF filters, and savefiles that the own readers do not know.
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

#endif
