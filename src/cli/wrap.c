#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "wrap.h"

enum { WIDTH = 80, WIDTH_LEAST = 40 };

size_t
terminal_width(void)
{
	struct winsize ws;

	if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) || !ws.ws_col)
		return WIDTH;
	return ws.ws_col < WIDTH_LEAST ? WIDTH_LEAST : ws.ws_col;
}

/* Of UTF-8 only the first byte of a character takes a column. */
static size_t
columns(const char *s, size_t n)
{
	size_t c = 0;

	for (size_t i = 0; i < n; i++)
		c += (s[i] & 0xc0) != 0x80;
	return c;
}

void
wrap(FILE *f, size_t at, size_t hang, const char *text)
{
	size_t width = terminal_width();
	bool first = true;

	if (hang > width / 2)
		hang = width / 4;
	for (text += strspn(text, " \n"); *text; text += strspn(text, " \n")) {
		size_t n = strcspn(text, " \n"), c = columns(text, n);

		if (at > hang && at + !first + c > width) {
			fprintf(f, "\n%*s", (int)hang, "");
			at = hang;
			first = true;
		}
		fprintf(f, "%s%.*s", first ? "" : " ", (int)n, text);
		at += !first + c;
		first = false;
		text += n;
	}
	putc('\n', f);
}
