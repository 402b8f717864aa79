/* A row file from anywhere: every field stays inside the buffer and ends. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *buf = malloc(size + 1);
	struct aud_err err = {0};
	struct csv_record r;
	struct csv c;

	if (!buf)
		return 0;
	if (size)
		memcpy(buf, data, size);
	csv_open(&c, "f.csv", buf, size);
	while (!csv_next(&c, &r, &err)) {
		if (!r.n || r.n > CSV_FIELDS)
			abort();
		for (size_t i = 0; i < r.n; i++)
			if (r.fields[i] < buf || r.fields[i] + strlen(r.fields[i]) > buf + size || !r.columns[i])
				abort();
	}
	free(buf);
	return 0;
}
