#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "path.h"

static void
word(FILE *w, const char *s)
{
	static const char safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_./,:=@%+";

	if (*s && s[strspn(s, safe)] == '\0') {
		fputs(s, w);
		return;
	}
	putc('\'', w);
	for (; *s; s++)
		if (*s == '\'')
			fputs("'\\''", w);
		else
			putc(*s, w);
	putc('\'', w);
}

static void
option(FILE *w, const char *name, const char *value)
{
	if (!value)
		return;
	fprintf(w, " %s ", name);
	word(w, value);
}

char *
command_text(const struct aud_audit_opts *o, const struct aud_input *inputs, size_t ninputs)
{
	char *text = NULL;
	size_t n = 0;
	FILE *w = open_memstream(&text, &n);

	if (!w)
		return NULL;
	fputs("spanaudit audit", w);
	option(w, "-s", o->site ? aud_base_name(o->site->path) : NULL);
	option(w, "--rules", aud_base_name(o->rules));
	option(w, "--filter", o->filter);
	option(w, "--date", o->today);
	if (o->no_split)
		fputs(" --no-split", w);
	if (o->no_dedup)
		fputs(" --no-dedup", w);
	if (o->memory)
		fprintf(w, " --memory %zu", o->memory);
	if (o->hash)
		fputs(" --hash", w);
	for (size_t i = 0; i < ninputs; i++) {
		const char *name = aud_base_name(inputs[i].info.path);

		putc(' ', w);
		/* A name is no option. */
		if (*name == '-' && name[1])
			fputs("./", w);
		word(w, name);
	}
	if (fclose(w)) {
		free(text);
		return NULL;
	}
	return text;
}
