/* nDPI 4.2 behind a few calls. Verdicts follow ndpiReader 4.2: a guess is told as AUD_BY_PORT. */
#ifndef AUD_NDPI_H
#define AUD_NDPI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aud/app.h"

/* nDPI's numbers that our own code needs; checked against nDPI's header in ndpi.c. */
enum {
	DPI_HTTP = 7, DPI_POPS = 23, DPI_SMTPS = 29, DPI_IMAPS = 51, DPI_STUN = 78, DPI_IPSEC = 79, DPI_RTP = 87,
	DPI_TLS = 91, DPI_SSH = 92, DPI_SIP = 100, DPI_RTCP = 165, DPI_TARGUS = 243,
};

struct dpi;

struct dpi *dpi_new(void);	/* NULL: out of memory */
void dpi_free(struct dpi *);

size_t dpi_state_size(void);
void dpi_state_init(void *state);
void dpi_state_done(void *state);	/* frees what the state points to, not the state */

/* Bytes of TLS that nDPI puts together beside the state of a TCP flow: as much as a record may say that it is long. */
size_t dpi_state_beside(const void *state);

/*
 * Shows one IP packet. last: ndpiReader would show no further one. Returns true when nothing more can be learnt: the
 * verdict is final. *app is what is known so far, all zero if nothing is.
 */
bool dpi_packet(struct dpi *, void *state, const uint8_t *ip, size_t len, uint64_t ms, bool last, struct aud_app *app);
/* The last word on a flow that ends undecided. */
void dpi_giveup(struct dpi *, void *state, struct aud_app *app);

/*
 * Names of a TLS server that nDPI read: the one of the hello, and those of the certificate, separated by commas. NULL: none. They
 * belong to the state.
 */
void dpi_server_names(const void *state, const char **asked, const char **certificate);

/* Is it TLS, or one of those that nDPI finds inside? */
bool dpi_over_tls(struct aud_app);

/* nDPI's name, "TLS.Skype_Teams". */
void dpi_name(struct dpi *, struct aud_app, char *out, size_t size);

#endif
