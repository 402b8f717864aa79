/* The text format: printed rows, those of one state and reason together. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

enum { STATE = 15 };

struct text_group {
	char *document, *state, *reason, *list; /* of the list each row ends with a newline */
};

static bool
wants_attention(const char *state)
{
	return !strcmp(state, "missing") || !strcmp(state, "attempted") || !strcmp(state, "inconclusive");
}

/* "T1.4 Servicio front-end, 5060 TCP": the row's number and what it prints. */
static bool
append(char **list, const struct sheet *s)
{
	static const char *const parts[] = {"printed.role", "printed.service"};
	const char *port = sheet_text(s, "printed.port"), *protocol = sheet_text(s, "printed.protocol"), *comma = " ";
	char *text, *whole;
	size_t n;
	FILE *w = open_memstream(&text, &n);

	if (!w)
		return false;
	fprintf(w, "%s.%" PRIu64, sheet_text(s, "table"), sheet_number(s, "row"));
	/* The service names what the port is for; the role only where a table has no services. */
	for (size_t i = *sheet_text(s, parts[1]) ? 1 : 0; i < 2 && *comma == ' '; i++)
		if (*sheet_text(s, parts[i])) {
			fprintf(w, " %s", sheet_text(s, parts[i]));
			comma = ", ";
		}
	if (*port || *protocol)
		fprintf(w, "%s%s%s%s", comma, port, *port && *protocol ? " " : "", protocol);
	if (fclose(w) || asprintf(&whole, "%s%s\n", *list ? *list : "", text) < 0) {
		free(text);
		return false;
	}
	free(text);
	free(*list);
	*list = whole;
	return true;
}

bool
text_row(struct pen *p, const struct sheet *s)
{
	struct text *t = p->own;
	const char *document = sheet_text(s, "document"), *state = sheet_text(s, "state"),
		   *reason = sheet_text(s, "reason");
	struct text_group *g = NULL;

	if (!p->opts->all_rows && (t->no_site || !wants_attention(state)))
		return true;
	for (size_t i = 0; i < t->ngroups && !g; i++)
		if (!strcmp(t->groups[i].document, document) && !strcmp(t->groups[i].state, state) &&
		    !strcmp(t->groups[i].reason, reason))
			g = &t->groups[i];
	if (!g) {
		if (!(g = realloc(t->groups, (t->ngroups + 1) * sizeof *g)))
			return false;
		t->groups = g;
		g += t->ngroups++;
		*g = (struct text_group){strdup(document), strdup(state), strdup(reason), NULL};
		if (!g->document || !g->state || !g->reason)
			return false;
	}
	return append(&g->list, s);
}

/* The sentence, and beneath it the rows of which it is true. */
static void
print_group(struct pen *p, struct text_group *g)
{
	const struct text *t = p->own;
	char *rest = g->list;

	fprintf(p->out, "    %-*s", STATE, g->state);
	text_wrap(p->out, g->reason, 4 + STATE, 4 + STATE, t->width);
	for (const char *one; (one = strsep(&rest, "\n")) && *one;) {
		fprintf(p->out, "      %s", text_paint(p, DIM));
		text_wrap(p->out, one, 6, 10, t->width);
		fputs(text_paint(p, PLAIN), p->out);
	}
}

/* Rows of a document that share state and reason stand together: what needs attention first stands first. */
bool
text_after_rows(struct pen *p)
{
	static const char *const order[] = {
	    "missing", "attempted", "inconclusive", "observed", "not-observed", "not-applicable", "blank", "statement"};
	struct text *t = p->own;
	const char *document = "";

	if (!t->ngroups)
		return true;
	text_section(p, p->out,
	    p->opts->all_rows ? "Rows of the documents" : "Rows that need attention (--all-rows shows the others)");
	for (size_t d = 0; d < t->ngroups; d++) {
		bool again = false;

		for (size_t e = 0; e < d; e++)
			again |= !strcmp(t->groups[e].document, t->groups[d].document);
		if (again)
			continue;
		document = t->groups[d].document;
		fprintf(p->out, "  %s\n", document);
		for (size_t o = 0; o < sizeof order / sizeof *order; o++)
			for (size_t i = 0; i < t->ngroups; i++) {
				struct text_group *g = &t->groups[i];

				if (strcmp(g->document, document) != 0 || strcmp(g->state, order[o]) != 0)
					continue;
				print_group(p, g);
			}
	}
	return true;
}

void
text_rows_free(struct text *t)
{
	for (size_t i = 0; i < t->ngroups; i++) {
		free(t->groups[i].document);
		free(t->groups[i].state);
		free(t->groups[i].reason);
		free(t->groups[i].list);
	}
	free(t->groups);
}
