#include <ndpi/ndpi_api.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "aud/classify.h"
#include "ndpi.h"
#include "shortcut.h"

#define SAME(ours, ndpis) _Static_assert((int)(ours) == (int)(ndpis), "nDPI's number")
SAME(DPI_HTTP, NDPI_PROTOCOL_HTTP);
SAME(DPI_POPS, NDPI_PROTOCOL_MAIL_POPS);
SAME(DPI_SMTPS, NDPI_PROTOCOL_MAIL_SMTPS);
SAME(DPI_IMAPS, NDPI_PROTOCOL_MAIL_IMAPS);
SAME(DPI_STUN, NDPI_PROTOCOL_STUN);
SAME(DPI_IPSEC, NDPI_PROTOCOL_IP_IPSEC);
SAME(DPI_RTP, NDPI_PROTOCOL_RTP);
SAME(DPI_TLS, NDPI_PROTOCOL_TLS);
SAME(DPI_SSH, NDPI_PROTOCOL_SSH);
SAME(DPI_SIP, NDPI_PROTOCOL_SIP);
SAME(DPI_RTCP, NDPI_PROTOCOL_RTCP);
SAME(DPI_TARGUS, NDPI_PROTOCOL_TARGUS_GETDATA);

struct dpi {
	struct ndpi_detection_module_struct *nd;
	struct shortcuts *shortcuts;
};

static struct ndpi_detection_module_struct *
module(struct dpi *d)
{
	return d->nd;
}

struct dpi *
dpi_new(void)
{
	struct dpi *d = calloc(1, sizeof *d);
	NDPI_PROTOCOL_BITMASK all;

	if (!d || !(d->nd = ndpi_init_detection_module(ndpi_no_prefs))) {
		free(d);
		return NULL;
	}
	NDPI_BITMASK_SET_ALL(all);
	ndpi_set_protocol_detection_bitmask2(d->nd, &all);
	ndpi_finalize_initialization(d->nd);
	d->shortcuts = shortcuts_new(d->nd);
	if (!d->shortcuts) {
		dpi_free(d);
		return NULL;
	}
	return d;
}

void
dpi_free(struct dpi *d)
{
	if (d) {
		ndpi_exit_detection_module(d->nd);
		shortcuts_free(d->shortcuts);
	}
	free(d);
}

size_t
dpi_state_size(void)
{
	return SIZEOF_FLOW_STRUCT;
}

void
dpi_state_init(void *state)
{
	memset(state, 0, SIZEOF_FLOW_STRUCT);
}

void
dpi_state_done(void *state)
{
	ndpi_free_flow_data(state);
}

size_t
dpi_state_beside(const void *state)
{
	const struct ndpi_flow_struct *s = state;

	return s->l4.tcp.tls.message.buffer ? s->l4.tcp.tls.message.buffer_len : 0;
}

/* What the confidence column of ndpiReader says, in our words. */
static void
fill(struct aud_app *app, const struct ndpi_flow_struct *s, ndpi_protocol r)
{
	*app = (struct aud_app){.master = r.master_protocol, .sub = r.app_protocol};
	if (!app->master && !app->sub)
		return;
	/* nDPI 4.2 knows this one by its ports alone, whatever its confidence says. */
	app->by = s->confidence == NDPI_CONFIDENCE_DPI && r.app_protocol != DPI_TARGUS ? AUD_BY_DPI : AUD_BY_PORT;
}

bool
dpi_packet(struct dpi *d, void *state, const uint8_t *ip, size_t len, uint64_t ms, bool last, struct aud_app *app)
{
	struct ndpi_flow_struct *s = state;
	unsigned short n = len > UINT16_MAX ? UINT16_MAX : (unsigned short)len;
	ndpi_protocol r;

	shortcuts_use(d->shortcuts);
	r = ndpi_detection_process_packet(module(d), s, ip, n, ms);
	shortcuts_use(NULL);
	fill(app, s, r);
	if (!last && r.app_protocol == NDPI_PROTOCOL_UNKNOWN)
		return false;
	/* nDPI may yet read a certificate or a server name that names the service. */
	if (!last && ndpi_extra_dissection_possible(module(d), s))
		return false;
	if (r.app_protocol == NDPI_PROTOCOL_UNKNOWN)
		dpi_giveup(d, state, app);
	return true;
}

void
dpi_giveup(struct dpi *d, void *state, struct aud_app *app)
{
	struct ndpi_flow_struct *s = state;
	u_int8_t guessed;
	ndpi_protocol r;

	shortcuts_use(d->shortcuts);
	r = ndpi_detection_giveup(module(d), s, 1, &guessed);
	shortcuts_use(NULL);
	fill(app, s, r);
}

void
dpi_server_names(const void *state, const char **asked, const char **certificate)
{
	const struct ndpi_flow_struct *s = state;
	struct aud_app app = {.master = s->detected_protocol_stack[1], .sub = s->detected_protocol_stack[0]};

	*asked = *certificate = NULL;
	/* What is read here is a union: other protocols have other things in it. */
	if (!dpi_over_tls(app))
		return;
	*asked = s->host_server_name;
	*certificate = s->protos.tls_quic.server_names;
	if (!*certificate && s->protos.tls_quic.subjectDN && (*certificate = strstr(s->protos.tls_quic.subjectDN, "CN=")))
		*certificate += strlen("CN=");
}

bool
dpi_over_tls(struct aud_app app)
{
	static const uint16_t tls[] = {DPI_TLS, DPI_POPS, DPI_SMTPS, DPI_IMAPS};

	for (size_t i = 0; i < sizeof tls / sizeof *tls; i++)
		if (app.master == tls[i] || app.sub == tls[i])
			return true;
	return false;
}

void
dpi_name(struct dpi *d, struct aud_app app, char *out, size_t size)
{
	ndpi_protocol r = {.master_protocol = app.master, .app_protocol = app.sub};

	ndpi_protocol2name(module(d), r, out, (u_int)size);
}

const char *
aud_ndpi_version(void)
{
	return ndpi_revision();
}
