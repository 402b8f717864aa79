/*
 * Words shown to people, marked so that a catalogue of translations can be made of them: _() where a string is used, _n() by number,
 * N_() in a table of constants (then _() where it is taken from there). Whole sentences with placeholders, none glued from parts. The
 * language is that of the page or pen; NULL is English, and that of every format that other programs read.
 */
#ifndef REPORT_WORDS_H
#define REPORT_WORDS_H

#include <aud/lang.h>

#define _(l, s) aud_tr(l, s)
#define _n(l, one, many, n) aud_tr_n(l, one, many, n)

#endif
