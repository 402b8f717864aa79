/*
 * Stage 9, discover: conversations without roles -> the draft of a site file, for a person to review.
 *
 * Input: the report of an audit made without a site, with the matrix, and the names that servers go by in TLS. Output: struct aud_draft,
 * which borrows nothing. Every role is a guess by what the rules of the matrix say of the ports that a host answers and uses, of its
 * peers and of certificates; the draft tells the evidence, and what it could not decide. Addresses and names decide nothing.
 */
#ifndef AUD_DISCOVER_H
#define AUD_DISCOVER_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "addr.h"
#include "err.h"
#include "report.h"

enum { AUD_SERVER_NAME = 80 };

/* A name under which a server was asked for, or which its certificate bears. */
struct aud_server_name {
	struct aud_addr server;
	char name[AUD_SERVER_NAME];	/* as it came over the network: any bytes */
	bool certificate;		/* of the certificate; else of the client's hello */
};

struct aud_draft;
enum aud_code aud_draft_new(struct aud_draft **out, const struct aud_report *, const struct aud_server_name *, size_t nnames,
    struct aud_err *err) AUD_CHECKED;
void aud_draft_free(struct aud_draft *);
/* YAML that aud_site_load() takes. Failures of writing are left to out's error flag. */
void aud_draft_write(const struct aud_draft *, FILE *out);

#endif
