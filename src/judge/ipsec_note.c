/* A finding of IPsec while it is gathered: two hosts, what they share, the rows, the sentence. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ipsec_note.h"

static int
server_side(const struct bond *b)
{
	if (b->listed[0] != b->listed[1])
		return b->listed[0] ? 0 : 1;
	if (!b->listed[0] && !b->who[0].roles != !b->who[1].roles)
		return b->who[0].roles ? 1 : 0;
	return 1;
}

bool
note_open(struct note *n, const struct docket *d, const struct bond *b, enum aud_kind kind, uint8_t proto, const char *app)
{
	int server = server_side(b), client = !server;

	*n = (struct note){.bond = b, .seed = finding_seed(kind)};
	n->seed.proto = proto;
	n->seed.app = app;
	n->seed.client = b->addr[client];
	n->seed.server = b->addr[server];
	n->seed.client_roles = b->who[client].roles;
	n->seed.server_roles = b->who[server].roles;
	n->seed.client_name = b->who[client].host ? b->who[client].host->name : NULL;
	n->seed.server_name = b->who[server].host ? b->who[server].host->name : NULL;
	n->rules = calloc(d->trial->matrix->nrules + 1, sizeof *n->rules);
	return n->rules != NULL;
}

static void
seen(struct aud_finding *f, uint64_t first, uint64_t last)
{
	if (!f->first_ns || first < f->first_ns)
		f->first_ns = first;
	if (last > f->last_ns)
		f->last_ns = last;
}

/* What it was wrapped in, but for what mirrors add; "": in nothing. */
static const char *
wrapped(const struct docket *d, uint16_t tunnel)
{
	return tunnel_proper(tunnel < d->trial->ntunnels ? d->trial->tunnels[tunnel] : NULL);
}

static void
note_tunnel(const struct docket *d, struct note *n, uint16_t tunnel)
{
	n->nflows++;
	if (!*wrapped(d, tunnel))
		return;
	n->tunnels |= n->ntunneled && strcmp(wrapped(d, tunnel), wrapped(d, n->tunnel)) != 0;
	if (!n->ntunneled++)
		n->tunnel = tunnel;
}

void
note_sa(const struct docket *d, struct note *n, const struct aud_sa *s)
{
	struct aud_finding *f = &n->seed;

	note_tunnel(d, n, s->tunnel);

	n->nsas++;
	n->unread += sa_read(s) ? s->unread : 0;
	f->flows++;
	f->packets += s->packets;
	f->bytes += s->bytes;
	seen(f, s->first_ns, s->last_ns);
	for (size_t i = 0; i < AUD_SA_FRAMES; i++)
		finding_frame(f, s->frames[i]);
}

void
note_ike(const struct docket *d, struct note *n, const struct aud_ike *k)
{
	struct aud_finding *f = &n->seed;

	note_tunnel(d, n, k->tunnel);

	f->flows++;
	f->packets += k->messages[0] + k->messages[1];
	f->bytes += k->bytes;
	seen(f, k->first_ns, k->last_ns);
	for (size_t i = 0; i < AUD_SA_FRAMES; i++)
		finding_frame(f, k->frames[i]);
	finding_frame(f, k->answer_frame);
}

/* Rules that name one of the two for its role. proto 0: whichever is inside. *tcp: all of them print TCP alone. */
bool
note_roles(const struct docket *d, struct note *n, uint8_t proto, bool *tcp)
{
	const struct ipsec *p = d->ipsec;
	bool found = false;

	*tcp = true;
	for (size_t i = 0; i < p->nrules; i++) {
		const struct aud_rule *r = &d->trial->matrix->rules[p->rules[i]];
		bool fits = !proto || !r->nprotos, udp = !r->nprotos;

		for (size_t k = 0; k < r->nprotos; k++) {
			fits |= r->protos[k] == proto;
			udp |= r->protos[k] == PROTO_UDP;
		}
		if (!ipsec_of_roles(r) || !fits || !ipsec_names(r, n->bond->who[0].roles, n->bond->who[1].roles))
			continue;
		n->rules[p->rules[i]] = found = true;
		*tcp = *tcp && !udp;
	}
	return found;
}

/* The row of clients, where the transport is its, and what the text says. */
bool
note_media(const struct docket *d, struct note *n)
{
	const struct ipsec *p = d->ipsec;
	bool found = false;

	for (size_t i = 0; i < p->nrules; i++)
		if (!ipsec_of_roles(&d->trial->matrix->rules[p->rules[i]]))
			n->rules[p->rules[i]] = found = true;
	return found;
}

/* Rows in the order of the documents; statements: only what the text says. */
bool
note_cite(const struct docket *d, struct aud_finding *f, const bool *rules, bool statements)
{
	const struct aud_trial *t = d->trial;
	const struct aud_matrix *m = t->matrix;
	bool *rows = calloc(m->nrows + 1, sizeof *rows);
	size_t n = 0;

	if (!rows)
		return false;
	for (size_t i = 0; i < m->nrules; i++)
		for (size_t k = 0; rules[i] && k < m->rules[i].ncitations; k++) {
			unsigned row = m->rules[i].citations[k];

			bool text = m->rows[row].kind == AUD_ROW_STATEMENT;

			/* What the text says of ranges is none of IPsec. */
			if (!aud_document_applies(m, m->rows[row].document, t->site) || (statements ? !text : text && !m->rules[i].exempt))
				continue;
			if (f->rule < 0)
				f->rule = (int)i;
			n += !rows[row];
			rows[row] = true;
		}
	f->citations = calloc(n + 1, sizeof *f->citations);
	for (unsigned row = 0; f->citations && row < m->nrows; row++)
		if (rows[row])
			f->citations[f->ncitations++] = row;
	free(rows);
	return f->citations != NULL;
}

/* "document#T5.9, T5.10": the document is named once. */
void
say_cited(FILE *w, const struct docket *d, const struct aud_finding *f)
{
	const struct aud_matrix *m = d->trial->matrix;

	for (size_t i = 0; i < f->ncitations; i++) {
		struct aud_citation_text text = aud_citation(m, f->citations[i]);
		const char *row = strchr(text.s, '#');
		bool again = i && row && m->rows[f->citations[i]].document == m->rows[f->citations[i - 1]].document;

		fprintf(w, "%s%s", i ? ", " : "", again ? row + 1 : text.s);
	}
}

/* "10.20.100.11 (client) and fe01 (front-end)" */
void
say_bond(FILE *w, const struct docket *d, const struct bond *b)
{
	int server = server_side(b);

	say_host(w, d, &b->addr[!server], &b->who[!server]);
	fputs(" and ", w);
	say_host(w, d, &b->addr[server], &b->who[server]);
}

void
say_time(FILE *w, uint64_t ns)
{
	fprintf(w, "%" PRIu64 ".%02" PRIu64 " s", ns / SECOND_NS, ns % SECOND_NS / (SECOND_NS / 100));
}

void
say_count(FILE *w, const struct note *n)
{
	fprintf(w, " (%zu association%s, %" PRIu64 " packets", n->nsas, n->nsas == 1 ? "" : "s", n->seed.packets);
	if (n->unread)
		fprintf(w, ", of which %" PRIu64 " could not be read", n->unread);
	fputs(")", w);
}

void
say_end(FILE *w, const struct docket *d)
{
	if (d->trial->site->features[AUD_FEATURE_IPSEC] == AUD_NO)
		fputs("; the site file says that there is no IPsec", w);
	fputs(".", w);
}

/* Hands the finding over: what the sentence says stands in it already. */
enum aud_code
note_tell(struct docket *d, struct note *n, const char *key, struct say *say, struct aud_err *err)
{
	struct aud_finding *f = docket_add(d, &n->seed, key, &(bool){false});
	char *reason;
	enum aud_code rc;

	/* Of each the first packet's is known. */
	if (n->ntunneled)
		fprintf(say->w, " The first packet of %s was inside %s%s.", n->ntunneled < n->nflows ? "some of it" : n->nflows > 1 ? "each" : "it",
		    wrapped(d, n->tunnel), n->tunnels ? " or another tunnel" : "");
	rc = say_close(say, &reason, err);
	if (rc != AUD_OK)
		return rc;
	if (!f) {
		free(reason);
		return aud_nomem(err);
	}
	f->reason = reason;
	n->seed.citations = NULL;
	return AUD_OK;
}

void
note_close(struct note *n)
{
	free(n->rules);
	free(n->seed.citations);
}
