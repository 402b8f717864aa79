/* fopencookie(3) lets libpcap read what the source brings, compressed or not, without a temporary file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pcap/pcap.h>

#include "libpcap.h"

struct bpf {
	char *expression;
	struct compiled {
		uint16_t dlt;
		struct bpf_program program;
	} *list;
	size_t n, current;
};

enum aud_code
bpf_new(struct bpf **out, const char *expression, struct aud_err *err)
{
	struct bpf *f = calloc(1, sizeof *f);

	if (!f || !(f->expression = strdup(expression))) {
		free(f);
		return aud_nomem(err);
	}
	*out = f;
	return AUD_OK;
}

void
bpf_free(struct bpf *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->n; i++)
		pcap_freecode(&f->list[i].program);
	free(f->list);
	free(f->expression);
	free(f);
}

static enum aud_code
compile(struct bpf *f, uint16_t dlt, struct aud_err *err)
{
	struct compiled *list = realloc(f->list, (f->n + 1) * sizeof *list);
	const char *name = pcap_datalink_val_to_name(dlt);
	enum aud_code code = AUD_OK;
	pcap_t *dead;

	if (!list)
		return aud_nomem(err);
	f->list = list;
	/* The snapshot length is only what a match returns: it has to be other than 0. */
	dead = pcap_open_dead(dlt, 262144);
	if (!dead)
		return aud_nomem(err);
	list[f->n] = (struct compiled){.dlt = dlt};
	if (pcap_compile(dead, &list[f->n].program, f->expression, 1, PCAP_NETMASK_UNKNOWN))
		code = aud_fail(err, AUD_USAGE, 0, "filter '%.80s' (link type %s): %.60s (how to write it: pcap-filter(7))", f->expression,
		    name ? name : "unknown", pcap_geterr(dead));
	else
		f->current = f->n++;
	pcap_close(dead);
	return code;
}

enum aud_code
bpf_prepare(struct bpf *f, uint16_t dlt, struct aud_err *err)
{
	if (f->n && f->list[f->current].dlt == dlt)
		return AUD_OK;
	for (size_t i = 0; i < f->n; i++)
		if (f->list[i].dlt == dlt) {
			f->current = i;
			return AUD_OK;
		}
	return compile(f, dlt, err);
}

bool
bpf_match(const struct bpf *f, const struct aud_frame *frame)
{
	struct pcap_pkthdr h = {.caplen = frame->caplen, .len = frame->wirelen};

	return pcap_offline_filter(&f->list[f->current].program, &h, frame->data) != 0;
}

struct savefile {
	pcap_t *pcap;
	savefile_input *input;
	void *user;
	uint8_t header[16];		/* of the record that is being read out */
	const uint8_t *data;
	size_t length, done;		/* header and data together */
	bool failed;
};

static ssize_t
cookie_read(void *user, char *buf, size_t n)
{
	struct savefile *s = user;

	return (ssize_t)s->input(s->user, (uint8_t *)buf, n);
}

enum aud_code
savefile_open(struct savefile **out, savefile_input *input, void *user, struct aud_err *err)
{
	struct savefile *s = calloc(1, sizeof *s);
	char why[PCAP_ERRBUF_SIZE] = "";
	FILE *f;

	if (!s)
		return aud_nomem(err);
	s->input = input;
	s->user = user;
	f = fopencookie(s, "r", (cookie_io_functions_t){.read = cookie_read});
	if (!f) {
		free(s);
		return aud_nomem(err);
	}
	s->pcap = pcap_fopen_offline_with_tstamp_precision(f, PCAP_TSTAMP_PRECISION_NANO, why);
	if (!s->pcap) {
		fclose(f);
		free(s);
		return aud_fail(err, AUD_FORMAT, 0, "%s", why);
	}
	*out = s;
	return AUD_OK;
}

static void
put_le32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static bool
next_record(struct savefile *s)
{
	struct pcap_pkthdr *h;
	const u_char *data;
	int rc = s->failed ? PCAP_ERROR_BREAK : pcap_next_ex(s->pcap, &h, &data);

	if (rc != 1) {
		s->failed |= rc == PCAP_ERROR;
		return false;
	}
	put_le32(s->header, (uint32_t)h->ts.tv_sec);
	put_le32(s->header + 4, (uint32_t)h->ts.tv_usec);
	put_le32(s->header + 8, h->caplen);
	put_le32(s->header + 12, h->len);
	s->data = data;
	s->length = sizeof s->header + h->caplen;
	s->done = 0;
	return true;
}

size_t
savefile_read(struct savefile *s, uint8_t *buf, size_t n)
{
	size_t got = 0;

	while (got < n && (s->done < s->length || next_record(s))) {
		bool head = s->done < sizeof s->header;
		const uint8_t *from = head ? s->header + s->done : s->data + (s->done - sizeof s->header);
		size_t len = (head ? sizeof s->header : s->length) - s->done;
		len = len < n - got ? len : n - got;
		memcpy(buf + got, from, len);
		got += len;
		s->done += len;
	}
	return got;
}

const char *
savefile_why(const struct savefile *s)
{
	return s->failed ? pcap_geterr(s->pcap) : NULL;
}

uint16_t
savefile_dlt(const struct savefile *s)
{
	int dlt = pcap_datalink(s->pcap);

	return dlt >= 0 && dlt < UINT16_MAX ? (uint16_t)dlt : UINT16_MAX;
}

uint32_t
savefile_snaplen(const struct savefile *s)
{
	int len = pcap_snapshot(s->pcap);

	return len > 0 ? (uint32_t)len : 0;
}

void
savefile_close(struct savefile *s)
{
	if (!s)
		return;
	pcap_close(s->pcap);
	free(s);
}

struct device {
	pcap_t *pcap;
	device_sink *sink;
	void *user;
	struct pcap_stat before;
	uint64_t counts[3];
};

enum { WAIT_MS = 100 };	/* so long a block of the ring may lie there half full */

static enum aud_code
refused(const char *name, int rc, const char *why, struct aud_err *err)
{
	switch (rc) {
	case PCAP_ERROR_NO_SUCH_DEVICE:
		return aud_fail(err, AUD_USAGE, 0, "%s: no such interface ('spanaudit watch -i list' names those that there are)", name);
	case PCAP_ERROR_PERM_DENIED:
	case PCAP_ERROR_PROMISC_PERM_DENIED:
		return aud_fail(err, AUD_IO, 0, "%s: no permission to capture: start it as root, or give it CAP_NET_RAW", name);
	case PCAP_ERROR_IFACE_NOT_UP: return aud_fail(err, AUD_IO, 0, "%s: the interface is down: 'ip link set %s up' first", name, name);
	}
	return aud_fail(err, AUD_IO, 0, "%s: cannot be captured on: %s", name, why && *why ? why : pcap_statustostr(rc));
}

/* Before the activation: none of these fails there. */
static void
configure(pcap_t *p, const struct device_opts *o)
{
	(void)pcap_set_snaplen(p, (int)o->snaplen);
	(void)pcap_set_promisc(p, o->promiscuous);
	(void)pcap_set_timeout(p, WAIT_MS);
	(void)pcap_set_immediate_mode(p, 0);
	if (o->buffer)
		(void)pcap_set_buffer_size(p, o->buffer > INT32_MAX ? INT32_MAX : (int)o->buffer);
	(void)pcap_set_tstamp_precision(p, PCAP_TSTAMP_PRECISION_NANO);
}

static enum aud_code
set_filter(pcap_t *p, const char *filter, struct aud_err *err)
{
	struct bpf_program program;
	int rc;

	if (!filter)
		return AUD_OK;
	if (pcap_compile(p, &program, filter, 1, PCAP_NETMASK_UNKNOWN))
		return aud_fail(err, AUD_USAGE, 0, "filter '%.80s': %.100s (how to write it: pcap-filter(7))", filter, pcap_geterr(p));
	rc = pcap_setfilter(p, &program);
	pcap_freecode(&program);
	return rc ? aud_fail(err, AUD_IO, 0, "filter '%.80s': %s", filter, pcap_geterr(p)) : AUD_OK;
}

enum aud_code
device_open(struct device **out, const char *name, const struct device_opts *o, struct aud_err *err)
{
	char why[PCAP_ERRBUF_SIZE] = "";
	struct device *d = calloc(1, sizeof *d);
	enum aud_code code = AUD_OK;
	int rc;

	*out = NULL;
	if (!d)
		return aud_nomem(err);
	if (!(d->pcap = pcap_create(name, why))) {
		free(d);
		return aud_fail(err, AUD_IO, 0, "%s: cannot be captured on: %s", name, why);
	}
	configure(d->pcap, o);
	rc = pcap_activate(d->pcap);
	if (rc < 0)
		code = refused(name, rc, pcap_geterr(d->pcap), err);
	else
		code = set_filter(d->pcap, o->filter, err);
	if (code == AUD_OK && pcap_setnonblock(d->pcap, 1, why))
		code = aud_fail(err, AUD_IO, 0, "%s: %s", name, why);
	if (code == AUD_OK && pcap_get_selectable_fd(d->pcap) < 0)
		code = aud_fail(err, AUD_IO, 0, "%s: an interface of this kind cannot be waited for", name);
	if (code != AUD_OK) {
		device_close(d);
		return code;
	}
	*out = d;
	return AUD_OK;
}

void
device_close(struct device *d)
{
	if (!d)
		return;
	pcap_close(d->pcap);
	free(d);
}

int
device_fd(const struct device *d)
{
	return pcap_get_selectable_fd(d->pcap);
}

uint16_t
device_dlt(const struct device *d)
{
	int dlt = pcap_datalink(d->pcap);

	return dlt >= 0 && dlt < UINT16_MAX ? (uint16_t)dlt : UINT16_MAX;
}

static void
pass(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	struct device *d = (struct device *)(void *)user;
	/* The fraction is of nanoseconds, since that was asked for. */
	uint64_t ts = h->ts.tv_sec < 0 ? 0 : (uint64_t)h->ts.tv_sec * 1000000000 + (uint64_t)h->ts.tv_usec;

	if (!d->sink(d->user, pcap_get_tstamp_precision(d->pcap) == PCAP_TSTAMP_PRECISION_NANO ? ts : ts + (uint64_t)h->ts.tv_usec * 999,
		h->caplen, h->len, data))
		pcap_breakloop(d->pcap);
}

bool
device_take(struct device *d, device_sink *sink, void *user)
{
	int rc;

	d->sink = sink;
	d->user = user;
	rc = pcap_dispatch(d->pcap, -1, pass, (u_char *)d);
	return rc >= 0 || rc == PCAP_ERROR_BREAK;
}

void
device_count(struct device *d, uint64_t counts[3])
{
	struct pcap_stat s;

	if (!pcap_stats(d->pcap, &s)) {
		/* libpcap's are of 32 bits, and go round. */
		d->counts[0] += s.ps_recv - d->before.ps_recv;
		d->counts[1] += s.ps_drop - d->before.ps_drop;
		if (s.ps_ifdrop > d->before.ps_ifdrop)
			d->counts[2] += s.ps_ifdrop - d->before.ps_ifdrop;
		d->before = s;
	}
	memcpy(counts, d->counts, sizeof d->counts);
}

enum aud_code
device_list(void (*each)(void *user, const char *name, const char *text), void *user, struct aud_err *err)
{
	char why[PCAP_ERRBUF_SIZE] = "", text[256];
	pcap_if_t *all;

	if (pcap_findalldevs(&all, why))
		return aud_fail(err, AUD_IO, 0, "interfaces cannot be listed: %s", why);
	for (const pcap_if_t *i = all; i; i = i->next) {
		const char *state = !(i->flags & PCAP_IF_UP) ? "down" : i->flags & PCAP_IF_RUNNING ? "up" : "up, no carrier";

		snprintf(text, sizeof text, "%s%s%s%s", state, i->flags & PCAP_IF_LOOPBACK ? ", loopback" : "", i->description ? ", " : "",
		    i->description ? i->description : "");
		each(user, i->name, text);
	}
	pcap_freealldevs(all);
	return AUD_OK;
}

const char *
aud_pcap_version(void)
{
	const char *s = pcap_lib_version(), *prefix = "libpcap version ";

	return strncmp(s, prefix, strlen(prefix)) ? s : s + strlen(prefix);
}
