/*
 * Lists what the IPsec stage found in captures, one record a line, fields separated by tabs: for tests/corpus.sh ipsec, which compares
 * it with tshark's fields.
 */
#include <stdio.h>

#include <aud/audit.h>
#include <aud/ipsec.h>

static void
print_sa(const struct aud_sa *a)
{
	printf("sa\t%s\t%s\t%s\t0x%08x\t%llu\t%llu\t%s\t%s\t%u\t%u\t%llu\t%llu\t%llu\t%llu\t%llu\t%llu\t%llu\t%llu\n", aud_addr_str(&a->src).s,
	    aud_addr_str(&a->dst).s, aud_ipsec_encap_name(a->encap), a->spi, (unsigned long long)a->packets, (unsigned long long)a->copies,
	    aud_ipsec_payload_name(a->payload), aud_ipsec_mode_name(a->mode), a->icv, a->iv, (unsigned long long)a->read,
	    (unsigned long long)a->unread, (unsigned long long)a->lost, (unsigned long long)a->late, (unsigned long long)a->duplicates,
	    (unsigned long long)a->restarts, (unsigned long long)a->fragments, (unsigned long long)a->bytes);
	for (unsigned i = 0; i < a->ninner; i++)
		printf("inner\t%s\t%s\t0x%08x\t%u\t%s\t%u\t%s\t%u\t%llu\n", aud_addr_str(&a->src).s, aud_addr_str(&a->dst).s, a->spi,
		    a->inner[i].proto, aud_addr_str(&a->inner[i].src).s, a->inner[i].sport, aud_addr_str(&a->inner[i].dst).s, a->inner[i].dport,
		    (unsigned long long)a->inner[i].packets);
	for (unsigned i = 0; i < AUD_SA_CADENCES; i++)
		if (a->cadence[i].run)
			printf("cadence\t%s\t%s\t0x%08x\t%u\t%u\t%u\t%llu\n", aud_addr_str(&a->src).s, aud_addr_str(&a->dst).s, a->spi,
			    aud_cadence_ms[i], a->cadence[i].run, a->cadence[i].seconds, (unsigned long long)a->cadence[i].near);
}

static void
print_spi(const uint8_t spi[8])
{
	for (int i = 0; i < 8; i++)
		printf("%02x", spi[i]);
}

static void
print_ike(const struct aud_ike *k)
{
	for (unsigned i = 0; i < k->nexchanges; i++) {
		const struct aud_ike_exchange *x = &k->exchanges[i];
		printf("ike\t%s\t%s\t", aud_addr_str(&k->initiator).s, aud_addr_str(&k->responder).s);
		print_spi(k->initiator_spi);
		putchar('\t');
		print_spi(k->responder_spi);
		printf("\t%u.%u\t%u\t%llu\t%llu\t%s\n", x->version >> 4, x->version & 15, x->type, (unsigned long long)x->messages[0],
		    (unsigned long long)x->messages[1], aud_ike_exchange_name(x->version, x->type));
	}
	printf("negotiation\t%s\t%s\t", aud_addr_str(&k->initiator).s, aud_addr_str(&k->responder).s);
	print_spi(k->initiator_spi);
	printf("\t%llu\t%llu\t%llu\t%llu\t0x%x\t%u\t%lld\n", (unsigned long long)k->copies, (unsigned long long)k->retransmissions[0],
	    (unsigned long long)k->retransmissions[1], (unsigned long long)k->bytes, k->vendors, k->other_vendors,
	    k->answer_ns ? (long long)(k->answer_ns - k->first_ns) : -1);
}

int
main(int argc, char **argv)
{
	struct aud_audit_opts o = {.paths = (const char *const *)(argv + 1), .npaths = (size_t)(argc - 1), .no_split = true};
	struct aud_err err = {.code = AUD_OK};
	struct aud_audit *a;
	enum aud_code rc = aud_audit_run(&a, &o, &err);

	if (rc != AUD_OK)
		fprintf(stderr, "%s\n", err.msg);
	if (!a)
		return 2;
	const struct aud_ipsec_result *r = aud_audit_report(a)->trial->ipsec;
	for (size_t i = 0; i < r->nsas; i++)
		print_sa(&r->sas[i]);
	for (size_t i = 0; i < r->nikes; i++)
		print_ike(&r->ikes[i]);
	printf("stats\t%llu\t%llu\t%llu\t%llu\t%llu\t%llu\t%llu\t%llu\t%llu\t%llu\n", (unsigned long long)r->stats.esp,
	    (unsigned long long)r->stats.ah, (unsigned long long)r->stats.wesp, (unsigned long long)r->stats.esp_udp,
	    (unsigned long long)r->stats.esp_tcp, (unsigned long long)r->stats.ike, (unsigned long long)r->stats.keepalives,
	    (unsigned long long)r->stats.malformed, (unsigned long long)r->stats.not_esp, (unsigned long long)r->stats.unheld);
	aud_audit_free(a);
	return rc == AUD_OK ? 0 : 3;
}
