#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "tell.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
harmless(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] < ' ' || s[i] == 0x7f)
			abort();
}

/* The first byte chooses what is told, the rest is every text in it. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char message[2048], *s = size ? strndup((const char *)data + 1, size - 1) : NULL, *line;
	struct aud_finding f = {.reason = s, .app = s, .client_name = s, .port = 443, .proto = 6, .rule = -1, .nearest = -1, .waiver = -1,
	    .client = {.family = 4}, .server = {.family = 4}};
	struct aud_event e = {.kind = size && data[0] & 1, .ts_ns = 1, .action = AUD_ACTION_NEW, .finding = &f, .client_port = 1,
	    .evidence = s, .no_evidence = s, .alert = AUD_ALERT_DROPS, .text = s};
	struct syslog_who who = {.host = "h", .version = "v", .pid = 1, .sequence = 1};
	size_t n, max = sizeof message - (size ? data[0] >> 1 : 0) * 4u;
	json_t *o;

	if (!(line = tell_line(&e, &n)) || line[n - 1] != '\n' || !(o = json_loadb(line, n, JSON_REJECT_DUPLICATES, NULL)))
		abort();
	harmless(line, n - 1);
	json_decref(o);
	n = syslog_format(message, max, &who, &e);
	if (!n || n > max || memchr(message, '\0', n) || !memmem(message, n, "[meta sequenceId=\"1\"] \xef\xbb\xbf", 25))
		abort();
	harmless(message, n);
	free(line);
	free(s);
	return 0;
}
