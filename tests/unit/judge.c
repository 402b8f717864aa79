/* Each kind of finding: what raises it, and the near misses that must not. Expected outcomes are those of the
 * documents. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "judge_world.h"

#define FE "10.1.0.11"
#define FE2 "10.1.0.12"
#define MED "10.1.0.21"
#define DC "10.1.0.31"
#define SQL "10.1.0.32"
#define CHAT "10.1.0.41"
#define PC "10.2.0.7"
#define WHO "10.9.9.9"
#define OUT "198.51.100.7"

static void
fact(struct aud_case *c, enum aud_fact f)
{
	struct aud_conv *v = c->conv;

	v->facts |= (uint32_t)f;
	v->hellos = v->facts & AUD_FACT_TLS_HELLO ? v->flows : 0;
	v->server_hellos = v->facts & AUD_FACT_TLS_SERVER ? v->flows : 0;
	v->certificates = v->facts & AUD_FACT_CLIENT_CERT ? v->flows : 0;
	v->no_certificates = v->facts & AUD_FACT_CLIENT_NOCERT ? v->flows : 0;
}

/* undocumented-flow */
static void
rdp(struct world *w)
{
	case_app(world_case(w, PC, FE, 3389), "RDP");
}
static void
from(struct world *w, const char *client, aud_roles roles)
{
	struct aud_case *c = world_case(w, client, FE, 3389);

	case_app(c, "RDP");
	ruling_of(c)->client.roles = roles;
	ruling_of(c)->verdict.answer = AUD_PAIR_UNKNOWN;
}
static void
global_inside(struct world *w)
{
	from(w, "2001:db8::7", R(CLIENT));
}
static void
from_outside(struct world *w)
{
	from(w, OUT, R(CLIENT_EXTERNAL));
}
static void
from_dc(struct world *w)
{
	from(w, DC, R(DOMAIN_CONTROLLER));
}
static void
server_server(struct world *w)
{
	case_app(world_case(w, FE, MED, 3389), "RDP");
}
static void
to_client(struct world *w)
{
	case_app(world_case(w, FE, PC, 445), "SMB");
}
static void
dns(struct world *w)
{
	case_app(world_case(w, FE, DC, 53), "DNS");
}
static void
sql(struct world *w)
{
	case_app(world_case(w, FE, SQL, 1433), "MsSQL-TDS");
}
static void
client_sql(struct world *w)
{
	case_app(world_case(w, PC, SQL, 1433), "MsSQL-TDS");
}
static void
ping(struct world *w)
{
	world_case(w, PC, FE, 0)->conv->proto = 1;
}
static void
noise(struct world *w)
{
	world_case(w, PC, FE, 137)->noise = true;
}
static void
multicast(struct world *w)
{
	struct aud_case *c = world_case(w, PC, "239.1.1.1", 1900);
	ruling_of(c)->server.roles = R(FRONT_END);
	ruling_of(c)->verdict.answer = AUD_PAIR_UNKNOWN;
}
static void
tried(struct world *w)
{
	case_unanswered(world_case(w, PC, FE, 3389));
}
static void
rsvp(struct world *w)
{
	struct aud_case *c = world_case(w, PC, FE, 0);

	c->conv->proto = 46;
	case_unanswered(c);
}
static void
first_packet(struct world *w)
{
	world_case(w, PC, FE, 3389)->conv->direction = AUD_DIR_FIRST;
}
static void
first_packet_stun(struct world *w)
{
	first_packet(w);
	case_app(&w->cases[0], "STUN");
}
static void
tried_and_done(struct world *w)
{
	case_app(world_case(w, PC, FE, 3389), "RDP");
	case_unanswered(world_case(w, PC, FE, 3389));
}
static void
same_app_twice(struct world *w)
{
	case_app(world_case(w, PC, FE, 3389), "RDP");
	case_app(world_case(w, PC, FE, 3389), "RDP");
	w->cases[1].conv->app.by = AUD_BY_OWN;
}
static void
media_unproven(struct world *w)
{
	case_failed(world_case(w, PC, FE, 60000), AUD_STEP_APP, RULE_MEDIA);
	ruling_of(&w->cases[0])->verdict.certainty = AUD_INDETERMINATE;
}
/* The site's range, where it is narrower than that of the row. */
static void
media_narrowed(struct world *w)
{
	media_unproven(w);
	w->site.media.video = (struct aud_range){58000, 60999};
}
static void
media_http(struct world *w)
{
	struct aud_case *c = world_case(w, PC, FE, 60000);
	case_app(c, "HTTP");
	case_failed(c, AUD_STEP_APP, RULE_MEDIA);
}
static void
rpc_client(struct world *w)
{
	struct aud_case *c = world_case(w, PC, FE, 50123);
	case_app(c, "DCE_RPC");
	case_failed(c, AUD_STEP_PORT, RULE_5061);
}
static void
other_port(struct world *w)
{
	case_failed(world_case(w, PC, FE, 8443), AUD_STEP_PORT, RULE_443);
}
static void
not_deployed(struct world *w)
{
	case_failed(world_case(w, FE2, FE, 5072), AUD_STEP_CONDITION, RULE_DIALIN);
}
static void
no_roles(struct world *w)
{
	world_case(w, WHO, OUT, 80);
}
/* What was dropped for want of memory may have been theirs. */
static void
no_roles_filtered(struct world *w)
{
	no_roles(w);
	w->trial.filter = "port 80";
}
static void
no_packets(struct world *w)
{
	no_roles(w);
	w->coverage.dropped_flows = 1;
}
static void
documented(struct world *w)
{
	struct aud_case *c = world_case(w, PC, FE, 5061);
	case_app(c, "TLS");
	case_documented(c, RULE_5061, AUD_CERTAIN);
}

/* unknown-host */
static void
unknown_client(struct world *w)
{
	world_case(w, WHO, FE, 5061);
}
static void
unknown_outside(struct world *w)
{
	world_case(w, OUT, FE, 443);
}
static void
unknown_tried(struct world *w)
{
	case_unanswered(world_case(w, WHO, FE, 22));
}
static void
unknown_server(struct world *w)
{
	case_app(world_case(w, FE, WHO, 53), "DNS");
}
static void
client_surfs(struct world *w)
{
	world_case(w, PC, OUT, 443);
}

/* The site file gives the server its role on other ports only. */
static void
other_port_bound(struct world *w)
{
	struct aud_case *c = world_case(w, FE, MED, 3389);

	case_app(c, "RDP");
	ruling_of(c)->server.roles = 0;
	ruling_of(c)->verdict = (struct aud_verdict){.answer = AUD_NO_ROLE, .failed = AUD_STEP_ROLES};
}
static void
unknown_to_bound(struct world *w)
{
	other_port_bound(w);
	assert_true(aud_addr_parse(WHO, &w->cases[0].conv->client));
	ruling_of(&w->cases[0])->client = (struct aud_who){0};
}

/* wrong-protocol */
static void
ssh_on_5061(struct world *w)
{
	struct aud_case *c = world_case(w, PC, FE, 5061);
	case_app(c, "SSH");
	case_failed(c, AUD_STEP_APP, RULE_5061);
}
/* All of its flows were begun before the capture, and only nDPI knows what they are. */
static void
ssh_midstream(struct world *w)
{
	ssh_on_5061(w);
	w->cases[0].conv->established = 0;
	w->cases[0].conv->midstream = 1;
}
static void
ssh_midstream_once(struct world *w)
{
	ssh_midstream(w);
	w->cases[0].conv->flows = 2;
}
static void
ssh_midstream_own(struct world *w)
{
	ssh_midstream(w);
	w->cases[0].conv->app.by = AUD_BY_OWN;
}
static void
guess_on_5061(struct world *w)
{
	ssh_on_5061(w);
	w->cases[0].conv->app.by = AUD_BY_PORT;
}

/* cleartext */
static void
sip_on_5061(struct world *w)
{
	struct aud_case *c = world_case(w, FE2, FE, 5061);
	case_app(c, "SIP");
	case_failed(c, AUD_STEP_SECURITY, RULE_5061);
	fact(c, AUD_FACT_SIP_CLEAR);
}
/* One of two flows, after a hello: not TLS. */
static void
sip_after_hello(struct world *w)
{
	sip_on_5061(w);
	w->cases[0].conv->flows = 2;
	fact(&w->cases[0], AUD_FACT_TLS_HELLO);
	fact(&w->cases[0], AUD_FACT_NOT_TLS);
}
static void
sip_on_5062(struct world *w)
{
	struct aud_case *c = world_case(w, FE2, FE, 5062);
	case_app(c, "SIP");
	case_documented(c, RULE_5062, AUD_CERTAIN);
	fact(c, AUD_FACT_SIP_CLEAR);
}
static void
sip_on_5068(struct world *w)
{
	struct aud_case *c = world_case(w, MED, FE, 5068);
	case_app(c, "SIP");
	case_documented(c, RULE_5068, AUD_CERTAIN);
	fact(c, AUD_FACT_SIP_CLEAR);
}
/* The first of two rules of 5061 prints TLS only: it says nothing of mutual TLS. */
static void
sip_two_rules(struct world *w)
{
	static struct aud_rule copy[NRULES];
	static const unsigned row = ROW_T1_49;

	sip_on_5062(w);
	memcpy(copy, w->matrix.rules, sizeof copy);
	copy[RULE_PIC] = copy[RULE_5061];
	copy[RULE_PIC].citations = &row;
	copy[RULE_PIC].ncitations = 1;
	copy[RULE_5061].security = AUD_SEC_TLS;
	w->matrix.rules = copy;
}
static void
tls_on_5062(struct world *w)
{
	struct aud_case *c = world_case(w, FE2, FE, 5062);
	case_app(c, "TLS");
	case_documented(c, RULE_5062, AUD_CERTAIN);
}

/* The row of 5070/TCP holds, that of 5070/TCP (MTLS) for the same port does not. */
static struct aud_case *
weaker(struct world *w, const char *app)
{
	struct aud_case *c = world_case(w, FE, MED, 5070);

	case_app(c, app);
	case_documented(c, RULE_5070_TCP, AUD_CERTAIN);
	ruling_of(c)->verdict.weaker = true;
	ruling_of(c)->verdict.sibling = RULE_5070_MTLS;
	return c;
}
static void
sip_on_5070(struct world *w)
{
	fact(weaker(w, "SIP"), AUD_FACT_SIP_CLEAR);
}
static void
tls_on_5070(struct world *w)
{
	fact(weaker(w, "TLS"), AUD_FACT_CLIENT_NOCERT);
}
/* A host that is a client too: as one it owes none, by the row that holds. */
static void
tls_of_two_roles(struct world *w)
{
	struct aud_case *c = weaker(w, "TLS");

	fact(c, AUD_FACT_CLIENT_NOCERT);
	ruling_of(c)->client.roles |= R(CLIENT);
	ruling_of(c)->verdict.rules[0] = RULE_443;
}
static void
sip_swapped(struct world *w)
{
	sip_on_5061(w);
	ruling_of(&w->cases[0])->verdict.swapped = true;
}
static void
ssh_condition_open(struct world *w)
{
	struct aud_case *c = world_case(w, FE2, FE, 5072);

	case_app(c, "SSH");
	case_failed(c, AUD_STEP_APP, RULE_DIALIN);
	ruling_of(c)->verdict.condition_open = true;
}

/* obsolete-row */
static void
pic(struct world *w)
{
	case_documented(world_case(w, FE, MED, 5999), RULE_PIC, AUD_CERTAIN);
}
static void
pic_then(struct world *w)
{
	pic(w);
	w->cases[0].conv->last_ns = UINT64_C(1363350000) * SEC; /* 2013-03-15 12:20 UTC */
}

/* no-client-certificate */
static void
no_cert(struct world *w)
{
	struct aud_case *c = world_case(w, FE2, FE, 5061);

	case_app(c, "TLS");
	case_failed(c, AUD_STEP_SECURITY, RULE_5061);
	fact(c, AUD_FACT_TLS_HELLO);
	fact(c, AUD_FACT_TLS_SERVER);
	fact(c, AUD_FACT_CLIENT_NOCERT);
	c->conv->tls_min = c->conv->tls_max = 0x33;
}
static void
no_cert_client(struct world *w)
{
	no_cert(w);
	ruling_of(&w->cases[0])->client.roles = R(CLIENT);
	ruling_of(&w->cases[0])->verdict.rules[0] = RULE_5070_MTLS; /* prints MTLS without saying of whom */
}
static void
no_cert_tls13(struct world *w)
{
	no_cert(w);
	w->cases[0].conv->facts = 0;
	w->cases[0].conv->no_certificates = 0;
	fact(&w->cases[0], AUD_FACT_TLS13);
}

/* obsolete-tls */
static void
tls10(struct world *w)
{
	documented(w);
	fact(&w->cases[0], AUD_FACT_TLS_HELLO);
	fact(&w->cases[0], AUD_FACT_TLS_SERVER);
	fact(&w->cases[0], AUD_FACT_TLS_DONE);
	w->cases[0].conv->tls_min = w->cases[0].conv->tls_max = 0x31;
}
/* The server chose it, and the client turned it down. */
static void
tls10_turned_down(struct world *w)
{
	tls10(w);
	w->cases[0].conv->facts &= ~(uint32_t)AUD_FACT_TLS_DONE;
}
static void
tls10_not_tls(struct world *w)
{
	tls10(w);
	fact(&w->cases[0], AUD_FACT_NOT_TLS);
}
static void
ssl3(struct world *w)
{
	tls10(w);
	w->cases[0].conv->tls_min = 0x30;
}
static void
tls12(struct world *w)
{
	tls10(w);
	w->cases[0].conv->tls_min = 0x33;
}
/* One flow offered TLS 1.0 and got no answer, another negotiated TLS 1.2: the tally has the latter only. */
static void
tls10_offered(struct world *w)
{
	tls10(w);
	w->cases[0].conv->tls_min = w->cases[0].conv->tls_max = 0x33;
}
static void
pseudo_tls(struct world *w)
{
	tls10(w);
	w->cases[0].conv->app = (struct aud_app){.sub = AUD_APP_PSEUDO_TLS, .by = AUD_BY_OWN};
}

static void
tls10_undocumented(struct world *w)
{
	tls10(w);
	case_failed(&w->cases[0], AUD_STEP_PORT, RULE_443);
}

/* What a rule expects and its row does not print. */
static struct aud_case *
owa(struct world *w, const char *app)
{
	struct aud_case *c = world_case(w, FE, CHAT, 443);

	case_app(c, app);
	case_failed(c, AUD_STEP_SECURITY, RULE_OWA);
	return c;
}
static void
http_inferred(struct world *w)
{
	fact(owa(w, "HTTP"), AUD_FACT_HTTP_CLEAR);
}
static void
ssh_inferred(struct world *w)
{
	case_failed(owa(w, "SSH"), AUD_STEP_APP, RULE_OWA);
}
/* One of two flows began with readable SIP: TLS is what both are. */
static void
sip_once(struct world *w)
{
	sip_on_5061(w);
	case_app(&w->cases[0], "TLS");
	w->cases[0].conv->flows = 2;
}
/* No document of the product is loaded. */
static void
no_document(struct world *w)
{
	rdp(w);
	ssh_on_5061(w);
	w->coverage.acked_unseen = 5;
	w->site.product = AUD_PRODUCT_UNKNOWN;
}

/* wrong-direction */
static void
backward(struct world *w)
{
	struct aud_case *c = world_case(w, FE, PC, 5061);
	case_app(c, "TLS");
	case_failed(c, AUD_STEP_DIRECTION, RULE_5061);
}
static void
backward_inferred(struct world *w)
{
	backward(w);
	w->cases[0].conv->direction = AUD_DIR_ROLE;
}
/* A forged SYN-ACK, or one whose connection was captured nowhere else: nobody is known to have connected. */
static void
backward_lone(struct world *w)
{
	struct aud_conv *v;

	backward(w);
	v = w->cases[0].conv;
	ruling_of(&w->cases[0])->app = "Unknown";
	v->app.by = AUD_BY_NONE;
	v->direction = AUD_DIR_SYNACK;
	v->packets[0] = v->bytes[0] = v->established = v->answered = v->with_data[0] = v->with_data[1] = 0;
	v->packets[1] = v->server_only = 1;
}
/* But its payload shows that there was one. */
static void
backward_half(struct world *w)
{
	backward_lone(w);
	w->cases[0].conv->with_data[1] = 1;
}
static void
backward_other_app(struct world *w)
{
	backward(w);
	ruling_of(&w->cases[0])->app = "SSH";
}
static void
backward_other_port(struct world *w)
{
	backward(w);
	w->cases[0].conv->port = 5900;
}

/* blocked-flow */
static struct aud_case *
blocked(struct world *w)
{
	struct aud_case *c = world_case(w, PC, FE, 5061);

	case_documented(c, RULE_5061, AUD_PORT_ONLY);
	case_unanswered(c);
	return c;
}
static void
blocked_rst(struct world *w)
{
	struct aud_case *c = blocked(w);

	c->conv->unanswered = 0;
	c->conv->refused_rst = 1;
	c->conv->packets[1] = 1;
}
static void
blocked_filtered(struct world *w)
{
	struct aud_case *c = blocked(w);
	c->conv->refused_icmp = c->conv->filtered_icmp = 1;
}
static void
blocked_silent_heard(struct world *w)
{
	blocked(w);
	documented(w);
	w->cases[1].conv->port = 5999;
	w->cases[1].conv->client = w->cases[1].conv->server;
}
static void
blocked_silent_pair(struct world *w)
{
	struct aud_case *c;

	c = world_case(w, PC, FE, 443);
	case_app(c, "TLS");
	case_documented(c, RULE_443, AUD_CERTAIN);
	blocked(w);
}
static void
blocked_dead(struct world *w)
{
	blocked(w);
}
static void
blocked_once(struct world *w)
{
	blocked(w);
	documented(w);
}
static void
blocked_media(struct world *w)
{
	struct aud_case *c = blocked(w);
	c->conv->port = 60000;
	case_documented(c, RULE_MEDIA, AUD_CERTAIN);
}
static void
blocked_late(struct world *w)
{
	blocked_silent_pair(w);
	w->cases[1].conv->first_ns = w->cases[1].conv->last_ns = w->coverage.last_ns - SEC;
}
/* It goes on being asked, and the capture with it. */
static void
blocked_not_late(struct world *w)
{
	blocked_late(w);
	w->cases[1].conv->first_ns -= 3 * SEC;
}
/* The end of one file, and hours before the next. */
static void
blocked_at_file_end(struct world *w)
{
	static const struct aud_span spans[] = {{T0, T0 + 62 * SEC, 9}, {T0 + 7200 * SEC, T0 + 7320 * SEC, 9}};

	blocked_silent_pair(w);
	w->inputs[1] = w->inputs[0];
	w->inputs[0].info.last_ns = T0 + 62 * SEC;
	w->inputs[1].info.first_ns = T0 + 7200 * SEC;
	w->inputs[1].info.last_ns = w->coverage.last_ns = T0 + 7320 * SEC;
	w->trial.ninputs = 2;
	w->coverage.spans = spans;
	w->coverage.nspans = 2;
}
/* One file, and a silence of hours in it. */
static void
blocked_before_silence(struct world *w)
{
	blocked_at_file_end(w);
	w->inputs[0].info.last_ns = T0 + 7320 * SEC;
	w->trial.ninputs = 1;
}
/* The next file follows at once. */
static void
blocked_at_rotation(struct world *w)
{
	blocked_at_file_end(w);
	w->coverage.spans = NULL;
	w->coverage.nspans = 0;
	w->inputs[1].info.first_ns = T0 + 62 * SEC + SEC / 2;
}
/* Connected, and then nothing came, or a no. */
static struct aud_case *
hung(struct world *w)
{
	struct aud_case *c = world_case(w, PC, FE, 5061);

	case_app(c, "TLS");
	case_documented(c, RULE_5061, AUD_CERTAIN);
	fact(c, AUD_FACT_TLS_HELLO);
	c->conv->with_data[1] = 0;
	return c;
}
static void
reset_after_hello(struct world *w)
{
	hung(w);
}
static void
hung_at_end(struct world *w)
{
	hung(w)->conv->last_ns = w->coverage.last_ns - SEC;
}
static void
hung_gap(struct world *w)
{
	hung(w)->conv->gaps = 1;
}
static void
hung_once(struct world *w)
{
	hung(w);
	documented(w);
}
static void
alert_after_hello(struct world *w)
{
	struct aud_case *c = hung(w);

	c->conv->with_data[1] = 1;
	fact(c, AUD_FACT_TLS_ALERT);
}
static void
alert_once(struct world *w)
{
	alert_after_hello(w);
	w->cases[0].conv->flows = 2;
	w->cases[0].conv->server_hellos = 1;
}
/* Clear text to a port of TLS: the server wants none of it. */
static void
sip_hung(struct world *w)
{
	sip_on_5061(w);
	w->cases[0].conv->with_data[1] = 0;
}
static void
blocked_open(struct world *w)
{
	blocked_rst(w);
	ruling_of(&w->cases[0])->verdict.condition_open = true;
}
static void
blocked_one_way(struct world *w)
{
	struct aud_case *c = world_case(w, PC, FE, 443);

	/* The client goes on after its SYN: there was an answer, and the capture lacks it. */
	case_documented(c, RULE_443, AUD_PORT_ONLY);
	case_unanswered(c);
	c->attempt_only = false;
	c->conv->with_data[0] = c->conv->one_sided = 1;
	blocked(w);
}

/* capture-* */
static void
lossy(struct world *w)
{
	w->coverage.acked_unseen = 5;
}
static void
very_lossy(struct world *w)
{
	w->coverage.acked_unseen = 100;
}
static void
drops(struct world *w)
{
	w->coverage.kernel_drops = 7;
}
static void
no_drops(struct world *w)
{
	w->coverage.kernel_drops = 0;
}
static void
one_sided(struct world *w)
{
	for (unsigned i = 0; i < 3; i++)
		blocked_one_way(w);
}
/* Attempts that nobody answers are no sign of it, whatever their share. */
static void
one_sided_not(struct world *w)
{
	w->coverage.one_way = 950;
	blocked_dead(w);
}
/* Pieces of flows that ended early look like it, and these are as many. */
static void
one_sided_pieces(struct world *w)
{
	one_sided(w);
	w->coverage.evicted_flows = 2;
}
static void
one_sided_few_pieces(struct world *w)
{
	one_sided(w);
	w->coverage.evicted_flows = 1;
}
static void
one_sided_piece(struct world *w)
{
	blocked_one_way(w);
	w->coverage.evicted_flows = 1;
}
/* Of other hosts: the server is heard, but what it answered to this client may have passed. */
static void
one_sided_elsewhere(struct world *w)
{
	blocked_silent_pair(w);
	w->coverage.out_of_scope.tcp_one_way = 9;
}
static void
cut_short(struct world *w)
{
	w->coverage.truncated_frames = 900;
	w->inputs[0].info.truncated = 900;
	w->inputs[0].info.snaplen = 96;
}
static void
cut_few(struct world *w)
{
	w->coverage.truncated_frames = 1;
}
static void
breaks_off(struct world *w)
{
	w->coverage.broken = w->inputs[0].info.broken = true;
	w->inputs[0].info.path = "/mnt/store/day.pcap";
	w->inputs[0].info.broken_at = 600000;
	snprintf(w->inputs[0].info.broken_why, sizeof w->inputs[0].info.broken_why, "the file ends inside a packet");
}
static void
garbage(struct world *w)
{
	static const struct aud_decode_count counts[] = {{"ethernet", "unknown ethertype 0x88cc (LLDP)", false, 900, 1},
	    {"gre", "bad version", true, 2, 50}, {"ipv4", "bad length", true, 198, 7}};

	w->coverage.undecoded = 200;
	w->decode.counts = counts;
	w->decode.ncounts = 3;
}
static void
empty(struct world *w)
{
	memset(&w->coverage, 0, sizeof w->coverage);
	w->coverage.kernel_drops = UINT64_MAX;
	w->inputs[0].info.frames = 0;
}
static void
no_ip(struct world *w)
{
	w->coverage.packets = 0;
}
static void
one_empty(struct world *w)
{
	w->inputs[1] = w->inputs[0];
	w->inputs[1].info.path = "b.pcap";
	w->inputs[1].info.frames = 0;
	w->trial.ninputs = 2;
}
static void
one_missing(struct world *w)
{
	one_empty(w);
	w->coverage.broken = w->inputs[1].info.broken = w->inputs[1].info.unreadable = true;
	snprintf(w->inputs[1].info.broken_why, sizeof w->inputs[1].info.broken_why, "No such file or directory");
}
static void
one_not_begun(struct world *w)
{
	one_empty(w);
	w->coverage.interrupted = w->inputs[1].info.interrupted = true;
}
static void
interrupted(struct world *w)
{
	w->coverage.interrupted = w->inputs[0].info.interrupted = true;
	w->inputs[0].info.bytes = 300000;
	w->inputs[0].info.size = 600000;
}
static void
interrupted_at_once(struct world *w)
{
	empty(w);
	w->coverage.interrupted = w->inputs[0].info.interrupted = true;
}
static void
no_site(struct world *w)
{
	rdp(w);
	w->trial.site = NULL;
	ruling_of(&w->cases[0])->client.roles = ruling_of(&w->cases[0])->server.roles = 0;
}

static const struct {
	void (*make)(struct world *);
	const char *kinds;	    /* slugs of all findings, in their order */
	enum aud_severity severity; /* of the first finding */
	enum aud_certainty certainty;
	const char *reason;
} table[] = {
    {rdp, "undocumented-flow", AUD_MEDIUM, AUD_CERTAIN,
	"10.2.0.7 (client) used RDP on 3389/tcp of fe01 (front-end); no loaded document that counts at this site lists traffic between these roles."},
    {server_server, "undocumented-flow", AUD_MEDIUM, AUD_CERTAIN,
	"fe01 (front-end) used RDP on 3389/tcp of med01 (mediation); no loaded document that counts at this site lists traffic between these roles."},
    {global_inside, "undocumented-flow", AUD_MEDIUM, AUD_CERTAIN, NULL},
    {from_outside, "undocumented-flow", AUD_HIGH, AUD_CERTAIN, NULL},
    {from_dc, "undocumented-flow", AUD_MEDIUM, AUD_CERTAIN, NULL},
    {to_client, "undocumented-flow", AUD_LOW, AUD_CERTAIN, NULL},
    {dns, "undocumented-flow", AUD_LOW, AUD_CERTAIN, NULL},
    {sql, "undocumented-flow", AUD_LOW, AUD_CERTAIN, NULL},
    {client_sql, "undocumented-flow", AUD_MEDIUM, AUD_CERTAIN, NULL},
    {ping, "", 0, 0, NULL},
    {noise, "", 0, 0, NULL},
    {multicast, "capture-empty", AUD_MEDIUM, AUD_CERTAIN, NULL},
    {tried, "undocumented-flow", AUD_LOW, AUD_CERTAIN,
	"10.2.0.7 (client) tried 3389/tcp of fe01 (front-end) (attempted only: unanswered); no loaded document that counts at "
	"this site lists traffic between these roles."},
    {rsvp, "undocumented-flow", AUD_LOW, AUD_CERTAIN,
	"10.2.0.7 (client) tried IP protocol 46 with fe01 (front-end) (attempted only: unanswered); no loaded document that counts at "
	"this site lists traffic between these roles."},
    {first_packet, "undocumented-flow", AUD_LOW, AUD_INDETERMINATE, NULL},
    {first_packet_stun, "undocumented-flow", AUD_MEDIUM, AUD_PROBABLE, NULL},
    {tried_and_done, "undocumented-flow", AUD_MEDIUM, AUD_CERTAIN, NULL},
    {same_app_twice, "undocumented-flow", AUD_MEDIUM, AUD_CERTAIN, NULL},
    {media_unproven, "undocumented-flow", AUD_INFO, AUD_INDETERMINATE,
	"10.2.0.7 (client) used 60000/tcp of fe01 (front-end) (application not recognised); the port fits media on "
	"57501-65535/tcp/udp "
	"(made-up-2015 T1 row 10), but the capture shows no sign of media."},
    {media_narrowed, "undocumented-flow", AUD_INFO, AUD_INDETERMINATE,
	"10.2.0.7 (client) used 60000/tcp of fe01 (front-end) (application not recognised); the port fits media on 58000-60999/tcp/udp "
	"(made-up-2015 T1 row 10), but the capture shows no sign of media."},
    {media_http, "undocumented-flow", AUD_MEDIUM, AUD_CERTAIN, NULL},
    {rpc_client, "undocumented-flow", AUD_MEDIUM, AUD_CERTAIN, NULL},
    {other_port, "undocumented-flow", AUD_MEDIUM, AUD_CERTAIN,
	"10.2.0.7 (client) used 8443/tcp of fe01 (front-end) (application not recognised); the nearest that a loaded document "
	"lists is "
	"TLS on 443/tcp (made-up-2015 T1 row 12)."},
    /* The row prints no condition, the rule has one. */
    {not_deployed, "undocumented-flow", AUD_MEDIUM, AUD_PROBABLE,
	"fe02 (front-end) used 5072/tcp of fe01 (front-end) (application not recognised); the rule drawn from "
	"made-up-2015 T1 row 21, fe-5072, fits, but is in force only where feature:dial-in, and the site file says no."},
    {no_roles, "capture-empty", AUD_MEDIUM, AUD_CERTAIN,
	"No packet of any host of the site file was captured, so nothing of what the documents list could be seen: is it the wrong "
	"capture, or the wrong site file?"},
    {no_packets, "", 0, 0, NULL},
    {no_roles_filtered, "", 0, 0, NULL},
    {documented, "", 0, 0, NULL},
    {unknown_client, "unknown-host", AUD_LOW, AUD_CERTAIN,
	"10.9.9.9 (no role) used 5061/tcp of fe01 (front-end) (application not recognised); the site file gives "
	"10.9.9.9 no role, so no "
	"document can be applied."},
    {unknown_outside, "unknown-host", AUD_MEDIUM, AUD_CERTAIN, NULL},
    {unknown_tried, "unknown-host", AUD_INFO, AUD_CERTAIN, NULL},
    {unknown_server, "unknown-host", AUD_LOW, AUD_CERTAIN, NULL},
    {client_surfs, "capture-empty", AUD_MEDIUM, AUD_CERTAIN,
	"No packet of any server of the site file was captured, only of its clients, so nothing of what the documents list could be seen: "
	"is it the wrong capture, or the wrong site file?"},
    {other_port_bound, "undocumented-flow", AUD_MEDIUM, AUD_CERTAIN,
	"fe01 (front-end) used RDP on 3389/tcp of med01 (mediation); the site file gives 10.1.0.21 roles on other ports only, so no document "
	"can be applied."},
    {unknown_to_bound, "unknown-host", AUD_LOW, AUD_CERTAIN,
	"10.9.9.9 (no role) used RDP on 3389/tcp of med01 (mediation); the site file gives 10.9.9.9 no role, so no document can be applied."},
    {ssh_on_5061, "wrong-protocol", AUD_HIGH, AUD_STRONG,
	"10.2.0.7 (client) used SSH on 5061/tcp of fe01 (front-end), where the document lists TLS on 5061/tcp "
	"(made-up-2015 T1 row 3)."},
    {ssh_midstream, "wrong-protocol", AUD_LOW, AUD_PROBABLE,
	"10.2.0.7 (client) used SSH on 5061/tcp of fe01 (front-end), where the document lists TLS on 5061/tcp (made-up-2015 T1 row 3); "
	"the begin of the connection was not captured, so this is one pattern in the middle of a stream, and may be an accident."},
    {ssh_midstream_once, "wrong-protocol", AUD_HIGH, AUD_STRONG, NULL},
    {ssh_midstream_own, "wrong-protocol", AUD_HIGH, AUD_CERTAIN, NULL},
    {guess_on_5061, "undocumented-flow", AUD_INFO, AUD_INDETERMINATE, NULL},
    {sip_on_5061, "cleartext", AUD_HIGH, AUD_CERTAIN,
	"fe02 (front-end) used SIP on 5061/tcp of fe01 (front-end) in clear text, where the document lists TLS on "
	"5061/tcp "
	"(made-up-2015 T1 row 3)."},
    {sip_once, "cleartext", AUD_HIGH, AUD_CERTAIN,
	"fe02 (front-end) used TLS on 5061/tcp of fe01 (front-end) in clear text in at least one of 2 flows, where the "
	"document lists TLS on 5061/tcp (made-up-2015 T1 row 3)."},
    {sip_after_hello, "cleartext", AUD_HIGH, AUD_CERTAIN,
	"fe02 (front-end) used SIP on 5061/tcp of fe01 (front-end) in clear text, where the document lists TLS on 5061/tcp "
	"(made-up-2015 T1 row 3)."},
    {http_inferred, "cleartext", AUD_LOW, AUD_PROBABLE,
	"fe01 (front-end) used HTTP on 443/tcp of pc01 (persistent-chat) in clear text, where the rule expects TLS on "
	"443/tcp (made-up-2015 T1 row 40; not printed there, but inferred)."},
    {ssh_inferred, "wrong-protocol", AUD_LOW, AUD_PROBABLE,
	"fe01 (front-end) used SSH on 443/tcp of pc01 (persistent-chat), where the rule expects TLS on 443/tcp "
	"(made-up-2015 T1 row 40; not printed there, but inferred)."},
    {no_document, "capture-loss", AUD_LOW, AUD_CERTAIN, NULL},
    {sip_on_5062, "cleartext", AUD_LOW, AUD_CERTAIN,
	"fe02 (front-end) used SIP on 5062/tcp of fe01 (front-end) in clear text, where the document lists only the "
	"transport and requires "
	"mutual TLS for SIP between servers (made-up-2015 T1 row 3)."},
    {sip_two_rules, "cleartext", AUD_LOW, AUD_CERTAIN,
	"fe02 (front-end) used SIP on 5062/tcp of fe01 (front-end) in clear text, where the document lists only the transport and "
	"requires mutual TLS for SIP between servers (made-up-2015 T1 row 49)."},
    {sip_on_5068, "", 0, 0, NULL},
    {tls_on_5062, "", 0, 0, NULL},
    {sip_on_5070, "cleartext", AUD_LOW, AUD_CERTAIN,
	"fe01 (front-end) used SIP on 5070/tcp of med01 (mediation) in clear text, where the document also lists "
	"mutual TLS on 5070/tcp "
	"(made-up-2015 T1 row 49)."},
    {tls_on_5070, "no-client-certificate", AUD_LOW, AUD_CERTAIN, NULL},
    {sip_swapped, "cleartext", AUD_HIGH, AUD_PROBABLE, NULL},
    {ssh_condition_open, "wrong-protocol", AUD_HIGH, AUD_STRONG,
	"fe02 (front-end) used SSH on 5072/tcp of fe01 (front-end), where the document lists TLS or SIP on 5072/tcp "
	"(made-up-2015 T1 row 21); the site file leaves open whether feature:dial-in holds."},
    {pic, "obsolete-row", AUD_INFO, AUD_CERTAIN,
	"fe01 (front-end) used 5999/tcp of med01 (mediation) (application not recognised), which the document lists as "
	"5999/tcp "
	"(made-up-2015 T9 row 1), a row that was valid until 2013-03-15."},
    {pic_then, "", 0, 0, NULL},
    {no_cert, "no-client-certificate", AUD_MEDIUM, AUD_CERTAIN,
	"fe02 (front-end) used TLS on 5061/tcp of fe01 (front-end) without a client certificate in 1 of 1 handshakes "
	"that could be read, "
	"where the document lists mutual TLS (made-up-2015 T1 row 3)."},
    {no_cert_client, "", 0, 0, NULL},
    {tls_of_two_roles, "", 0, 0, NULL},
    {no_cert_tls13, "", 0, 0, NULL},
    {tls10, "obsolete-tls", AUD_MEDIUM, AUD_CERTAIN,
	"fe01 (front-end) negotiated TLS 1.0 (deprecated by RFC 8996) with 10.2.0.7 (client) on 5061/tcp."},
    {ssl3, "obsolete-tls", AUD_HIGH, AUD_CERTAIN, NULL},
    {tls10_turned_down, "", 0, 0, NULL},
    {tls10_not_tls, "", 0, 0, NULL},
    {tls12, "", 0, 0, NULL},
    {tls10_offered, "", 0, 0, NULL},
    {pseudo_tls, "", 0, 0, NULL},
    {tls10_undocumented, "undocumented-flow", AUD_MEDIUM, AUD_CERTAIN, NULL},
    {backward, "wrong-direction", AUD_MEDIUM, AUD_CERTAIN,
	"fe01 (front-end) used TLS on 5061/tcp of 10.2.0.7 (client), where the document lists TLS on 5061/tcp "
	"(made-up-2015 T1 row 3) from client to front-end only."},
    {backward_inferred, "undocumented-flow", AUD_INFO, AUD_INDETERMINATE, NULL},
    {backward_lone, "undocumented-flow", AUD_LOW, AUD_PROBABLE,
	"10.2.0.7 (client) answered fe01 (front-end) from 5061/tcp (nothing but its SYN-ACK was captured); the nearest that a loaded document "
	"lists is TLS on 5061/tcp (made-up-2015 T1 row 3) in the other direction."},
    {backward_half, "wrong-direction", AUD_MEDIUM, AUD_CERTAIN, NULL},
    {backward_other_app, "undocumented-flow", AUD_LOW, AUD_CERTAIN, NULL},
    {backward_other_port, "undocumented-flow", AUD_LOW, AUD_CERTAIN, NULL},
    {blocked_rst, "blocked-flow", AUD_MEDIUM, AUD_CERTAIN,
	"10.2.0.7 (client) tried 5061/tcp of fe01 (front-end), which the document lists as TLS on 5061/tcp "
	"(made-up-2015 T1 row 3), and never succeeded: 1 refused by RST."},
    {blocked_filtered, "blocked-flow", AUD_MEDIUM, AUD_CERTAIN,
	"10.2.0.7 (client) tried 5061/tcp of fe01 (front-end), which the document lists as TLS on 5061/tcp "
	"(made-up-2015 T1 row 3), and never succeeded: 1 refused by ICMP as administratively prohibited."},
    {blocked_silent_heard, "blocked-flow", AUD_MEDIUM, AUD_PROBABLE, NULL},
    {blocked_silent_pair, "blocked-flow", AUD_MEDIUM, AUD_STRONG, NULL},
    {blocked_dead, "blocked-flow", AUD_LOW, AUD_INDETERMINATE,
	"10.2.0.7 (client) tried 5061/tcp of fe01 (front-end), which the document lists as TLS on 5061/tcp "
	"(made-up-2015 T1 row 3), and never succeeded: 1 unanswered; nothing at all that this server sent was "
	"captured, so it may be "
	"down or out of the capture's sight."},
    {blocked_once, "", 0, 0, NULL},
    {blocked_media, "", 0, 0, NULL},
    {blocked_late, "blocked-flow", AUD_LOW, AUD_INDETERMINATE, NULL},
    {blocked_not_late, "blocked-flow", AUD_MEDIUM, AUD_STRONG, NULL},
    {blocked_at_file_end, "blocked-flow", AUD_LOW, AUD_INDETERMINATE,
	"10.2.0.7 (client) tried 5061/tcp of fe01 (front-end), which the document lists as TLS on 5061/tcp (made-up-2015 T1 row 3), and "
	"never succeeded: 1 unanswered; the capture ends, or falls silent, before an answer was due."},
    {blocked_before_silence, "blocked-flow", AUD_LOW, AUD_INDETERMINATE, NULL},
    {blocked_at_rotation, "blocked-flow", AUD_MEDIUM, AUD_STRONG, NULL},
    {reset_after_hello, "blocked-flow", AUD_MEDIUM, AUD_PROBABLE,
	"10.2.0.7 (client) tried 5061/tcp of fe01 (front-end), which the document lists as TLS on 5061/tcp (made-up-2015 T1 row 3), and "
	"never succeeded: 1 connected, but the server sent no data before the connection ended."},
    {hung_at_end, "blocked-flow", AUD_LOW, AUD_INDETERMINATE, NULL},
    {hung_gap, "", 0, 0, NULL},
    {hung_once, "", 0, 0, NULL},
    {alert_after_hello, "blocked-flow", AUD_MEDIUM, AUD_STRONG,
	"10.2.0.7 (client) tried 5061/tcp of fe01 (front-end), which the document lists as TLS on 5061/tcp (made-up-2015 T1 row 3), and "
	"never succeeded: 1 refused by a fatal TLS alert instead of a ServerHello."},
    {alert_once, "", 0, 0, NULL},
    {sip_hung, "cleartext", AUD_HIGH, AUD_CERTAIN,
	"fe02 (front-end) sent SIP on 5061/tcp to fe01 (front-end) (the server sent no data) in clear text, where the document lists TLS on "
	"5061/tcp (made-up-2015 T1 row 3)."},
    {blocked_open, "blocked-flow", AUD_LOW, AUD_CERTAIN, NULL},
    {blocked_one_way, "capture-one-way", AUD_LOW, AUD_STRONG, NULL},
    {lossy, "capture-loss", AUD_LOW, AUD_CERTAIN,
	"The capture is not whole: 5 TCP segments (0.99 %) were acknowledged by their receiver but not captured."},
    {very_lossy, "capture-loss", AUD_MEDIUM, AUD_CERTAIN, NULL},
    {drops, "capture-loss", AUD_LOW, AUD_CERTAIN,
	"The capture is not whole: 7 packets were dropped while it was made."},
    {no_drops, "", 0, 0, NULL},
    {one_sided, "capture-one-way", AUD_MEDIUM, AUD_STRONG, NULL},
    {one_sided_pieces, "", 0, 0, NULL},
    {one_sided_few_pieces, "capture-one-way", AUD_MEDIUM, AUD_STRONG, NULL},
    {one_sided_piece, "", 0, 0, NULL},
    {one_sided_elsewhere, "capture-one-way blocked-flow", AUD_MEDIUM, AUD_STRONG, NULL},
    {one_sided_not, "blocked-flow", AUD_LOW, AUD_INDETERMINATE, NULL},
    {cut_short, "capture-truncated", AUD_MEDIUM, AUD_CERTAIN,
	"900 of 1000 frames (90.0 %) were captured shorter than they were sent (snapshot length 96), so protocols may "
	"not have been "
	"recognised."},
    {cut_few, "capture-truncated", AUD_INFO, AUD_CERTAIN, NULL},
    {breaks_off, "capture-truncated", AUD_LOW, AUD_CERTAIN,
	"day.pcap breaks off after frame 1000 at byte 600000: the file ends inside a packet; what follows was not "
	"audited."},
    {garbage, "capture-undecoded", AUD_MEDIUM, AUD_CERTAIN,
	"200 of 1000 frames (20.0 %) could not be decoded and are not part of the audit: 198 ipv4: bad length, 2 gre: "
	"bad version."},
    {empty, "capture-empty", AUD_MEDIUM, AUD_CERTAIN, "The capture holds no frame at all, so nothing was audited."},
    {no_ip, "capture-empty", AUD_MEDIUM, AUD_CERTAIN,
	"None of the 1000 captured frames holds an IP packet, so nothing was audited."},
    {one_empty, "capture-empty", AUD_LOW, AUD_CERTAIN, "b.pcap holds no frame."},
    {one_missing, "capture-truncated", AUD_LOW, AUD_CERTAIN,
	"b.pcap could not be read: No such file or directory; nothing of it was audited."},
    {one_not_begun, "capture-truncated", AUD_LOW, AUD_CERTAIN, "Of b.pcap nothing was read: the audit was interrupted before."},
    {interrupted, "capture-truncated", AUD_LOW, AUD_CERTAIN,
	"day.pcap was not read to its end: the audit was interrupted after 300000 of 600000 bytes; what follows was not audited."},
    {interrupted_at_once, "capture-truncated", AUD_LOW, AUD_CERTAIN,
	"Of day.pcap nothing was read: the audit was interrupted before."},
    {no_site, "", 0, 0, NULL},
};

/* Two minutes: in an hour the strong rows of this matrix would be missing, which is another test's matter. */
static void
init(struct world *w)
{
	world_init(w);
	world_end(w, T0 + 120 * SEC);
}

static void
kinds_of(const struct aud_trial *t, char out[1024])
{
	*out = '\0';
	for (size_t i = 0; i < t->nfindings; i++) {
		if (i)
			strcat(out, " ");
		strcat(out, aud_kind_slug(t->findings[i].kind));
	}
}

static void
test_kinds(void **state)
{
	static struct world w;

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		char kinds[1024];

		init(&w);
		table[i].make(&w);
		/* A site of which nothing is seen is another row's matter. */
		if (!w.trial.ncases && w.coverage.packets)
			documented(&w);
		world_judge(&w);
		kinds_of(&w.trial, kinds);
		if (strcmp(kinds, table[i].kinds) != 0)
			fail_msg("row %zu: expected \"%s\", got \"%s\": %s", i, table[i].kinds, kinds,
			    w.trial.nfindings ? w.trial.findings[0].reason : "");
		if (*table[i].kinds) {
			const struct aud_finding *f = &w.trial.findings[0];

			if (f->severity != table[i].severity || f->certainty != table[i].certainty)
				fail_msg("row %zu: %s %s: %s", i, aud_severity_name(f->severity),
				    aud_certainty_name(f->certainty), f->reason);
			if (table[i].reason)
				assert_string_equal(f->reason, table[i].reason);
		}
		world_clear(&w);
	}
}

/* SHA-256 of the key as the man page gives it, computed with sha256sum. */
static void
test_id(void **state)
{
	static struct world w;

	(void)state;
	init(&w);
	rdp(&w);
	world_judge(&w);
	assert_int_equal(w.trial.nfindings, 1);
	assert_string_equal(w.trial.findings[0].id, "8088f9a623ebddcb");
	world_clear(&w);
}

/* What shows it stands as evidence, not how the flows began; where no frame is known, those stay. */
static void
test_tls_frames(void **state)
{
	static struct world w;
	const struct aud_finding *f = w.trial.findings;

	(void)state;
	for (int known = 0; known < 2; known++) {
		init(&w);
		no_cert(&w);
		w.cases[0].conv->nocert_frame = known ? 4711 : 0;
		w.cases[0].conv->tls_frame = 99;
		w.cases[0].conv->app_frame = w.cases[0].conv->frames[0] + 3;
		world_judge(&w);
		f = &w.trial.findings[0];
		assert_int_equal(f->nevidence, known ? 1 : 2);
		assert_int_equal(f->evidence[0], known ? 4711 : w.cases[0].conv->frames[0]);
		world_clear(&w);
	}
	init(&w);
	tls10(&w);
	documented(&w);
	fact(&w.cases[1], (enum aud_fact)w.cases[0].conv->facts);
	w.cases[1].conv->tls_min = w.cases[1].conv->tls_max = 0x31;
	w.cases[0].conv->tls_frame = 815;
	w.cases[1].conv->tls_frame = 4711;
	w.cases[1].conv->nocert_frame = 99;
	world_judge(&w);
	f = &w.trial.findings[0];
	assert_int_equal(f->kind, AUD_KIND_OBSOLETE_TLS);
	assert_int_equal(f->nevidence, 2);
	assert_int_equal(f->evidence[0], 815);
	assert_int_equal(f->evidence[1], 4711);
	world_clear(&w);
}

/* The period is that of the input, not of the audit; of one that could not be read there is none. */
static void
test_truncated_period(void **state)
{
	static struct world w;

	(void)state;
	for (int unreadable = 0; unreadable < 2; unreadable++) {
		struct aud_capture_info *info = &w.inputs[0].info;

		init(&w);
		documented(&w);
		info->broken = true;
		info->unreadable = unreadable;
		info->frames = unreadable ? 0 : 12;
		info->first_ns = w.coverage.first_ns + 5 * SEC;
		info->last_ns = w.coverage.first_ns + 9 * SEC;
		world_judge(&w);
		assert_int_equal(w.trial.findings[0].kind, AUD_KIND_CAPTURE_TRUNCATED);
		assert_int_equal(w.trial.findings[0].first_ns, unreadable ? 0 : info->first_ns);
		assert_int_equal(w.trial.findings[0].last_ns, unreadable ? 0 : info->last_ns);
		world_clear(&w);
	}
	init(&w);
	documented(&w);
	w.cases[0].conv->truncated = 1;
	cut_few(&w);
	w.inputs[0].info.frames = 100;
	w.inputs[0].info.truncated = 3;
	w.inputs[0].info.first_ns = w.coverage.first_ns + 5 * SEC;
	w.inputs[0].info.last_ns = w.coverage.first_ns + 9 * SEC;
	world_judge(&w);
	assert_int_equal(w.trial.findings[0].first_ns, w.inputs[0].info.first_ns);
	assert_int_equal(w.trial.findings[0].last_ns, w.inputs[0].info.last_ns);
	world_clear(&w);
}

static void
test_aggregate(void **state)
{
	static struct world w;
	const struct aud_finding *f;

	(void)state;
	init(&w);
	same_app_twice(&w);
	w.cases[1].conv->first_ns = T0 + SEC;
	w.cases[1].conv->last_ns = T0 + 90 * SEC;
	world_judge(&w);
	assert_int_equal(w.trial.nfindings, 1);
	f = &w.trial.findings[0];
	assert_int_equal(f->flows, 2);
	assert_int_equal(f->packets, 20);
	assert_int_equal(f->bytes, 4000);
	assert_int_equal(f->first_ns, T0 + SEC);
	assert_int_equal(f->last_ns, T0 + 90 * SEC);
	/* First frames 10 and 11, deciding frames 13 and 14, in order. */
	assert_int_equal(f->nevidence, 4);
	assert_int_equal(f->evidence[0], 10);
	assert_int_equal(f->evidence[1], 11);
	assert_int_equal(f->evidence[2], 13);
	assert_int_equal(f->evidence[3], 14);
	world_clear(&w);
}

/* A rule of two documents is cited from the one that counts at this site. */
static void
test_citations(void **state)
{
	static struct world w;

	(void)state;
	init(&w);
	ssh_on_5061(&w);
	world_judge(&w);
	assert_int_equal(w.trial.findings[0].rule, RULE_5061);
	assert_int_equal(w.trial.findings[0].ncitations, 1);
	assert_int_equal(w.trial.findings[0].citations[0], ROW_T1_3);
	world_clear(&w);
}

/* What is not on this very port is the nearest, and no citation. */
static void
test_nearest(void **state)
{
	static struct world w;
	static const struct {
		void (*make)(struct world *);
		int rule, nearest;
	} rows[] = {{ssh_on_5061, RULE_5061, -1}, {other_port, -1, RULE_443}, {not_deployed, RULE_DIALIN, -1},
	    {backward, RULE_5061, -1}, {backward_other_port, -1, RULE_5061}, {rdp, -1, -1}};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		init(&w);
		rows[i].make(&w);
		world_judge(&w);
		assert_int_equal(w.trial.nfindings, 1);
		assert_int_equal(w.trial.findings[0].rule, rows[i].rule);
		assert_int_equal(w.trial.findings[0].nearest, rows[i].nearest);
		assert_int_equal(w.trial.findings[0].ncitations > 0, rows[i].rule >= 0);
		world_clear(&w);
	}
}

/* Connections that were begun before the capture, between two ports of which neither is anybody's: one finding. */
static void
test_portless(void **state)
{
	static struct world w;

	(void)state;
	init(&w);
	for (unsigned i = 0; i < 40; i++) {
		struct aud_case *c = i % 2 ? world_case(&w, FE2, FE, 50000 + i) : world_case(&w, FE, FE2, 50000 + i);

		c->conv->direction = AUD_DIR_FIRST;
		c->conv->client_port_lo = c->conv->client_port_hi = (uint16_t)(60000 + i);
	}
	/* A port of a rule, and one that a handshake shows, are told as ports. */
	world_case(&w, FE2, FE, 5061)->conv->direction = AUD_DIR_FIRST;
	w.cases[40].conv->client_port_lo = w.cases[40].conv->client_port_hi = 49200;
	world_case(&w, FE2, FE, 50001)->conv->client_port_lo = 60001;
	world_judge(&w);
	assert_int_equal(w.trial.nfindings, 3);
	assert_int_equal(w.trial.findings[0].port, 50001);
	assert_int_equal(w.trial.findings[1].port, -1);
	assert_int_equal(w.trial.findings[1].flows, 40);
	assert_int_equal(w.trial.findings[1].severity, AUD_LOW);
	assert_int_equal(w.trial.findings[1].evidence[0], 10);
	assert_string_equal(w.trial.findings[1].reason,
	    "fe01 (front-end) and fe02 (front-end) exchanged data over tcp on ports that no rule gives to a service, such as "
	    "50000 (who began is not known, application not recognised); no loaded document that counts at this site lists "
	    "traffic between these roles.");
	assert_int_equal(w.trial.findings[2].port, 5061);
	world_clear(&w);
}

/* What shows a capture's faults, where all flows of a conversation have them. */
static void
test_capture_frames(void **state)
{
	static struct world w;

	(void)state;
	init(&w);
	documented(&w);
	documented(&w);
	w.cases[0].conv->gaps = w.cases[1].conv->gaps = 1;
	w.cases[1].conv->flows = 2;
	lossy(&w);
	world_judge(&w);
	assert_int_equal(w.trial.findings[0].kind, AUD_KIND_CAPTURE_LOSS);
	assert_int_equal(w.trial.findings[0].flows, 2);
	assert_int_equal(w.trial.findings[0].nevidence, 1);
	assert_int_equal(w.trial.findings[0].evidence[0], 10);
	world_clear(&w);

	init(&w);
	documented(&w);
	w.cases[0].conv->truncated = 1;
	cut_few(&w);
	world_judge(&w);
	assert_int_equal(w.trial.findings[0].kind, AUD_KIND_CAPTURE_TRUNCATED);
	assert_int_equal(w.trial.findings[0].nevidence, 1);
	world_clear(&w);
}

static void
test_order(void **state)
{
	static struct world w;
	char kinds[1024];

	(void)state;
	init(&w);
	dns(&w);
	ssh_on_5061(&w);
	rdp(&w);
	unknown_client(&w);
	world_judge(&w);
	kinds_of(&w.trial, kinds);
	assert_string_equal(kinds, "wrong-protocol undocumented-flow undocumented-flow unknown-host");
	world_clear(&w);
}

static void
probe(struct world *w, const char *server, unsigned port)
{
	case_unanswered(world_case(w, PC, server, port));
}

static void
test_scan_vertical(void **state)
{
	static struct world w;

	(void)state;
	init(&w);
	for (unsigned i = 0; i < 14; i++)
		probe(&w, FE, 6000 + i);
	world_judge(&w);
	assert_int_equal(w.trial.nfindings, 14);
	assert_int_equal(w.trial.findings[0].kind, AUD_KIND_UNDOCUMENTED_FLOW);
	world_clear(&w);

	init(&w);
	for (unsigned i = 0; i < 15; i++)
		probe(&w, FE, 6000 + i);
	/* What was answered is traffic, not part of the scan. */
	case_app(world_case(&w, PC, FE, 6100), "RDP");
	world_judge(&w);
	assert_int_equal(w.trial.nfindings, 2);
	assert_int_equal(w.trial.findings[0].kind, AUD_KIND_UNDOCUMENTED_FLOW);
	assert_int_equal(w.trial.findings[0].port, 6100);
	assert_int_equal(w.trial.findings[1].kind, AUD_KIND_SCAN);
	assert_int_equal(w.trial.findings[1].flows, 15);
	assert_int_equal(w.trial.findings[1].port, -1);
	/* The earliest eight frames of fifteen. */
	assert_int_equal(w.trial.findings[1].nevidence, AUD_EVIDENCE);
	for (size_t i = 0; i < AUD_EVIDENCE; i++)
		assert_int_equal(w.trial.findings[1].evidence[i], 10 + i);
	assert_string_equal(w.trial.findings[1].reason, "10.2.0.7 (client) tried 15 undocumented ports of fe01 "
							"(front-end) in 15 flows, all of them refused or unanswered.");
	world_clear(&w);
}

/* Not a scan: a dead server whose documented ports are tried, and the checks of ICE. */
static void
test_scan_not(void **state)
{
	static struct world w;

	(void)state;
	for (int media = 0; media < 2; media++) {
		init(&w);
		for (unsigned i = 0; i < 20; i++) {
			struct aud_case *c = world_case(&w, PC, FE, 6000 + i);

			case_unanswered(c);
			if (media) {
				fact(c, AUD_FACT_MEDIA);
				c->conv->proto = UDP;
				c->conv->refused_icmp = 1;
			} else
				case_documented(c, RULE_5061, AUD_PORT_ONLY);
		}
		world_judge(&w);
		for (size_t i = 0; i < w.trial.nfindings; i++)
			assert_int_not_equal(w.trial.findings[i].kind, AUD_KIND_SCAN);
		assert_int_equal(w.trial.nfindings, 20);
		world_clear(&w);
	}
}

/* The cases come sorted by server first: the probes of a client are not neighbours. */
static void
test_scan_mixed(void **state)
{
	static struct world w;
	char addr[32];

	(void)state;
	init(&w);
	for (unsigned i = 0; i < 25; i++) {
		snprintf(addr, sizeof addr, "10.2.1.%u", i + 1);
		probe(&w, addr, 445);
		case_app(world_case(&w, FE, addr, 445), "SMB");
	}
	world_judge(&w);
	for (size_t i = 0; i < w.trial.nfindings; i++)
		if (w.trial.findings[i].kind == AUD_KIND_SCAN)
			assert_int_equal(w.trial.findings[i].flows, 25);
	assert_int_equal(w.trial.findings[0].kind, AUD_KIND_SCAN);
	assert_int_equal(w.trial.nfindings, 26);
	world_clear(&w);
}

/* Servers that answer are asked again, and one flow of each is not answered: they are in use. */
static void
test_scan_answered(void **state)
{
	static struct world w;
	char addr[32];

	(void)state;
	init(&w);
	for (unsigned i = 0; i < 25; i++) {
		struct aud_case *c;

		snprintf(addr, sizeof addr, "10.2.1.%u", i + 1);
		probe(&w, addr, 443);
		c = world_case(&w, PC, addr, 443);
		case_app(c, "TLS");
		case_documented(c, RULE_443, AUD_STRONG);
	}
	world_judge(&w);
	for (size_t i = 0; i < w.trial.nfindings; i++)
		assert_int_not_equal(w.trial.findings[i].kind, AUD_KIND_SCAN);
	world_clear(&w);
}

static void
test_scan_horizontal(void **state)
{
	static struct world w;
	char addr[32];

	(void)state;
	for (unsigned hosts = 24; hosts <= 25; hosts++) {
		init(&w);
		documented(&w);
		for (unsigned i = 0; i < hosts; i++) {
			snprintf(addr, sizeof addr, "10.2.1.%u", i + 1);
			probe(&w, addr, 445);
		}
		world_judge(&w);
		assert_int_equal(w.trial.nfindings, hosts == 24 ? 24 : 1);
		assert_int_equal(w.trial.findings[0].kind, hosts == 24 ? AUD_KIND_UNDOCUMENTED_FLOW : AUD_KIND_SCAN);
		if (hosts == 25) {
			assert_int_equal(w.trial.findings[0].server.family, 0);
			assert_string_equal(w.trial.findings[0].reason,
			    "10.2.0.7 (client) tried 25 hosts on 445/tcp in 25 flows, all "
			    "of them refused or unanswered.");
		}
		world_clear(&w);
	}
}

static void
test_waivers(void **state)
{
	static const struct {
		struct aud_waiver waiver;
		bool matches, expired;
	} rows[] = {
	    {{.finding = "8088f9a623ebddcb", .port = -1, .proto = -1}, true, false},
	    {{.finding = "8088f9a623ebddcc", .port = -1, .proto = -1}, false, false},
	    {{.kind = "undocumented-flow", .port = 3389, .proto = TCP, .app = "RDP"}, true, false},
	    {{.kind = "undocumented-flow", .port = 3389, .proto = UDP}, false, false},
	    {{.kind = "unknown-host", .port = -1, .proto = -1}, false, false},
	    {{.client_lo = {{10, 2, 0, 0}, 4}, .client_hi = {{10, 2, 255, 255}, 4}, .port = -1, .proto = -1}, true,
		false},
	    {{.client_lo = {{10, 3, 0, 0}, 4}, .client_hi = {{10, 3, 255, 255}, 4}, .port = -1, .proto = -1}, false,
		false},
	    {{.kind = "undocumented-flow", .port = -1, .proto = -1, .expires = "2024-03-01"}, true, false},
	    {{.kind = "undocumented-flow", .port = -1, .proto = -1, .expires = "2024-02-29"}, true, true},
	    {{.port = -1, .proto = -1}, false, false},
	};
	static struct world w;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct aud_waiver waiver = rows[i].waiver;

		init(&w);
		w.site.waivers = &waiver;
		w.site.nwaivers = 1;
		rdp(&w);
		world_judge(&w);
		assert_int_equal(w.trial.findings[0].waiver, rows[i].matches ? 0 : -1);
		assert_int_equal(w.trial.findings[0].waiver_expired, rows[i].expired);
		world_clear(&w);
	}
}

static void
test_names(void **state)
{
	(void)state;
	assert_string_equal(aud_kind_slug(AUD_KIND_CAPTURE_EMPTY), "capture-empty");
	assert_int_equal(aud_kind_severity(AUD_KIND_WRONG_PROTOCOL), AUD_HIGH);
	assert_string_equal(aud_state_name(AUD_STATE_NOT_APPLICABLE), "not-applicable");
	for (int i = AUD_INFO; i <= AUD_CRITICAL; i++)
		assert_int_equal(aud_severity_by_name(aud_severity_name((enum aud_severity)i)), i);
	assert_int_equal(aud_severity_by_name("urgent"), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_kinds),
	    cmocka_unit_test(test_id),
	    cmocka_unit_test(test_aggregate), cmocka_unit_test(test_tls_frames), cmocka_unit_test(test_truncated_period),
	    cmocka_unit_test(test_citations),
	    cmocka_unit_test(test_nearest),
	    cmocka_unit_test(test_portless),
	    cmocka_unit_test(test_capture_frames),
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_scan_vertical),
	    cmocka_unit_test(test_scan_not),
	    cmocka_unit_test(test_scan_answered),
	    cmocka_unit_test(test_scan_horizontal),
	    cmocka_unit_test(test_scan_mixed),
	    cmocka_unit_test(test_waivers),
	    cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
