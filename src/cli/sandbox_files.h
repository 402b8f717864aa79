/*
 * The folders that are left, where the kernel has Landlock (5.13 and later, unless it was left out or turned off).
 */
#ifndef SANDBOX_FILES_H
#define SANDBOX_FILES_H

#include "sandbox.h"

/* Gathers the rules, still with the rights of who started the program. *ruleset is -1 and *version 0 where there is no Landlock. */
enum aud_code sandbox_files_open(const struct sandbox_opts *, int *ruleset, int *version, struct aud_err *err) AUD_CHECKED;
/* Puts them into force for this thread and all that it starts, and closes the ruleset. -1 is legal. */
enum aud_code sandbox_files_enter(int ruleset, struct aud_err *err) AUD_CHECKED;
/* The folder in which path is or, being one, is itself: room bytes at folder. False: it does not fit. */
bool sandbox_folder(char *folder, size_t room, const char *path);

#endif
