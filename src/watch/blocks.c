/* Blocks of pcapng as they are written here: draft-ietf-opsawg-pcapng, sections 3.1, 3.5, 4.1 to 4.3; in the order of this machine. */
#include <string.h>

#include "ring.h"

enum {
	B_SECTION = 0x0a0d0d0a,
	B_INTERFACE = 1,
	B_ENHANCED = 6,
	MAGIC = 0x1a2b3c4d,

	OPT_COMMENT = 1,
	OPT_SHB_USERAPPL = 4,
	OPT_IF_NAME = 2,
	OPT_IF_TSRESOL = 9,
	OPT_EPB_PACKETID = 5,

	EPB_HEAD = 28,
	BLOCK_LEAST = 12,
	OPTION_MAX = COMMENT_MAX,
};

static size_t
u16(uint8_t *p, size_t at, uint16_t v)
{
	memcpy(p + at, &v, sizeof v);
	return at + sizeof v;
}

static size_t
u32(uint8_t *p, size_t at, uint32_t v)
{
	memcpy(p + at, &v, sizeof v);
	return at + sizeof v;
}

static size_t
padded(uint8_t *p, size_t at, const void *bytes, size_t n)
{
	memcpy(p + at, bytes, n);
	memset(p + at + n, 0, -n & 3);
	return at + n + (-n & 3);
}

static size_t
option(uint8_t *p, size_t at, uint16_t code, const void *value, size_t n)
{
	at = u16(p, at, code);
	at = u16(p, at, (uint16_t)n);
	return padded(p, at, value, n);
}

static size_t
text(uint8_t *p, size_t at, uint16_t code, const char *s)
{
	size_t n = s ? strnlen(s, OPTION_MAX) : 0;

	return n ? option(p, at, code, s, n) : at;
}

/* opt_endofopt, and the length at both ends. */
static size_t
finish(uint8_t *p, size_t at, bool options)
{
	if (options)
		at = u32(p, at, 0);
	u32(p, 4, (uint32_t)(at + 4));
	return u32(p, at, (uint32_t)(at + 4));
}

size_t
block_section(uint8_t *p, const char *application, const char *comment)
{
	size_t at = u32(p, 0, B_SECTION);

	at = u32(p, at + 4, MAGIC);
	at = u16(p, at, 1); /* version 1.0 */
	at = u16(p, at, 0);
	at = u32(p, at, UINT32_MAX); /* its length is not told */
	at = u32(p, at, UINT32_MAX);
	at = text(p, at, OPT_COMMENT, comment);
	at = text(p, at, OPT_SHB_USERAPPL, application);
	return finish(p, at, true);
}

/* The link-layer numbers that libpcap calls otherwise than files do: pcap-common.c and pcap/dlt.h. */
static uint16_t
linktype(uint16_t dlt)
{
	static const uint16_t renamed[][2] = {{11, 100}, {12, 101}, {15, 102}, {16, 103}, {19, 106}};

	for (size_t i = 0; i < sizeof renamed / sizeof *renamed; i++)
		if (renamed[i][0] == dlt)
			return renamed[i][1];
	return dlt;
}

size_t
block_interface(uint8_t *p, uint16_t dlt, const char *name)
{
	size_t at = u32(p, 0, B_INTERFACE);

	at = u16(p, at + 4, linktype(dlt));
	at = u16(p, at, 0);
	at = u32(p, at, 0); /* any length */
	at = text(p, at, OPT_IF_NAME, name);
	at = option(p, at, OPT_IF_TSRESOL, "\x09", 1);
	return finish(p, at, true);
}

size_t
block_packet(uint8_t *p, uint32_t interface, const struct aud_frame *f, uint64_t id, const char *comment)
{
	uint32_t n = f->caplen < FRAME_MAX ? f->caplen : FRAME_MAX;
	size_t at = u32(p, 0, B_ENHANCED);

	at = u32(p, at + 4, interface);
	at = u32(p, at, (uint32_t)(f->ts_ns >> 32));
	at = u32(p, at, (uint32_t)f->ts_ns);
	at = u32(p, at, n);
	at = u32(p, at, f->wirelen < n ? n : f->wirelen);
	at = padded(p, at, f->data, n);
	if (id)
		at = option(p, at, OPT_EPB_PACKETID, &id, sizeof id);
	at = text(p, at, OPT_COMMENT, comment);
	return finish(p, at, id || (comment && *comment));
}

size_t
block_length(const uint8_t *p, size_t left)
{
	uint32_t len;

	if (left < BLOCK_LEAST)
		return 0;
	memcpy(&len, p + 4, sizeof len);
	return len < BLOCK_LEAST || len % 4 || len > left ? 0 : len;
}

/* The file is ours, but it is a file: nothing in it is believed before it is measured. */
bool
block_read(const uint8_t *p, size_t len, struct aud_frame *f, uint32_t *interface)
{
	uint32_t type, ts[2], caplen, wirelen;
	uint16_t code, size;
	size_t at;

	if (len < EPB_HEAD + 4)
		return false;
	memcpy(&type, p, 4);
	memcpy(interface, p + 8, 4);
	memcpy(ts, p + 12, 8);
	memcpy(&caplen, p + 20, 4);
	memcpy(&wirelen, p + 24, 4);
	if (type != B_ENHANCED || caplen > FRAME_MAX)
		return false;
	at = EPB_HEAD + caplen + (-caplen & 3);
	if (at + 4 + sizeof f->no + 4 + 4 > len)
		return false;
	memcpy(&code, p + at, 2);
	memcpy(&size, p + at + 2, 2);
	if (code != OPT_EPB_PACKETID || size != sizeof f->no)
		return false;
	*f = (struct aud_frame){
	    .ts_ns = (uint64_t)ts[0] << 32 | ts[1], .caplen = caplen, .wirelen = wirelen, .has_ts = true, .data = p + EPB_HEAD};
	memcpy(&f->no, p + at + 4, sizeof f->no);
	return true;
}
