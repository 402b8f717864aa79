/*
 * The life of a flow's state:
 *
 *	none -> waiting -> undecided -> watched -> classified
 *
 * waiting: a TCP flow without payload so far. Its first headers are kept, and shown to nDPI when payload comes, or at
 * the end: a SYN that nobody answers needs no nDPI state, and over IPv4 no memory at all, since what else its header
 * held stands in the flow's record, and its window and flags in the place of a handle. undecided: nDPI and our parsers look. watched: nDPI has
 * decided, our parsers want more. A handle tells the kind of state in its upper two bits.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aud/classify.h"
#include "names.h"
#include "ndpi.h"
#include "own.h"
#include "slab.h"
#include "told.h"

enum {
	KIND_SHIFT = 30, TCP = 6, UDP = 17, V4_HEADER = 20, V6_HEADER = 40, TCP_HEADER = 20, LINE = 64,
	MAX_UDP = 24, MAX_TCP = 80,	/* ndpiReader 4.2: packets of a flow that nDPI may see */
	KEPT = 3, FIN = 1, SYN = 2, RST = 4,
};
#define LONE_SYN (UINT32_C(1) << 29)	/* of a waiting flow's state: no handle */

enum kind { KIND_NONE, KIND_WAITING, KIND_UNDECIDED, KIND_WATCHED };

/* A TCP segment without payload, as much of it as nDPI 4.2 looks at. */
struct kept {
	uint32_t seq, ack, ms;	/* ms after the first */
	uint16_t window;
	uint8_t flags, side;
};

struct waiting {
	uint8_t addr[2][16];
	uint64_t ms;
	struct kept kept[KEPT];
	uint8_t n;
	bool v6;
};
_Static_assert(sizeof(struct waiting) <= sizeof(struct own) + 16, "one slab serves both");

union small {
	struct own own;
	struct waiting waiting;
};

/* nDPI's state follows behind, from the next cache line on. */
struct undecided {
	struct own own;
	struct aud_flow *flow;
	struct aud_flow_more *more;
	uint32_t prev, next;	/* in the order of age */
	uint32_t beside;	/* bytes: dpi_state_beside() */
};
enum { UNDECIDED_SIZE = (sizeof(struct undecided) + LINE - 1) / LINE * LINE };

struct aud_classifier {
	struct dpi *dpi;
	struct slab small, large, held;
	uint32_t oldest, newest;
	size_t max, room;	/* states, and bytes beside all of them; then 0: no bound */
	size_t beside;
	void (*named)(void *user, const struct aud_flow *, const char *name, bool certificate);	/* NULL: nobody asks */
	void *user;
	uint64_t ms;		/* nDPI's clock never runs backward */
	struct told told;
	struct aud_classify_stats stats;
	uint8_t packet[UINT16_MAX];	/* for packets that are rebuilt */
};

enum aud_code
aud_classifier_new(struct aud_classifier **out, const struct aud_classify_opts *opts, struct aud_err *err)
{
	struct aud_classifier *c = calloc(1, sizeof *c);

	*out = NULL;
	if (!c)
		return aud_nomem(err);
	c->max = opts ? opts->max_states : 0;
	c->room = opts ? opts->max_states * opts->beside : 0;
	if (opts && opts->named) {
		c->named = opts->named;
		c->user = opts->user;
	}
	c->told.secret = opts ? opts->secret : 0;
	slab_init(&c->small, sizeof(union small), 10);
	slab_init(&c->large, UNDECIDED_SIZE + (dpi_state_size() + LINE - 1) / LINE * LINE, 8);
	slab_init(&c->held, held_size(), 4);
	c->dpi = dpi_new();
	if (!c->dpi) {
		aud_classifier_free(c);
		return aud_nomem(err);
	}
	*out = c;
	return AUD_OK;
}

static struct undecided *
undecided_at(const struct aud_classifier *c, uint32_t h)
{
	return slab_at(&c->large, h);
}

static void *
ndpi_state(struct undecided *u)
{
	return (char *)u + UNDECIDED_SIZE;
}

void
aud_classifier_free(struct aud_classifier *c)
{
	if (!c)
		return;
	for (uint32_t h = c->oldest; h; h = undecided_at(c, h)->next)
		dpi_state_done(ndpi_state(undecided_at(c, h)));
	slab_done(&c->small);
	slab_done(&c->large);
	slab_done(&c->held);
	told_done(&c->told);
	dpi_free(c->dpi);
	free(c);
}

void
aud_classifier_trim(struct aud_classifier *c)
{
	slab_trim(&c->small);
	slab_trim(&c->large);
	slab_trim(&c->held);
}

static enum kind
kind_of(const struct aud_flow *f)
{
	return (enum kind)(f->state >> KIND_SHIFT);
}

static uint32_t
handle_of(const struct aud_flow *f)
{
	return f->state & ((1u << KIND_SHIFT) - 1);
}

static bool
is_lone(const struct aud_flow *f)
{
	return kind_of(f) == KIND_WAITING && f->state & LONE_SYN;
}

static uint32_t
state_of(enum kind k, uint32_t h)
{
	return (uint32_t)k << KIND_SHIFT | h;
}

/* Takes an nDPI state for a flow that has none; NULL: out of memory. */
static struct undecided *
undecided_new(struct aud_classifier *c, struct aud_flow *f, struct aud_flow_more *m)
{
	uint32_t h = slab_take(&c->large);
	struct undecided *u;

	if (!h)
		return NULL;
	u = undecided_at(c, h);
	*u = (struct undecided){.flow = f, .more = m, .prev = c->newest};
	dpi_state_init(ndpi_state(u));
	if (c->newest)
		undecided_at(c, c->newest)->next = h;
	else
		c->oldest = h;
	c->newest = h;
	f->state = state_of(KIND_UNDECIDED, h);
	return u;
}

/* Each name of the list, cut to what a name may be. Behind a comma and a blank nDPI has the other parts of a subject: no names. */
static void
tell_names(const struct aud_classifier *c, const struct aud_flow *f, const char *list, bool certificate)
{
	while (list && *list && *list != ' ') {
		size_t n = strcspn(list, ",");
		char name[256];

		snprintf(name, sizeof name, "%.*s", n < sizeof name ? (int)n : (int)sizeof name - 1, list);
		if (*name)
			c->named(c->user, f, name, certificate);
		list += n + (list[n] == ',');
	}
}

static void
undecided_free(struct aud_classifier *c, struct aud_flow *f)
{
	uint32_t h = handle_of(f);
	struct undecided *u = undecided_at(c, h);
	const char *asked, *certificate;

	if (c->named) {
		dpi_server_names(ndpi_state(u), &asked, &certificate);
		tell_names(c, f, asked, false);
		tell_names(c, f, certificate, true);
	}
	if (u->prev)
		undecided_at(c, u->prev)->next = u->next;
	else
		c->oldest = u->next;
	if (u->next)
		undecided_at(c, u->next)->prev = u->prev;
	else
		c->newest = u->prev;
	c->beside -= u->beside;
	dpi_state_done(ndpi_state(u));
	slab_give(&c->large, h);
	f->state = 0;
}

static void
set_app(struct aud_flow_more *m, struct aud_app app, const struct aud_packet *p)
{
	if (m->app.master == app.master && m->app.sub == app.sub && m->app.by == app.by)
		return;
	m->app = app;
	/* The frame that shows what was negotiated shows TLS, too, and more than what the name of a server tells later. */
	if (m->facts & AUD_FACT_TLS_SERVER && aud_flow_app_frame(m))
		return;
	aud_flow_set_app_frame(m, p && (app.by == AUD_BY_DPI || app.by == AUD_BY_OWN) ? p->frame_no : 0);
}

/*
 * Writes what our parsers saw in one packet; NULL: at the end of them. Of TLS the frame that tells most is kept: the ServerHello, which
 * chooses the version, or behind it the message in which the client goes on without a certificate (its record names the version, too).
 */
static void
learn(struct aud_flow *f, struct aud_flow_more *m, const struct found *found, const struct aud_packet *p)
{
	const uint32_t tls = AUD_FACT_TLS_RECORD | AUD_FACT_TLS_HELLO | AUD_FACT_TLS_SERVER | AUD_FACT_CERT_REQUEST |
			     AUD_FACT_CLIENT_CERT | AUD_FACT_CLIENT_NOCERT | AUD_FACT_TLS13 | AUD_FACT_RESUMED |
			     AUD_FACT_TLS_ALERT | AUD_FACT_TLS_GAP | AUD_FACT_TLS_DONE | AUD_FACT_NOT_TLS;

	if (p && ((found->facts & AUD_FACT_TLS_SERVER && !(m->facts & AUD_FACT_TLS_SERVER)) || found->uncertified))
		aud_flow_set_app_frame(m, p->frame_no);
	m->facts = (m->facts | found->facts) & AUD_FACTS;
	if (found->version)
		m->tls_version = found->version;
	if (found->not_tls) {
		m->facts = m->facts & ~tls & AUD_FACTS;
		m->tls_version = 0;
	}
	if (found->client >= 0 && !(f->bits & (AUD_FLOW_CLIENT0 | AUD_FLOW_CLIENT1)))
		f->bits |= found->client ? AUD_FLOW_CLIENT1 : AUD_FLOW_CLIENT0;
}

static struct aud_addr
addr_at(const uint8_t *p, bool v6)
{
	struct aud_addr a = {.family = v6 ? 6 : 4};

	memcpy(a.b, p, v6 ? 16 : 4);
	return a;
}

/* Who sent the packet told its receiver ports. */
static void
remember(struct aud_classifier *c, const struct aud_packet *p, const struct found *found)
{
	bool v6 = p->bits & AUD_PKT_V6;
	struct aud_addr server, client;

	if (!found->ntold)
		return;
	server = addr_at(p->ip + (v6 ? 8 : 12), v6);
	client = addr_at(p->ip + (v6 ? 24 : 16), v6);
	/* The ports of another host are none of this one's. */
	for (unsigned i = 0; i < found->ntold; i++)
		if (found->told_fact != AUD_FACT_TOLD_RPC || !found->told_at[i] || v6 || found->told_at[i] == be32(server.b))
			told_add(&c->told, &client, &server, found->told[i], found->told_fact == AUD_FACT_TOLD_SQL, p->ts_ns);
}

uint32_t
aud_classifier_told(const struct aud_classifier *c, const struct aud_addr *client, const struct aud_addr *server, uint16_t port,
    uint64_t first_ns)
{
	static const uint32_t facts[] = {AUD_FACT_TOLD_RPC, AUD_FACT_TOLD_SQL};
	const struct told_entry *e = c ? told_find(&c->told, client, server, port) : NULL;
	uint32_t set = 0;

	for (int i = 0; e && i < 2; i++)
		if (e->ns[i] <= first_ns)
			set |= facts[i];
	return set;
}

void
aud_classifier_told_each(const struct aud_classifier *c, void (*each)(void *user, const struct aud_told *), void *user)
{
	for (size_t i = 0; c && c->told.slots && i <= c->told.mask; i++) {
		const struct told_entry *e = &c->told.slots[i];

		if (e->port)
			each(user, &(const struct aud_told){e->client, e->server, e->port, e->ns[0], e->ns[1]});
	}
}

void
aud_classifier_tell(struct aud_classifier *c, const struct aud_told *t)
{
	if (t->rpc_ns != UINT64_MAX)
		told_add(&c->told, &t->client, &t->server, t->port, 0, t->rpc_ns);
	if (t->sql_ns != UINT64_MAX)
		told_add(&c->told, &t->client, &t->server, t->port, 1, t->sql_ns);
}

/* Ends a flow's undecided state: it has app, and own parsers nothing more to say. */
static void
settle(struct aud_classifier *c, struct aud_flow *f, struct aud_flow_more *m, struct own *o, struct aud_app app,
    const struct aud_packet *p)
{
	struct found found;

	found_none(&found);
	own_end(o, &c->held, &found);
	learn(f, m, &found, NULL);
	set_app(m, own_weigh(app, o), p);
	f->bits |= AUD_FLOW_CLASSIFIED;
}

/* Writes the header of a kept segment anew. */
static size_t
rebuild_kept(const struct waiting *w, const struct kept *k, const struct aud_flow *f, uint8_t *out)
{
	uint8_t *l4 = out + (w->v6 ? V6_HEADER : V4_HEADER);
	uint16_t src = f->port[k->side], dst = f->port[!k->side];

	memset(out, 0, V6_HEADER + TCP_HEADER);
	if (w->v6) {
		out[0] = 0x60;
		out[5] = TCP_HEADER;
		out[6] = TCP;
		out[7] = 64;
		memcpy(out + 8, w->addr[k->side], 16);
		memcpy(out + 24, w->addr[!k->side], 16);
	} else {
		out[0] = 0x45;
		out[3] = V4_HEADER + TCP_HEADER;
		out[8] = 64;
		out[9] = TCP;
		memcpy(out + 12, w->addr[k->side], 4);
		memcpy(out + 16, w->addr[!k->side], 4);
	}
	for (int i = 0; i < 4; i++) {
		l4[4 + i] = (uint8_t)(k->seq >> (24 - 8 * i));
		l4[8 + i] = (uint8_t)(k->ack >> (24 - 8 * i));
	}
	l4[0] = (uint8_t)(src >> 8), l4[1] = (uint8_t)src;
	l4[2] = (uint8_t)(dst >> 8), l4[3] = (uint8_t)dst;
	l4[12] = TCP_HEADER / 4 << 4;
	l4[13] = k->flags;
	l4[14] = (uint8_t)(k->window >> 8), l4[15] = (uint8_t)k->window;
	return (size_t)(l4 - out) + TCP_HEADER;
}

/* Is p a SYN that begins a flow and can be rebuilt from the flow's record and 24 bits? */
static bool
lone_syn(const struct aud_flow *f, const struct aud_flow_more *m, const struct aud_packet *p, int side)
{
	const uint8_t *tcp = p->ip + p->l4;

	return !(f->bits & AUD_FLOW_V6) && f->packets[side] == 1 && !f->packets[!side] && side == 0 && !m->packets_hi[0] &&
	       (tcp[13] & 0x3f) == SYN && !be32(tcp + 8) && be32(tcp + 4) == m->isn;
}

/* The lone SYN as what a waiting flow keeps. */
static struct waiting
unfold(const struct aud_flow *f, const struct aud_flow_more *m)
{
	struct waiting w = {.ms = m->first_ns / 1000000, .n = 1};

	memcpy(w.addr[0], &f->addr[0], sizeof f->addr[0]);
	memcpy(w.addr[1], &f->addr[1], sizeof f->addr[1]);
	w.kept[0] = (struct kept){.seq = m->isn, .window = (uint16_t)f->state, .flags = (uint8_t)(f->state >> 16)};
	return w;
}

/* Keeps a segment without payload; false: it cannot be kept. */
static bool
keep(struct aud_classifier *c, struct aud_flow *f, const struct aud_flow_more *m, const struct aud_packet *p, int side)
{
	const uint8_t *tcp = p->ip + p->l4;
	struct waiting *w;
	struct kept *k;
	uint32_t h;

	if (p->proto != TCP || aud_packet_payload_sent(p) || p->bits & (AUD_PKT_AH | AUD_PKT_CLEAR | AUD_PKT_FRAGMENT) ||
	    p->caplen < p->l4 + (uint32_t)TCP_HEADER)
		return false;
	if (kind_of(f) == KIND_NONE && lone_syn(f, m, p, side)) {
		f->state = state_of(KIND_WAITING, LONE_SYN | (uint32_t)tcp[13] << 16 | be16(tcp + 14));
		return true;
	}
	if (is_lone(f)) {
		const struct waiting lone = unfold(f, m);

		if (!(h = slab_take(&c->small)))
			return false;
		memcpy(slab_at(&c->small, h), &lone, sizeof lone);
		f->state = state_of(KIND_WAITING, h);
	} else if (kind_of(f) == KIND_NONE) {
		bool v6 = p->bits & AUD_PKT_V6;
		size_t n = v6 ? 16 : 4;

		if (!(h = slab_take(&c->small)))
			return false;
		w = slab_at(&c->small, h);
		*w = (struct waiting){.ms = c->ms, .v6 = v6};
		memcpy(w->addr[side], p->ip + (v6 ? 8 : 12), n);
		memcpy(w->addr[!side], p->ip + (v6 ? 24 : 16), n);
		f->state = state_of(KIND_WAITING, h);
	}
	w = slab_at(&c->small, handle_of(f));
	if (w->n == KEPT)
		return false;
	k = &w->kept[w->n++];
	*k = (struct kept){.seq = be32(tcp + 4),
	    .ack = be32(tcp + 8),
	    .ms = (uint32_t)(c->ms - w->ms),
	    .window = be16(tcp + 14),
	    .flags = tcp[13],
	    .side = (uint8_t)side};
	return true;
}

static bool
last_packet(const struct own *o, uint8_t proto)
{
	return (proto == UDP && o->shown > MAX_UDP) || (proto == TCP && o->shown > MAX_TCP);
}

/* Shows nDPI what was kept. What it says of ports and flags alone is no verdict. */
static void
replay(struct aud_classifier *c, struct undecided *u, const struct waiting *w, const struct aud_flow *f)
{
	struct aud_app app;

	for (int i = 0; i < w->n; i++) {
		const struct kept *k = &w->kept[i];
		size_t n = rebuild_kept(w, k, f, c->packet);

		u->own.shown++;
		if (k->flags & 2) {
			u->own.isn[k->side] = k->seq + 1;
			u->own.bits |= k->side ? OWN_ISN1 : OWN_ISN0;
		}
		if (u->own.bits & OWN_EARLY)
			continue;
		c->stats.calls++;
		if (dpi_packet(c->dpi, ndpi_state(u), c->packet, n, w->ms + k->ms, false, &app))
			u->own.bits |= OWN_EARLY;
	}
}

/* A verdict that was there before any payload rests on the ports. */
static struct aud_app
sober(const struct own *o, struct aud_app app)
{
	if (o->bits & OWN_EARLY && app.by == AUD_BY_DPI)
		app.by = AUD_BY_PORT;
	return app;
}

/*
 * What nDPI is shown of a packet: the packet itself, but without the header of IPsec that was looked through, and
 * without payload where that was cut by the capture: lengths that are not those of the wire make nDPI see what is not
 * there.
 */
static const uint8_t *
view_for_ndpi(struct aud_classifier *c, const struct aud_packet *p, size_t *len)
{
	bool v6 = p->bits & AUD_PKT_V6;
	size_t header = v6 ? V6_HEADER : V4_HEADER, n;
	const uint8_t *from = p->ip + p->l4;

	*len = p->caplen < p->iplen ? p->caplen : p->iplen;
	if (!(p->bits & (AUD_PKT_AH | AUD_PKT_CLEAR | AUD_PKT_SHORT)) && !(v6 && !be16(p->ip + 4)))
		return p->ip;
	n = p->caplen > p->l4 ? p->caplen - p->l4 : 0;
	if (p->bits & AUD_PKT_SHORT)
		n = p->payload > p->l4 && n > (size_t)(p->payload - p->l4) ? (size_t)(p->payload - p->l4) : n;
	if (n > sizeof c->packet - header)
		n = sizeof c->packet - header;
	memcpy(c->packet, p->ip, header);
	memcpy(c->packet + header, from, n);
	*len = header + n;
	if (v6) {
		c->packet[4] = (uint8_t)(n >> 8), c->packet[5] = (uint8_t)n;
		c->packet[6] = p->proto;
	} else {
		c->packet[0] = 0x45;
		c->packet[2] = (uint8_t)(*len >> 8), c->packet[3] = (uint8_t)*len;
		c->packet[9] = p->proto;
	}
	if (p->proto == UDP && n >= 8 && p->bits & AUD_PKT_SHORT)
		c->packet[header + 4] = 0, c->packet[header + 5] = 8;
	return c->packet;
}

/* nDPI has decided: its state goes back; what our parsers still want to see goes into a small one. */
static void
decided(struct aud_classifier *c, struct aud_flow *f, struct aud_flow_more *m,
    const struct aud_packet *p, struct aud_app app)
{
	struct own o = undecided_at(c, handle_of(f))->own;
	uint32_t h = 0;

	undecided_free(c, f);
	if (own_pending(&o, p, app, m->facts) && (h = slab_take(&c->small))) {
		memcpy(slab_at(&c->small, h), &o, sizeof o);
		f->state = state_of(KIND_WATCHED, h);
		set_app(m, own_weigh(app, &o), p);
		return;
	}
	settle(c, f, m, &o, app, p);
}

static void
give_up(struct aud_classifier *c, struct aud_flow *f, struct aud_flow_more *m)
{
	struct undecided *u = undecided_at(c, handle_of(f));
	struct aud_app app;

	dpi_giveup(c->dpi, ndpi_state(u), &app);
	/* What was known of the flow stays known with its frame. */
	settle(c, f, m, &u->own, sober(&u->own, app), NULL);
	undecided_free(c, f);
}

static void
unread(struct aud_classifier *c, struct aud_flow *f)
{
	/* It may be begun anew after a silence: a flow is counted once. */
	c->stats.given_up += !(f->bits & AUD_FLOW_UNREAD);
	f->bits |= AUD_FLOW_UNREAD;
}

static void
give_up_oldest(struct aud_classifier *c)
{
	struct undecided *old = undecided_at(c, c->oldest);
	struct aud_flow *of = old->flow;

	unread(c, of);
	give_up(c, of, old->more);
}

/* What is put together beside the states has room of its own, and that of states that are not taken. May give up any flow. */
static void
bound_beside(struct aud_classifier *c)
{
	while (c->max && c->oldest && c->beside > c->room + (c->max - c->large.live) * c->large.size)
		give_up_oldest(c);
}

/* From waiting, or from nothing, to undecided. NULL: memory is out. */
static struct undecided *
begin(struct aud_classifier *c, struct aud_flow *f, struct aud_flow_more *m)
{
	bool lone = is_lone(f);
	uint32_t waiting = kind_of(f) == KIND_WAITING && !lone ? handle_of(f) : 0;
	const struct waiting syn = lone ? unfold(f, m) : (struct waiting){0};
	struct undecided *u;

	while (c->max && c->large.live >= c->max)
		give_up_oldest(c);
	f->state = 0;
	u = undecided_new(c, f, m);
	if (u && (waiting || lone))
		replay(c, u, lone ? &syn : slab_at(&c->small, waiting), f);
	if (waiting)
		slab_give(&c->small, waiting);
	if (!u) {
		unread(c, f);
		f->bits |= AUD_FLOW_CLASSIFIED;
	}
	return u;
}

/* Both sides have ended the connection (RFC 9293 3.6), and nothing lacks. */
static bool
all_said(const struct aud_flow *f, const struct own *o)
{
	return f->bits & AUD_FLOW_FIN0 && f->bits & AUD_FLOW_FIN1 && !(f->bits & (AUD_FLOW_GAP0 | AUD_FLOW_GAP1)) && !(o->bits & OWN_TLS && o->tls.held);
}

static void
watch(struct aud_classifier *c, struct aud_flow *f, struct aud_flow_more *m, const struct aud_packet *p,
    int side)
{
	struct own *o = slab_at(&c->small, handle_of(f));
	struct found found;

	found_none(&found);
	own_look(o, &c->held, p, side, &found);
	learn(f, m, &found, p);
	remember(c, p, &found);
	set_app(m, own_weigh(m->app, o), p);
	if (all_said(f, o)) {
		aud_classify_end(c, f, m);
		return;
	}
	if (own_pending(o, p, m->app, m->facts))
		return;
	slab_give(&c->small, handle_of(f));
	f->state = 0;
	f->bits |= AUD_FLOW_CLASSIFIED;
}

void
aud_classify(struct aud_classifier *c, struct aud_flow *f, struct aud_flow_more *m,
    const struct aud_packet *p, int side)
{
	struct found found;
	struct undecided *u;
	struct aud_app app;
	const uint8_t *ip;
	size_t len;
	bool last, over;

	/* ndpiReader shows nDPI no later fragments either. */
	if (f->bits & AUD_FLOW_CLASSIFIED || p->bits & (AUD_PKT_LATER | AUD_PKT_QUOTE | AUD_PKT_NOPORTS))
		return;
	if (p->ts_ns / 1000000 > c->ms)
		c->ms = p->ts_ns / 1000000;
	if (kind_of(f) == KIND_WATCHED) {
		watch(c, f, m, p, side);
		return;
	}
	if (kind_of(f) == KIND_UNDECIDED)
		u = undecided_at(c, handle_of(f));
	else if (keep(c, f, m, p, side)) {
		if (p->tcp_flags & RST)	/* refused, and nothing was said */
			aud_classify_rest(c, f, m);
		return;
	} else if (!(u = begin(c, f, m)))
		return;
	found_none(&found);
	own_look(&u->own, &c->held, p, side, &found);
	learn(f, m, &found, p);
	remember(c, p, &found);
	ip = view_for_ndpi(c, p, &len);
	c->stats.calls++;
	last = last_packet(&u->own, p->proto);
	over = dpi_packet(c->dpi, ndpi_state(u), ip, len, c->ms, last, &app);
	if (c->max && p->proto == TCP) {
		c->beside -= u->beside;
		u->beside = (uint32_t)dpi_state_beside(ndpi_state(u));
		c->beside += u->beside;
	}
	if (over && !last && p->proto == TCP && !(u->own.bits & OWN_PAYLOAD)) {
		u->own.bits |= OWN_EARLY;
		over = false;
	}
	app = sober(&u->own, app);
	if (over)
		decided(c, f, m, p, app);
	else
		set_app(m, own_weigh(app, &u->own), p);
	bound_beside(c);
}

void
aud_classify_end(struct aud_classifier *c, struct aud_flow *f, struct aud_flow_more *m)
{
	struct found found;

	switch (kind_of(f)) {
	case KIND_NONE: break;
	case KIND_WAITING:
		if (begin(c, f, m))
			give_up(c, f, m);
		break;
	case KIND_UNDECIDED: give_up(c, f, m); break;
	case KIND_WATCHED: {
		struct own *o = slab_at(&c->small, handle_of(f));

		found_none(&found);
		own_end(o, &c->held, &found);
		learn(f, m, &found, NULL);
		slab_give(&c->small, handle_of(f));
	}
	}
	f->state = 0;
	f->bits |= AUD_FLOW_CLASSIFIED;
}

void
aud_classify_rest(struct aud_classifier *c, struct aud_flow *f, struct aud_flow_more *m)
{
	if (kind_of(f) != KIND_WAITING && kind_of(f) != KIND_UNDECIDED)
		return;
	aud_classify_end(c, f, m);
	f->bits &= ~(uint32_t)AUD_FLOW_CLASSIFIED;
}

bool
aud_classify_decided(const struct aud_flow *f)
{
	return f->bits & AUD_FLOW_CLASSIFIED || kind_of(f) == KIND_WATCHED;
}

void
aud_classify_stats(const struct aud_classifier *c, struct aud_classify_stats *out)
{
	*out = c->stats;
	out->states = c->large.live;
	out->peak = c->large.peak;
}

struct aud_app_text
aud_app_name(struct aud_classifier *c, struct aud_app app)
{
	struct aud_app_text text;
	const char *own = own_name(app.sub);

	if (own)
		snprintf(text.s, sizeof text.s, "%s", own);
	else
		dpi_name(c->dpi, app, text.s, sizeof text.s);
	return text;
}
