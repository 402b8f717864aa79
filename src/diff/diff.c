#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diff_impl.h"

static bool
open_now(const struct aud_finding *f)
{
	return f->waiver < 0 || f->waiver_expired;
}

static int
by_id(const void *a, const void *b)
{
	const struct aud_finding *const *x = a, *const *y = b;

	return strcmp((*x)->id, (*y)->id);
}

/* Pointers to the findings by their ids, for free(). */
static const struct aud_finding **
sorted(const struct aud_trial *t)
{
	const struct aud_finding **v = calloc(t->nfindings + 1, sizeof *v);

	for (size_t i = 0; v && i < t->nfindings; i++)
		v[i] = &t->findings[i];
	if (v && t->nfindings)
		qsort(v, t->nfindings, sizeof *v, by_id);
	return v;
}

static const struct aud_finding *
find(const struct aud_finding **v, size_t n, const struct aud_finding *f)
{
	const struct aud_finding **hit = n ? bsearch(&f, v, n, sizeof *v, by_id) : NULL;

	return hit ? *hit : NULL;
}

static enum aud_code
compare(struct aud_diff_finding *d, struct aud_err *err)
{
	const struct aud_finding *a = d->before, *b = d->after;
	struct aud_say s = {0};
	const struct aud_said *said;

	d->changed = (a->severity != b->severity ? AUD_CHANGED_SEVERITY : 0u) | (a->certainty != b->certainty ? AUD_CHANGED_CERTAINTY : 0u) |
		     (open_now(a) && !open_now(b) ? AUD_CHANGED_WAIVED : 0u) | (!open_now(a) && open_now(b) ? AUD_CHANGED_REOPENED : 0u);
	d->change = d->changed ? AUD_CHANGE_CHANGED : AUD_CHANGE_UNCHANGED;
	if (!d->changed)
		return AUD_OK;
	if (d->changed & AUD_CHANGED_WAIVED)
		said = SAY(&s, "Waived now.");
	else if (d->changed & AUD_CHANGED_REOPENED)
		said = b->waiver >= 0 ? SAY(&s, "Its waiver has expired: open again.") : SAY(&s, "Not waived any more: open again.");
	else
		said = SAY(&s, "Still there.");
	if (d->changed & AUD_CHANGED_SEVERITY)
		said = SAY(&s, "%1$s Severity %2$s, was %3$s.", said, aud_say_message(&s, aud_severity_name(b->severity)),
		    aud_say_message(&s, aud_severity_name(a->severity)));
	if (d->changed & AUD_CHANGED_CERTAINTY)
		said = SAY(&s, "%1$s Certainty %2$s, was %3$s.", said, aud_say_message(&s, aud_certainty_name(b->certainty)),
		    aud_say_message(&s, aud_certainty_name(a->certainty)));
	return give_reason(d, &s, said, err);
}

/* Of two of one kind or of one traffic: the same hosts, port and transport. */
static bool
same_traffic(const struct aud_finding *a, const struct aud_finding *b)
{
	return a->client.family && a->server.family && a->port == b->port && a->proto == b->proto &&
	       !aud_addr_cmp(&a->client, &b->client) && !aud_addr_cmp(&a->server, &b->server);
}

static int
by_traffic(const void *pa, const void *pb)
{
	const struct aud_diff_finding *const *x = pa, *const *y = pb;
	const struct aud_finding *a = (*x)->after, *b = (*y)->after;
	int c = aud_addr_cmp(&a->client, &b->client);

	if (!c)
		c = aud_addr_cmp(&a->server, &b->server);
	if (!c)
		c = (a->port > b->port) - (a->port < b->port);
	if (!c)
		c = (a->proto > b->proto) - (a->proto < b->proto);
	return c ? c : (a > b) - (a < b);
}

/* First of the new ones that tells the same traffic, in the order of by_traffic(); NULL: none does. */
static const struct aud_finding *
successor(struct aud_diff_finding *const *fresh, size_t n, const struct aud_finding *f)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		struct aud_diff_finding key = {.after = f};
		const struct aud_diff_finding *a = fresh[mid], *b = &key;
		const struct aud_finding *x = a->after;

		if (same_traffic(x, f)) {
			hi = mid;
			continue;
		}
		if (by_traffic(&a, &b) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < n && same_traffic(fresh[lo]->after, f) ? fresh[lo]->after : NULL;
}

static enum aud_code
supersede(struct aud_diff *d, struct aud_err *err)
{
	struct aud_diff_finding **fresh = calloc(d->nfindings + 1, sizeof *fresh);
	enum aud_code code = AUD_OK;
	size_t n = 0;

	if (!fresh)
		return aud_nomem(err);
	for (size_t i = 0; i < d->nfindings; i++)
		if (!d->findings[i].before && gone_traffic(d->findings[i].after->kind))
			fresh[n++] = &d->findings[i];
	qsort(fresh, n, sizeof *fresh, by_traffic);
	for (size_t i = 0; i < d->nfindings && !code; i++) {
		struct aud_diff_finding *f = &d->findings[i];
		struct aud_say s = {0};
		const struct aud_finding *by = f->after || !gone_traffic(f->before->kind) ? NULL : successor(fresh, n, f->before);

		if (!by)
			continue;
		f->change = AUD_CHANGE_SUPERSEDED;
		code = give_reason(f, &s, SAY(&s, "The same hosts and port are told by another finding now: %1$s, %2$s.", aud_say_word(&s, by->id),
		    aud_say_word(&s, aud_kind_slug(by->kind))), err);
	}
	free(fresh);
	return code;
}

static enum aud_code
judge_gone(struct aud_diff *d, struct aud_err *err)
{
	struct sight *sights = calloc(d->nfindings + 1, sizeof *sights);
	enum aud_code code = AUD_OK;
	size_t n = 0, k = 0;

	if (!sights)
		return aud_nomem(err);
	for (size_t i = 0; i < d->nfindings; i++)
		if (!d->findings[i].after && !d->findings[i].reason && gone_traffic(d->findings[i].before->kind))
			sights[n++].f = d->findings[i].before;
	code = sight_look(sights, n, d->after, err);
	for (size_t i = 0; i < d->nfindings && !code; i++) {
		struct aud_diff_finding *f = &d->findings[i];

		if (!f->after && !f->reason)
			code = gone_judge(f, d, gone_traffic(f->before->kind) ? &sights[k++] : NULL, err);
	}
	free(sights);
	return code;
}

/* By change; then in the order in which the reports have them, those of the new one first. */
static int
by_change(const void *pa, const void *pb)
{
	const struct aud_diff_finding *a = pa, *b = pb;

	if (a->change != b->change)
		return a->change < b->change ? -1 : 1;
	if (a->after && b->after)
		return (a->after > b->after) - (a->after < b->after);
	if (!a->after != !b->after)
		return a->after ? -1 : 1;
	return (a->before > b->before) - (a->before < b->before);
}

static enum aud_code
diff_findings(struct aud_diff *d, struct aud_err *err)
{
	const struct aud_trial *old = d->before->trial, *new = d->after->trial;
	const struct aud_finding **before = sorted(old), **after = sorted(new);
	enum aud_code code = AUD_OK;

	d->findings = calloc(old->nfindings + new->nfindings + 1, sizeof *d->findings);
	if (!before || !after || !d->findings)
		code = aud_nomem(err);
	for (size_t i = 0; i < new->nfindings && !code; i++) {
		struct aud_diff_finding *f = &d->findings[d->nfindings++];

		f->after = &new->findings[i];
		f->before = find(before, old->nfindings, f->after);
		f->change = AUD_CHANGE_NEW;
		if (f->before)
			code = compare(f, err);
	}
	for (size_t i = 0; i < old->nfindings && !code; i++)
		if (!find(after, new->nfindings, &old->findings[i]))
			d->findings[d->nfindings++] = (struct aud_diff_finding){.before = &old->findings[i]};
	free(before);
	free(after);
	if (!code)
		code = supersede(d, err);
	if (!code)
		code = judge_gone(d, err);
	if (code)
		return code;
	qsort(d->findings, d->nfindings, sizeof *d->findings, by_change);
	for (size_t i = 0; i < d->nfindings; i++)
		d->counts[d->findings[i].change]++;
	return AUD_OK;
}

/* Where the old audit has the row; they mostly have the same rows in the same order, so the next place is tried first. */
static const struct aud_row_state *
twin(const struct aud_trial *t, const struct aud_trial *of, const struct aud_row_state *s, size_t *hint)
{
	const struct aud_row *row = &of->matrix->rows[s->row];
	const char *document = of->matrix->documents[row->document].id;

	for (size_t k = 0; t->matrix && k < t->nstates; k++) {
		size_t i = (*hint + k) % t->nstates;
		const struct aud_row *r = &t->matrix->rows[t->states[i].row];

		if (r->ordinal != row->ordinal || strcmp(r->table, row->table) || strcmp(t->matrix->documents[r->document].id, document))
			continue;
		*hint = i + 1;
		return &t->states[i];
	}
	return NULL;
}

static void
add_row(struct aud_diff *d, const struct aud_trial *t, const struct aud_row_state *s, const struct aud_row_state *before,
    const struct aud_row_state *after)
{
	const struct aud_row *row = &t->matrix->rows[s->row];

	d->rows[d->nrows++] = (struct aud_diff_row){.document = t->matrix->documents[row->document].id, .table = row->table,
	    .ordinal = row->ordinal, .row = row, .before = before, .after = after};
}

static enum aud_code
diff_rows(struct aud_diff *d, struct aud_err *err)
{
	const struct aud_trial *old = d->before->trial, *new = d->after->trial;
	size_t hint = 0;

	d->rows = calloc(old->nstates + new->nstates + 1, sizeof *d->rows);
	if (!d->rows)
		return aud_nomem(err);
	for (size_t i = 0; new->matrix && i < new->nstates; i++) {
		const struct aud_row_state *before = twin(old, new, &new->states[i], &hint);

		if (!before || before->state != new->states[i].state)
			add_row(d, new, &new->states[i], before, &new->states[i]);
	}
	hint = 0;
	for (size_t i = 0; old->matrix && i < old->nstates; i++)
		if (!twin(new, old, &old->states[i], &hint))
			add_row(d, old, &old->states[i], &old->states[i], NULL);
	return AUD_OK;
}

static bool
differ(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") != 0;
}

/* What a reader has to know before he compares. */
static enum aud_code
remark(struct aud_diff *d, struct aud_err *err)
{
	const struct aud_report *a = d->before, *b = d->after;
	const struct aud_trial *old = a->trial, *new = b->trial;
	const struct aud_site *s = old->site, *u = new->site;
	const struct {
		bool is;
		const char *text;
	} all[] = {
	    {!s != !u, s ? N_("The old audit had a site file, the new one none.") : N_("The new audit had a site file, the old one none.")},
	    {s && u && differ(s->name, u->name), N_("The audits are of sites with different names.")},
	    {s && u && *s->sha256 && *u->sha256 && strcmp(s->sha256, u->sha256), N_("The site file is not the same: roles, rules or waivers may have changed.")},
	    {differ(old->matrix ? old->matrix->sha256 : "", new->matrix ? new->matrix->sha256 : ""), N_("The rules are not the same.")},
	    {differ(old->filter, new->filter), N_("The captures were filtered differently.")},
	    {differ(a->version, b->version) || differ(a->ndpi_version, b->ndpi_version),
		N_("The audits were made by different versions of the program or of nDPI: applications may be called otherwise.")},
	    {new->coverage->first_ns && new->coverage->first_ns < old->coverage->first_ns, N_("What is called the new audit begins before the old one.")},
	};

	d->remarks = calloc(sizeof all / sizeof *all, sizeof *d->remarks);
	if (!d->remarks)
		return aud_nomem(err);
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (all[i].is)
			d->remarks[d->nremarks++] = all[i].text;
	return AUD_OK;
}

enum aud_code
aud_diff_new(struct aud_diff **out, const struct aud_report *before, const struct aud_report *after, struct aud_err *err)
{
	struct aud_diff *d = calloc(1, sizeof *d);
	enum aud_code code;

	*out = NULL;
	if (!d)
		return aud_nomem(err);
	d->before = before;
	d->after = after;
	code = remark(d, err);
	if (!code)
		code = diff_findings(d, err);
	if (!code)
		code = diff_rows(d, err);
	if (code) {
		aud_diff_free(d);
		return code;
	}
	*out = d;
	return AUD_OK;
}

void
aud_diff_free(struct aud_diff *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->nfindings; i++) {
		free(d->findings[i].reason);
		free(d->findings[i].said);
	}
	free(d->findings);
	free(d->rows);
	free(d->remarks);
	free(d);
}

bool
aud_diff_fails(const struct aud_diff *d, enum aud_severity threshold)
{
	for (size_t i = 0; i < d->nfindings; i++) {
		const struct aud_finding *a = d->findings[i].before, *b = d->findings[i].after;

		if (b && open_now(b) && b->severity >= threshold && !(a && open_now(a) && a->severity >= threshold))
			return true;
	}
	return false;
}
