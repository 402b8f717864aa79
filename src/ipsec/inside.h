/*
 * IPsec stage, inside: packets are taken apart in ipsec.c (ESP and AH) and ike.c; sa.c and ike.c keep the records, clear.c tells
 * clear text in ESP, hold.c keeps the packets that wait for its verdict; save.c writes all of it for the next start of an audit that goes on,
 * and restore.c reads it.
 *
 * Working state lies behind each record; the records that readers get are copied out of it at the end.
 */
#ifndef IPSEC_INSIDE_H
#define IPSEC_INSIDE_H

#include <aud/ipsec.h>
#include <view.h>

enum { ICVS = 5, IVS = 2, CANDIDATES = 4, HELD = 6, WINDOW = 256, RECENT = 16, RECENT_IKE = 8, FRAGMENTS = 64, STREAMS = 64 };

/* clear.c: what ESP's payload would be without encryption. */
extern const uint8_t icv_sizes[ICVS], iv_sizes[IVS];

struct clear_text {
	uint8_t proto;
	uint8_t icv, iv;	/* indices into the sizes */
	uint16_t sport, dport;
	uint32_t at, end;	/* of what is inside, from the ESP header on */
};

/* One way to read an association that several packets agree on. */
struct candidate {
	uint8_t proto, icv, iv, n;
	uint16_t sport, dport;
};

struct clear_state {
	uint32_t addresses;	/* sum of the two IPv6 addresses as ICMPv6's checksum has it */
	uint8_t run[ICVS];	/* packets in a row with a trailer in front of that integrity value; saturates */
	uint8_t same[ICVS];	/* of them the last with the same protocol in it */
	uint8_t proto[ICVS];	/* which one */
	uint8_t shapes[ICVS][IVS];	/* of the run, packets that also have the shape of their protocol */
	uint8_t udp[ICVS][IVS];	/* ... of UDP */
	struct candidate candidate[CANDIDATES];
	uint8_t ncandidates;
	bool decided;		/* icv is known, and so is iv unless it is IVS */
	uint8_t icv, iv;
	uint8_t misfits;	/* in a row, once decided */
};

enum clear_answer {
	CLEAR_NO,	/* no length of integrity value fits */
	CLEAR_MAYBE,	/* a trailer, nothing more */
	CLEAR_SHAPE,	/* a trailer and the shape of its protocol: worth to be kept */
	CLEAR_DECIDED,	/* this packet decided */
	CLEAR_READ,	/* decided before, and this one reads well: *out */
	CLEAR_MISFIT,	/* decided before, but this one does not */
};
void clear_begin(struct clear_state *, const struct aud_addr *src, const struct aud_addr *dst);
/* Shows a whole ESP packet, from its header on. */
enum clear_answer clear_look(struct clear_state *, struct aud_view esp, struct clear_text *out);
/* Reads one by what was decided. */
bool clear_read(const struct clear_state *, struct aud_view esp, struct clear_text *out);
/* Reads what is there by an integrity value and an offset that are told (WESP). */
bool clear_told(struct aud_view esp, uint8_t proto, uint32_t at, uint32_t icv, struct clear_text *out);
/* Who talks in an IP packet inside; false: it is none. Extension headers of IPv6 are not passed: the first is the protocol then. */
bool clear_tunnel(uint8_t proto, struct aud_view inside, struct aud_sa_inner *);

/* hold.c: copies of packets that wait for a verdict. */
struct held {
	struct aud_packet packet;
	uint32_t seq;
	uint16_t at;		/* ESP header, from packet.ip */
	bool copy;		/* a mirror's, of one that waits */
};
struct hold;
struct hold *hold_new(size_t max);	/* NULL: out of memory */
void hold_free(struct hold *);
/* Gives all copies back. */
void hold_clear(struct hold *);
/* A copy that lives as long as the hold, or until it is cleared; false: no room. */
bool hold_packet(struct hold *, const struct aud_packet *, struct held *out);

/* sa.c */
struct sa {
	struct aud_sa rec;
	uint32_t next;		/* of its bucket: index + 1 */
	uint32_t hash;
	uint64_t touched;	/* the round of saves in which it changed last */
	/* sequence numbers */
	uint32_t high, stray;
	bool begun, strayed;
	uint64_t seen[WINDOW / 64];	/* bit i: high - i was seen */
	struct recent {
		uint64_t ts_ns;
		uint32_t seq;
	} recent[RECENT];
	uint8_t nrecent;
	/* cadence */
	uint64_t second, in_second;
	uint32_t run[AUD_SA_CADENCES];
	uint64_t run_ns[AUD_SA_CADENCES];
	/* clear text */
	struct clear_state clear;
	struct held *held;	/* HELD of them while some wait */
	uint8_t nheld;
};

struct sa_key {
	struct aud_addr src, dst;
	uint32_t spi;
	enum aud_ipsec_encap encap;
};

struct sa_table {
	struct sa *v;
	size_t n, cap, max;
	uint32_t *buckets;
	size_t mask;
	uint32_t hand;
	uint64_t secret, evicted;
};
enum aud_code sa_table_init(struct sa_table *, size_t max, uint64_t secret, struct aud_err *) AUD_CHECKED;
void sa_table_clear(struct sa_table *);
/* The record of a key, made where there is none; *fresh tells. *out NULL: there was no room. */
enum aud_code sa_get(struct sa_table *, const struct sa_key *, struct sa **out, bool *fresh, struct aud_err *) AUD_CHECKED;
/* Accounts a packet with its sequence number; false: it is a mirror's copy and was not counted. */
bool sa_account(struct sa *, const struct aud_packet *, uint32_t seq, uint32_t bytes, uint64_t copy_ns);
/* A further flow inside. */
void sa_inner(struct sa *, const struct aud_packet *, const struct aud_sa_inner *);
void sa_finish(struct sa *);

/* ike.c */
struct ike {
	struct aud_ike rec;
	uint32_t next, hash;
	uint64_t touched;
	uint16_t nat_port[2];	/* of the last message behind the non-ESP marker: the initiator's, the responder's */
	uint8_t first_side[AUD_IKE_EXCHANGES];
	struct recent_ike {
		uint64_t ts_ns, print;
	} recent[RECENT_IKE];
	uint8_t nrecent;
};
struct ike_table {
	struct ike *v;
	size_t n, cap, max;
	uint32_t *buckets;
	size_t mask;
	uint32_t hand;
	uint64_t secret, evicted;
};
enum aud_code ike_table_init(struct ike_table *, size_t max, uint64_t secret, struct aud_err *) AUD_CHECKED;
void ike_table_clear(struct ike_table *);
/* How a message came. */
struct ike_way {
	const struct aud_packet *packet;
	uint64_t copy_ns, round;
	bool nat_t, tcp;
};
/* Is it a message, and if so accounts it. *is false: none. sent: bytes as sent, from the header on. */
enum aud_code ike_message(struct ike_table *, const struct ike_way *, struct aud_view, uint32_t sent, bool *is, struct aud_err *) AUD_CHECKED;
/* A record for a key; *out NULL: it has one. */
enum aud_code ike_take(struct ike_table *, const struct aud_ike *key, struct ike **out, struct aud_err *) AUD_CHECKED;

/* vendor.c: the vendor ids in a message's payloads. */
void vendor_ids(struct aud_view payloads, uint8_t first, bool v2, uint32_t *known, uint32_t *others);

/* stream.c: ESP and IKE in TCP, RFC 9329. */
struct streams {
	struct stream {
		struct aud_addr src, dst;
		uint16_t sport, dport;
		bool used;
		uint32_t next;	/* sequence number at which the next message begins */
	} v[STREAMS];
	unsigned hand;
};
/* Goes over the messages that begin in a segment: each(user, message, sent) from behind its length. */
typedef enum aud_code stream_each(void *user, const struct aud_packet *, struct aud_view, uint32_t sent, struct aud_err *);
enum aud_code stream_segment(struct streams *, const struct aud_packet *, stream_each *, void *user, struct aud_err *) AUD_CHECKED;

/* A record as bytes is no longer than it is in memory, without the packets that wait: these are bounded by themselves. */
_Static_assert(3 * sizeof(struct sa) + sizeof(struct aud_sa) + sizeof(struct aud_ipsec_saved) + 16 <= AUD_SA_COST, "what a record costs while its table grows");
_Static_assert(3 * sizeof(struct ike) + sizeof(struct aud_ike) + sizeof(struct aud_ipsec_saved) + 16 <= AUD_SA_COST, "the same");

struct aud_ipsec {
	struct aud_ipsec_opts opts;
	struct sa_table sas;
	struct ike_table ikes;
	struct hold *hold;
	struct streams *streams;	/* made with the first one */
	struct fragment {
		struct aud_addr src, dst;
		uint32_t id;
		uint8_t proto;
		uint32_t sa;	/* index + 1 */
	} fragments[FRAGMENTS];
	unsigned nfragments;
	struct aud_ipsec_result result;	/* its records once it is finished; until then only the counts */
	bool finished;
	uint64_t round;		/* of saves: the one that comes next */
};

/*
 * save.c and restore.c. Every field of a record's working state, one after the other: what is written and what is read goes the same way, but
 * for packets that wait. A field that is added to a struct is added there, and KEPT_VERSION counts up.
 */
enum { KEPT_VERSION = 1 };
struct tape {
	enum { TAPE_WRITE, TAPE_READ } how;
	uint8_t *to;			/* NULL: only counted */
	struct aud_view from;
	size_t n;
	bool bad;
};
void tape_sa(struct tape *, struct sa *);
void tape_ike(struct tape *, struct ike *);
void tape_stats(struct tape *, struct aud_ipsec_stats *);
void tape_stream(struct tape *, struct stream *);
void tape_version(struct tape *);
/* Counts of the context, and the connections whose messages are followed. */
void tape_rest(struct tape *, struct aud_ipsec_stats *, struct streams *);
/* Made where there are none yet. NULL: out of memory. */
struct streams *streams_of(struct aud_ipsec *);
/* Before the bytes of a packet that waits: time, frame, bits that its bytes do not tell, whether it is a copy, length. */
enum { WAITING_HEAD = 8 + 8 + 2 + 1 + 4, WAITING_BITS = AUD_PKT_AH | AUD_PKT_CLEAR };

#endif
