#include <string.h>

#include "names.h"

#define WORDS(id, ...)                                                                                                 \
	static const char *const id##_names[] = {__VA_ARGS__};                                                         \
	const struct words words_##id = {id##_names, sizeof id##_names / sizeof *id##_names}

/* In the order of their enumerators. */
WORDS(security, "unstated", "none", "tls", "mtls", "tls-or-mtls");
WORDS(presence, "required", "optional", "conditional");
WORDS(absence, "strong", "periodic", "on-demand", "weak", "none");
WORDS(side, "server", "client", "either", "none");
WORDS(media, "", "audio", "video", "sharing", "client", "edge");
WORDS(kind, "rule", "blank", "statement");
WORDS(transport, "tcp", "udp", "sctp", "icmp", "icmp6", "esp", "ah", "gre");
#define NAME(e, name) name,
WORDS(product, AUD_PRODUCTS(NAME));
WORDS(balancing, AUD_LOAD_BALANCINGS(NAME));
WORDS(when, "product", "listed");
WORDS(effect, "permit", "ipsec-exempt");
WORDS(announced, "", "rpc", "sql");

int
word_find(const struct words *w, const char *s)
{
	for (size_t i = 0; i < w->n; i++)
		if (*s && !strcmp(w->names[i], s))
			return (int)i;
	return -1;
}

const char *
aud_security_name(enum aud_security s)
{
	return security_names[s];
}

const char *
aud_presence_name(enum aud_presence p)
{
	return presence_names[p];
}

const char *
aud_absence_name(enum aud_absence a)
{
	return absence_names[a];
}

const char *
aud_port_side_name(enum aud_port_side s)
{
	return side_names[s];
}

const char *
row_kind_name(enum aud_row_kind k)
{
	return kind_names[k];
}

const char *
product_name(enum aud_product p)
{
	return product_names[p];
}

const char *
aud_certainty_name(enum aud_certainty c)
{
	static const char *const names[] = {"certain", "strong", "probable", "port-only", "indeterminate"};

	return names[c];
}

const char *
aud_step_name(enum aud_step s)
{
	static const char *const names[] = {
	    "none", "roles", "pair", "direction", "transport", "port", "condition", "application", "security"};

	return names[s];
}
