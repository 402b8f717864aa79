/* CSV cells (RFC 4180) of clean text, on any stream: the csv format and the table of conversations. */
#ifndef REPORT_CSV_H
#define REPORT_CSV_H

#include <stdio.h>

/* In quotes where it needs them, and with an apostrophe before what a spreadsheet would take for a formula. */
void csv_text(FILE *, const char *clean);

#endif
