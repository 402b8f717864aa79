/*
 * Runs a command with its output thrown away and prints one line: wall seconds, processor seconds, peak memory in KiB (the kernel's
 * figure for the largest process), exit status (128 + the signal where one ended it).
 *
 * usage: timer LIMIT COMMAND [ARGUMENT]...      a command that takes longer than LIMIT seconds is killed
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile pid_t child;

static void
overdue(int sig)
{
	(void)sig;
	kill(-child, SIGKILL);
}

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
become(char **command)
{
	int null = open("/dev/null", O_RDWR);

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* it does not outlive an interrupted benchmark */
	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0)
		_exit(126);
	execvp(command[0], command);
	_exit(127);
}

int
main(int argc, char **argv)
{
	struct rusage u;
	double begin, wall;
	int status;

	if (argc < 3) {
		fputs("usage: timer LIMIT COMMAND [ARGUMENT]...\n", stderr);
		return 2;
	}
	signal(SIGALRM, overdue);
	begin = seconds();
	child = fork();
	if (child < 0) {
		perror("fork");
		return 2;
	}
	if (!child)
		become(argv + 2);
	setpgid(child, child);
	alarm((unsigned)strtoul(argv[1], NULL, 10));
	while (wait4(child, &status, 0, &u) < 0)
		if (errno != EINTR)
			return 2;
	wall = seconds() - begin;
	printf("%.4f %.4f %ld %d\n", wall,
	    (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6, u.ru_maxrss,
	    WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
	return 0;
}
