#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "builtin.h"
#include "pack.h"

enum { FILE_MAX_BYTES = 16 << 20, BLOCK_BYTES = 16 << 10 };

struct block {
	struct block *next;
	size_t used, size;
	_Alignas(max_align_t) unsigned char p[];
};

void *
keep_alloc(struct keep *k, size_t n, struct aud_err *err)
{
	struct block *b = k->blocks;
	size_t at;

	if (n > SIZE_MAX / 2) {
		(void)aud_nomem(err);
		return NULL;
	}
	n = (n + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
	if (!b || b->size - b->used < n) {
		size_t size = n > BLOCK_BYTES ? n : BLOCK_BYTES;

		b = calloc(1, sizeof *b + size);
		if (!b) {
			(void)aud_nomem(err);
			return NULL;
		}
		b->size = size;
		b->next = k->blocks;
		k->blocks = b;
	}
	at = b->used;
	b->used += n;
	return b->p + at;
}

const char *
keep_text(struct keep *k, const char *s, size_t len, struct aud_err *err)
{
	char *p = keep_alloc(k, len + 1, err);

	if (p)
		memcpy(p, s, len);
	return p;
}

void
keep_free(struct keep *k)
{
	for (struct block *next; k->blocks; k->blocks = next) {
		next = k->blocks->next;
		free(k->blocks);
	}
}

static bool
wanted(const char *name)
{
	const char *dot = strrchr(name, '.');

	return name[0] != '.' && dot && (!strcmp(dot, ".yaml") || !strcmp(dot, ".csv"));
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct pack_file *)a)->name, ((const struct pack_file *)b)->name);
}

static enum aud_code
add(struct pack *p, const char *dir, const char *name, struct pack_file **out, struct aud_err *err)
{
	struct pack_file *f = reallocarray(p->files, p->n + 1, sizeof *f);
	char *shown;

	if (!f)
		return aud_nomem(err);
	p->files = f;
	f += p->n;
	if (asprintf(&shown, "%s%s%s", dir, dir[strlen(dir) - 1] == '/' ? "" : "/", name) < 0)
		return aud_nomem(err);
	*f = (struct pack_file){.shown = shown, .name = shown + strlen(shown) - strlen(name)};
	p->n++;
	*out = f;
	return AUD_OK;
}

static enum aud_code
slurp(struct pack_file *f, struct aud_err *err)
{
	FILE *in = fopen(f->shown, "rb");
	size_t room = 0, n = 0;
	char *buf = NULL;
	enum aud_code code = AUD_OK;

	if (!in)
		return aud_fail(err, AUD_IO, errno, "%s", f->shown);
	for (;;) {
		if (n == room) {
			char *more = room < FILE_MAX_BYTES ? realloc(buf, room = room ? room * 2 : 1 << 14) : NULL;

			if (!more) {
				code = room < FILE_MAX_BYTES ? aud_nomem(err)
							     : aud_fail(err, AUD_RULES, 0, "%s: larger than 16 MiB, so no rule file", f->shown);
				break;
			}
			buf = more;
		}
		size_t got = fread(buf + n, 1, room - n, in);
		n += got;
		if (!got)
			break;
	}
	if (!code && ferror(in))
		code = aud_fail(err, AUD_IO, errno, "%s", f->shown);
	fclose(in);
	f->data = buf;
	f->len = n;
	return code;
}

static enum aud_code
open_builtin(struct pack *p, struct aud_err *err)
{
	for (size_t i = 0; i < builtin_count; i++) {
		const struct builtin_file *b = &builtin_files[i];
		struct pack_file *f;
		enum aud_code code = add(p, "rules", b->name, &f, err);
		char *copy;

		if (code)
			return code;
		copy = malloc(b->len + 1);
		if (!copy)
			return aud_nomem(err);
		memcpy(copy, b->data, b->len + 1);
		f->data = copy;
		f->len = b->len;
	}
	return AUD_OK;
}

enum aud_code
pack_open(struct pack *p, const char *dir, struct aud_err *err)
{
	enum aud_code code = AUD_OK;
	DIR *d;

	*p = (struct pack){0};
	if (!dir)
		return open_builtin(p, err);
	d = *dir ? opendir(dir) : NULL;
	if (!d)
		return aud_fail(err, AUD_IO, errno, "the folder of rules '%s'", dir);
	for (struct dirent *e; !code && (e = readdir(d));) {
		struct pack_file *f;

		if (!wanted(e->d_name))
			continue;
		code = add(p, dir, e->d_name, &f, err);
		if (!code)
			code = slurp(f, err);
	}
	closedir(d);
	if (p->n)
		qsort(p->files, p->n, sizeof *p->files, by_name);
	return code;
}

void
pack_close(struct pack *p)
{
	for (size_t i = 0; i < p->n; i++) {
		free((char *)(uintptr_t)p->files[i].data);
		free((char *)(uintptr_t)p->files[i].shown);
	}
	free(p->files);
	*p = (struct pack){0};
}

const struct pack_file *
pack_find(const struct pack *p, const char *name)
{
	for (size_t i = 0; i < p->n; i++)
		if (!strcmp(p->files[i].name, name))
			return &p->files[i];
	return NULL;
}
