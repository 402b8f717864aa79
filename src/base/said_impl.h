/* A node of a sentence, for those that make, tell and read it. */
#ifndef SAID_IMPL_H
#define SAID_IMPL_H

#include <aud/said.h>

enum said_kind { SAID_WORD, SAID_NUMBER, SAID_DATE, SAID_MADE, SAID_LIST, SAID_TEXT, SAID_PLURAL };

enum { SAID_ARGS = 9, SAID_DEPTH = 24, SAID_NODES = 8192, SAID_BYTES = 1 << 20 };	/* what a sentence that is read may have at most */

struct aud_said {
	struct aud_said *next;	/* of all that the same struct aud_say made */
	enum said_kind kind;
	const char *text, *many;	/* word, digits, date, message */
	uint64_t n;		/* that chooses between text and many */
	const struct aud_said **args;
	size_t nargs, room;
	char own[];		/* what is copied */
};

/* A node with room for bytes of its own; NULL: out of memory, which say tells. */
struct aud_said *said_new(struct aud_say *, enum said_kind, const char *text, size_t own);
/* False: out of memory. */
bool said_arg(struct aud_say *, struct aud_said *, const struct aud_said *arg);

#endif
