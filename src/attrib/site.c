#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "load.h"
#include "words.h"

enum { FILE_MAX = 64 << 20 };

static enum aud_code
read_name(struct aud_site *site, const struct aud_yaml *node, struct aud_err *err)
{
	return word_text(node, "site", &site->name, err);
}

static enum aud_code
read_product(struct aud_site *site, const struct aud_yaml *node, struct aud_err *err)
{
#define X(e, name) name,
	static const char *const names[] = {AUD_PRODUCTS(X)};
#undef X
	int i = 0;
	enum aud_code code = word_choice(node, "product", names + 1, sizeof names / sizeof *names - 1, &i, err);

	site->product = (enum aud_product)(i + 1);
	return code;
}

static enum aud_code
read_documents(struct aud_site *site, const struct aud_yaml *list, struct aud_err *err)
{
	enum aud_code code = aud_yaml_want(list, AUD_YAML_LIST, "documents", err);

	if (code)
		return code;
	site->documents = room(list, sizeof *site->documents);
	if (!site->documents)
		return aud_nomem(err);
	for (size_t i = 0; i < list->n && !code; i++) {
		code = word_text(&list->items[i], "a document", &site->documents[i], err);
		for (size_t k = 0; k < i && !code; k++)
			if (!strcmp(site->documents[k], site->documents[i]))
				code = aud_yaml_fail(err, &list->items[i], "the document '%.80s' is there twice", site->documents[i]);
		site->ndocuments = i + 1;
	}
	return code;
}

static enum aud_code
read_balancing(struct aud_site *site, const struct aud_yaml *node, struct aud_err *err)
{
#define X(e, name) name,
	static const char *const names[] = {AUD_LOAD_BALANCINGS(X)};
#undef X
	int i = 0;
	enum aud_code code = word_choice(node, "load_balancing", names + 1, sizeof names / sizeof *names - 1, &i, err);

	site->load_balancing = (enum aud_load_balancing)(i + 1);
	return code;
}

static enum aud_code
read_features(struct aud_site *site, const struct aud_yaml *map, struct aud_err *err)
{
	const char *names[AUD_FEATURE_COUNT];
	enum aud_code code = aud_yaml_want(map, AUD_YAML_MAP, "features", err);

	if (code)
		return code;
	for (int i = 0; i < AUD_FEATURE_COUNT; i++)
		names[i] = aud_feature_name((enum aud_feature)i);
	for (size_t i = 0; i < map->n && !code; i++) {
		int feature = 0;
		char what[48];

		code = word_choice(&map->keys[i], "feature", names, AUD_FEATURE_COUNT, &feature, err);
		if (code)
			break;
		snprintf(what, sizeof what, "feature %s", names[feature]);
		code = word_yes_no(&map->items[i], what, &site->features[feature], err);
	}
	return code;
}

static enum aud_code
read_media(struct aud_site *site, const struct aud_yaml *map, struct aud_err *err)
{
	static const char *const keys[] = {"audio", "video", "sharing", "client"};
	struct aud_range *const to[] = {&site->media.audio, &site->media.video, &site->media.sharing, &site->media.client};
	enum aud_code code = aud_yaml_want(map, AUD_YAML_MAP, "media_ports", err);

	if (!code)
		code = aud_yaml_keys(map, keys, 4, err);
	for (size_t i = 0; i < 4 && !code; i++)
		if (aud_yaml_get(map, keys[i]))
			code = word_ports(aud_yaml_get(map, keys[i]), to[i], err);
	return code;
}

/* The rules themselves are the matrix stage's matter. */
static enum aud_code
read_rules(struct aud_site *site, const struct aud_yaml *list, struct aud_err *err)
{
	if (list->kind == AUD_YAML_LIST && list->n)
		site->rules = (struct aud_yaml *)(uintptr_t)list;
	return aud_yaml_want(list, AUD_YAML_LIST, "rules", err);
}

/* In the order in which they are read, whatever their order in the file: roles before hosts. */
static const struct {
	const char *key;
	enum aud_code (*read)(struct aud_site *, const struct aud_yaml *, struct aud_err *);
} parts[] = {
    {"site", read_name},
    {"product", read_product},
    {"documents", read_documents},
    {"load_balancing", read_balancing},
    {"features", read_features},
    {"media_ports", read_media},
    {"roles", load_own_roles},
    {"hosts", load_hosts},
    {"rules", read_rules},
    {"waivers", load_waivers},
};
enum { PARTS = sizeof parts / sizeof *parts };

static enum aud_code
read_all(struct aud_site *site, const struct aud_yaml *root, struct aud_err *err)
{
	const char *keys[PARTS];
	enum aud_code code = aud_yaml_want(root, AUD_YAML_MAP, "a site file", err);

	for (size_t i = 0; i < PARTS; i++)
		keys[i] = parts[i].key;
	if (!code)
		code = aud_yaml_keys(root, keys, PARTS, err);
	for (size_t i = 0; i < PARTS && !code; i++) {
		const struct aud_yaml *node = aud_yaml_get(root, parts[i].key);

		if (node)
			code = parts[i].read(site, node, err);
	}
	return code ? code : load_warnings(site, root, err);
}

enum aud_code
aud_site_parse(struct aud_site **out, const char *path, const char *text, size_t len, struct aud_err *err)
{
	struct aud_site *site = calloc(1, sizeof *site);
	struct aud_yaml *root = NULL;
	enum aud_code code;

	*out = NULL;
	if (!site)
		return aud_nomem(err);
	code = aud_yaml_parse(&root, path, text, len, err);
	if (code)
		goto out;
	site->priv = root;
	site->text = strndup(text, len);
	if (!site->text) {
		code = aud_nomem(err);
		goto out;
	}
	site->path = root->file;
	site->name = "";
	aud_sha256_of(text, len, site->sha256);
	code = read_all(site, root, err);
out:
	if (code) {
		aud_site_free(site);
		return code;
	}
	*out = site;
	return AUD_OK;
}

static enum aud_code
slurp(FILE *f, const char *path, char **text, size_t *len, struct aud_err *err)
{
	size_t size = 1 << 14;

	*len = 0;
	*text = NULL;
	for (;;) {
		char *p = realloc(*text, size);

		if (!p)
			return aud_nomem(err);
		*text = p;
		*len += fread(p + *len, 1, size - *len, f);
		if (ferror(f))
			return aud_fail(err, AUD_IO, errno, "%s: cannot be read", path);
		if (*len < size)
			return AUD_OK;
		if (*len > FILE_MAX)
			return aud_fail(err, AUD_RULES, 0, "%s:1:1: over %d MiB: this is no site file", path, FILE_MAX >> 20);
		size *= 2;
	}
}

enum aud_code
aud_site_load(struct aud_site **out, const char *path, struct aud_err *err)
{
	bool in = !strcmp(path, "-");
	char *text = NULL;
	size_t len;
	enum aud_code code;
	FILE *f = in ? stdin : fopen(path, "rb");

	*out = NULL;
	if (!f)
		return aud_fail(err, AUD_IO, errno, "%s: cannot be opened", path);
	code = slurp(f, path, &text, &len, err);
	if (!in)
		fclose(f);
	if (!code)
		code = aud_site_parse(out, path, text, len, err);
	free(text);
	return code;
}

void
aud_site_free(struct aud_site *site)
{
	if (!site)
		return;
	for (size_t i = 0; i < site->nhosts; i++) {
		free(site->hosts[i].members);
		free(site->hosts[i].ports);
	}
	free(site->hosts);
	free(site->waivers);
	free(site->documents);
	free(site->own_roles);
	for (size_t i = 0; i < site->nwarnings; i++)
		free((char *)(uintptr_t)site->warnings[i]);
	free(site->warnings);
	free((char *)(uintptr_t)site->text);
	aud_yaml_free(site->priv);
	free(site);
}
