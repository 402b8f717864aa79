/* A temporary folder of rules for tests: one document with three rows, one rule. */
#ifndef MATRIX_FOLDER_H
#define MATRIX_FOLDER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum folder_file { FOLDER_DOCUMENTS, FOLDER_ROWS, FOLDER_RULES, FOLDER_FILES };

static const char *const folder_names[FOLDER_FILES] = {"documents.yaml", "d.csv", "r.yaml"};
static const char *const folder_texts[FOLDER_FILES] = {
    "documents:\n"
    "  - id: d\n"
    "    title: T\n"
    "    edition: E\n"
    "    language: en\n"
    "    date: 2020-02-29\n"
    "    source: S\n"
    "    csv: d.csv\n",
    "table,ordinal,role,service,port,protocol,kind\n"
    "T1,1,Front End,\"Service, first\",5061,TCP (TLS),rule\n"
    "T1,2,,,,,blank\n"
    "P,1,,,,,statement\n",
    "subject: s\n"
    "rules:\n"
    "  - id: a\n"
    "    rows: [\"d#T1.1\"]\n"
    "    service: S\n"
    "    clients: [client]\n"
    "    servers: [front-end]\n"
    "    transport: [tcp]\n"
    "    ports: [5061]\n"
    "    apps: [TLS]\n"
    "    security: tls\n"
    "    presence: required\n"
    "    absence: strong\n"
    "    gloss: G\n",
};

static char folder_path[64];

static void
folder_name(char out[128], enum folder_file f)
{
	snprintf(out, 128, "%s/%s", folder_path, folder_names[f]);
}

/* Writes the files; of one of them line n is other text (0: the whole file; "" leaves the line out). text NULL: no such file. */
static void
folder_write(enum folder_file changed, unsigned n, const char *text)
{
	for (int i = 0; i < FOLDER_FILES; i++) {
		char name[128];
		unsigned line = 1;
		FILE *f;

		folder_name(name, (enum folder_file)i);
		unlink(name);
		if (i == (int)changed && !text)
			continue;
		f = fopen(name, "w");
		assert_non_null(f);
		if (i == (int)changed && !n)
			fputs(text, f);
		for (const char *s = folder_texts[i]; (i != (int)changed || n) && *s; line++) {
			size_t len = strcspn(s, "\n") + 1;

			if (i == (int)changed && line == n)
				fprintf(f, "%s%s", text, *text ? "\n" : "");
			else
				fwrite(s, 1, len, f);
			s += len;
		}
		assert_int_equal(fclose(f), 0);
	}
}

static int
folder_make(void **state)
{
	(void)state;
	snprintf(folder_path, sizeof folder_path, "/tmp/matrix-XXXXXX");
	return mkdtemp(folder_path) ? 0 : -1;
}

static int
folder_remove(void **state)
{
	(void)state;
	for (int i = 0; i < FOLDER_FILES; i++) {
		char name[128];

		folder_name(name, (enum folder_file)i);
		unlink(name);
	}
	return rmdir(folder_path);
}

#endif
