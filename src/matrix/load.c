/* A folder of rules, or the one compiled in, and the site's own rules -> struct aud_matrix. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "hash.h"
#include "load.h"

static void
hash_pack(struct aud_sha256 *sha, const struct pack *p)
{
	for (size_t i = 0; i < p->n; i++)
		aud_sha256_add(sha, p->files[i].data, p->files[i].len);
}

static bool
is_yaml(const char *name)
{
	size_t n = strlen(name);

	return n > 5 && !strcmp(name + n - 5, ".yaml");
}

static enum aud_code
load_pack(struct load *l, const char *dir, struct aud_sha256 *sha)
{
	size_t rules = l->nrules;
	struct pack pack;
	enum aud_code code = pack_open(&pack, dir, l->err);

	if (!code)
		code = load_documents(l, &pack, dir ? dir : "rules");
	for (size_t i = 0; !code && i < pack.n; i++) {
		const struct pack_file *f = &pack.files[i];
		struct aud_yaml *root;

		if (!is_yaml(f->name) || !strcmp(f->name, "documents.yaml"))
			continue;
		code = aud_yaml_parse(&root, f->shown, f->data, f->len, l->err);
		if (code)
			break;
		code = load_rules(l, root);
		aud_yaml_free(root);
	}
	if (!code && l->nrules == rules)
		code = aud_fail(l->err, AUD_RULES, 0, "%s: no file of rules in this folder", dir ? dir : "rules");
	if (!code)
		hash_pack(sha, &pack);
	pack_close(&pack);
	return code;
}

/* "documents" of a site file names documents, or folders like rules/ of the user's own, relative to the site file. */
static enum aud_code
load_own_documents(struct load *l, struct aud_sha256 *sha)
{
	const struct aud_site *site = l->site;
	size_t known = l->ndocuments;

	for (size_t i = 0; site && i < site->ndocuments; i++) {
		const char *name = site->documents[i], *slash = strrchr(site->path, '/'), **ids, *near;
		size_t n = 0, first = l->ndocuments;
		enum aud_code code;
		struct stat st;
		char *dir;

		while (n < known && strcmp(l->documents[n].id, name) != 0)
			n++;
		if (n < known)
			continue;
		if (asprintf(&dir, "%.*s%s", *name == '/' || !slash ? 0 : (int)(slash - site->path) + 1, site->path, name) < 0)
			return aud_nomem(l->err);
		if (!stat(dir, &st) && S_ISDIR(st.st_mode)) {
			code = load_pack(l, dir, sha);
			free(dir);
			/* Listed by its folder: it counts whatever the product. */
			for (size_t j = first; j < l->ndocuments; j++) {
				l->documents[j].product = AUD_PRODUCT_UNKNOWN;
				l->documents[j].listed_only = false;
			}
			if (code)
				return code;
			continue;
		}
		free(dir);
		ids = calloc(known + 1, sizeof *ids);
		if (!ids)
			return aud_nomem(l->err);
		for (n = 0; n < known; n++)
			ids[n] = l->documents[n].id;
		near = aud_nearest(name, ids, known);
		free(ids);
		return aud_fail(l->err, AUD_RULES, 0, "%s: documents: '%.60s' is no document of the matrix and no folder%s%s%s", site->path,
		    name, near ? ": did you mean '" : "", near ? near : "", near ? "'?" : "");
	}
	return AUD_OK;
}

enum aud_code
load_link(struct load *l)
{
	size_t total = 0;
	unsigned *all;

	for (size_t i = 0; i < l->nrules; i++)
		for (size_t j = 0; j < l->rules[i].ncitations; j++, total++)
			l->rows[l->rules[i].citations[j]].nrules++;
	all = keep_alloc(l->keep, (total + 1) * sizeof *all, l->err);
	if (!all)
		return AUD_NOMEM;
	for (size_t i = 0; i < l->nrows; i++) {
		struct aud_row *row = &l->rows[i];

		if (row->kind == AUD_ROW_RULE && !row->nrules)
			return aud_fail(l->err, AUD_RULES, 0,
			    "%s:%u:%u: the row '%s#%s.%u' is cited by no rule: cite it, or mark it blank or statement", l->places[i].file,
			    l->places[i].line, l->places[i].column, l->documents[row->document].id, row->table, row->ordinal);
		row->rules = all;
		all += row->nrules;
		row->nrules = 0;
	}
	for (size_t i = 0; i < l->nrules; i++)
		for (size_t j = 0; j < l->rules[i].ncitations; j++) {
			struct aud_row *row = &l->rows[l->rules[i].citations[j]];

			((unsigned *)(uintptr_t)row->rules)[row->nrules++] = (unsigned)i;
		}
	return AUD_OK;
}

void
aud_matrix_free(struct aud_matrix *m)
{
	struct keep *keep;

	if (!m)
		return;
	if (m->release) { /* read out of a store, which laid it out in its own way */
		m->release(m);
		return;
	}
	keep = m->priv;
	if (keep)
		keep_free(keep);
	free(keep);
	free((void *)(uintptr_t)m->documents);
	free((void *)(uintptr_t)m->rows);
	free((void *)(uintptr_t)m->rules);
	free(m);
}

enum aud_code
aud_matrix_load(struct aud_matrix **out, const char *dir, const struct aud_site *site, struct aud_err *err)
{
	struct aud_matrix *m = calloc(1, sizeof *m);
	struct load l = {.site = site, .err = err};
	struct aud_sha256 *sha = aud_sha256_new();
	enum aud_code code = AUD_OK;

	*out = NULL;
	if (m)
		m->priv = l.keep = calloc(1, sizeof *l.keep);
	if (!m || !m->priv || !sha)
		code = aud_nomem(err);
	if (!code)
		code = load_pack(&l, dir, sha);
	if (!code)
		code = load_own_documents(&l, sha);
	if (!code && site && site->rules)
		code = load_site_rules(&l, site->rules);
	if (!code)
		code = load_link(&l);
	aud_sha256_hex(sha, code ? NULL : m->sha256);
	free(l.places);
	if (!m)
		return code;
	m->documents = l.documents;
	m->ndocuments = l.ndocuments;
	m->rows = l.rows;
	m->nrows = l.nrows;
	m->rules = l.rules;
	m->nrules = l.nrules;
	if (code) {
		aud_matrix_free(m);
		return code;
	}
	*out = m;
	return AUD_OK;
}

struct aud_citation_text
aud_citation(const struct aud_matrix *m, unsigned row)
{
	const struct aud_row *r = &m->rows[row];
	struct aud_citation_text t;

	snprintf(t.s, sizeof t.s, "%s#%s.%u", m->documents[r->document].id, r->table, r->ordinal);
	return t;
}
