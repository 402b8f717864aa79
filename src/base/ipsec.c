/* Names and constants of IPsec's records, for every stage that tells of them. */
#include <stddef.h>
#include <string.h>

#include <aud/ipsec.h>

const unsigned aud_cadence_ms[AUD_SA_CADENCES] = {20, 30, 60};

const char *
aud_ipsec_encap_name(enum aud_ipsec_encap e)
{
	static const char *const names[] = {
#define X(e, name) [AUD_ENCAP_##e] = name,
	    AUD_IPSEC_ENCAPS(X)
#undef X
	};
	return names[e];
}

const char *
aud_ipsec_payload_name(enum aud_ipsec_payload p)
{
	static const char *const names[] = {
#define X(e, name) [AUD_PAYLOAD_##e] = name,
	    AUD_IPSEC_PAYLOADS(X)
#undef X
	};
	return names[p];
}

const char *
aud_ipsec_mode_name(enum aud_ipsec_mode m)
{
	static const char *const names[] = {
#define X(e, name) [AUD_IPSEC_##e] = name,
	    AUD_IPSEC_MODES(X)
#undef X
	};
	return names[m];
}

const char *
aud_ike_vendor_name(unsigned bit)
{
	switch (bit) {
#define X(e, n, name) case n: return name;
		AUD_IKE_VENDORS(X)
#undef X
	}
	return NULL;
}

/* RFC 2408, 3.1; RFC 2409; MS-AIPS, 2.2.1 and [MS-IKEE]. */
static const struct exchange {
	uint8_t type;
	const char *name;
} version1[] = {
    {1, "base"},
    {2, "main mode"},
    {3, "authentication only"},
    {4, "aggressive mode"},
    {5, "informational"},
    {6, "transaction (mode config)"},
    {32, "quick mode"},
    {33, "new group mode"},
    {243, "AuthIP main mode"},
    {244, "AuthIP quick mode"},
    {245, "AuthIP extended mode"},
    {246, "AuthIP notify"},
},
/* RFC 7296, 3.1; RFC 5723; RFC 6467; RFC 9242; RFC 9370. */
version2[] = {
    {34, "IKE_SA_INIT"},
    {35, "IKE_AUTH"},
    {36, "CREATE_CHILD_SA"},
    {37, "INFORMATIONAL"},
    {38, "IKE_SESSION_RESUME"},
    {39, "GSA_AUTH"},
    {40, "GSA_REGISTRATION"},
    {41, "GSA_REKEY"},
    {43, "IKE_INTERMEDIATE"},
    {44, "IKE_FOLLOWUP_KE"},
};

const char *
aud_ike_exchange_name(uint8_t version, uint8_t type)
{
	const struct exchange *v = version >> 4 == 1 ? version1 : version2;
	size_t n = version >> 4 == 1 ? sizeof version1 / sizeof *version1 : sizeof version2 / sizeof *version2;

	for (size_t i = 0; (version >> 4 == 1 || version >> 4 == 2) && i < n; i++)
		if (v[i].type == type)
			return v[i].name;
	return "unknown";
}

bool
aud_ike_authip(uint8_t version, uint8_t type)
{
	return version >> 4 == 1 && type >= 243 && type <= 246;
}

bool
aud_ike_is_authip(const struct aud_ike *k)
{
	for (unsigned i = 0; i < k->nexchanges; i++)
		if (aud_ike_authip(k->exchanges[i].version, k->exchanges[i].type))
			return true;
	return false;
}

int
aud_sa_cmp(const void *x, const void *y)
{
	const struct aud_sa *a = x, *b = y;
	int c;

	if ((c = aud_addr_cmp(&a->src, &b->src)) || (c = aud_addr_cmp(&a->dst, &b->dst)))
		return c;
	if (a->encap != b->encap)
		return a->encap < b->encap ? -1 : 1;
	return (a->spi > b->spi) - (a->spi < b->spi);
}

int
aud_ike_cmp(const void *x, const void *y)
{
	const struct aud_ike *a = x, *b = y;
	int c;

	if (a->first_ns != b->first_ns)
		return a->first_ns < b->first_ns ? -1 : 1;
	if ((c = aud_addr_cmp(&a->initiator, &b->initiator)) || (c = aud_addr_cmp(&a->responder, &b->responder)))
		return c;
	return memcmp(a->initiator_spi, b->initiator_spi, 8);
}
