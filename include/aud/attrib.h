/*
 * Stage 6, attrib: addresses -> roles. The longest match of the site file wins; definitions of one and the same range add up.
 */
#ifndef AUD_ATTRIB_H
#define AUD_ATTRIB_H

#include "addr.h"
#include "err.h"
#include "site.h"

/* What the site says of one address. */
struct aud_who {
	aud_roles roles;		/* 0: nobody said */
	const struct aud_host *host;	/* the definition that named it; NULL: unknown host */
	bool group;			/* declared as part of a prefix or range, not by its own address */
};

struct aud_attrib;
/* site NULL: *out is NULL, which knows nobody. The site must outlive the attrib. */
enum aud_code aud_attrib_new(struct aud_attrib **out, const struct aud_site *, struct aud_err *err) AUD_CHECKED;
void aud_attrib_free(struct aud_attrib *);

/*
 * Roles of an address when it uses port/proto on its own side; proto 0, or one without ports: whatever the port (the union).
 * O(log n) in the number of definitions. A NULL attrib (no site) knows nobody. A known host that uses a port to which none of
 * its definitions is bound has no role but a host: a wider definition is not asked instead.
 */
struct aud_who aud_attrib_find(const struct aud_attrib *, const struct aud_addr *, uint16_t port, uint8_t proto);
/*
 * Is addr one of the members that the site file lists for the virtual address with these roles? Unknown: it lists none, or the roles are
 * neither a load balancer's nor the site's own.
 */
enum aud_tri aud_attrib_member(const struct aud_attrib *, aud_roles, const struct aud_addr *virtual_address, const struct aud_addr *addr);

#endif
