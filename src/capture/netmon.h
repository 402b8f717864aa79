/*
 * A Network Monitor capture as a stream: its file header, then its records in the order of the frame table, without the
 * gaps. The table lies behind the records, and these need not be in its order.
 */
#ifndef CAPTURE_NETMON_H
#define CAPTURE_NETMON_H

#include <stddef.h>
#include <stdint.h>

#include <aud/err.h>

enum { NETMON_HEADER = 128 };

struct netmon;
typedef size_t netmon_input(void *user, uint8_t *buf, size_t n, uint64_t offset);	/* fewer than n: there are no more */
/* size: of the input. AUD_FORMAT without the path. */
enum aud_code netmon_open(struct netmon **out, netmon_input *, void *user, uint64_t size, struct aud_err *) AUD_CHECKED;
size_t netmon_read(struct netmon *, uint8_t *buf, size_t n);	/* fewer than n: the end, or netmon_why() */
const char *netmon_why(const struct netmon *);			/* NULL: no failure */
uint64_t netmon_failed_at(const struct netmon *);		/* offset in the input */
void netmon_close(struct netmon *);

#endif
