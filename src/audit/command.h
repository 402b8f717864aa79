/* Audit stage: the command that makes the same report again, for whoever has to repeat the audit. */
#ifndef AUD_COMMAND_H
#define AUD_COMMAND_H

#include <aud/audit.h>

/*
 * Inputs in the order in which they were audited, absolute paths without their folder, no outputs and no --threads: the same audit
 * says the same, wherever it runs. Words are quoted as sh(1) wants them. For free(); NULL: out of memory.
 */
char *command_text(const struct aud_audit_opts *, const struct aud_input *, size_t ninputs);

#endif
