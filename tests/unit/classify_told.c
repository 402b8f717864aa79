/*
 * Ports that servers tell clients: answers of the endpoint mapper, and the table that keeps them. The bytes are laid out after C706
 * (chapter 12, appendices L and O) and MS-RPCE section 2.2.5; tshark 4.0 reads the same ports of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "own.h"
#include "told.h"

/* A tower of five floors, 75 bytes: an interface, NDR, connection-oriented RPC, TCP 49668 and 10.1.0.11. */
#define TOWER(port)                                                                                                    \
	"\5\0\x13\0\x0d\x78\x57\x34\x12\x34\x12\xcd\xab\xef\0\1\x23\x45\x67\x89\xac\1\0\2\0\0\0"                       \
	"\x13\0\x0d\4\x5d\x88\x8a\xeb\x1c\xc9\x11\x9f\xe8\x08\0\x2b\x10\x48\x60\2\0\2\0\0\0"                           \
	"\1\0\x0b\2\0\0\0\1\0\7\2\0" port "\1\0\x09\4\0\x0a\1\0\x0b"
#define HANDLE "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"

/* type, flags, representation and length of the whole; call 2 */
#define HEAD(type, flags, drep, length) "\5\0" type flags drep "\0\0\0" length "\0\0"
static const uint8_t asked[] = HEAD("\0", "\3", "\x10", "\x1c\0") "\2\0\0\0" "\4\0\0\0\0\0\3\0" "\0\0\0";
static const uint8_t asked_big[] = HEAD("\0", "\3", "\0", "\0\x1c") "\0\0\0\2" "\0\0\0\4\0\0\0\3" "\0\0\0";
static const uint8_t asked_other[] = HEAD("\0", "\3", "\x10", "\x1c\0") "\2\0\0\0" "\4\0\0\0\0\0\2\0" "\0\0\0";
static const uint8_t answer[] = HEAD("\2", "\3", "\x10", "\xf0\0") "\2\0\0\0" "\xd8\0\0\0\0\0\0\0" HANDLE
    "\2\0\0\0" "\4\0\0\0\0\0\0\0\2\0\0\0" "\3\0\0\0\4\0\0\0"
    "\x4b\0\0\0\x4b\0\0\0" TOWER("\xc2\4") "\0" "\x4b\0\0\0\x4b\0\0\0" TOWER("\xc8\x22") "\0" "\0\0\0";
static const uint8_t wide[] = HEAD("\2", "\3", "\x10", "\x0c\1") "\2\0\0\0" "\xf4\0\0\0\0\0\0\0" HANDLE
    "\2\0\0\0" "\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0" "\3\0\0\0\0\0\0\0\4\0\0\0\0\0\0\0"
    "\x4b\0\0\0\0\0\0\0\x4b\0\0\0" TOWER("\xc2\4") "\0" "\x4b\0\0\0\0\0\0\0\x4b\0\0\0" TOWER("\xc8\x22") "\0" "\0\0\0";
/* A machine of the other byte order: the towers stay as they are. */
static const uint8_t big[] = HEAD("\2", "\3", "\0", "\0\x98") "\0\0\0\2" "\0\0\0\x80\0\0\0\0" HANDLE
    "\0\0\0\1" "\0\0\0\4\0\0\0\0\0\0\0\1" "\0\0\0\3" "\0\0\0\x4b\0\0\0\x4b" TOWER("\xc2\4") "\0" "\0\0\0";
/* The same length, but no tower of TCP. */
static const uint8_t pipe_tower[] = HEAD("\2", "\3", "\x10", "\x98\0") "\2\0\0\0" "\x80\0\0\0\0\0\0\0" HANDLE
    "\1\0\0\0" "\4\0\0\0\0\0\0\0\1\0\0\0" "\3\0\0\0" "\x4b\0\0\0\x4b\0\0\0"
    "\5\0\x13\0\x0d\x78\x57\x34\x12\x34\x12\xcd\xab\xef\0\1\x23\x45\x67\x89\xac\1\0\2\0\0\0"
    "\x13\0\x0d\4\x5d\x88\x8a\xeb\x1c\xc9\x11\x9f\xe8\x08\0\x2b\x10\x48\x60\2\0\2\0\0\0"
    "\1\0\x0b\2\0\0\0\1\0\x0f\2\0\xc2\4\1\0\x09\4\0\x0a\1\0\x0b" "\0" "\0\0\0";

/* A copy of just these bytes, so that a step beyond them is seen. */
static struct aud_view
exact(const void *p, size_t n)
{
	static uint8_t *copy;

	free(copy);
	copy = malloc(n ? n : 1);
	assert_non_null(copy);
	memcpy(copy, p, n);
	return view_of(copy, n);
}

static unsigned
ports(const uint8_t *request, size_t nrequest, const uint8_t *response, size_t nresponse, struct found *out)
{
	struct own o = {0};

	*out = (struct found){.client = -1};
	epm_segment(&o, exact(request, nrequest), 0, out);
	assert_int_equal(out->ntold, 0);
	epm_segment(&o, exact(response, nresponse), 1, out);
	return out->ntold;
}

static void
test_answers(void **state)
{
	struct found f;

	(void)state;
	assert_int_equal(ports(asked, sizeof asked, answer, sizeof answer, &f), 2);
	assert_int_equal(f.told[0], 49668);
	assert_int_equal(f.told[1], 51234);
	assert_int_equal(f.told_at[0], 0x0a01000b);	/* the host that the tower names: the port is none of another's */
	assert_int_equal(f.told_fact, AUD_FACT_TOLD_RPC);
	assert_int_equal(f.client, 0);
	assert_int_equal(ports(asked, sizeof asked, wide, sizeof wide, &f), 2);
	assert_int_equal(f.told[0], 49668);
	assert_int_equal(f.told[1], 51234);
	assert_int_equal(ports(asked_big, sizeof asked_big, big, sizeof big, &f), 1);
	assert_int_equal(f.told[0], 49668);
}

/* What is no answer to ept_map, or not whole, tells nothing. */
static void
test_no_answers(void **state)
{
	uint8_t changed[sizeof answer];
	struct own o = {0};
	struct found f = {0};

	(void)state;
	assert_int_equal(ports(asked_other, sizeof asked_other, answer, sizeof answer, &f), 0);
	assert_int_equal(ports(asked, sizeof asked, pipe_tower, sizeof pipe_tower, &f), 0);
	for (size_t n = 0; n < sizeof answer; n++)
		assert_int_equal(ports(asked, sizeof asked, answer, n, &f), 0);
	/* Nobody asked; the one who asks answers; another call. */
	f = (struct found){0};
	epm_segment(&o, exact(answer, sizeof answer), 1, &f);
	epm_segment(&o, exact(asked, sizeof asked), 1, &f);
	epm_segment(&o, exact(answer, sizeof answer), 1, &f);
	assert_int_equal(f.ntold, 0);
	memcpy(changed, answer, sizeof answer);
	changed[12] = 3;
	assert_int_equal(ports(asked, sizeof asked, changed, sizeof changed, &f), 0);
	/* The first fragment of several; the count of towers is not that of the array; the handle's place is not towers'. */
	memcpy(changed, answer, sizeof answer);
	changed[3] = 1;
	assert_int_equal(ports(asked, sizeof asked, changed, sizeof changed, &f), 0);
	memcpy(changed, answer, sizeof answer);
	changed[44] = 3;
	assert_int_equal(ports(asked, sizeof asked, changed, sizeof changed, &f), 0);
	/* A tower that says it is longer than it is. */
	memcpy(changed, answer, sizeof answer);
	changed[68] = 0xff;
	assert_int_equal(ports(asked, sizeof asked, changed, sizeof changed, &f), 0);
}

static void
test_table(void **state)
{
	struct aud_addr a = {{10, 0, 0, 1}, 4}, b = {{10, 0, 0, 2}, 4};
	struct told t = {.secret = 7};

	(void)state;
	assert_null(told_find(&t, &a, &b, 1));
	told_add(&t, &a, &b, 0, 0, 1);
	assert_int_equal(t.n, 0);
	for (uint32_t i = 1; i <= UINT16_MAX; i++)
		told_add(&t, &a, &b, (uint16_t)i, 0, 1000 - i % 7);
	for (uint32_t i = 1; i <= UINT16_MAX; i++)
		assert_int_equal(told_find(&t, &a, &b, (uint16_t)i)->ns[0], 1000 - i % 7);
	assert_null(told_find(&t, &b, &a, 1));
	/* The earliest time of each kind counts. */
	told_add(&t, &a, &b, 1, 0, 5);
	told_add(&t, &a, &b, 1, 0, 9);
	assert_int_equal(told_find(&t, &a, &b, 1)->ns[0], 5);
	assert_true(told_find(&t, &a, &b, 1)->ns[1] == UINT64_MAX);
	/* Full: what is new is not kept, and nothing else changes. */
	told_add(&t, &b, &a, 1, 0, 1);
	told_add(&t, &b, &a, 2, 0, 1);
	assert_int_equal(t.n, TOLD_MAX);
	assert_int_equal(t.mask, 2 * TOLD_MAX - 1);
	assert_non_null(told_find(&t, &b, &a, 1));
	assert_null(told_find(&t, &b, &a, 2));
	told_done(&t);
	assert_int_equal(t.n, 0);
}

/* Ports and addresses that one client chose to make up for each other do not fall on one place: they lie in many runs. */
static void
test_flood(void **state)
{
	struct aud_addr server = {{10, 0, 0, 2}, 4};
	struct told t = {.secret = UINT64_C(0x0123456789abcdef)};
	unsigned runs = 0;

	(void)state;
	for (uint16_t port = 0x100; port < 0x200; port++) {
		uint16_t half = port ^ 0x5a5a;
		struct aud_addr client = {.family = 4};

		memcpy(client.b, &half, sizeof half);
		told_add(&t, &client, &server, port, 0, 1);
	}
	assert_int_equal(t.n, 256);
	for (size_t i = 0; i <= t.mask; i++)
		runs += t.slots[i].port && !t.slots[(i + 1) & t.mask].port;
	assert_true(runs > 16);
	told_done(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_answers),
	    cmocka_unit_test(test_no_answers),
	    cmocka_unit_test(test_table),
	    cmocka_unit_test(test_flood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
