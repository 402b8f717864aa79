/*
 * Stage 1 against real captures, where they are present: the packets that capinfos or libpcap count (MANIFEST.tsv).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <aud/frame.h>

struct row {
	char *file, *format, *packets, *libpcap_packets, *libpcap_status;
};

/* Columns of the manifest: file, ..., format (7th), linktype, packets, libpcap_packets, libpcap_status. */
static bool
split(char *line, struct row *r)
{
	char *f[11];

	for (int i = 0; i < 11; i++)
		if (!(f[i] = strsep(&line, "\t")))
			return false;
	*r = (struct row){f[0], f[6], f[8], f[9], f[10]};
	return true;
}

static enum aud_code
count(const char *path, unsigned long *frames, struct aud_err *err)
{
	struct aud_capture *c;
	struct aud_block b = {0};
	struct aud_frame f[64];
	enum aud_code code = aud_capture_open(&c, path, NULL, err);
	size_t n;

	*frames = 0;
	if (code != AUD_OK)
		return code;
	while (aud_capture_claim(c, &b, err) == AUD_OK && aud_capture_load(c, &b, err) == AUD_OK)
		while ((n = aud_capture_cut(c, &b, f, 64)))
			*frames += n;
	assert_int_equal(aud_capture_info(c)->frames, *frames);
	aud_block_free(&b);
	aud_capture_close(c);
	return code;
}

static void
test_corpus(void **state)
{
	FILE *f = fopen(CORPUS "/MANIFEST.tsv", "r");
	char line[8192], path[4096];
	unsigned long frames, read = 0, refused = 0;
	struct row r = {0};

	(void)state;
	if (!f)
		skip();
	assert_non_null(fgets(line, sizeof line, f));
	while (fgets(line, sizeof line, f)) {
		struct aud_err err = {0};
		assert_true(split(line, &r));
		snprintf(path, sizeof path, CORPUS "/%s", r.file);
		if (count(path, &frames, &err) == AUD_OK) {
			/* capinfos knows fewer link types than libpcap; libpcap ends where capinfos goes on. */
			bool ok = frames == strtoul(r.packets, NULL, 10) ||
				  (frames == strtoul(r.libpcap_packets, NULL, 10) && !strcmp(r.libpcap_status, "ok"));
			if (!ok)
				print_message("%s: %lu frames, capinfos %s, libpcap %s\n", r.file, frames, r.packets,
				    r.libpcap_packets);
			assert_true(ok || !strcmp(r.packets, "-"));
			read++;
			continue;
		}
		/* Formats of others, and what libpcap cannot even open. */
		assert_int_equal(err.code, AUD_FORMAT);
		assert_true(!strcmp(r.format, "unknown") || strstr(r.libpcap_status, "unsupported"));
		refused++;
	}
	fclose(f);
	print_message("%lu captures read, %lu refused\n", read, refused);
	assert_true(read > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_corpus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
