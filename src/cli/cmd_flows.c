#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include <aud/classify.h>

#include "cli.h"
#include "options.h"

enum format { FLOWS_TEXT, FLOWS_CSV, FLOWS_JSONL };

struct flows_args {
	const char *out, *filter;
	enum format format;
	bool format_given;
	unsigned threads;
	size_t memory;
	bool no_split, no_dedup;
};

static const char *const formats[] = {"text", "csv", "jsonl"};

static const char *
set_format(void *field, const char *text)
{
	struct flows_args *a = field;

	a->format_given = true;
	for (a->format = FLOWS_TEXT; a->format <= FLOWS_JSONL; a->format++)
		if (!strcmp(text, formats[a->format]))
			return NULL;
	return "one of: text csv jsonl";
}

/* By --format, else by the name of the output. */
static enum format
format_of(const struct flows_args *a)
{
	const char *dot = a->out && !a->format_given ? strrchr(a->out, '.') : NULL;

	for (enum format f = FLOWS_CSV; dot && f <= FLOWS_JSONL; f++)
		if (!strcasecmp(dot + 1, formats[f]))
			return f;
	return a->format;
}

#define AT(field) offsetof(struct flows_args, field)
static const struct opt opts[] = {
    {'f', "format", "FORMAT", "text (default), csv or jsonl", set_format, 0},
    {'o', "output", "FILE", "write to FILE; .csv and .jsonl choose the format", opt_text, AT(out)},
    {0, "filter", "EXPR", "only packets that match, as in pcap-filter(7)", opt_text, AT(filter)},
    {0, "no-split", NULL, "one flow per 5-tuple: no timeout, no split at FIN", opt_flag, AT(no_split)},
    {0, "no-dedup", NULL, "count packets that were mirrored twice as two", opt_flag, AT(no_dedup)},
    {0, "threads", "N", "default: one per processor; never changes the result", opt_threads, AT(threads)},
    {0, "memory", "SIZE", "bound for flows and their states, such as 512M or 2G", opt_size, AT(memory)},
};

static const struct usage usage = {
    "flows",
    "CAPTURE...",
    "Lists the flows of captures (- is standard input), who is client and server, and what they carry.\n",
    "Exit status: 0 all was read, 2 command line or output wrong, 3 a capture could not be read to its\n"
    "end, 4 out of memory or of a limit.\n",
    opts,
    sizeof opts / sizeof *opts,
};

enum { CELL = 64 };

struct row {
	struct aud_audit *audit;
	const struct aud_flow_record *r;
};

/* A column tells its value in cell[CELL] or as a string of the audit's. */
struct column {
	const char *name;
	bool number; /* JSON: no quotes; text: to the right */
	const char *(*value)(const struct row *, char *cell);
};

/* By hand, since this is most of the work of a long list. */
static const char *
digits(uint64_t n, char *cell)
{
	char *p = cell + CELL - 1;

	*p = '\0';
	do
		*--p = (char)('0' + n % 10);
	while (n /= 10);
	return p;
}

/* Seconds with nine decimals. */
static const char *
seconds(uint64_t ns, char *cell)
{
	char *p = cell + CELL - 1;

	*p = '\0';
	for (int i = 0; i <= 9 || ns; i++) {
		if (i == 9)
			*--p = '.';
		*--p = (char)('0' + ns % 10);
		ns /= 10;
	}
	return p;
}

static const char *
addr(const struct aud_addr *a, char *cell)
{
	struct aud_addr_text t = aud_addr_str(a);

	return memcpy(cell, t.s, sizeof t.s);
}

/* For people: the port behind the address, IPv6 in brackets. */
static const char *
end_point(const struct aud_addr *a, uint16_t port, bool has_ports, char *cell)
{
	struct aud_addr_text t = aud_addr_str(a);

	if (!has_ports)
		return memcpy(cell, t.s, sizeof t.s);
	snprintf(cell, CELL, a->family == 6 ? "[%s]:%u" : "%s:%u", t.s, port);
	return cell;
}

static bool
has_ports(const struct row *w)
{
	return w->r->client_port || w->r->server_port;
}

static const char *
utc(uint64_t ns, char *cell)
{
	time_t t = (time_t)(ns / 1000000000);
	struct tm tm;
	size_t n;

	if (!gmtime_r(&t, &tm))
		return seconds(ns, cell);
	n = strftime(cell, CELL, "%F %T", &tm);
	snprintf(cell + n, CELL - n, ".%09u", (unsigned)(ns % 1000000000));
	return cell;
}

static const char *
transport(const struct row *w, char *cell)
{
	struct aud_proto_text t = aud_proto_name(w->r->proto);

	return memcpy(cell, t.s, sizeof t.s);
}

static const char *
ipsec(const struct row *w, char *cell)
{
	const struct {
		bool is;
		const char *name;
	} kinds[] = {
	    {w->r->bits & AUD_FLOW_AH, " ah"},
	    {w->r->proto == 50, " esp"},
	    {w->r->proto == 141, " wesp"},
	    {w->r->bits & AUD_FLOW_CLEAR, strstr(aud_audit_tunnel(w->audit, w->r), "wesp") ? " wesp" : " esp-null"},
	    {w->r->facts & AUD_FACT_ESP_UDP, " esp-in-udp"},
	    {w->r->facts & AUD_FACT_ISAKMP, " ike"},
	};
	char *p = cell;

	*p = '\0';
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (kinds[i].is)
			p = stpcpy(p, kinds[i].name);
	return *cell ? cell + 1 : cell;
}

#define COLUMN(name, expression) \
	static const char *name(const struct row *w, char *cell) \
	{ \
		(void)cell; \
		return expression; \
	}
COLUMN(client, addr(&w->r->client, cell))
COLUMN(client_port, digits(w->r->client_port, cell))
COLUMN(server, addr(&w->r->server, cell))
COLUMN(server_port, digits(w->r->server_port, cell))
COLUMN(packets_client, digits(w->r->packets[0], cell))
COLUMN(packets_server, digits(w->r->packets[1], cell))
COLUMN(bytes_client, digits(w->r->bytes[0], cell))
COLUMN(bytes_server, digits(w->r->bytes[1], cell))
COLUMN(first, seconds(w->r->first_ns, cell))
COLUMN(last, seconds(w->r->last_ns, cell))
COLUMN(handshake, aud_handshake_name(w->r->handshake))
COLUMN(direction_by, aud_direction_name(w->r->direction))
COLUMN(app, aud_audit_app(w->audit, w->r->app))
COLUMN(app_by, aud_app_by_name((enum aud_app_by)w->r->app.by))
COLUMN(start, utc(w->r->first_ns, cell))
COLUMN(duration, seconds(w->r->last_ns - w->r->first_ns, cell))
COLUMN(client_end, end_point(&w->r->client, w->r->client_port, has_ports(w), cell))
COLUMN(server_end, end_point(&w->r->server, w->r->server_port, has_ports(w), cell))
COLUMN(vlans, aud_audit_vlans(w->audit, w->r))
COLUMN(tunnel, aud_audit_tunnel(w->audit, w->r))

/* The order is what other programs rely on: new columns at the end only. */
static const struct column record[] = {
    {"transport", false, transport},
    {"client", false, client},
    {"client_port", true, client_port},
    {"server", false, server},
    {"server_port", true, server_port},
    {"packets_client", true, packets_client},
    {"packets_server", true, packets_server},
    {"bytes_client", true, bytes_client},
    {"bytes_server", true, bytes_server},
    {"first", false, first},
    {"last", false, last},
    {"handshake", false, handshake},
    {"direction_by", false, direction_by},
    {"app", false, app},
    {"app_by", false, app_by},
    {"vlans", false, vlans},
    {"tunnel", false, tunnel},
    {"ipsec", false, ipsec},
};
enum { NRECORD = sizeof record / sizeof *record };

/* RFC 4180. */
static void
print_csv(FILE *f, const char *text)
{
	if (!text[strcspn(text, ",\"\r\n")]) {
		fputs(text, f);
		return;
	}
	putc('"', f);
	for (; *text; text++) {
		if (*text == '"')
			putc('"', f);
		putc(*text, f);
	}
	putc('"', f);
}

static void
write_csv(FILE *f, struct aud_audit *audit, const struct aud_flow_record *flows, size_t n)
{
	char cell[CELL];

	for (size_t c = 0; c < NRECORD; c++)
		fprintf(f, "%s%s", c ? "," : "", record[c].name);
	putc('\n', f);
	for (size_t i = 0; i < n && !ferror(f); i++)
		for (size_t c = 0; c < NRECORD; c++) {
			print_csv(f, record[c].value(&(struct row){audit, &flows[i]}, cell));
			putc(c + 1 < NRECORD ? ',' : '\n', f);
		}
}

static void
write_jsonl(FILE *f, struct aud_audit *audit, const struct aud_flow_record *flows, size_t n)
{
	char cell[CELL], clean[4 * CELL];

	for (size_t i = 0; i < n && !ferror(f); i++) {
		for (size_t c = 0; c < NRECORD; c++) {
			const char *text = record[c].value(&(struct row){audit, &flows[i]}, cell);

			fprintf(f, "%s\"%s\": ", c ? ", " : "{", record[c].name);
			if (record[c].number)
				fputs(text, f);
			else
				aud_json_string(f, aud_text_clean(clean, sizeof clean, text));
		}
		fputs("}\n", f);
	}
}

static const struct column table[] = {
    {"start (UTC)", false, start},
    {"seconds", true, duration},
    {"", false, transport},
    {"client", false, client_end},
    {"server", false, server_end},
    {"packets", true, packets_client},
    {"back", true, packets_server},
    {"bytes", true, bytes_client},
    {"back", true, bytes_server},
    {"handshake", false, handshake},
    {"application", false, app},
    {"by", false, app_by},
};
enum { NTABLE = sizeof table / sizeof *table };

static void
table_cell(FILE *f, const struct column *c, int width, bool end, const char *text)
{
	if (end)
		fprintf(f, "%s\n", text);
	else
		fprintf(f, c->number ? "%*s  " : "%-*s  ", width, text);
}

static void
write_text(FILE *f, struct aud_audit *audit, const struct aud_flow_record *flows, size_t n)
{
	int width[NTABLE];
	char cell[CELL];

	for (size_t c = 0; c < NTABLE; c++) {
		width[c] = (int)strlen(table[c].name);
		for (size_t i = 0; i < n; i++) {
			int len = (int)strlen(table[c].value(&(struct row){audit, &flows[i]}, cell));

			width[c] = len > width[c] ? len : width[c];
		}
	}
	for (size_t c = 0; c < NTABLE; c++)
		table_cell(f, &table[c], width[c], c + 1 == NTABLE, table[c].name);
	for (size_t i = 0; i < n && !ferror(f); i++)
		for (size_t c = 0; c < NTABLE; c++)
			table_cell(f, &table[c], width[c], c + 1 == NTABLE,
			    table[c].value(&(struct row){audit, &flows[i]}, cell));
}

static enum status
list(struct aud_audit *audit, const struct flows_args *a)
{
	static void (*const write[])(FILE *, struct aud_audit *, const struct aud_flow_record *, size_t) = {
	    write_text,
	    write_csv,
	    write_jsonl,
	};
	struct output out;
	struct aud_err err = {0};
	size_t n;
	const struct aud_flow_record *flows = aud_audit_flows(audit, &n);
	enum aud_code code = output_open(&out, a->out, &err);

	if (code == AUD_OK) {
		write[format_of(a)](out.f, audit, flows, n);
		code = output_close(&out, AUD_OK, &err);
	}
	return say_err(code, &err);
}

int
cmd_flows(int argc, char **argv)
{
	struct flows_args a = {0};
	int left = opts_parse(&usage, &a, argc, argv);
	char **captures = argv + optind;
	size_t n = (size_t)(argc - optind);
	struct aud_audit *audit;
	enum status status;
	struct aud_audit_opts o = {
	    .paths = (const char *const *)captures,
	    .npaths = n,
	    .keep_flows = true,
	    .filter = a.filter,
	    .no_split = a.no_split,
	    .no_dedup = a.no_dedup,
	    .threads = a.threads,
	    .memory = a.memory,
	};

	if (left >= 0)
		return left;
	if (!n)
		return opts_fail(&usage, "no capture: name one or more, or - for standard input");
	if (!captures_usable(captures, n, NULL) || !output_usable(a.out, (const char *const *)captures, n))
		return STATUS_USAGE;
	status = run(&audit, &o);
	if (audit)
		status = worse(status, list(audit, &a));
	run_done(audit);
	return (int)status;
}
