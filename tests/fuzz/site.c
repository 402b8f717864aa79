#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <aud/attrib.h>
#include <aud/site.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What loads must compile, and both ends of each definition must be found with a definition that is no wider. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct aud_err err = {0};
	struct aud_attrib *a;
	struct aud_site *site;

	if (size > 4096)
		return 0;
	if (aud_site_parse(&site, "f", (const char *)data, size, &err)) {
		if (site || err.code == AUD_OK || strncmp(err.msg, "f:", 2) != 0 || strpbrk(err.msg, "\n\r\x1b"))
			abort();
		return 0;
	}
	if (aud_attrib_new(&a, site, &err))
		abort();
	for (size_t i = 0; i < site->nhosts; i++) {
		const struct aud_host *h = &site->hosts[i];
		struct aud_who lo = aud_attrib_find(a, &h->lo, 0, 0), hi = aud_attrib_find(a, &h->hi, 0, 0);

		if (!lo.roles || !hi.roles || aud_addr_cmp(&lo.host->hi, &h->hi) > 0 || aud_addr_cmp(&hi.host->lo, &h->lo) < 0)
			abort();
	}
	aud_attrib_free(a);
	aud_site_free(site);
	return 0;
}
