#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture.h"

/* PEEK_FORMAT: three records of 64 KiB and a header. */
enum { PEEK_FIRST = 64 << 10, PEEK_FORMAT = 256 << 10, PEEK_MAX = 32 << 20 };

/* Those that a few bytes tell come first. */
static const struct format *const formats[] = {
    &format_pcapng,
    &format_pcap,
    &format_snoop,
    &format_netmon,
    &format_erf,
};

/* A block's own, behind priv. */
struct block_state {
	bool fresh;		/* loaded, not yet cut */
	bool used_up;
	int sys;		/* errno of the load */
	bool cut_short;		/* the file has become shorter than it was */
	uint8_t *spill;		/* a record too big for the front room, which ends in this block */
	size_t spill_size;
};

enum stop
capture_break(struct aud_capture *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(c->info.broken_why, sizeof c->info.broken_why, fmt, ap);
	va_end(ap);
	c->info.broken = true;
	return STOP_BREAK;
}

void
aud_block_free(struct aud_block *b)
{
	struct block_state *s = b ? b->priv : NULL;

	if (!b)
		return;
	if (s)
		free(s->spill);
	free(s);
	free(b->mem);
	*b = (struct aud_block){0};
}

static enum aud_code
not_a_capture(const struct aud_capture *c, struct aud_view head, struct aud_err *err)
{
	const char *kind = source_compression(c->src), *why = source_why(c->src);
	char buf[80];

	if (why)
		return aud_fail(err, kind ? AUD_FORMAT : AUD_IO, 0, "%s", why);
	if (kind)
		return aud_fail(err, AUD_FORMAT, 0, "not a pcap or pcapng capture: it is %s data that is %s", kind, magic_what(head, buf, sizeof buf));
	return aud_fail(err, AUD_FORMAT, 0, "not a pcap or pcapng capture: it is %s", magic_what(head, buf, sizeof buf));
}

/* What the own readers do not know goes to libpcap. */
static enum aud_code
via_libpcap(struct aud_capture *c, struct aud_view head, struct aud_err *err)
{
	struct aud_err why = {0};
	uint8_t copy[512];	/* libpcap reads head away */
	size_t n = view_left(&head) < sizeof copy ? view_left(&head) : sizeof copy;
	enum aud_code code;

	if (n)
		memcpy(copy, head.p, n);
	head = view_of(copy, n);
	c->format = &format_savefile;
	code = source_via_libpcap(c->src, &why);
	if (code == AUD_FORMAT && !pcap_known(head))
		return not_a_capture(c, head, err);
	return code == AUD_OK ? AUD_OK : aud_fail(err, code, 0, "%s", why.msg);
}

static enum aud_code
find_format(struct aud_capture *c, struct aud_err *err)
{
	struct aud_err why = {0};
	struct aud_view head;
	enum aud_code code;

	for (size_t n = PEEK_FIRST; !c->format && n <= PEEK_FORMAT; n *= 2) {
		code = source_peek(c->src, n, &head, err);
		if (code != AUD_OK)
			return code;
		for (size_t i = 0; !c->format && i < sizeof formats / sizeof *formats; i++)
			if (formats[i]->known(head, view_left(&head) < n))
				c->format = formats[i];
		if (view_left(&head) < n)
			break;
	}
	if (!c->format)
		return via_libpcap(c, head, err);
	code = c->format->stream ? c->format->stream(c->src, &why) : AUD_OK;
	return code == AUD_OK ? AUD_OK : aud_fail(err, code, 0, "%s", why.msg);
}

/* The beginning of the format; where it is not whole, why the source has no more. */
static enum aud_code
begin(struct aud_capture *c, struct aud_view head, bool whole, struct aud_err *err)
{
	struct aud_err why = {0};
	enum aud_code code = c->format->begin(c, head, whole, &why);

	if (code == AUD_OK)
		return code;
	if (code == AUD_FORMAT && whole && source_why(c->src))
		return aud_fail(err, code, 0, "%s", source_why(c->src));
	return aud_fail(err, code, why.sys, "%s", why.msg);
}

static void
reset(struct aud_capture *c)
{
	c->info = (struct aud_capture_info){
	    .path = c->path,
	    .compression = source_compression(c->src),
	    .size = source_size(c->src),
	    .kernel_drops = UINT64_MAX,
	    .interface_drops = UINT64_MAX,
	    .interrupted = true,
	};
	c->no = c->ts_ns = 0;
	c->pcapng.nifaces = 0;
}

/* Reads as far as the first frame, for its time and link type, and sets everything back to the beginning. */
static enum aud_code
probe(struct aud_capture *c, uint16_t *dlt, struct aud_err *err)
{
	struct aud_view head;
	struct aud_frame first;
	bool whole = false;
	size_t n = 0;

	for (size_t want = PEEK_FIRST; !n && !whole && want <= PEEK_MAX; want *= 2) {
		struct cut k = {.stop = STOP_FULL};
		reset(c);
		enum aud_code code = source_peek(c->src, want, &head, err);
		if (code != AUD_OK)
			return code;
		whole = view_left(&head) < want;
		code = begin(c, head, whole, err);
		if (code != AUD_OK)
			return code;
		k.left = head;
		(void)view_skip(&k.left, c->header);
		n = c->format->cut(c, &k, &first, 1);
		if (k.stop == STOP_BREAK)
			break;
	}
	if (n)
		*dlt = first.dlt;
	else if (c->format == &format_pcapng)
		*dlt = c->pcapng.nifaces ? c->pcapng.ifaces[0].dlt : 1;
	else
		*dlt = c->dlt;
	reset(c);
	if (n && first.has_ts)
		c->info.first_ns = c->info.last_ns = first.ts_ns;
	return begin(c, head, whole, err);
}

enum aud_code
aud_capture_open(struct aud_capture **out, const char *path, const struct aud_capture_opts *opts, struct aud_err *err)
{
	struct aud_capture *c = calloc(1, sizeof *c);
	struct aud_err why = {0};
	enum aud_code code;
	uint16_t dlt;

	*out = NULL;
	if (!c || !(c->path = strdup(path))) {
		code = aud_nomem(&why);
		goto fail;
	}
	c->block_size = opts && opts->block_size ? opts->block_size : BLOCK_DEFAULT;
	c->room = c->block_size / 4;
	code = source_open(&c->src, path, opts ? opts->stop : NULL, &why);
	if (code == AUD_OK)
		code = find_format(c, &why);
	if (code == AUD_OK)
		code = probe(c, &dlt, &why);
	if (code != AUD_OK)
		goto fail;
	if (opts && opts->filter) {
		code = bpf_new(&c->filter, opts->filter, &why);
		if (code == AUD_OK)
			code = bpf_prepare(c->filter, dlt, &why);
		if (code != AUD_OK)
			goto fail;
	}
	c->parallel = source_random(c->src);
	if (!c->parallel)
		source_skip(c->src, c->header);
	c->next = c->at = c->info.bytes = c->header;
	*out = c;
	return AUD_OK;
fail:
	if (code == AUD_FORMAT && c->src && source_stopped(c->src))
		code = aud_fail(err, AUD_END, 0, "interrupted before its first packet");
	else
		code = aud_fail(err, code, 0, "%s", why.msg);
	aud_capture_close(c);
	return code;
}

void
aud_capture_close(struct aud_capture *c)
{
	if (!c)
		return;
	live_close(c->live);
	bpf_free(c->filter);
	source_close(c->src);
	free(c->pcapng.ifaces);
	free(c->carry);
	free(c->path);
	free(c);
}

bool
aud_capture_parallel(const struct aud_capture *c)
{
	return c->parallel;
}

const struct aud_capture_info *
aud_capture_info(const struct aud_capture *c)
{
	return &c->info;
}

/* Relaxed: a claim that comes too early is harmless, since nothing is cut of it. */
static bool
has_ended(struct aud_capture *c)
{
	return atomic_load_explicit(&c->ended, memory_order_relaxed);
}

enum aud_code
aud_capture_claim(struct aud_capture *c, struct aud_block *b, struct aud_err *err)
{
	struct block_state *s;

	if (c->live)
		return live_claim(c->live, b, err);
	if (c->claimed_all || has_ended(c))
		return AUD_END;
	if (!b->priv && !(b->priv = calloc(1, sizeof *s)))
		return aud_nomem(err);
	if (b->size < c->room + c->block_size) {
		free(b->mem);
		b->size = 0;
		b->mem = malloc(c->room + c->block_size);
		if (!b->mem)
			return aud_nomem(err);
		b->size = c->room + c->block_size;
	}
	s = b->priv;
	*s = (struct block_state){.spill = s->spill, .spill_size = s->spill_size};
	b->begin = b->end = c->room;
	b->offset = c->next;
	c->next += c->block_size;
	b->last = c->parallel && c->next >= source_size(c->src);
	c->claimed_all = b->last;
	return AUD_OK;
}

enum aud_code
aud_capture_load(struct aud_capture *c, struct aud_block *b, struct aud_err *err)
{
	struct block_state *s = b->priv;
	uint8_t *mem = b->mem + c->room;
	size_t want = c->block_size, got;

	if (c->live)
		return live_load(c->live, b, err);
	if (c->parallel) {
		uint64_t left = source_size(c->src) - b->offset;
		want = left < want ? (size_t)left : want;
		got = source_pread(c->src, mem, want, b->offset, &s->sys);
		s->cut_short = got < want;
		b->last |= s->cut_short;
	} else {
		got = source_read(c->src, mem, want);
		c->claimed_all = b->last = got < want;
	}
	b->end = b->begin + got;
	s->fresh = true;
	return AUD_OK;
}

/* Appends n bytes of the block to the record that is being carried. */
static bool
carry_more(struct aud_capture *c, struct aud_block *b, size_t n)
{
	if (c->ncarry + n > c->carry_size) {
		size_t size = c->ncarry + n > 2 * c->carry_size ? c->ncarry + n : 2 * c->carry_size;
		uint8_t *p = realloc(c->carry, size);
		if (!p) {
			capture_break(c, "out of memory for a record of %zu bytes", c->need);
			return false;
		}
		c->carry = p;
		c->carry_size = size;
	}
	if (n)
		memcpy(c->carry + c->ncarry, b->mem + b->begin, n);
	c->ncarry += n;
	b->begin += n;
	return true;
}

/* Nothing more will be cut; the record at c->at has left bytes, and needs c->need. */
static void
finish(struct aud_capture *c, const struct block_state *s, size_t left)
{
	const char *what = strcmp(c->path, "-") ? N_("file") : N_("input"), *why;

	atomic_store_explicit(&c->ended, true, memory_order_relaxed);
	c->info.interrupted = source_stopped(c->src) && !c->info.broken;
	if (c->info.interrupted)
		return;
	if (c->info.broken)
		c->info.broken_at = c->at;
	/* Only of the last block: before that another thread may be reading. */
	why = c->info.broken ? NULL : source_why(c->src);
	if (c->info.broken || !(left || why || s->cut_short))
		return;
	c->info.broken_at = source_failed_at(c->src, c->at);
	if (why)
		capture_break(c, "%s", why);
	else if (s->sys)
		capture_break(c, "it cannot be read further: %s", strerror(s->sys));
	else if (s->cut_short)
		capture_break(c, "the file became shorter while it was read");
	else
		capture_break(c, "the %s ends inside a %s (needs %zu bytes, has %zu)%s", what, c->format->record,
		    c->need, left, source_grew(c->src) ? N_("; it is being written") : "");
}

/* The block has nothing more to cut. */
static void
use_up(struct aud_capture *c, struct aud_block *b, size_t left)
{
	struct block_state *s = b->priv;

	s->used_up = true;
	b->begin = b->end;
	if (b->last || c->info.broken)
		finish(c, s, left);
}

/* The record that the block before began: in front of this one's bytes if it fits there; else in a place of its own. */
static size_t
cut_carried(struct aud_capture *c, struct aud_block *b, struct aud_frame *out)
{
	struct block_state *s = b->priv;

	while (c->ncarry > b->begin) {
		size_t more = c->need - c->ncarry, have = b->end - b->begin;
		if (!carry_more(c, b, more < have ? more : have)) {
			use_up(c, b, 0);
			return 0;
		}
		if (c->ncarry < c->need) {
			use_up(c, b, c->ncarry);
			return 0;
		}
		struct cut k = {.left = view_of(c->carry, c->ncarry)};
		size_t n = c->format->cut(c, &k, out, 1);
		if (k.stop == STOP_BREAK) {
			use_up(c, b, 0);
			return 0;
		}
		if (k.left.p == c->carry) {	/* its head only told how long it is */
			c->need = k.need;
			continue;
		}
		uint8_t *spill = s->spill;
		size_t size = s->spill_size;
		s->spill = c->carry;
		s->spill_size = c->carry_size;
		c->carry = spill;
		c->carry_size = size;
		c->at += c->ncarry;
		c->ncarry = 0;
		if (n)
			return n;
	}
	if (c->ncarry) {
		b->begin -= c->ncarry;
		memcpy(b->mem + b->begin, c->carry, c->ncarry);
		c->ncarry = 0;
	}
	return 0;
}

/* At most max frames, not yet filtered; 0: the block is used up. */
static size_t
cut_some(struct aud_capture *c, struct aud_block *b, struct aud_frame *out, size_t max)
{
	struct block_state *s = b->priv;
	struct cut k;
	size_t n;

	if (s->fresh) {
		s->fresh = false;
		c->info.bytes = b->offset + (b->end - b->begin);
		n = cut_carried(c, b, out);
		if (n)
			return n;
	}
	if (s->used_up)
		return 0;
	k.left = view_of(b->mem + b->begin, b->end - b->begin);
	n = c->format->cut(c, &k, out, max);
	size_t used = (size_t)(k.left.p - (b->mem + b->begin));
	b->begin += used;
	c->at += used;
	if (k.stop == STOP_FULL)
		return n;
	size_t left = b->end - b->begin;
	if (k.stop == STOP_MORE && !b->last) {
		c->need = k.need;
		carry_more(c, b, left);
	}
	c->need = k.need;
	use_up(c, b, left);
	return n;
}

/* From when to when, of what the filter leaves out as well. */
static void
note_times(struct aud_capture *c, const struct aud_frame *f, size_t n)
{
	uint64_t first = c->timed ? c->info.first_ns : UINT64_MAX, last = c->timed ? c->info.last_ns : 0;
	bool timed = c->timed;

	for (size_t i = 0; i < n; i++) {
		if (!f[i].has_ts)
			continue;
		timed = true;
		first = f[i].ts_ns < first ? f[i].ts_ns : first;
		last = f[i].ts_ns > last ? f[i].ts_ns : last;
	}
	if (!timed)
		return;
	c->timed = true;
	c->info.first_ns = first;
	c->info.last_ns = last;
}

/* Returns how many frames stay. */
static size_t
filter(struct aud_capture *c, struct aud_frame *f, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		struct aud_err err = {0};
		if (bpf_prepare(c->filter, f[i].dlt, &err) != AUD_OK) {
			capture_break(c, "frame %llu: %s", (unsigned long long)f[i].no, err.msg);
			break;
		}
		if (!bpf_match(c->filter, &f[i]))
			c->info.filtered++;
		else if (kept++ != i)
			f[kept - 1] = f[i];
	}
	return kept;
}

/* The filter, and the books. Returns how many frames stay. */
static size_t
keep(struct aud_capture *c, struct aud_frame *f, size_t n)
{
	uint64_t before = c->kept_ns, backward = 0, no_ts = 0, truncated = 0;

	note_times(c, f, n);
	if (c->filter)
		n = filter(c, f, n);
	for (size_t i = 0; i < n; i++) {
		backward += f[i].ts_ns < before;
		no_ts += !f[i].has_ts;
		truncated += f[i].caplen < f[i].wirelen;
		before = f[i].ts_ns;
	}
	c->kept_ns = before;
	c->info.backward += backward;
	c->info.no_ts += no_ts;
	c->info.truncated += truncated;
	c->info.frames += n;
	return n;
}

size_t
aud_capture_cut(struct aud_capture *c, struct aud_block *b, struct aud_frame *out, size_t max)
{
	size_t n, kept = 0;

	if (c->live)
		return live_cut(c->live, b, out, max);
	while (!kept && max && !has_ended(c) && (n = cut_some(c, b, out, max))) {
		kept = keep(c, out, n);
		if (c->info.broken && !has_ended(c))
			finish(c, b->priv, 0);
	}
	return kept;
}
