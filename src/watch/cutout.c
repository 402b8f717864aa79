/* The packets of a finding, copied from the ring into a file of their own. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <aud/flow.h>

#include "evidence.h"
#include "hash.h"
#include "path.h"
#include "tell.h"

/*
 * Bounds of a file, and of the work for it: packets that are copied from each frame that the finding names on, bytes of the ring that are
 * looked through for them, and bytes of the file.
 */
enum { FOLLOWERS = 64, LOOK_THROUGH = 4 << 20, FILE_MOST = 8 << 20, PICKS = AUD_EVIDENCE * (FOLLOWERS + 1) };
/* Clocks of several interfaces differ. */
#define SLACK_NS UINT64_C(1000000000)

struct pick {
	struct place place;
	uint64_t no;
	size_t size;	/* of the file's block, about */
	bool named;	/* by the finding */
};

struct cutout {
	struct aud_evidence *e;
	const struct aud_finding *f;
	const struct aud_trial *t;
	struct aud_evidence_file *out;
	struct pick picks[PICKS];
	size_t npicks;
	uint64_t bytes, written;
	bool late;		/* the disk has not taken all */
	struct {
		uint16_t input, dlt;
	} interfaces[INTERFACES];
	uint32_t ninterfaces;
	int fd;
	struct aud_sha256 *sha;
	uint8_t block[BLOCK_MAX];
};

static bool
is_id(const char *id, size_t n)
{
	return n && n == strspn(id, "0123456789abcdef") && n < sizeof((struct aud_finding *)NULL)->id;
}

static bool
is_named(const char *name, const char *lead, const char *tail)
{
	size_t n = strlen(name), a = strlen(lead), b = strlen(tail);

	if (n <= a + b || strncmp(name, lead, a) != 0 || strcmp(name + n - b, tail) != 0)
		return false;
	return strspn(name + a, "0123456789abcdef") == n - a - b;
}

bool
evidence_is_file(const char *name)
{
	return is_named(name, "finding-", ".pcapng");
}

bool
evidence_is_half(const char *name)
{
	return is_named(name, ".finding-", ".tmp");
}

static bool
same(const struct aud_addr *a, const struct aud_addr *b)
{
	return !a->family || !aud_addr_cmp(a, b);
}

static bool
is_hidden(const struct aud_packet *p)
{
	enum { UDP = 17, ESP = 50, AH = 51, WESP = 141, NAT_T = 4500 };

	return p->proto == ESP || p->proto == AH || p->proto == WESP || (p->proto == UDP && (p->sport == NAT_T || p->dport == NAT_T));
}

/* In one direction, with the server's port where the finding names one. */
static bool
one_way(const struct aud_finding *f, const struct aud_packet *p, const struct aud_addr *from, const struct aud_addr *to, uint16_t server_port,
    bool hosts_only)
{
	struct aud_addr src = aud_packet_src(p), dst = aud_packet_dst(p);

	if (!same(from, &src) || !same(to, &dst))
		return false;
	/* What IPsec carries between these hosts may be the flow, and what a later fragment carries is only known with the first. */
	if (hosts_only || !f->proto || is_hidden(p))
		return true;
	if (p->proto != f->proto)
		return false;
	return f->port <= 0 || p->bits & (AUD_PKT_LATER | AUD_PKT_NOPORTS) || server_port == f->port;
}

/* Is the frame of the finding's flows, or at least between its hosts? *hidden: some IPsec, which may be between others than those inside. */
static bool
belongs(struct cutout *c, const struct aud_frame *frame, bool hosts_only, bool *hidden)
{
	const struct aud_finding *f = c->f;
	struct aud_packet packets[2];
	unsigned n = aud_decode(c->e->decoder, frame, packets);

	*hidden = false;
	for (unsigned i = 0; i < n; i++) {
		const struct aud_packet *p = &packets[i];

		*hidden |= is_hidden(p);
		if (one_way(f, p, &f->client, &f->server, p->dport, hosts_only) || one_way(f, p, &f->server, &f->client, p->sport, hosts_only))
			return true;
	}
	return false;
}

static bool
has_hosts(const struct aud_finding *f)
{
	return f->client.family || f->server.family;
}

static bool
in_time(const struct aud_finding *f, uint64_t ns)
{
	return !f->last_ns || (ns + SLACK_NS >= f->first_ns && ns <= f->last_ns + SLACK_NS);
}

static bool
is_evidence(const struct aud_finding *f, uint64_t no)
{
	for (size_t i = 0; i < f->nevidence; i++)
		if (f->evidence[i] == no)
			return true;
	return false;
}

static void
pick(struct cutout *c, const struct aud_frame *frame, const struct place *place)
{
	size_t size = (size_t)(frame->caplen < FRAME_MAX ? frame->caplen : FRAME_MAX) + 64;

	for (size_t i = 0; i < c->npicks; i++)
		if (c->picks[i].no == frame->no)
			return;
	if (c->npicks == PICKS || c->bytes + size > FILE_MOST)
		return;
	c->picks[c->npicks++] = (struct pick){*place, frame->no, size, is_evidence(c->f, frame->no)};
	c->bytes += size;
}

/*
 * Evidence is between the finding's hosts, at whatever time (media in the clear, before IPsec began), or inside IPsec between others in
 * its time. Any other frame has the number by chance: it is of another run.
 */
static bool
is_of(struct cutout *c, const struct aud_frame *frame)
{
	bool hidden;

	if (!has_hosts(c->f))
		return in_time(c->f, frame->ts_ns);
	return belongs(c, frame, true, &hidden) || (hidden && in_time(c->f, frame->ts_ns));
}

/* False: it is not in the ring. */
static bool
gather(struct cutout *c, uint64_t no)
{
	struct reader *r = &c->e->reader;
	struct aud_frame frame;
	struct place place;

	if (!reader_seek(r, no) || !reader_next(r, &frame, &place) || !is_of(c, &frame))
		return false;
	pick(c, &frame, &place);
	return true;
}

/* What comes behind a frame that the finding names, between the same hosts. */
static void
follow(struct cutout *c, struct place from)
{
	struct reader *r = &c->e->reader;
	struct aud_frame frame;
	struct place place;
	uint64_t looked = 0;
	bool hidden;
	int followers = 0;

	if (!has_hosts(c->f))
		return;
	r->at = from;
	while (followers < FOLLOWERS && looked < LOOK_THROUGH && reader_next(r, &frame, &place)) {
		looked += frame.caplen + 64;
		if (belongs(c, &frame, false, &hidden)) {
			pick(c, &frame, &place);
			followers++;
		}
	}
}

static int
by_place(const void *x, const void *y)
{
	const struct place *a = &((const struct pick *)x)->place, *b = &((const struct pick *)y)->place;

	if (a->segment != b->segment)
		return a->segment < b->segment ? -1 : 1;
	return (a->offset > b->offset) - (a->offset < b->offset);
}

static const char *
input_name(const struct cutout *c, uint64_t no)
{
	size_t input = (size_t)(no >> 48);

	return c->t && input < c->t->ninputs ? aud_base_name(c->t->inputs[input].info.path) : NULL;
}

/* False: the disk refused, errno says why. */
static bool
put(struct cutout *c, size_t n)
{
	aud_sha256_add(c->sha, c->block, n);
	c->written += n;
	for (size_t done = 0; done < n;) {
		ssize_t w = write(c->fd, c->block + done, n - done);

		if (w < 0 && errno == EINTR)
			continue;
		if (w <= 0) {
			errno = w ? errno : EIO;
			return false;
		}
		done += (size_t)w;
	}
	return true;
}

/* In which interface of the file the frame is; told there where it is new. */
static bool
interface(struct cutout *c, const struct aud_frame *f, uint32_t *i)
{
	const char *name = input_name(c, f->no);
	char clean[256] = "";

	for (*i = 0; *i < c->ninterfaces; ++*i)
		if (c->interfaces[*i].input == f->no >> 48 && c->interfaces[*i].dlt == f->dlt)
			return true;
	if (*i == INTERFACES) {
		errno = EMFILE;
		return false;
	}
	c->interfaces[*i].input = (uint16_t)(f->no >> 48);
	c->interfaces[*i].dlt = f->dlt;
	c->ninterfaces++;
	if (name)
		tell_clean(clean, sizeof clean, name);
	return put(c, block_interface(c->block, f->dlt, clean));
}

static bool
write_section(struct cutout *c)
{
	const struct aud_finding *f = c->f;
	char comment[COMMENT_MAX], reason[COMMENT_MAX - 1024];

	tell_clean(reason, sizeof reason, f->reason);
	snprintf(comment, sizeof comment, "spanaudit finding %s, %s: %s (severity %s, certainty %s). %s%s%s", f->id, aud_kind_slug(f->kind),
	    aud_kind_title(f->kind), aud_severity_name(f->severity), aud_certainty_name(f->certainty), reason, c->out->why[0] ? " Note: " : "",
	    c->out->why);
	return put(c, block_section(c->block, c->e->application, comment));
}

static bool
write_packets(struct cutout *c)
{
	for (size_t i = 0; i < c->npicks; i++) {
		const struct pick *p = &c->picks[i];
		const char *name = input_name(c, p->no);
		char comment[512] = "", clean[256] = "";
		struct aud_frame frame;
		struct place place;
		uint32_t in;

		c->e->reader.at = p->place;
		if (!reader_next(&c->e->reader, &frame, &place) || frame.no != p->no) {
			errno = EIO;
			return false;
		}
		if (name)
			tell_clean(clean, sizeof clean, name);
		if (p->named)
			snprintf(comment, sizeof comment, "finding %s, %s: frame %" PRIu64 "%s%s", c->f->id, aud_kind_slug(c->f->kind),
			    AUD_FRAME_NUMBER(p->no), name ? " of " : "", clean);
		if (!interface(c, &frame, &in) || !put(c, block_packet(c->block, in, &frame, 0, comment)))
			return false;
		c->out->packets++;
		c->out->frames += p->named;
	}
	return true;
}

static enum aud_code
fail(struct cutout *c, int sys, const char *what)
{
	struct aud_evidence *e = c->e;

	e->failures++;
	snprintf(c->out->why, sizeof c->out->why, "%s: %s", what, strerror(sys));
	snprintf(e->failing, sizeof e->failing, "the packets of a finding cannot be written: %s", strerror(sys));
	c->out->packets = c->out->frames = 0;
	return AUD_IO;
}

/* Beside its name first, so that nobody ever sees half of it; a former file stays until then. */
static enum aud_code
write_file(struct cutout *c)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	char temp[64], name[64];
	int dir = c->e->ring.dir, sys = 0;
	struct stat old;

	snprintf(temp, sizeof temp, ".finding-%s.tmp", c->f->id);
	snprintf(name, sizeof name, "finding-%s.pcapng", c->f->id);
	if (!(c->sha = aud_sha256_new()))
		return AUD_NOMEM;
	unlinkat(dir, temp, 0);
	if ((c->fd = openat(dir, temp, flags, 0600)) < 0) {
		sys = errno;
		aud_sha256_hex(c->sha, NULL);
		return fail(c, sys, "the file cannot be made");
	}
	if (!write_section(c) || !write_packets(c))
		sys = errno;
	if (close(c->fd) && !sys)
		sys = errno;
	if (fstatat(dir, name, &old, AT_SYMLINK_NOFOLLOW))
		old.st_size = -1;
	if (!sys && renameat(dir, temp, dir, name))
		sys = errno;
	aud_sha256_hex(c->sha, sys ? NULL : c->out->sha256);
	if (sys) {
		unlinkat(dir, temp, 0);
		return fail(c, sys, "the file cannot be written");
	}
	c->e->failing[0] = '\0';
	c->e->files += old.st_size < 0;
	c->e->file_bytes += c->written - (old.st_size < 0 ? 0 : (uint64_t)old.st_size);
	snprintf(c->out->path, sizeof c->out->path, "%s/%s", c->e->dir, name);
	return AUD_OK;
}

/* Which frames are not there. False: none is. */
static bool
gather_all(struct cutout *c)
{
	const struct aud_finding *f = c->f;
	const struct snapshot *r = &c->e->snapshot;
	char list[96] = "";
	size_t n = 0, missing = 0, wanted = 0;

	for (size_t i = 0; i < f->nevidence; i++) {
		if (!f->evidence[i])
			continue;
		wanted++;
		if (gather(c, f->evidence[i]))
			continue;
		missing++;
		if (n < sizeof list)
			n += (size_t)snprintf(list + n, sizeof list - n, "%s%" PRIu64, n ? ", " : "", AUD_FRAME_NUMBER(f->evidence[i]));
	}
	if (!wanted)
		snprintf(c->out->why, sizeof c->out->why, "the finding names no frame");
	else if (missing)
		snprintf(c->out->why, sizeof c->out->why, "frame%s %s %s not in the ring, which %s%s%s", missing == 1 ? "" : "s", list,
		    missing == 1 ? "is" : "are", r->n ? "begins at " : "is empty", r->n ? tell_time(r->views[0].first_ns, "Z").s : "",
		    c->late ? ": the disk has not yet taken all that came" : "");
	for (size_t i = 0, named = c->npicks; i < named; i++)
		follow(c, c->picks[i].place);
	return c->npicks > 0;
}

enum aud_code
aud_evidence_write(struct aud_evidence *e, const struct aud_finding *f, const struct aud_trial *t, struct aud_evidence_file *out)
{
	struct cutout *c;
	enum aud_code code;

	*out = (struct aud_evidence_file){.path = ""};
	if (!is_id(f->id, strnlen(f->id, sizeof f->id))) {
		snprintf(out->why, sizeof out->why, "the finding has no id that could name a file");
		return AUD_END;
	}
	if (!(c = calloc(1, sizeof *c))) {
		snprintf(out->why, sizeof out->why, "out of memory");
		return AUD_NOMEM;
	}
	c->e = e;
	c->f = f;
	c->t = t;
	c->out = out;
	c->late = !ring_flush(&e->ring);
	ring_snapshot(&e->ring, &e->snapshot);
	e->reader.loaded = 0;
	code = gather_all(c) ? AUD_OK : AUD_END;
	if (code == AUD_OK && e->file_bytes + c->bytes > e->ring.size) {
		evidence_count(e);
		if (e->file_bytes + c->bytes > e->ring.size) {
			code = AUD_LIMIT;
			snprintf(out->why, sizeof out->why, "the files of findings in the folder have reached %" PRIu64 " MB, as much as the ring may take "
			    "(--evidence-size): move some away", e->ring.size / 1000000);
		}
	}
	if (code == AUD_OK) {
		qsort(c->picks, c->npicks, sizeof *c->picks, by_place);
		if ((code = write_file(c)) == AUD_NOMEM)
			snprintf(out->why, sizeof out->why, "out of memory");
	}
	ring_release(&e->ring, &e->snapshot);
	free(c);
	return code;
}
