#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Visits every node, so that the sanitizer sees what a reader of the tree would. */
static size_t
walk(const struct aud_yaml *y)
{
	size_t n = y->kind == AUD_YAML_SCALAR ? strlen(y->text) : 0;
	if (!y->line || !y->column || !y->file)
		abort();
	for (size_t i = 0; i < y->n; i++) {
		if (y->kind == AUD_YAML_MAP && aud_yaml_get(y, y->keys[i].text) != &y->items[i])
			abort();
		n += walk(&y->items[i]);
	}
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct aud_yaml *y;
	struct aud_err err = {0};

	if (size > 4096)
		return 0;
	if (aud_yaml_parse(&y, "f", (const char *)data, size, &err)) {
		if (y || err.code == AUD_OK || strpbrk(err.msg, "\n\r\x1b"))
			abort();
		return 0;
	}
	walk(y);
	aud_yaml_free(y);
	return 0;
}
