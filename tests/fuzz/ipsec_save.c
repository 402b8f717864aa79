/*
 * What an earlier start may have kept of IPsec: a part, two bytes of length, its bytes without the version in front; and so on. What is taken
 * is told, gone on with by packets that wait, and kept and taken once more: that changes nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "inside.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t
frame(const void *user, uint64_t no)
{
	(void)user;
	return no;
}

static unsigned
decode(const void *user, const struct aud_frame *f, struct aud_packet out[2])
{
	return aud_decode((struct aud_decoder *)(uintptr_t)user, f, out);
}

static enum aud_code
emit(void *user, const struct aud_ipsec_out *o, struct aud_err *err)
{
	struct aud_packet in[2];

	(void)err;
	if (o->packet->caplen > o->packet->iplen || o->packet->payload < o->packet->l4)
		abort();
	if (o->clear)
		(void)aud_decode_inside(user, o->packet, o->in, o->proto, o->at, o->end, in);
	return AUD_OK;
}

static struct aud_ipsec *
context(void)
{
	const struct aud_ipsec_opts o = {.dedup = true, .max_sas = 64, .max_ikes = 64};
	struct aud_ipsec *x;

	if (aud_ipsec_new(&x, &o, NULL) != AUD_OK)
		abort();
	return x;
}

/* All that x has, into another one, which has to give the same. */
static void
twice(struct aud_ipsec *x, const struct aud_ipsec_again *again)
{
	struct aud_ipsec *y = context();
	struct aud_ipsec_saves one, two;

	if (aud_ipsec_save(x, 0, &one, NULL) != AUD_OK)
		abort();
	for (size_t i = 0; i < one.n; i++)
		if (aud_ipsec_restore(y, &one.v[i], again, NULL) != AUD_OK)
			abort();
	if (aud_ipsec_save(y, 0, &two, NULL) != AUD_OK || one.n != two.n)
		abort();
	for (size_t i = 0; i < one.n; i++)
		if (one.v[i].n != two.v[i].n || memcmp(one.v[i].bytes, two.v[i].bytes, one.v[i].n))
			abort();
	aud_ipsec_saves_free(&one);
	aud_ipsec_saves_free(&two);
	aud_ipsec_free(y);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct aud_ipsec_result *r;
	struct aud_ipsec *x = context();
	struct aud_decoder *d;

	if (aud_decoder_new(&d, NULL) != AUD_OK)
		abort();
	const struct aud_ipsec_again again = {frame, decode, d};
	while (size >= 3) {
		size_t n = be16(data + 1) < size - 3 ? be16(data + 1) : size - 3;
		uint8_t *bytes = malloc(n + 1);

		if (!bytes)
			abort();
		bytes[0] = KEPT_VERSION;
		memcpy(bytes + 1, data + 3, n);
		enum aud_code rc = aud_ipsec_restore(x, &(struct aud_ipsec_saved){.part = data[0] % 3, .n = n + 1, .bytes = bytes}, &again, NULL);
		free(bytes);
		if (rc != AUD_OK && rc != AUD_FORMAT)
			abort();
		data += 3 + n;
		size -= 3 + n;
	}
	twice(x, &again);
	if (aud_ipsec_flush(x, emit, d, NULL) != AUD_OK || aud_ipsec_result(x, &r, NULL) != AUD_OK || r->nsas > 64 || r->nikes > 64)
		abort();
	aud_ipsec_free(x);
	aud_decoder_free(d);
	return 0;
}
