/*
 * Our shorter ways through nDPI give what nDPI's own code gives. What is compared with: nDPI itself where it is still linked in, the C
 * library's snprintf(), and for the turns of dissectors a plain reading of the rules with nDPI's own comparison of masks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NDPI_LIB_COMPILATION
#include <ndpi/ndpi_api.h>

#include "shortcut.h"

typedef struct ndpi_detection_module_struct module;
typedef struct ndpi_flow_struct state;

static uint64_t seed;

static unsigned
pick(unsigned n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed >> 20) % n;
}

static void
add(NDPI_PROTOCOL_BITMASK *m, unsigned id)
{
	m->fds_bits[id / NDPI_BITS] |= UINT32_C(1) << id % NDPI_BITS;
}

/* Dissectors that note their turn and do what the round lays down. */
enum { PROBES = 100, IDS = 140, CALLS = 256 };	/* more than a word has bits, both */

static struct does {
	uint16_t excludes, finds, inside, guesses;	/* 0: nothing */
	bool resets;
} does[PROBES];

static struct record {
	unsigned turn[CALLS], n;
} record;

static void
probed(unsigned i, state *flow)
{
	const struct does *d = &does[i];

	assert_in_range(record.n, 0, CALLS - 1);
	record.turn[record.n++] = i;
	if (d->excludes)
		add(&flow->excluded_protocol_bitmask, d->excludes);
	if (d->finds)
		flow->detected_protocol_stack[0] = d->finds;
	if (d->inside)
		flow->detected_protocol_stack[1] = d->inside;
	if (d->guesses)
		flow->guessed_protocol_id = d->guesses;
	if (d->resets)
		flow->detected_protocol_stack[0] = flow->detected_protocol_stack[1] = 0;
}

#define TEN(F, t) F(t##0) F(t##1) F(t##2) F(t##3) F(t##4) F(t##5) F(t##6) F(t##7) F(t##8) F(t##9)
#define EACH(F) TEN(F, ) TEN(F, 1) TEN(F, 2) TEN(F, 3) TEN(F, 4) TEN(F, 5) TEN(F, 6) TEN(F, 7) TEN(F, 8) TEN(F, 9)
#define PROBE(i) static void probe##i(module *m, state *flow) { (void)m; probed(i, flow); }
#define NAME_OF(i) probe##i,
EACH(PROBE)
static void (*const probes[PROBES])(module *, state *) = {EACH(NAME_OF)};

/* What nDPI's documentation of its masks amounts to. */
static bool
concerned(const struct ndpi_call_function_struct *d, state *flow, const NDPI_PROTOCOL_BITMASK *is, uint32_t selection)
{
	return (d->ndpi_selection_bitmask & selection) == d->ndpi_selection_bitmask
		&& !NDPI_BITMASK_COMPARE(flow->excluded_protocol_bitmask, d->excluded_protocol_bitmask)
		&& NDPI_BITMASK_COMPARE(d->detection_bitmask, *is);
}

static uint32_t
plainly(module *m, state *flow, const struct ndpi_call_function_struct *by, uint32_t n, bool empty, uint32_t selection)
{
	const ndpi_proto_defaults_t *guess = &m->proto_defaults[flow->guessed_protocol_id];
	uint32_t calls = empty;
	void (*first)(module *, state *) = NULL;
	NDPI_PROTOCOL_BITMASK is = {{0}};

	add(&is, flow->detected_protocol_stack[0]);
	if (guess->protoId && concerned(&m->callback_buffer[guess->protoIdx], flow, &is, selection) && flow->guessed_protocol_id && guess->func
	    && (!empty || !(m->callback_buffer[flow->guessed_protocol_id].ndpi_selection_bitmask & NDPI_SELECTION_BITMASK_PROTOCOL_HAS_PAYLOAD))) {
		guess->func(m, flow);
		first = m->proto_defaults[flow->guessed_protocol_id].func;
		calls++;
	}
	for (uint32_t i = 0; i < n && !flow->detected_protocol_stack[0]; i++)
		if (by[i].func != first && concerned(&by[i], flow, &is, selection)) {
			by[i].func(m, flow);
			calls++;
		}
	for (uint32_t i = 0; i < m->proto_defaults[flow->detected_protocol_stack[0]].subprotocol_count; i++) {
		uint16_t sub = m->proto_defaults[flow->detected_protocol_stack[0]].subprotocols[i];
		const struct ndpi_call_function_struct *d = &m->callback_buffer[m->proto_defaults[sub == UINT16_MAX - 1 ? 0 : sub].protoIdx];

		if (sub == UINT16_MAX - 1)
			continue;
		if (m->proto_defaults[sub].func != first && concerned(d, flow, &is, selection)) {
			d->func(m, flow);
			calls++;
		}
		if (flow->detected_protocol_stack[1])
			break;
	}
	return calls;
}

static uint32_t
some_selection(bool wants)
{
	static const uint32_t ip[] = {NDPI_SELECTION_BITMASK_PROTOCOL_IP, NDPI_SELECTION_BITMASK_PROTOCOL_IPV4_OR_IPV6},
		l4[] = {NDPI_SELECTION_BITMASK_PROTOCOL_INT_TCP, NDPI_SELECTION_BITMASK_PROTOCOL_INT_UDP,
			NDPI_SELECTION_BITMASK_PROTOCOL_INT_TCP_OR_UDP};
	uint32_t s;

	if (wants) {
		s = ip[pick(2)] | l4[pick(3)];
	} else {
		s = l4[pick(2)] | NDPI_SELECTION_BITMASK_PROTOCOL_INT_TCP_OR_UDP | NDPI_SELECTION_BITMASK_PROTOCOL_IPV4_OR_IPV6;
		s |= pick(2) ? NDPI_SELECTION_BITMASK_PROTOCOL_IP : NDPI_SELECTION_BITMASK_PROTOCOL_IPV6;
	}
	if (pick(2))
		s |= NDPI_SELECTION_BITMASK_PROTOCOL_HAS_PAYLOAD;
	if (pick(2))
		s |= NDPI_SELECTION_BITMASK_PROTOCOL_NO_TCP_RETRANSMISSION;
	return s;
}

/* Dissector i has number i in the list of all, and a protocol of its own. */
static void
some_dissectors(module *m, uint16_t subs[IDS][3])
{
	unsigned step = pick(IDS - 1) + 1;

	memset(m, 0, sizeof *m);
	while (IDS % step == 0 && step > 1)
		step = pick(IDS - 1) + 1;
	for (unsigned i = 0; i < PROBES; i++) {
		uint16_t id = (uint16_t)(1 + (i * step + 3) % (IDS - 1));
		struct ndpi_call_function_struct *d = &m->callback_buffer[i];

		if (m->proto_defaults[id].protoId)
			continue; /* taken */
		d->func = probes[i];
		d->ndpi_protocol_id = id;
		d->ndpi_selection_bitmask = some_selection(true);
		add(&d->excluded_protocol_bitmask, id);
		if (pick(5))
			add(&d->detection_bitmask, NDPI_PROTOCOL_UNKNOWN);
		add(&d->detection_bitmask, id);
		m->proto_defaults[id] = (ndpi_proto_defaults_t){.protoId = id, .protoIdx = (u_int16_t)i, .func = d->func};
		for (unsigned j = 0; j < 3; j++)
			subs[id][j] = (uint16_t)(pick(6) ? 1 + pick(IDS - 1) : UINT16_MAX - 1);
		m->proto_defaults[id].subprotocols = subs[id];
		m->proto_defaults[id].subprotocol_count = pick(3) ? 0 : 3;
#define INTO(table) if (pick(4)) m->callback_buffer_##table[m->callback_buffer_size_##table++] = *d
		INTO(tcp_payload);
		INTO(tcp_no_payload);
		INTO(udp);
		INTO(non_tcp_udp);
	}
	m->callback_buffer_size = PROBES;
}

static void
test_turns(void **none)
{
	module *m = calloc(1, sizeof *m);
	state *a = malloc(sizeof *a), *b = malloc(sizeof *b);
	static struct ndpi_tcphdr tcp;
	static struct ndpi_udphdr udp;
	unsigned long called = 0, found = 0, inside = 0;

	(void)none;
	seed = 88172645463325252U;
	for (unsigned round = 0; round < 400; round++) {
		uint16_t subs[IDS][3];
		struct shortcuts *s;

		some_dissectors(m, subs);
		s = shortcuts_new(m);
		assert_non_null(s);
		shortcuts_use(s);
		for (unsigned packet = 0; packet < 100; packet++) {
			uint32_t selection = some_selection(false), n, calls;
			const struct ndpi_call_function_struct *by;
			struct record first;
			bool empty = false;

			memset(a, 0, sizeof *a);
			for (unsigned i = pick(80); i; i--)
				add(&a->excluded_protocol_bitmask, pick(IDS));
			a->guessed_protocol_id = (u_int16_t)pick(IDS);
			/* A flow is something only where a dissector said so. */
			a->detected_protocol_stack[0] = pick(4) ? 0 : m->callback_buffer[pick(PROBES)].ndpi_protocol_id;
			for (unsigned i = 0; i < PROBES; i++)
				does[i] = (struct does){(uint16_t)(pick(2) ? pick(IDS) : 0), (uint16_t)(pick(9) ? 0 : pick(IDS)),
					(uint16_t)(pick(9) ? 0 : pick(IDS)), (uint16_t)(pick(9) ? 0 : pick(IDS)), !pick(12)};
			*b = *a;
			m->packet.tcp = NULL, m->packet.udp = NULL, m->packet.payload_packet_len = 0;
			switch (pick(4)) {
			case 0:
				m->packet.tcp = &tcp, m->packet.payload_packet_len = 9;
				by = m->callback_buffer_tcp_payload, n = m->callback_buffer_size_tcp_payload;
				break;
			case 1:
				m->packet.tcp = &tcp, empty = true;
				by = m->callback_buffer_tcp_no_payload, n = m->callback_buffer_size_tcp_no_payload;
				break;
			case 2:
				m->packet.udp = &udp;
				by = m->callback_buffer_udp, n = m->callback_buffer_size_udp;
				break;
			default:
				by = m->callback_buffer_non_tcp_udp, n = m->callback_buffer_size_non_tcp_udp;
			}
			record.n = 0;
			calls = ndpi_check_flow_func(m, a, &selection);
			first = record;
			record.n = 0;
			assert_int_equal(calls, plainly(m, b, by, n, empty, selection));
			assert_int_equal(first.n, record.n);
			assert_memory_equal(first.turn, record.turn, record.n * sizeof *record.turn);
			assert_memory_equal(a, b, sizeof *a);
			called += calls;
			found += a->detected_protocol_stack[0] != 0;
			inside += a->detected_protocol_stack[1] != 0;
		}
		shortcuts_use(NULL);
		shortcuts_free(s);
	}
	/* That something was compared. */
	assert_in_range(called, 40000, 4000000);
	assert_in_range(found, 4000, 36000);
	assert_in_range(inside, 1000, 36000);
	free(a);
	free(b);
	free(m);
}

static module *
whole_module(void)
{
	module *m = ndpi_init_detection_module(ndpi_no_prefs);
	NDPI_PROTOCOL_BITMASK all;

	assert_non_null(m);
	NDPI_BITMASK_SET_ALL(all);
	ndpi_set_protocol_detection_bitmask2(m, &all);
	ndpi_finalize_initialization(m);
	return m;
}

/* What a set can hold of a table: each protocol once, and excluded by its own bit. A dissector wants what is nothing yet, or is its own. */
static void
granted(const module *m, const struct ndpi_call_function_struct *by, uint32_t n)
{
	static bool seen[NDPI_NUM_BITS];

	assert_in_range(n, 1, NDPI_MAX_SUPPORTED_PROTOCOLS + 1);
	memset(seen, 0, sizeof seen);
	for (uint32_t i = 0; i < n; i++) {
		unsigned id = by[i].ndpi_protocol_id;
		NDPI_PROTOCOL_BITMASK own = {{0}}, wants = by[i].detection_bitmask;

		assert_in_range(id, 1, NDPI_NUM_BITS - 1);
		assert_false(seen[id]);
		seen[id] = true;
		assert_non_null(by[i].func);
		assert_int_equal(m->proto_defaults[id].protoId, id);
		add(&own, id);
		assert_memory_equal(&by[i].excluded_protocol_bitmask, &own, sizeof own);
		add(&wants, id);
		add(&wants, NDPI_PROTOCOL_UNKNOWN);
		add(&own, NDPI_PROTOCOL_UNKNOWN);
		assert_memory_equal(&wants, &own, sizeof own);
	}
}

static void
test_granted(void **none)
{
	module *m = whole_module();

	(void)none;
	granted(m, m->callback_buffer_tcp_payload, m->callback_buffer_size_tcp_payload);
	granted(m, m->callback_buffer_tcp_no_payload, m->callback_buffer_size_tcp_no_payload);
	granted(m, m->callback_buffer_udp, m->callback_buffer_size_udp);
	granted(m, m->callback_buffer_non_tcp_udp, m->callback_buffer_size_non_tcp_udp);
	ndpi_exit_detection_module(m);
}

/* What our tables say is asked of a packet that nDPI is given: its own are empty by then. */
static void
test_reached(void **none)
{
	static const uint8_t request[] = "\x45\0\0\x51\0\1\0\0\x40\x06\0\0\xc0\0\2\1\xc0\0\2\2"
		"\x9c\x40\x9c\x41\0\0\0\2\0\0\0\2\x50\x18\x20\0\0\0\0\0GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n";
	module *m = whole_module();
	struct shortcuts *s = shortcuts_new(m);
	state *f = calloc(1, SIZEOF_FLOW_STRUCT);
	ndpi_protocol is;

	(void)none;
	assert_non_null(s);
	m->callback_buffer_size_tcp_payload = 0;
	f->l4.tcp.seen_syn = f->l4.tcp.seen_syn_ack = f->l4.tcp.seen_ack = 1;
	shortcuts_use(s);
	is = ndpi_detection_process_packet(m, f, request, sizeof request - 1, 1);
	shortcuts_use(NULL);
	assert_int_equal(is.app_protocol, NDPI_PROTOCOL_HTTP);
	ndpi_free_flow(f);
	shortcuts_free(s);
	ndpi_exit_detection_module(m);
}

struct said {
	int rc;
	uint16_t id;
	ndpi_protocol_category_t category;
	ndpi_protocol_breed_t breed;
};

static struct said
look_up(void *list, char *name)
{
	struct said s = {0};

	s.rc = ndpi_match_string_protocol_id(list, name, (u_int)strlen(name), &s.id, &s.category, &s.breed);
	return s;
}

static void
same_said(struct said a, struct said b)
{
	assert_int_equal(a.rc, b.rc);
	assert_int_equal(a.id, b.id);
	assert_int_equal(a.category, b.category);
	assert_int_equal(a.breed, b.breed);
}

/* Looked up by nDPI alone, then by way of what is remembered: for the first time, perhaps, and again. */
static bool
same_by_memory(struct shortcuts *s, void *list, char *name)
{
	struct said own;

	shortcuts_use(NULL);
	own = look_up(list, name);
	shortcuts_use(s);
	same_said(look_up(list, name), own);
	same_said(look_up(list, name), own);
	shortcuts_use(NULL);
	return !own.rc;
}

/* More names than are remembered, some of them too long for that, so that they push each other out, each in more than one list. */
static void
test_names(void **none)
{
	static const char *const hosts[] = {"facebook.com", "teams.microsoft.com", "lync.com", "skype.com", "example.org", "tor", "x",
		"netflix.com", "whatsapp.net", "windowsupdate.com"};
	module *m = whole_module();
	struct shortcuts *s = shortcuts_new(m);
	void *lists[] = {m->host_automa.ac_automa, m->custom_categories.hostnames.ac_automa, m->common_alpns_automa.ac_automa};
	unsigned known = 0;

	(void)none;
	assert_non_null(s);
	seed = 362436069;
	for (unsigned i = 0; i < 60000; i++) {
		char name[128], like[] = "facebook.com";

		snprintf(name, sizeof name, "%.*s%u.%s", (int)pick(60), "wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww",
			pick(40), hosts[pick(10)]);
		for (unsigned j = 0; j < 3; j++)
			known += same_by_memory(s, lists[j], name);
		/* One that is known, then others with the same beginning. */
		known += same_by_memory(s, lists[0], like);
		for (char *p = like + strlen("facebook."); *p; p++)
			*p = (char)('a' + pick(26));
		known += same_by_memory(s, lists[0], like);
	}
	assert_in_range(known, 60000, 250000);
	shortcuts_free(s);
	ndpi_exit_detection_module(m);
}

/* What is remembered is of whole addresses in the first tree: another one does not know them, and a network is none. */
static void
other_trees(module *m, struct shortcuts *s)
{
	ndpi_patricia_tree_t *first = m->protocols_ptree, *empty = ndpi_patricia_new(32);
	struct in_addr a = {.s_addr = htonl(0x08080808)};
	ndpi_prefix_t whole, part;
	ndpi_patricia_node_t *own;

	ndpi_fill_prefix_v4(&whole, &a, 32, 32);
	ndpi_fill_prefix_v4(&part, &a, 8, 32);
	own = ndpi_patricia_search_best(first, &part);
	shortcuts_use(s);
	assert_non_null(ndpi_patricia_search_best(first, &whole));
	assert_null(ndpi_patricia_search_best(empty, &whole));
	assert_ptr_equal(ndpi_patricia_search_best(first, &part), own);
	assert_ptr_not_equal(ndpi_patricia_search_best(first, &whole), own);
	shortcuts_use(NULL);
	ndpi_patricia_destroy(empty, NULL);
}

static void
test_addresses(void **none)
{
	static const uint32_t near[] = {0x08080808, 0x0d6b0000, 0x34700000, 0x0a000001, 0xc0a80101, 0, 0xffffffff};
	uint32_t all = 0;
	module *m = whole_module();
	struct shortcuts *s = shortcuts_new(m);
	unsigned known = 0;

	(void)none;
	assert_non_null(s);
	seed = 521288629;
	for (unsigned i = 0; i < 400000; i++) {
		struct in_addr a = {.s_addr = htonl(near[pick(7)] + pick(3) * pick(1 << 12))};
		uint16_t own;

		if (!pick(3))
			a.s_addr = htonl(pick(UINT32_MAX));
		if (pick(2)) /* each network of 16 bits */
			a.s_addr = htonl(all++ << 16 | pick(1 << 16));
		shortcuts_use(NULL);
		own = ndpi_network_ptree_match(m, &a);
		shortcuts_use(s);
		assert_int_equal(ndpi_network_ptree_match(m, &a), own);
		assert_int_equal(ndpi_network_ptree_match(m, &a), own);
		known += own != 0;
	}
	shortcuts_use(NULL);
	assert_in_range(known, 20000, 380000);
	assert_in_range(all, 3 << 16, UINT32_MAX);
	other_trees(m, s);
	shortcuts_free(s);
	ndpi_exit_detection_module(m);
}

void __real_ndpi_parse_packet_line_info(module *, state *);
char *__real_ndpi_strnstr(const char *, const char *, size_t);

static size_t
some_text(char *out, size_t max)
{
	static const char *const parts[] = {"\r", "\n", "\r\n", "\r\n\r\n", "a", "Host: ", "HTTP/1.1 200 OK", "x.example", "\n\r", "Cookie: "};
	size_t n = 0, parts_left = pick(12);

	for (; parts_left; parts_left--) {
		const char *p = parts[pick(2) ? 4 + pick(6) : pick(10)];

		if (n + strlen(p) > max)
			break;
		memcpy(out + n, p, strlen(p));
		n += strlen(p);
	}
	return n;
}

static void
test_lines(void **none)
{
	module *m[2] = {calloc(1, sizeof **m), calloc(1, sizeof **m)};
	state *f[2] = {calloc(1, sizeof **f), calloc(1, sizeof **f)};
	unsigned lines = 0, without = 0;

	(void)none;
	seed = 2463534242;
	for (unsigned i = 0; i < 20000; i++) {
		char *text = malloc(256), *exact;
		size_t n = some_text(text, 256);

		exact = malloc(n ? n : 1); /* so that a byte too far is seen */
		memcpy(exact, text, n);
		for (unsigned j = 0; j < 2; j++) {
			memset(f[j], 0, sizeof **f);
			memset(&m[j]->packet, i % 2 ? 0 : 0x55, sizeof m[j]->packet);
			m[j]->packet.payload = (const u_int8_t *)exact;
			m[j]->packet.payload_packet_len = (u_int16_t)n;
			m[j]->packet.packet_lines_parsed_complete = i % 17 == 0;
			(j ? __real_ndpi_parse_packet_line_info : ndpi_parse_packet_line_info)(m[j], f[j]);
		}
		assert_memory_equal(&m[0]->packet, &m[1]->packet, sizeof m[0]->packet);
		assert_memory_equal(f[0], f[1], sizeof **f);
		if (i % 2 && n) {
			lines += m[0]->packet.parsed_lines;
			without += !m[0]->packet.parsed_lines;
		}
		free(exact);
		free(text);
	}
	assert_in_range(lines, 5000, 1000000);
	assert_in_range(without, 500, 10000);
	for (unsigned j = 0; j < 2; j++) {
		free(m[j]);
		free(f[j]);
	}
}

static void
test_word(void **none)
{
	unsigned found = 0;

	(void)none;
	seed = 886756453;
	for (unsigned i = 0; i < 200000; i++) {
		size_t n = pick(12);
		char *text = malloc(n ? n : 1), word[5] = {0};

		for (size_t j = 0; j < n; j++)
			text[j] = "ab\0"[pick(20) ? pick(2) : 2];
		for (size_t j = pick(5); j; j--)
			word[j - 1] = "ab"[pick(2)];
		assert_ptr_equal(ndpi_strnstr(text, word, n), __real_ndpi_strnstr(text, word, n));
		found += ndpi_strnstr(text, word, n) != NULL;
		free(text);
	}
	/* nDPI looks for "text/" in the type of a content that has none. */
	assert_null(ndpi_strnstr(NULL, "text/", 0));
	assert_in_range(found, 20000, 180000);
	/* What nDPI does for HTTP that says no type of its content. */
	assert_null(ndpi_strnstr(NULL, "text/", 0));
}

int aud_ndpi_snprintf(char *out, size_t size, int flag, size_t room, const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Out of the compiler's sight: it warns of what does not fit. */
static int __attribute__((format(printf, 3, 4)))
librarys(char *out, size_t size, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(out, size, format, args);
	va_end(args);
	return n;
}

#define SPELLED(...) \
	do { \
		for (size_t room_ = 0; room_ < 40; room_++) { \
			char ours[40], theirs[40]; \
			memset(ours, '~', sizeof ours); \
			memset(theirs, '~', sizeof theirs); \
			assert_int_equal(aud_ndpi_snprintf(ours, room_, 1, sizeof ours, __VA_ARGS__), \
				librarys(theirs, room_, __VA_ARGS__)); \
			assert_memory_equal(ours, theirs, sizeof ours); \
		} \
	} while (0)

static void
test_spelled(void **none)
{
	(void)none;
	SPELLED("%s", "");
	SPELLED("plain");
	SPELLED("%u,", 0U);
	SPELLED("%s%u", "-", UINT32_MAX);
	SPELLED("%s%u", "", 771U);
	SPELLED("%u.%u.%u.%u", 192U, 0U, 2U, 1U);
	SPELLED("%02x%02X", 0xabU, 0xabU);
	SPELLED("%02X", 0x0aU);
	SPELLED("%02x", 0x1234U);	/* more than a byte, and all below: the C library's work */
	SPELLED("%d and %s", -5, "text");
	SPELLED("%u%%", 9U);
	SPELLED("%.*s|%5s|%c", 2, "abc", "x", 'y');
	SPELLED("%s %04x %lu", "some text that is longer than the room that there is", 7U, 1234567890123UL);
}

/* A name that looks made up counts only where it may be Tor's. */
static void
test_made_up(void **none)
{
	module *m = whole_module();
	state *f = calloc(1, sizeof *f);
	char made_up[] = "www.qzxkvwpjhgfdtrbn.com", net[] = "www.qzxkvwpjhgfdtrbn.net", other[] = "qzxkvwpjhgfdtrbn.com", shop[] = "www.qzxkvwpjhgfdtrbn.shop";

	(void)none;
	assert_int_equal(ndpi_check_dga_name(m, f, made_up, 1), 1);
	assert_int_equal(ndpi_check_dga_name(m, f, net, 1), 1);
	assert_int_equal(ndpi_check_dga_name(m, f, shop, 1), 0);
	assert_int_equal(ndpi_check_dga_name(m, f, other, 1), 0);
	assert_int_equal(ndpi_check_dga_name(m, f, NULL, 1), 0);
	free(f);
	ndpi_exit_detection_module(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_granted), cmocka_unit_test(test_reached), cmocka_unit_test(test_turns), cmocka_unit_test(test_names),
		cmocka_unit_test(test_addresses), cmocka_unit_test(test_lines),
		cmocka_unit_test(test_word), cmocka_unit_test(test_spelled), cmocka_unit_test(test_made_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
