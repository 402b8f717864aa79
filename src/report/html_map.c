/*
 * The heat map: roles of clients down, roles of servers across, in each cell how many conversations were seen, and where findings
 * are. Drawn from the pairs of the coverage, so that a million conversations cost nothing; the same stands in a table below.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "html.h"

enum { SIZE = 64, NO_ROLE = 63, CELL_W = 52, CELL_H = 34, LEFT = 196, TOP = 150, SHADES = 5 };

struct cell {
	uint64_t conversations, open, waived;
	int worst; /* severity of the open findings; -1 none */
};

struct map {
	struct cell cells[SIZE][SIZE]; /* by role; NO_ROLE: hosts without one */
	unsigned rows[SIZE], columns[SIZE];
	size_t nrows, ncolumns;
	uint64_t most, elsewhere; /* findings that no pair of hosts has */
};

static void
mark(struct map *m, const struct aud_finding *f)
{
	aud_roles from = f->client_roles ? f->client_roles : AUD_ROLE_BIT(NO_ROLE), to = f->server_roles ? f->server_roles : AUD_ROLE_BIT(NO_ROLE);

	if (!f->client.family || !f->server.family) {
		m->elsewhere++;
		return;
	}
	for (unsigned i = 0; i < SIZE; i++)
		for (unsigned k = 0; k < SIZE; k++) {
			struct cell *c = &m->cells[i][k];

			if (!(from >> i & 1) || !(to >> k & 1))
				continue;
			if (html_waived(f)) {
				c->waived++;
				continue;
			}
			c->open++;
			if ((int)f->severity > c->worst)
				c->worst = (int)f->severity;
		}
}

static bool
filled(const struct cell *c)
{
	return c->conversations || c->open || c->waived;
}

static void
fill(struct map *m, const struct page *p)
{
	for (int i = 0; i < SIZE; i++)
		for (int k = 0; k < SIZE; k++)
			m->cells[i][k].worst = -1;
	for (size_t i = 0; i < p->c->npairs; i++) {
		struct cell *c = &m->cells[p->c->pairs[i].client % SIZE][p->c->pairs[i].server % SIZE];

		c->conversations += p->c->pairs[i].conversations;
		if (c->conversations > m->most)
			m->most = c->conversations;
	}
	for (size_t i = 0; i < p->t->nfindings; i++)
		mark(m, &p->t->findings[i]);
	for (unsigned i = 0; i < SIZE; i++) {
		bool row = false, column = false;

		for (unsigned k = 0; k < SIZE; k++) {
			row = row || filled(&m->cells[i][k]);
			column = column || filled(&m->cells[k][i]);
		}
		if (row)
			m->rows[m->nrows++] = i;
		if (column)
			m->columns[m->ncolumns++] = i;
	}
}

/* By orders of magnitude: 1, 2-9, 10-99, 100-999, 1000 and more. */
static int
shade(uint64_t n)
{
	return !n ? 0 : n < 2 ? 1 : n < 10 ? 2 : n < 100 ? 3 : n < 1000 ? 4 : SHADES;
}

static const char *
role_name(const struct page *p, unsigned role)
{
	return role == NO_ROLE ? _(p->l, "no role") : aud_site_role_told(p->l, p->site, role);
}

static struct human
brief(const struct page *p, uint64_t n)
{
	static const char units[] = "kMGT";
	struct human h;
	double d = (double)n;
	int u = -1;

	for (; d >= 999.5 && u < 3; u++)
		d /= 1000;
	if (u < 0)
		snprintf(h.s, sizeof h.s, "%" PRIu64, n);
	else
		snprintf(h.s, sizeof h.s, "%.60s%c", human_decimal(p->l, d < 9.95 ? 1 : 0, d).s, units[u]);
	return h;
}

/* A name of the site's own may be as long as it likes; the picture is not. */
static void
label(struct page *p, const char *markup, const char *name)
{
	char s[4 * 24 + 8];
	size_t n = 0;

	for (int i = 0; i < 24 && name[n] && n < sizeof s - 8; i++)
		for (n++; (name[n] & 0xc0) == 0x80 && n < sizeof s - 8;)
			n++;
	snprintf(s, sizeof s, name[n] ? "%.*s\xe2\x80\xa6" : "%.*s", (int)n, name);
	html_in(p, markup, s);
}

static void
axes(struct page *p, const struct map *m)
{
	char markup[160];

	for (size_t i = 0; i < m->nrows; i++) {
		snprintf(markup, sizeof markup, "text class=\"lab\" text-anchor=\"end\" x=\"%d\" y=\"%d\"", LEFT - 8,
		    TOP + (int)i * CELL_H + CELL_H / 2 + 4);
		label(p, markup, role_name(p, m->rows[i]));
	}
	for (size_t i = 0; i < m->ncolumns; i++) {
		int x = LEFT + (int)i * CELL_W + CELL_W / 2;

		snprintf(markup, sizeof markup, "text class=\"lab\" x=\"%d\" y=\"%d\" transform=\"rotate(-45 %d %d)\"", x, TOP - 8, x, TOP - 8);
		label(p, markup, role_name(p, m->columns[i]));
	}
}

static void
draw_cell(struct page *p, const struct cell *c, int x, int y)
{
	html_putf(p, "<rect class=\"h%d\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>", shade(c->conversations), x + 1, y + 1, CELL_W - 2,
	    CELL_H - 2);
	if (c->conversations)
		html_putf(p, "<text class=\"val v%d\" text-anchor=\"middle\" x=\"%d\" y=\"%d\">%s</text>", shade(c->conversations), x + CELL_W / 2,
		    y + CELL_H / 2 + (c->open ? 10 : 4), brief(p, c->conversations).s);
	if (c->open) {
		html_putf(p, "<rect class=\"dev b%d\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>", c->worst, x + 2, y + 2, CELL_W - 4, CELL_H - 4);
		html_putf(p, "<path class=\"dia b%d\" d=\"M%d %dl4 4l-4 4l-4 -4z\"/>", c->worst, x + 10, y + 5);
		html_putf(p, "<text class=\"cnt v%d\" x=\"%d\" y=\"%d\">%s</text>", shade(c->conversations), x + 17, y + 13, brief(p, c->open).s);
	}
	html_put(p, "\n");
}

static void
picture(struct page *p, const struct map *m)
{
	int w = LEFT + (int)m->ncolumns * CELL_W + 70, h = TOP + (int)m->nrows * CELL_H + 8;

	html_put(p, "<figure><div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"");
	html_text(p, _(p->l, "Heat map of traffic between roles"));
	html_putf(p, "\"><svg class=\"map\" role=\"img\" aria-labelledby=\"map-t map-d\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">", w, h, w, h);
	html_in(p, "title id=\"map-t\"", _(p->l, "Heat map of traffic between roles"));
	html_in(p, "desc id=\"map-d\"", _(p->l, "Rows are roles of clients, columns roles of servers. The table below holds the same numbers."));
	html_put(p, "\n");
	axes(p, m);
	for (size_t i = 0; i < m->nrows; i++)
		for (size_t k = 0; k < m->ncolumns; k++)
			draw_cell(p, &m->cells[m->rows[i]][m->columns[k]], LEFT + (int)k * CELL_W, TOP + (int)i * CELL_H);
	html_put(p, "</svg></div>\n<figcaption>");
	html_text(p, _(p->l, "Rows: who connects. Columns: who is connected to. The number in a cell is that of conversations, and the darker the cell the more there are (1, from 2, from 10, from 100, from 1000). A frame with a diamond marks deviations; the number beside it is that of open findings, the heavier its line the more severe the worst of them."));
	html_put(p, "</figcaption></figure>\n");
}

static void
table(struct page *p, const struct map *m)
{
	static const char *const columns[] = {N_("Client"), N_("Server"), N_("#Conversations"), N_("#Open findings"), N_("Worst"),
	    N_("#Waived findings")};

	html_table(p, "sort narrow", _(p->l, "Traffic between roles, as numbers"), columns, sizeof columns / sizeof *columns);
	for (size_t i = 0; i < m->nrows; i++)
		for (size_t k = 0; k < m->ncolumns; k++) {
			const struct cell *c = &m->cells[m->rows[i]][m->columns[k]];

			if (!filled(c))
				continue;
			html_put(p, "<tr>");
			html_name_in(p, "th scope=\"row\"", role_name(p, m->rows[i]));
			html_name_in(p, "td", role_name(p, m->columns[k]));
			html_number(p, c->conversations);
			html_number(p, c->open);
			html_putf(p, "<td data-s=\"%d\">", AUD_CRITICAL - c->worst);
			if (c->worst >= 0)
				html_badge(p, (enum aud_severity)c->worst);
			html_put(p, "</td>");
			html_number(p, c->waived);
			html_put(p, "</tr>\n");
		}
	html_table_end(p);
}

void
html_traffic(struct page *p)
{
	struct map *m = calloc(1, sizeof *m);

	if (!m) {
		p->failed = true;
		return;
	}
	fill(m, p);
	if (m->nrows) {
		html_in(p, "p", _(p->l, "A host with several roles counts in each of them, so the cells add up to more than there are conversations."));
		picture(p, m);
		table(p, m);
	} else
		html_in(p, "p", p->site ? _(p->l, "No traffic between hosts with roles was captured.") : _(p->l, "Without a site file no host has a role."));
	if (m->elsewhere)
		html_say_in(p, "p class=\"note\"", _(p->l, "Findings that concern no pair of hosts, such as missing traffic, scans and the quality of the capture, are not in the picture: %s."),
		    human_number(p->l, m->elsewhere).s);
	free(m);
}
