/*
 * Text for people on standard output, broken at blanks where the terminal ends.
 */
#ifndef WRAP_H
#define WRAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Columns of the terminal; 80 where standard output is none. */
size_t terminal_width(void);
/* The words of text and a newline. at: columns that the line has already; hang: blanks before each further line. */
void wrap(FILE *, size_t at, size_t hang, const char *text);

#endif
