/* Audit stage: what the capture could show, summed up from inputs, decoder, shards and cases. */
#ifndef AUD_COVERAGE_H
#define AUD_COVERAGE_H

#include <aud/finding.h>
#include <aud/packet.h>
#include <aud/report.h>

#include "shard.h"

enum aud_code coverage_fill(struct aud_coverage *, const struct aud_input *, size_t ninputs, const struct aud_decode_stats *,
    const struct shard *, const struct aud_site *, const struct aud_case *, size_t ncases, struct aud_err *err) AUD_CHECKED;
void coverage_clear(struct aud_coverage *);

#endif
