/*
 * The sensor's counters for Prometheus: a page in its text format, version 0.0.4, served over HTTP.
 *
 * Stage watch. Input: struct aud_live_status, as often as the running audit likes to tell it. Output: answers to GET and HEAD of
 * "/metrics" and "/". The handle owns a listening socket, a copy of the last state and, from the first state on, one thread.
 */
#ifndef AUD_METRICS_H
#define AUD_METRICS_H

#include <stdint.h>
#include <stdio.h>

#include "err.h"
#include "live.h"

struct aud_metrics;

/*
 * Listens on address: "127.0.0.1:9100", "[::1]:9100", either with "/" or "/metrics" behind it, or a port alone, which means
 * 127.0.0.1. Names are not looked up; port 0 takes a free one. An address that others can reach has to be written out, for the page
 * tells it to whoever asks.
 *
 * Starts no thread yet, so that a process may open it, give up its privileges, and only then have threads: until the first
 * aud_metrics_set() whoever connects waits. AUD_USAGE: no such address; AUD_IO: the system refused it; AUD_NOMEM.
 */
enum aud_code aud_metrics_open(struct aud_metrics **out, const char *address, struct aud_err *err) AUD_CHECKED;
/* Where it listens, as in a URL: "127.0.0.1:9100" or "[::1]:9100". Lives as long as the handle. */
const char *aud_metrics_address(const struct aud_metrics *);
/*
 * Copies the state; the first one starts the thread that answers. Between two calls the former state is served, with its time. Also
 * ends connections that are older than they should be: call it at least every few seconds. On failure (AUD_NOMEM, AUD_IO where the
 * thread could not be started) the former state stays, and the next call tries again.
 */
enum aud_code aud_metrics_set(struct aud_metrics *, const struct aud_live_status *, struct aud_err *err) AUD_CHECKED;
/* Ends the thread and every connection. NULL is legal. */
void aud_metrics_close(struct aud_metrics *);

/* The page alone. False: it could not be written. */
bool aud_metrics_write(FILE *, const struct aud_live_status *);

#endif
