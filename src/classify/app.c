#include <stdio.h>

#include "aud/classify.h"
#include "names.h"

/* Names of the applications that nDPI lacks; NULL: not one of ours. */
const char *
own_name(uint16_t app)
{
	switch ((enum aud_app_own)app) {
	case AUD_APP_SSRP: return "SSRP";
	case AUD_APP_FRAMED_MEDIA: return "FramedMedia";
	case AUD_APP_PSEUDO_TLS: return "PseudoTLS";
	case AUD_APP_NAT_KEEPALIVE: return "NATKeepalive";
	}
	return NULL;
}

const char *
aud_app_by_name(enum aud_app_by by)
{
	switch (by) {
	case AUD_BY_NONE: return "none";
	case AUD_BY_PORT: return "port";
	case AUD_BY_DPI: return "dpi";
	case AUD_BY_OWN: return "own";
	}
	return "none";
}
