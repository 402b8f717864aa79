/* The draft as a site file. All that came over the network stands in comments, made harmless, so that it cannot become YAML. */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "discover.h"

enum { LISTED = 60, COLUMNS = 100, NAMES = 4 };

static const char *
plural(size_t n)
{
	return n == 1 ? "" : "s";
}

/* Words of a comment, wrapped. */
struct comment {
	FILE *out;
	size_t column;
};

static void
word(struct comment *c, const char *s)
{
	size_t n = strlen(s);

	if (c->column && c->column + 1 + n > COLUMNS) {
		putc('\n', c->out);
		c->column = 0;
	}
	fputs(c->column ? " " : "  # ", c->out);
	fputs(s, c->out);
	c->column += (c->column ? 1 : 4) + n;
}

static void words(struct comment *, const char *fmt, ...) AUD_PRINTF(2, 3);

static void
words(struct comment *c, const char *fmt, ...)
{
	char text[512], *rest = text;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	for (const char *s; (s = strsep(&rest, " "));)
		if (*s)
			word(c, s);
}

static void
finish(struct comment *c)
{
	if (c->column)
		putc('\n', c->out);
	c->column = 0;
}

/* Is this talk the first of its service in the list? Lists are sorted by service. */
static size_t
run_length(const struct aud_draft *d, const struct host *h, size_t i, bool server)
{
	size_t n = server ? h->nserved : h->nused, k = i;
	size_t service = d->talks[server ? h->served + i : h->used[i]].service;

	while (k < n && d->talks[server ? h->served + k : h->used[k]].service == service)
		k++;
	return k - i;
}

static void
tell_services(const struct aud_draft *d, const struct host *h, bool server, struct comment *c)
{
	size_t n = server ? h->nserved : h->nused, all = 0;

	for (size_t i = 0, k; i < n; i += k) {
		const struct talk *t = &d->talks[server ? h->served + i : h->used[i]];
		const struct service *s = &d->services[t->service];
		char app[128] = "what was not recognised", port[16] = "";

		k = run_length(d, h, i, server);
		if (all++ >= LISTED)
			continue;
		if (s->app)
			aud_text_clean(app, sizeof app, s->app);
		if (s->port != s->last)
			snprintf(port, sizeof port, "%u-%u/", s->port, s->last);
		else if (s->port)
			snprintf(port, sizeof port, "%u/", s->port);
		words(c, "%s%s on %s%s (%zu %s%s)%s", all > 1 ? "" : server ? "answers " : "uses ", app, port, aud_proto_name(s->proto).s, k,
		    server ? "client" : "server", plural(k), i + k < n ? "," : "");
	}
	if (all > LISTED)
		words(c, "and %zu services more", all - LISTED);
	finish(c);
}

static size_t
first_name(const struct aud_draft *d, const struct aud_addr *a)
{
	size_t lo = 0, hi = d->nnames;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (aud_addr_cmp(&d->names[mid].server, a) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* In quotes, so that one sees where they end. */
static void
tell_names(const struct aud_draft *d, const struct host *h, bool certificate, struct comment *c)
{
	size_t told = 0;

	for (size_t i = first_name(d, &h->addr); i < d->nnames && !aud_addr_cmp(&d->names[i].server, &h->addr); i++) {
		char clean[4 * AUD_SERVER_NAME + 1];

		if (d->names[i].certificate != certificate || told++ >= NAMES)
			continue;
		words(c, "%s'%s'", told > 1 ? "and " : certificate ? "its certificate names " : "clients ask it for ",
		    aud_text_clean(clean, sizeof clean, d->names[i].name));
	}
	finish(c);
}

static void
tell_certificates(const struct aud_draft *d, const struct host *h, struct comment *c)
{
	size_t shown = 0;

	for (size_t i = 0; i < h->nused; i++)
		shown += d->talks[h->used[i]].certificate;
	if (shown)
		words(c, "shows a client certificate in %zu conversation%s", shown, plural(shown));
	finish(c);
}

/* How well the first roles fit. */
static void
candidates(const struct host *h, struct comment *c)
{
	aud_roles told = 0;

	for (int i = 0; i < SAID; i++) {
		unsigned best = ROLES;

		for (unsigned r = 0; r < ROLES; r++)
			if (!(told & AUD_ROLE_BIT(r)) && (best == ROLES || h->score[r] > h->score[best]))
				best = r;
		if (h->score[best] < 0.005)
			break;
		told |= AUD_ROLE_BIT(best);
		words(c, "%s%s %.2f", i ? "> " : "fits: ", aud_role_name((enum aud_role)best), h->score[best]);
	}
	if (h->next < ROLES)
		words(c, "- the first two are near each other: decide which");
	finish(c);
}

static void
evidence(const struct aud_draft *d, const struct host *h, FILE *out)
{
	struct comment c = {.out = out};

	tell_services(d, h, true, &c);
	tell_services(d, h, false, &c);
	tell_certificates(d, h, &c);
	tell_names(d, h, true, &c);
	tell_names(d, h, false, &c);
	candidates(h, &c);
}

static void
host(const struct aud_draft *d, const struct host *h, FILE *out)
{
	putc('\n', out);
	evidence(d, h, out);
	/* An IPv6 address may begin with a colon, or look like something else to YAML. */
	fprintf(out, "  - {address: \"%s\", roles: [", aud_addr_str(&h->addr).s);
	for (size_t i = 0; i < h->nroles; i++)
		fprintf(out, "%s%s", i ? ", " : "", aud_role_name((enum aud_role)h->roles[i]));
	fputs("]}\n", out);
}

static void
prefixes(const struct aud_draft *d, FILE *out)
{
	for (size_t i = 0; i < d->nprefixes; i++) {
		const struct prefix *p = &d->prefixes[i];

		fprintf(out, "\n  # %zu hosts that look like this, and none that looks like anything else: is the whole prefix theirs?\n", p->n);
		fprintf(out, "  - {address: \"%s/%u\", roles: [%s]}\n", aud_addr_str(&p->net).s, p->len, aud_role_name((enum aud_role)p->role));
	}
}

static void
undecided(const struct aud_draft *d, FILE *out)
{
	size_t n = 0;

	for (size_t i = 0; i < d->nhosts; i++) {
		if (d->hosts[i].nroles)
			continue;
		if (!n++)
			fputs("\n  # Not decided: what these hosts do fits no role, or too little was seen of it.\n", out);
		if (n > LISTED)
			continue;
		fprintf(out, "  #\n  # %s\n", aud_addr_str(&d->hosts[i].addr).s);
		evidence(d, &d->hosts[i], out);
	}
	if (n > LISTED)
		fprintf(out, "  # and %zu hosts more\n", n - LISTED);
}

static void
period(const struct aud_draft *d, FILE *out)
{
	time_t t = (time_t)(d->first_ns / 1000000000);
	char from[32] = "", to[32] = "";
	struct tm tm;

	if (!d->first_ns)
		return;
	if (gmtime_r(&t, &tm))
		strftime(from, sizeof from, "%Y-%m-%d %H:%M:%S", &tm);
	t = (time_t)(d->last_ns / 1000000000);
	if (gmtime_r(&t, &tm))
		strftime(to, sizeof to, "%Y-%m-%d %H:%M:%S", &tm);
	fprintf(out, "# Captured from %s to %s UTC.\n", from, to);
}

static void
header(const struct aud_draft *d, FILE *out)
{
	fputs("# Draft of a site file, made of traffic alone: review every line before an audit rests on it.\n"
	      "# A role stands where the rules of the documents fit what a host answers and uses; the comment above it tells the\n"
	      "# evidence, and how well the first roles fit. What played no part in the captures is not here.\n#\n", out);
	for (size_t i = 0; i < d->ninputs; i++) {
		char clean[1024];

		fprintf(out, "# Capture: %s\n", aud_text_clean(clean, sizeof clean, d->inputs[i]));
	}
	period(d, out);
	fputs("\nsite: draft\n"
	      "# Traffic does not tell these: fill in what is so.\n"
	      "# product: skype-for-business-2015   # or lync-2013\n"
	      "# load_balancing: dns                # dns, hardware or none\n"
	      "# features: {enterprise-voice: yes}  # see spanaudit(1)\n", out);
}

void
aud_draft_write(const struct aud_draft *d, FILE *out)
{
	size_t told = d->nprefixes;

	for (size_t i = 0; i < d->nhosts; i++)
		told += d->hosts[i].nroles && !d->hosts[i].grouped;
	header(d, out);
	fputs(told ? "\nhosts:\n" : "\nhosts: []\n", out);
	for (size_t i = 0; i < d->nhosts && !ferror(out); i++)
		if (d->hosts[i].nroles && !d->hosts[i].grouped)
			host(d, &d->hosts[i], out);
	prefixes(d, out);
	undecided(d, out);
}
