/* JSON (RFC 8259) of events, on any stream: the json format and those that carry pieces of it. */
#ifndef REPORT_JSON_H
#define REPORT_JSON_H

#include "writer.h"

enum { JSON_DEPTH = 16 };

struct json {
	int spread; /* levels whose items take a line each */
	int depth;
	struct {
		enum shape shape;
		bool filled;
	} at[JSON_DEPTH];
};

bool json_open(struct json *, FILE *, enum shape, const char *name);
void json_field(struct json *, FILE *, const char *name, const struct value *);
void json_close(struct json *, FILE *);

#endif
