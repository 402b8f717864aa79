#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <aud/site.h>

#include "yaml.h"

#define R(role) AUD_ROLE_BIT(AUD_ROLE_##role)

static struct aud_site *
parse(const char *text)
{
	struct aud_err err = {0};
	struct aud_site *site;

	if (aud_site_parse(&site, "s.yaml", text, strlen(text), &err))
		fail_msg("%s", err.msg);
	return site;
}

static void
assert_addr(const struct aud_addr *a, const char *text)
{
	assert_string_equal(aud_addr_str(a).s, text);
}

static void
assert_range(struct aud_range r, unsigned lo, unsigned hi)
{
	assert_int_equal(r.lo, lo);
	assert_int_equal(r.hi, hi);
}

/* The example of the manual, with one of each. */
static const char example[] =
    "site: Contoso headquarters\n"
    "product: skype-for-business-2015\n"
    "documents: [lync-2013-public-im-es, ./our-own.yaml]\n"
    "load_balancing: dns\n"
    "features: {call-park: no, dial-in: yes, ipsec: 'Yes', mobility: Off, e911: \"true\"}\n"
    "media_ports: {audio: 49152-57500, video: 57501-65535, sharing: 49152 - 65535, client: 50000}\n"
    "roles: [sbc, print-server]\n"
    "hosts:\n"
    "  - {address: 10.1.0.11, name: fe01, roles: [front-end, mediation]}\n"
    "  - {address: 10.1.0.10, name: pool VIP, roles: [lb-front-end], members: [10.1.0.11, 10.2.0.12]}\n"
    "  - {address: 10.2.0.0/16, roles: [client]}\n"
    "  - {address: 203.0.113.7, roles: [edge-access], ports: [443/tcp, 5061/tcp]}\n"
    "  - {address: 203.0.113.7, roles: [edge-av-external], ports: [3478/udp]}\n"
    "  - {address: 10.3.0.1 - 10.3.0.9, roles: [sbc]}\n"
    "  - {address: 2001:db8::/32, roles: [client-external, print-server]}\n"
    "  - {address: '::1', roles: [admin]}\n"
    "rules: [{id: own-1}]\n"
    "waivers:\n"
    "  - {finding: 0a1b2c, reason: known, owner: A. Person, expires: 2028-02-29}\n"
    "  - {kind: scan, client: 10.9.0.0/24, server: 10.1.0.1-10.1.0.2, port: 443/tcp, app: TLS, reason: scanner, owner: o}\n"
    "  - {port: 161, transport: udp, reason: r, owner: o}\n";

static void
test_example(void **state)
{
	struct aud_site *s = parse(example);

	(void)state;
	assert_string_equal(s->path, "s.yaml");
	assert_string_equal(s->name, "Contoso headquarters");
	assert_int_equal(s->product, AUD_PRODUCT_SFB_2015);
	assert_int_equal(s->ndocuments, 2);
	assert_string_equal(s->documents[1], "./our-own.yaml");
	assert_int_equal(s->load_balancing, AUD_LB_DNS);
	assert_int_equal(s->features[AUD_FEATURE_CALL_PARK], AUD_NO);
	assert_int_equal(s->features[AUD_FEATURE_DIAL_IN], AUD_YES);
	assert_int_equal(s->features[AUD_FEATURE_IPSEC], AUD_YES);
	assert_int_equal(s->features[AUD_FEATURE_MOBILITY], AUD_NO);
	assert_int_equal(s->features[AUD_FEATURE_E911], AUD_YES);
	assert_int_equal(s->features[AUD_FEATURE_DIRECTORS], AUD_UNKNOWN);
	assert_range(s->media.audio, 49152, 57500);
	assert_range(s->media.video, 57501, 65535);
	assert_range(s->media.sharing, 49152, 65535);
	assert_range(s->media.client, 50000, 50000);
	assert_int_equal(s->nown_roles, 2);
	assert_string_equal(aud_site_role_name(s, AUD_ROLE_BUILTIN + 1), "print-server");
	assert_string_equal(aud_site_role_name(s, AUD_ROLE_BUILTIN + 2), "?");
	assert_string_equal(aud_site_role_name(NULL, AUD_ROLE_BUILTIN), "?");
	assert_string_equal(aud_site_role_name(NULL, AUD_ROLE_CLIENT), "client");

	assert_int_equal(s->nhosts, 8);
	assert_addr(&s->hosts[0].lo, "10.1.0.11");
	assert_addr(&s->hosts[0].hi, "10.1.0.11");
	assert_string_equal(s->hosts[0].name, "fe01");
	assert_true(s->hosts[0].roles == (R(FRONT_END) | R(MEDIATION)));
	assert_int_equal(s->hosts[0].line, 9);
	assert_int_equal(s->hosts[0].column, 5);
	assert_int_equal(s->hosts[1].nmembers, 2);
	assert_addr(&s->hosts[1].members[1], "10.2.0.12");
	assert_addr(&s->hosts[2].lo, "10.2.0.0");
	assert_addr(&s->hosts[2].hi, "10.2.255.255");
	assert_null(s->hosts[2].name);
	assert_int_equal(s->hosts[3].nports, 2);
	assert_int_equal(s->hosts[3].ports[1].port, 5061);
	assert_int_equal(s->hosts[3].ports[1].proto, 6);
	assert_int_equal(s->hosts[4].ports[0].proto, 17);
	assert_addr(&s->hosts[5].lo, "10.3.0.1");
	assert_addr(&s->hosts[5].hi, "10.3.0.9");
	assert_true(s->hosts[5].roles == AUD_ROLE_BIT(AUD_ROLE_BUILTIN));
	assert_addr(&s->hosts[6].lo, "2001:db8::");
	assert_addr(&s->hosts[6].hi, "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff");
	assert_true(s->hosts[6].roles == (R(CLIENT_EXTERNAL) | AUD_ROLE_BIT(AUD_ROLE_BUILTIN + 1)));
	assert_addr(&s->hosts[7].lo, "::1");
	assert_int_equal(((struct aud_yaml *)s->rules)->n, 1);

	assert_int_equal(s->nwaivers, 3);
	assert_string_equal(s->waivers[0].finding, "0a1b2c");
	assert_string_equal(s->waivers[0].reason, "known");
	assert_string_equal(s->waivers[0].owner, "A. Person");
	assert_string_equal(s->waivers[0].expires, "2028-02-29");
	assert_int_equal(s->waivers[0].port, -1);
	assert_int_equal(s->waivers[0].proto, -1);
	assert_int_equal(s->waivers[0].client_lo.family, 0);
	assert_int_equal(s->waivers[0].line, 19);
	assert_null(s->waivers[1].finding);
	assert_string_equal(s->waivers[1].kind, "scan");
	assert_addr(&s->waivers[1].client_hi, "10.9.0.255");
	assert_addr(&s->waivers[1].server_hi, "10.1.0.2");
	assert_int_equal(s->waivers[1].port, 443);
	assert_int_equal(s->waivers[1].proto, 6);
	assert_string_equal(s->waivers[1].app, "TLS");
	assert_null(s->waivers[1].expires);
	assert_int_equal(s->waivers[2].port, 161);
	assert_int_equal(s->waivers[2].proto, 17);
	assert_int_equal(s->nwarnings, 2);
	assert_string_equal(s->warnings[0],
	    "s.yaml:20:5: this waiver never expires: add the day on which it is to be looked at again (expires: YYYY-MM-DD)");
	aud_site_free(s);
	aud_site_free(NULL);
}

static void
test_least(void **state)
{
	struct aud_site *s = parse("{}\n");

	(void)state;
	assert_string_equal(s->name, "");
	assert_int_equal(s->nhosts, 0);
	assert_null(s->rules);
	assert_int_equal(s->load_balancing, AUD_LB_UNKNOWN);
	assert_int_equal(s->media.audio.hi, 0);
	/* printf '{}\n' | sha256sum */
	assert_string_equal(s->sha256, "ca3d163bab055381827226140568f3bef7eaac187cebd76878e0b63e9e442356");
	aud_site_free(s);
}

/* Narrower definitions inside wider ones, also at the edges of the address space. */
static void
test_nested(void **state)
{
	struct aud_site *s = parse("hosts:\n"
				   "  - {address: 0.0.0.0/0, roles: [client-external]}\n"
				   "  - {address: 10.0.0.0/8, roles: [client]}\n"
				   "  - {address: 10.0.0.0-10.0.0.255, roles: [phone]}\n"
				   "  - {address: 10.255.255.255, roles: [admin]}\n"
				   "  - {address: 255.255.255.255/32, roles: [admin]}\n"
				   "  - {address: '::/0', roles: [client-external]}\n"
				   "  - {address: 'ffff::', roles: [admin]}\n");

	(void)state;
	assert_int_equal(s->nhosts, 7);
	assert_addr(&s->hosts[5].hi, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
	aud_site_free(s);
}

#define HOST(x) "hosts:\n  - {" x "}\n"
#define OK_ROLES ", roles: [client]"
#define OK_WAIVER ", reason: r, owner: o"
static const struct {
	const char *name, *yaml, *expected;
} wrong[] = {
    /* the file as a whole */
    {"empty", "", "s.yaml:1:1: the file is empty"},
    {"a word", "hello\n", "s.yaml:1:1: a site file must be a map (key: value), not 'hello'"},
    {"a list", "- a\n", "s.yaml:1:1: a site file must be a map (key: value), not a list"},
    {"tab", "hosts:\n\t- x\n", "s.yaml:2:1: a tab: YAML indents with spaces only"},
    {"not UTF-8", "site: Espa\xf1" "a\n", "s.yaml:1:11: this is not UTF-8 (byte 0xf1): save the file as UTF-8"},
    {"key twice", "site: a\nsite: b\n", "s.yaml:2:1: the key 'site' is there twice, first in line 1: keep one"},
    {"key twice in a host", HOST("address: 1.1.1.1, address: 1.1.1.2"),
	"s.yaml:2:24: the key 'address' is there twice, first in line 2: keep one"},
    {"unknown key", "sites: a\n", "s.yaml:1:1: unknown key 'sites': did you mean 'site'?"},
    {"unknown key far from all", "wibble: a\n", "s.yaml:1:1: unknown key 'wibble'"},
    /* top level */
    {"empty name", "site:\n", "s.yaml:1:6: site is empty"},
    {"name is a list", "site: [a]\n", "s.yaml:1:7: site must be a single value, not a list"},
    {"unknown product", "product: lync-2031\n", "s.yaml:1:10: unknown product 'lync-2031': did you mean 'lync-2013'?"},
    {"unknown product far from all", "product: exchange\n",
	"s.yaml:1:10: unknown product 'exchange': lync-2013 or skype-for-business-2015"},
    {"unknown load balancing", "load_balancing: f5\n", "s.yaml:1:17: unknown load_balancing 'f5': dns, hardware or none"},
    {"documents is a word", "documents: x\n", "s.yaml:1:12: documents must be a list, not 'x'"},
    {"document twice", "documents: [x, x]\n", "s.yaml:1:16: the document 'x' is there twice"},
    {"document is empty", "documents: ['']\n", "s.yaml:1:13: a document is empty"},
    {"unknown feature", "features: {dial-inn: yes}\n", "s.yaml:1:12: unknown feature 'dial-inn': did you mean 'dial-in'?"},
    {"feature maybe", "features: {dial-in: maybe}\n",
	"s.yaml:1:21: feature dial-in must be yes or no, not 'maybe'; leave it out where it is not known"},
    {"feature is a list", "features: {dial-in: [yes]}\n", "s.yaml:1:21: feature dial-in must be a single value, not a list"},
    {"features is a list", "features: [dial-in]\n", "s.yaml:1:11: features must be a map (key: value), not a list"},
    {"unknown media", "media_ports: {vidoe: 1-2}\n", "s.yaml:1:15: unknown key 'vidoe': did you mean 'video'?"},
    {"media upside down", "media_ports: {audio: 57500-49152}\n",
	"s.yaml:1:22: the range 57500-49152 is upside down: write 49152-57500"},
    {"media is a word", "media_ports: {audio: high}\n", "s.yaml:1:22: 'high' is no port"},
    {"media port 0", "media_ports: {audio: 0-10}\n", "s.yaml:1:22: port 0 is outside 1 to 65535"},
    {"media port too high", "media_ports: {audio: 1-65536}\n", "s.yaml:1:22: port 65536 is outside 1 to 65535"},
    {"media with two dashes", "media_ports: {audio: 1-2-3}\n", "s.yaml:1:22: '1-2-3' is no port"},
    {"rules is a map", "rules: {a: b}\n", "s.yaml:1:8: rules must be a list, not a map (key: value)"},
    /* the site's own roles */
    {"own role is built in", "roles: [client]\n",
	"s.yaml:1:9: the role 'client' exists already: take another name, or delete this one"},
    {"own role twice", "roles: [a, a]\n", "s.yaml:1:12: the role 'a' exists already: take another name, or delete this one"},
    {"own role is a group", "roles: [server]\n", "s.yaml:1:9: 'server' is a group of roles already: take another name"},
    {"own role in capitals", "roles: [SBC]\n",
	"s.yaml:1:9: the role name 'SBC' must be small letters, digits and '-', from a letter on"},
    {"own role is a number", "roles: [1a]\n",
	"s.yaml:1:9: the role name '1a' must be small letters, digits and '-', from a letter on"},
    {"29 own roles",
	"roles: [a1, a2, a3, a4, a5, a6, a7, a8, a9, b1, b2, b3, b4, b5, b6, b7, b8, b9,\n"
	" c1, c2, c3, c4, c5, c6, c7, c8, c9, d1, d2]\n",
	"s.yaml:2:42: 'd2' is one too many: a site has at most 28 roles of its own"},
    /* hosts: roles */
    {"hosts is a map", "hosts: {a: b}\n", "s.yaml:1:8: hosts must be a list, not a map (key: value)"},
    {"hosts is nothing", "hosts:\n", "s.yaml:1:7: hosts must be a list, not empty"},
    {"host is a word", "hosts: [10.0.0.1]\n", "s.yaml:1:9: a host must be a map (key: value), not '10.0.0.1'"},
    {"colon left out", HOST("address 10.0.0.1"), "s.yaml:2:6: unknown key 'address 10.0.0.1': is a ':' missing after 'address'?"},
    {"unknown host key", HOST("adress: 10.0.0.1"), "s.yaml:2:6: unknown key 'adress': did you mean 'address'?"},
    {"no address", HOST("roles: [client]"), "s.yaml:2:5: this host has no address"},
    {"no roles", HOST("address: 10.0.0.1"), "s.yaml:2:5: the host 10.0.0.1 has no roles"},
    {"empty roles", HOST("address: 10.0.0.1, roles: []"), "s.yaml:2:32: roles is empty: name at least one"},
    {"roles is a word", HOST("address: 10.0.0.1, roles: client"), "s.yaml:2:32: roles must be a list, not 'client'"},
    {"unknown role", HOST("address: 10.0.0.1, roles: [frontend]"),
	"s.yaml:2:33: unknown role 'frontend': did you mean 'front-end'?"},
    {"unknown role far from all", HOST("address: 10.0.0.1, roles: [sbc]"),
	"s.yaml:2:33: unknown role 'sbc': a name of your own must be declared first (roles: [sbc])"},
    {"nearest own role", "roles: [backup-host]\n" HOST("address: 10.0.0.1, roles: [backup-hots]"),
	"s.yaml:3:33: unknown role 'backup-hots': did you mean 'backup-host'?"},
    {"group as role", HOST("address: 10.0.0.1, roles: [server]"),
	"s.yaml:2:33: 'server' is a group of roles, for rules only: name the roles of this host"},
    {"role twice", HOST("address: 10.0.0.1, roles: [client, client]"), "s.yaml:2:41: the role 'client' is there twice"},
    {"empty name of a host", HOST("address: 10.0.0.1, name: '', roles: [client]"), "s.yaml:2:31: name is empty"},
    /* hosts: addresses */
    {"no IPv4 address", HOST("address: 10.0.0.256" OK_ROLES),
	"s.yaml:2:15: address '10.0.0.256' is no IPv4 or IPv6 address, prefix (10.1.0.0/16) or range (10.1.0.1-10.1.0.9)"},
    {"a name", HOST("address: fe01.example.com" OK_ROLES), "s.yaml:2:15: address 'fe01.example.com' is no IPv4 or IPv6 address"},
    {"a name with a hyphen", HOST("address: srv-01" OK_ROLES), "s.yaml:2:15: address 'srv-01' is no IPv4 or IPv6 address"},
    {"a number", HOST("address: 10" OK_ROLES), "s.yaml:2:15: address '10' is no IPv4 or IPv6 address"},
    {"zone", HOST("address: fe80::1%eth0" OK_ROLES), "s.yaml:2:15: address 'fe80::1%eth0' is no IPv4 or IPv6 address"},
    {"mapped", HOST("address: '::ffff:10.0.0.1'" OK_ROLES),
	"s.yaml:2:15: address '::ffff:10.0.0.1' is an IPv4 address in IPv6 clothes: write 10.0.0.1"},
    {"two colons without quotes", HOST("address: ::1" OK_ROLES),
	"s.yaml:2:15: text that begins with ':' must stand in quotes ('::1')"},
    {"address is a list", HOST("address: [10.0.0.1]" OK_ROLES), "s.yaml:2:15: address must be a single value, not a list"},
    {"host bits", HOST("address: 10.2.3.4/16" OK_ROLES),
	"s.yaml:2:15: address '10.2.3.4/16' has bits set behind its prefix: write 10.2.0.0/16, or the address alone"},
    {"host bits of IPv6", HOST("address: 2001:db8::1/64" OK_ROLES),
	"s.yaml:2:15: address '2001:db8::1/64' has bits set behind its prefix: write 2001:db8::/64, or the address alone"},
    {"prefix too long", HOST("address: 10.2.0.0/33" OK_ROLES),
	"s.yaml:2:15: address '10.2.0.0/33': the prefix length must be 0 to 32"},
    {"IPv6 prefix too long", HOST("address: 2001:db8::/129" OK_ROLES),
	"s.yaml:2:15: address '2001:db8::/129': the prefix length must be 0 to 128"},
    {"a mask", HOST("address: 10.2.0.0/255.255.0.0" OK_ROLES),
	"s.yaml:2:15: address '10.2.0.0/255.255.0.0': the prefix length must be 0 to 32"},
    {"no prefix length", HOST("address: 10.2.0.0/" OK_ROLES),
	"s.yaml:2:15: address '10.2.0.0/': the prefix length must be 0 to 32"},
    {"prefix of nothing", HOST("address: 10.2/16" OK_ROLES),
	"s.yaml:2:15: address '10.2/16': '10.2' is no IPv4 or IPv6 address"},
    {"upside down", HOST("address: 10.0.0.9-10.0.0.1" OK_ROLES),
	"s.yaml:2:15: address '10.0.0.9-10.0.0.1' is upside down: write 10.0.0.1-10.0.0.9"},
    {"mixed families", HOST("address: 10.0.0.9-2001:db8::1" OK_ROLES),
	"s.yaml:2:15: address '10.0.0.9-2001:db8::1' goes from IPv4 to IPv6: both ends must be of one family"},
    {"short range", HOST("address: 10.0.0.1-9" OK_ROLES),
	"s.yaml:2:15: address '10.0.0.1-9': '9' is no IPv4 or IPv6 address"},
    {"open range", HOST("address: 10.0.0.1-" OK_ROLES), "s.yaml:2:15: address '10.0.0.1-': '' is no IPv4 or IPv6 address"},
    /* hosts: overlaps */
    {"the same twice", "hosts:\n  - {address: 10.0.0.1" OK_ROLES "}\n  - {address: 10.0.0.1/32, roles: [phone]}\n",
	"s.yaml:3:5: 10.0.0.1 is defined already in line 2: put the roles together, or bind both to ports:"},
    {"the same, one with ports", "hosts:\n  - {address: 10.0.0.1" OK_ROLES "}\n  - {address: 10.0.0.1, roles: [phone], ports: [1/tcp]}\n",
	"s.yaml:3:5: 10.0.0.1 is defined already in line 2: put the roles together, or bind both to ports:"},
    {"the same with one port in common",
	"hosts:\n  - {address: 10.0.0.1" OK_ROLES ", ports: [1/tcp, 2/tcp]}\n  - {address: 10.0.0.1, roles: [phone], ports: [2/udp, 2/tcp]}\n",
	"s.yaml:3:5: port 2/tcp of 10.0.0.1 is defined already in line 2"},
    {"three times, first and last in common",
	"hosts:\n  - {address: 10.0.0.1" OK_ROLES ", ports: [1/tcp]}\n  - {address: 10.0.0.1, roles: [phone], ports: [2/tcp]}\n"
	"  - {address: 10.0.0.1, roles: [admin], ports: [1/tcp]}\n",
	"s.yaml:4:5: port 1/tcp of 10.0.0.1 is defined already in line 2"},
    {"prefix and the same range", "hosts:\n  - {address: 10.0.0.0-10.0.0.255" OK_ROLES "}\n  - {address: 10.0.0.0/24, roles: [phone]}\n",
	"s.yaml:3:5: 10.0.0.0-10.0.0.255 is defined already in line 2: put the roles together, or bind both to ports:"},
    {"crossing", "hosts:\n  - {address: 10.0.0.5-10.0.0.9" OK_ROLES "}\n  - {address: 10.0.0.1-10.0.0.5, roles: [phone]}\n",
	"s.yaml:3:5: 10.0.0.1-10.0.0.5 overlaps with 10.0.0.5-10.0.0.9 of line 2, and neither contains the other: split them"},
    {"crossing inside a wider one",
	"hosts:\n  - {address: 10.0.0.0/8" OK_ROLES "}\n  - {address: 10.0.0.1-10.0.0.5, roles: [phone]}\n"
	"  - {address: 10.0.0.4-10.0.0.6, roles: [phone]}\n",
	"s.yaml:4:5: 10.0.0.4-10.0.0.6 overlaps with 10.0.0.1-10.0.0.5 of line 3, and neither contains the other: split them"},
    {"crossing of IPv6", "hosts:\n  - {address: '2001:db8::-2001:db8::5'" OK_ROLES "}\n  - {address: '2001:db8::4/126', roles: [phone]}\n",
	"s.yaml:3:5: 2001:db8::4-2001:db8::7 overlaps with 2001:db8::-2001:db8::5 of line 2, and neither contains the other: split them"},
    /* hosts: ports and members */
    {"ports is a word", HOST("address: 10.0.0.1" OK_ROLES ", ports: 443/tcp"), "s.yaml:2:49: ports must be a list, not '443/tcp'"},
    {"ports is empty", HOST("address: 10.0.0.1" OK_ROLES ", ports: []"),
	"s.yaml:2:49: ports is empty: name them (443/tcp), or leave it out where the roles hold for all"},
    {"port without transport", HOST("address: 10.0.0.1" OK_ROLES ", ports: [443]"),
	"s.yaml:2:50: '443' names no transport: write 443/tcp or 443/udp"},
    {"port 0", HOST("address: 10.0.0.1" OK_ROLES ", ports: [0/tcp]"), "s.yaml:2:50: port 0 is outside 1 to 65535"},
    {"port 65536", HOST("address: 10.0.0.1" OK_ROLES ", ports: [65536/tcp]"), "s.yaml:2:50: port 65536 is outside 1 to 65535"},
    {"port of many digits", HOST("address: 10.0.0.1" OK_ROLES ", ports: [4294967739/tcp]"),
	"s.yaml:2:50: port 4294967739 is outside 1 to 65535"},
    {"negative port", HOST("address: 10.0.0.1" OK_ROLES ", ports: [-1/tcp]"),
	"s.yaml:2:50: '-1/tcp': a range cannot stand here, name the ports one by one"},
    {"range of ports", HOST("address: 10.0.0.1" OK_ROLES ", ports: [1-2/tcp]"),
	"s.yaml:2:50: '1-2/tcp': a range cannot stand here, name the ports one by one"},
    {"port is a word", HOST("address: 10.0.0.1" OK_ROLES ", ports: [https/tcp]"), "s.yaml:2:50: 'https/tcp' is no port"},
    {"unknown transport", HOST("address: 10.0.0.1" OK_ROLES ", ports: [443/tpc]"),
	"s.yaml:2:50: 'tpc' is no transport with ports: tcp, udp or sctp"},
    {"transport without ports", HOST("address: 10.0.0.1" OK_ROLES ", ports: [443/esp]"),
	"s.yaml:2:50: 'esp' is no transport with ports: tcp, udp or sctp"},
    {"port twice", HOST("address: 10.0.0.1" OK_ROLES ", ports: [443/tcp, 443/tcp]"), "s.yaml:2:59: port 443/tcp is there twice"},
    {"members is empty", HOST("address: 10.0.0.1" OK_ROLES ", members: []"),
	"s.yaml:2:51: members is empty: name the hosts behind this address, or leave it out"},
    {"members of a range", HOST("address: 10.0.0.0/24" OK_ROLES ", members: [10.0.0.1]"),
	"s.yaml:2:54: members belong to one address (a VIP), not to a prefix or range"},
    {"member is a prefix", HOST("address: 10.0.0.1" OK_ROLES ", members: [10.0.1.0/24]"),
	"s.yaml:2:52: member must be one address, not '10.0.1.0/24'"},
    {"member is itself", HOST("address: 10.0.0.1" OK_ROLES ", members: [10.0.0.1]"),
	"s.yaml:2:52: 10.0.0.1 cannot be a member of itself"},
    {"member twice", "hosts:\n  - {address: 10.0.0.2" OK_ROLES "}\n  - {address: 10.0.0.1" OK_ROLES ", members: [10.0.0.2, 10.0.0.2]}\n",
	"s.yaml:3:62: the member 10.0.0.2 is there twice"},
    {"member not defined", HOST("address: 10.0.0.1" OK_ROLES ", members: [10.0.0.3]"),
	"s.yaml:2:52: the member 10.0.0.3 is not defined under hosts: add it with its roles"},
    /* waivers */
    {"waivers is a map", "waivers: {kind: scan}\n", "s.yaml:1:10: waivers must be a list, not a map (key: value)"},
    {"waiver is a word", "waivers: [x]\n", "s.yaml:1:11: a waiver must be a map (key: value), not 'x'"},
    {"id of a finding", "waivers: [{id: 59e009f93ab9cacb}]\n",
	"s.yaml:1:16: unknown key 'id': the id of a finding stands under 'finding'"},
    {"unknown waiver key", "waivers: [{expire: 2027-01-01}]\n", "s.yaml:1:12: unknown key 'expire': did you mean 'expires'?"},
    {"waives everything", "waivers: [{reason: r, owner: o}]\n",
	"s.yaml:1:11: this waiver would waive everything: give a finding, or a kind, client, server, port or app"},
    {"finding and terms", "waivers: [{finding: x, port: 1" OK_WAIVER "}]\n",
	"s.yaml:1:30: a waiver has a finding or terms, not both: delete 'port'"},
    {"long finding id", "waivers: [{finding: 12345678901234567890" OK_WAIVER "}]\n",
	"s.yaml:1:21: '12345678901234567890' is no id of a finding"},
    {"unknown kind", "waivers: [{kind: scans" OK_WAIVER "}]\n", "s.yaml:1:18: unknown finding kind 'scans': did you mean 'scan'?"},
    {"unknown kind far from all", "waivers: [{kind: everything" OK_WAIVER "}]\n", "s.yaml:1:18: unknown finding kind 'everything'"},
    {"waiver without reason", "waivers: [{kind: scan, owner: o}]\n",
	"s.yaml:1:11: this waiver has no reason: say why the finding is accepted"},
    {"waiver with a blank reason", "waivers: [{kind: scan, owner: o, reason: ' '}]\n", "s.yaml:1:42: reason is empty"},
    {"waiver without owner", "waivers: [{kind: scan, reason: r}]\n",
	"s.yaml:1:11: this waiver has no owner: say who accepts the finding"},
    {"no date", "waivers: [{kind: scan" OK_WAIVER ", expires: tomorrow}]\n",
	"s.yaml:1:54: expires 'tomorrow' is no date: write YYYY-MM-DD"},
    {"date of another form", "waivers: [{kind: scan" OK_WAIVER ", expires: 31.12.2027}]\n",
	"s.yaml:1:54: expires '31.12.2027' is no date: write YYYY-MM-DD"},
    {"not a leap year", "waivers: [{kind: scan" OK_WAIVER ", expires: 2027-02-29}]\n",
	"s.yaml:1:54: expires '2027-02-29' is not in the calendar"},
    {"not a leap century", "waivers: [{kind: scan" OK_WAIVER ", expires: 2100-02-29}]\n",
	"s.yaml:1:54: expires '2100-02-29' is not in the calendar"},
    {"day 31 of a short month", "waivers: [{kind: scan" OK_WAIVER ", expires: 2027-04-31}]\n",
	"s.yaml:1:54: expires '2027-04-31' is not in the calendar"},
    {"month 13", "waivers: [{kind: scan" OK_WAIVER ", expires: 2027-13-01}]\n",
	"s.yaml:1:54: expires '2027-13-01' is not in the calendar"},
    {"day 0", "waivers: [{kind: scan" OK_WAIVER ", expires: 2027-01-00}]\n",
	"s.yaml:1:54: expires '2027-01-00' is not in the calendar"},
    {"transport twice", "waivers: [{port: 1/tcp, transport: tcp" OK_WAIVER "}]\n",
	"s.yaml:1:36: the transport stands with the port already (1/tcp): delete one"},
    {"unknown transport of a waiver", "waivers: [{transport: tpc" OK_WAIVER "}]\n",
	"s.yaml:1:23: unknown transport 'tpc': tcp, udp, icmp, esp ... or a number"},
    {"client upside down", "waivers: [{client: 10.0.0.9-10.0.0.1" OK_WAIVER "}]\n",
	"s.yaml:1:20: client '10.0.0.9-10.0.0.1' is upside down: write 10.0.0.1-10.0.0.9"},
};

static void
test_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct aud_err err = {0};
		struct aud_site *site;
		enum aud_code code = aud_site_parse(&site, "s.yaml", wrong[i].yaml, strlen(wrong[i].yaml), &err);

		if (code != AUD_RULES || site || strncmp(err.msg, wrong[i].expected, strlen(wrong[i].expected)) != 0)
			fail_msg("%s: expected \"%s\", got %d \"%s\"", wrong[i].name, wrong[i].expected, (int)code, err.msg);
	}
}

#define P "product: lync-2013\n"
static const struct {
	const char *yaml, *expected;
} warnings[] = {
    {"{}\n", "s.yaml:1:1: no hosts are defined: no address has a role, and no row can be judged: list them under hosts"},
    {P "load_balancing: dns\n" HOST("address: 10.0.0.1" OK_ROLES),
	"s.yaml:2:17: load_balancing is dns, which leaves the web services to a load balancer, but no host has a role "
	"lb-front-end, lb-director or lb-mediation: add its address under hosts"},
    {P "load_balancing: hardware\n" HOST("address: 10.0.0.1" OK_ROLES),
	"s.yaml:2:17: load_balancing is hardware, but no host has a role lb-front-end, lb-director or lb-mediation: add its address under hosts"},
    {P "load_balancing: none\n" HOST("address: 10.0.0.1, roles: [lb-director]"),
	"s.yaml:2:17: load_balancing is none, but the host in line 4 is a load balancer: correct one of them"},
    {P "features: {directors: no}\n" HOST("address: 10.0.0.1, roles: [director]"),
	"s.yaml:2:23: the feature directors is no, but the host in line 4 is director: correct one of them"},
    {P HOST("address: 10.0.0.1, roles: [director]"), NULL},
    {P "features: {directors: yes}\nload_balancing: none\n" HOST("address: 10.0.0.1, roles: [director]"), NULL},
    {HOST("address: 10.0.0.1" OK_ROLES), "s.yaml:1:1: no product is named, so the documents of every product count: add 'product: "
	"skype-for-business-2015' or 'product: lync-2013'"},
    {P "media_ports: {audio: 100-200, video: 200-300}\n" HOST("address: 10.0.0.1" OK_ROLES),
	"s.yaml:2:38: the ranges of audio (100-200) and video (200-300) overlap, so that audio cannot be told from video: check the "
	"pool's settings"},
    {P "media_ports: {audio: 100-200, video: 201-300, sharing: 100-300}\n" HOST("address: 10.0.0.1" OK_ROLES), NULL},
    {P HOST("address: 10.0.0.1" OK_ROLES) "waivers:\n  - {port: 80, reason: r, owner: o}\n",
	"s.yaml:5:5: this waiver never expires: add the day on which it is to be looked at again (expires: YYYY-MM-DD)"},
    {P HOST("address: 10.0.0.1" OK_ROLES) "waivers:\n  - {port: 80, reason: r, owner: o, expires: 2027-06-30}\n", NULL},
};
#undef P

static void
test_warnings(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof warnings / sizeof *warnings; i++) {
		struct aud_site *s = parse(warnings[i].yaml);

		assert_int_equal(s->nwarnings, warnings[i].expected ? 1 : 0);
		if (warnings[i].expected)
			assert_string_equal(s->warnings[0], warnings[i].expected);
		aud_site_free(s);
	}
}

static void
test_files(void **state)
{
	char dir[] = "/tmp/aud-site-XXXXXX", path[64];
	struct aud_err err = {0};
	struct aud_site *s;
	FILE *f;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(aud_site_load(&s, dir, &err), AUD_IO);
	assert_null(s);
	assert_non_null(strstr(err.msg, dir));
	assert_non_null(strstr(err.msg, "Is a directory"));

	snprintf(path, sizeof path, "%s/none.yaml", dir);
	err = (struct aud_err){0};
	assert_int_equal(aud_site_load(&s, path, &err), AUD_IO);
	assert_non_null(strstr(err.msg, path));
	assert_non_null(strstr(err.msg, "No such file"));

	/* Larger than a first read. */
	snprintf(path, sizeof path, "%s/site.yaml", dir);
	f = fopen(path, "wb");
	assert_non_null(f);
	for (int i = 0; i < 2000; i++)
		fputs("# a comment that fills the file\n", f);
	fputs("site: last line\n", f);
	fclose(f);
	assert_int_equal(aud_site_load(&s, path, NULL), AUD_OK);
	assert_string_equal(s->name, "last line");
	assert_string_equal(s->path, path);
	aud_site_free(s);

	assert_int_equal(truncate(path, 0), 0);
	err = (struct aud_err){0};
	assert_int_equal(aud_site_load(&s, path, &err), AUD_RULES);
	assert_non_null(strstr(err.msg, "site.yaml:1:1: the file is empty"));

	/* A sparse file, that no one would want to read whole. */
	assert_int_equal(truncate(path, 200L << 20), 0);
	err = (struct aud_err){0};
	assert_int_equal(aud_site_load(&s, path, &err), AUD_RULES);
	assert_non_null(strstr(err.msg, "over 64 MiB"));
	unlink(path);
	rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_example),
	    cmocka_unit_test(test_least),
	    cmocka_unit_test(test_nested),
	    cmocka_unit_test(test_wrong),
	    cmocka_unit_test(test_warnings),
	    cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
