/* One rule of a rule file or of a site file: every key is a row of a table, every mistake is told at its place. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <aud/date.h>

#include "load.h"

struct rule_reader {
	struct load *l;
	struct aud_rule *r;
	const struct aud_yaml *y;	/* the rule's map */
	bool own;
};

typedef enum aud_code read_fn(struct rule_reader *, const struct aud_yaml *);

int
role_find(const struct aud_site *site, const char *name, size_t len)
{
	char word[64];

	if (!len || len >= sizeof word)
		return -1;
	memcpy(word, name, len);
	word[len] = 0;
	for (size_t i = 0; site && i < site->nown_roles && AUD_ROLE_BUILTIN + i < AUD_ROLE_MAX; i++)
		if (!strcmp(site->own_roles[i], word))
			return (int)(AUD_ROLE_BUILTIN + i);
	return aud_role_by_name(word);
}

static enum aud_code
fail_role(struct rule_reader *q, const struct aud_yaml *y, const char *word, size_t len)
{
	const char *names[AUD_ROLE_MAX + 2], *near;
	char text[64];
	size_t n = 0;

	for (int i = 0; i < AUD_ROLE_BUILTIN; i++)
		names[n++] = aud_role_name((enum aud_role)i);
	for (size_t i = 0; q->l->site && i < q->l->site->nown_roles && n < AUD_ROLE_MAX; i++)
		names[n++] = q->l->site->own_roles[i];
	names[n++] = "server";
	names[n++] = "any";
	snprintf(text, sizeof text, "%.*s", (int)(len > 40 ? 40 : len), word);
	near = aud_nearest(text, names, n);
	return aud_yaml_fail(q->l->err, y, "unknown role '%s'%s%s%s", text, near ? ": did you mean '" : "", near ? near : "",
	    near ? "'?" : "");
}

static enum aud_code
want_list(struct rule_reader *q, const struct aud_yaml *y, const char *what)
{
	enum aud_code code = aud_yaml_want(y, AUD_YAML_LIST, what, q->l->err);

	if (!code && !y->n)
		code = aud_yaml_fail(q->l->err, y, "the list of %s is empty", what);
	for (size_t i = 0; !code && i < y->n; i++) {
		code = aud_yaml_want(&y->items[i], AUD_YAML_SCALAR, what, q->l->err);
		for (size_t j = 0; !code && j < i; j++)
			if (!strcmp(y->items[j].text, y->items[i].text))
				code = aud_yaml_fail(q->l->err, &y->items[i], "'%.40s' is there twice in %s", y->items[i].text, what);
	}
	return code;
}

/* A list of roles; "a+b" alone means a host that has both. */
static enum aud_code
roles(struct rule_reader *q, const struct aud_yaml *y, const char *what, aud_roles *set, aud_roles *all)
{
	enum aud_code code = want_list(q, y, what);

	if (code)
		return code;
	for (size_t i = 0; i < y->n; i++) {
		const char *w = y->items[i].text, *plus = strchr(w, '+');

		if (plus && (!all || y->n > 1))
			return aud_yaml_fail(q->l->err, &y->items[i], "'%.60s': hosts with several roles at once stand alone in %s", w,
			    all ? what : "clients or servers");
		if (!strcmp(w, "any") || !strcmp(w, "server")) {
			*set |= *w == 'a' ? AUD_ROLES_ANY : aud_roles_servers();
			continue;
		}
		for (;; w = plus + 1, plus = strchr(w, '+')) {
			size_t len = plus ? (size_t)(plus - w) : strlen(w);
			int role = role_find(q->l->site, w, len);

			if (role < 0)
				return fail_role(q, &y->items[i], w, len);
			*set |= AUD_ROLE_BIT(role);
			if (!plus)
				break;
		}
		if (strchr(y->items[i].text, '+'))
			*all = *set;
	}
	return AUD_OK;
}

static enum aud_code
read_id(struct rule_reader *q, const struct aud_yaml *y)
{
	enum aud_code code = load_text(q->l, y, "id", &q->r->id);
	size_t n;

	if (code)
		return code;
	n = strspn(q->r->id, "abcdefghijklmnopqrstuvwxyz0123456789-");
	if (q->r->id[n] || n > 47 || q->r->id[0] == '-')
		return aud_yaml_fail(q->l->err, y, "'%.40s' cannot be an id: small letters, digits and '-', at most 47", q->r->id);
	for (size_t i = 0; i < q->l->nrules; i++)
		if (!strcmp(q->l->rules[i].id, q->r->id))
			return aud_yaml_fail(q->l->err, y, "the rule '%s' is there twice, first at %s:%u", q->r->id, q->l->rules[i].file,
			    q->l->rules[i].line);
	return AUD_OK;
}

static enum aud_code
find_row(struct rule_reader *q, const struct aud_yaml *y, unsigned *out)
{
	const char *hash = strchr(y->text, '#'), *dot = hash ? strrchr(hash, '.') : NULL;
	const struct load *l = q->l;
	size_t document = 0, len, table;
	unsigned last = 0;

	if (!hash || !dot || !isdigit((unsigned char)dot[1]))
		return aud_yaml_fail(l->err, y, "'%.60s' is no citation: write document#T1.3, or document#P.1 for a statement", y->text);
	len = (size_t)(hash - y->text);
	while (document < l->ndocuments &&
	    (strlen(l->documents[document].id) != len || memcmp(l->documents[document].id, y->text, len) != 0))
		document++;
	if (document == l->ndocuments)
		return aud_yaml_fail(l->err, y, "unknown document '%.*s'", (int)(len > 60 ? 60 : len), y->text);
	table = (size_t)(dot - hash) - 1;
	for (size_t i = 0; i < l->nrows; i++) {
		const struct aud_row *row = &l->rows[i];
		char ordinal[12];

		if (row->document != document || strlen(row->table) != table || memcmp(row->table, hash + 1, table) != 0)
			continue;
		snprintf(ordinal, sizeof ordinal, "%u", row->ordinal);
		if (!strcmp(ordinal, dot + 1)) {
			*out = (unsigned)i;
			if (row->kind == AUD_ROW_BLANK)
				return aud_yaml_fail(l->err, y, "the row '%.60s' is blank: nothing can rest on it", y->text);
			return AUD_OK;
		}
		last = row->ordinal;
	}
	if (last)
		return aud_yaml_fail(l->err, y, "the row '%.60s' does not exist: this table has %u", y->text, last);
	return aud_yaml_fail(l->err, y, "the row '%.60s' does not exist: the document has no such table", y->text);
}

static enum aud_code
read_rows(struct rule_reader *q, const struct aud_yaml *y)
{
	enum aud_code code;
	unsigned *rows;

	if (q->own)
		return aud_yaml_fail(q->l->err, y, "'rows' in a rule of the site: it rests on a 'reason', not on a document");
	if ((code = want_list(q, y, "rows")))
		return code;
	rows = keep_alloc(q->l->keep, y->n * sizeof *rows, q->l->err);
	if (!rows)
		return AUD_NOMEM;
	for (size_t i = 0; !code && i < y->n; i++)
		code = find_row(q, &y->items[i], &rows[i]);
	q->r->citations = rows;
	q->r->ncitations = y->n;
	return code;
}

static enum aud_code
read_service(struct rule_reader *q, const struct aud_yaml *y)
{
	return load_text(q->l, y, "service", &q->r->service);
}

static enum aud_code
read_clients(struct rule_reader *q, const struct aud_yaml *y)
{
	return roles(q, y, "clients", &q->r->clients, &q->r->clients_all);
}

static enum aud_code
read_servers(struct rule_reader *q, const struct aud_yaml *y)
{
	return roles(q, y, "servers", &q->r->servers, &q->r->servers_all);
}

static enum aud_code
read_mtls_clients(struct rule_reader *q, const struct aud_yaml *y)
{
	return roles(q, y, "mtls_clients", &q->r->mtls_clients, NULL);
}

static enum aud_code
read_either_way(struct rule_reader *q, const struct aud_yaml *y)
{
	if (y->kind == AUD_YAML_SCALAR && !strcmp(y->text, "true"))
		q->r->either = AUD_ROLES_ANY; /* all of clients: narrowed once they are known */
	else if (y->kind == AUD_YAML_LIST)
		return roles(q, y, "either_way", &q->r->either, NULL);
	else if (y->kind != AUD_YAML_SCALAR || strcmp(y->text, "false") != 0)
		return aud_yaml_fail(q->l->err, y, "either_way is true, false or a list of those clients that may be connected to as well");
	return AUD_OK;
}

static enum aud_code
read_transport(struct rule_reader *q, const struct aud_yaml *y)
{
	static const uint8_t numbers[] = {6, 17, 132, 1, 58, 50, 51, 47};
	enum aud_code code = want_list(q, y, "transport");
	int word;

	if (!code && y->n > sizeof q->r->protos)
		code = aud_yaml_fail(q->l->err, &y->items[sizeof q->r->protos], "more than %zu transports", sizeof q->r->protos);
	for (size_t i = 0; !code && i < y->n; i++) {
		code = load_word(&y->items[i], &words_transport, "transport", &word, q->l->err);
		if (!code)
			q->r->protos[q->r->nprotos++] = numbers[word];
	}
	return code;
}

static enum aud_code
port(struct rule_reader *q, const struct aud_yaml *y, const char *s, size_t len, uint16_t *out)
{
	unsigned n = 0;

	for (size_t i = 0; i < len; i++) {
		if (!isdigit((unsigned char)s[i]))
			return aud_yaml_fail(q->l->err, y, "'%.40s' is no port: write 5061 or 49152-57500", y->text);
		if (n <= UINT16_MAX)
			n = n * 10 + (unsigned)(s[i] - '0');
	}
	if (!len)
		return aud_yaml_fail(q->l->err, y, "'%.40s' is no port: write 5061 or 49152-57500", y->text);
	if (!n || n > UINT16_MAX)
		return aud_yaml_fail(q->l->err, y, "the port '%.*s' does not exist: ports are 1 to 65535", (int)(len > 40 ? 40 : len), s);
	*out = (uint16_t)n;
	return AUD_OK;
}

static enum aud_code
read_ports(struct rule_reader *q, const struct aud_yaml *y)
{
	enum { MAX = sizeof q->r->ports / sizeof *q->r->ports };
	enum aud_code code = want_list(q, y, "ports");

	if (!code && y->n > MAX)
		code = aud_yaml_fail(q->l->err, &y->items[MAX], "more than %d ports or ranges", MAX);
	for (size_t i = 0; !code && i < y->n; i++) {
		const struct aud_yaml *v = &y->items[i];
		const char *dash = strchr(v->text, '-');
		struct aud_range *a = &q->r->ports[q->r->nports++];

		code = port(q, v, v->text, dash ? (size_t)(dash - v->text) : strlen(v->text), &a->lo);
		a->hi = a->lo;
		if (!code && dash)
			code = port(q, v, dash + 1, strlen(dash + 1), &a->hi);
		if (!code && a->lo > a->hi)
			code = aud_yaml_fail(q->l->err, v, "the range '%.40s' is upside down", v->text);
		for (size_t j = 0; !code && j < i; j++)
			if (a->lo <= q->r->ports[j].hi && a->hi >= q->r->ports[j].lo)
				code = aud_yaml_fail(q->l->err, v, "'%.40s' overlaps another port of this rule", v->text);
	}
	return code;
}

static enum aud_code
read_port_side(struct rule_reader *q, const struct aud_yaml *y)
{
	int word = 0;
	enum aud_code code = load_word(y, &words_side, "port_side", &word, q->l->err);

	q->r->port_side = (enum aud_port_side)word;
	return code;
}

static enum aud_code
read_apps(struct rule_reader *q, const struct aud_yaml *y)
{
	enum aud_code code = want_list(q, y, "apps");
	const char **apps;

	if (code)
		return code;
	apps = keep_alloc(q->l->keep, y->n * sizeof *apps, q->l->err);
	if (!apps)
		return AUD_NOMEM;
	for (size_t i = 0; !code && i < y->n; i++) {
		const struct aud_yaml *v = &y->items[i];
		const char *wrong, *near;

		if (!app_known(v->text, &wrong)) {
			near = app_nearest(wrong);
			return aud_yaml_fail(q->l->err, v, "unknown application '%.40s'%s%s%s", v->text, near ? ": did you mean '" : "",
			    near ? near : "", near ? "'?" : "");
		}
		code = load_text(q->l, v, "apps", &apps[i]);
	}
	q->r->apps = apps;
	q->r->napps = y->n;
	return code;
}

static enum aud_code
read_media(struct rule_reader *q, const struct aud_yaml *y)
{
	int word = 0;
	enum aud_code code = load_word(y, &words_media, "kind of media", &word, q->l->err);

	q->r->media = !code;
	/* No media_ports of a site narrow the range of an Edge. */
	q->r->media_range = !code && !strcmp(y->text, "edge") ? AUD_MEDIA_NONE : (enum aud_media)word;
	return code;
}

static enum aud_code
boolean(struct rule_reader *q, const struct aud_yaml *y, const char *what, bool *out)
{
	enum aud_code code = aud_yaml_want(y, AUD_YAML_SCALAR, what, q->l->err);

	if (code)
		return code;
	*out = !strcmp(y->text, "true");
	if (*out || !strcmp(y->text, "false"))
		return AUD_OK;
	return aud_yaml_fail(q->l->err, y, "%s is true or false, not '%.40s'", what, y->text);
}

static enum aud_code
read_evidence(struct rule_reader *q, const struct aud_yaml *y)
{
	return boolean(q, y, "evidence", &q->r->evidence);
}

static enum aud_code
read_announced(struct rule_reader *q, const struct aud_yaml *y)
{
	int word = 0;
	enum aud_code code = load_word(y, &words_announced, "announced", &word, q->l->err);

	q->r->announced = (enum aud_announced)word;
	return code;
}

static enum aud_code
read_members(struct rule_reader *q, const struct aud_yaml *y)
{
	return boolean(q, y, "members", &q->r->members);
}

static enum aud_code
read_pair(struct rule_reader *q, const struct aud_yaml *y)
{
	return boolean(q, y, "pair", &q->r->pair);
}

static enum aud_code
read_implied(struct rule_reader *q, const struct aud_yaml *y)
{
	return boolean(q, y, "implied", &q->r->implied);
}

static enum aud_code
read_inferred(struct rule_reader *q, const struct aud_yaml *y)
{
	return boolean(q, y, "inferred", &q->r->inferred);
}

static enum aud_code
read_effect(struct rule_reader *q, const struct aud_yaml *y)
{
	int word = 0;
	enum aud_code code = load_word(y, &words_effect, "effect", &word, q->l->err);

	q->r->exempt = word == 1;
	return code;
}

static enum aud_code
read_security(struct rule_reader *q, const struct aud_yaml *y)
{
	int word = 0;
	enum aud_code code = load_word(y, &words_security, "security", &word, q->l->err);

	q->r->security = (enum aud_security)word;
	return code;
}

static enum aud_code
read_presence(struct rule_reader *q, const struct aud_yaml *y)
{
	int word = 0;
	enum aud_code code = load_word(y, &words_presence, "presence", &word, q->l->err);

	q->r->presence = (enum aud_presence)word;
	return code;
}

static enum aud_code
read_absence(struct rule_reader *q, const struct aud_yaml *y)
{
	int word = 0;
	enum aud_code code = load_word(y, &words_absence, "absence", &word, q->l->err);

	q->r->absence = (enum aud_absence)word;
	return code;
}

static enum aud_code
read_condition(struct rule_reader *q, const struct aud_yaml *y)
{
	enum aud_code code = load_text(q->l, y, "condition", &q->r->condition);

	return code ? code : condition_check(y, q->r->condition, q->l->site, q->l->err);
}

static enum aud_code
read_until(struct rule_reader *q, const struct aud_yaml *y)
{
	enum aud_code code = load_text(q->l, y, "until", &q->r->until);

	if (!code && !aud_date_valid(q->r->until))
		code = aud_yaml_fail(q->l->err, y, "'%.40s' is no date: write YYYY-MM-DD", y->text);
	return code;
}

static enum aud_code
read_exception(struct rule_reader *q, const struct aud_yaml *y)
{
	return load_text(q->l, y, "exception", &q->r->exception);
}

static enum aud_code
read_gloss(struct rule_reader *q, const struct aud_yaml *y)
{
	return load_text(q->l, y, "gloss", &q->r->gloss);
}

static enum aud_code
read_remark(struct rule_reader *q, const struct aud_yaml *y)
{
	return load_text(q->l, y, "remark", &q->r->remark);
}

static enum aud_code
read_reason(struct rule_reader *q, const struct aud_yaml *y)
{
	if (!q->own)
		return aud_yaml_fail(q->l->err, y, "'reason' in a rule of a document: it rests on 'rows'");
	return load_text(q->l, y, "reason", &q->r->reason);
}

/* need: 1 in a rule of a document, 2 in a site's own, 3 in both. */
static const struct {
	const char *name;
	read_fn *read;
	unsigned need;
} keys[] = {
    {"id", read_id, 3},
    {"rows", read_rows, 1},
    {"reason", read_reason, 2},
    {"service", read_service, 1},
    {"clients", read_clients, 3},
    {"servers", read_servers, 3},
    {"transport", read_transport, 3},
    {"ports", read_ports, 0},
    {"port_side", read_port_side, 0},
    {"either_way", read_either_way, 0},
    {"apps", read_apps, 0},
    {"media", read_media, 0},
    {"evidence", read_evidence, 0},
    {"announced", read_announced, 0},
    {"members", read_members, 0},
    {"pair", read_pair, 0},
    {"implied", read_implied, 0},
    {"inferred", read_inferred, 0},
    {"effect", read_effect, 0},
    {"security", read_security, 1},
    {"mtls_clients", read_mtls_clients, 0},
    {"presence", read_presence, 1},
    {"absence", read_absence, 1},
    {"condition", read_condition, 0},
    {"until", read_until, 0},
    {"exception", read_exception, 0},
    {"gloss", read_gloss, 1},
    {"remark", read_remark, 0},
};
enum { KEYS = sizeof keys / sizeof *keys };

static const struct aud_yaml *
at(const struct rule_reader *q, const char *key)
{
	const struct aud_yaml *v = aud_yaml_get(q->y, key);

	return v ? v : q->y;
}

static enum aud_code
check_ports(struct rule_reader *q)
{
	const struct aud_rule *r = q->r;
	bool ported = false;

	for (size_t i = 0; i < r->nprotos; i++)
		ported |= r->protos[i] == 6 || r->protos[i] == 17 || r->protos[i] == 132;
	if (r->nports && !ported)
		return aud_yaml_fail(q->l->err, at(q, "ports"), "'ports' with a transport that has none");
	if (!r->nports && r->port_side != AUD_PORT_NONE)
		return aud_yaml_fail(q->l->err, q->y, "the rule '%s' has no 'ports': give them, or port_side: none", r->id);
	if (r->nports && r->port_side == AUD_PORT_NONE)
		return aud_yaml_fail(q->l->err, at(q, "port_side"), "port_side: none, but there are 'ports'");
	if (r->media && !r->nports)
		return aud_yaml_fail(q->l->err, at(q, "media"), "'media' without 'ports': a media rule is a range");
	return AUD_OK;
}

/* What no single key can tell. */
static enum aud_code
check_rule(struct rule_reader *q)
{
	struct aud_rule *r = q->r;
	enum aud_code code;

	if ((code = check_ports(q)))
		return code;
	if (r->either == AUD_ROLES_ANY)
		r->either = r->clients;
	if (r->either & ~r->clients)
		return aud_yaml_fail(q->l->err, at(q, "either_way"), "either_way names a role that is not among the clients");
	r->either_way = r->either != 0;
	if (r->mtls_clients && r->security != AUD_SEC_MTLS)
		return aud_yaml_fail(q->l->err, at(q, "mtls_clients"), "mtls_clients, but security is '%s'", aud_security_name(r->security));
	if (r->mtls_clients & ~(r->clients | (r->either_way ? r->servers : 0)))
		return aud_yaml_fail(q->l->err, at(q, "mtls_clients"), "mtls_clients names a role that never connects here");
	if (r->evidence && !r->napps)
		return aud_yaml_fail(q->l->err, at(q, "evidence"), "evidence: true, but no 'apps' that could be recognised");
	if (r->announced && !(r->nprotos == 1 && r->protos[0] == 6 && r->nports && r->port_side == AUD_PORT_SERVER && !r->media))
		return aud_yaml_fail(q->l->err, at(q, "announced"), "'announced' is for ports of servers over tcp alone, and not for media");
	if (r->pair && (r->nports < 2 || r->port_side != AUD_PORT_SERVER || r->media || r->ports[0].lo != r->ports[0].hi))
		return aud_yaml_fail(q->l->err, at(q, "pair"), "pair: true is for ports of servers, the server's own first, such as [67, 68]");
	if (*r->exception && !*r->until)
		return aud_yaml_fail(q->l->err, at(q, "exception"), "'exception' without 'until': nothing that it could be excepted from");
	if (r->members && r->either_way)
		return aud_yaml_fail(q->l->err, at(q, "members"), "members: true with either_way: members do not connect to their address here");
	if (aud_rule_wants_evidence(r) && r->security != AUD_SEC_UNSTATED && r->security != AUD_SEC_NONE)
		return aud_yaml_fail(q->l->err, at(q, "security"), "security '%s' in a rule that needs evidence: it could not be judged",
		    aud_security_name(r->security));
	if (r->inferred && !*r->remark)
		return aud_yaml_fail(q->l->err, at(q, "inferred"), "inferred: true without a 'remark' that tells from what");
	if (r->inferred && r->security == AUD_SEC_UNSTATED)
		return aud_yaml_fail(q->l->err, at(q, "inferred"), "inferred: true, but no 'security' that could be inferred");
	if (r->implied && !*r->remark)
		return aud_yaml_fail(q->l->err, at(q, "implied"), "implied: true without a 'remark' that tells how it follows");
	return AUD_OK;
}

static enum aud_code
load_rule(struct load *l, const struct aud_yaml *y, const char *subject, bool own)
{
	struct aud_rule r = {.subject = subject, .service = "", .condition = "", .gloss = "", .remark = "", .reason = "",
	    .until = "", .exception = "", .site_own = own, .line = y->line, .column = y->column};
	struct rule_reader q = {.l = l, .r = &r, .y = y, .own = own};
	const char *names[KEYS];
	enum aud_code code;
	void *p;

	for (size_t i = 0; i < KEYS; i++)
		names[i] = keys[i].name;
	if (own) /* may be left out in a site file */
		r.presence = AUD_PRESENCE_OPTIONAL, r.absence = AUD_ABSENCE_NONE;
	if ((code = aud_yaml_want(y, AUD_YAML_MAP, "a rule", l->err)) || (code = aud_yaml_keys(y, names, KEYS, l->err)))
		return code;
	for (size_t i = 0; i < KEYS; i++) {
		const struct aud_yaml *v = aud_yaml_get(y, keys[i].name);

		if (!v && keys[i].need & (own ? 2 : 1))
			return aud_yaml_fail(l->err, y, "the rule %s%s%shas no '%s'", r.id ? "'" : "", r.id ? r.id : "", r.id ? "' " : "",
			    keys[i].name);
		if (v && (code = keys[i].read(&q, v)))
			return code;
	}
	if ((code = check_rule(&q)))
		return code;
	if (l->nrules == RULES_MAX)
		return aud_yaml_fail(l->err, y, "more than %d rules", RULES_MAX);
	r.file = keep_text(l->keep, y->file, strlen(y->file), l->err);
	p = r.file ? load_more(l->rules, l->nrules, sizeof *l->rules, l->err) : NULL;
	if (!p)
		return AUD_NOMEM;
	l->rules = p;
	l->rules[l->nrules++] = r;
	return AUD_OK;
}

enum aud_code
load_rules(struct load *l, const struct aud_yaml *root)
{
	static const char *const tops[] = {"subject", "rules"};
	enum aud_code code = aud_yaml_want(root, AUD_YAML_MAP, "the file", l->err);
	const struct aud_yaml *v, *list = NULL;
	const char *subject = NULL;

	if (!code)
		code = aud_yaml_keys(root, tops, 2, l->err);
	if (code)
		return code;
	v = aud_yaml_get(root, "subject");
	list = aud_yaml_get(root, "rules");
	if (!v || !list)
		return aud_yaml_fail(l->err, root, "the file has no '%s'", v ? "rules" : "subject");
	if ((code = load_text(l, v, "subject", &subject)) || (code = aud_yaml_want(list, AUD_YAML_LIST, "rules", l->err)))
		return code;
	if (!list->n)
		return aud_yaml_fail(l->err, list, "the list of rules is empty");
	for (size_t i = 0; !code && i < list->n; i++)
		code = load_rule(l, &list->items[i], subject, false);
	return code;
}

enum aud_code
load_site_rules(struct load *l, const struct aud_yaml *list)
{
	enum aud_code code = aud_yaml_want(list, AUD_YAML_LIST, "rules", l->err);

	for (size_t i = 0; !code && i < list->n; i++)
		code = load_rule(l, &list->items[i], "site", true);
	return code;
}
