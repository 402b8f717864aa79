/*
 * Stage 5, conversations: ended flows folded by (client, server, server port, transport, application).
 *
 * Everything after this works on conversations: their number is that of who-talks-what-to-whom, not that of connections, and no
 * ephemeral port is part of the key. Written in audit/, read by attrib, matrix, judge, store and report.
 */
#ifndef AUD_CONV_H
#define AUD_CONV_H

#include <stdint.h>

#include "addr.h"
#include "app.h"
#include "flow.h"

enum { AUD_CONV_FRAMES = 3 };

struct aud_conv {
	/* the key */
	struct aud_addr client, server;
	uint16_t port;			/* the server's; 0 where the protocol has none */
	uint8_t proto;
	struct aud_app app;
	/* negotiated, as struct aud_flow_more's tls_version, 0 none seen; and the best evidence among the flows: they fill a gap here */
	uint8_t tls_min, tls_max;
	enum aud_direction direction : 8;
	/* the tally, sums over flows; [0] is the client's side */
	uint64_t packets[2], bytes[2];
	uint64_t first_ns, last_ns;
	uint32_t flows;			/* as the other counts of flows, at most 2^32 - 1 */
	uint32_t established;		/* TCP flows with a full or SYN+SYN-ACK handshake */
	uint32_t midstream;		/* TCP flows without SYN or SYN-ACK */
	uint32_t answered;		/* flows in which both sides sent (TCP: other than a refusing RST) */
	uint32_t unanswered;		/* flows in which only the client sent */
	uint32_t one_sided;		/* TCP flows in which both sides must have spoken, and one was captured */
	uint32_t server_only;		/* flows in which only the server sent */
	uint32_t refused_rst, refused_icmp, filtered_icmp;
	uint32_t with_data[2];		/* flows in which that side sent payload */
	uint32_t facts;			/* enum aud_fact, of which some flow has it */
	uint32_t hellos, server_hellos;	/* flows with a ClientHello, with a ServerHello */
	uint32_t certificates, no_certificates;	/* flows with AUD_FACT_CLIENT_CERT, with AUD_FACT_CLIENT_NOCERT */
	uint32_t truncated;		/* flows with truncated packets */
	uint32_t gaps;			/* flows with acknowledged but unseen data */
	uint32_t ah;			/* flows under an authentication header */
	uint32_t esp_null;		/* flows inside ESP without encryption, or WESP */
	uint32_t duplicates;
	uint16_t client_port_lo, client_port_hi;
	uint16_t tunnel;		/* of the first flow: aud_decoder_tunnel() */
	uint64_t frames[AUD_CONV_FRAMES];	/* earliest first frames of flows (input << 48 | frame), 0 none */
	uint64_t app_frame;		/* earliest frame that decided the application; 0 none */
	uint64_t tls_frame;		/* earliest that shows tls_min; 0 none */
	uint64_t nocert_frame;		/* earliest that shows a client going on without a certificate; 0 none */
};
_Static_assert(sizeof(struct aud_conv) <= 240, "of small flows there is one for nearly each: most of the memory that an audit needs");

#endif
