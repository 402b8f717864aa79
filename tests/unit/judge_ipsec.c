/*
 * IPsec: kinds, certainty and severity by the document's table, over records as the IPsec stage leaves them. The world's rows: T5#5 any
 * to front-end, T5#12 application-sharing over TCP, T5#15 media of clients (and P.1).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <aud/ipsec.h>

#include "judge_world.h"

enum { MAX = 16 };
static struct world w;
static struct aud_sa sas[MAX];
static struct aud_ike ikes[MAX];
static struct aud_ipsec_result records;

#define FE "10.1.0.11"
#define FE2 "10.1.0.12"
#define DC "10.1.0.31"
#define SQL "10.1.0.32"
#define CHAT "10.1.0.41"
#define SHARE "10.1.0.51"
#define A "10.2.0.7"
#define B "10.2.0.8"
#define OUT "192.0.2.9"
#define MS (SEC / 1000)

static void
begin(void)
{
	world_init(&w);
	memset(sas, 0, sizeof sas);
	memset(ikes, 0, sizeof ikes);
	records = (struct aud_ipsec_result){.sas = sas, .ikes = ikes};
	w.trial.ipsec = &records;
}

/* One direction of ESP from that millisecond of the capture's first minute on: at a codec's rate, and not at its pace. */
static struct aud_sa *
sa(const char *src, const char *dst, unsigned from_ms, unsigned seconds)
{
	struct aud_sa *s = &sas[records.nsas];

	assert_true(records.nsas < MAX && aud_addr_parse(src, &s->src) && aud_addr_parse(dst, &s->dst));
	s->spi = 0x1000 + (uint32_t)records.nsas++;
	s->sure = true;
	s->payload = AUD_PAYLOAD_ENCRYPTED;
	s->packets = 50 * (uint64_t)seconds;
	s->bytes = 200 * s->packets;
	s->first_ns = T0 + from_ms * MS;
	s->last_ns = s->first_ns + seconds * SEC;
	s->frames[0] = 500 + s->spi;
	return s;
}

static void
both(const char *a, const char *b, unsigned from_ms, unsigned seconds)
{
	sa(a, b, from_ms, seconds);
	sa(b, a, from_ms, seconds);
}

/* Packets come when a codec's are due. */
static void
pace(struct aud_sa *s, int k, unsigned seconds)
{
	s->cadence[k] = (struct aud_cadence){.near = seconds * (1000 / aud_cadence_ms[k]) * 9 / 10, .seconds = seconds, .run = seconds,
	    .run_ns = s->first_ns};
}

static struct aud_sa *
readable(struct aud_sa *s, enum aud_ipsec_encap encap, uint8_t proto, unsigned sport, unsigned dport)
{
	s->encap = encap;
	s->payload = encap == AUD_ENCAP_AH ? AUD_PAYLOAD_AH : AUD_PAYLOAD_NULL;
	s->inner[s->ninner++] = (struct aud_sa_inner){.src = s->src, .dst = s->dst, .sport = (uint16_t)sport, .dport = (uint16_t)dport,
	    .proto = proto, .packets = 10};
	return s;
}

static struct aud_ike *
ike(const char *from, const char *to, unsigned from_ms, unsigned for_ms, bool answered)
{
	struct aud_ike *k = &ikes[records.nikes++];

	assert_true(aud_addr_parse(from, &k->initiator) && aud_addr_parse(to, &k->responder));
	k->sides_known = true;
	k->exchanges[k->nexchanges++] = (struct aud_ike_exchange){.version = 0x10, .type = 243};
	k->messages[0] = 5;
	k->messages[1] = answered ? 5 : 0;
	k->first_ns = T0 + from_ms * MS;
	k->last_ns = k->first_ns + for_ms * MS;
	k->answer_ns = answered ? k->first_ns + 10 * MS : 0;
	k->exchanges[0].first_ns = k->first_ns;
	k->exchanges[0].answer_ns = answered ? k->last_ns : 0;
	k->frames[0] = 400;
	return k;
}

/* Media in the clear on a range of a row, both ways, 50 packets a second. */
static struct aud_conv *
clear(const char *client, const char *server, unsigned port, unsigned from_ms, unsigned for_ms)
{
	struct aud_case *c = world_case(&w, client, server, port);

	c->conv->proto = UDP;
	c->conv->established = 0;
	c->conv->client_port_lo = c->conv->client_port_hi = 50020;
	c->conv->packets[0] = c->conv->packets[1] = for_ms / 20;
	c->conv->first_ns = T0 + from_ms * MS;
	c->conv->last_ns = T0 + (from_ms + for_ms) * MS;
	c->conv->facts = AUD_FACT_MEDIA;
	case_app(c, "STUN");
	case_documented(c, c->ruling->server.roles == R(CLIENT) ? RULE_CLIENT_MEDIA : RULE_MEDIA, AUD_CERTAIN);
	return c->conv;
}

/* Everything of the kind, the only one of it; NULL: none. */
static const struct aud_finding *
the(enum aud_kind kind)
{
	const struct aud_finding *found = NULL;

	for (size_t i = 0; i < w.trial.nfindings; i++)
		if (w.trial.findings[i].kind == kind) {
			assert_null(found);
			found = &w.trial.findings[i];
		}
	return found;
}

static size_t
count(enum aud_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < w.trial.nfindings; i++)
		n += w.trial.findings[i].kind == kind;
	return n;
}

static void
expect(enum aud_kind kind, enum aud_severity severity, enum aud_certainty certainty, const char *rows)
{
	const struct aud_finding *f = the(kind);
	char cited[128] = "";

	assert_non_null(f);
	assert_int_equal(f->severity, severity);
	assert_int_equal(f->certainty, certainty);
	assert_int_equal(f->port, -1);
	assert_true(f->nevidence > 0);
	for (size_t i = 0; i < f->ncitations; i++)
		snprintf(cited + strlen(cited), sizeof cited - strlen(cited), "%s%s", i ? " " : "",
		    strchr(aud_citation(&w.matrix, f->citations[i]).s, '#') + 1);
	assert_string_equal(cited, rows);
}

static void
expect_none(enum aud_kind kind)
{
	assert_int_equal(count(kind), 0);
}

static void
expect_silence(void)
{
	expect_none(AUD_KIND_IPSEC_MEDIA);
	expect_none(AUD_KIND_IPSEC_ROLE);
	expect_none(AUD_KIND_IPSEC_NEGOTIATION);
	expect_none(AUD_KIND_IPSEC_TUNNEL);
}

static void
end(void)
{
	world_clear(&w);
}

static void
ah_and_null(void **state)
{
	(void)state;
	for (int null = 0; null < 2; null++) {
		enum aud_ipsec_encap e = null ? AUD_ENCAP_ESP : AUD_ENCAP_AH;

		begin();
		readable(sa(A, FE, 0, 2), e, UDP, 50020, 57600);
		readable(sa(FE, A, 0, 2), e, UDP, 57600, 50020);
		world_judge(&w);
		expect(AUD_KIND_IPSEC_MEDIA, AUD_HIGH, AUD_CERTAIN, "T1.10 T5.5 P.1 T5.15");
		assert_string_equal(the(AUD_KIND_IPSEC_MEDIA)->app, null ? "ESP-NULL" : "AH");
		assert_int_equal(the(AUD_KIND_IPSEC_MEDIA)->flows, 2);
		assert_int_equal(the(AUD_KIND_IPSEC_MEDIA)->server_roles, R(FRONT_END));
		expect_none(AUD_KIND_IPSEC_ROLE);
		end();
		/* The same outside of the ranges: the row of roles alone. */
		begin();
		readable(sa(A, FE, 0, 2), e, TCP, 50020, 443);
		world_judge(&w);
		expect(AUD_KIND_IPSEC_ROLE, AUD_LOW, AUD_CERTAIN, "T5.5");
		expect_none(AUD_KIND_IPSEC_MEDIA);
		end();
		/* ICMP is neither TCP nor UDP, which the rows print. */
		begin();
		readable(sa(A, FE, 0, 2), e, 1, 0, 0);
		world_judge(&w);
		expect_silence();
		end();
	}
}

/* A number may come again with another key: what could not be read is said. */
static void
partly_read(void **state)
{
	(void)state;
	begin();
	readable(sa(A, FE, 0, 2), AUD_ENCAP_ESP, TCP, 50020, 443)->unread = 60;
	world_judge(&w);
	expect(AUD_KIND_IPSEC_ROLE, AUD_LOW, AUD_CERTAIN, "T5.5");
	assert_non_null(strstr(the(AUD_KIND_IPSEC_ROLE)->reason, "(1 association, 100 packets, of which 60 could not be read)"));
	assert_non_null(strstr(the(AUD_KIND_IPSEC_ROLE)->reason, "the other packets parse"));
	end();
}

/* Both scopes between the same hosts are two findings. */
static void
two_scopes(void **state)
{
	(void)state;
	begin();
	readable(readable(sa(A, FE, 0, 2), AUD_ENCAP_AH, UDP, 50020, 57600), AUD_ENCAP_AH, TCP, 50021, 443);
	world_judge(&w);
	expect(AUD_KIND_IPSEC_MEDIA, AUD_HIGH, AUD_CERTAIN, "T1.10 T5.5 P.1 T5.15");
	expect(AUD_KIND_IPSEC_ROLE, AUD_LOW, AUD_CERTAIN, "T5.5");
	end();
}

/* A server's ephemeral port lies in the ranges of media too: the other end, or who connected, tells. */
static void
ephemeral(void **state)
{
	struct aud_case *c;

	(void)state;
	begin();
	readable(sa(FE, FE2, 0, 2), AUD_ENCAP_AH, TCP, 57601, 5061);
	readable(sa(FE, A, 0, 2), AUD_ENCAP_AH, UDP, 57601, 53);
	readable(sa(FE, A, 0, 2), AUD_ENCAP_AH, TCP, 57601, 8888);
	world_judge(&w);
	expect_none(AUD_KIND_IPSEC_MEDIA);
	assert_int_equal(count(AUD_KIND_IPSEC_ROLE), 2);
	end();
	for (int client = 0; client < 2; client++) {	/* who sent the SYN */
		begin();
		readable(sa(FE, A, 0, 2), AUD_ENCAP_AH, TCP, 57601, 58000);
		c = client ? world_case(&w, A, FE, 57601) : world_case(&w, FE, A, 58000);
		c->conv->ah = 1;
		c->conv->client_port_lo = c->conv->client_port_hi = client ? 58000 : 57601;
		world_judge(&w);
		assert_int_equal(count(AUD_KIND_IPSEC_MEDIA), client);
		end();
	}
}

static void
clients_read(void **state)
{
	(void)state;
	/* The printed range of clients is nearly every port, so it tells nothing; a narrow one does. */
	begin();
	readable(sa(A, B, 0, 2), AUD_ENCAP_AH, UDP, 50020, 50022);
	world_judge(&w);
	expect_silence();
	end();
	begin();
	w.site.media.client = (struct aud_range){50000, 50059};
	readable(sa(A, B, 0, 2), AUD_ENCAP_AH, UDP, 50020, 50022);
	world_judge(&w);
	expect(AUD_KIND_IPSEC_MEDIA, AUD_HIGH, AUD_CERTAIN, "P.1 T5.15 T4.8");
	end();
}

/* Somebody else's packets in tunnel mode between a client and a front end: not these two's media. */
static void
tunnel_of_others(void **state)
{
	struct aud_sa *s;

	(void)state;
	begin();
	s = readable(sa(A, FE, 0, 2), AUD_ENCAP_ESP, UDP, 50020, 57600);
	assert_true(aud_addr_parse("10.2.9.9", &s->inner[0].src));
	world_judge(&w);
	expect_none(AUD_KIND_IPSEC_MEDIA);
	end();
}

/* What the packets of a finding were wrapped in is said; how a mirror wraps its copies is not. */
static void
wrapped(void **state)
{
	static const char *const tunnels[] = {"", "gre", "erspan2", "erspan2/vxlan"};
	static const struct {
		uint16_t tunnel[2];
		const char *said;
	} t[] = {
	    {{1, 1}, " The first packet of each was inside gre."},
	    {{1, 0}, " The first packet of some of it was inside gre."},
	    {{0, 3}, " The first packet of some of it was inside vxlan."},
	    {{1, 3}, " The first packet of each was inside gre or another tunnel."},
	    {{2, 0}, ""},
	    {{0, 9}, ""},	/* a number without a name */
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		const char *reason, *tail;

		begin();
		w.trial.tunnels = tunnels;
		w.trial.ntunnels = sizeof tunnels / sizeof *tunnels;
		for (int k = 0; k < 2; k++) {
			struct aud_sa *s = k ? sa(FE, A, 0, 20) : sa(A, FE, 0, 20);

			s->packets = 40;
			s->tunnel = t[i].tunnel[k];
		}
		world_judge(&w);
		assert_non_null(the(AUD_KIND_IPSEC_ROLE));
		reason = the(AUD_KIND_IPSEC_ROLE)->reason;
		tail = strstr(reason, " The first packet");
		assert_string_equal(tail ? tail : "", t[i].said);
		end();
	}
}

static void
by_role(void **state)
{
	static const struct {
		const char *a, *b;
		enum aud_severity severity;
		enum aud_certainty certainty;
		const char *rows;
		bool one_way;
	} t[] = {
	    {A, FE, AUD_MEDIUM, AUD_STRONG, "T5.5", false},
	    {FE2, FE, AUD_MEDIUM, AUD_STRONG, "T5.5", false},
	    {OUT, FE, AUD_MEDIUM, AUD_STRONG, "T5.5", false},	/* the row says any */
	    {DC, FE, AUD_LOW, AUD_STRONG, "T5.5", false},
	    {SQL, FE, AUD_LOW, AUD_STRONG, "T5.5", false},
	    {A, FE, AUD_MEDIUM, AUD_PROBABLE, "T5.5", true},	/* who may not have answered */
	    {A, SHARE, AUD_MEDIUM, AUD_PROBABLE, "T5.12", false},	/* TCP alone is printed, and UDP may be inside */
	    {SHARE, FE, AUD_MEDIUM, AUD_STRONG, "T5.5 T5.12", false},
	    {A, B, AUD_INFO, AUD_INDETERMINATE, "P.1 T5.15", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		begin();
		sa(t[i].a, t[i].b, 0, 20)->packets = 40;
		if (!t[i].one_way)
			sa(t[i].b, t[i].a, 0, 20)->packets = 40;
		world_judge(&w);
		expect(AUD_KIND_IPSEC_ROLE, t[i].severity, t[i].certainty, t[i].rows);
		expect_none(AUD_KIND_IPSEC_MEDIA);
		expect_none(AUD_KIND_IPSEC_TUNNEL);
		end();
	}
}

/* Roles that no row names: no violation, and no tunnel of strangers either. */
static void
unlisted(void **state)
{
	(void)state;
	begin();
	both(A, CHAT, 0, 20);
	both(CHAT, DC, 0, 20);
	world_judge(&w);
	expect_silence();
	end();
}

static void
strangers(void **state)
{
	(void)state;
	begin();
	both(OUT, "192.0.2.10", 0, 20);
	world_judge(&w);
	expect(AUD_KIND_IPSEC_TUNNEL, AUD_INFO, AUD_CERTAIN, "");
	end();
	/* A client's own VPN: its gateway passes by. */
	begin();
	both(A, OUT, 0, 20);
	world_judge(&w);
	expect(AUD_KIND_IPSEC_TUNNEL, AUD_INFO, AUD_CERTAIN, "");
	expect_none(AUD_KIND_IPSEC_ROLE);
	end();
}

/* A hundred rekeys are one finding. */
static void
rekeys(void **state)
{
	(void)state;
	begin();
	for (unsigned i = 0; i < 8; i++)
		both(A, FE, i * 3000, 2);
	sas[4].spi = sas[6].spi;	/* a number may come again */
	world_judge(&w);
	expect(AUD_KIND_IPSEC_ROLE, AUD_MEDIUM, AUD_STRONG, "T5.5");
	assert_int_equal(the(AUD_KIND_IPSEC_ROLE)->flows, 16);
	end();
}

/* Port 4500 without proof of ESP. */
static void
not_sure(void **state)
{
	(void)state;
	begin();
	both(A, FE, 0, 20);
	for (size_t i = 0; i < records.nsas; i++) {
		sas[i].encap = AUD_ENCAP_ESP_UDP;
		sas[i].sure = false;
		pace(&sas[i], 0, 20);
	}
	records.stats.keepalives = 100;
	world_judge(&w);
	expect_silence();
	end();
}

/* What gave way: by default clear media for a second, a negotiation in it, ESP at the same rate after it. */
static void
upgraded(void)
{
	begin();
	clear(A, FE, 57600, 0, 1000);
	ike(A, FE, 100, 800, true);
	both(A, FE, 1000, 10);
}

static void
upgrades(void **state)
{
	(void)state;
	upgraded();
	world_judge(&w);
	expect(AUD_KIND_IPSEC_MEDIA, AUD_HIGH, AUD_STRONG, "T1.10 T5.5 P.1 T5.15");
	expect(AUD_KIND_IPSEC_ROLE, AUD_MEDIUM, AUD_STRONG, "T5.5");
	end();

	upgraded();	/* the mirror shows one side */
	records.nsas = 1;
	world_judge(&w);
	expect(AUD_KIND_IPSEC_MEDIA, AUD_HIGH, AUD_PROBABLE, "T1.10 T5.5 P.1 T5.15");
	end();

	upgraded();	/* a tenth of the packets is lost */
	for (int i = 0; i < 2; i++) {
		sas[i].lost = sas[i].packets / 10;
		sas[i].packets -= sas[i].lost;
		w.convs[0].packets[i] = 45;
	}
	world_judge(&w);
	expect(AUD_KIND_IPSEC_MEDIA, AUD_HIGH, AUD_STRONG, "T1.10 T5.5 P.1 T5.15");
	end();

	begin();	/* clients among themselves */
	clear(A, B, 50030, 0, 1000);
	ike(A, B, 100, 800, true);
	both(A, B, 1000, 10);
	world_judge(&w);
	expect(AUD_KIND_IPSEC_MEDIA, AUD_HIGH, AUD_STRONG, "P.1 T5.15 T4.8");
	expect_none(AUD_KIND_IPSEC_ROLE);
	end();
}

/* One of its signs is not there. */
static void
no_upgrades(void **state)
{
	(void)state;
	for (int missing = 0; missing < 8; missing++) {
		upgraded();
		switch (missing) {
		case 0: w.convs[0].last_ns = T0 + 8 * SEC; break;	/* media goes on in the clear */
		case 1: records.nikes = 0; break;			/* nobody negotiated */
		case 2: ikes[0].first_ns -= 60 * SEC, ikes[0].last_ns -= 60 * SEC; break;	/* long before */
		case 3: ikes[0].messages[1] = 0, ikes[0].answer_ns = 0; break;	/* nobody answered */
		case 4: sas[0].packets = sas[1].packets = 20; break;	/* at another rate */
		case 5: sas[0].last_ns = sas[1].last_ns = T0 + 2000 * MS, sas[0].packets = sas[1].packets = 50; break;	/* silence is not seen */
		case 6: clear(A, FE, 57700, 500, 9000); break;		/* a second stream stays in the clear */
		case 7: sa(A, FE, 0, 1)->first_ns -= 60 * SEC; break;	/* ESP was there all along, and is renewed */
		}
		world_judge(&w);
		expect_none(AUD_KIND_IPSEC_MEDIA);
		end();
	}
	/* Another server's media is no concern of this one's association. */
	begin();
	clear(A, FE2, 57600, 0, 1000);
	ike(A, FE, 100, 800, true);
	both(A, FE, 1000, 10);
	world_judge(&w);
	expect_none(AUD_KIND_IPSEC_MEDIA);
	end();
}

/* Checks without an answer until the association is there: then it has to look like media itself. */
static void
required(void **state)
{
	(void)state;
	for (int paced = 0; paced < 2; paced++) {
		struct aud_conv *v;

		begin();
		v = clear(A, FE, 57600, 0, 1500);
		v->packets[0] = 5;
		v->packets[1] = 0;
		v->answered = 0;
		v->unanswered = 1;
		ike(A, FE, 10, 1900, true);
		both(A, FE, 2000, 10);
		for (int i = 0; i < 2 && paced; i++)
			pace(&sas[i], 0, 10);
		world_judge(&w);
		if (paced)
			expect(AUD_KIND_IPSEC_MEDIA, AUD_HIGH, AUD_STRONG, "T1.10 T5.5 P.1 T5.15");
		else
			expect_none(AUD_KIND_IPSEC_MEDIA);
		end();
	}
}

static void
cadence(void **state)
{
	static const struct {
		const char *a, *b;
		int k[2];
		unsigned seconds[2], late;
		bool found;
	} t[] = {
	    {A, FE, {0, 0}, {5, 5}, 0, true},
	    {A, FE, {1, 1}, {9, 9}, 0, true},
	    {A, FE, {2, 2}, {9, 9}, 0, true},
	    {A, B, {0, 0}, {9, 9}, 0, true},
	    {A, FE, {0, 0}, {9, 4}, 0, false},	/* one direction is too short */
	    {A, FE, {0, 1}, {9, 9}, 0, false},	/* two paces */
	    {A, FE, {0, 0}, {9, 9}, 20, false},	/* one after the other */
	    {DC, FE, {0, 0}, {9, 9}, 0, false},	/* no host of media */
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		begin();
		pace(sa(t[i].a, t[i].b, 0, 9), t[i].k[0], t[i].seconds[0]);
		pace(sa(t[i].b, t[i].a, t[i].late * 1000, 9), t[i].k[1], t[i].seconds[1]);
		world_judge(&w);
		if (t[i].found)
			expect(AUD_KIND_IPSEC_MEDIA, AUD_MEDIUM, AUD_PROBABLE, !strcmp(t[i].b, B) ? "P.1 T5.15" : "T5.5 P.1 T5.15");
		else
			expect_none(AUD_KIND_IPSEC_MEDIA);
		end();
	}
	/* The right number of packets, and never when they are due. */
	begin();
	both(A, FE, 0, 9);
	for (int i = 0; i < 2; i++) {
		pace(&sas[i], 0, 9);
		sas[i].cadence[0].near = 9 * 50 / 2;
	}
	world_judge(&w);
	expect_none(AUD_KIND_IPSEC_MEDIA);
	end();
}

static void
negotiations(void **state)
{
	(void)state;
	begin();	/* answered */
	ike(A, FE, 0, 300, true);
	world_judge(&w);
	expect(AUD_KIND_IPSEC_NEGOTIATION, AUD_LOW, AUD_CERTAIN, "T5.5");
	assert_string_equal(the(AUD_KIND_IPSEC_NEGOTIATION)->app, "AuthIP");
	end();
	begin();	/* not answered, by a host of the site */
	ike(A, FE, 0, 300, false);
	world_judge(&w);
	expect(AUD_KIND_IPSEC_NEGOTIATION, AUD_LOW, AUD_CERTAIN, "T5.5");
	end();
	begin();	/* probes from outside; with roles that no row names; among clients */
	ike(OUT, FE, 0, 0, false);
	ike(A, CHAT, 0, 100, true);
	ike(A, B, 0, 100, true);
	world_judge(&w);
	expect_silence();
	end();
	begin();	/* from outside, and answered */
	ike(OUT, FE, 0, 100, true);
	world_judge(&w);
	expect(AUD_KIND_IPSEC_NEGOTIATION, AUD_LOW, AUD_CERTAIN, "T5.5");
	end();
	begin();	/* what the responder sent was not captured, but the initiator knows its number */
	ike(OUT, FE, 0, 100, false)->responder_spi[3] = 7;
	world_judge(&w);
	expect(AUD_KIND_IPSEC_NEGOTIATION, AUD_LOW, AUD_CERTAIN, "T5.5");
	end();
}

/* Beside the beginning of media: the text is cited, and the delay decides. */
static void
media_starts(void **state)
{
	static const struct {
		unsigned ike_ms, for_ms, esp_ms;
		bool answered, heard, found;
		enum aud_severity severity;
	} t[] = {
	    {100, 300, 0, true, true, true, AUD_LOW},
	    {100, 700, 0, true, true, true, AUD_MEDIUM},
	    {100, 300, 2000, true, true, true, AUD_MEDIUM},	/* an association came late */
	    {100, 3000, 0, false, true, true, AUD_MEDIUM},	/* nobody answered */
	    {100, 3000, 0, false, false, true, AUD_LOW},	/* or an answer was out of sight */
	    {100, 300, 1800000, true, true, true, AUD_LOW},	/* an association of half an hour later is another's */
	    {9000, 300, 0, true, true, false, AUD_LOW},		/* too far from it */
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		const struct aud_finding *f = NULL;
		struct aud_conv *v;

		begin();
		v = clear(A, FE, 57600, 1000, 9000);
		if (!t[i].heard)
			v->packets[1] = 0;
		ike(A, FE, t[i].ike_ms, t[i].for_ms, t[i].answered);
		if (t[i].esp_ms)
			both(A, FE, t[i].esp_ms, 2);
		world_judge(&w);
		assert_int_equal(count(AUD_KIND_IPSEC_NEGOTIATION), 1 + t[i].found);
		for (size_t k = 0; k < w.trial.nfindings; k++)
			if (w.trial.findings[k].kind == AUD_KIND_IPSEC_NEGOTIATION && w.trial.findings[k].citations[0] == ROW_P1)
				f = &w.trial.findings[k];
		assert_int_equal(f != NULL, t[i].found);
		if (f) {
			assert_int_equal(f->severity, t[i].severity);
			assert_int_equal(f->certainty, AUD_CERTAIN);
			assert_int_equal(f->ncitations, 1);
		}
		end();
	}
}

static const struct aud_row_state *
state_of(unsigned row)
{
	for (size_t i = 0; i < w.trial.nstates; i++)
		if (w.trial.states[i].row == row)
			return &w.trial.states[i];
	return NULL;
}

/* What keeps a negotiation alive for an hour does not make it slow; nor does what is not shown to be an association. */
static void
kept_alive(void **state)
{
	struct aud_ike *k;

	(void)state;
	begin();
	clear(A, FE, 57600, 1000, 9000);
	k = ike(A, FE, 900, 60, true);
	k->exchanges[k->nexchanges++] = (struct aud_ike_exchange){.version = 0x20, .type = 37, .first_ns = T0 + 3000 * SEC, .answer_ns = T0 + 3001 * SEC};
	k->last_ns = T0 + 3001 * SEC;
	sa(A, FE, 4000, 2)->encap = AUD_ENCAP_ESP_UDP;
	sas[0].sure = false;
	world_judge(&w);
	assert_int_equal(count(AUD_KIND_IPSEC_NEGOTIATION), 2);
	for (size_t i = 0; i < w.trial.nfindings; i++)
		assert_int_not_equal(w.trial.findings[i].severity, AUD_MEDIUM);
	end();
}

/* ESP that nobody answers, of somebody without a role, is no IPsec of the host that it was sent to. */
static void
esp_probes(void **state)
{
	(void)state;
	begin();
	sa(OUT, FE, 0, 2);
	ike(OUT, FE, 0, 0, false);
	world_judge(&w);
	expect_silence();
	assert_null(strstr(state_of(ROW_T5_5)->reason, "findings"));
	end();
	begin();
	sa(OUT, FE, 0, 2);
	ike(OUT, FE, 0, 100, true);
	world_judge(&w);
	expect(AUD_KIND_IPSEC_ROLE, AUD_MEDIUM, AUD_PROBABLE, "T5.5");
	end();
}

/* As many records as there may be, and as many conversations of media as the world has: found without going through them in pairs. */
static void
many(void **state)
{
	enum { N = 65536 };
	struct aud_sa *s = calloc(N, sizeof *s);
	struct aud_ike *k = calloc(N, sizeof *k);

	(void)state;
	assert_non_null(s);
	assert_non_null(k);
	begin();
	clear(A, FE, 57600, 0, 1000);
	for (unsigned i = 0; i < N; i++) {
		s[i] = (struct aud_sa){.spi = i + 256, .sure = true, .payload = AUD_PAYLOAD_ENCRYPTED, .packets = 50, .first_ns = T0 + 1500 * MS + i,
		    .last_ns = T0 + 1600 * MS + i};
		assert_true(aud_addr_parse(i < N / 2 ? A : FE, &s[i].src) && aud_addr_parse(i < N / 2 ? FE : A, &s[i].dst));
		k[i] = (struct aud_ike){.sides_known = true, .messages = {2, 2}, .first_ns = T0 + i, .last_ns = T0 + i, .answer_ns = T0 + i};
		assert_true(aud_addr_parse(A, &k[i].initiator) && aud_addr_parse(FE, &k[i].responder));
	}
	/* The last one of each side is what media gave way to. */
	for (unsigned i = N / 2 - 1; i < N; i += N / 2) {
		s[i].last_ns = s[i].first_ns + 10 * SEC;
		s[i].packets = 500;
	}
	records = (struct aud_ipsec_result){.sas = s, .nsas = N, .ikes = k, .nikes = N};
	world_judge(&w);
	expect_none(AUD_KIND_IPSEC_TUNNEL);
	assert_int_equal(the(AUD_KIND_IPSEC_MEDIA)->certainty, AUD_STRONG);
	assert_int_equal(the(AUD_KIND_IPSEC_MEDIA)->flows, 2);
	assert_int_equal(the(AUD_KIND_IPSEC_ROLE)->flows, N);
	assert_int_equal(count(AUD_KIND_IPSEC_NEGOTIATION), 2);
	end();
	free(s);
	free(k);
}

/* What carries IPsec between hosts of which a finding speaks is not undocumented besides; the rest stays what it was. */
static void
carriers(void **state)
{
	struct aud_case *c;

	(void)state;
	begin();
	both(A, FE, 0, 20);
	both(A, CHAT, 0, 20);
	world_case(&w, A, FE, 0)->conv->proto = 50;
	world_case(&w, A, CHAT, 0)->conv->proto = 50;
	world_case(&w, A, FE, 8888);
	c = world_case(&w, A, FE, 500);
	c->conv->proto = UDP;
	c->conv->facts = AUD_FACT_ISAKMP;
	world_judge(&w);
	assert_int_equal(count(AUD_KIND_UNDOCUMENTED_FLOW), 2);
	for (size_t i = 0; i < w.trial.nfindings; i++)
		if (w.trial.findings[i].kind == AUD_KIND_UNDOCUMENTED_FLOW)
			assert_true(w.trial.findings[i].port == 8888 || w.trial.findings[i].server_roles == R(PERSISTENT_CHAT));
	end();
}

static const struct aud_ipsec_role *
said(unsigned role)
{
	for (size_t i = 0; i < w.trial.nipsec_roles; i++)
		if (w.trial.ipsec_roles[i].role == role)
			return &w.trial.ipsec_roles[i];
	return NULL;
}

static void
lossy(void)
{
	w.coverage.tcp_data = 100;
	w.coverage.acked_unseen = 50;
}

static void
filtered(void)
{
	w.trial.filter = "udp";
}

static void
broken(void)
{
	w.coverage.broken = true;
}

static void
room(void)
{
	records.stats.evicted_sas = 1;
}

static void
unanswered(void)
{
	w.convs[0].answered = 0;
}

static void
inside_ah(void)
{
	w.convs[0].ah = 1;
}

static void
inside_esp(void)
{
	w.convs[0].esp_null = 1;
}

static void
outside(void)
{
	ruling_of(&w.cases[0])->verdict.answer = AUD_PAIR_KNOWN;
}

static void
esp(void)
{
	both(B, FE2, 0, 20);
}

static void
asked(void)
{
	ike(B, FE2, 0, 300, false);
}

static void
no_room(void)
{
	records.stats.evicted_ikes = 1;
}

/* ESP of which there is no record: later fragments alone, or headers that were cut off. */
static void
unrecorded(void)
{
	world_case(&w, B, FE2, 0)->conv->proto = 50;
}

static void
unread_4500(void)
{
	world_case(&w, B, FE2, 4500)->conv->proto = UDP;
}

/* A gateway's association that can be read carries other media of the roles. */
static void
others(void)
{
	readable(sa(OUT, "192.0.2.10", 0, 2), AUD_ENCAP_ESP, UDP, 0, 0);
	clear(B, FE2, 57600, 0, 9000)->esp_null = 100;
}

static void
probed(void)
{
	struct aud_case *c = world_case(&w, OUT, FE, 4500);

	c->conv->proto = UDP;
	c->conv->answered = 0;
	c->conv->unanswered = 1;
}

static void
scanned(void)
{
	ike(OUT, FE, 0, 0, false);
}

/* "No IPsec on media observed" is said with a positive control, in a capture that would have shown some, and else not. */
static void
sayings(void **state)
{
	static const struct {
		void (*spoil)(void);
		enum aud_ipsec_saying saying;
	} t[] = {
	    {NULL, AUD_IPSEC_NONE_OBSERVED}, {scanned, AUD_IPSEC_NONE_OBSERVED}, {probed, AUD_IPSEC_NONE_OBSERVED},
	    {no_room, AUD_IPSEC_INCONCLUSIVE}, {unrecorded, AUD_IPSEC_INCONCLUSIVE}, {unread_4500, AUD_IPSEC_INCONCLUSIVE}, {others, AUD_IPSEC_INCONCLUSIVE},
	    {lossy, AUD_IPSEC_INCONCLUSIVE}, {filtered, AUD_IPSEC_INCONCLUSIVE},
	    {broken, AUD_IPSEC_INCONCLUSIVE}, {room, AUD_IPSEC_INCONCLUSIVE}, {unanswered, AUD_IPSEC_INCONCLUSIVE},
	    {outside, AUD_IPSEC_INCONCLUSIVE}, {inside_ah, AUD_IPSEC_INCONCLUSIVE}, {inside_esp, AUD_IPSEC_INCONCLUSIVE}, {esp, AUD_IPSEC_INCONCLUSIVE}, {asked, AUD_IPSEC_INCONCLUSIVE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		begin();
		clear(A, FE, 57600, 0, 9000);
		if (t[i].spoil)
			t[i].spoil();
		world_judge(&w);
		assert_non_null(said(AUD_ROLE_FRONT_END));
		assert_int_equal(said(AUD_ROLE_FRONT_END)->saying, t[i].saying);
		assert_int_equal(said(AUD_ROLE_CLIENT)->saying, t[i].saying);
		assert_int_equal(said(AUD_ROLE_APPLICATION_SHARING)->saying, AUD_IPSEC_INCONCLUSIVE);
		assert_null(said(AUD_ROLE_PERSISTENT_CHAT));	/* no row names it */
		end();
	}
	upgraded();
	world_judge(&w);
	assert_int_equal(said(AUD_ROLE_FRONT_END)->saying, AUD_IPSEC_OBSERVED);
	assert_int_equal(said(AUD_ROLE_FRONT_END)->clear_flows, 1);
	assert_int_equal(said(AUD_ROLE_FRONT_END)->associations, 2);
	end();
}

static void
rows(void **state)
{
	(void)state;
	begin();
	clear(A, FE, 57600, 0, 9000);
	world_judge(&w);
	assert_int_equal(state_of(ROW_T5_5)->state, AUD_STATE_OBSERVED);
	assert_string_equal(state_of(ROW_T5_5)->reason, "Media was seen in the clear in 1 flow, and no IPsec with this role.");
	assert_int_equal(state_of(ROW_T5_15)->state, AUD_STATE_OBSERVED);
	assert_int_equal(state_of(ROW_T5_12)->state, AUD_STATE_INCONCLUSIVE);
	end();
	begin();
	both(A, FE, 0, 20);
	world_judge(&w);
	assert_int_equal(state_of(ROW_T5_5)->state, AUD_STATE_INCONCLUSIVE);
	assert_string_equal(state_of(ROW_T5_5)->reason,
	    "No media of this row was seen in the clear, but IPsec with this role in 2 associations, of which the findings tell.");
	end();
	begin();	/* what can be read and is neither TCP nor UDP is no matter of the row */
	clear(A, FE, 57600, 0, 9000);
	readable(sa(B, FE, 0, 2), AUD_ENCAP_AH, 1, 0, 0);
	world_judge(&w);
	assert_string_equal(state_of(ROW_T5_5)->reason,
	    "Media was seen in the clear in 1 flow, and IPsec with this role in 1 association, around none of the transports of this row.");
	assert_non_null(strstr(said(AUD_ROLE_FRONT_END)->reason, "which is not encrypted"));
	end();
	begin();	/* between clients nobody knows whether it is media */
	clear(A, B, 50030, 0, 9000);
	both(A, "10.2.0.9", 0, 20);
	world_judge(&w);
	assert_string_equal(state_of(ROW_T5_15)->reason, "Media was seen in the clear in 1 flow, and no IPsec on media; 2 encrypted associations may hide some.");
	end();
	/* A site that says no: the rows are of no concern, until IPsec is there all the same. */
	begin();
	w.site.features[AUD_FEATURE_IPSEC] = AUD_NO;
	both(A, SHARE, 0, 20);
	world_judge(&w);
	assert_int_equal(state_of(ROW_T5_12)->state, AUD_STATE_INCONCLUSIVE);
	expect(AUD_KIND_IPSEC_ROLE, AUD_MEDIUM, AUD_PROBABLE, "T5.12");
	end();
	begin();
	w.site.features[AUD_FEATURE_IPSEC] = AUD_NO;
	both(A, FE, 0, 20);
	world_judge(&w);
	assert_int_equal(state_of(ROW_T5_12)->state, AUD_STATE_NOT_APPLICABLE);
	assert_int_equal(state_of(ROW_T5_5)->state, AUD_STATE_INCONCLUSIVE);
	assert_non_null(strstr(the(AUD_KIND_IPSEC_ROLE)->reason, "the site file says that there is no IPsec"));
	end();
}

/* T5 is printed in one document: a site of another product has no such rows. */
static void
other_product(void **state)
{
	(void)state;
	begin();
	w.site.product = AUD_PRODUCT_LYNC_2013;
	w.site.features[AUD_FEATURE_IPSEC] = AUD_NO;
	assert_int_equal(aud_rule_applies(&w.matrix, &w.matrix.rules[RULE_IPSEC_SHARING], &w.site), AUD_NO);
	both(A, SHARE, 0, 20);
	world_judge(&w);
	expect_none(AUD_KIND_IPSEC_ROLE);
	end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ah_and_null), cmocka_unit_test(partly_read), cmocka_unit_test(two_scopes), cmocka_unit_test(ephemeral), cmocka_unit_test(clients_read), cmocka_unit_test(tunnel_of_others), cmocka_unit_test(wrapped),
	    cmocka_unit_test(by_role), cmocka_unit_test(unlisted), cmocka_unit_test(strangers), cmocka_unit_test(rekeys),
	    cmocka_unit_test(not_sure), cmocka_unit_test(upgrades), cmocka_unit_test(no_upgrades), cmocka_unit_test(required),
	    cmocka_unit_test(cadence), cmocka_unit_test(negotiations), cmocka_unit_test(media_starts), cmocka_unit_test(carriers),
	    cmocka_unit_test(kept_alive), cmocka_unit_test(esp_probes), cmocka_unit_test(many), cmocka_unit_test(sayings), cmocka_unit_test(rows), cmocka_unit_test(other_product),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
