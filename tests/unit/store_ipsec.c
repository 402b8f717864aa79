/* Associations, negotiations and what is said of roles: stored and read again, every field that a report tells. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include <aud/ipsec.h>

#include "store_impl.h"
#include "store_made.h"

#define FRAME(input, no) ((uint64_t)(input) << 48 | (no))
static const struct aud_sa sas[] = {
    {
	.src = {{10, 0, 0, 1}, 4}, .dst = {{10, 2, 0, 7}, 4}, .spi = UINT32_MAX, .encap = AUD_ENCAP_ESP_UDP, .sport = 4500, .dport = 61000,
	.sure = true, .packets = 11, .bytes = 12, .first_ns = 13, .last_ns = 14, .frames = {FRAME(0, 15), 0, FRAME(1, 16)}, .first_seq = 17,
	.lost = 18, .gaps = 19, .late = 20, .duplicates = 21, .restarts = 22, .payload = AUD_PAYLOAD_NULL, .mode = AUD_IPSEC_BOTH, .tested = 23,
	.opaque = 24, .read = 25,
	.inner = {{{{10, 0, 0, 1}, 4}, {{10, 2, 0, 7}, 4}, 57600, 50020, 17, 26, 0, 0, 0}, {{{0x20, 1}, 6}, {{0x20, 2}, 6}, 0, 0, 58, 27, 0, 0, 0}},
	.ninner = 2, .inner_more = true, .cadence = {[1] = {.run = 28}},
    },
    {.src = {{0x20, 1}, 6}, .dst = {{0x20, 2}, 6}, .encap = AUD_ENCAP_WESP, .payload = AUD_PAYLOAD_ENCRYPTED},
};
static const struct aud_ike ikes[] = {
    {
	.initiator = {{10, 2, 0, 7}, 4}, .responder = {{10, 0, 0, 1}, 4}, .initiator_spi = {1, 2, 3, 4, 5, 6, 7, 0xff}, .responder_spi = {0xfe, 1},
	.sides_known = true, .nat_t = true, .vendors = 1u << 31 | AUD_VENDOR_MICROSOFT, .messages = {31, 32}, .retransmissions = {33, 34},
	.first_ns = 35, .last_ns = 36, .answer_ns = 37, .frames = {FRAME(1, 38)},
	.exchanges = {{0x10, 243, {39, 40}, 41, 0}, {0x20, 34, {42, 43}, 44, 0}}, .nexchanges = 2,
    },
    {.initiator = {{0x20, 1}, 6}, .responder = {{0x20, 2}, 6}},
};
static const struct aud_ipsec_result records = {sas, COUNT(sas), ikes, COUNT(ikes),
    {.esp = 51, .ah = 52, .wesp = 53, .esp_udp = 54, .esp_tcp = 55, .ike = 56, .keepalives = 57, .malformed = 58, .not_esp = 59, .evicted_sas = 60,
	.evicted_ikes = 61}};
static char reasons[][16] = {"reason one.", "reason two."};
static char saids[][24] = {"[\"reason one.\"]", "[\"reason two.\"]"};
static struct aud_ipsec_role roles[] = {
    {AUD_ROLE_FRONT_END, AUD_IPSEC_OBSERVED, reasons[0], saids[0], 71, 72, 73},
    {AUD_ROLE_BUILTIN, AUD_IPSEC_NONE_OBSERVED, reasons[1], saids[1], 74, 75, 76},
};

static struct aud_report report;
static struct aud_trial trial;
static struct aud_coverage coverage;

static void
same_sa(const struct aud_sa *a, const struct aud_sa *b)
{
	const uint64_t x[] = {a->spi, a->encap, a->payload, a->mode, a->sure, a->sport, a->dport, a->packets, a->bytes, a->first_ns, a->last_ns, a->lost,
	    a->gaps, a->late, a->duplicates, a->restarts, a->tested, a->opaque, a->read, a->ninner, a->inner_more, a->cadence[0].run, a->cadence[1].run,
	    a->cadence[2].run, a->frames[0], a->frames[1], a->frames[2]};
	const uint64_t y[] = {b->spi, b->encap, b->payload, b->mode, b->sure, b->sport, b->dport, b->packets, b->bytes, b->first_ns, b->last_ns, b->lost,
	    b->gaps, b->late, b->duplicates, b->restarts, b->tested, b->opaque, b->read, b->ninner, b->inner_more, b->cadence[0].run, b->cadence[1].run,
	    b->cadence[2].run, b->frames[0], b->frames[1], b->frames[2]};

	assert_memory_equal(x, y, sizeof x);
	assert_int_equal(aud_addr_cmp(&a->src, &b->src), 0);
	assert_int_equal(aud_addr_cmp(&a->dst, &b->dst), 0);
	for (size_t i = 0; i < a->ninner; i++) {
		const struct aud_sa_inner *m = &a->inner[i], *n = &b->inner[i];

		assert_int_equal(aud_addr_cmp(&m->src, &n->src), 0);
		assert_int_equal(aud_addr_cmp(&m->dst, &n->dst), 0);
		assert_int_equal(m->proto, n->proto);
		assert_int_equal(m->sport, n->sport);
		assert_int_equal(m->dport, n->dport);
		assert_int_equal(m->packets, n->packets);
	}
}

static void
same_ike(const struct aud_ike *a, const struct aud_ike *b)
{
	const uint64_t x[] = {a->sides_known, a->nat_t, a->vendors, a->messages[0], a->messages[1], a->retransmissions[0], a->retransmissions[1],
	    a->first_ns, a->last_ns, a->answer_ns, a->nexchanges, a->frames[0], a->frames[1], a->frames[2]};
	const uint64_t y[] = {b->sides_known, b->nat_t, b->vendors, b->messages[0], b->messages[1], b->retransmissions[0], b->retransmissions[1],
	    b->first_ns, b->last_ns, b->answer_ns, b->nexchanges, b->frames[0], b->frames[1], b->frames[2]};

	assert_memory_equal(x, y, sizeof x);
	assert_int_equal(aud_addr_cmp(&a->initiator, &b->initiator), 0);
	assert_int_equal(aud_addr_cmp(&a->responder, &b->responder), 0);
	assert_memory_equal(a->initiator_spi, b->initiator_spi, 8);
	assert_memory_equal(a->responder_spi, b->responder_spi, 8);
	for (size_t i = 0; i < a->nexchanges; i++) {
		assert_int_equal(a->exchanges[i].version, b->exchanges[i].version);
		assert_int_equal(a->exchanges[i].type, b->exchanges[i].type);
		assert_memory_equal(a->exchanges[i].messages, b->exchanges[i].messages, sizeof a->exchanges[i].messages);
		assert_int_equal(a->exchanges[i].first_ns, b->exchanges[i].first_ns);
	}
}

static void
same(const struct aud_trial *t)
{
	assert_non_null(t->ipsec);
	assert_int_equal(t->ipsec->nsas, COUNT(sas));
	assert_int_equal(t->ipsec->nikes, COUNT(ikes));
	assert_int_equal(t->nipsec_roles, COUNT(roles));
	for (size_t i = 0; i < COUNT(sas); i++)
		same_sa(&sas[i], &t->ipsec->sas[i]);
	for (size_t i = 0; i < COUNT(ikes); i++)
		same_ike(&ikes[i], &t->ipsec->ikes[i]);
	for (size_t i = 0; i < COUNT(roles); i++) {
		assert_int_equal(t->ipsec_roles[i].role, roles[i].role);
		assert_int_equal(t->ipsec_roles[i].saying, roles[i].saying);
		assert_string_equal(t->ipsec_roles[i].reason, roles[i].reason);
		assert_string_equal(t->ipsec_roles[i].said, roles[i].said);
		assert_int_equal(t->ipsec_roles[i].clear_flows, roles[i].clear_flows);
		assert_int_equal(t->ipsec_roles[i].associations, roles[i].associations);
		assert_int_equal(t->ipsec_roles[i].negotiations, roles[i].negotiations);
	}
	assert_memory_equal(&t->ipsec->stats, &records.stats, offsetof(struct aud_ipsec_stats, unheld));
}

/* Twice, so that the second audit's ids do not begin at 1; and one that was not assessed between them. */
static void
round_trip(void **state)
{
	char path[] = "/tmp/aud-ipsec-XXXXXX";
	struct aud_err err = {0};
	struct aud_stored *a;
	struct aud_store *s;
	int64_t left = -1;

	(void)state;
	assert_true(close(mkstemp(path)) == 0 && !unlink(path));
	for (int i = 0; i < 3; i++) {
		made_report(&report, &trial, &coverage);
		trial.ipsec = i == 1 ? NULL : &records;
		trial.ipsec_roles = roles;
		trial.nipsec_roles = i == 1 ? 0 : COUNT(roles);
		if (aud_store_open(&s, path, &err) || aud_store_audit(s, &report, &err))
			fail_msg("%s", err.msg);
		aud_store_close(s);
	}
	if (aud_store_open_read(&s, path, &err))
		fail_msg("%s", err.msg);
	for (int i = 1; i <= 3; i++) {
		if (aud_store_read_audit(s, i, &a, &err))
			fail_msg("%s", err.msg);
		if (i == 2) {
			assert_null(aud_stored_report(a)->trial->ipsec);
			assert_int_equal(aud_stored_report(a)->trial->nipsec_roles, 0);
		} else
			same(aud_stored_report(a)->trial);
		aud_stored_free(a);
	}
	/* With an audit goes all that is its own. */
	assert_int_equal(db_exec(s->db, "DELETE FROM audits", &err), AUD_OK);
	assert_int_equal(db_ask(s->db, "SELECT (SELECT count(*) FROM security_associations) + (SELECT count(*) FROM association_talks) + "
				       "(SELECT count(*) FROM association_frames) + (SELECT count(*) FROM negotiations) + (SELECT count(*) FROM "
				       "negotiation_exchanges) + (SELECT count(*) FROM negotiation_frames) + (SELECT count(*) FROM ipsec_roles) + "
				       "(SELECT count(*) FROM ipsec_packets)", &left, &err), AUD_OK);
	assert_int_equal(left, 0);
	aud_store_close(s);
	unlink(path);
}

/* A file that somebody else wrote in: refused, whatever is wrong. */
static void
damaged(void **state)
{
	static const char *const sql[] = {
	    "UPDATE security_associations SET pace = 3",
	    "UPDATE association_frames SET position = 3 WHERE position = 2",
	    "INSERT INTO association_talks SELECT association, 7, source, destination, transport, 1, 2, 3 FROM association_talks WHERE position = 0",
	    "INSERT INTO association_talks SELECT association, 8 + position, source, destination, transport, 1, 2, 3 FROM association_talks",
	    "UPDATE ipsec_roles SET role = 63 WHERE role = 0",
	    "UPDATE negotiations SET initiator_spi = 'abc'",
	    "UPDATE negotiations SET responder_spi = '0123456789abcdeg'",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(sql); i++) {
		char path[] = "/tmp/aud-ipsec-XXXXXX";
		struct aud_err err = {0};
		struct aud_stored *a = NULL;
		struct aud_store *s;
		enum aud_code code;

		assert_true(close(mkstemp(path)) == 0 && !unlink(path));
		made_report(&report, &trial, &coverage);
		trial.ipsec = &records;
		trial.ipsec_roles = roles;
		trial.nipsec_roles = COUNT(roles);
		if (aud_store_open(&s, path, &err) || aud_store_audit(s, &report, &err) || db_exec(s->db, sql[i], &err))
			fail_msg("%s", err.msg);
		if (i == 2)	/* three talks are in order */
			assert_int_equal(db_exec(s->db, sql[3], &err), AUD_OK);
		aud_store_close(s);
		assert_int_equal(aud_store_open_read(&s, path, &err), AUD_OK);
		code = aud_store_read_audit(s, 0, &a, &err);
		assert_int_equal(code, i == 3 ? AUD_OK : AUD_IO);
		assert_true(i == 3 || strstr(err.msg, "damaged"));
		aud_stored_free(a);
		aud_store_close(s);
		unlink(path);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(round_trip), cmocka_unit_test(damaged)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
