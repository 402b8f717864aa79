/* SQL Server Resolution Protocol on UDP 1434, MC-SQLR section 2.2. */
#include <string.h>

#include "own.h"

enum { CLNT_BCAST_EX = 2, CLNT_UCAST_EX = 3, CLNT_UCAST_INST = 4, SVR_RESP = 5, CLNT_UCAST_DAC = 15 };
enum { NAME_MAX_BYTES = 32 };

/* An instance name, ended by a null byte, and nothing behind it. */
static bool
instance(struct aud_view v)
{
	size_t n = view_left(&v);

	if (n < 2 || n > NAME_MAX_BYTES + 1 || v.p[n - 1])
		return false;
	for (size_t i = 0; i < n - 1; i++)
		if (v.p[i] < ' ' || v.p[i] == 0x7f)
			return false;
	return true;
}

bool
ssrp_request(struct aud_view v, uint32_t sent)
{
	uint8_t type, version;

	if (view_left(&v) != sent || !view_u8(&v, &type))
		return false;
	switch (type) {
	case CLNT_BCAST_EX:
	case CLNT_UCAST_EX: return !view_left(&v);
	case CLNT_UCAST_INST: return instance(v);
	case CLNT_UCAST_DAC: return view_u8(&v, &version) && version == 1 && instance(v);
	}
	return false;
}

/* The ports behind ";tcp;" in the lists of the instances, each of which ends in ";;". */
static void
tcp_ports(struct aud_view v, struct found *out)
{
	while (view_left(&v) > 5) {
		uint32_t port = 0;

		if (memcmp(v.p, ";tcp;", 5) != 0) {
			v.p++;
			continue;
		}
		/* The separator behind the number may begin the next one. */
		for (v.p += 5; view_left(&v) && *v.p >= '0' && *v.p <= '9' && port <= UINT16_MAX; v.p++)
			port = port * 10 + (uint32_t)(*v.p - '0');
		if (view_left(&v) && *v.p == ';' && port && port <= UINT16_MAX && out->ntold < TOLD_PORTS)
			out->told[out->ntold++] = (uint16_t)port;
	}
}

bool
ssrp_response(struct aud_view v, uint32_t sent, struct found *out)
{
	static const char first[] = "ServerName;";
	uint8_t type;

	if (!view_u8(&v, &type) || type != SVR_RESP || view_left(&v) < 2 || le16(v.p) + 3u != sent || !view_skip(&v, 2))
		return false;
	out->ntold = 0;
	/* The answer for the dedicated administrator connection: version 1 and the port. */
	if (sent == 6 && view_left(&v) == 3 && v.p[0] == 1) {
		if (le16(v.p + 1))
			out->told[out->ntold++] = le16(v.p + 1);
	} else if (view_left(&v) < sizeof first - 1 || memcmp(v.p, first, sizeof first - 1) != 0)
		return false;
	else
		tcp_ports(v, out);
	out->told_fact = AUD_FACT_TOLD_SQL;
	return true;
}
