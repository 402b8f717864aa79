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
		code = aud_fail(err, AUD_USAGE, 0, "filter '%.80s' (link type %s): %s", f->expression,
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

const char *
aud_pcap_version(void)
{
	const char *s = pcap_lib_version(), *prefix = "libpcap version ";

	return strncmp(s, prefix, strlen(prefix)) ? s : s + strlen(prefix);
}
