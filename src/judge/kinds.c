/* Names of kinds, severities and states: expanded from the lists in finding.h. */
#include <string.h>

#include <aud/finding.h>

static const struct {
	const char *slug, *title;
	enum aud_severity severity;
} kinds[] = {
#define X(e, slug, title, severity) {slug, title, AUD_##severity},
    AUD_FINDING_KINDS(X)
#undef X
};

static const char *const states[] = {
#define X(e, name) name,
    AUD_ROW_STATES(X)
#undef X
};

static const char *const sayings[] = {
#define X(e, name) name,
    AUD_IPSEC_SAYINGS(X)
#undef X
};

static const char *const severities[] = {"info", "low", "medium", "high", "critical"};

const char *
aud_kind_slug(enum aud_kind kind)
{
	return kinds[kind].slug;
}

const char *
aud_kind_title(enum aud_kind kind)
{
	return kinds[kind].title;
}

enum aud_severity
aud_kind_severity(enum aud_kind kind)
{
	return kinds[kind].severity;
}

const char *
aud_state_name(enum aud_state state)
{
	return states[state];
}

const char *
aud_ipsec_saying_name(enum aud_ipsec_saying saying)
{
	return sayings[saying];
}

const char *
aud_severity_name(enum aud_severity severity)
{
	return severities[severity];
}

int
aud_severity_by_name(const char *name)
{
	for (int i = 0; i <= AUD_CRITICAL; i++)
		if (!strcmp(severities[i], name))
			return i;
	return -1;
}
