#include <stdio.h>
#include <string.h>

#include "load.h"

/* A feature that is not there, and a role that is there for nothing else. */
static const struct {
	enum aud_feature feature;
	enum aud_role role;
} only_for[] = {
    {AUD_FEATURE_DIRECTORS, AUD_ROLE_DIRECTOR},
    {AUD_FEATURE_PERSISTENT_CHAT, AUD_ROLE_PERSISTENT_CHAT},
    {AUD_FEATURE_OFFICE_WEB_APPS, AUD_ROLE_OFFICE_WEB_APPS},
    {AUD_FEATURE_EXCHANGE_UM, AUD_ROLE_EXCHANGE_UM},
    {AUD_FEATURE_SBA, AUD_ROLE_SBA},
    {AUD_FEATURE_RCC, AUD_ROLE_RCC_GATEWAY},
    {AUD_FEATURE_E911, AUD_ROLE_E911_GATEWAY},
    {AUD_FEATURE_PUBLIC_IM, AUD_ROLE_PUBLIC_IM},
    {AUD_FEATURE_REVERSE_PROXY, AUD_ROLE_RP_EXTERNAL},
    {AUD_FEATURE_REVERSE_PROXY, AUD_ROLE_RP_INTERNAL},
    {AUD_FEATURE_EXTERNAL_ACCESS, AUD_ROLE_EDGE_ACCESS},
    {AUD_FEATURE_LEGACY_CLIENTS, AUD_ROLE_CLIENT_LEGACY},
};
enum { ONLY_FOR = sizeof only_for / sizeof *only_for };

static const aud_roles vips =
    AUD_ROLE_BIT(AUD_ROLE_LB_FRONT_END) | AUD_ROLE_BIT(AUD_ROLE_LB_DIRECTOR) | AUD_ROLE_BIT(AUD_ROLE_LB_MEDIATION);

/* The text is made where failures are made, so that it looks the same. */
static enum aud_code AUD_PRINTF(4, 5)
warn(struct aud_site *site, const struct aud_yaml *at, struct aud_err *err, const char *fmt, ...)
{
	struct aud_err told = {0};
	char text[sizeof told.msg];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	aud_yaml_fail(&told, at, "%s", text);
	site->warnings[site->nwarnings] = strdup(told.msg);
	return site->warnings[site->nwarnings++] ? AUD_OK : aud_nomem(err);
}

static const struct aud_host *
host_with(const struct aud_site *site, aud_roles roles)
{
	for (size_t i = 0; i < site->nhosts; i++)
		if (site->hosts[i].roles & roles)
			return &site->hosts[i];
	return NULL;
}

static enum aud_code
check_balancing(struct aud_site *site, const struct aud_yaml *at, struct aud_err *err)
{
	const struct aud_host *vip = host_with(site, vips);

	switch (site->load_balancing) {
	case AUD_LB_DNS:
		/* DNS load balancing is for SIP; the web services still need the hardware load balancer of the third table. */
		if (!vip && site->nhosts)
			return warn(site, at, err, "load_balancing is dns, which leaves the web services to a load balancer, but no "
			    "host has a role lb-front-end, lb-director or lb-mediation: add its address under hosts");
		break;
	case AUD_LB_HARDWARE:
		if (!vip && site->nhosts)
			return warn(site, at, err, "load_balancing is hardware, but no host has a role lb-front-end, lb-director or "
			    "lb-mediation: add its address under hosts");
		break;
	case AUD_LB_NONE:
		if (vip)
			return warn(site, at, err, "load_balancing is none, but the host in line %u is a load balancer: correct one of them",
			    vip->line);
		break;
	case AUD_LB_UNKNOWN:
		break;
	}
	return AUD_OK;
}

/* The documents name phones in few rows only, and mean them where they print clients. */
static enum aud_code
check_phones(struct aud_site *site, const struct aud_yaml *hosts, struct aud_err *err)
{
	for (size_t i = 0; i < site->nhosts; i++)
		if (site->hosts[i].roles & AUD_ROLE_BIT(AUD_ROLE_PHONE) && !(site->hosts[i].roles & AUD_ROLE_BIT(AUD_ROLE_CLIENT)))
			return warn(site, hosts && i < hosts->n ? &hosts->items[i] : hosts, err, "a phone alone has DHCP and web services; that it "
			    "signs in and calls, the documents list of clients: write roles: [client, phone]");
	return AUD_OK;
}

/* A port of both would be audio by one row and video by another. */
static enum aud_code
check_media(struct aud_site *site, const struct aud_yaml *map, struct aud_err *err)
{
	struct aud_range a = site->media.audio, v = site->media.video;

	if (!a.hi || !v.hi || a.lo > v.hi || v.lo > a.hi)
		return AUD_OK;
	return warn(site, aud_yaml_get(map, "video"), err,
	    "the ranges of audio (%u-%u) and video (%u-%u) overlap, so that audio cannot be told from video: check the pool's settings",
	    a.lo, a.hi, v.lo, v.hi);
}

static enum aud_code
check_waivers(struct aud_site *site, const struct aud_yaml *list, struct aud_err *err)
{
	enum aud_code code = AUD_OK;

	for (size_t i = 0; i < site->nwaivers && !code; i++)
		if (!site->waivers[i].expires)
			code = warn(site, &list->items[i], err, "this waiver never expires: add the day on which it is to be looked at again "
			    "(expires: YYYY-MM-DD)");
	return code;
}

enum aud_code
load_warnings(struct aud_site *site, const struct aud_yaml *root, struct aud_err *err)
{
	const struct aud_yaml *features = aud_yaml_get(root, "features"), *at = aud_yaml_get(root, "load_balancing");
	enum aud_code code = AUD_OK;

	site->warnings = calloc(ONLY_FOR + 5 + site->nwaivers, sizeof *site->warnings);
	if (!site->warnings)
		return aud_nomem(err);
	if (!site->nhosts)
		code = warn(site, root, err, "no hosts are defined: no address has a role, and no row can be judged: list them under hosts");
	if (!code && site->nhosts && site->product == AUD_PRODUCT_UNKNOWN)
		code = warn(site, root, err, "no product is named, so the documents of every product count: add 'product: "
		    "skype-for-business-2015' or 'product: lync-2013'");
	if (!code)
		code = check_media(site, aud_yaml_get(root, "media_ports"), err);
	if (!code)
		code = check_phones(site, aud_yaml_get(root, "hosts"), err);
	if (!code && at)
		code = check_balancing(site, at, err);
	for (size_t i = 0; i < ONLY_FOR && !code; i++) {
		const struct aud_host *h = host_with(site, AUD_ROLE_BIT(only_for[i].role));
		const char *feature = aud_feature_name(only_for[i].feature);

		if (h && site->features[only_for[i].feature] == AUD_NO)
			code = warn(site, aud_yaml_get(features, feature), err, "the feature %s is no, but the host in line %u is %s: correct one of "
			    "them", feature, h->line, aud_role_name(only_for[i].role));
	}
	return code ? code : check_waivers(site, aud_yaml_get(root, "waivers"), err);
}
