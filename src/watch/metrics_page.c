#include <inttypes.h>

#include <aud/metrics.h>

/* The text format: https://prometheus.io/docs/instrumenting/exposition_formats/, "Text-based format", version 0.0.4. */

static void
head(FILE *f, const char *name, const char *type, const char *help)
{
	fprintf(f, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void
whole(FILE *f, const char *name, const char *type, const char *help, uint64_t value)
{
	head(f, name, type, help);
	fprintf(f, "%s %" PRIu64 "\n", name, value);
}

static void
counter(FILE *f, const char *name, const char *help, uint64_t value)
{
	whole(f, name, "counter", help, value);
}

static void
gauge(FILE *f, const char *name, const char *help, uint64_t value)
{
	whole(f, name, "gauge", help, value);
}

/* Prometheus wants seconds; nine decimals lose nothing, whatever the locale's decimal point is. */
static void
seconds(FILE *f, const char *name, const char *help, uint64_t ns)
{
	head(f, name, "gauge", help);
	fprintf(f, "%s %" PRIu64 ".%09" PRIu64 "\n", name, ns / 1000000000, ns % 1000000000);
}

/* In a label's value a backslash, a quote and a line feed are escaped; what is no UTF-8 would make the page unreadable. */
static void
label(FILE *f, const char *value)
{
	for (const unsigned char *p = (const unsigned char *)value; *p; p++)
		switch (*p) {
		case '\\': fputs("\\\\", f); break;
		case '"': fputs("\\\"", f); break;
		case '\n': fputs("\\n", f); break;
		default: fputc(*p < 0x80 ? *p : '?', f);
		}
}

/* One counter or gauge of every interface. */
static void
interfaces(FILE *f, const struct aud_live_status *s, const char *name, const char *type, const char *help,
    uint64_t (*of)(const struct aud_live_interface *))
{
	head(f, name, type, help);
	for (size_t i = 0; i < s->ninterfaces; i++) {
		fprintf(f, "%s{interface=\"", name);
		label(f, s->interfaces[i].name);
		fprintf(f, "\"} %" PRIu64 "\n", of(&s->interfaces[i]));
	}
}

static uint64_t
up(const struct aud_live_interface *i)
{
	return i->up;
}

static uint64_t
received(const struct aud_live_interface *i)
{
	return i->received;
}

static uint64_t
kernel_drops(const struct aud_live_interface *i)
{
	return i->kernel_drops;
}

static uint64_t
interface_drops(const struct aud_live_interface *i)
{
	return i->interface_drops;
}

static void
capture(FILE *f, const struct aud_live_status *s)
{
	interfaces(f, s, "spanaudit_interface_up", "gauge", "Whether the interface is there and up.", up);
	interfaces(f, s, "spanaudit_interface_received_packets_total", "counter",
	    "Packets that the kernel saw on the interface and that the filter let through.", received);
	interfaces(f, s, "spanaudit_interface_kernel_dropped_packets_total", "counter",
	    "Packets that the kernel dropped because the capture buffer was full: they were not audited.", kernel_drops);
	interfaces(f, s, "spanaudit_interface_dropped_packets_total", "counter",
	    "Packets that the interface or its driver dropped: they were not audited.", interface_drops);
	counter(f, "spanaudit_frames_total", "Frames read.", s->frames);
	counter(f, "spanaudit_packets_total", "IP packets decoded.", s->packets);
	counter(f, "spanaudit_bytes_total", "Bytes of the frames read, as on the wire.", s->bytes);
	seconds(f, "spanaudit_last_packet_timestamp_seconds", "Time of the last packet; 0 before the first.", s->last_packet_ns);
}

static void
tables(FILE *f, const struct aud_live_status *s)
{
	counter(f, "spanaudit_flows_total", "Flows seen.", s->flows);
	gauge(f, "spanaudit_live_flows", "Flows in the table now.", s->live_flows);
	gauge(f, "spanaudit_classifier_states", "Flows whose protocol is not decided yet and that hold a classifier's state.", s->states);
	gauge(f, "spanaudit_conversations", "Conversations kept: host pair, roles, server port, transport, application.", s->conversations);
	counter(f, "spanaudit_evicted_flows_total", "Flows ended early, or looked into no further, because --memory was reached.", s->evicted_flows);
	counter(f, "spanaudit_dropped_flows_total", "Flows not judged because --memory left no room for a further conversation.",
	    s->dropped_flows);
	gauge(f, "process_resident_memory_bytes", "Resident memory of the process.", s->resident);
}

static void
findings(FILE *f, const struct aud_live_status *s)
{
	static const char *const severities[] = {
	    [AUD_INFO] = "info", [AUD_LOW] = "low", [AUD_MEDIUM] = "medium", [AUD_HIGH] = "high", [AUD_CRITICAL] = "critical"};

	head(f, "spanaudit_findings", "gauge", "Findings that hold now and are not waived.");
	for (int i = AUD_INFO; i <= AUD_CRITICAL; i++)
		fprintf(f, "spanaudit_findings{severity=\"%s\"} %" PRIu64 "\n", severities[i], s->findings[i]);
	gauge(f, "spanaudit_waived_findings", "Findings that hold now and are waived.", s->waived);
	counter(f, "spanaudit_finding_events_total", "Events of findings written: new, updated, ended.", s->told);
	seconds(f, "spanaudit_last_judgement_timestamp_seconds", "When the findings were last judged; 0 before the first time.",
	    s->judged_ns);
	seconds(f, "spanaudit_last_judgement_duration_seconds", "How long the last judgement took.", s->judge_took_ns);
}

static void
database(FILE *f, const struct aud_live_status *s)
{
	counter(f, "spanaudit_database_flushes_total", "Transactions that reached the database.", s->flushes);
	counter(f, "spanaudit_database_flush_failures_total", "Transactions that did not, as on a full disk.", s->flush_failures);
	seconds(f, "spanaudit_last_flush_timestamp_seconds", "When the database was last brought up to date; 0 before the first time.",
	    s->last_flush_ns);
	seconds(f, "spanaudit_last_flush_duration_seconds", "How long the last transaction took.", s->flush_took_ns);
}

static void
alerts(FILE *f, const struct aud_live_status *s)
{
#define X(e, slug, severity) [AUD_ALERT_##e] = slug,
	static const char *const slugs[] = {AUD_ALERTS(X)};
#undef X

	head(f, "spanaudit_alerts_total", "counter", "Alerts raised.");
	for (int i = 0; i < AUD_ALERT_COUNT; i++)
		fprintf(f, "spanaudit_alerts_total{alert=\"%s\"} %" PRIu64 "\n", slugs[i], s->alerts[i]);
}

bool
aud_metrics_write(FILE *f, const struct aud_live_status *s)
{
	head(f, "spanaudit_build_info", "gauge", "Always 1; the label tells the version of the program.");
	fputs("spanaudit_build_info{version=\"" AUD_VERSION "\"} 1\n", f);
	seconds(f, "process_start_time_seconds", "When the program started.", s->started_ns);
	seconds(f, "spanaudit_status_timestamp_seconds", "When the state was last looked at: old where the program does not get on.", s->now_ns);
	capture(f, s);
	tables(f, s);
	findings(f, s);
	database(f, s);
	alerts(f, s);
	return !ferror(f);
}
