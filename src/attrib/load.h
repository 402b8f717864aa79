/* Parts of loading a site file: a subtree each. Strings are borrowed from the tree, which lives as long as the site. */
#ifndef AUD_LOAD_H
#define AUD_LOAD_H

#include <stdlib.h>

#include <aud/site.h>

#include "yaml.h"

/* Own role names must be known before the hosts are read. */
enum aud_code load_own_roles(struct aud_site *, const struct aud_yaml *, struct aud_err *) AUD_CHECKED;
enum aud_code load_hosts(struct aud_site *, const struct aud_yaml *, struct aud_err *) AUD_CHECKED;
enum aud_code load_waivers(struct aud_site *, const struct aud_yaml *, struct aud_err *) AUD_CHECKED;
/* What is legal and yet contradicts itself. */
enum aud_code load_warnings(struct aud_site *, const struct aud_yaml *root, struct aud_err *) AUD_CHECKED;

/* Zeroed room for the items of a list; the counter is counted up by whoever fills it. */
static inline void *
room(const struct aud_yaml *list, size_t size)
{
	return calloc(list->n + 1, size);
}

#endif
