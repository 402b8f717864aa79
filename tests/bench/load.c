/*
 * Prints what it takes to load a site and the whole matrix, as the program does, through SQLite; and then what attribution and match of one
 * conversation cost. Argument: a site file; without one, all five documents count and 10,000 hosts have roles.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <aud/attrib.h>
#include <aud/audit.h>

enum { HOSTS = 10000, LOADS = 21, MATCHES = 2000000, QUESTIONS = 4096 };

/* Time of the processor, so that what else runs on the machine counts little. */
static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int
by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Servers of every kind, virtual addresses with members, and clients. For free(). */
static char *
made_site(size_t *len)
{
	static const char *const roles[] = {"front-end", "front-end, mediation", "director", "mediation", "edge-internal, edge-av-internal",
	    "persistent-chat", "reverse-proxy-internal", "pstn-gateway", "office-web-apps"};
	char *text = NULL;
	FILE *f = open_memstream(&text, len);

	if (!f)
		return NULL;
	fputs("site: made up\nproduct: skype-for-business-2015\n"
	      "documents: [lync-2013-servers-es, lync-2013-servers-pt, lync-2013-public-im-es, lync-2013-reverse-proxy-es]\nhosts:\n", f);
	for (unsigned i = 0; i < HOSTS; i++) {
		fprintf(f, "  - {address: 10.%u.%u.%u, name: h%u, roles: [", i >> 16, i >> 8 & 255, i & 255, i);
		if (i % 50 == 0)
			fprintf(f, "lb-front-end], members: [10.0.%u.%u, 10.0.%u.%u]}\n", (i + 1) >> 8, (i + 1) & 255, (i + 2) >> 8, (i + 2) & 255);
		else
			fprintf(f, "%s]}\n", i % 10 < 9 && i > 1000 ? "client" : roles[i % (sizeof roles / sizeof *roles)]);
	}
	return fclose(f) ? NULL : text;
}

struct loaded {
	struct aud_site *site;
	struct aud_matrix *matrix;
	struct aud_attrib *attrib;
	struct aud_matcher *matcher;
};

static enum aud_code
load(struct loaded *l, const char *path, const char *text, size_t len, struct aud_err *err)
{
	enum aud_code code = path ? aud_site_load(&l->site, path, err) : aud_site_parse(&l->site, "made-up.yaml", text, len, err);

	if (!code)
		code = aud_audit_matrix(&l->matrix, NULL, l->site, err);
	if (!code)
		code = aud_attrib_new(&l->attrib, l->site, err);
	return code ? code : aud_matcher_new(&l->matcher, l->matrix, l->site, err);
}

static void
unload(struct loaded *l)
{
	aud_matcher_free(l->matcher);
	aud_attrib_free(l->attrib);
	aud_matrix_free(l->matrix);
	aud_site_free(l->site);
	*l = (struct loaded){0};
}

/* What becomes of a conversation between two hosts of the site, as the audit asks it. */
static void
match(const struct loaded *l)
{
	static const struct {
		uint16_t port;
		uint8_t proto;
		const char *app;
	} talks[] = {{5061, 6, "TLS"}, {443, 6, "TLS"}, {50000, 17, "STUN"}, {3389, 6, "RDP"}, {5070, 6, "SIP"}, {80, 6, "HTTP"}, {53, 17, NULL}};
	static struct aud_addr pair[QUESTIONS][2];
	uint64_t sum = 0;
	double t;

	srand(1);
	for (size_t i = 0; i < QUESTIONS; i++)
		for (int k = 0; k < 2; k++)
			pair[i][k] = l->site->hosts[(size_t)rand() % l->site->nhosts].lo;
	t = now();
	for (unsigned i = 0; i < MATCHES; i++) {
		const struct aud_addr *a = pair[i % QUESTIONS];
		unsigned k = i % (sizeof talks / sizeof *talks);
		struct aud_who client = aud_attrib_find(l->attrib, &a[0], 0, 0);
		struct aud_who server = aud_attrib_find(l->attrib, &a[1], talks[k].port, talks[k].proto);
		struct aud_query q = {.client = client.roles, .server = server.roles, .client_port_lo = 50123, .client_port_hi = 50123,
		    .server_port = talks[k].port, .proto = talks[k].proto, .app = talks[k].app, .app_by = talks[k].app ? AUD_BY_DPI : AUD_BY_NONE,
		    .member = aud_attrib_member(l->attrib, client.roles, &a[0], &a[1]),
		    .member_back = aud_attrib_member(l->attrib, server.roles, &a[1], &a[0])};
		struct aud_verdict v;

		aud_match(l->matcher, &q, &v);
		sum += v.total;
	}
	printf("attribution and match of a conversation: %.0f ns (%d of them, %" PRIu64 " rules found)\n", (now() - t) / MATCHES, MATCHES, sum);
}

int
main(int argc, char **argv)
{
	struct loaded l = {0};
	double took[LOADS];
	size_t len = 0;
	char *text = argc > 1 ? NULL : made_site(&len);
	struct aud_err err = {0};

	for (int i = 0; i < LOADS; i++) {
		double t = now();

		if (load(&l, argc > 1 ? argv[1] : NULL, text, len, &err)) {
			fprintf(stderr, "%s\n", err.msg);
			return 1;
		}
		took[i] = (now() - t) / 1e6;
		if (!i)
			printf("loading %zu documents, %zu rows, %zu rules and %zu hosts: first %.1f ms", l.matrix->ndocuments, l.matrix->nrows,
			    l.matrix->nrules, l.site->nhosts, took[i]);
		if (i + 1 < LOADS)
			unload(&l);
	}
	qsort(took, LOADS, sizeof *took, by_size);
	printf(", median of %d %.1f ms\n", LOADS, took[LOADS / 2]);
	match(&l);
	unload(&l);
	free(text);
	return 0;
}
