/* The life of `spanaudit watch`: everything is opened, privileges go, the loop runs until somebody ends it. */
#ifndef WATCH_LOOP_H
#define WATCH_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <aud/device.h>

#include "render.h"

#define WATCH_SECOND UINT64_C(1000000000)

struct watch_args {
	struct interfaces {
		const char *names[AUD_DEVICES_MAX];
		size_t n;
	} interfaces;
	const char *site, *db, *rules, *filter, *events, *syslog, *metrics, *evidence, *user;
	struct render render;
	uint32_t snaplen;
	size_t buffer, memory, evidence_size;
	unsigned threads;
	uint64_t flush_ns, window_ns, keep_ns, heartbeat_ns, silence_ns;
	int fail_on;	/* enum aud_severity */
	bool no_sandbox, no_promiscuous, no_dedup;
};

enum status watch_run(const struct watch_args *);

#endif
