#include "cli.h"

static bool
documented(const struct aud_matrix *m, const struct aud_site *site)
{
	for (unsigned i = 0; i < m->ndocuments; i++)
		if (aud_document_applies(m, i, site))
			return true;
	return false;
}

enum status
load(const char *site_path, const char *rules, struct aud_site **site, struct aud_matrix **matrix)
{
	struct aud_err err = {0};
	enum aud_code code = AUD_OK;

	*site = NULL;
	*matrix = NULL;
	if (site_path)
		code = aud_site_load(site, site_path, &err);
	if (code == AUD_OK)
		code = aud_audit_matrix(matrix, rules, *site, &err);
	for (size_t i = 0; code == AUD_OK && *site && i < (*site)->nwarnings; i++)
		say("warning: %s", (*site)->warnings[i]);
	if (code == AUD_OK && *site && !documented(*matrix, *site))
		say("warning: %s: no loaded document counts at this site%s, so nothing but the capture itself can be judged", site_path,
		    (*site)->product ? " (see product and documents)" : "");
	return say_err(code, &err);
}

void
print_roles(FILE *f, aud_roles roles, const struct aud_site *site)
{
	aud_roles_write(f, site, roles, ", ");
}
