/* How the kinds that are told of every conversation go through the cases. */
#include <stdlib.h>
#include <string.h>

#include "docket.h"

/* RFC 6335, section 6: dynamic ports; and the last of the system ports. Systems take their own ports from 1024 on. */
enum { EPHEMERAL = 49152, SYSTEM = 1023 };

bool
case_portless(const struct docket *d, const struct aud_case *c)
{
	const struct aud_conv *v = c->conv;
	const struct aud_matcher *m = d->trial->matcher;

	if (v->direction != AUD_DIR_FIRST || (v->proto != PROTO_TCP && v->proto != PROTO_UDP))
		return false;
	if (v->port >= EPHEMERAL && v->client_port_lo >= EPHEMERAL)
		return true;
	return v->port > SYSTEM && v->client_port_lo > SYSTEM && m && !aud_matcher_serves(m, 0, v->port, v->proto) &&
	       !aud_matcher_serves(m, 0, v->client_port_lo, v->proto);
}

bool
case_turned(const struct aud_case *c)
{
	return aud_addr_cmp(&c->conv->client, &c->conv->server) > 0;
}

/* In the order of the key of their findings, so that those of one key are neighbours. */
static int
by_hosts(const void *pa, const void *pb)
{
	const struct aud_case *const *pca = pa, *const *pcb = pb, *a = *pca, *b = *pcb;
	bool ta = case_turned(a), tb = case_turned(b);
	aud_roles ra[2] = {a->ruling->client.roles, a->ruling->server.roles}, rb[2] = {b->ruling->client.roles, b->ruling->server.roles};
	const char *app[2] = {case_recognised(a) ? a->ruling->app : "", case_recognised(b) ? b->ruling->app : ""};
	int c;

	if ((c = aud_addr_cmp(ta ? &a->conv->server : &a->conv->client, tb ? &b->conv->server : &b->conv->client)) ||
	    (c = aud_addr_cmp(ta ? &a->conv->client : &a->conv->server, tb ? &b->conv->client : &b->conv->server)))
		return c;
	if (a->conv->proto != b->conv->proto)
		return a->conv->proto < b->conv->proto ? -1 : 1;
	for (int i = 0; i < 2; i++)
		if (ra[i ^ ta] != rb[i ^ tb])
			return ra[i ^ ta] < rb[i ^ tb] ? -1 : 1;
	if ((c = strcmp(app[0], app[1])))
		return c;
	if ((c = (a->ruling->verdict.failed == AUD_STEP_APP) - (b->ruling->verdict.failed == AUD_STEP_APP)))
		return c;
	return (a > b) - (a < b);
}

static enum aud_code
tell_portless(struct docket *d, const struct teller *how, const struct aud_case **list, size_t n, struct aud_err *err)
{
	enum aud_code rc = AUD_OK;

	if (n)
		qsort(list, n, sizeof *list, by_hosts);
	for (size_t i = 0; i < n && rc == AUD_OK; i++)
		rc = how->tell(d, list[i], err);
	return rc;
}

enum aud_code
docket_tell(struct docket *d, const struct teller *how, struct aud_err *err)
{
	const struct aud_case **portless = calloc(d->trial->ncases + 1, sizeof *portless);
	enum aud_code rc = AUD_OK;
	struct talk talk;
	size_t n = 0;

	if (!portless)
		return aud_nomem(err);
	for (size_t at = 0; docket_talk(d, &at, &talk);) {
		bool traffic = false;

		/* Traffic first, so that its sentence is the one that stays. */
		for (int attempts = 0; attempts < 2; attempts++)
			for (size_t i = 0; i < talk.n; i++) {
				const struct aud_case *c = &talk.cases[i];

				if (d->scanned[talk.first + i] || c->attempt_only != attempts || (attempts && traffic) ||
				    !how->told(d, c))
					continue;
				traffic |= !attempts;
				if (case_portless(d, c))
					portless[n++] = c;
				else if ((rc = how->tell(d, c, err)) != AUD_OK)
					goto out;
			}
	}
	rc = tell_portless(d, how, portless, n, err);
out:
	free(portless);
	return rc;
}
