#include <aud/live.h>

static const struct {
	const char *slug;
	enum aud_severity severity;
} alerts[] = {
#define X(e, slug, severity) {slug, AUD_##severity},
    AUD_ALERTS(X)
#undef X
};

const char *
aud_alert_slug(enum aud_alert alert)
{
	return alerts[alert].slug;
}

enum aud_severity
aud_alert_severity(enum aud_alert alert)
{
	return alerts[alert].severity;
}
