/* Waivers: by id, or by every term that they name. An expired one is told and reopens its findings. */
#include <string.h>
#include <strings.h>

#include "docket.h"

static bool
inside(const struct aud_addr *a, const struct aud_addr *lo, const struct aud_addr *hi)
{
	if (!lo->family)
		return true;
	return a->family == lo->family && aud_addr_cmp(a, lo) >= 0 && aud_addr_cmp(a, hi) <= 0;
}

bool
aud_waiver_matches(const struct aud_waiver *w, const struct aud_finding *f)
{
	if (w->finding)
		return !strcmp(w->finding, f->id);
	/* Without a single term it would waive everything. */
	if (!w->kind && !w->client_lo.family && !w->server_lo.family && w->port < 0 && w->proto < 0 && !w->app)
		return false;
	if (w->kind && strcmp(w->kind, aud_kind_slug(f->kind)) != 0)
		return false;
	if (!inside(&f->client, &w->client_lo, &w->client_hi) || !inside(&f->server, &w->server_lo, &w->server_hi))
		return false;
	if ((w->port >= 0 && w->port != f->port) || (w->proto >= 0 && w->proto != f->proto))
		return false;
	return !w->app || (f->app && !strcasecmp(w->app, f->app));
}

void
docket_waive(struct docket *d)
{
	struct aud_trial *t = d->trial;

	for (size_t i = 0; t->site && i < t->nfindings; i++) {
		struct aud_finding *f = &t->findings[i];

		for (size_t k = 0; k < t->site->nwaivers; k++) {
			const struct aud_waiver *w = &t->site->waivers[k];
			/* The last day still counts; both are YYYY-MM-DD, so text order is date order. */
			bool expired = w->expires && t->today && strcmp(w->expires, t->today) < 0;

			if (!aud_waiver_matches(w, f) || (f->waiver >= 0 && (expired || !f->waiver_expired)))
				continue;
			f->waiver = (int)k;
			f->waiver_expired = expired;
		}
	}
}
