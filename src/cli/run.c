#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "signals.h"

struct progress {
	bool on, shown;
};

static void
progress_show(void *progress, uint64_t done, uint64_t total, uint64_t packets)
{
	struct progress *p = progress;

	if (!p->on)
		return;
	if (total)
		fprintf(stderr, "\r\033[Kreading: %3.0f %% of %" PRIu64 " MB, %" PRIu64 " packets",
		    done < total ? (double)done / (double)total * 100 : 100.0, total / 1000000, packets);
	else
		fprintf(stderr, "\r\033[Kreading: %" PRIu64 " MB, %" PRIu64 " packets", done / 1000000, packets);
	fflush(stderr);
	p->shown = true;
}

static void
progress_clear(const struct progress *p)
{
	if (p->shown)
		fputs("\r\033[K", stderr);
}

static const char *
input_name(const char *path)
{
	return strcmp(path, "-") ? path : "standard input";
}

/* Names each capture that broke off; the error itself where none is named so. */
static enum status
say_broken(const struct aud_report *r, enum aud_code code, const struct aud_err *err)
{
	enum status status = STATUS_OK;

	for (size_t i = 0; i < r->trial->ninputs; i++) {
		const struct aud_capture_info *in = &r->trial->inputs[i].info;

		if (!in->broken)
			continue;
		if (in->unreadable)
			say("%s: could not be read: %s", input_name(in->path), in->broken_why);
		else
			say("%s: read up to byte %" PRIu64 " only: %s", input_name(in->path), in->broken_at, in->broken_why);
		status = STATUS_CAPTURE;
	}
	return status == STATUS_OK ? say_err(code, err) : status;
}

enum status
run(struct aud_audit **out, const struct aud_audit_opts *wanted)
{
	struct aud_audit_opts o = *wanted;
	const struct aud_coverage *coverage;
	const char *term = getenv("TERM");
	struct progress progress = {.on = isatty(STDERR_FILENO) && term && strcmp(term, "dumb")};
	struct aud_err err = {0};
	enum aud_code code;
	enum status status;

	*out = NULL;
	o.progress = progress_show;
	o.user = &progress;
	o.stop = signals_watch();
	code = aud_audit_run(out, &o, &err);
	signals_end();
	progress_clear(&progress);
	if (!*out) {
		status = say_err(code, &err);
		/* What the system refused to read here is a capture. */
		return code == AUD_IO ? STATUS_CAPTURE : status;
	}
	status = say_broken(aud_audit_report(*out), code, &err);
	coverage = aud_audit_report(*out)->trial->coverage;
	/* A report tells this too; a list of flows has no other place for it. */
	if (coverage && coverage->evicted_flows)
		say("%" PRIu64 " flow%s ended early, or looked into no further: --memory is too little, give more", coverage->evicted_flows,
		    coverage->evicted_flows == 1 ? " was" : "s were");
	if (coverage && coverage->dropped_flows) {
		say("%" PRIu64 " flow%s not judged: --memory left no room for a further conversation, give more", coverage->dropped_flows,
		    coverage->dropped_flows == 1 ? " was" : "s were");
		status = worse(status, STATUS_LIMIT);
	}
	if (atomic_load(o.stop)) {
		say("interrupted: what was read until then is told");
		status = worse(status, STATUS_CAPTURE);
	}
	return status;
}

struct file {
	struct stat st;
	const char *name;
};

static int
by_inode(const void *a, const void *b)
{
	const struct file *x = a, *y = b;

	if (x->st.st_dev != y->st.st_dev)
		return x->st.st_dev < y->st.st_dev ? -1 : 1;
	return (x->st.st_ino > y->st.st_ino) - (x->st.st_ino < y->st.st_ino);
}

/* Each packet would count twice. A fifo or a device may well be named twice. */
static bool
none_twice(char *const *captures, size_t n)
{
	struct file *files = calloc(n + 1, sizeof *files);
	size_t m = 0;
	bool once = true;

	if (!files) {
		say("out of memory");
		return false;
	}
	for (size_t i = 0; i < n; i++)
		if (!(strcmp(captures[i], "-") ? stat(captures[i], &files[m].st) : fstat(STDIN_FILENO, &files[m].st)) &&
		    S_ISREG(files[m].st.st_mode))
			files[m++].name = captures[i];
	if (m)
		qsort(files, m, sizeof *files, by_inode);
	for (size_t i = 1; i < m && once; i++)
		if (!by_inode(&files[i - 1], &files[i])) {
			say("'%s' and '%s' are the same file: name it once, or each of its packets counts twice", files[i - 1].name,
			    files[i].name);
			once = false;
		}
	free(files);
	return once;
}

bool
captures_usable(char *const *captures, size_t n, const char *site)
{
	unsigned stdins = site && !strcmp(site, "-");

	for (size_t i = 0; i < n; i++)
		stdins += !strcmp(captures[i], "-");
	if (stdins > 1) {
		say("standard input (-) can be read once only");
		return false;
	}
	if (stdins && isatty(STDIN_FILENO)) {
		say("standard input (-) is a terminal: send it a file");
		return false;
	}
	return none_twice(captures, n);
}

void
run_done(struct aud_audit *audit)
{
#ifdef AUD_SANITIZED
	aud_audit_free(audit);
#else
	(void)audit;
#endif
}
