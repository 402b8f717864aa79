/* Prints what it takes to load a site and the whole matrix, as the program does: through SQLite. Argument: a site file. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <aud/audit.h>

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int
by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

int
main(int argc, char **argv)
{
	enum { TIMES = 21 };
	double took[TIMES];

	for (int i = 0; i < TIMES; i++) {
		struct aud_site *site = NULL;
		struct aud_matrix *m = NULL;
		struct aud_matcher *x = NULL;
		struct aud_err err = {0};
		double t = now();

		if ((argc > 1 && aud_site_load(&site, argv[1], &err)) || aud_audit_matrix(&m, NULL, site, &err) ||
		    aud_matcher_new(&x, m, site, &err)) {
			fprintf(stderr, "%s\n", err.msg);
			return 1;
		}
		took[i] = now() - t;
		if (!i)
			printf("%zu documents, %zu rows, %zu rules: first %.1f ms", m->ndocuments, m->nrows, m->nrules, took[i]);
		aud_matcher_free(x);
		aud_matrix_free(m);
		aud_site_free(site);
	}
	qsort(took, TIMES, sizeof *took, by_size);
	printf(", median of %d %.1f ms\n", TIMES, took[TIMES / 2]);
	return 0;
}
