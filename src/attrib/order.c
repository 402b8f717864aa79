#include <stdio.h>
#include <stdlib.h>

#include "order.h"
#include "yaml.h"

static int
by_address(const void *a, const void *b)
{
	const struct aud_host *const *x = a, *const *y = b;
	int c = aud_addr_cmp(&(*x)->lo, &(*y)->lo);

	if (!c)
		c = aud_addr_cmp(&(*y)->hi, &(*x)->hi);
	return c ? c : *x < *y ? -1 : *x > *y;
}

struct span_text {
	char s[100];
};

static struct span_text
span(const struct aud_host *h)
{
	struct span_text t;

	if (!aud_addr_cmp(&h->lo, &h->hi))
		snprintf(t.s, sizeof t.s, "%s", aud_addr_str(&h->lo).s);
	else
		snprintf(t.s, sizeof t.s, "%s-%s", aud_addr_str(&h->lo).s, aud_addr_str(&h->hi).s);
	return t;
}

/* A failure at the one that stands later in the file. */
static enum aud_code AUD_PRINTF(4, 0)
fail_at(const struct aud_site *site, const struct aud_host *h, struct aud_err *err, const char *fmt, va_list ap)
{
	struct aud_yaml at = {.file = site->path ? site->path : "site", .line = h->line, .column = h->column};
	char text[sizeof err->msg];

	vsnprintf(text, sizeof text, fmt, ap);
	return aud_yaml_fail(err, &at, "%s", text);
}

static enum aud_code AUD_PRINTF(4, 5)
fail(const struct aud_site *site, const struct aud_host *h, struct aud_err *err, const char *fmt, ...)
{
	enum aud_code code;
	va_list ap;

	va_start(ap, fmt);
	code = fail_at(site, h, err, fmt, ap);
	va_end(ap);
	return code;
}

static enum aud_code
check_same(const struct aud_site *site, const struct aud_host *a, const struct aud_host *b, struct aud_err *err)
{
	const struct aud_host *first = a < b ? a : b, *second = a < b ? b : a;

	if (!a->nports || !b->nports)
		return fail(site, second, err, "%s is defined already in line %u: put the roles together, or bind both to ports:",
		    span(second).s, first->line);
	for (size_t i = 0; i < second->nports; i++)
		for (size_t k = 0; k < first->nports; k++)
			if (second->ports[i].port == first->ports[k].port && second->ports[i].proto == first->ports[k].proto)
				return fail(site, second, err, "port %u/%s of %s is defined already in line %u",
				    second->ports[i].port, aud_proto_name(second->ports[i].proto).s, span(second).s, first->line);
	return AUD_OK;
}

static enum aud_code
check_crossing(const struct aud_site *site, const struct aud_host *a, const struct aud_host *b, struct aud_err *err)
{
	const struct aud_host *first = a < b ? a : b, *second = a < b ? b : a;

	return fail(site, second, err, "%s overlaps with %s of line %u, and neither contains the other: split them", span(second).s,
	    span(first).s, first->line);
}

/* Walks along the addresses; open[] are the definitions that contain the place, each inside the one before. */
static enum aud_code
check(const struct aud_site *site, const struct aud_host *const *order, struct aud_err *err)
{
	const struct aud_host **open = calloc(site->nhosts + 1, sizeof *open);
	enum aud_code code = AUD_OK;
	size_t n = 0;

	if (!open)
		return aud_nomem(err);
	for (size_t i = 0; i < site->nhosts && !code; i++) {
		const struct aud_host *h = order[i];

		while (n && aud_addr_cmp(&open[n - 1]->hi, &h->lo) < 0)
			n--;
		if (n && aud_addr_cmp(&h->hi, &open[n - 1]->hi) > 0)
			code = check_crossing(site, open[n - 1], h, err);
		for (size_t k = n; k && order_same(open[k - 1], h) && !code; k--)
			code = check_same(site, open[k - 1], h, err);
		open[n++] = h;
	}
	free(open);
	return code;
}

enum aud_code
order_hosts(const struct aud_site *site, const struct aud_host ***out, struct aud_err *err)
{
	const struct aud_host **order = calloc(site->nhosts + 1, sizeof *order);
	enum aud_code code;

	*out = NULL;
	if (!order)
		return aud_nomem(err);
	for (size_t i = 0; i < site->nhosts; i++)
		order[i] = &site->hosts[i];
	qsort(order, site->nhosts, sizeof *order, by_address);
	code = check(site, order, err);
	if (code)
		free(order);
	else
		*out = order;
	return code;
}
