/* The text format: IPsec. */
#include <stddef.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

bool
text_ipsec_counted(struct text *t, const char *path, const struct value *v)
{
	static const struct {
		const char *path, *text;
		size_t at;
	} rows[] = {
#define TALLY(path, text, field) {path, text, offsetof(struct text_tally, field)}
	    TALLY("associations.spi", NULL, associations), TALLY("associations.payload", "encrypted", encrypted),
	    TALLY("associations.payload", "undecided", undecided), TALLY("associations.payload", "null", clear),
	    TALLY("associations.payload", "wesp-clear", clear), TALLY("associations.payload", "ah", ah),
	    TALLY("negotiations.protocol", NULL, negotiations), TALLY("negotiations.protocol", "IKEv1", ikev1),
	    TALLY("negotiations.protocol", "IKEv2", ikev2), TALLY("negotiations.protocol", "AuthIP", authip),
#undef TALLY
	};

	if (t->depth < 2 || strcmp(t->at[1].name, "ipsec") != 0 || (strncmp(path, "associations.", 13) != 0 && strncmp(path, "negotiations.", 13) != 0))
		return false;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (!strcmp(rows[i].path, path) && (!rows[i].text || (v->kind == VALUE_TEXT && !strcmp(rows[i].text, v->text))))
			++*(uint64_t *)(void *)((char *)&t->ipsec + rows[i].at);
	t->ipsec.unanswered += v->kind == VALUE_NULL && !strcmp(path, "negotiations.answer_after_ns");
	return true;
}

/* Roles of which the same is said stand together. */
static bool
ipsec_sayings(struct pen *p, const struct sheet *s)
{
	static const char *const words[][2] = {{"observed", "Observed"}, {"none-observed", "None observed"}, {"inconclusive", "Inconclusive"}};
	const struct sheet_entry *saying, *reason;

	for (size_t w = 0; w < sizeof words / sizeof *words; w++)
		for (size_t a = 0, b = 0, i = 0; (saying = sheet_next(s, "roles.on_media", &a)) && (reason = sheet_next(s, "roles.reason", &b)); i++) {
			const struct sheet_entry *role, *other;
			size_t c = 0, d = 0, n;
			bool first = true;
			char *list;
			FILE *f;

			if (strcmp(sheet_entry_text(s, saying), words[w][0]) != 0)
				continue;
			if (!(f = open_memstream(&list, &n)))
				return false;
			for (size_t k = 0; (role = sheet_next(s, "roles.role", &c)) && (other = sheet_next(s, "roles.reason", &d)); k++) {
				if (strcmp(sheet_entry_text(s, other), sheet_entry_text(s, reason)) != 0)
					continue;
				first = first && k >= i;
				fprintf(f, "%s%s", ftell(f) ? ", " : "", sheet_entry_text(s, role));
			}
			if (fclose(f))
				return false;
			if (first)
				text_line_f(p, p->out, words[w][1], "%s: %s", list, sheet_entry_text(s, reason));
			free(list);
		}
	return true;
}

bool
text_ipsec(struct pen *p, const struct sheet *s)
{
	const struct text *t = p->own;
	const struct text_tally *n = &t->ipsec;
	uint64_t keepalives = sheet_number(s, "packets.keepalives");
	size_t at = 0;

	if (!n->associations && !n->negotiations && !keepalives && !sheet_next(s, "roles.role", &at))
		return true;
	text_section(p, p->out, "IPsec: what may be said of media in it");
	if (!ipsec_sayings(p, s))
		return false;
	if (n->associations)
		text_line_f(p, p->out, "Associations", "%s: %s encrypted, %s not known to be, %s without encryption, %s of authentication headers",
		    human_number(n->associations).s, human_number(n->encrypted).s, human_number(n->undecided).s, human_number(n->clear).s,
		    human_number(n->ah).s);
	if (n->negotiations)
		text_line_f(p, p->out, "Negotiations", "%s: %s by IKEv1, %s by IKEv2, %s by AuthIP; of %s no answer was captured",
		    human_number(n->negotiations).s, human_number(n->ikev1).s, human_number(n->ikev2).s, human_number(n->authip).s,
		    human_number(n->unanswered).s);
	if (keepalives)
		text_line_f(p, p->out, "Keep-alives", "%s of a NAT, which carry nothing", human_number(keepalives).s);
	if (sheet_number(s, "contradicts_site"))
		text_line(p, p->out, "Site file", "It says that there is no IPsec (features, ipsec: no), and the capture shows some.");
	return true;
}
