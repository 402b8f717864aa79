#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

/* What a signal handler may touch has to be here. */
static atomic_bool interrupted;

static void
interrupt(int sig)
{
	(void)sig;
	atomic_store(&interrupted, true);
}

/* The second signal ends the program. What is ignored stays so: a shell ignores SIGINT for what it runs in the
 * background. */
static void
watch(int sig)
{
	struct sigaction sa = {.sa_handler = interrupt, .sa_flags = SA_RESTART | (int)SA_RESETHAND}, old;

	if (!sigaction(sig, NULL, &old) && old.sa_handler != SIG_IGN)
		sigaction(sig, &sa, NULL);
}

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

/* Names each capture that broke off; the error itself where none is named so. */
static enum status
say_broken(const struct aud_report *r, enum aud_code code, const struct aud_err *err)
{
	enum status status = STATUS_OK;

	for (size_t i = 0; i < r->trial->ninputs; i++) {
		const struct aud_capture_info *in = &r->trial->inputs[i].info;

		if (!in->broken)
			continue;
		say("%s: read up to byte %" PRIu64 " only: %s", in->path, in->broken_at, in->broken_why);
		status = STATUS_CAPTURE;
	}
	return status == STATUS_OK ? say_err(code, err) : status;
}

enum status
run(struct aud_audit **out, const struct aud_audit_opts *wanted)
{
	struct aud_audit_opts o = *wanted;
	const char *term = getenv("TERM");
	struct progress progress = {.on = isatty(STDERR_FILENO) && term && strcmp(term, "dumb")};
	struct aud_err err = {0};
	enum aud_code code;
	enum status status;

	*out = NULL;
	o.progress = progress_show;
	o.user = &progress;
	o.stop = &interrupted;
	watch(SIGINT);
	watch(SIGTERM);
	code = aud_audit_run(out, &o, &err);
	progress_clear(&progress);
	if (!*out) {
		status = say_err(code, &err);
		/* What the system refused to read here is a capture. */
		return code == AUD_IO ? STATUS_CAPTURE : status;
	}
	status = say_broken(aud_audit_report(*out), code, &err);
	if (atomic_load(&interrupted)) {
		say("interrupted: what was read until then is told");
		status = worse(status, STATUS_CAPTURE);
	}
	return status;
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
	return true;
}
