/*
 * The words of a site file: scalars of the YAML tree -> values. Each refuses what it does not know with file, line and column.
 */
#ifndef AUD_WORDS_H
#define AUD_WORDS_H

#include <stdbool.h>
#include <stdint.h>

#include <aud/addr.h>
#include <aud/role.h>
#include <aud/site.h>

#include "yaml.h"

/* Text that is not blank; what names it in messages. */
enum aud_code word_text(const struct aud_yaml *, const char *what, const char **out, struct aud_err *) AUD_CHECKED;
/* An address, a prefix or a range a-b. */
enum aud_code word_range(const struct aud_yaml *, const char *what, struct aud_addr *lo, struct aud_addr *hi, struct aud_err *)
    AUD_CHECKED;
/* One address. */
enum aud_code word_addr(const struct aud_yaml *, const char *what, struct aud_addr *out, struct aud_err *) AUD_CHECKED;
/* "443/tcp"; without "/tcp" only where bare is true: *proto is then -1. */
enum aud_code word_port(const struct aud_yaml *, bool bare, uint16_t *port, int *proto, struct aud_err *) AUD_CHECKED;
/* tcp, udp or sctp: what has ports. */
enum aud_code word_transport(const struct aud_yaml *, const char *text, int *proto, struct aud_err *) AUD_CHECKED;
/* "50000-50059" or one port. */
enum aud_code word_ports(const struct aud_yaml *, struct aud_range *out, struct aud_err *) AUD_CHECKED;
/* The booleans of YAML 1.1, quoted or not. */
enum aud_code word_yes_no(const struct aud_yaml *, const char *what, enum aud_tri *out, struct aud_err *) AUD_CHECKED;
/* A day of the Gregorian calendar, YYYY-MM-DD. */
enum aud_code word_date(const struct aud_yaml *, const char *what, const char **out, struct aud_err *) AUD_CHECKED;
/* One of n names: *out is its index. */
enum aud_code word_choice(const struct aud_yaml *, const char *what, const char *const *names, size_t n, int *out, struct aud_err *)
    AUD_CHECKED;

#endif
