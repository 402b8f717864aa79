/* nDPI as its shared library has it: nothing is shortened. */
#include "shortcut.h"

#include <stddef.h>

struct shortcuts {
	char none;
};

struct shortcuts *
shortcuts_new(const struct ndpi_detection_module_struct *m)
{
	static struct shortcuts none;

	(void)m;
	return &none;
}

void
shortcuts_free(struct shortcuts *s)
{
	(void)s;
}

void
shortcuts_use(struct shortcuts *s)
{
	(void)s;
}
