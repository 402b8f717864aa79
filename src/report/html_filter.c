/*
 * Display filters of Wireshark (wireshark-filter(4)) that find what a finding speaks of: its frames in one capture, and all
 * traffic of its hosts and port in any.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "html.h"

enum { ICMP = 1, TCP = 6, UDP = 17, GRE = 47, ESP = 50, AH = 51, ICMP6 = 58, SCTP = 132 };
#define FRAME(e) ((e) & ((UINT64_C(1) << 48) - 1))

static char *
finish(FILE *w, char **s, bool any, bool *failed)
{
	if (fclose(w))
		*failed = true;
	else if (any)
		return *s;
	free(*s);
	return NULL;
}

static bool
shown(const struct aud_finding *f, size_t input)
{
	for (size_t i = 0; i < f->nevidence; i++)
		if (f->evidence[i] >> 48 == input && FRAME(f->evidence[i]))
			return true;
	return false;
}

char *
html_filter_frames(const struct aud_finding *f, size_t input, bool *failed)
{
	char *s;
	size_t n;
	FILE *w;
	bool any = false;

	/* There may be thousands of findings and of inputs, and few inputs show a finding. */
	if (!shown(f, input))
		return NULL;
	if (!(w = open_memstream(&s, &n))) {
		*failed = true;
		return NULL;
	}
	for (size_t i = 0; i < f->nevidence; i++)
		if (f->evidence[i] >> 48 == input && FRAME(f->evidence[i])) {
			fprintf(w, any ? ", %" PRIu64 : "frame.number in {%" PRIu64, FRAME(f->evidence[i]));
			any = true;
		}
	putc('}', w);
	return finish(w, &s, any, failed);
}

static void
host(FILE *w, const struct aud_addr *a, bool *any)
{
	if (!a->family)
		return;
	fprintf(w, "%s%s.addr == %s", *any ? " && " : "", a->family == 6 ? "ipv6" : "ip", aud_addr_str(a).s);
	*any = true;
}

static void
protocol(FILE *w, const struct aud_finding *f)
{
	static const struct {
		uint8_t proto;
		const char *name;
	} names[] = {{ICMP, "icmp"}, {TCP, "tcp"}, {UDP, "udp"}, {GRE, "gre"}, {ESP, "esp"}, {AH, "ah"}, {ICMP6, "icmpv6"}, {SCTP, "sctp"}};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i].proto == f->proto) {
			if (f->port > 0 && (f->proto == TCP || f->proto == UDP || f->proto == SCTP))
				fprintf(w, " && %s.port == %d", names[i].name, f->port);
			else
				fprintf(w, " && %s", names[i].name);
			return;
		}
	fprintf(w, " && %s == %u", f->client.family == 6 || f->server.family == 6 ? "ipv6.nxt" : "ip.proto", f->proto);
}

char *
html_filter_flow(const struct aud_finding *f, bool *failed)
{
	char *s;
	size_t n;
	FILE *w = open_memstream(&s, &n);
	bool any = false;

	if (!w) {
		*failed = true;
		return NULL;
	}
	host(w, &f->client, &any);
	host(w, &f->server, &any);
	if (any && f->proto)
		protocol(w, f);
	return finish(w, &s, any, failed);
}
