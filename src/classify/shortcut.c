#define NDPI_LIB_COMPILATION /* shows what a module consists of */
#include <ndpi/ndpi_api.h>

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shortcut.h"

enum {
	IDS = NDPI_NUM_BITS,	/* nDPI's numbers of protocols: bits of its masks */
	DISSECTORS = NDPI_MAX_SUPPORTED_PROTOCOLS + 1,
	NETS = 1 << 9,		/* networks of 16 bits that are remembered */
	PLACES = 1 << 10,	/* addresses that are */
	NAMES = 1 << 11,	/* strings that are remembered */
	NAME = 48,		/* bytes of the longest of them */
};

typedef struct ndpi_detection_module_struct module;
typedef struct ndpi_flow_struct state;
typedef void dissector(module *, state *);

/* A set of numbers, the lowest first. */
struct set {
	uint64_t word[IDS / 64];
};

/* The dissectors that packets of one kind are shown to. */
struct kind {
	const struct ndpi_call_function_struct *by;	/* in the order of their turns */
	unsigned n;
	uint16_t turn[IDS];	/* of the dissector of this protocol */
	struct turn {		/* what is needed of by[] again and again, closer together */
		dissector *func;
		uint16_t id;
	} turns[DISSECTORS];
	/*
	 * The protocols whose dissectors want packets like this one in flows that are nothing yet. Within a kind packets differ in the version of IP and in
	 * whether they were sent before: nDPI's bits 5 and 6.
	 */
	struct wanted {
		uint32_t selection;	/* 0: not computed yet */
		struct set ids;
	} wanted[4];
};

/* As nDPI's private ahocorasick.h of 4.2 has them: what is looked up, and what the list says of it. */
struct ac_text {
	struct {
		void *matched[4], *last, *patterns;
		unsigned map, position;
		unsigned short num, counter;
	} match;
	const char *string;
	unsigned short length, option;
};
struct ac_rep {
	uint32_t number;
	uint64_t number64;
	uint16_t breed, category, level, bits;
};

struct shortcuts {
	const void *tree;	/* of known networks: the one that is asked first, and mostly */
	struct net {
		uint16_t addr;
		enum { NET_NEW, NET_WHOLE, NET_PARTS } is;	/* one answer for all its addresses? */
		ndpi_patricia_node_t *node;
	} nets[NETS];
	struct place {
		uint32_t addr;	/* as in memory; 0.0.0.0 is looked up each time */
		ndpi_patricia_node_t *node;
	} places[PLACES];
	struct name {
		const void *list;	/* NULL: nothing is remembered here */
		struct ac_rep before, rep;	/* rep of the caller, before the look-up and after it */
		uint64_t string[NAME / 8];	/* 0 behind the end */
		uint16_t length;
		int found;
	} names[NAMES];
	struct kind tcp, tcp_empty, udp, other;
};

static _Thread_local struct shortcuts *at_work;

void
shortcuts_use(struct shortcuts *s)
{
	at_work = s;
}

static void
kind_of(struct kind *k, const struct ndpi_call_function_struct *by, unsigned n)
{
	k->by = by;
	k->n = n;
	for (unsigned i = 0; i < n; i++) {
		k->turn[by[i].ndpi_protocol_id % IDS] = (uint16_t)i;
		k->turns[i] = (struct turn){by[i].func, by[i].ndpi_protocol_id};
	}
}

struct shortcuts *
shortcuts_new(const module *m)
{
	struct shortcuts *s = calloc(1, sizeof *s);

	if (!s)
		return NULL;
	kind_of(&s->tcp, m->callback_buffer_tcp_payload, m->callback_buffer_size_tcp_payload);
	kind_of(&s->tcp_empty, m->callback_buffer_tcp_no_payload, m->callback_buffer_size_tcp_no_payload);
	kind_of(&s->udp, m->callback_buffer_udp, m->callback_buffer_size_udp);
	kind_of(&s->other, m->callback_buffer_non_tcp_udp, m->callback_buffer_size_non_tcp_udp);
	return s;
}

void
shortcuts_free(struct shortcuts *s)
{
	free(s);
}

/*
 * Which dissectors see a packet. nDPI compares three masks for each of up to 113 dissectors and each packet, an eighth of an audit of
 * mixed traffic; most of them excluded themselves from the flow before. Here the few that are left are found by sets. Linked in place
 * of nDPI's function, which is made weak.
 */

static bool
has(const NDPI_PROTOCOL_BITMASK *m, unsigned id)
{
	return NDPI_ISSET(m, id % IDS) != 0;
}

static bool
wants(const struct ndpi_call_function_struct *d, uint32_t selection)
{
	return (d->ndpi_selection_bitmask & selection) == d->ndpi_selection_bitmask;
}

/* Is a packet like this one shown to this dissector, in a flow that was id when the packet came? */
static bool
shown(const struct ndpi_call_function_struct *d, const state *flow, unsigned id, uint32_t selection)
{
	return wants(d, selection) && !has(&flow->excluded_protocol_bitmask, d->ndpi_protocol_id) && has(&d->detection_bitmask, id);
}

static const struct set *
wanted(struct kind *k, uint32_t selection)
{
	struct wanted *w = &k->wanted[selection >> 5 & 3];

	if (w->selection == selection)
		return &w->ids;
	*w = (struct wanted){.selection = selection};
	for (unsigned i = 0; i < k->n; i++) {
		unsigned id = k->by[i].ndpi_protocol_id % IDS;

		if (wants(&k->by[i], selection) && has(&k->by[i].detection_bitmask, NDPI_PROTOCOL_UNKNOWN))
			w->ids.word[id / 64] |= UINT64_C(1) << id % 64;
	}
	return &w->ids;
}

/* The turns of the dissectors that want the packet and did not exclude themselves. */
static struct set
turns(struct kind *k, const state *flow, uint32_t selection)
{
	const struct set *ids = wanted(k, selection);
	struct set out = {{0}};

	for (unsigned w = 0; w < IDS / 64; w++) {
		uint64_t excluded, left;

		memcpy(&excluded, (const char *)&flow->excluded_protocol_bitmask + w * sizeof excluded, sizeof excluded);
		for (left = ids->word[w] & ~excluded; left; left &= left - 1) {
			unsigned t = k->turn[w * 64 + (unsigned)__builtin_ctzll(left)];

			out.word[t / 64] |= UINT64_C(1) << t % 64;
		}
	}
	return out;
}

static struct kind *
kind_at_work(const module *m)
{
	if (m->packet.tcp)
		return m->packet.payload_packet_len ? &at_work->tcp : &at_work->tcp_empty;
	return m->packet.udp ? &at_work->udp : &at_work->other;
}

/* Those that are left, but the first, in their turns, until one knows the protocol. Returns how many were called. */
static uint32_t
offer(struct kind *k, module *m, state *flow, dissector *first, uint32_t selection)
{
	struct set left = turns(k, flow, selection);
	uint32_t calls = 0;

	for (unsigned w = 0; w < IDS / 64; w++)
		for (; left.word[w]; left.word[w] &= left.word[w] - 1) {
			const struct turn *t = &k->turns[w * 64 + (unsigned)__builtin_ctzll(left.word[w])];

			/* Those before it may have excluded it. */
			if (t->func == first || has(&flow->excluded_protocol_bitmask, t->id))
				continue;
			t->func(m, flow);
			calls++;
			if (flow->detected_protocol_stack[0])
				return calls;
		}
	return calls;
}

/* The dissectors of what is found inside the protocol of the flow, until one finds something. Returns how many were called. */
static uint32_t
offer_inside(module *m, state *flow, dissector *first, unsigned was, uint32_t selection)
{
	const ndpi_proto_defaults_t *of = m->proto_defaults;
	uint32_t calls = 0;

	for (uint32_t i = 0; i < of[flow->detected_protocol_stack[0]].subprotocol_count; i++) {
		unsigned sub = of[flow->detected_protocol_stack[0]].subprotocols[i];
		const struct ndpi_call_function_struct *d;

		if (sub == (uint16_t)NDPI_PROTOCOL_MATCHED_BY_CONTENT)
			continue;
		d = &m->callback_buffer[of[sub].protoIdx];
		if (of[sub].func != first && shown(d, flow, was, selection)) {
			d->func(m, flow);
			calls++;
		}
		if (flow->detected_protocol_stack[1])
			break;
	}
	return calls;
}

/* Returns how many dissectors were called, and one more for TCP without data, as nDPI's own does. */
uint32_t
ndpi_check_flow_func(module *m, state *flow, NDPI_SELECTION_BITMASK_PROTOCOL_SIZE *selection)
{
	const ndpi_proto_defaults_t *guess;
	dissector *first = NULL;
	struct kind *kind;
	bool empty;
	unsigned was;
	uint32_t calls;

	if (!flow)
		return 0;
	kind = kind_at_work(m);
	empty = kind == &at_work->tcp_empty;
	calls = empty;
	was = flow->detected_protocol_stack[0];
	/* The one that the ports speak for comes first. nDPI looks for its wish for data at the place of the protocol, not of the dissector. */
	guess = &m->proto_defaults[flow->guessed_protocol_id];
	if (flow->guessed_protocol_id && guess->protoId && guess->func && shown(&m->callback_buffer[guess->protoIdx], flow, was, *selection)
	    && !(empty && m->callback_buffer[flow->guessed_protocol_id].ndpi_selection_bitmask & NDPI_SELECTION_BITMASK_PROTOCOL_HAS_PAYLOAD)) {
		guess->func(m, flow);
		first = m->proto_defaults[flow->guessed_protocol_id].func;
		calls++;
	}
	/* A flow that was something and no longer is: the only dissector that nDPI would ask is the one that said so. */
	if (!was && !flow->detected_protocol_stack[0])
		calls += offer(kind, m, flow, first, *selection);
	return calls + offer_inside(m, flow, first, was, *selection);
}

/* The rest is linked in by --wrap: calls from one of nDPI's files into another. */

/*
 * Host names are looked up in lists, which is long work in cold memory, and the same names come again and again. A list does not change
 * once the module is made.
 */
int __real_ac_automata_search(void *list, struct ac_text *, struct ac_rep *);
int __wrap_ac_automata_search(void *list, struct ac_text *, struct ac_rep *);

int
__wrap_ac_automata_search(void *list, struct ac_text *text, struct ac_rep *rep)
{
	uint64_t string[NAME / 8] = {0}, h = (uintptr_t)list;
	unsigned words = (text->length + 7U) / 8;
	struct name *n;

	if (!at_work || text->length > NAME || text->option)
		return __real_ac_automata_search(list, text, rep);
	memcpy(string, text->string, text->length);
	for (unsigned i = 0; i < words; i++) {
		h = (h ^ string[i]) * UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 32;
	}
	n = &at_work->names[h % NAMES];
	if (n->list != list || n->length != text->length || memcmp(n->string, string, words * sizeof *string) || memcmp(&n->before, rep, sizeof *rep)) {
		n->list = list;
		n->length = text->length;
		memcpy(n->string, string, sizeof string);
		n->before = *rep;
		n->found = __real_ac_automata_search(list, text, rep);
		n->rep = *rep;
	}
	*rep = n->rep;
	return n->found;
}

/*
 * Each flow's addresses are looked up in the tree of known networks. No tree changes once the module is made: what was found is kept, for
 * all addresses that begin with the same 16 bits where the tree does not tell them apart, as it does not within most private networks.
 */
ndpi_patricia_node_t *__real_ndpi_patricia_search_best(ndpi_patricia_tree_t *, ndpi_prefix_t *);
ndpi_patricia_node_t *__wrap_ndpi_patricia_search_best(ndpi_patricia_tree_t *, ndpi_prefix_t *);

/* Does the tree tell apart IPv4 addresses that begin with these 16 bits? A node stands for its first bits, and so do those below it. */
static bool
in_parts(const ndpi_patricia_tree_t *tree, uint16_t net)
{
	const ndpi_patricia_node_t *n = tree->head, *below;

	while (n && n->bit < 16)
		n = net >> (15 - n->bit) & 1 ? n->r : n->l;
	/* Bits that all nodes below have in common are skipped on the way: those of another network end up here too. */
	for (below = n; below && !below->prefix;)
		below = below->l ? below->l : below->r;
	return below && ntohl(below->prefix->add.sin.s_addr) >> 16 == net && (n->bit > 16 || n->l || n->r);
}

ndpi_patricia_node_t *
__wrap_ndpi_patricia_search_best(ndpi_patricia_tree_t *tree, ndpi_prefix_t *prefix)
{
	uint32_t addr = prefix->add.sin.s_addr;
	uint16_t bits = (uint16_t)(ntohl(addr) >> 16);
	struct place *p;
	struct net *n;

	if (at_work && !at_work->tree)
		at_work->tree = tree;
	if (!at_work || tree != at_work->tree || prefix->family != AF_INET || prefix->bitlen != 32 || !addr)
		return __real_ndpi_patricia_search_best(tree, prefix);
	n = &at_work->nets[(bits ^ bits >> 7) % NETS];
	if (n->is == NET_NEW || n->addr != bits) {
		*n = (struct net){.addr = bits, .is = NET_PARTS};
		if (!in_parts(tree, bits)) {
			n->is = NET_WHOLE;
			n->node = __real_ndpi_patricia_search_best(tree, prefix);
		}
	}
	if (n->is == NET_WHOLE)
		return n->node;
	p = &at_work->places[(addr ^ addr >> 10 ^ addr >> 20) % PLACES];
	if (p->addr != addr)
		*p = (struct place){addr, __real_ndpi_patricia_search_best(tree, prefix)};
	return p->node;
}

/*
 * Lines of a text. Dissectors of text protocols ask for them of binary packets too, and nDPI then reads those byte by byte for an end of
 * line. Where there is none its answer does not depend on what follows the first bytes.
 */
static bool
has_line_end(const uint8_t *p, size_t n)
{
	const uint8_t *end = p + n, *at;

	for (at = p; (at = memchr(at, '\n', (size_t)(end - at))); at++)
		if (at > p && at[-1] == '\r')
			return true;
	return false;
}

void __real_ndpi_parse_packet_line_info(module *, state *);
void __wrap_ndpi_parse_packet_line_info(module *, state *);

void
__wrap_ndpi_parse_packet_line_info(module *m, state *flow)
{
	enum { SHORTEST = 3 }; /* that nDPI looks at */
	struct ndpi_packet_struct *p = &m->packet;
	u_int16_t len = p->payload_packet_len;

	if (len > SHORTEST && p->payload && !p->packet_lines_parsed_complete && !has_line_end(p->payload, len))
		p->payload_packet_len = SHORTEST;
	__real_ndpi_parse_packet_line_info(m, flow);
	p->payload_packet_len = len;
}

/* The first place of a word in the n bytes from text on, which end with a 0 before that; NULL: none. nDPI's own goes byte by byte. */
char *__wrap_ndpi_strnstr(const char *text, const char *word, size_t n);

char *
__wrap_ndpi_strnstr(const char *text, const char *word, size_t n)
{
	size_t len = strlen(word);
	const char *end;

	if (!len)
		return (char *)text;
	if (!n)	/* where HTTP tells no type of its content, nDPI looks into what is nowhere */
		return NULL;
	end = text + strnlen(text, n);
	for (; (text = memchr(text, *word, (size_t)(end - text))) && len <= (size_t)(end - text); text++)
		if (!memcmp(text, word, len))
			return (char *)text;
	return NULL;
}

/*
 * nDPI asks of every host name whether it looks made up by an algorithm, which is a tenth of its work on look-ups of names, and files
 * the answer under risks, which nobody here reads. In one place it decides what a flow is: a name in TLS that begins with "www." and
 * ends in ".com" or ".net" may be Tor's (tls.c of nDPI 4.2). Of these the answer is nDPI's own.
 */
int __real_ndpi_check_dga_name(module *, state *, char *name, u_int8_t is_hostname);
int __wrap_ndpi_check_dga_name(module *, state *, char *name, u_int8_t is_hostname);

int
__wrap_ndpi_check_dga_name(module *m, state *flow, char *name, u_int8_t is_hostname)
{
	size_t n = name ? strlen(name) : 0;

	if (n < 4 || strncmp(name, "www.", 4) || (strcmp(name + n - 4, ".com") && strcmp(name + n - 4, ".net")))
		return 0;
	return __real_ndpi_check_dga_name(m, flow, name, is_hostname);
}

/* The fingerprint of a certificate, which nDPI looks for in a list of malicious ones that nobody here fills. */
void __wrap_SHA1Update(void *context, const uint8_t *data, uint32_t len);

void
__wrap_SHA1Update(void *context, const uint8_t *data, uint32_t len)
{
	(void)context, (void)data, (void)len;
}

/*
 * nDPI spells fingerprints of TLS number by number with snprintf(), a twentieth of an audit of mixed traffic. In the copy of the archive
 * its calls are named aud_ndpi_snprintf(); the formats that it uses there are read here, any other one by the C library.
 */
int aud_ndpi_snprintf(char *out, size_t size, int flag, size_t room, const char *format, ...) __attribute__((format(printf, 5, 6)));

struct spelled {
	char *out;
	size_t size, n;
};

static void
spell(struct spelled *s, const char *text, size_t n)
{
	if (s->n < s->size)
		memcpy(s->out + s->n, text, n < s->size - s->n ? n : s->size - s->n);
	s->n += n;
}

static void
spell_number(struct spelled *s, unsigned x)
{
	char digits[10], *p = digits + sizeof digits;

	do
		*--p = (char)('0' + x % 10);
	while (x /= 10);
	spell(s, p, (size_t)(digits + sizeof digits - p));
}

static void
spell_byte(struct spelled *s, unsigned x, const char *digits)
{
	spell(s, (char[]){digits[x >> 4], digits[x & 15]}, 2);
}

/* False: there is something else in the format than text, %u, %s, and %02x or %02X of a byte. */
static bool
spell_all(struct spelled *s, const char *format, va_list args)
{
	for (; *format; format++) {
		const char *text;
		unsigned x;

		if (*format != '%')
			spell(s, format, 1);
		else if (*++format == 'u')
			spell_number(s, va_arg(args, unsigned));
		else if (*format == 's' && (text = va_arg(args, const char *)))
			spell(s, text, strlen(text));
		else if (!strncmp(format, "02", 2) && (format[2] == 'x' || format[2] == 'X') && (x = va_arg(args, unsigned)) <= UINT8_MAX) {
			spell_byte(s, x, format[2] == 'x' ? "0123456789abcdef" : "0123456789ABCDEF");
			format += 2;
		} else
			return false;
	}
	return true;
}

int
aud_ndpi_snprintf(char *out, size_t size, int flag, size_t room, const char *format, ...)
{
	struct spelled s = {.out = out, .size = size};
	va_list args;
	int n;

	(void)flag;
	if (size > room) /* as a fortified snprintf() does */
		abort();
	va_start(args, format);
	if (spell_all(&s, format, args)) {
		if (size)
			out[s.n < size ? s.n : size - 1] = '\0';
		va_end(args);
		return (int)s.n;
	}
	va_end(args);
	va_start(args, format);
	n = vsnprintf(out, size, format, args);
	va_end(args);
	return n;
}
