/* Stage 10, inside: the words that the columns hold for our enums; schema.sql lists the same in its CHECKs. */
#ifndef STORE_NAMES_H
#define STORE_NAMES_H

#include <stddef.h>

struct names {
	const char *const *words;	/* in the order of the enumerators; NULL: SQL's NULL */
	size_t n;
};

extern const struct names names_product, names_balancing, names_tri, names_row_kind, names_port_side, names_media, names_security,
    names_presence, names_absence, names_app_by, names_direction, names_answer, names_step, names_certainty, names_severity, names_state,
    names_kind, names_title, names_class, names_announced, names_encap, names_payload, names_mode, names_saying, names_alert, names_part;

/* NULL where i is none of the enumerators. */
const char *name_of(const struct names *, unsigned i);
/* The reverse; -1 none. */
int name_find(const struct names *, const char *word);

#endif
