/*
 * Shorter ways to nDPI 4.2's own answers, linked into a copy of the archive that its package ships. None changes what a flow is: the
 * dissectors are shown the same packets in the same order, and what is not computed is read by nobody.
 */
#ifndef AUD_SHORTCUT_H
#define AUD_SHORTCUT_H

struct ndpi_detection_module_struct;
struct shortcuts;

/* For this module, whose dissectors and lists no longer change. NULL: out of memory. */
struct shortcuts *shortcuts_new(const struct ndpi_detection_module_struct *);
void shortcuts_free(struct shortcuts *);

/*
 * Those of the module that this thread calls from here on; NULL: of none. Packets are shown to a module only while its own are in use: nDPI's
 * order of dissectors is no longer linked in. All else, as making and ending modules, needs none.
 */
void shortcuts_use(struct shortcuts *);

#endif
