/*
 * evidence_make DIR CAPTURE SITE: audits a capture and does what a running audit does with its frames: all into the ring, then a file for
 * every finding. Prints a line each: id, file or "-", packets, frames, SHA-256 or "-", client, server, transport, port, the frames that the
 * finding names, why. The ring stays in DIR/ring-... as long as it runs: it ends with its standard input.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <aud/audit.h>
#include <aud/evidence.h>

static int
add_all(struct aud_evidence *e, const char *path, struct aud_err *err)
{
	struct aud_capture *c;
	struct aud_block block = {0};
	struct aud_frame frames[64];
	size_t n;

	if (aud_capture_open(&c, path, &(struct aud_capture_opts){0}, err))
		return -1;
	while (aud_capture_claim(c, &block, err) == AUD_OK && aud_capture_load(c, &block, err) == AUD_OK)
		while ((n = aud_capture_cut(c, &block, frames, 64)))
			aud_evidence_add(e, frames, n);
	aud_block_free(&block);
	aud_capture_close(c);
	return 0;
}

static void
tell(const struct aud_finding *f, const struct aud_evidence_file *file)
{
	printf("%s\t%s\t%" PRIu64 "\t%" PRIu64 "\t%s\t%s\t%s\t%s\t%d\t", f->id, file->path[0] ? file->path : "-", file->packets, file->frames,
	    file->sha256[0] ? file->sha256 : "-", aud_addr_str(&f->client).s, aud_addr_str(&f->server).s, aud_proto_name(f->proto).s, f->port);
	for (size_t i = 0; i < f->nevidence; i++)
		printf("%s%" PRIu64, i ? "," : "", AUD_FRAME_NUMBER(f->evidence[i]));
	printf("\t%s\n", file->why);
}

int
main(int argc, char **argv)
{
	struct aud_err err = {0};
	struct aud_audit *audit = NULL;
	struct aud_evidence *e = NULL;
	struct aud_site *site = NULL;
	struct aud_matrix *matrix = NULL;
	const struct aud_trial *t;
	static struct aud_evidence_file file;

	if (argc != 4)
		return 2;
	if (aud_site_load(&site, argv[3], &err) || aud_audit_matrix(&matrix, NULL, site, &err))
		goto out;
	const char *paths[] = {argv[2]};
	const struct aud_audit_opts o = {.paths = paths, .npaths = 1, .site = site, .matrix = matrix, .threads = 1};
	if (aud_audit_run(&audit, &o, &err) != AUD_OK && !audit)
		goto out;
	err = (struct aud_err){0};
	t = aud_audit_report(audit)->trial;
	if (aud_evidence_open(&e, &(struct aud_evidence_opts){.dir = argv[1], .size = 64 << 20, .version = "0.1.0"}, &err) || add_all(e, argv[2], &err))
		goto out;
	for (size_t i = 0; i < t->nfindings; i++) {
		enum aud_code code = aud_evidence_write(e, &t->findings[i], t, &file);

		if ((code == AUD_OK) != (file.path[0] != '\0'))
			goto out;
		tell(&t->findings[i], &file);
	}
	puts("end");
	fflush(stdout);
	while (getchar() != EOF)
		;
out:
	if (err.code)
		fprintf(stderr, "%s\n", err.msg);
	aud_evidence_close(e);
	aud_audit_free(audit);
	aud_matrix_free(matrix);
	aud_site_free(site);
	return err.code != AUD_OK;
}
