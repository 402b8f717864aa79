/* Two matrices are the same in every field. Behind cmocka.h. */
#ifndef STORE_SAME_H
#define STORE_SAME_H

#include <aud/matrix.h>

static inline void
assert_text(const char *a, const char *b)
{
	assert_true((a == NULL) == (b == NULL));
	if (a)
		assert_string_equal(a, b);
}

static inline void
assert_indices(const unsigned *a, size_t na, const unsigned *b, size_t nb)
{
	assert_int_equal(na, nb);
	for (size_t i = 0; i < na; i++)
		assert_int_equal(a[i], b[i]);
}

static inline void
assert_same_rule(const struct aud_rule *a, const struct aud_rule *b)
{
	assert_text(a->id, b->id);
	assert_text(a->subject, b->subject);
	assert_text(a->service, b->service);
	assert_true(a->clients == b->clients && a->servers == b->servers);
	assert_true(a->clients_all == b->clients_all && a->servers_all == b->servers_all);
	assert_true(a->mtls_clients == b->mtls_clients && a->either == b->either);
	assert_int_equal(a->either_way, b->either_way);
	assert_int_equal(a->nprotos, b->nprotos);
	assert_memory_equal(a->protos, b->protos, sizeof a->protos);
	assert_int_equal(a->nports, b->nports);
	assert_memory_equal(a->ports, b->ports, sizeof a->ports);
	assert_int_equal(a->port_side, b->port_side);
	assert_int_equal(a->napps, b->napps);
	for (size_t i = 0; i < a->napps; i++)
		assert_text(a->apps[i], b->apps[i]);
	assert_int_equal(a->media, b->media);
	assert_int_equal(a->media_range, b->media_range);
	assert_int_equal(a->evidence, b->evidence);
	assert_int_equal(a->announced, b->announced);
	assert_int_equal(a->members, b->members);
	assert_int_equal(a->pair, b->pair);
	assert_int_equal(a->implied, b->implied);
	assert_int_equal(a->inferred, b->inferred);
	assert_int_equal(a->exempt, b->exempt);
	assert_int_equal(a->security, b->security);
	assert_int_equal(a->presence, b->presence);
	assert_int_equal(a->absence, b->absence);
	assert_text(a->condition, b->condition);
	assert_text(a->gloss, b->gloss);
	assert_text(a->remark, b->remark);
	assert_text(a->reason, b->reason);
	assert_text(a->until, b->until);
	assert_text(a->exception, b->exception);
	assert_indices(a->citations, a->ncitations, b->citations, b->ncitations);
	assert_int_equal(a->site_own, b->site_own);
	assert_text(a->file, b->file);
	assert_int_equal(a->line, b->line);
	assert_int_equal(a->column, b->column);
}

static inline void
assert_same(const struct aud_matrix *a, const struct aud_matrix *b)
{
	assert_string_equal(a->sha256, b->sha256);
	assert_int_equal(a->ndocuments, b->ndocuments);
	for (size_t i = 0; i < a->ndocuments; i++) {
		assert_text(a->documents[i].id, b->documents[i].id);
		assert_text(a->documents[i].title, b->documents[i].title);
		assert_text(a->documents[i].edition, b->documents[i].edition);
		assert_text(a->documents[i].language, b->documents[i].language);
		assert_text(a->documents[i].date, b->documents[i].date);
		assert_text(a->documents[i].source, b->documents[i].source);
		assert_int_equal(a->documents[i].product, b->documents[i].product);
		assert_int_equal(a->documents[i].listed_only, b->documents[i].listed_only);
	}
	assert_int_equal(a->nrows, b->nrows);
	for (size_t i = 0; i < a->nrows; i++) {
		assert_int_equal(a->rows[i].document, b->rows[i].document);
		assert_text(a->rows[i].table, b->rows[i].table);
		assert_int_equal(a->rows[i].ordinal, b->rows[i].ordinal);
		assert_text(a->rows[i].role, b->rows[i].role);
		assert_text(a->rows[i].service, b->rows[i].service);
		assert_text(a->rows[i].port, b->rows[i].port);
		assert_text(a->rows[i].protocol, b->rows[i].protocol);
		assert_int_equal(a->rows[i].kind, b->rows[i].kind);
		assert_indices(a->rows[i].rules, a->rows[i].nrules, b->rows[i].rules, b->rows[i].nrules);
	}
	assert_int_equal(a->nrules, b->nrules);
	for (size_t i = 0; i < a->nrules; i++)
		assert_same_rule(&a->rules[i], &b->rules[i]);
}

#endif
