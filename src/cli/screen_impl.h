/*
 * The screen, inside: its state, the terminal (screen.c) and what is drawn (draw.c).
 */
#ifndef SCREEN_IMPL_H
#define SCREEN_IMPL_H

#include <locale.h>
#include <stdarg.h>
#include <stdint.h>
#include <termios.h>

#include "screen.h"

enum { SCREEN_FINDINGS = 128, SCREEN_ALERTS = 32, SCREEN_TEXT = 512, SCREEN_NAME = 64, SCREEN_INTERFACES = 8, SCREEN_OUT = 1 << 16 };

/* A finding or an alert as it is listed. */
struct item {
	char id[20];		/* of a finding */
	enum aud_severity severity;
	uint64_t ts_ns;
	char text[SCREEN_TEXT];	/* cleaned */
};

struct rate {
	uint64_t ns, packets, bytes;	/* at the last sample; ns 0: none */
	uint64_t per_second, bits;
	bool known;
};

struct screen {
	int fd;			/* the terminal, opened anew and non-blocking; -1: lines */
	bool database;
	bool utf8, color, whole;/* whole: what is on the terminal is not ours, clear it */
	unsigned width, height;
	struct termios saved;
	locale_t locale;
	char site[SCREEN_NAME], roles[SCREEN_TEXT], unseen[SCREEN_TEXT];

	bool has_status;
	struct aud_live_status status;	/* a copy, its interfaces here: */
	struct aud_live_interface interfaces[SCREEN_INTERFACES];
	char names[SCREEN_INTERFACES][SCREEN_NAME];
	struct rate rate;
	uint64_t said_ns, drawn_ms;

	struct item findings[SCREEN_FINDINGS];	/* greatest severity first, newest first within one */
	size_t nfindings;
	struct item alerts[SCREEN_ALERTS];	/* newest first */
	size_t nalerts;

	char out[SCREEN_OUT];	/* what the terminal has not taken yet */
	size_t nout, out_done;
};

/* draw.c: the whole picture into out, which is empty. */
void screen_draw(struct screen *);
/* The line for who has no screen; returns dst. */
char *screen_summary(const struct screen *, char *dst, size_t size);
/* How many columns text takes, and how many of its bytes fit into that many columns. */
size_t screen_columns(const struct screen *, const char *text, size_t columns, size_t *bytes);

#endif
