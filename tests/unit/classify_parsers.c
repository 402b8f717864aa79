/* The parsers that read one packet: what each must accept, and what comes near and must not pass. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "own.h"

#define N(a) (sizeof(a) / sizeof *(a))

/* An exact copy, so that a sanitizer sees one byte too many. */
static uint8_t copy_of[2048];
static struct aud_view
exact(const void *p, size_t n)
{
	uint8_t *end = copy_of + sizeof copy_of;

	memcpy(end - n, p, n);
	return (struct aud_view){end - n, end};
}

static void
sip(void **state)
{
	static const struct {
		const char *line;
		enum start_line want;
		bool asks;
	} rows[] = {
		/* RFC 3261 section 24.1, 7.1, 7.2, and the methods of Microsoft's extensions. */
		{"REGISTER sip:registrar.biloxi.com SIP/2.0\r\n", LINE_REQUEST, true},
		{"INVITE sip:bob@biloxi.com SIP/2.0\r\nVia: x", LINE_REQUEST, false},
		{"OPTIONS sip:carol@chicago.com SIP/2.0\r\n", LINE_REQUEST, false},
		{"NEGOTIATE sip:127.0.0.1:5061 SIP/2.0\r\n", LINE_REQUEST, true},
		{"SERVICE sips:a@b SIP/2.0\r\n", LINE_REQUEST, false},
		{"BENOTIFY SIP:1.2.3.4:5060;transport=tls SIP/2.0\r\n", LINE_REQUEST, false},
		{"x-new.method tel:+358-555-1234567 SIP/2.0\n", LINE_REQUEST, false},
		{"\r\n\r\nMESSAGE sip:a SIP/2.0\r\n", LINE_REQUEST, false},
		{"SIP/2.0 200 OK\r\n", LINE_STATUS, false},
		{"SIP/2.0 699 x", LINE_STATUS, false},
		{"SIP/2.0 700 x", LINE_NONE, false},
		{"SIP/2.0 20", LINE_NONE, false},
		{"SIP/1.0 200 OK\r\n", LINE_NONE, false},
		{"OPTIONS * HTTP/1.1\r\n", LINE_NONE, false},
		{"OPTIONS sip:a@b HTTP/1.1\r\n", LINE_NONE, false},
		{"OPTIONS sip:a@b SIP/2.0", LINE_NONE, false},
		{"OPTIONS sip:a@b SIP/2.01\r\n", LINE_NONE, false},
		{"OPTIONS  sip:a@b SIP/2.0\r\n", LINE_NONE, false},
		{"OPTIONS sip: SIP/2.0\r\n", LINE_NONE, false},
		{"OPT(ONS sip:a@b SIP/2.0\r\n", LINE_NONE, false},
		{"OPTIONS http://a SIP/2.0\r\n", LINE_NONE, false},
		{"GET sip:a@b\tx SIP/2.0\r\n", LINE_NONE, false},
		{" sip:a SIP/2.0\r\n", LINE_NONE, false},
		{"", LINE_NONE, false},
		{"\r\n\r\n", LINE_NONE, false},
	};
	bool asks;

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		if (sip_line(exact(rows[i].line, strlen(rows[i].line)), &asks) != rows[i].want || asks != rows[i].asks)
			fail_msg("%s", rows[i].line);
	}
}

static void
http(void **state)
{
	static const struct {
		const char *line;
		enum start_line want;
	} rows[] = {
	    {"GET / HTTP/1.1\r\nHost: a", LINE_REQUEST},
	    {"OPTIONS * HTTP/1.0\r\n", LINE_REQUEST},
	    {"RPC_IN_DATA /rpc/x?y HTTP/1.1\r\n", LINE_REQUEST},
	    {"CONNECT a:443 HTTP/1.1\n", LINE_REQUEST},
	    {"HTTP/1.1 200 OK\r\n", LINE_STATUS},
	    {"HTTP/1.0 404", LINE_STATUS},
	    {"HTTP/1.1 20x OK\r\n", LINE_NONE},
	    {"GET / HTTP/1.2\r\n", LINE_NONE},
	    {"HTTP/2.0 200 OK\r\n", LINE_NONE},
	    {"HTTP/1.1x200 OK\r\n", LINE_NONE},
	    {"GET / HTTP/1.1", LINE_NONE},
	    {"GET /a b HTTP/1.1\r\n", LINE_NONE},
	    {"get / HTTP/1.1\r\n", LINE_NONE},
	    {"GET  HTTP/1.1\r\nx", LINE_NONE},
	    {"OPTIONS sip:a@b SIP/2.0\r\n", LINE_NONE},
	    {"GE / HTTP/1.1\r\n", LINE_NONE},
	    {"GET", LINE_NONE},
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++)
		if (http_line(exact(rows[i].line, strlen(rows[i].line))) != rows[i].want)
			fail_msg("%s", rows[i].line);
}

/* MC-SQLR section 2.2 and the answer of section 4.1. */
static void
ssrp(void **state)
{
	static const char list[] =
	    "ServerName;ILSUNG1;InstanceName;YUKONSTD;IsClustered;No;Version;9.00.1399.06;tcp;57137;;"
	    "ServerName;ILSUNG1;InstanceName;YUKONDEV;IsClustered;No;Version;9.00.1399.06;np;\\\\ILSUNG1\\pipe\\x;;";
	static const char no_tcp[] =
	    "ServerName;A;InstanceName;B;IsClustered;No;Version;9.0;np;x;;ServerName;A;InstanceName;C;tcp;1500;;";
	static const char two[] =
	    "ServerName;A;InstanceName;MSSQLSERVER;IsClustered;No;Version;11.0;tcp;1433;;ServerName;A;InstanceName;RTC;IsClustered;No;"
	    "Version;11.0;tcp;50211;np;x;;ServerName;A;InstanceName;N;tcp;70000;;ServerName;A;InstanceName;C;tcp;12";
	uint8_t long_name[40] = {4}, answer[300];
	struct found told = {0};

	(void)state;
	assert_true(ssrp_request(exact("\2", 1), 1));
	assert_true(ssrp_request(exact("\3", 1), 1));
	assert_true(ssrp_request(exact("\4YUKONSTD", 10), 10));
	assert_true(ssrp_request(exact("\17\1YUKONSTD", 11), 11));
	assert_false(ssrp_request(exact("\2\0", 2), 2));
	assert_false(ssrp_request(exact("\1", 1), 1));
	assert_false(ssrp_request(exact("\5", 1), 1));
	assert_false(ssrp_request(exact("\4YUKONSTD", 9), 9));	/* no null byte */
	assert_false(ssrp_request(exact("\4", 2), 2));		/* no name */
	assert_false(ssrp_request(exact("\17\2YUKONSTD", 11), 11));
	assert_false(ssrp_request(exact("\3", 1), 2));		/* captured short */
	memset(long_name + 1, 1, sizeof long_name - 2);		/* a worm of 2003 began with 4 and 1s */
	assert_false(ssrp_request(exact(long_name, sizeof long_name), sizeof long_name));
	memset(long_name + 1, 'a', sizeof long_name - 2);	/* 38 letters: more than 32 */
	assert_false(ssrp_request(exact(long_name, sizeof long_name), sizeof long_name));

	answer[0] = 5;
	answer[1] = sizeof list - 1;
	answer[2] = 0;
	memcpy(answer + 3, list, sizeof list - 1);
	assert_true(ssrp_response(exact(answer, sizeof list + 2), sizeof list + 2, &told));
	assert_int_equal(told.ntold, 1);
	assert_int_equal(told.told[0], 57137);
	assert_int_equal(told.told_fact, AUD_FACT_TOLD_SQL);
	assert_true(ssrp_response(exact(answer, 60), sizeof list + 2, &told));
	assert_int_equal(told.ntold, 0);
	assert_false(ssrp_response(exact(answer, sizeof list + 2), sizeof list + 3, &told));
	answer[3] = 's';
	assert_false(ssrp_response(exact(answer, sizeof list + 2), sizeof list + 2, &told));
	answer[1] = sizeof no_tcp - 1;
	memcpy(answer + 3, no_tcp, sizeof no_tcp - 1);
	assert_true(ssrp_response(exact(answer, sizeof no_tcp + 2), sizeof no_tcp + 2, &told));
	assert_int_equal(told.ntold, 1);	/* of the second instance */
	assert_int_equal(told.told[0], 1500);
	/* Two instances; a port that is none; and a number that is cut off. */
	answer[1] = sizeof two - 1;
	memcpy(answer + 3, two, sizeof two - 1);
	assert_true(ssrp_response(exact(answer, sizeof two + 2), sizeof two + 2, &told));
	assert_int_equal(told.ntold, 2);
	assert_int_equal(told.told[0], 1433);
	assert_int_equal(told.told[1], 50211);
	assert_true(ssrp_response(exact("\5\3\0\1\x9a\5", 6), 6, &told));
	assert_int_equal(told.told[0], 1434);
	assert_false(ssrp_response(exact("\5\3\0\2\x9a\5", 6), 6, &told));
}

/* RFC 5769 section 2.1. */
static const uint8_t stun_sample[] = {
    0x00,
    0x01,
    0x00,
    0x58,
    0x21,
    0x12,
    0xa4,
    0x42,
    0xb7,
    0xe7,
    0xa7,
    0x01,
    0xbc,
    0x34,
    0xd6,
    0x86,
    0xfa,
    0x87,
    0xdf,
    0xae,
    0x80,
    0x22,
    0x00,
    0x10,
    'S',
    'T',
    'U',
    'N',
    ' ',
    't',
    'e',
    's',
    't',
    ' ',
    'c',
    'l',
    'i',
    'e',
    'n',
    't',
    0x00,
    0x24,
    0x00,
    0x04,
    0x6e,
    0x00,
    0x01,
    0xff,
    0x80,
    0x29,
    0x00,
    0x08,
    0x93,
    0x2f,
    0xf9,
    0xb1,
    0x51,
    0x26,
    0x3b,
    0x36,
    0x00,
    0x06,
    0x00,
    0x09,
    'e',
    'v',
    't',
    'j',
    ':',
    'h',
    '6',
    'v',
    'Y',
    ' ',
    ' ',
    ' ',
    0x00,
    0x08,
    0x00,
    0x14,
    0x9a,
    0xea,
    0xa7,
    0x0c,
    0xbf,
    0xd8,
    0xcb,
    0x56,
    0x78,
    0x1e,
    0xf2,
    0xb5,
    0xb2,
    0xd3,
    0xf2,
    0x49,
    0xc1,
    0xb5,
    0x71,
    0xa2,
    0x80,
    0x28,
    0x00,
    0x04,
    0xe5,
    0x7a,
    0x3b,
    0xcf,
};

static void
stun(void **state)
{
	static const struct {
		const char *name;
		size_t at;
		uint8_t value;
	} misses[] = {
	    {"top bits", 0, 0x80},
	    {"length not of four", 3, 0x59},
	    {"length of another", 3, 0x5c},
	    {"cookie", 7, 0x43},
	    {"attribute beyond the end", 23, 0x60},
	    {"last attribute too long", 103, 0x10},
	};
	static const uint8_t ms[28] = {0, 3, 0, 8, [20] = 0, 15, 0, 4, 0x72, 0xc6, 0x4b, 0xc6};
	uint8_t b[200];

	(void)state;
	assert_int_equal(sizeof stun_sample, 108);
	assert_true(stun_message(exact(stun_sample, 108), 108, false));
	assert_true(stun_message(exact(stun_sample, 50), 108, false));
	assert_false(stun_message(exact(stun_sample, 108), 112, false));
	assert_true(stun_message(exact(stun_sample, 108), 112, true));
	assert_false(stun_message(exact(stun_sample, 19), 19, false));
	assert_true(stun_message(exact(ms, sizeof ms), sizeof ms, false));
	for (size_t i = 0; i < N(misses); i++) {
		memcpy(b, stun_sample, sizeof stun_sample);
		b[misses[i].at] = misses[i].value;
		if (stun_message(exact(b, 108), 108, false))
			fail_msg("%s", misses[i].name);
	}
	/* RFC 8656 section 12.4. */
	assert_true(turn_channel(exact("\x40\x00\x00\x05hello", 9), 9));
	assert_true(turn_channel(exact("\x4f\xff\x00\x05hello\0\0\0", 12), 12));
	assert_false(turn_channel(exact("\x50\x00\x00\x05hello", 9), 9));
	assert_false(turn_channel(exact("\x40\x00\x00\x06hello", 9), 9));
}

/* RFC 3550 section 5.1: G.711, 20 ms. */
static size_t
rtp_make(uint8_t *p, uint16_t seq, uint32_t ssrc)
{
	memset(p, 0xd5, 172);
	p[0] = 0x80, p[1] = 8, p[2] = (uint8_t)(seq >> 8), p[3] = (uint8_t)seq;
	p[8] = (uint8_t)(ssrc >> 24), p[9] = (uint8_t)(ssrc >> 16), p[10] = (uint8_t)(ssrc >> 8), p[11] = (uint8_t)ssrc;
	return 172;
}

static enum rtp
rtp_feed(struct rtp_side *s, uint16_t seq, uint32_t ssrc)
{
	uint8_t p[172];

	return rtp_packet(s, exact(p, rtp_make(p, seq, ssrc)), 172);
}

static void
rtp(void **state)
{
	static const uint16_t good[] = {65534, 65535, 0, 3};
	/* RFC 3550 section 6.4.1 and 6.5: sender report of 28 bytes, description. */
	uint8_t rtcp[28 + 12] = {0x80, 200, 0, 6, 1, 2, 3, 4, [28] = 0x81, 202, 0, 2, 1, 2, 3, 4, 0};
	uint8_t p[172];
	struct rtp_side s = {0};

	(void)state;
	for (size_t i = 0; i < N(good); i++)
		assert_int_equal(rtp_feed(&s, good[i], 77), i < 3 ? RTP_MAYBE : RTP_SURE);
	s = (struct rtp_side){0};
	for (uint16_t i = 0; i < 50; i++)
		assert_int_not_equal(rtp_feed(&s, 9, 77), RTP_SURE);		/* the number stands still */
	for (uint16_t i = 0; i < 50; i++)
		assert_int_not_equal(rtp_feed(&s, i, 77u + i % 3), RTP_SURE);	/* three sources mixed */
	for (uint16_t i = 0; i < 50; i++)
		assert_int_not_equal(rtp_feed(&s, (uint16_t)(i * 1000), 77), RTP_SURE);
	rtp_make(p, 1, 77);
	p[0] = 0x40;
	assert_int_equal(rtp_packet(&s, exact(p, 172), 172), RTP_NO);
	p[0] = 0x80, p[1] = 72;
	assert_int_equal(rtp_packet(&s, exact(p, 172), 172), RTP_NO);	/* RFC 5761 */
	p[1] = 8, p[0] = 0x8f;
	assert_int_equal(rtp_packet(&s, exact(p, 72), 72), RTP_NO);	/* 15 contributing sources fill it */

	assert_true(rtcp_packet(exact(rtcp, sizeof rtcp), sizeof rtcp));
	assert_false(rtcp_packet(exact(rtcp, 28), 28));			/* no compound */
	assert_false(rtcp_packet(exact(rtcp, sizeof rtcp - 1), sizeof rtcp - 1));
	rtcp[0] = 0x81;							/* a report block has no room */
	assert_false(rtcp_packet(exact(rtcp, sizeof rtcp), sizeof rtcp));
	rtcp[0] = 0x80, rtcp[29] = 199;
	assert_false(rtcp_packet(exact(rtcp, sizeof rtcp), sizeof rtcp));
}

static void
framed(void **state)
{
	uint8_t p[2 * 174 + 110], dns[8 + 12];
	struct rtp_side s = {0};
	bool fits;

	(void)state;
	/* ICE over TCP begins with a framed STUN message. */
	p[0] = 0, p[1] = 108;
	memcpy(p + 2, stun_sample, 108);
	assert_true(framed_media(&s, exact(p, 110), &fits));
	p[1] = 107;
	assert_false(framed_media(&s, exact(p, 110), &fits));
	assert_false(fits);
	/* RTP: four frames, two to a segment. */
	for (uint16_t i = 0; i < 4; i++) {
		size_t at = i % 2 * 174u;

		p[at] = 0, p[at + 1] = 172;
		rtp_make(p + at + 2, i, 5);
		if (i % 2)
			assert_int_equal(framed_media(&s, exact(p, 348), &fits), i == 3);
		assert_true(i % 2 == 0 || fits);
	}
	/* RFC 1035 section 4.2.2 frames alike: the id is where version and type would be, flags where the number. */
	s = (struct rtp_side){0};
	for (int i = 0; i < 20; i++) {
		memset(dns, 0, sizeof dns);
		dns[1] = 18, dns[2] = 0x80, dns[3] = (uint8_t)i, dns[4] = 1, dns[7] = 1, dns[13] = 1;
		assert_false(framed_media(&s, exact(dns, sizeof dns), &fits));
	}
	assert_false(framed_media(&s, exact("\0", 1), &fits));
	assert_false(framed_media(&s, exact("GET / HTTP/1.1\r\n", 16), &fits));
	assert_false(fits);
}

static void
ike(void **state)
{
	static const struct {
		const char *name;
		uint8_t payload, version, exchange, flags;
		bool want;
	} rows[] = {
	    {"IKE_SA_INIT", 33, 0x20, 34, 0x08, true},
	    {"IKE_AUTH", 46, 0x20, 35, 0x20, true},
	    {"main mode", 1, 0x10, 2, 0, true},
	    {"quick mode", 8, 0x10, 32, 1, true},
	    {"AuthIP main mode", 1, 0x10, 243, 0, true},
	    {"AuthIP extended", 8, 0x10, 245, 1, true},
	    {"IKEv2 with IKEv1's exchange", 33, 0x20, 2, 8, false},
	    {"IKEv1 with IKEv2's exchange", 1, 0x10, 34, 0, false},
	    {"version 3", 33, 0x30, 34, 8, false},
	    {"version 2.1", 33, 0x21, 34, 8, false},
	    {"IKEv1 flags", 1, 0x10, 2, 8, false},
	    {"IKEv2 flags", 33, 0x20, 34, 1, false},
	    {"first payload", 5, 0x20, 34, 8, false},
	};
	uint8_t p[40], exchange;
	struct esp_side s = {0};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		memset(p, 0, sizeof p);
		p[0] = 0xab, p[16] = rows[i].payload, p[17] = rows[i].version, p[18] = rows[i].exchange,
		p[19] = rows[i].flags, p[27] = 40;
		if (isakmp_message(exact(p, 40), 40, &exchange) != rows[i].want || exchange != rows[i].exchange)
			fail_msg("%s", rows[i].name);
	}
	memset(p, 0, sizeof p);
	p[0] = 0xab, p[16] = 33, p[17] = 0x20, p[18] = 34, p[19] = 8, p[27] = 40;
	assert_false(isakmp_message(exact(p, 40), 44, &exchange));
	assert_false(isakmp_message(exact(p, 27), 27, &exchange));
	p[0] = 0;
	assert_false(isakmp_message(exact(p, 40), 40, &exchange));	/* the initiator's SPI is never zero */

	/* RFC 4303 section 2: SPI, sequence number. */
	memset(p, 0x5a, sizeof p);
	p[4] = p[5] = p[6] = 0, p[7] = 1;
	assert_false(esp_packet(&s, exact(p, 40), 40));
	assert_false(esp_packet(&s, exact(p, 40), 40));			/* the same again */
	p[7] = 2;
	assert_true(esp_packet(&s, exact(p, 40), 40));
	p[3] ^= 1, p[7] = 3;
	assert_false(esp_packet(&s, exact(p, 40), 40));			/* another association */
	p[5] = 1;
	assert_false(esp_packet(&s, exact(p, 40), 40));			/* far ahead */
	memset(p, 0, 4);						/* RFC 3948: zero is not ESP */
	assert_false(esp_packet(&s, exact(p, 40), 40));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sip),
	    cmocka_unit_test(http),
	    cmocka_unit_test(ssrp),
	    cmocka_unit_test(stun),
	    cmocka_unit_test(rtp),
	    cmocka_unit_test(framed),
	    cmocka_unit_test(ike),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
