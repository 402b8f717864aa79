#include "pace.h"

#define SECONDS UINT64_C(1000000000)
#define LATEST_NS (10 * SECONDS)
#define MINUTE_NS (60 * SECONDS)
/* Less is drift, or a clock that is brought back into step. */
#define SET_NS ((int64_t)(10 * SECONDS))
enum { AT_ONCE = 8 };

/* A fifth of the time at most; where that would be longer than LATEST_NS what a kill may lose counts for more, up to half of the time. */
uint64_t
pace_judge(uint64_t took_ns, uint64_t flush_ns)
{
	uint64_t next = 5 * took_ns;

	if (next > LATEST_NS)
		next = 2 * took_ns > LATEST_NS ? 2 * took_ns : LATEST_NS;
	return next > flush_ns ? next : flush_ns;
}

bool
pace_flap(struct flap *f, unsigned changes, uint64_t now_ns, bool last, unsigned *held)
{
	bool over = now_ns - f->since_ns >= MINUTE_NS;

	*held = 0;
	f->held += changes;
	if (!f->held)
		return false;
	if (over && f->held == changes) {
		/* Nothing has waited: another minute begins with this. */
		f->since_ns = now_ns;
		f->told = 0;
	}
	if (f->held == changes && f->told + changes <= AT_ONCE) {
		f->told += changes;
		f->held = 0;
		return true;
	}
	if (!over && !last)
		return false;
	*held = f->held;
	/* It counts as all that a minute may tell: an interface that goes on flapping is told of once a minute. */
	*f = (struct flap){.told = AT_ONCE, .since_ns = now_ns};
	return true;
}

int64_t
pace_clock(struct wall *c, uint64_t system_ns, uint64_t boot_ns, uint64_t window_ns)
{
	int64_t offset = (int64_t)system_ns - (int64_t)boot_ns, by = c->known ? offset - c->offset_ns : 0;

	c->offset_ns = offset;
	c->known = true;
	if (boot_ns >= c->until_ns)
		c->ahead_ns = 0;
	if (by > -SET_NS && by < SET_NS)
		return 0;
	if (by < 0 && c->ahead_ns < (uint64_t)-by)
		c->ahead_ns = 0;
	else
		c->ahead_ns += (uint64_t)by;
	if (by > 0)
		c->until_ns = boot_ns + window_ns;
	return by;
}

void
pace_shortage(struct shortage *s, uint64_t evicted, uint64_t dropped, uint64_t lacking, uint64_t now_ns)
{
	uint64_t gone = dropped - lacking;

	if (lacking || evicted + gone > s->evicted + s->dropped)
		*s = (struct shortage){evicted, gone, now_ns};
}
