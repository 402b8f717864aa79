/*
 * For "explain": the rules that come nearest to traffic that none documents, and what fails in each.
 */
#ifndef NEAREST_H
#define NEAREST_H

#include <aud/matrix.h>

struct traffic {
	const struct aud_matrix *matrix;
	const struct aud_site *site;
	aud_roles client, server;	/* roles */
	uint16_t client_port, port;	/* 0: not told, or none */
	uint8_t proto;
	bool has_ports;
	const char *app;		/* NULL: not told */
};

enum { NEAREST = 6 };
struct nearest {
	const struct aud_rule *rules[NEAREST];
	size_t n;
};
/*
 * Nearest first: a rule that fails in one term before one that fails in several; one for this port and other roles before one for
 * these roles and another port, and that before a range in which the port lies by chance.
 */
void nearest_find(struct nearest *, const struct traffic *);
/* What fails in a rule, as one phrase: "the client has to be mediation; the port has to be 5081". AUD_NOMEM: *out is not set. */
enum aud_code nearest_why(char **out, const struct traffic *, const struct aud_rule *, struct aud_err *) AUD_CHECKED;

#endif
