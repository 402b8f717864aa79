/* What tls.c, session.c and hello.c share. */
#ifndef AUD_TLS_H
#define AUD_TLS_H

#include "own.h"

enum { REC_CCS = 20, REC_ALERT = 21, REC_HANDSHAKE = 22, REC_DATA = 23, REC_HEARTBEAT = 24 /* RFC 6520 */ };

enum tls_message {
	MSG_HELLO_REQUEST = 0, MSG_CLIENT_HELLO = 1, MSG_SERVER_HELLO = 2, MSG_NEW_TICKET = 4,
	MSG_CERTIFICATE = 11, MSG_SERVER_KEY = 12, MSG_CERT_REQUEST = 13, MSG_SERVER_DONE = 14,
	MSG_CERT_VERIFY = 15, MSG_CLIENT_KEY = 16, MSG_FINISHED = 20,
	MSG_CERT_URL = 21, MSG_CERT_STATUS = 22, MSG_SUPPLEMENTAL = 23,
};

enum hello_step {
	HELLO_VERSION, HELLO_SESSION, HELLO_CIPHER, HELLO_COMPRESSION,
	HELLO_EXTENSIONS, HELLO_EXTENSION, HELLO_LIST, HELLO_LISTED,
};

enum tls_state {
	SIDE_NONE,	/* no byte seen */
	SIDE_START,	/* nothing but a hello, or an alert, may come */
	SIDE_FULL,	/* followed from the first byte on */
	SIDE_RECORDS,	/* only framing: the start was not seen, or some of it was lost */
	SIDE_LOST,
};

enum tls_seen {
	SEEN_CCS0 = 1 << 0, SEEN_CCS1 = 1 << 1,	/* ChangeCipherSpec of side 0 and 1 */
	SEEN_CLIENT_KEY = 1 << 2, SEEN_SERVER_KEY = 1 << 3, SEEN_SERVER_CERT = 1 << 4, SEEN_SERVER_DONE = 1 << 5,
	SEEN_HELLO_HERE = 1 << 6,		/* the record at hand has the ServerHello */
	SEEN_NO_CERT = 1 << 7,			/* the client's certificate is empty, or was left out */
	SEEN_CLIENT_DATA = 1 << 8, SEEN_SERVER_DATA = 1 << 9,
	SEEN_FINISHED0 = 1 << 10, SEEN_FINISHED1 = 1 << 11,
	SEEN_AGAIN = 1 << 12,			/* encrypted handshake messages after Finished */
	SEEN_RECORDS0 = 1 << 13, SEEN_RECORDS1 = 1 << 14,	/* what AUD_FACT_TLS_RECORD says, of either side */
};

/* How far the session is, session.c. The header of a record is at hand, its length in the side's record. */
void session_record(struct tls *, int side);
void session_framed(struct tls *, int side);
/* The handshake can show no more: only what follows it is looked at. */
void session_over(struct tls *);
/* A segment was read: what it costs of our patience. */
void session_segment(struct tls *, int side, uint32_t sent);
void session_tell(struct tls *, struct found *);

static inline bool
tls_encrypted(const struct tls *t, int side)
{
	return t->seen & (side ? SEEN_CCS1 : SEEN_CCS0);
}

#endif
