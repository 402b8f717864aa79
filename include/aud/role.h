/*
 * Roles of hosts and features of a site: the vocabulary that site files and rules share.
 *
 * A set of roles is a 64-bit word. The first AUD_ROLE_BUILTIN bits are the roles below, the rest are the site's own names in
 * the order in which the site file introduces them.
 */
#ifndef AUD_ROLE_H
#define AUD_ROLE_H

#include <stdint.h>

/* X(enumerator, name in files, 1 where the group "server" contains it, English name) */
#define AUD_ROLES(X) \
	X(FRONT_END, "front-end", 1, "Front End Server") \
	X(DIRECTOR, "director", 1, "Director") \
	X(MEDIATION, "mediation", 1, "Mediation Server") \
	X(CMS, "central-management-store", 1, "Central Management Store host") \
	X(PERSISTENT_CHAT, "persistent-chat", 1, "Persistent Chat Front End Server") \
	X(OFFICE_WEB_APPS, "office-web-apps", 1, "Office Web Apps Server") \
	X(EXCHANGE_UM, "exchange-um", 1, "Exchange Unified Messaging") \
	X(MONITORING, "monitoring", 1, "Monitoring Server") \
	X(SBA, "survivable-branch", 1, "Survivable Branch Appliance") \
	X(EDGE_ACCESS, "edge-access", 1, "Access Edge service") \
	X(EDGE_WEBCONF, "edge-webconf", 1, "Web Conferencing Edge service") \
	X(EDGE_AV_INTERNAL, "edge-av-internal", 1, "A/V Edge, internal interface") \
	X(EDGE_AV_EXTERNAL, "edge-av-external", 1, "A/V Edge, external interface") \
	X(EDGE_INTERNAL, "edge-internal", 1, "Edge Server, internal interface") \
	X(RP_EXTERNAL, "reverse-proxy-external", 0, "Reverse proxy, external interface") \
	X(RP_INTERNAL, "reverse-proxy-internal", 0, "Reverse proxy, internal interface") \
	X(LB_FRONT_END, "lb-front-end", 0, "Load balancer of Front End Servers") \
	X(LB_DIRECTOR, "lb-director", 0, "Load balancer of Directors") \
	X(LB_MEDIATION, "lb-mediation", 0, "Load balancer of Mediation Servers") \
	X(APPLICATION_SHARING, "application-sharing", 1, "Application Sharing Server") \
	X(CLIENT, "client", 0, "Client") \
	X(CLIENT_EXTERNAL, "client-external", 0, "External client") \
	X(CLIENT_LEGACY, "client-legacy", 0, "Legacy client (Live Meeting)") \
	X(PHONE, "phone", 0, "IP phone") \
	X(PSTN_GATEWAY, "pstn-gateway", 0, "PSTN gateway") \
	X(RCC_GATEWAY, "rcc-gateway", 0, "Remote call control gateway or PBX") \
	X(E911_GATEWAY, "e911-gateway", 0, "E9-1-1 gateway") \
	X(PUBLIC_IM, "public-im-partner", 0, "Public IM partner") \
	X(LIVE_MESSENGER, "live-messenger-client", 0, "Windows Live Messenger client") \
	X(DHCP_SERVER, "dhcp-server", 0, "DHCP server") \
	X(ADMIN, "admin", 0, "Administrator's workstation") \
	X(SQL_SERVER, "sql-server", 0, "SQL Server") \
	X(DOMAIN_CONTROLLER, "domain-controller", 0, "Domain controller") \
	X(DNS_SERVER, "dns-server", 0, "DNS server") \
	X(ATTENDANT, "conferencing-attendant", 1, "Front End Server with Conferencing Attendant")

enum aud_role {
#define X(e, name, server, english) AUD_ROLE_##e,
	AUD_ROLES(X)
#undef X
	AUD_ROLE_BUILTIN,
	AUD_ROLE_MAX = 63,	/* bit 63 stays free for "any host, known or not" */
};

typedef uint64_t aud_roles;	/* a set */
#define AUD_ROLE_BIT(role) (UINT64_C(1) << (role))
#define AUD_ROLES_ANY UINT64_MAX

/* X(enumerator, name in files) */
#define AUD_FEATURES(X) \
	X(DIRECTORS, "directors") X(MOBILITY, "mobility") X(DIAL_IN, "dial-in") X(CALL_PARK, "call-park") \
	X(RESPONSE_GROUP, "response-group") X(ENTERPRISE_VOICE, "enterprise-voice") X(E911, "e911") \
	X(CAC, "call-admission-control") X(RCC, "remote-call-control") X(SBA, "survivable-branch") \
	X(LIVE_MEETING, "live-meeting") X(PERSISTENT_CHAT, "persistent-chat") X(OFFICE_WEB_APPS, "office-web-apps") \
	X(WEB_CONFERENCING, "web-conferencing") X(APPLICATION_SHARING, "application-sharing") \
	X(AV_CONFERENCING, "av-conferencing") X(EXTERNAL_ACCESS, "external-access") X(PUBLIC_IM, "public-im") \
	X(REVERSE_PROXY, "reverse-proxy") X(EXCHANGE_UM, "exchange-um") X(IPSEC, "ipsec") X(LEGACY_CLIENTS, "legacy-clients")

enum aud_feature {
#define X(e, name) AUD_FEATURE_##e,
	AUD_FEATURES(X)
#undef X
	AUD_FEATURE_COUNT
};

/* -1 where the name is none. */
int aud_role_by_name(const char *name);
const char *aud_role_name(enum aud_role);	/* built-in ones only */
const char *aud_role_english(enum aud_role);
aud_roles aud_roles_servers(void);		/* the group "server", built-in roles */
int aud_feature_by_name(const char *name);
const char *aud_feature_name(enum aud_feature);

/* Three-valued: what a site file may leave open. */
enum aud_tri { AUD_UNKNOWN, AUD_NO, AUD_YES };

#endif
