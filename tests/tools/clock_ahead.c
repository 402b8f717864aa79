/* Preloaded: the system's clock is ahead by as many seconds as the file says that CLOCK_AHEAD_FILE names, once it is there. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int
clock_gettime(clockid_t clock, struct timespec *t)
{
	const char *path = getenv("CLOCK_AHEAD_FILE");
	int rc = (int)syscall(SYS_clock_gettime, clock, t);
	FILE *f;
	long by;

	if (rc || clock != CLOCK_REALTIME || !path || !(f = fopen(path, "re")))
		return rc;
	if (fscanf(f, "%ld", &by) == 1)
		t->tv_sec += by;
	fclose(f);
	return rc;
}
