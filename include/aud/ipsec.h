/*
 * IPsec stage: packets of IPsec and IKE -> security associations, negotiations, and what can be read inside them.
 *
 * It stands between decode and flow and sees every packet with AUD_PKT_IPSEC, in the order of the capture, from one thread at a time:
 * an association in tunnel mode hides packets of many pairs of hosts, and its sequence numbers mean something only in one place. What
 * it hands on is either the packet itself or where in it clear text was found; the decoder goes on from there.
 *
 * Wire: AH RFC 4302, ESP RFC 4303, WESP RFC 5840, ESP in UDP RFC 3948, in TCP RFC 9329, IKEv1 RFC 2408 and 2409, IKEv2 RFC 7296,
 * AuthIP MS-AIPS; ESP without encryption is told by the method of RFC 5879.
 *
 * Ownership: the records belong to their context and are valid until it is freed.
 */
#ifndef AUD_IPSEC_H
#define AUD_IPSEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "err.h"
#include "packet.h"

/* X(enumerator, name as records print it) */
#define AUD_IPSEC_ENCAPS(X) \
	X(ESP, "esp") X(AH, "ah") X(WESP, "wesp") X(ESP_UDP, "esp-in-udp") X(ESP_TCP, "esp-in-tcp")
enum aud_ipsec_encap {
#define X(e, name) AUD_ENCAP_##e,
	AUD_IPSEC_ENCAPS(X)
#undef X
};
const char *aud_ipsec_encap_name(enum aud_ipsec_encap);

/*
 * What is known of an association's payload.
 *
 * undecided  too few whole packets (fewer than four that could be tested), or none: see tested, truncated, fragments
 * encrypted  at least four were tested, and no length of integrity value leaves a trailer with the same meaning: no clear text that this
 *            program could recognise. Or WESP says so itself (wesp_says)
 * null       ESP without encryption: two UDP packets of equal ports, three UDP packets, three TCP packets of equal ports, or four
 *            packets of any protocol agree about where the integrity value begins, with no packet between them that disagrees
 * wesp-clear WESP says that the payload is not encrypted, and it parses
 * ah         an authentication header hides nothing
 */
#define AUD_IPSEC_PAYLOADS(X) \
	X(UNDECIDED, "undecided") X(ENCRYPTED, "encrypted") X(NULL, "null") X(WESP_CLEAR, "wesp-clear") X(AH, "ah")
enum aud_ipsec_payload {
#define X(e, name) AUD_PAYLOAD_##e,
	AUD_IPSEC_PAYLOADS(X)
#undef X
};
const char *aud_ipsec_payload_name(enum aud_ipsec_payload);

/* Known only where the payload can be read; of one that is encrypted the wire does not tell. */
#define AUD_IPSEC_MODES(X) X(UNKNOWN, "unknown") X(TRANSPORT, "transport") X(TUNNEL, "tunnel") X(BOTH, "both")
enum aud_ipsec_mode {
#define X(e, name) AUD_IPSEC_##e,
	AUD_IPSEC_MODES(X)
#undef X
};
const char *aud_ipsec_mode_name(enum aud_ipsec_mode);

enum { AUD_SA_FRAMES = 3, AUD_SA_INNER = 4, AUD_SA_CADENCES = 3, AUD_IKE_EXCHANGES = 8, AUD_IV_UNKNOWN = 255 };

/* Who talks inside an association that can be read; the first AUD_SA_INNER of them. */
struct aud_sa_inner {
	struct aud_addr src, dst;	/* the association's own in transport mode */
	uint16_t sport, dport;		/* 0 where the protocol has none */
	uint8_t proto;
	uint64_t packets;
	uint64_t first_ns, last_ns;
	uint64_t frame;			/* of the first */
};

/* The intervals of packets that audio codecs keep to: 20, 30 and 60 ms. */
extern const unsigned aud_cadence_ms[AUD_SA_CADENCES];

/*
 * How well an association keeps to such an interval. Its time is cut into seconds from its first packet on; a second keeps to an interval
 * when its packets are within 10 % of the right number (20 ms: 45 to 55, 30 ms: 30 to 37, 60 ms: 15 to 18).
 */
struct aud_cadence {
	uint64_t near;		/* packets that came within a quarter of the interval of it after the one before */
	uint32_t seconds;	/* that keep to it, in all */
	uint32_t run;		/* the longest run of such seconds */
	uint64_t run_ns;	/* when that run began */
};

/* A security association as the wire shows it: one direction. */
struct aud_sa {
	/* the key */
	struct aud_addr src, dst;
	uint32_t spi;
	enum aud_ipsec_encap encap;
	/* how it is wrapped */
	uint16_t sport, dport;		/* of the first packet, in UDP and TCP; 0 else */
	bool under_ah;			/* some packet has an authentication header outside of this one */
	bool sure;			/* it is ESP: by its protocol number, or in UDP by numbers that follow each other or IKE between the two */
	uint16_t tunnel;		/* in which the first packet was seen: aud_decoder_tunnel() */
	/* the tally */
	uint64_t packets;		/* without copies and later fragments */
	uint64_t bytes;			/* IP total lengths, later fragments included */
	uint64_t first_ns, last_ns;
	uint64_t frames[AUD_SA_FRAMES];	/* the first ones: input << 48 | frame; 0 none */
	uint64_t copies;		/* of one packet within the time in which a mirror repeats it: not in packets */
	uint64_t fragments;		/* later fragments */
	uint64_t truncated;		/* packets that were captured cut short */
	/* sequence numbers, also beyond 2^32 (only the lower half of an extended one is on the wire) */
	uint32_t first_seq, last_seq;	/* of the first packet; the highest since the last restart */
	uint64_t lost;			/* numbers that were skipped and did not come later: lost before the capture or by it */
	uint64_t gaps;			/* places where numbers were skipped */
	uint64_t late;			/* out of order: no loss */
	uint64_t duplicates;		/* a number again, and no copy by a mirror */
	uint64_t restarts;		/* counting began anew: another association of the same number, or a restarted peer */
	uint64_t strays;		/* numbers far off that were not gone on from */
	/* what is inside */
	enum aud_ipsec_payload payload;
	enum aud_ipsec_mode mode;
	bool wesp_says;			/* WESP's header says whether it is encrypted, and that is what payload tells */
	uint8_t icv, iv;		/* bytes of integrity value and of initialisation vector, of what is null; iv may be AUD_IV_UNKNOWN */
	uint64_t tested;		/* whole packets that were looked at */
	uint64_t opaque;		/* of them those whose end fits no integrity value's length */
	uint64_t decided_frame;		/* the packet that decided; 0 none */
	uint64_t read;			/* packets whose content was handed on as flows */
	uint64_t unread;		/* of an association that can be read: packets that passed before that was known, or that did not parse */
	struct aud_sa_inner inner[AUD_SA_INNER];
	uint8_t ninner;
	bool inner_more;		/* there were others */
	struct aud_cadence cadence[AUD_SA_CADENCES];
};

/* X(enumerator, bit, name): vendor ids that say what a peer is or can do. */
#define AUD_IKE_VENDORS(X) \
	X(NAT_T, 0, "NAT traversal (RFC 3947)") \
	X(NAT_T_DRAFT, 1, "NAT traversal (draft)") \
	X(DPD, 2, "dead peer detection (RFC 3706)") \
	X(XAUTH, 3, "XAUTH") \
	X(FRAGMENTATION, 4, "IKE fragmentation") \
	X(MICROSOFT, 5, "Microsoft Windows") \
	X(MS_DISCOVERY, 6, "Microsoft negotiation discovery") \
	X(MS_AUTHIP, 7, "Microsoft AuthIP") \
	X(MS_CGA, 8, "Microsoft IKE CGA") \
	X(INITIAL_CONTACT, 9, "Microsoft initial contact") \
	X(CISCO_UNITY, 10, "Cisco Unity") \
	X(STRONGSWAN, 11, "strongSwan")
enum aud_ike_vendor {
#define X(e, bit, name) AUD_VENDOR_##e = 1 << bit,
	AUD_IKE_VENDORS(X)
#undef X
};
const char *aud_ike_vendor_name(unsigned bit);	/* bit: 0 to 31; NULL: none */

/* A kind of exchange within a negotiation; names by aud_ike_exchange_name(). */
struct aud_ike_exchange {
	uint8_t version;		/* as on the wire: 0x10, 0x20 */
	uint8_t type;
	uint64_t messages[2];		/* [0]: from the initiator of the negotiation */
	uint64_t first_ns;
	uint64_t answer_ns;		/* the other side's first message after that; 0 none */
};
/* "identity protection (main mode)", "AuthIP quick mode", "IKE_SA_INIT", ...; "unknown" */
const char *aud_ike_exchange_name(uint8_t version, uint8_t type);
/* 243 to 246 under version 1 */
bool aud_ike_authip(uint8_t version, uint8_t type);

/* A negotiation: all messages of one initiator's cookie or SPI between two hosts. */
struct aud_ike {
	/* the key */
	struct aud_addr initiator, responder;
	uint8_t initiator_spi[8];
	/* who */
	uint8_t responder_spi[8];	/* the first that is not zero */
	bool sides_known;		/* false: only later messages were seen, and the first one's sender stands as initiator */
	uint16_t sport, dport;		/* of the first message, from its sender */
	bool nat_t;			/* some message went to or from port 4500 behind the non-ESP marker */
	bool tcp;			/* RFC 9329 */
	uint16_t tunnel;		/* in which the first message was seen */
	/* what */
	struct aud_ike_exchange exchanges[AUD_IKE_EXCHANGES];	/* in the order of appearance */
	uint8_t nexchanges;
	bool exchanges_more;
	uint32_t vendors;		/* enum aud_ike_vendor */
	uint32_t other_vendors;		/* vendor ids that are not known here */
	/* the tally */
	uint64_t messages[2];		/* [0]: the initiator's; without copies by a mirror */
	uint64_t bytes;			/* IP total lengths */
	uint64_t retransmissions[2];	/* the same message number, exchange and size again */
	uint64_t copies;
	uint64_t first_ns, last_ns;
	uint64_t answer_ns;		/* the responder's first message; 0: not answered. The delay is answer_ns - first_ns */
	uint64_t frames[AUD_SA_FRAMES];
	uint64_t answer_frame;
};
/* Does any exchange have AuthIP's type? */
bool aud_ike_is_authip(const struct aud_ike *);

/* The orders of records in results, for qsort(). */
int aud_sa_cmp(const void *, const void *);
int aud_ike_cmp(const void *, const void *);

struct aud_ipsec_stats {
	uint64_t esp, ah, wesp, esp_udp, esp_tcp;	/* packets, copies included, later fragments not */
	uint64_t ike;			/* messages */
	uint64_t keepalives;		/* of a NAT (RFC 3948 section 4) */
	uint64_t malformed;		/* IP protocol or port of IPsec, but shorter than a header or with reserved values */
	uint64_t not_esp;		/* datagrams of port 4500 that never proved to be ESP */
	uint64_t evicted_sas, evicted_ikes;	/* records that had to go for want of room */
	uint64_t unheld;		/* packets that could not be kept until their association was decided */
};

struct aud_ipsec_result {
	const struct aud_sa *sas;	/* sorted by source, destination, encapsulation, SPI */
	size_t nsas;
	const struct aud_ike *ikes;	/* sorted by first time, then key */
	size_t nikes;
	struct aud_ipsec_stats stats;
};

struct aud_ipsec_opts {
	size_t max_sas, max_ikes;	/* records at most; 0: 65536 each */
	size_t max_kept;		/* bytes of packets kept until their association is decided; 0: 4 MiB */
	bool dedup;			/* a mirror's copies are told from duplicates */
	uint64_t dedup_ns;		/* 0: 1 ms */
	uint64_t secret;		/* places records in their tables; changes no result */
};

/* What goes on to the flow stage. */
struct aud_ipsec_out {
	const struct aud_packet *packet;	/* as it came, or a copy that lives as long as the context */
	bool clear;			/* false: the packet goes on as it is. true: as aud_decode_inside() reads it */
	uint8_t proto;			/* what is inside; 4 and 41: an IP packet */
	uint16_t at;			/* where, from packet->ip */
	uint32_t end;			/* and where it ends, from packet->ip: the trailer is none of it */
	enum aud_inside in;
};
typedef enum aud_code aud_ipsec_emit(void *user, const struct aud_ipsec_out *, struct aud_err *);

/* Bytes that a record costs at most, of either kind, its place in the table and its copy included. */
enum { AUD_SA_COST = 5120 };

struct aud_ipsec;
enum aud_code aud_ipsec_new(struct aud_ipsec **out, const struct aud_ipsec_opts *, struct aud_err *err) AUD_CHECKED;
void aud_ipsec_free(struct aud_ipsec *);
/* Shows a packet with AUD_PKT_IPSEC, and hands on what is to go on: nothing, it, or it and some that waited for it. */
enum aud_code aud_ipsec_packet(struct aud_ipsec *, const struct aud_packet *, aud_ipsec_emit *, void *user, struct aud_err *err) AUD_CHECKED;
/* The input has ended: hands on what still waits. */
enum aud_code aud_ipsec_flush(struct aud_ipsec *, aud_ipsec_emit *, void *user, struct aud_err *err) AUD_CHECKED;
/*
 * The records as they are now, while packets go on being shown, of those that were seen from since_ns on, without associations of which it
 * is not yet decided what they carry unless they began before settled_ns: arrays of the caller's, for aud_ipsec_peek_free().
 */
enum aud_code aud_ipsec_peek(const struct aud_ipsec *, uint64_t since_ns, uint64_t settled_ns, struct aud_ipsec_result *out,
    struct aud_err *err) AUD_CHECKED;
void aud_ipsec_peek_free(struct aud_ipsec_result *);
/*
 * What the next start of an audit that goes on needs: records with their working state as bytes, which aud_ipsec_restore() reads, and the packets
 * that wait for their association to be decided.
 */
#define AUD_IPSEC_PARTS(X) X(ASSOCIATION, "association") X(NEGOTIATION, "negotiation") X(REST, "rest")
enum aud_ipsec_part {
#define X(e, name) AUD_PART_##e,
	AUD_IPSEC_PARTS(X)
#undef X
};
struct aud_ipsec_saved {
	enum aud_ipsec_part part;
	uint32_t slot;		/* its place among those of its part: what is saved there later takes its place */
	uint64_t last_ns;	/* when it was seen last; of the rest UINT64_MAX / 2: it has no age */
	uint16_t tunnel;	/* aud_decoder_tunnel(); that text outlives the number */
	const char *tunnel_text;	/* NULL: for the caller to fill */
	size_t n;
	const uint8_t *bytes;
};
struct aud_ipsec_saves {
	struct aud_ipsec_saved *v;
	size_t n;
	uint64_t round;
	uint8_t *bytes;
};
/* Those that changed since the save of round after (0: all). *out is the caller's, for aud_ipsec_saves_free(). */
enum aud_code aud_ipsec_save(struct aud_ipsec *, uint64_t after, struct aud_ipsec_saves *out, struct aud_err *err) AUD_CHECKED;
void aud_ipsec_saves_free(struct aud_ipsec_saves *);
/* What a restore asks of its caller. */
struct aud_ipsec_again {
	uint64_t (*frame)(const void *user, uint64_t no);	/* the number that a frame has now; 0 for 0 */
	/* aud_decode(), by a decoder whose books count nothing that was captured now. */
	unsigned (*decode)(const void *user, const struct aud_frame *, struct aud_packet out[2]);
	const void *user;
};
/* One of them, into a fresh context. AUD_FORMAT: these are not bytes that a save has made, and nothing was changed. */
enum aud_code aud_ipsec_restore(struct aud_ipsec *, const struct aud_ipsec_saved *, const struct aud_ipsec_again *, struct aud_err *err) AUD_CHECKED;
/* Of an input that has no end, now and then: gives back the memory of packets that waited, where none waits any more. */
void aud_ipsec_tidy(struct aud_ipsec *);
/* Sorts the records; nothing may be shown any more. Later calls return the same. *out is the context's. */
enum aud_code aud_ipsec_result(struct aud_ipsec *, const struct aud_ipsec_result **out, struct aud_err *err) AUD_CHECKED;

#endif
