/* The tables that judges share, and small questions about a case. */
#include <stdlib.h>
#include <string.h>

#include <aud/report.h>

#include "docket.h"
#include "path.h"

/* Parts per thousand of TCP connections with one side only, from which the capture as a whole counts as one-sided: a
 * mirror of one direction comes close to 1000, asymmetric routes of single hosts stay below and are told by host.
 * Attempts that nobody answers do not count. A few connections make no share. */
enum { ONE_WAY_TOLD = 200, ONE_WAY_FLOWS = 3 };
/* Retransmissions of a SYN leave after 1 and 3 seconds (RFC 6298, section 2); an answer this late after the capture's
 * end is not to be expected in it. */
#define ANSWER_WAIT_NS (3 * SECOND_NS)
/* Files of one capture follow each other with a gap of a packet's distance. */
#define GAP_NS SECOND_NS

static int
host_cmp(const void *a, const void *b)
{
	return aud_addr_cmp(&((const struct host *)a)->addr, &((const struct host *)b)->addr);
}

static int
pair_cmp(const void *pa, const void *pb)
{
	const struct pair *a = pa, *b = pb;
	int c = aud_addr_cmp(&a->lo, &b->lo);

	return c ? c : aud_addr_cmp(&a->hi, &b->hi);
}

static int
combo_cmp(const void *pa, const void *pb)
{
	const struct combo *a = pa, *b = pb;

	if (a->client != b->client)
		return a->client < b->client ? -1 : 1;
	return (a->server > b->server) - (a->server < b->server);
}

uint64_t
conv_one_way(const struct aud_conv *v)
{
	return v->one_sided;
}

static void
fold_hosts(struct docket *d)
{
	size_t n = 0;

	if (d->nhosts)
		qsort(d->hosts, d->nhosts, sizeof *d->hosts, host_cmp);
	for (size_t i = 0; i < d->nhosts; i++)
		if (!n || host_cmp(&d->hosts[n - 1], &d->hosts[i]))
			d->hosts[n++] = d->hosts[i];
	d->nhosts = n;
}

static void
fold_pairs(struct docket *d)
{
	size_t n = 0;

	if (d->npairs)
		qsort(d->pairs, d->npairs, sizeof *d->pairs, pair_cmp);
	for (size_t i = 0; i < d->npairs; i++)
		if (!n || pair_cmp(&d->pairs[n - 1], &d->pairs[i]))
			d->pairs[n++] = d->pairs[i];
	d->npairs = n;
}

static void
meet(struct combo *c, const struct combo *more)
{
	if (more->two_way && (!c->two_way || more->first_ns < c->first_ns))
		c->first_ns = more->first_ns;
	if (more->two_way && more->last_ns > c->last_ns)
		c->last_ns = more->last_ns;
	c->two_way += more->two_way;
}

static struct combo
combo_of(const struct aud_case *c)
{
	const struct aud_conv *v = c->conv;
	bool served = (v->proto == PROTO_TCP || v->proto == PROTO_UDP) && v->answered && v->with_data[0] && v->with_data[1];

	return (struct combo){c->ruling->client.roles, c->ruling->server.roles, served ? v->answered : 0, served ? v->first_ns : 0,
	    served ? v->last_ns : 0};
}

/* There are few combinations, and many cases of each. */
static enum aud_code
add_combo(struct docket *d, const struct combo *c, struct aud_err *err)
{
	size_t lo = 0, hi = d->ncombos;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int by = combo_cmp(&d->combos[mid], c);

		if (!by) {
			meet(&d->combos[mid], c);
			return AUD_OK;
		}
		if (by < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (d->ncombos == d->ccombos) {
		size_t cap = d->ccombos ? d->ccombos * 2 : 64;
		struct combo *v = realloc(d->combos, cap * sizeof *v);

		if (!v)
			return aud_nomem(err);
		d->combos = v;
		d->ccombos = cap;
	}
	memmove(&d->combos[lo + 1], &d->combos[lo], (d->ncombos - lo) * sizeof *c);
	d->combos[lo] = *c;
	d->ncombos++;
	return AUD_OK;
}

/* O(n * n), and n is the number of files. */
static uint64_t
union_of_inputs(const struct aud_trial *t)
{
	uint64_t sum = 0, at = 0;

	for (;;) {
		uint64_t from = UINT64_MAX, to = 0;

		for (size_t i = 0; i < t->ninputs; i++) {
			const struct aud_capture_info *in = &t->inputs[i].info;
			uint64_t first = in->first_ns > at ? in->first_ns : at;

			if (!in->first_ns || in->last_ns <= at || first > from || (first == from && in->last_ns <= to))
				continue;
			from = first;
			to = in->last_ns;
		}
		if (!to)
			return sum;
		sum += to - (sum && from - at <= GAP_NS ? at : from);
		at = to;
	}
}

/* Neither what lies between two files nor a long silence inside one. */
uint64_t
aud_watched_ns(const struct aud_trial *t)
{
	uint64_t inputs = union_of_inputs(t), spans = t->coverage->covered_ns;

	return inputs < spans ? inputs : spans;
}

bool
aud_coverage_windowed(const struct aud_coverage *c)
{
	return c->window_ns && c->first_ns && c->window_end_ns > c->window_ns && c->first_ns < c->window_end_ns - c->window_ns;
}

static void
count_sides(struct docket *d)
{
	const struct aud_trial *t = d->trial;

	if (t->coverage) {
		d->one_sided = t->coverage->out_of_scope.tcp_one_way;
		d->sided = d->one_sided + t->coverage->out_of_scope.tcp_answered;
	}
	for (size_t i = 0; i < t->ncases; i++) {
		const struct aud_conv *v = t->cases[i].conv;

		d->one_sided += conv_one_way(v);
		d->sided += conv_one_way(v) + (v->proto == PROTO_TCP ? v->answered : 0);
	}
}

bool
docket_one_sided(const struct docket *d)
{
	return d->one_sided >= ONE_WAY_FLOWS && d->one_sided * 1000 / d->sided >= ONE_WAY_TOLD;
}

/* Until when the capture goes on without a gap. */
static uint64_t
watched_until(const struct docket *d, uint64_t ns)
{
	const struct aud_trial *t = d->trial;
	const struct aud_coverage *cov = t->coverage;
	uint64_t end = 0;

	for (bool further = true; further;) {
		further = false;
		for (size_t i = 0; i < t->ninputs; i++) {
			const struct aud_capture_info *in = &t->inputs[i].info;
			uint64_t from = in->first_ns > GAP_NS ? in->first_ns - GAP_NS : 0;

			if (in->first_ns && from <= (end ? end : ns) && in->last_ns >= ns && in->last_ns > end) {
				end = in->last_ns;
				further = true;
			}
		}
	}
	if (!end)
		end = cov->last_ns;
	for (size_t i = 0; i < cov->nspans; i++)
		if (cov->spans[i].first_ns <= ns && ns <= cov->spans[i].last_ns && cov->spans[i].last_ns < end)
			end = cov->spans[i].last_ns;
	return end;
}

bool
docket_late(const struct docket *d, uint64_t first_ns, uint64_t last_ns)
{
	return d->trial->coverage && watched_until(d, first_ns) < first_ns + ANSWER_WAIT_NS &&
	       watched_until(d, last_ns) < last_ns + ANSWER_WAIT_NS;
}

bool
docket_deaf(const struct docket *d, const struct aud_conv *v)
{
	return docket_late(d, v->first_ns, v->last_ns) || docket_one_sided(d) || docket_one_way(d, v) || !docket_sent(d, &v->server);
}

static struct pair
pair_of(const struct aud_addr *a, const struct aud_addr *b)
{
	bool swap = aud_addr_cmp(a, b) > 0;

	return (struct pair){.lo = swap ? *b : *a, .hi = swap ? *a : *b};
}

static struct pair *
find_pair(const struct docket *d, const struct aud_addr *a, const struct aud_addr *b)
{
	struct pair key = pair_of(a, b);

	return d->npairs ? bsearch(&key, d->pairs, d->npairs, sizeof key, pair_cmp) : NULL;
}

/* Who may turn out to be silent, and which pairs one-sided: where all is well nothing need be remembered of either. */
static bool
doubtful(const struct aud_conv *v)
{
	return !v->answered || conv_one_way(v);
}

static enum aud_code
list_doubtful(struct docket *d, struct aud_err *err)
{
	const struct aud_trial *t = d->trial;
	size_t hosts = 0, pairs = 0;

	for (size_t i = 0; i < t->ncases; i++) {
		const struct aud_conv *v = t->cases[i].conv;

		hosts += !v->packets[0] + (size_t)!v->packets[1];
		pairs += doubtful(v);
	}
	d->hosts = malloc((hosts + 1) * sizeof *d->hosts);
	d->pairs = malloc((pairs + 1) * sizeof *d->pairs);
	if (!d->hosts || !d->pairs)
		return aud_nomem(err);
	for (size_t i = 0; i < t->ncases; i++) {
		const struct aud_conv *v = t->cases[i].conv;

		if (!v->packets[0])
			d->hosts[d->nhosts++] = (struct host){v->client, false};
		if (!v->packets[1])
			d->hosts[d->nhosts++] = (struct host){v->server, false};
		if (doubtful(v))
			d->pairs[d->npairs++] = pair_of(&v->client, &v->server);
	}
	fold_hosts(d);
	fold_pairs(d);
	return AUD_OK;
}

static void
sends(struct docket *d, const struct aud_addr *a)
{
	const struct host key = {.addr = *a};
	struct host *h = d->nhosts ? bsearch(&key, d->hosts, d->nhosts, sizeof key, host_cmp) : NULL;

	if (h)
		h->sent = true;
}

/* What is known of them in other cases. */
static void
settle_doubtful(struct docket *d)
{
	const struct aud_trial *t = d->trial;

	for (size_t i = 0; i < t->ncases; i++) {
		const struct aud_conv *v = t->cases[i].conv;
		struct pair *p = find_pair(d, &v->client, &v->server);

		if (v->packets[0])
			sends(d, &v->client);
		if (v->packets[1])
			sends(d, &v->server);
		if (p) {
			p->two_way += v->answered;
			p->one_way += conv_one_way(v);
		}
	}
}

enum aud_code
docket_new(struct docket *d, struct aud_trial *t, struct aud_err *err)
{
	enum aud_code rc;

	*d = (struct docket){.trial = t, .watched_ns = aud_watched_ns(t)};
	if (!(d->inputs = calloc(t->ninputs + 1, sizeof *d->inputs)) || !(d->key.out = open_memstream(&d->key.text, &d->key.n)))
		return aud_nomem(err);
	for (size_t i = 0; i < t->ninputs; i++)
		if (!aud_names_add(d->inputs, i, t->inputs[i].info.path))
			return aud_nomem(err);
	count_sides(d);
	if (!t->site || !t->ncases)
		return AUD_OK;
	if (!(d->scanned = calloc(t->ncases, sizeof *d->scanned)))
		return aud_nomem(err);
	if ((rc = list_doubtful(d, err)) != AUD_OK)
		return rc;
	settle_doubtful(d);
	for (size_t i = 0; i < t->ncases && rc == AUD_OK; i++) {
		const struct combo c = combo_of(&t->cases[i]);

		if (c.client && c.server)
			rc = add_combo(d, &c, err);
	}
	return rc;
}

void
docket_clear(struct docket *d)
{
	aud_names_free(d->inputs, d->inputs ? d->trial->ninputs : 0);
	if (d->key.out)
		fclose(d->key.out);
	free(d->key.text);
	free(d->hosts);
	free(d->pairs);
	free(d->combos);
	free(d->scanned);
	ipsec_free(d->ipsec);
	*d = (struct docket){0};
}

bool
docket_sent(const struct docket *d, const struct aud_addr *a)
{
	const struct host key = {.addr = *a};
	const struct host *h = d->nhosts ? bsearch(&key, d->hosts, d->nhosts, sizeof key, host_cmp) : NULL;

	return !h || h->sent;
}

bool
docket_spoke(const struct docket *d, const struct aud_conv *v)
{
	const struct pair *p = find_pair(d, &v->client, &v->server);

	return !p || p->two_way;
}

static bool
fits(aud_roles client, aud_roles server, aud_roles askers, const struct aud_rule *r)
{
	return client & askers && server & r->servers && !(r->clients_all & ~client) && !(r->servers_all & ~server);
}

bool
docket_met(const struct docket *d, aud_roles askers, const struct aud_rule *r, uint64_t *period)
{
	struct combo all = {0};

	for (size_t i = 0; i < d->ncombos; i++) {
		const struct combo *c = &d->combos[i];

		if (fits(c->client, c->server, askers, r) || fits(c->server, c->client, askers, r))
			meet(&all, c);
	}
	*period = all.last_ns - all.first_ns;
	return all.two_way > 0;
}

bool
docket_one_way(const struct docket *d, const struct aud_conv *v)
{
	const struct pair *p = find_pair(d, &v->client, &v->server);

	return p && !p->two_way && p->one_way;
}

bool
docket_talk(const struct docket *d, size_t *at, struct talk *out)
{
	const struct aud_trial *t = d->trial;
	size_t i = *at;

	if (i >= t->ncases)
		return false;
	*out = (struct talk){.cases = &t->cases[i], .first = i};
	for (; i < t->ncases; i++) {
		const struct aud_conv *a = t->cases[*at].conv, *b = t->cases[i].conv;

		if (a->port != b->port || a->proto != b->proto || aud_addr_cmp(&a->client, &b->client) ||
		    aud_addr_cmp(&a->server, &b->server))
			break;
	}
	out->n = i - *at;
	*at = i;
	return true;
}

bool
case_cites(const struct docket *d, const struct aud_case *c)
{
	const struct aud_rule *r = case_rule(d, c);

	if (!r)
		return false;
	switch (c->ruling->verdict.failed) {
	case AUD_STEP_NONE:
	case AUD_STEP_SECURITY: return c->ruling->verdict.answer == AUD_DOCUMENTED;
	case AUD_STEP_CONDITION:
	case AUD_STEP_APP: return true; /* these come after the port, which held */
	case AUD_STEP_DIRECTION: return rule_port(r, c->conv->port, c->conv->proto);
	case AUD_STEP_ROLES:
	case AUD_STEP_PAIR:
	case AUD_STEP_TRANSPORT:
	case AUD_STEP_PORT: break;
	}
	return false;
}

bool
case_attempt(const struct aud_case *c)
{
	const struct aud_conv *v = c->conv;

	if (v->answered || v->server_only || v->established || v->one_sided || (v->proto == PROTO_TCP && v->with_data[0]))
		return false;
	return v->unanswered || v->refused_rst || v->refused_icmp || v->filtered_icmp;
}

bool
case_hung(const struct aud_case *c)
{
	const struct aud_conv *v = c->conv;

	return v->proto == PROTO_TCP && v->established && !v->midstream && !v->gaps && !v->one_sided && v->with_data[0] &&
	       !v->with_data[1];
}

bool
case_turned_down(const struct aud_case *c)
{
	const struct aud_conv *v = c->conv;

	return v->proto == PROTO_TCP && v->hellos && !v->server_hellos && !v->midstream && !v->gaps && !v->truncated &&
	       case_fact(c, AUD_FACT_TLS_ALERT) && !case_fact(c, AUD_FACT_NOT_TLS) && !case_fact(c, AUD_FACT_TLS_DONE);
}

static struct aud_who
whatever_port(const struct docket *d, const struct aud_who *who, const struct aud_addr *a)
{
	if (!who->host || who->roles)
		return *who;
	return (struct aud_who){aud_attrib_find(d->trial->attrib, a, 0, 0).roles, who->host, who->group};
}

struct aud_who
docket_client(const struct docket *d, const struct aud_case *c)
{
	return whatever_port(d, &c->ruling->client, &c->conv->client);
}

struct aud_who
docket_server(const struct docket *d, const struct aud_case *c)
{
	return whatever_port(d, &c->ruling->server, &c->conv->server);
}

bool
case_recognised(const struct aud_case *c)
{
	return (c->conv->app.by == AUD_BY_DPI || c->conv->app.by == AUD_BY_OWN) && c->ruling->app &&
	       strcmp(c->ruling->app, "Unknown") != 0;
}

bool
case_fact(const struct aud_case *c, enum aud_fact fact)
{
	return c->conv->facts & fact;
}

bool
case_is_tls(const struct aud_case *c)
{
	static const char *const names[] = {"TLS", "DTLS", "QUIC"};

	/* After a hello other bytes came: the application is theirs. */
	if (!case_fact(c, AUD_FACT_NOT_TLS) && (case_fact(c, AUD_FACT_TLS_RECORD) || case_fact(c, AUD_FACT_TLS_HELLO) ||
						   case_fact(c, AUD_FACT_TLS_SERVER) || case_fact(c, AUD_FACT_TLS13)))
		return true;
	if (!case_recognised(c))
		return false;
	if (c->conv->app.by == AUD_BY_OWN && c->conv->app.sub == AUD_APP_PSEUDO_TLS)
		return true;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		size_t n = strlen(names[i]);

		if (!strncmp(c->ruling->app, names[i], n) && (!c->ruling->app[n] || c->ruling->app[n] == '.'))
			return true;
	}
	return false;
}

bool
case_directed(const struct aud_case *c)
{
	return c->conv->direction <= AUD_DIR_DISSECTOR;
}

bool
case_lone_answer(const struct aud_case *c)
{
	const struct aud_conv *v = c->conv;

	return v->proto == PROTO_TCP && v->direction == AUD_DIR_SYNACK && !v->packets[0] && !v->with_data[0] && !v->with_data[1];
}

const struct aud_rule *
case_rule(const struct docket *d, const struct aud_case *c)
{
	const struct aud_matrix *m = d->trial->matrix;

	return m && c->ruling->verdict.nrules && c->ruling->verdict.rules[0] < m->nrules ? &m->rules[c->ruling->verdict.rules[0]] : NULL;
}

bool
roles_client(aud_roles r)
{
	const aud_roles devices = AUD_ROLE_BIT(AUD_ROLE_CLIENT) | AUD_ROLE_BIT(AUD_ROLE_CLIENT_EXTERNAL) |
				  AUD_ROLE_BIT(AUD_ROLE_CLIENT_LEGACY) | AUD_ROLE_BIT(AUD_ROLE_PHONE) |
				  AUD_ROLE_BIT(AUD_ROLE_LIVE_MESSENGER);

	return r && !(r & ~devices);
}

bool
roles_server(aud_roles r)
{
	return r && !roles_client(r) && r != AUD_ROLE_BIT(AUD_ROLE_ADMIN);
}

bool
addr_group(const struct aud_addr *a)
{
	static const uint8_t all[4] = {255, 255, 255, 255};

	return a->family == 4 ? a->b[0] >> 4 == 14 || !memcmp(a->b, all, 4) : a->family == 6 && a->b[0] == 0xff;
}

/* RFC 1918, RFC 6598, RFC 3927, loopback; RFC 4193, RFC 4291 link-local: not from outside. */
bool
addr_global(const struct aud_addr *a)
{
	const uint8_t *b = a->b;

	if (a->family == 6)
		return (b[0] & 0xe0) == 0x20;
	return a->family == 4 && b[0] != 10 && b[0] != 127 && b[0] != 0 && !(b[0] == 172 && b[1] >> 4 == 1) &&
	       !(b[0] == 192 && b[1] == 168) && !(b[0] == 169 && b[1] == 254) && !(b[0] == 100 && b[1] >> 6 == 1) &&
	       b[0] < 224;
}

bool
rule_port(const struct aud_rule *r, uint16_t port, uint8_t proto)
{
	for (size_t i = 0; i < r->nprotos; i++)
		if (r->protos[i] == proto)
			return !r->nports || rule_width(r, port);
	return false;
}

unsigned
rule_width(const struct aud_rule *r, uint16_t port)
{
	unsigned best = 0;

	for (size_t i = 0; i < r->nports; i++) {
		unsigned w = (unsigned)(r->ports[i].hi - r->ports[i].lo) + 1;

		if (port >= r->ports[i].lo && port <= r->ports[i].hi && (!best || w < best))
			best = w;
	}
	return best;
}

bool
conv_icmp(const struct aud_conv *v)
{
	return v->proto == PROTO_ICMP || v->proto == PROTO_ICMP6;
}
