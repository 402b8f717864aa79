#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <aud/classify.h>
#include <aud/store.h>

#include "cli.h"
#include "wrap.h"

static const struct command {
	const char *name, *operands, *summary;
	int (*run)(int argc, char **argv);
} commands[] = {
    {"audit", "[-s SITE] [-o FILE] [-f FORMAT] [-d DB] CAPTURE...",
	"read captures, audit them against the matrix, report", cmd_audit},
    {"watch", "-i INTERFACE [-s SITE] [-d DB] [--events FILE]", "the same, live on an interface, until it is stopped", cmd_watch},
    {"flows", "[-f text|csv|jsonl] CAPTURE...", "list the flows of captures and what they are", cmd_flows},
    {"rules", "list|show|rows|check|export|import", "look at the matrix: its rules and its printed rows", cmd_rules},
    {"explain", "-s SITE CLIENT SERVER PORT/TRANSPORT [APP]", "would this traffic be documented? by which rows?",
	cmd_explain},
    {"discover", "CAPTURE...", "draft a site file from captures: who plays which role, with the evidence", cmd_discover},
    {"report", "-d DB [-f FORMAT] [-o FILE] [--audit N] [--list]", "the report of a stored audit", cmd_report},
    {"diff", "-d OLD -d NEW", "new, changed and resolved findings between two stored audits", cmd_diff},
    {"waive", "-s SITE --finding ID --reason TEXT --owner NAME", "write a waiver into the site file", cmd_waive},
};
enum { NCOMMANDS = sizeof commands / sizeof *commands };

static int
help(void)
{
	char line[256];

	puts("usage: spanaudit COMMAND [OPTION]... ARGUMENT...\n");
	wrap(stdout, 0, 0, "Audits captured traffic of Lync and Skype for Business servers against the documented ports.");
	putchar('\n');
	for (size_t i = 0; i < NCOMMANDS; i++) {
		printf("  %-8s  ", commands[i].name);
		wrap(stdout, 12, 12, commands[i].summary);
		snprintf(line, sizeof line, "spanaudit %s %s", commands[i].name, commands[i].operands);
		fputs("            ", stdout);
		wrap(stdout, 12, 16, line);
	}
	putchar('\n');
	wrap(stdout, 0, 0, "'spanaudit COMMAND --help' tells the options of a command, spanaudit(1) all of it; "
	    "'spanaudit --version' the versions of the program and of its libraries.");
	return (int)output_flush();
}

static int
version(void)
{
	printf("spanaudit %s\nnDPI %s\nlibpcap %s\nSQLite %s\n", AUD_VERSION, aud_ndpi_version(), aud_pcap_version(),
	    aud_sqlite_version());
	return (int)output_flush();
}

static int unknown(const char *word);

/* "spanaudit help" and "spanaudit help audit", as other programs have it. */
static int
help_word(const char *command)
{
	char *words[] = {(char *)(uintptr_t)command, (char *)(uintptr_t)"--help", NULL};

	if (!command)
		return help();
	for (size_t i = 0; i < NCOMMANDS; i++)
		if (!strcmp(command, commands[i].name))
			return commands[i].run(2, words);
	return unknown(command);
}

static int
unknown(const char *word)
{
	const char *names[NCOMMANDS], *near;

	for (size_t i = 0; i < NCOMMANDS; i++)
		names[i] = commands[i].name;
	near = aud_nearest(word, names, NCOMMANDS);
	if (near)
		say("no command '%s', did you mean '%s'? (see 'spanaudit --help')", word, near);
	else
		say("no command '%s' (see 'spanaudit --help')", word);
	return STATUS_USAGE;
}

static int
dispatch(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : NULL;

	if (!word) {
		say("no command: audit, watch, flows, rules, explain, discover, report, diff or waive (see 'spanaudit --help')");
		return STATUS_USAGE;
	}
	if (!strcmp(word, "--help") || !strcmp(word, "-h"))
		return help();
	if (!strcmp(word, "help"))
		return help_word(argv[2]);
	if (!strcmp(word, "--version") || !strcmp(word, "-V"))
		return version();
	for (size_t i = 0; i < NCOMMANDS; i++)
		if (!strcmp(word, commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	return unknown(word);
}

/* A file opened where standard input, output or error is missing would be taken for it. */
static bool
fill_descriptors(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDONLY);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd < 0)
		return false;
	close(fd);
	return true;
}

int
main(int argc, char **argv)
{
	if (!fill_descriptors())
		return STATUS_LIMIT;
	/* A closed pipe and a file that may not grow are told by the write that fails. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	return dispatch(argc, argv);
}
