/*
 * The site file: who the hosts are and what is deployed. Format: spanaudit(1).
 *
 * Ownership: a struct aud_site is read-only once loaded and owns all that it points to.
 */
#ifndef AUD_SITE_H
#define AUD_SITE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "addr.h"
#include "err.h"
#include "role.h"
#include "said.h"

/* X(enumerator, name in files); the first: not given. */
#define AUD_LOAD_BALANCINGS(X) X(UNKNOWN, "unknown") X(DNS, "dns") X(HARDWARE, "hardware") X(NONE, "none")
#define AUD_PRODUCTS(X) X(UNKNOWN, "any") X(LYNC_2013, "lync-2013") X(SFB_2015, "skype-for-business-2015")
#define X(e, name) AUD_LB_##e,
enum aud_load_balancing { AUD_LOAD_BALANCINGS(X) };
#undef X
#define X(e, name) AUD_PRODUCT_##e,
enum aud_product { AUD_PRODUCTS(X) };
#undef X

struct aud_range {
	uint16_t lo, hi;	/* inclusive; 0-0: not given */
};

/* One definition of the hosts list. */
struct aud_host {
	struct aud_addr lo, hi;	/* inclusive */
	unsigned line, column;
	const char *name;	/* NULL where none was given */
	aud_roles roles;
	struct aud_addr *members;	/* of a VIP */
	size_t nmembers;
	struct {
		uint16_t port;
		uint8_t proto;
	} *ports;		/* the roles hold for these ports only; none: for all */
	size_t nports;
};

struct aud_waiver {
	const char *finding;	/* an id, or NULL: match by terms */
	const char *kind;	/* slug or NULL */
	struct aud_addr client_lo, client_hi, server_lo, server_hi;	/* family 0: any */
	int port, proto;	/* -1: any */
	const char *app;	/* NULL: any */
	const char *reason, *owner, *expires;	/* expires: YYYY-MM-DD or NULL */
	unsigned line;
};

struct aud_site {
	const char *path;	/* as the user wrote it */
	const char *name;	/* "" where none was given */
	char sha256[65];	/* of the file's bytes, hexadecimal */
	const char *text;	/* the file itself, for whoever keeps it with the result; NULL: not known */
	enum aud_product product;
	const char **documents;	/* the additional ones, as written */
	size_t ndocuments;
	enum aud_load_balancing load_balancing;
	enum aud_tri features[AUD_FEATURE_COUNT];
	struct {
		struct aud_range audio, video, sharing, client;
	} media;
	struct aud_host *hosts;	/* in the order of the file */
	size_t nhosts;
	const char **own_roles;	/* names of the site's own roles: bit AUD_ROLE_BUILTIN + index */
	size_t nown_roles;
	struct aud_waiver *waivers;
	size_t nwaivers;
	void *rules;		/* the subtree of the site's own rules: struct aud_yaml of base/yaml.h, NULL where none */
	const char **warnings;	/* "file:line:column: text": legal, but not likely to be meant. For the user, before the audit */
	size_t nwarnings;
	void *priv;		/* the whole tree: struct aud_yaml */
};

/* Name of any role, the site's own included; site may be NULL. */
const char *aud_site_role_name(const struct aud_site *, unsigned role);
/* The names of a set with this between them; "any" for all there are. */
void aud_roles_write(FILE *, const struct aud_site *, aud_roles, const char *between);
/* The name as reports in that language have it: built-in roles are translated, the site's own are as they are. */
const char *aud_site_role_told(const struct aud_lang *, const struct aud_site *, unsigned role);
void aud_roles_tell(FILE *, const struct aud_lang *, const struct aud_site *, aud_roles);	/* separated by ", " */
/* The same as a part of a sentence: built-in roles are told by the language, the site's own as they are. */
const struct aud_said *aud_say_roles(struct aud_say *, const struct aud_site *, aud_roles);

/* AUD_RULES with "file:line:column: reason" naming the offending word; AUD_IO where it cannot be read. */
enum aud_code aud_site_load(struct aud_site **out, const char *path, struct aud_err *err) AUD_CHECKED;
/* The same of a buffer; path is only for messages. */
enum aud_code aud_site_parse(struct aud_site **out, const char *path, const char *text, size_t len, struct aud_err *err) AUD_CHECKED;
void aud_site_free(struct aud_site *);

/* A waiver as a person words it; NULL: not given. Either a finding, or terms. */
struct aud_waiver_words {
	const char *finding, *kind, *client, *server, *port, *transport, *app, *reason, *owner, *expires;
};
/*
 * The text of a site file with one more waiver, behind those that it has; everything else stays as it is, comments and layout
 * included. *out is the caller's to free; *waived is that text loaded, its last waiver the new one. AUD_RULES with the reason where
 * the words make no waiver, or where the layout of the file leaves no safe place for it.
 */
enum aud_code aud_site_waive(char **out, struct aud_site **waived, const struct aud_site *, const struct aud_waiver_words *,
    struct aud_err *err) AUD_CHECKED;

#endif
