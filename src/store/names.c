#include <string.h>

#include <aud/finding.h>
#include <aud/ipsec.h>
#include <aud/live.h>

#include "names.h"

#define NAMES(id, ...)                                                                                                 \
	static const char *const id##_words[] = {__VA_ARGS__};                                                         \
	const struct names names_##id = {id##_words, sizeof id##_words / sizeof *id##_words}

#define NAME(e, name) name,
NAMES(product, AUD_PRODUCTS(NAME));
NAMES(balancing, AUD_LOAD_BALANCINGS(NAME));
NAMES(tri, "unknown", "no", "yes");
NAMES(row_kind, "rule", "blank", "statement");
NAMES(port_side, "server", "client", "either", "none");
NAMES(media, "", "audio", "video", "sharing", "client");
NAMES(announced, "", "rpc", "sql");
NAMES(security, "unstated", "none", "tls", "mtls", "tls-or-mtls");
NAMES(presence, "required", "optional", "conditional");
NAMES(absence, "strong", "periodic", "on-demand", "weak", "none");
NAMES(app_by, "none", "port", "dpi", "own");
NAMES(direction, "syn", "synack", "dissector", "role", "port", "first-packet");
NAMES(answer, "no-role", "pair-unknown", "pair-known", "documented");
NAMES(step, NULL, "roles", "pair", "direction", "transport", "port", "condition", "application", "security");
NAMES(certainty, "certain", "strong", "probable", "port-only", "indeterminate");
NAMES(severity, "info", "low", "medium", "high", "critical");

NAMES(state, AUD_ROW_STATES(NAME));
NAMES(class, AUD_CASE_CLASS_LIST(NAME));
NAMES(encap, AUD_IPSEC_ENCAPS(NAME));
NAMES(payload, AUD_IPSEC_PAYLOADS(NAME));
NAMES(mode, AUD_IPSEC_MODES(NAME));
NAMES(part, AUD_IPSEC_PARTS(NAME));
NAMES(saying, AUD_IPSEC_SAYINGS(NAME));
#define SLUG(e, slug, title, severity) slug,
NAMES(kind, AUD_FINDING_KINDS(SLUG));
#define ALERT(e, slug, severity) slug,
NAMES(alert, AUD_ALERTS(ALERT));
#define TITLE(e, slug, title, severity) title,
NAMES(title, AUD_FINDING_KINDS(TITLE));

const char *
name_of(const struct names *names, unsigned i)
{
	return i < names->n ? names->words[i] : NULL;
}

int
name_find(const struct names *names, const char *word)
{
	for (size_t i = 0; word && i < names->n; i++)
		if (names->words[i] && !strcmp(names->words[i], word))
			return (int)i;
	return -1;
}
