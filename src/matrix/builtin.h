/* The files of rules/ as compiled into the program, in order of their names; written by embed.cmake. */
#ifndef MATRIX_BUILTIN_H
#define MATRIX_BUILTIN_H

#include <stddef.h>

struct builtin_file {
	const char *name;
	const unsigned char *data;
	size_t len;
};

extern const struct builtin_file builtin_files[];
extern const size_t builtin_count;

#endif
