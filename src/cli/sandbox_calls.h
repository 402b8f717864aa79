/*
 * The system calls that are left: the only file with seccomp.h behind it.
 */
#ifndef SANDBOX_CALLS_H
#define SANDBOX_CALLS_H

#include "sandbox.h"

/* For good, for every thread. The kernel must have no_new_privs set already. */
enum aud_code sandbox_calls(const struct sandbox_opts *, struct aud_err *err) AUD_CHECKED;

#endif
