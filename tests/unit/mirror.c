/* Mirrors to the sensor: what is inside is traffic, the wrapping is none. RFC 7348, RFC 2784. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mirror.h"

#define ETHER(type) 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, (type) >> 8, (type) & 255
#define IP(proto, length, last) 0x45, 0, 0, length, 0, 1, 0, 0, 64, proto, 0, 0, 192, 0, 2, 1, 192, 0, 2, last
#define UDP(port, length) 0xc0, 0, (port) >> 8, (port) & 255, 0, length, 0, 0
#define VXLAN 8, 0, 0, 0, 0, 0, 1, 0
#define ARP ETHER(0x0806), 0, 1, 8, 0, 6, 4, 0, 1
#define INNER ETHER(0x0800), IP(17, 28, 77), UDP(5060, 8)

static const struct {
	const char *name;
	uint8_t bytes[128];
	uint8_t n;
	bool mirror;
} rows[] = {
    {"VXLAN to us, ARP inside", {ETHER(0x0800), IP(17, 58, 9), UDP(4789, 38), VXLAN, ARP}, 14 + 58, true},
    {"VXLAN to us, IP inside", {ETHER(0x0800), IP(17, 78, 9), UDP(4789, 58), VXLAN, INNER}, 14 + 78, false},
    {"VXLAN to another, ARP inside", {ETHER(0x0800), IP(17, 58, 8), UDP(4789, 38), VXLAN, ARP}, 14 + 58, false},
    {"TZSP to us that is none", {ETHER(0x0800), IP(17, 32, 9), UDP(37008, 12), 9, 9, 9, 9}, 14 + 32, true},
    {"GRE to us, a keepalive", {ETHER(0x0800), IP(47, 24, 9), 0, 0, 0, 0}, 14 + 24, true},
    {"GRE to another", {ETHER(0x0800), IP(47, 24, 8), 0, 0, 0, 0}, 14 + 24, false},
    {"another service of ours", {ETHER(0x0800), IP(17, 32, 9), UDP(5060, 12), 1, 2, 3, 4}, 14 + 32, false},
};

static void
test_rows(void **state)
{
	static const struct mirror us = {.own = {{{198, 51, 100, 1}, 4}, {{192, 0, 2, 9}, 4}}, .n = 2};
	struct aud_decoder *d;

	(void)state;
	assert_int_equal(aud_decoder_new(&d, NULL), AUD_OK);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct aud_frame f = {.no = i + 1, .ts_ns = 1, .caplen = rows[i].n, .wirelen = rows[i].n, .dlt = 1, .has_ts = true, .data = rows[i].bytes};
		struct aud_packet p[2];

		if (aud_decode(d, &f, p) != 1)
			fail_msg("%s: no packet", rows[i].name);
		if (mirror_is(&us, &p[0]) != rows[i].mirror)
			fail_msg("%s: taken for %s", rows[i].name, rows[i].mirror ? "traffic" : "a mirror's");
	}
	aud_decoder_free(d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
