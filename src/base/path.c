#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "path.h"

const char *
aud_base_name(const char *path)
{
	const char *slash = path && *path == '/' ? strrchr(path, '/') : NULL;

	return slash ? slash + 1 : path;
}

const char *
aud_without_path(const char *text, const char *path)
{
	size_t n = strlen(path);

	return *path == '/' && !strncmp(text, path, n) && !strncmp(text + n, ": ", 2) ? text + n + 2 : text;
}

static bool
taken(char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

bool
aud_names_add(char **names, size_t n, const char *path)
{
	const char *base = strcmp(path, "-") ? aud_base_name(path) : "standard input";
	size_t room = strlen(base) + 32;
	char *name = malloc(room);

	if (!name)
		return false;
	snprintf(name, room, "%s", base);
	for (unsigned copy = 2; taken(names, n, name); copy++)
		snprintf(name, room, "%s (%u)", base, copy);
	names[n] = name;
	return true;
}

void
aud_names_free(char **names, size_t n)
{
	for (size_t i = 0; names && i < n; i++)
		free(names[i]);
	free(names);
}
