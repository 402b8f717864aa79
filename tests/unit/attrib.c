#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <aud/attrib.h>

#define R(role) AUD_ROLE_BIT(AUD_ROLE_##role)

static const char text[] =
    "hosts:\n"
    "  - {address: 10.0.0.0/8, roles: [client]}\n"				/* line 2 */
    "  - {address: 10.1.0.0/16, roles: [phone]}\n"
    "  - {address: 10.1.0.0, roles: [director]}\n"				/* at the low end of two */
    "  - {address: 10.1.255.255, roles: [mediation]}\n"			/* at the high end */
    "  - {address: 10.1.2.1-10.1.2.3, roles: [admin]}\n"
    "  - {address: 10.1.2.2, roles: [front-end, mediation]}\n"
    "  - {address: 203.0.113.7, roles: [edge-access], ports: [443/tcp, 5061/tcp]}\n"
    "  - {address: 203.0.113.7, roles: [edge-av-external], ports: [3478/udp]}\n"
    "  - {address: 203.0.113.0/24, roles: [client-external]}\n"
    "  - {address: 255.255.255.0/24, roles: [dns-server]}\n"
    "  - {address: 255.255.255.255, roles: [dhcp-server]}\n"
    "  - {address: '2001:db8::/32', roles: [client]}\n"
    "  - {address: '2001:db8::1', roles: [front-end]}\n"
    "  - {address: 'ffff::/16', roles: [phone]}\n"
    "  - {address: 'ffff:ffff:ffff:ffff::/64', roles: [admin]}\n"
    "  - {address: '2001:db8:0:1::/64', roles: [phone]}\n";			/* ends where the low half runs over */

/* What the definitions say of each address: worked out by hand, the narrowest one counts. */
static const struct {
	const char *addr;
	uint16_t port;
	uint8_t proto;
	aud_roles roles;
	unsigned line;	/* of the definition; 0 none */
	bool group;
} rows[] = {
    {"9.255.255.255", 0, 0, 0, 0, false},
    {"10.0.0.0", 0, 0, R(CLIENT), 2, true},
    {"10.0.255.255", 0, 0, R(CLIENT), 2, true},
    {"10.1.0.0", 0, 0, R(DIRECTOR), 4, false},
    {"10.1.0.1", 0, 0, R(PHONE), 3, true},
    {"10.1.2.0", 0, 0, R(PHONE), 3, true},
    {"10.1.2.1", 0, 0, R(ADMIN), 6, true},
    {"10.1.2.2", 0, 0, R(FRONT_END) | R(MEDIATION), 7, false},
    {"10.1.2.2", 9, 17, R(FRONT_END) | R(MEDIATION), 7, false},
    {"10.1.2.3", 0, 0, R(ADMIN), 6, true},
    {"10.1.2.4", 0, 0, R(PHONE), 3, true},
    {"10.1.255.254", 0, 0, R(PHONE), 3, true},
    {"10.1.255.255", 0, 0, R(MEDIATION), 5, false},
    {"10.2.0.0", 0, 0, R(CLIENT), 2, true},
    {"10.255.255.255", 0, 0, R(CLIENT), 2, true},
    {"11.0.0.0", 0, 0, 0, 0, false},
    {"203.0.113.7", 443, 6, R(EDGE_ACCESS), 8, false},
    {"203.0.113.7", 5061, 6, R(EDGE_ACCESS), 8, false},
    {"203.0.113.7", 3478, 17, R(EDGE_AV_EXTERNAL), 9, false},
    {"203.0.113.7", 443, 17, 0, 8, false},
    {"203.0.113.7", 80, 6, 0, 8, false},
    {"203.0.113.7", 0, 0, R(EDGE_ACCESS) | R(EDGE_AV_EXTERNAL), 8, false},
    {"203.0.113.7", 0, 50, R(EDGE_ACCESS) | R(EDGE_AV_EXTERNAL), 8, false},	/* ESP has no ports */
    {"203.0.113.8", 443, 6, R(CLIENT_EXTERNAL), 10, true},
    {"255.255.255.254", 0, 0, R(DNS_SERVER), 11, true},
    {"255.255.255.255", 0, 0, R(DHCP_SERVER), 12, false},
    {"2001:db8::", 0, 0, R(CLIENT), 13, true},
    {"2001:db8::1", 0, 0, R(FRONT_END), 14, false},
    {"2001:db8::2", 0, 0, R(CLIENT), 13, true},
    {"2001:db8:0:0:ffff:ffff:ffff:ffff", 0, 0, R(CLIENT), 13, true},
    {"2001:db8:0:1::", 0, 0, R(PHONE), 17, true},
    {"2001:db8:0:1:ffff:ffff:ffff:ffff", 0, 0, R(PHONE), 17, true},
    {"2001:db8:0:2::", 0, 0, R(CLIENT), 13, true},
    {"2001:db9::", 0, 0, 0, 0, false},
    {"::", 0, 0, 0, 0, false},
    {"::a01:202", 0, 0, 0, 0, false},	/* the number of 10.1.2.2, in the other family */
    {"fffe:ffff::", 0, 0, 0, 0, false},
    {"ffff::", 0, 0, R(PHONE), 15, true},
    {"ffff:ffff:ffff:ffff::", 0, 0, R(ADMIN), 16, true},
    {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 0, 0, R(ADMIN), 16, true},
};

static struct aud_attrib *
load(const char *yaml, struct aud_site **site)
{
	struct aud_err err = {0};
	struct aud_attrib *a = NULL;

	if (aud_site_parse(site, "s", yaml, strlen(yaml), &err) || aud_attrib_new(&a, *site, &err))
		fail_msg("%s", err.msg);
	return a;
}

static void
test_find(void **state)
{
	struct aud_site *site;
	struct aud_attrib *a = load(text, &site);

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct aud_addr addr;
		struct aud_who who;

		assert_true(aud_addr_parse(rows[i].addr, &addr));
		who = aud_attrib_find(a, &addr, rows[i].port, rows[i].proto);
		if (who.roles != rows[i].roles || (who.host ? who.host->line : 0) != rows[i].line || who.group != rows[i].group)
			fail_msg("%s %u/%u: roles %llx, line %u, group %d", rows[i].addr, rows[i].port, rows[i].proto,
			    (unsigned long long)who.roles, who.host ? who.host->line : 0, who.group);
	}
	aud_attrib_free(a);
	aud_site_free(site);
	aud_attrib_free(NULL);
}

static void
test_nobody(void **state)
{
	struct aud_addr addr, none = {0};
	struct aud_attrib *a = NULL;
	struct aud_site *site;
	struct aud_who who;

	(void)state;
	assert_true(aud_addr_parse("10.1.2.2", &addr));
	who = aud_attrib_find(NULL, &addr, 0, 0);
	assert_true(who.roles == 0);
	assert_null(who.host);
	assert_int_equal(aud_attrib_new(&a, NULL, NULL), AUD_OK);
	assert_null(a);
	a = load("{}", &site);
	assert_null(aud_attrib_find(a, &addr, 0, 0).host);
	assert_null(aud_attrib_find(a, &none, 0, 0).host);
	aud_attrib_free(a);
	aud_site_free(site);
}

/* A site made by a program, not by the loader, is held to the same rules. */
static void
test_crossing(void **state)
{
	struct aud_host hosts[2] = {{.line = 1, .column = 1, .roles = 1}, {.line = 2, .column = 1, .roles = 1}};
	struct aud_site site = {.path = "made", .hosts = hosts, .nhosts = 2};
	struct aud_err err = {0};
	struct aud_attrib *a;

	(void)state;
	assert_true(aud_addr_parse("10.0.0.1", &hosts[0].lo) && aud_addr_parse("10.0.0.3", &hosts[0].hi));
	assert_true(aud_addr_parse("10.0.0.2", &hosts[1].lo) && aud_addr_parse("10.0.0.4", &hosts[1].hi));
	assert_int_equal(aud_attrib_new(&a, &site, &err), AUD_RULES);
	assert_null(a);
	assert_non_null(strstr(err.msg, "made:2:1: 10.0.0.2-10.0.0.4 overlaps with 10.0.0.1-10.0.0.3 of line 1"));
}

static uint32_t
draw(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

/* The plain way to say the same: look at every definition, keep the narrowest. */
static const struct aud_host *
narrowest(const struct aud_site *site, const struct aud_addr *a)
{
	const struct aud_host *best = NULL;

	for (size_t i = 0; i < site->nhosts; i++) {
		const struct aud_host *h = &site->hosts[i];

		if (aud_addr_cmp(&h->lo, a) > 0 || aud_addr_cmp(a, &h->hi) > 0)
			continue;
		/* Nested: the one that begins later or ends earlier is the narrower. */
		if (!best || aud_addr_cmp(&h->lo, &best->lo) > 0 || aud_addr_cmp(&h->hi, &best->hi) < 0)
			best = h;
	}
	return best;
}

/* Prefixes never cross, so that any set of them is legal once doubles are left out. */
static void
test_against_plain(void **state)
{
	enum { N = 400, ROUNDS = 20 };
	uint32_t seed = 1;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct aud_host hosts[N];
		struct aud_site site = {.path = "made", .hosts = hosts};
		struct aud_attrib *a;

		memset(hosts, 0, sizeof hosts);
		while (site.nhosts < N) {
			struct aud_host *h = &hosts[site.nhosts];
			bool v6 = draw(&seed) & 1, same = false;
			unsigned max = v6 ? 128 : 32, bits = max - draw(&seed) % 12;
			uint32_t r = draw(&seed);

			/* All in one corner, the highest, so that they nest and touch. */
			memset(&h->lo, 0, sizeof h->lo);
			h->lo.family = v6 ? 6 : 4;
			memset(h->lo.b, round % 2 ? 0xff : 0, max / 8);
			h->lo.b[max / 8 - 1] = (uint8_t)r;
			h->lo.b[max / 8 - 2] = (uint8_t)(r >> 8 | 0xf0);
			h->hi = h->lo;
			for (unsigned i = bits; i < max; i++) {
				h->lo.b[i / 8] &= (uint8_t)~(0x80 >> i % 8);
				h->hi.b[i / 8] |= (uint8_t)(0x80 >> i % 8);
			}
			h->roles = AUD_ROLE_BIT(site.nhosts % 35);
			for (size_t k = 0; k < site.nhosts && !same; k++)
				same = !aud_addr_cmp(&hosts[k].lo, &h->lo) && !aud_addr_cmp(&hosts[k].hi, &h->hi);
			site.nhosts += !same;
		}
		assert_int_equal(aud_attrib_new(&a, &site, NULL), AUD_OK);
		for (uint32_t r = 0; r < 1 << 12; r++)
			for (int v6 = 0; v6 < 2; v6++) {
				struct aud_addr addr = {.family = v6 ? 6 : 4};
				size_t n = v6 ? 16 : 4;

				memset(addr.b, round % 2 ? 0xff : 0, n);
				addr.b[n - 1] = (uint8_t)r;
				addr.b[n - 2] = (uint8_t)(r >> 8 | 0xf0);
				assert_ptr_equal(aud_attrib_find(a, &addr, 0, 0).host, narrowest(&site, &addr));
			}
		aud_attrib_free(a);
	}
}

/* 10,000 definitions, each by its own address. */
static void
test_many(void **state)
{
	enum { N = 10000 };
	char *yaml = malloc(N * 64 + 64);
	struct aud_attrib *a;
	struct aud_site *site;
	size_t used;

	(void)state;
	assert_non_null(yaml);
	used = (size_t)sprintf(yaml, "hosts:\n- {address: 10.0.0.0/8, roles: [client]}\n");
	for (unsigned i = 0; i < N; i++)
		used += (size_t)sprintf(yaml + used, "- {address: 10.%u.%u.%u, roles: [phone]}\n", i >> 8 & 255, i & 255, i % 7);
	a = load(yaml, &site);
	for (unsigned i = 0; i < N; i++) {
		const uint8_t bytes[4] = {10, (uint8_t)(i >> 8), (uint8_t)i, (uint8_t)(i % 7)};
		const uint8_t beside[4] = {10, (uint8_t)(i >> 8), (uint8_t)i, (uint8_t)(i % 7 + 1)};
		struct aud_addr addr = aud_addr_v4(bytes);

		assert_int_equal(aud_attrib_find(a, &addr, 0, 0).host->line, i + 3);
		addr = aud_addr_v4(beside);
		assert_true(aud_attrib_find(a, &addr, 0, 0).roles == R(CLIENT));
	}
	aud_attrib_free(a);
	aud_site_free(site);
	free(yaml);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_find),
	    cmocka_unit_test(test_nobody),
	    cmocka_unit_test(test_crossing),
	    cmocka_unit_test(test_against_plain),
	    cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
