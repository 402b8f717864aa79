/*
 * What a person sees of a running audit: a live screen where standard output is a terminal, else a line a minute on standard error.
 *
 * Output goes through a descriptor of its own that never waits: a terminal that is stopped (Ctrl-S) or slow delays nothing. The
 * terminal is put back at the end, and by SIGSEGV and the like; SIGINT and SIGTERM stay whose they are. Texts are cleaned here.
 * One thread uses it at a time.
 */
#ifndef SCREEN_H
#define SCREEN_H

#include <stdbool.h>

#include <aud/err.h>
#include <aud/live.h>

struct screen;

struct screen_opts {
	const char *site;	/* name of the site, NULL: none */
	bool database;		/* there is one */
	bool lines;		/* no screen whatever standard output is: events go there */
};

/* Takes over the terminal. Before a sandbox: opens the terminal anew. AUD_NOMEM, AUD_IO. */
enum aud_code screen_open(struct screen **out, const struct screen_opts *, struct aud_err *err) AUD_CHECKED;
/* Puts the terminal back as it was: from here on lines are told. NULL is legal, twice is legal. */
void screen_close(struct screen *);
void screen_free(struct screen *);
/* True: a screen, so messages on standard error would tear it: they are for screen_say(). */
bool screen_on(const struct screen *);

/* What is told of findings and alerts: kept for the lists. */
void screen_event(struct screen *, const struct aud_event *);
/* A message of the program, in the list of alerts; on standard error where there is no screen. */
void screen_say(struct screen *, const char *text);
/*
 * The sensor now, and which roles were seen (coverage NULL: not judged yet). Draws, at most ten times a second; where there is no
 * screen, a line a minute. Call it about once a second.
 */
void screen_status(struct screen *, const struct aud_live_status *, const struct aud_coverage *, const struct aud_site *);
/* To poll() for input, -1: none. */
int screen_fd(const struct screen *);
/* Reads the keys, draws again where the size changed, goes on with what the terminal did not take. True: q, the user wants an end. */
bool screen_keys(struct screen *);

#endif
