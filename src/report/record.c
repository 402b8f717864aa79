#include <string.h>

#include "record.h"

/* The report is at depth 1, a section at 2, an item of a section that is a list at 3. */
static int
record_depth(const struct records *r)
{
	return r->at[1].shape == SHAPE_LIST ? 3 : 2;
}

bool
records_begun(const struct records *r)
{
	return r->depth >= 2 && r->depth == record_depth(r);
}

bool
records_inside(const struct records *r)
{
	return r->depth >= 2 && r->depth >= record_depth(r);
}

bool
records_open(struct records *r, enum shape shape, const char *name)
{
	size_t plain = strlen(r->path);

	if (r->depth == RECORD_DEPTH)
		return false;
	r->at[r->depth].shape = shape;
	r->at[r->depth].plain = plain;
	r->depth++;
	if (r->depth == 2)
		snprintf(r->section, sizeof r->section, "%s", name ? name : "");
	if (r->depth <= 2 || r->depth <= record_depth(r))
		sheet_clear(&r->sheet);
	else if (name)
		snprintf(r->path + plain, sizeof r->path - plain, "%s%s", plain ? "." : "", name);
	return true;
}

bool
records_field(struct records *r, const char *name, const struct value *v)
{
	char path[SHEET_PATH];

	if (!records_inside(r))
		return true;
	/* The field's name is cut before it could exceed; the walk has no such names. */
	if (name && *r->path)
		snprintf(path, sizeof path, "%.40s.%.22s", r->path, name);
	else
		snprintf(path, sizeof path, "%.62s", name ? name : r->path);
	return sheet_add(&r->sheet, path, v);
}

enum closed
records_close(struct records *r)
{
	int depth = r->depth--;

	r->path[r->at[depth - 1].plain] = '\0';
	if (depth >= 2 && depth == record_depth(r))
		return CLOSED_RECORD;
	return depth == 2 ? CLOSED_SECTION : CLOSED_PART;
}
