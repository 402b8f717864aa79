#include <stdlib.h>
#include <string.h>

#include "news.h"

#define SECONDS UINT64_C(1000000000)
/* A change is told when it comes, but not more often; a growth of what was told when it is worth it; an end when it lasts. */
#define CHANGE_NS (60 * SECONDS)
#define GROWTH_NS (300 * SECONDS)
#define GONE_NS (60 * SECONDS)
enum { AT_ONCE = 500 };	/* new ones of a sitting: a flood's come by and by */
/* A talk may have a young flow at any time; of those that were young when the finding came up none is after so long. */
#define YOUNG_NS (2 * SNAPSHOT_GRACE_NS)

/* What is said of something that lacks may be wrong a moment later: it has to hold for a while. */
static uint64_t
patience(enum aud_kind kind)
{
	switch (kind) {
	case AUD_KIND_BLOCKED_FLOW:
	case AUD_KIND_IPSEC_MEDIA: return SNAPSHOT_GRACE_NS;
	case AUD_KIND_CAPTURE_LOSS:
	case AUD_KIND_CAPTURE_ONE_WAY:
	case AUD_KIND_CAPTURE_TRUNCATED:
	case AUD_KIND_CAPTURE_UNDECODED: return 60 * SECONDS;
	case AUD_KIND_CAPTURE_EMPTY: return 600 * SECONDS;
	case AUD_KIND_UNDOCUMENTED_FLOW:
	case AUD_KIND_UNKNOWN_HOST:
	case AUD_KIND_WRONG_PROTOCOL:
	case AUD_KIND_CLEARTEXT:
	case AUD_KIND_NO_CLIENT_CERTIFICATE:
	case AUD_KIND_OBSOLETE_TLS:
	case AUD_KIND_WRONG_DIRECTION:
	case AUD_KIND_MISSING_FLOW:
	case AUD_KIND_OBSOLETE_ROW:
	case AUD_KIND_SCAN:
	case AUD_KIND_IPSEC_ROLE:
	case AUD_KIND_IPSEC_NEGOTIATION:
	case AUD_KIND_IPSEC_TUNNEL:
	case AUD_KIND_COUNT: break;
	}
	return 0;
}

static void
copy_free(struct aud_finding *f)
{
	free(f->reason);
	free((void *)(uintptr_t)f->client_name);
	free((void *)(uintptr_t)f->server_name);
	free((void *)(uintptr_t)f->app);
}

static bool
text_copy(const char **text)
{
	return !*text || (*text = strdup(*text)) != NULL;
}

/* Seen from a clock that was set back everything has just happened: nothing lasts by that. */
static void
set_back(struct told *t, uint64_t now_ns)
{
	uint64_t *const times[] = {&t->since_ns, &t->gone_ns, &t->last_ns};

	for (size_t i = 0; i < sizeof times / sizeof *times; i++)
		if (*times[i] > now_ns)
			*times[i] = now_ns;
}

/* The site and the matrix that it speaks of may be others when its end is told. */
static bool
copy(struct aud_finding *to, const struct aud_finding *from)
{
	struct aud_finding f = *from;
	const char *reason = from->reason;
	bool ok;

	f.said = NULL;	/* what is told while it runs is in English */
	f.citations = NULL;
	f.ncitations = 0;
	f.rule = f.nearest = -1;
	ok = text_copy(&f.client_name);
	ok &= text_copy(&f.server_name);
	ok &= text_copy(&f.app);
	ok &= text_copy(&reason);
	f.reason = (char *)(uintptr_t)reason;
	if (ok)
		*to = f;
	else
		copy_free(&f);
	return ok;
}

static int
by_id(const void *a, const void *b)
{
	return strcmp(((const struct told *)a)->finding.id, ((const struct told *)b)->finding.id);
}

static struct told *
find(const struct news *n, size_t sorted, const char *id)
{
	size_t lo = 0, hi = sorted;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int c = strcmp(n->v[mid].finding.id, id);

		if (!c)
			return &n->v[mid];
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

static struct told *
add(struct news *n, const struct aud_finding *f)
{
	if (n->n == n->cap) {
		size_t cap = n->cap ? n->cap * 2 : 64;
		struct told *v = realloc(n->v, cap * sizeof *v);

		if (!v)
			return NULL;
		n->v = v;
		n->cap = cap;
	}
	n->v[n->n] = (struct told){0};
	return copy(&n->v[n->n].finding, f) ? &n->v[n->n++] : NULL;
}

static bool
waived(const struct aud_finding *f)
{
	return f->waiver >= 0 && !f->waiver_expired;
}

static bool
changed(const struct aud_finding *a, const struct aud_finding *b)
{
	return a->severity != b->severity || a->certainty != b->certainty || waived(a) != waived(b);
}

/* What was told of it is what stands in the copy. */
static bool
note(struct news *n, struct told *t, const struct aud_finding *f, uint64_t now_ns)
{
	struct aud_finding had = t->finding;

	if (!copy(&t->finding, f))
		return false;
	copy_free(&had);
	t->last_ns = now_ns;
	if (!t->first_ns)
		t->first_ns = now_ns;
	t->fresh = true;
	n->events++;
	return true;
}

static bool
worth_telling(const struct told *t, const struct aud_finding *f, uint64_t now_ns)
{
	if (changed(&t->finding, f))
		return now_ns - t->last_ns >= CHANGE_NS;
	return f->flows >= 2 * t->finding.flows && f->flows > t->finding.flows && now_ns - t->last_ns >= GROWTH_NS;
}

static bool
may_tell(const struct told *t, const struct aud_finding *f, const struct snapshot *picture, uint64_t now_ns)
{
	uint64_t held = now_ns - t->since_ns;

	return !picture || (held >= patience(f->kind) && (held >= YOUNG_NS || !snapshot_young(picture, f)));
}

/*
 * Those that hold no more. In a flood findings come and go; and where the database cannot be written those that have ended would wait for it
 * without end: what is beyond the bound is not stored.
 */
static void
tell_gone(struct news *n, uint64_t now_ns, news_tell *tell, void *user)
{
	size_t kept = 0, over = n->max && n->n > n->max ? n->n - n->max : 0;

	for (size_t i = 0; i < n->n; i++) {
		struct told *t = &n->v[i];

		if (!t->here && (!t->first_ns || (over && t->ended_ns))) {
			over -= over != 0;
			copy_free(&t->finding);
			continue;
		}
		if (!t->here && !t->ended_ns) {
			if (!t->gone_ns)
				t->gone_ns = now_ns;
			if (now_ns - t->gone_ns >= GONE_NS || over) {
				over -= over != 0;
				t->ended_ns = t->last_ns = now_ns;
				t->fresh = true;
				n->events++;
				tell(user, AUD_ACTION_ENDED, &t->finding);
			}
		}
		if (kept != i)
			n->v[kept] = *t;
		kept++;
	}
	n->n = kept;
}

struct round {
	struct news *news;
	struct sitting *sitting;
	const struct snapshot *picture;
	uint64_t now_ns;
	size_t sorted, fresh;	/* those that were there before; and how many new ones were told */
	news_tell *tell;
	void *user;
};

static enum aud_code
compare_one(struct round *r, struct aud_finding *f, bool *stays, struct aud_err *err)
{
	struct told *t = find(r->news, r->sorted, f->id);

	*stays = true;
	/* A flood's come by and by, and nothing has to be remembered of those whose turn it is not. */
	if (!t && r->picture && r->fresh == AT_ONCE && !patience(f->kind)) {
		if ((*stays = !snapshot_young(r->picture, f)) == false)
			sitting_withhold(r->sitting, f);
		return AUD_OK;
	}
	if (!t && !(t = add(r->news, f)))
		return aud_nomem(err);
	if (!t->since_ns || t->ended_ns)
		t->since_ns = r->now_ns;
	if (t->ended_ns)	/* its end is told, but not yet stored */
		t->first_ns = t->ended_ns = 0;
	t->here = true;
	t->gone_ns = 0;
	if (!t->first_ns && !may_tell(t, f, r->picture, r->now_ns)) {
		sitting_withhold(r->sitting, f);
		*stays = false;
		return AUD_OK;
	}
	if (t->first_ns ? !worth_telling(t, f, r->now_ns) : r->picture && r->fresh == AT_ONCE)
		return AUD_OK;
	r->fresh += !t->first_ns;
	r->tell(r->user, t->first_ns ? AUD_ACTION_UPDATED : AUD_ACTION_NEW, f);
	return note(r->news, t, f, r->now_ns) ? AUD_OK : aud_nomem(err);
}

enum aud_code
news_compare(struct news *n, struct sitting *s, const struct snapshot *picture, uint64_t now_ns, news_tell *tell, void *user, struct aud_err *err)
{
	struct round r = {n, s, picture, now_ns, n->n, 0, tell, user};
	struct aud_finding *v = s->trial.findings;
	size_t kept = 0;
	enum aud_code rc = AUD_OK;

	for (size_t i = 0; i < n->n; i++) {
		n->v[i].here = false;
		set_back(&n->v[i], now_ns);
	}
	for (size_t i = 0; i < s->trial.nfindings && rc == AUD_OK; i++) {
		bool stays;

		rc = compare_one(&r, &v[i], &stays, err);
		if (stays && kept++ != i)
			v[kept - 1] = v[i];
	}
	if (rc != AUD_OK)
		return rc;
	s->trial.nfindings = kept;
	if (picture)
		tell_gone(n, now_ns, tell, user);
	if (n->n)
		qsort(n->v, n->n, sizeof *n->v, by_id);
	return AUD_OK;
}

enum aud_code
news_recall(struct news *n, const struct aud_finding *f, uint64_t first_ns, uint64_t last_ns, struct aud_err *err)
{
	struct told *t = add(n, f);

	if (!t)
		return aud_nomem(err);
	t->since_ns = t->first_ns = first_ns;
	t->last_ns = last_ns;
	/* A database tells them in order, and there are as many as a flood has left. */
	if (n->n > 1 && by_id(t - 1, t) > 0)
		qsort(n->v, n->n, sizeof *n->v, by_id);
	return AUD_OK;
}

void
news_settle(struct news *n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n->n; i++) {
		n->v[i].fresh = false;
		if (n->v[i].ended_ns) {
			copy_free(&n->v[i].finding);
			continue;
		}
		if (kept != i)
			n->v[kept] = n->v[i];
		kept++;
	}
	n->n = kept;
}

void
news_again(struct news *n)
{
	for (size_t i = 0; i < n->n; i++)
		n->v[i].fresh = n->v[i].first_ns != 0;
}

void
news_clear(struct news *n)
{
	for (size_t i = 0; i < n->n; i++)
		copy_free(&n->v[i].finding);
	free(n->v);
	memset(n, 0, sizeof *n);
}
