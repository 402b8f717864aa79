/* Languages: their names, numbers, dates and catalogues; sentences made, told, kept and read again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <aud/said.h>

#include "language.h"

static const struct aud_lang *
lang(const char *name)
{
	const struct aud_lang *l;

	assert_true(aud_lang_by_name(name, &l));
	return l;
}

static void
test_names(void **state)
{
	static const struct {
		const char *name, *tag; /* tag NULL: there is none */
	} names[] = {{"en", "en"}, {"es", "es"}, {"pt-BR", "pt-BR"}, {"pt-br", "pt-BR"}, {"PT_BR", "pt-BR"}, {"ES", "es"}, {"pt", NULL}, {"", NULL},
	    {"fr", NULL}, {"es-MX", NULL}, {"english", NULL}, {"e", NULL}};
	/* Languages of locales are those of ISO 639; POSIX 8.2: language[_territory][.codeset][@modifier]. */
	static const struct {
		const char *locale, *tag;
	} locales[] = {{"es_ES.UTF-8", "es"}, {"es", "es"}, {"es_MX", "es"}, {"es@euro", "es"}, {"pt_BR.UTF-8", "pt-BR"}, {"pt_PT", "pt-BR"},
	    {"en_US.UTF-8", "en"}, {"C", "en"}, {"C.UTF-8", "en"}, {"POSIX", "en"}, {"", "en"}, {"est_EE", "en"}, {"de_DE", "en"}, {"p", "en"}};
	const struct aud_lang *l;

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		bool found = aud_lang_by_name(names[i].name, &l);

		if (found != !!names[i].tag || (found && strcmp(aud_lang_tag(l), names[i].tag)))
			fail_msg("%s: %s", names[i].name, found ? aud_lang_tag(l) : "none");
	}
	for (size_t i = 0; i < sizeof locales / sizeof *locales; i++)
		if (strcmp(aud_lang_tag(aud_lang_of_locale(locales[i].locale)), locales[i].tag))
			fail_msg("%s: %s", locales[i].locale, aud_lang_tag(aud_lang_of_locale(locales[i].locale)));
	assert_null(aud_lang_of_locale(NULL));
}

#define THIN "\xe2\x80\xaf"

/* Spanish: ISO 80000-1, 7.3, and the Ortografia of the RAE: groups by a thin space, from five digits on. Portuguese: CLDR, pt. */
static void
test_numbers(void **state)
{
	static const struct {
		const char *plain, *en, *es, *pt;
	} rows[] = {
	    {"0", "0", "0", "0"}, {"999", "999", "999", "999"}, {"1000", "1,000", "1000", "1.000"}, {"9999", "9,999", "9999", "9.999"},
	    {"12345", "12,345", "12" THIN "345", "12.345"}, {"123456", "123,456", "123" THIN "456", "123.456"},
	    {"1234567.5", "1,234,567.5", "1" THIN "234" THIN "567,5", "1.234.567,5"}, {"1234.50", "1,234.50", "1234,50", "1.234,50"}, {"0.01", "0.01", "0,01", "0,01"},
	    {"18446744073709551615", "18,446,744,073,709,551,615",
		"18" THIN "446" THIN "744" THIN "073" THIN "709" THIN "551" THIN "615", "18.446.744.073.709.551.615"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_string_equal(aud_lang_digits(NULL, rows[i].plain).s, rows[i].en);
		assert_string_equal(aud_lang_digits(lang("es"), rows[i].plain).s, rows[i].es);
		assert_string_equal(aud_lang_digits(lang("pt-BR"), rows[i].plain).s, rows[i].pt);
	}
	assert_string_equal(aud_lang_date(NULL, "2024-03-01").s, "2024-03-01");
	assert_string_equal(aud_lang_date(lang("es"), "2024-03-01").s, "01/03/2024");
	assert_string_equal(aud_lang_date(lang("pt-BR"), "2024-12-31").s, "31/12/2024");
	assert_string_equal(aud_lang_date(lang("es"), "2024-3-1").s, "2024-3-1");
	assert_string_equal(aud_lang_date(lang("es"), "").s, "");
}

/* CLDR: of whole numbers Spanish has "one" for 1, Brazilian Portuguese for 0 and 1. */
static void
test_catalogues(void **state)
{
	static const char flow[] = "%1$s flow", flows[] = "%1$s flows";

	(void)state;
	assert_string_equal(aud_tr(NULL, "no role"), "no role");
	assert_string_equal(aud_tr(lang("es"), "no role"), "sin rol");
	assert_string_equal(aud_tr(lang("pt-BR"), "no role"), "sem fun\xc3\xa7\xc3\xa3o");
	assert_string_equal(aud_tr(lang("es"), "no such message"), "no such message");
	assert_string_equal(aud_tr(lang("es"), ""), "");
	assert_string_equal(aud_tr(NULL, NC_("role", "client")), "client");
	assert_string_equal(aud_tr(lang("es"), NC_("role", "client")), "cliente");
	assert_string_equal(aud_tr(lang("es"), NC_("role", "no such role")), "no such role");
	for (uint64_t n = 0; n < 4; n++) {
		assert_string_equal(aud_tr_n(NULL, flow, flows, n), n == 1 ? flow : flows);
		assert_string_equal(aud_tr_n(lang("es"), flow, flows, n), n == 1 ? "%1$s flujo" : "%1$s flujos");
		assert_string_equal(aud_tr_n(lang("pt-BR"), flow, flows, n), n < 2 ? "%1$s fluxo" : "%1$s fluxos");
	}
	assert_string_equal(aud_tr_n(lang("es"), "one", "many", 2), "many");
}

/* Cut anywhere, and with any word of its tables changed, a catalogue finds what it can and reads nothing else: the sanitizers look. */
static void
test_damaged_catalogue(void **state)
{
	const struct mo *whole = &lang("es")->mo;
	struct mo_pair pair;

	(void)state;
	assert_true(mo_count(whole) > 1000);
	assert_true(mo_pair(whole, 0, &pair));
	assert_string_equal(pair.id, "");
	assert_false(mo_pair(whole, mo_count(whole), &pair));
	for (size_t n = 0; n < whole->size; n += n < 64 ? 1 : 997) {
		unsigned char *copy = malloc(n + !n);
		struct mo cut = {copy, n};

		memcpy(copy, whole->bytes, n);
		(void)mo_find(&cut, "no role", 0);
		for (size_t i = 0; i < mo_count(&cut); i += 50)
			(void)mo_pair(&cut, i, &pair);
		free(copy);
	}
	for (size_t at = 0; at < 28 + 16 * 40; at += 4) {
		static const uint32_t values[] = {0, 1, 0x7fffffff, 0xffffffff};

		for (size_t v = 0; v < 4; v++) {
			unsigned char *copy = malloc(whole->size);
			struct mo changed = {copy, whole->size};

			memcpy(copy, whole->bytes, whole->size);
			for (int i = 0; i < 4; i++)
				copy[at + (size_t)i] = (unsigned char)(values[v] >> 8 * i);
			(void)mo_find(&changed, "no role", 1);
			(void)mo_find(&changed, "%1$s flow", 7);
			for (size_t i = 0; i < mo_count(&changed); i += 97)
				(void)mo_pair(&changed, i, &pair);
			free(copy);
		}
	}
}

static void
test_made(void **state)
{
	static const struct {
		const char *made, *es;
	} rows[] = {
	    {"truncated", "truncado"},
	    {"the file ends inside a packet record (needs 82 bytes, has 52)", "el archivo termina dentro de un registro de paquete (necesita 82 bytes, tiene 52)"},
	    {"the input ends inside a block (needs 8 bytes, has 5); it is being written",
		"el flujo de entrada termina dentro de un bloque (necesita 8 bytes, tiene 5); se est\xc3\xa1 escribiendo"},
	    {"the gzip data breaks off: what follows is no gzip data", "los datos de gzip se interrumpen: lo que sigue no son datos gzip"},
	    {"not a pcap or pcapng capture: it is a PDF document", "no es una captura pcap ni pcapng: es un documento PDF"},
	    {"unknown protocol 0x8863", "desconocido: protocolo 0x8863"},
	    {"ethertype 0x0806 (ARP)", "ethertype 0x0806 (ARP)"},
	    {"said by nobody", "said by nobody"},
	    {"", ""},
	};
	char out[200], small[8];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_string_equal(aud_tr_made(lang("es"), rows[i].made, out, sizeof out), rows[i].es);
		assert_string_equal(aud_tr_made(NULL, rows[i].made, out, sizeof out), rows[i].made);
	}
	assert_string_equal(aud_tr_made(lang("es"), rows[1].made, small, sizeof small), "el arch");
	assert_string_equal(aud_tr_made(NULL, "0123456789", small, sizeof small), "0123456");
	aud_tr_made(NULL, "x", small, 0);
}

/* A sentence of every sort of part. */
static const struct aud_said *
sentence(struct aud_say *s)
{
	struct aud_said *list = aud_say_list(s);

	aud_say_add(s, list, SAY(s, NC_("role", "client")));
	aud_say_add(s, list, aud_say_word(s, "my \"own\"\\role\n\x1b"));
	return SAY(s, "%1$s, which the document lists as %2$s, a row that was valid until %3$s",
	    SAY(s, "%1$s (%2$s)", aud_say_word(s, "100 % sure %1$s"), list),
	    SAY_N(s, "%1$s flow", "%1$s flows", 12345, aud_say_number(s, 12345)), aud_say_date(s, "2013-03-15"));
}

static void
test_said(void **state)
{
	static const char english[] = "100 % sure %1$s (client, my \"own\"\\role\n\x1b), which the document lists as 12345 flows, a row that was valid until 2013-03-15";
	static const char kept[] = "[\"%1$s, which the document lists as %2$s, a row that was valid until %3$s\",[\"%1$s (%2$s)\",\"100 % sure %1$s\",[\"\","
				   "[\"role\\u0004client\"],\"my \\\"own\\\"\\\\role\\u000a\\u001b\"]],[[\"%1$s flow\",\"%1$s flows\",12345],12345],"
				   "{\"date\":\"2013-03-15\"}]";
	static const char es[] = "100 % sure %1$s (cliente, my \"own\"\\role\n\x1b), que el documento indica como 12" THIN
				 "345 flujos, una fila que fue v\xc3\xa1lida hasta el 15/03/2013";
	struct aud_say s = {0};
	char *told, *parts;

	(void)state;
	assert_int_equal(aud_say_end(&s, sentence(&s), &told, &parts, NULL), AUD_OK);
	assert_string_equal(told, english);
	assert_string_equal(parts, kept);
	assert_null(s.made);
	free(told);
	assert_non_null(told = aud_said_in(lang("es"), parts, "other"));
	assert_string_equal(told, es);
	free(told);
	/* English is what was told then. */
	assert_non_null(told = aud_said_in(NULL, parts, "other"));
	assert_string_equal(told, "other");
	free(told);
	free(parts);
	assert_non_null(told = aud_said_in(lang("es"), NULL, "old"));
	assert_string_equal(told, "old");
	free(told);
	/* What stands before the full stop. */
	s = (struct aud_say){0};
	assert_int_equal(aud_say_end(&s, SAY(&s, "%1$s: %2$s", aud_said_bare(SAY(&s, "%1$s.", aud_say_word(&s, "x"))),
	    aud_said_bare(aud_say_word(&s, "y."))), &told, &parts, NULL), AUD_OK);
	assert_string_equal(told, "x: y.");
	free(told);
	/* A part of another sentence, and its English where it is none. */
	s = (struct aud_say){0};
	assert_int_equal(aud_say_end(&s, SAY(&s, "%1$s or %2$s", aud_say_kept(&s, parts, "lost"), aud_say_kept(&s, "[", "lost")), &told, NULL, NULL), AUD_OK);
	assert_string_equal(told, "x: y. or lost");
	free(told);
	free(parts);
	s = (struct aud_say){.failed = true};
	assert_int_equal(aud_say_end(&s, aud_say_word(&s, "x"), &told, &parts, NULL), AUD_NOMEM);
	assert_null(told);
	assert_null(parts);
}

/* Sentences that a database may hold, and ours never does: English is told then. */
static void
test_no_sentence(void **state)
{
	static const char *const rows[] = {"", " ", "x", "[", "[]", "[1]", "\"", "\"a", "[\"a\"", "[\"a\",]", "[\"a\"]]", "[\"a\"] x", "{}", "{\"x\":\"y\"}", "{\"date\":1}",
	    "{\"date\":\"a\"", "[[\"a\",\"b\"]]", "[[\"a\",\"b\",-1]]", "[[\"a\",\"b\",1.5]]", "[[\"a\",\"b\",1],true]", "[\"a\",null]", "-1", "1e5", "1.", ".5",
	    "123456789012345678901", "\"\\u0000\"", "\"\\u0041\"", "\"\\x\"", "\"\\", "\"a\nb\"", "[\"a\",1,2,3,4,5,6,7,8,9,10]"};
	char deep[200] = "";

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct aud_say s = {0};

		if (aud_said_read(&s, rows[i]))
			fail_msg("taken: %s", rows[i]);
		aud_say_clear(&s);
	}
	for (int i = 0; i < 30; i++)
		strcat(deep, "[\"\",");
	strcat(deep, "1");
	for (int i = 0; i < 30; i++)
		strcat(deep, "]");
	{
		struct aud_say s = {0};
		char *told = aud_said_in(lang("es"), deep, "English");

		assert_null(aud_said_read(&s, deep));
		aud_say_clear(&s);
		assert_string_equal(told, "English");
		free(told);
	}
	{
		/* A list of any length is one; placeholders without an argument tell nothing. */
		struct aud_say s = {0};
		char *told;

		assert_non_null(aud_said_read(&s, " [ \"\" , 1 , 2 , 3 , 4 , 5 , 6 , 7 , 8 , 9 , 10.5 ] "));
		aud_say_clear(&s);
		told = aud_said_in(lang("es"), "[\"a %1$s b %2$s c %% %9$s %s %n %\",\"\\u0001x\"]", "");
		assert_string_equal(told, "a \001x b  c %  %s %n %");
		free(told);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_numbers),
	    cmocka_unit_test(test_catalogues),
	    cmocka_unit_test(test_damaged_catalogue),
	    cmocka_unit_test(test_made),
	    cmocka_unit_test(test_said),
	    cmocka_unit_test(test_no_sentence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
