/* A file of rules from anywhere: it loads or is told, and what loaded can be compiled and asked. */
#include <stdint.h>
#include <stdlib.h>

#include "load.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct keep keep = {0};
	struct aud_err err = {0};
	struct aud_yaml *root;
	struct aud_document d = {.id = "d"};
	struct aud_row row = {.table = "T1", .ordinal = 1, .role = "", .service = "", .port = "", .protocol = ""};
	struct load l = {.keep = &keep, .err = &err, .documents = &d, .ndocuments = 1, .rows = &row, .nrows = 1};
	struct aud_matcher *matcher;

	if (aud_yaml_parse(&root, "r.yaml", (const char *)data, size, &err))
		return 0;
	if (!load_rules(&l, root)) {
		struct aud_matrix m = {.documents = &d, .ndocuments = 1, .rows = &row, .nrows = 1, .rules = l.rules, .nrules = l.nrules};
		struct aud_query q = {.client = 1, .server = 1, .server_port = 443, .proto = 6, .app = "TLS", .app_by = AUD_BY_DPI};
		struct aud_verdict v;

		if (aud_matcher_new(&matcher, &m, NULL, &err))
			abort();
		aud_match(matcher, &q, &v);
		if (v.nrules > v.total || (v.nrules && v.rules[v.nrules - 1] >= l.nrules))
			abort();
		aud_matcher_free(matcher);
	}
	free(l.rules);
	keep_free(&keep);
	aud_yaml_free(root);
	return 0;
}
