#include <aud/audit.h>
#include <aud/store.h>

enum aud_code
aud_audit_matrix(struct aud_matrix **out, const char *dir, const struct aud_site *site, struct aud_err *err)
{
	struct aud_matrix *files = NULL;
	struct aud_store *store = NULL;
	enum aud_code rc;

	*out = NULL;
	if ((rc = aud_matrix_load(&files, dir, site, err)) == AUD_OK &&
	    (rc = aud_store_open(&store, NULL, err)) == AUD_OK &&
	    (rc = aud_store_matrix(store, files, site, err)) == AUD_OK)
		rc = aud_store_read_matrix(store, out, err);
	aud_store_close(store);
	aud_matrix_free(files);
	return rc;
}
