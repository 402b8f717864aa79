/*
 * Events -> records, for formats that tell a record when it is whole. A record is a section of the report or, where the section is a
 * list, an item of it. A format forwards its events here and reads the sheet when a record is closed.
 */
#ifndef REPORT_RECORD_H
#define REPORT_RECORD_H

#include "sheet.h"

enum { RECORD_DEPTH = 16 };

enum closed {
	CLOSED_PART,	/* something inside a record, or the whole report */
	CLOSED_RECORD,	/* a record: it is in sheet until the next one opens */
	CLOSED_SECTION, /* a list of records */
};

struct records {
	struct sheet sheet;
	char section[32]; /* the one that is open, or was the last */
	int depth;
	struct {
		enum shape shape;
		size_t plain; /* length of the path outside */
	} at[RECORD_DEPTH];
	char path[SHEET_PATH];
};

bool records_open(struct records *, enum shape, const char *name);
bool records_field(struct records *, const char *name, const struct value *);
enum closed records_close(struct records *);
/* Is what was just opened a record? */
bool records_begun(const struct records *);
/* Are we inside a record, of whatever depth? */
bool records_inside(const struct records *);

#endif
