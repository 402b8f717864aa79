#include <aud/flow.h>

const char *
aud_handshake_name(enum aud_handshake h)
{
	switch (h) {
	case AUD_HS_NONE: return "none";
	case AUD_HS_SYN: return "syn";
	case AUD_HS_SYNACK: return "synack";
	case AUD_HS_SYN_SYNACK: return "syn+synack";
	case AUD_HS_FULL: return "full";
	}
	return "none";
}

const char *
aud_direction_name(enum aud_direction d)
{
	switch (d) {
	case AUD_DIR_SYN: return "syn";
	case AUD_DIR_SYNACK: return "synack";
	case AUD_DIR_DISSECTOR: return "dissector";
	case AUD_DIR_ROLE: return "role";
	case AUD_DIR_PORT: return "port";
	case AUD_DIR_FIRST: return "first-packet";
	}
	return "first-packet";
}

enum aud_handshake
aud_flow_handshake(const struct aud_flow *f)
{
	bool syn = f->bits & (AUD_FLOW_SYN0 | AUD_FLOW_SYN1), synack = f->bits & (AUD_FLOW_SYNACK0 | AUD_FLOW_SYNACK1);

	if (f->bits & AUD_FLOW_ACKED)
		return AUD_HS_FULL;
	if (syn && synack)
		return AUD_HS_SYN_SYNACK;
	return syn ? AUD_HS_SYN : synack ? AUD_HS_SYNACK : AUD_HS_NONE;
}

int
aud_flow_client(const struct aud_flow *f, enum aud_direction *by)
{
	*by = AUD_DIR_SYN;
	/* Both sides sent a SYN: a simultaneous open, or a port used again without a split; the first one counts. */
	if (f->bits & AUD_FLOW_SYN0)
		return 0;
	if (f->bits & AUD_FLOW_SYN1)
		return 1;
	*by = AUD_DIR_SYNACK;
	if (f->bits & AUD_FLOW_SYNACK1)
		return 0;
	if (f->bits & AUD_FLOW_SYNACK0)
		return 1;
	*by = AUD_DIR_DISSECTOR;
	if (f->bits & AUD_FLOW_CLIENT0)
		return 0;
	if (f->bits & AUD_FLOW_CLIENT1)
		return 1;
	*by = AUD_DIR_FIRST;
	return 0;
}
