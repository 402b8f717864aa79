/*
 * Paths as reports and databases show them: without the folder, and such that no two inputs have one name.
 */
#ifndef AUD_PATH_H
#define AUD_PATH_H

#include <stdbool.h>
#include <stddef.h>

/* Without the folder where the path is absolute: it says where the audit ran, not what was audited. NULL stays NULL. */
const char *aud_base_name(const char *path);
/* A message that begins with "path: ", without that. */
const char *aud_without_path(const char *text, const char *path);
/*
 * Takes the next of several base names into *names (n of them so far): two inputs that would have one name get numbers, a.pcap and
 * a.pcap (2). The names are the caller's, for aud_names_free(). False: out of memory.
 */
bool aud_names_add(char **names, size_t n, const char *path);
void aud_names_free(char **names, size_t n);

#endif
