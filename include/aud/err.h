/*
 * Errors: a code that is returned, and a text for the person at the keyboard.
 *
 * Every function that can fail returns enum aud_code and takes a struct aud_err * as its last parameter. The struct is
 * the caller's; it is filled once, where the failure happened, and never overwritten on the way up. A NULL pointer is
 * legal and means that nobody reads the text.
 */
#ifndef AUD_ERR_H
#define AUD_ERR_H

#include <stdarg.h>
#include <stddef.h>

#define AUD_CHECKED __attribute__((warn_unused_result))
#define AUD_PRINTF(f, a) __attribute__((format(printf, f, a)))

enum aud_code {
	AUD_OK,
	AUD_END,	/* nothing more to read: not an error */
	AUD_NOMEM,	/* memory is out */
	AUD_IO,		/* the system refused: sys is errno */
	AUD_FORMAT,	/* a capture is broken or is none */
	AUD_RULES,	/* a site or rule file is wrong */
	AUD_LIMIT,	/* a limit that the user set is reached */
	AUD_USAGE,	/* the command line is wrong */
};

struct aud_err {
	enum aud_code code;
	int sys;	/* errno, or 0 */
	char msg[240];	/* one line, no newline: where, what, and what to do */
};

/* Fills *err (unless NULL or already filled) and returns code, so that a failure is one statement. */
enum aud_code aud_fail(struct aud_err *err, enum aud_code code, int sys, const char *fmt, ...) AUD_PRINTF(4, 5);

/* "out of memory" in one call. */
enum aud_code aud_nomem(struct aud_err *err);

/* The name nearest to word for "did you mean", or NULL. */
const char *aud_nearest(const char *word, const char *const *names, size_t n);

#endif
