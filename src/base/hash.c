#include <gcrypt.h>

#include "hash.h"

struct aud_sha256 {
	int unused;	/* a name for gcrypt's handle, so that gcrypt.h stays in this file */
};

void
aud_hash_setup(void)
{
	if (gcry_control(GCRYCTL_INITIALIZATION_FINISHED_P))
		return;
	gcry_check_version(NULL);
	gcry_control(GCRYCTL_DISABLE_SECMEM, 0);
	gcry_control(GCRYCTL_INITIALIZATION_FINISHED, 0);
}

struct aud_sha256 *
aud_sha256_new(void)
{
	gcry_md_hd_t h;

	aud_hash_setup();
	return gcry_md_open(&h, GCRY_MD_SHA256, 0) ? NULL : (struct aud_sha256 *)h;
}

void
aud_sha256_add(struct aud_sha256 *s, const void *p, size_t n)
{
	gcry_md_write((gcry_md_hd_t)s, p, n);
}

void
aud_hex(const void *p, size_t n, char *out)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *b = p;

	for (size_t i = 0; i < n; i++) {
		*out++ = digits[b[i] >> 4];
		*out++ = digits[b[i] & 15];
	}
	*out = '\0';
}

void
aud_sha256_hex(struct aud_sha256 *s, char out[65])
{
	if (out && s)
		aud_hex(gcry_md_read((gcry_md_hd_t)s, GCRY_MD_SHA256), 32, out);
	gcry_md_close((gcry_md_hd_t)s);
}

void
aud_sha256_of(const void *p, size_t n, char out[65])
{
	unsigned char digest[32];

	aud_hash_setup();
	gcry_md_hash_buffer(GCRY_MD_SHA256, digest, p, n);
	aud_hex(digest, sizeof digest, out);
}

void
aud_sha1(const void *p, size_t n, uint8_t out[20])
{
	aud_hash_setup();
	gcry_md_hash_buffer(GCRY_MD_SHA1, out, p, n);
}
