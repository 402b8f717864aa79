/* The page: its head with the policy that nothing from outside is loaded or run, the table of contents, the sections. */
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "html.h"
#include "path.h"

#include "page_css.h"
#include "page_js.h"

static const struct {
	const char *id, *title;
	void (*write)(struct page *);
} sections[] = {
    {"identification", N_("Identification"), html_identification},
    {"scope", N_("Scope"), html_scope},
    {"method", N_("Method and limits"), html_method},
    {"coverage", N_("Coverage: what the capture could show"), html_coverage},
    {"summary", N_("Summary"), html_summary},
    {"changes", N_("Changes since the earlier audit"), html_changes},
    {"traffic", N_("Traffic between roles"), html_traffic},
    {"timeline", N_("Time line of findings"), html_timeline},
    {"findings", N_("Findings"), html_findings},
    {"rows", N_("Row by row"), html_rows},
    {"ipsec", N_("IPsec"), html_ipsec},
    {"waivers", N_("Waivers"), html_waivers},
    {"issues", N_("Document issues to rule on"), html_issues},
    {"signoff", N_("Sign-off"), html_signoff},
    {"reproduce", N_("Reproducibility"), html_reproduce},
};

static bool
present(const struct page *p, size_t i)
{
	return sections[i].write != html_changes || p->r->since;
}

static void
base64_sha256(const char *s, char out[45])
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned char b[33] = {0};
	char hex[65];

	aud_sha256_of(s, strlen(s), hex);
	for (int i = 0; i < 32; i++) {
		const char two[] = {hex[2 * i], hex[2 * i + 1], '\0'};

		b[i] = (unsigned char)strtoul(two, NULL, 16);
	}
	for (int i = 0; i < 11; i++) {
		unsigned v = (unsigned)b[3 * i] << 16 | (unsigned)b[3 * i + 1] << 8 | b[3 * i + 2];

		for (int k = 0; k < 4; k++)
			out[4 * i + k] = digits[v >> (18 - 6 * k) & 63];
	}
	/* 32 bytes leave one digit of filling. */
	out[43] = '=';
	out[44] = '\0';
}

static void
head(struct page *p)
{
	char style[45], script[45];

	base64_sha256(page_css, style);
	base64_sha256(page_js, script);
	html_put(p, "<!DOCTYPE html>\n");
	html_putf(p, "<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n", aud_lang_tag(p->l));
	html_putf(p, "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-%s'; "
		     "script-src 'sha256-%s'; base-uri 'none'; form-action 'none'\">\n", style, script);
	html_put(p, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		    "<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n"
		    "<meta name=\"robots\" content=\"noindex\">\n<title>");
	if (p->site && *html_str(p->site->name))
		html_say(p, _(p->l, "Traffic audit: %s"), p->site->name);
	else
		html_text(p, _(p->l, "Traffic audit"));
	html_putf(p, "</title>\n<style>%s</style>\n</head>\n<body>\n", page_css);
}

static void
contents(struct page *p)
{
	html_put(p, "<nav aria-labelledby=\"contents\"><h2 id=\"contents\">");
	html_text(p, _(p->l, "Contents"));
	html_put(p, "</h2>\n<ol>\n");
	for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
		if (present(p, i)) {
			html_putf(p, "<li><a href=\"#%s\">", sections[i].id);
			html_text(p, _(p->l, sections[i].title));
			html_put(p, "</a></li>\n");
		}
	html_put(p, "</ol></nav>\n");
}

static void
title(struct page *p)
{
	html_put(p, "<header class=\"title\"><p class=\"over\">");
	html_text(p, _(p->l, "Audit of observed traffic against the documented port matrix"));
	html_put(p, "</p>\n<h1>");
	if (p->site && *html_str(p->site->name))
		html_name(p, p->site->name);
	else
		html_text(p, p->site ? _(p->l, "Site without a name") : _(p->l, "Captures without a site file"));
	html_put(p, "</h1>\n<p class=\"under\">");
	if (p->c->first_ns)
		html_say(p, _(p->l, "Captured %s"), human_period(p->l, p->c->first_ns, p->c->last_ns).s);
	else
		html_text(p, _(p->l, "The captures hold no packet with a time"));
	html_put(p, "</p></header>\n");
}

static void
body(struct page *p)
{
	html_put(p, "<a class=\"skip\" href=\"#main\">");
	html_text(p, _(p->l, "Skip to the report"));
	html_put(p, "</a>\n");
	title(p);
	html_put(p, "<div class=\"page\">\n");
	contents(p);
	html_put(p, "<main id=\"main\">\n");
	for (size_t i = 0; i < sizeof sections / sizeof *sections && !p->failed && !ferror(p->out); i++) {
		if (!present(p, i))
			continue;
		html_putf(p, "<section id=\"%s\" aria-labelledby=\"h-%s\">\n<h2 id=\"h-%s\">", sections[i].id, sections[i].id,
		    sections[i].id);
		html_text(p, _(p->l, sections[i].title));
		html_put(p, "</h2>\n");
		sections[i].write(p);
		html_put(p, "</section>\n");
	}
	html_put(p, "</main>\n</div>\n<footer>");
	html_say(p, _(p->l, "spanaudit %s. This page is whole: it loads nothing, and its content security policy forbids that it does."),
	    p->r->version);
	html_putf(p, "</footer>\n<script>%s</script>\n</body>\n</html>\n", page_js);
}

enum aud_code
html_write(const struct aud_report *r, const struct aud_report_opts *opts, FILE *out, struct aud_err *err)
{
	const struct aud_trial *t = r->trial;
	struct page p = {.out = out, .l = opts->lang, .r = r, .t = t, .m = t->matrix, .site = t->site, .c = t->coverage};

	if (!(p.inputs = calloc(t->ninputs + 1, sizeof *p.inputs)))
		return aud_nomem(err);
	p.failed = !report_inputs(p.inputs, t, p.l);
	if (!p.failed)
		head(&p);
	if (!p.failed)
		body(&p);
	aud_names_free(p.inputs, t->ninputs);
	return p.failed ? aud_nomem(err) : AUD_OK;
}
