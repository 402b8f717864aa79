/*
 * Words shown to people, marked so that a catalogue of translations can be made of them: _() where a string is used, N_() in a
 * table of constants (then _() where it is taken from there). Whole sentences with placeholders, none glued from parts.
 */
#ifndef REPORT_WORDS_H
#define REPORT_WORDS_H

#include <aud/lang.h>

#define _(s) (s)

#endif
