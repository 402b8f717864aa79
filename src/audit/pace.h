/*
 * Audit stage, paces: how often a running audit judges, how often it tells of an interface that flaps, what a clock that was set does
 * to the window, and for how long it counts that memory was short. Input: times, in ns. Output: answers. Nothing here asks a clock or owns anything.
 */
#ifndef AUD_PACE_H
#define AUD_PACE_H

#include <stdbool.h>
#include <stdint.h>

/* When it is judged next, counted from when the last judgement began, which took so long; never before flush_ns. */
uint64_t pace_judge(uint64_t took_ns, uint64_t flush_ns);

/* Of one interface; zeroed at first. */
struct flap {
	unsigned told;		/* changes told in this minute */
	unsigned held;		/* that wait for its end */
	uint64_t since_ns;	/* when it began, of the monotonic clock */
};
/*
 * So many changes have come since the last call. True: they are to be told now, one by one where nothing was held, else as a sum of *held.
 * Four times down and up a minute are told at once; what comes beyond that waits for the end of the minute, or for the last call.
 */
bool pace_flap(struct flap *, unsigned changes, uint64_t now_ns, bool last, unsigned *held);

/*
 * The system's clock against one that nobody sets (CLOCK_BOOTTIME, which goes on while the machine sleeps). Zeroed at first.
 *
 * What was seen before the clock was set ahead has time stamps that look older than they are: for a window's length the window is
 * longer by that. Set back, it may look younger, and stays for longer: nothing is lost.
 */
struct wall {
	int64_t offset_ns;	/* system's minus the other, at the last look */
	uint64_t ahead_ns;	/* by how much older it looks */
	uint64_t until_ns;	/* of the other clock: from then on all of that is beyond the window */
	bool known;
};
/* Returns by how much the system's clock was set since the last call, back below 0; 0: not, or by less than ten seconds. */
int64_t pace_clock(struct wall *, uint64_t system_ns, uint64_t boot_ns, uint64_t window_ns);

/* Flows that had to go for want of memory and come no more, as many as at the last judgement that lacked something new. Zeroed at first. */
struct shortage {
	uint64_t evicted, dropped;
	uint64_t ns;		/* when that was, of the system's clock */
};
/*
 * What a judgement is told of: lacking of the dropped are in the tables, where its own copy had no room for them. As long as there are such
 * memory is short now, whether they are more than before or fewer.
 */
void pace_shortage(struct shortage *, uint64_t evicted, uint64_t dropped, uint64_t lacking, uint64_t now_ns);

#endif
