/* "rules check": every printed row has its answer, and the rules say the ports that the rows print. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "matcher.h"

enum { CELL_RANGES = 8 };

/*
 * The numbers of a printed port cell. Cells are written for people: "57501-65535", "67/68", "50000 - 59.999 words", "1024-65535*",
 * thousands with '.' or ','. Words are passed over; *n 0: no number at all.
 */
static void
parse_cell(const char *s, struct aud_range out[CELL_RANGES], size_t *n)
{
	bool range = false;

	*n = 0;
	while (*s) {
		unsigned long value;
		char *end;

		if (!isdigit((unsigned char)*s)) {
			range = *s == '-' || (range && *s == ' ');
			s++;
			continue;
		}
		value = strtoul(s, &end, 10);
		while ((*end == '.' || *end == ',') && strspn(end + 1, "0123456789") == 3)
			value = value * 1000 + strtoul(end + 1, &end, 10);
		s = end;
		if (!value || value > UINT16_MAX)
			continue;
		if (range && *n)
			out[*n - 1].hi = (uint16_t)value;
		else if (*n < CELL_RANGES)
			out[(*n)++] = (struct aud_range){(uint16_t)value, (uint16_t)value};
		/* A dash may stand behind blanks. */
		range = false;
		if (s[strspn(s, " ")] == '-')
			s += strspn(s, " ");
	}
}

/* Every range of one is inside one of the other. */
static bool
inside(const struct aud_range *a, size_t na, const struct aud_range *b, size_t nb)
{
	for (size_t i = 0; i < na; i++) {
		size_t j = 0;

		while (j < nb && (a[i].lo < b[j].lo || a[i].hi > b[j].hi))
			j++;
		if (j == nb)
			return false;
	}
	return true;
}

static bool
contradicts(const struct aud_rule *r, const struct aud_row *row)
{
	struct aud_range cell[CELL_RANGES];
	size_t n;

	parse_cell(row->port, cell, &n);
	if (!n || !r->nports || row->kind != AUD_ROW_RULE)
		return false;
	/* "67/68" may be written as 67-68. */
	return !inside(cell, n, r->ports, r->nports) || (n == 1 && !inside(r->ports, r->nports, cell, n));
}

bool
aud_rules_check(const struct aud_matrix *m, FILE *messages, struct aud_rules_counts *out)
{
	*out = (struct aud_rules_counts){.documents = m->ndocuments, .rows = m->nrows, .rules = m->nrules};
	for (unsigned i = 0; i < m->nrows; i++) {
		const struct aud_row *row = &m->rows[i];

		out->rule_rows += row->kind == AUD_ROW_RULE;
		out->blank_rows += row->kind == AUD_ROW_BLANK;
		out->statements += row->kind == AUD_ROW_STATEMENT;
		if (row->kind != AUD_ROW_RULE || row->nrules)
			continue;
		out->uncited++;
		if (messages)
			fprintf(messages, "%s: cited by no rule, and neither blank nor a statement\n", aud_citation(m, i).s);
	}
	for (size_t i = 0; i < m->nrules; i++) {
		const struct aud_rule *r = &m->rules[i];

		out->site_rules += r->site_own;
		out->citations += r->ncitations;
		for (size_t j = 0; j < r->ncitations; j++) {
			const struct aud_row *row = &m->rows[r->citations[j]];

			/* What follows from a row has ports that it does not print. */
			if (r->implied || !contradicts(r, row))
				continue;
			out->contradictions++;
			if (messages)
				fprintf(messages, "%s:%u:%u: the rule '%s' has other ports than %s, which prints '%s'\n", r->file, r->line,
				    r->column, r->id, aud_citation(m, r->citations[j]).s, row->port);
		}
	}
	return !out->uncited && !out->contradictions;
}
