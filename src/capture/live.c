/*
 * Interfaces as one input. A block is filled with what their rings hold (packet(7), TPACKET_V3 by libpcap) and cut in the order of
 * arrival: the frames of one interface keep their order, and of several the earliest comes first.
 */
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>

#include <aud/device.h>

#include "capture.h"

enum { RECORDS = 8192, ROOM = 1 << 20, WAIT_MS = 100 };
/* How often it is asked whether the interfaces are there, and what was dropped. */
#define LOOK_NS UINT64_C(250000000)
/* A flood must not keep a capture from its end. */
#define DRAIN_NS UINT64_C(2000000000)

struct record {
	uint64_t ts_ns;
	uint32_t caplen, wirelen, at;
};

/* At the front of a block's memory; the frames' bytes lie behind. */
struct batch {
	uint32_t from[AUD_DEVICES_MAX], to[AUD_DEVICES_MAX];	/* the records of each interface that are not yet cut */
	uint32_t n, used;
	struct record records[RECORDS];
	uint8_t bytes[ROOM];
};

struct lane {
	struct device *device;
	char name[IFNAMSIZ];
	struct aud_capture_info info;
	uint64_t no, last_ns;
	uint16_t dlt;
	int ifindex;		/* that it is bound to */
	/* What other threads may ask. */
	atomic_bool up;
	atomic_uint changes;
	atomic_ullong counts[3], frames, bytes, told_ns;
};

struct live {
	struct lane lanes[AUD_DEVICES_MAX];
	size_t n;
	struct own own;
	uint32_t snaplen;
	bool promiscuous, over;
	atomic_bool stop;
	uint64_t stop_ns, looked_ns;	/* of the monotonic clock */
	unsigned turn;			/* which interface is asked first */
	struct batch *batch;		/* while one is filled */
	uint32_t limit;			/* of its bytes */
};

static uint64_t
clock_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* 0: there is none of that name. The capture's own socket is asked: it needs neither a further one nor a capability. */
static int
index_of(const struct lane *l)
{
	struct ifreq r = {0};

	memcpy(r.ifr_name, l->name, sizeof r.ifr_name);
	return ioctl(device_fd(l->device), SIOCGIFINDEX, &r) ? 0 : r.ifr_ifindex;
}

static bool
is_up(const struct lane *l)
{
	struct ifreq r = {0};

	memcpy(r.ifr_name, l->name, sizeof r.ifr_name);
	return !ioctl(device_fd(l->device), SIOCGIFFLAGS, &r) && (r.ifr_flags & (IFF_UP | IFF_RUNNING)) == (IFF_UP | IFF_RUNNING);
}

/* An interface of this name is there again, as another one: the socket and its ring go on with it (packet(7)). */
static bool
bind_again(const struct live *v, struct lane *l, int ifindex)
{
	struct sockaddr_ll a = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = ifindex};
	struct packet_mreq m = {.mr_ifindex = ifindex, .mr_type = PACKET_MR_PROMISC};

	if (bind(device_fd(l->device), (const struct sockaddr *)&a, sizeof a))
		return false;
	if (v->promiscuous)
		(void)setsockopt(device_fd(l->device), SOL_PACKET, PACKET_ADD_MEMBERSHIP, &m, sizeof m);
	l->ifindex = ifindex;
	return true;
}

static void
look(struct live *v, struct lane *l)
{
	uint64_t counts[3];
	int ifindex = index_of(l);
	bool up;

	/* "any" is no interface: it is always there. */
	if (strcmp(l->name, "any")) {
		if (ifindex && ifindex != l->ifindex && !bind_again(v, l, ifindex))
			ifindex = 0;
		up = ifindex && is_up(l);
		if (up != atomic_load(&l->up)) {
			atomic_store(&l->up, up);
			atomic_fetch_add(&l->changes, 1);
		}
	}
	device_count(l->device, counts);
	for (int i = 0; i < 3; i++)
		atomic_store_explicit(&l->counts[i], counts[i], memory_order_relaxed);
	l->info.kernel_drops = counts[1];
	l->info.interface_drops = counts[2];
}

static enum aud_code
open_lane(struct live *v, const char *name, const struct aud_device_opts *o, uint64_t frames, struct aud_err *err)
{
	struct lane *l = &v->lanes[v->n];
	struct device_opts d = {.filter = o->filter, .snaplen = v->snaplen, .buffer = o->buffer, .promiscuous = o->promiscuous};
	enum aud_code code;

	if (strlen(name) >= sizeof l->name)
		return aud_fail(err, AUD_USAGE, 0, "%.40s: no interface has so long a name", name);
	for (size_t i = 0; i < v->n; i++)
		if (!strcmp(v->lanes[i].name, name))
			return aud_fail(err, AUD_USAGE, 0, "%s: is named twice, and each of its packets would count twice", name);
	if ((code = device_open(&l->device, name, &d, err)) != AUD_OK)
		return code;
	strcpy(l->name, name);
	l->no = frames;
	l->dlt = device_dlt(l->device);
	l->ifindex = index_of(l);
	atomic_store(&l->up, !strcmp(name, "any") || is_up(l));
	l->info = (struct aud_capture_info){.path = l->name, .format = "interface", .snaplen = v->snaplen};
	v->n++;
	return AUD_OK;
}

enum aud_code
aud_device_open(struct aud_capture **out, const struct aud_device_opts *o, struct aud_err *err)
{
	struct aud_capture *c = calloc(1, sizeof *c);
	enum aud_code code = AUD_OK;

	*out = NULL;
	if (!c || !(c->live = calloc(1, sizeof *c->live))) {
		free(c);
		return aud_nomem(err);
	}
	own_open(&c->live->own);
	c->live->snaplen = o->snaplen ? o->snaplen : AUD_SNAPLEN_MAX;
	c->live->promiscuous = o->promiscuous;
	if (!o->n || o->n > AUD_DEVICES_MAX)
		code = aud_fail(err, AUD_USAGE, 0, "from 1 to %d interfaces can be captured on", AUD_DEVICES_MAX);
	for (size_t i = 0; i < o->n && code == AUD_OK; i++)
		code = open_lane(c->live, o->names[i], o, o->frames ? o->frames[i] : 0, err);
	if (code != AUD_OK) {
		aud_capture_close(c);
		return code;
	}
	*out = c;
	return AUD_OK;
}

void
live_close(struct live *v)
{
	if (!v)
		return;
	for (size_t i = 0; i < v->n; i++)
		device_close(v->lanes[i].device);
	own_close(&v->own);
	free(v);
}

void
aud_device_stop(struct aud_capture *c)
{
	atomic_store(&c->live->stop, true);
}

size_t
aud_device_status(const struct aud_capture *c, struct aud_device_status *out, size_t max)
{
	const struct live *v = c->live;

	for (size_t i = 0; i < v->n && i < max; i++) {
		const struct lane *l = &v->lanes[i];

		out[i] = (struct aud_device_status){.name = l->name, .up = atomic_load(&l->up), .changes = atomic_load(&l->changes),
		    .received = atomic_load_explicit(&l->counts[0], memory_order_relaxed),
		    .kernel_drops = atomic_load_explicit(&l->counts[1], memory_order_relaxed),
		    .interface_drops = atomic_load_explicit(&l->counts[2], memory_order_relaxed),
		    .frames = atomic_load_explicit(&l->frames, memory_order_relaxed),
		    .bytes = atomic_load_explicit(&l->bytes, memory_order_relaxed),
		    .last_ns = atomic_load_explicit(&l->told_ns, memory_order_relaxed)};
	}
	return v->n;
}

size_t
aud_device_sockets(const struct aud_capture *c, int *out, size_t max)
{
	for (size_t i = 0; i < c->live->n && i < max; i++)
		out[i] = device_fd(c->live->lanes[i].device);
	return c->live->n;
}

const struct aud_capture_info *
aud_device_info(const struct aud_capture *c, size_t i)
{
	return &c->live->lanes[i].info;
}

enum aud_code
live_claim(struct live *v, struct aud_block *b, struct aud_err *err)
{
	if (v->over)
		return AUD_END;
	if (b->size < sizeof(struct batch)) {
		free(b->mem);
		b->size = 0;
		if (!(b->mem = malloc(sizeof(struct batch))))
			return aud_nomem(err);
		b->size = sizeof(struct batch);
	}
	b->begin = b->end = 0;
	b->last = false;
	return AUD_OK;
}

/* The sink of libpcap's frames: false where the next one might find no room. */
static bool
take(void *user, uint64_t ts_ns, uint32_t caplen, uint32_t wirelen, const uint8_t *data)
{
	struct live *v = user;
	struct batch *b = v->batch;

	/* Never more than was asked for; room for that was there. */
	if (caplen > v->snaplen)
		caplen = v->snaplen;
	b->records[b->n++] = (struct record){ts_ns, caplen, wirelen, b->used};
	memcpy(b->bytes + b->used, data, caplen);
	b->used += caplen;
	return b->n < RECORDS && ROOM - b->used >= v->snaplen && b->used < v->limit;
}

/* What the rings hold: of each its share of the room, and none always first. */
static void
fill(struct live *v, struct batch *b)
{
	v->batch = b;
	v->turn++;
	for (size_t i = 0; i < v->n; i++) {
		size_t k = (i + v->turn) % v->n;

		b->from[k] = b->to[k] = b->n;
		if (b->n == RECORDS || ROOM - b->used < v->snaplen)
			continue;
		v->limit = b->used + (ROOM - b->used) / (uint32_t)(v->n - i);
		(void)device_take(v->lanes[k].device, take, v);
		b->to[k] = b->n;
	}
	v->batch = NULL;
}

static void
look_around(struct live *v)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC);

	if (now - v->looked_ns < LOOK_NS)
		return;
	v->looked_ns = now;
	for (size_t i = 0; i < v->n; i++)
		look(v, &v->lanes[i]);
}

/* An error of an interface that is away would end each wait at once: it is left out. */
static void
wait_for_frames(struct live *v)
{
	struct pollfd p[AUD_DEVICES_MAX];

	for (size_t i = 0; i < v->n; i++)
		p[i] = (struct pollfd){.fd = atomic_load(&v->lanes[i].up) ? device_fd(v->lanes[i].device) : -1, .events = POLLIN};
	if (poll(p, (nfds_t)v->n, WAIT_MS) > 0)
		for (size_t i = 0; i < v->n; i++)
			if (p[i].revents & (POLLERR | POLLHUP | POLLNVAL))
				v->looked_ns = 0;
}

/* A stop was asked for: is everything read that came before it? */
static bool
drained(struct live *v, const struct batch *b)
{
	if (!atomic_load(&v->stop))
		return false;
	if (!v->stop_ns)
		v->stop_ns = clock_ns(CLOCK_MONOTONIC);
	/* A block of the ring that is half full is there after a tenth of a second. */
	return clock_ns(CLOCK_MONOTONIC) - v->stop_ns > (b->n ? DRAIN_NS : 3 * WAIT_MS * UINT64_C(1000000));
}

enum aud_code
live_load(struct live *v, struct aud_block *block, struct aud_err *err)
{
	struct batch *b = (struct batch *)(void *)block->mem;

	(void)err;
	b->n = b->used = 0;
	fill(v, b);
	if (!b->n) {
		wait_for_frames(v);
		fill(v, b);
	}
	look_around(v);
	v->over = block->last = drained(v, b);
	return AUD_OK;
}

static void
account(struct lane *l, const struct aud_frame *f)
{
	struct aud_capture_info *in = &l->info;

	in->frames++;
	in->bytes += f->caplen;
	in->truncated += f->caplen < f->wirelen;
	in->backward += f->ts_ns < l->last_ns;
	l->last_ns = f->ts_ns;
	if (!in->first_ns || f->ts_ns < in->first_ns)
		in->first_ns = f->ts_ns;
	if (f->ts_ns > in->last_ns)
		in->last_ns = f->ts_ns;
}

static struct lane *
earliest(struct live *v, const struct batch *b)
{
	struct lane *best = NULL;
	uint64_t ts = 0;

	for (size_t i = 0; i < v->n; i++) {
		if (b->from[i] == b->to[i] || (best && b->records[b->from[i]].ts_ns >= ts))
			continue;
		best = &v->lanes[i];
		ts = b->records[b->from[i]].ts_ns;
	}
	return best;
}

size_t
live_cut(struct live *v, struct aud_block *block, struct aud_frame *out, size_t max)
{
	struct batch *b = (struct batch *)(void *)block->mem;
	struct lane *l;
	size_t n = 0;

	while (n < max && (l = earliest(v, b))) {
		uint64_t input = (uint64_t)(l - v->lanes);
		const struct record *r = &b->records[b->from[input]++];

		out[n] = (struct aud_frame){.no = input << 48 | ++l->no, .ts_ns = r->ts_ns, .caplen = r->caplen, .wirelen = r->wirelen,
		    .dlt = l->dlt, .has_ts = true, .data = b->bytes + r->at};
		account(l, &out[n++]);
	}
	if (n)
		for (size_t i = 0; i < v->n; i++) {
			l = &v->lanes[i];
			atomic_store_explicit(&l->frames, l->info.frames, memory_order_relaxed);
			atomic_store_explicit(&l->bytes, l->info.bytes, memory_order_relaxed);
			atomic_store_explicit(&l->told_ns, l->info.last_ns, memory_order_relaxed);
		}
	return n;
}

enum aud_code
aud_device_list(void (*each)(void *user, const char *name, const char *text), void *user, struct aud_err *err)
{
	return device_list(each, user, err);
}

bool
aud_device_own(struct aud_capture *c, struct aud_addr *out, size_t max, size_t *n)
{
	return own_addresses(&c->live->own, out, max, n);
}
