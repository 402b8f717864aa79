/* Stage 7, inside: pieces of rules as text. Several values are separated by a space; roles that one host needs at once by '+'. */
#ifndef MATRIX_EXPORT_H
#define MATRIX_EXPORT_H

#include <stdio.h>

#include <aud/matrix.h>

/* Quoted where it has to be; behind it ',' or the end of the line. */
void write_field(FILE *, const char *, bool last);
void write_roles(FILE *, const struct aud_site *, aud_roles, aud_roles all);
void write_ports(FILE *, const struct aud_rule *);
void write_transport(FILE *, const struct aud_rule *);
void write_security(FILE *, const struct aud_rule *);

#endif
