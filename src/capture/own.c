/*
 * The machine's own addresses, by rtnetlink(7). The socket is opened beside those of the interfaces: in a sandbox there is none to be had,
 * and addresses come and go for as long as a capture lasts.
 */
#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "capture.h"

enum { ROOM = 32768 };	/* the kernel sends that much at a time at most (netlink(7)) */

void
own_open(struct own *o)
{
	/* The kernel answers at once; a lost answer must not stop a running audit. */
	const struct timeval patience = {.tv_sec = 1};
	const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};

	*o = (struct own){.fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)};
	if (o->fd >= 0 && (connect(o->fd, (const struct sockaddr *)&kernel, sizeof kernel) ||
	    setsockopt(o->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience)))
		own_close(o);
}

void
own_close(struct own *o)
{
	if (o->fd >= 0)
		close(o->fd);
	o->fd = -1;
}

/* False: it tells none, or one that only this machine itself can use. */
static bool
address_of(const struct nlmsghdr *h, struct aud_addr *out)
{
	const struct ifaddrmsg *m = NLMSG_DATA(h);
	const struct rtattr *a;
	size_t left, want;
	bool local = false, found = false;

	if (h->nlmsg_type != RTM_NEWADDR || h->nlmsg_len < NLMSG_LENGTH(sizeof *m) || m->ifa_scope == RT_SCOPE_HOST)
		return false;
	if (m->ifa_family != AF_INET && m->ifa_family != AF_INET6)
		return false;
	want = m->ifa_family == AF_INET ? 4 : 16;
	left = h->nlmsg_len - NLMSG_LENGTH(sizeof *m);
	for (a = (const struct rtattr *)(const void *)((const char *)m + NLMSG_ALIGN(sizeof *m)); RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		/* Of a point to point link IFA_ADDRESS is the other end's. */
		if (RTA_PAYLOAD(a) != want || (a->rta_type != IFA_LOCAL && (a->rta_type != IFA_ADDRESS || local)))
			continue;
		local = a->rta_type == IFA_LOCAL;
		*out = want == 4 ? aud_addr_v4(RTA_DATA(a)) : aud_addr_v6(RTA_DATA(a));
		found = true;
	}
	return found;
}

/* Bytes of the kernel's; -1: there are none. What another process sends is not read. */
static ssize_t
receive(int fd, void *buf, size_t room)
{
	struct sockaddr_nl from;
	socklen_t len;
	ssize_t n;

	do {
		len = sizeof from;
		n = recvfrom(fd, buf, room, 0, (struct sockaddr *)&from, &len);
	} while (n >= 0 ? len < sizeof from || from.nl_pid : errno == EINTR);
	return n;
}

bool
own_addresses(struct own *o, struct aud_addr *out, size_t max, size_t *n)
{
	const struct {
		struct nlmsghdr h;
		struct ifaddrmsg m;
	} ask = {{.nlmsg_len = NLMSG_LENGTH(sizeof ask.m), .nlmsg_type = RTM_GETADDR, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
	    .nlmsg_seq = ++o->asked}, {.ifa_family = AF_UNSPEC}};
	_Alignas(struct nlmsghdr) char buf[ROOM];
	ssize_t got;

	*n = 0;
	if (o->fd < 0 || send(o->fd, &ask, ask.h.nlmsg_len, 0) < 0)
		return false;
	while ((got = receive(o->fd, buf, sizeof buf)) > 0) {
		unsigned left = (unsigned)got;

		for (const struct nlmsghdr *h = (const void *)buf; NLMSG_OK(h, left); h = NLMSG_NEXT(h, left)) {
			struct aud_addr a;

			/* An answer to a question before that came too late. */
			if (h->nlmsg_seq != ask.h.nlmsg_seq)
				continue;
			if (h->nlmsg_type == NLMSG_DONE)
				return true;
			if (h->nlmsg_type == NLMSG_ERROR)
				return false;
			if (!address_of(h, &a))
				continue;
			if (*n < max)
				out[*n] = a;
			++*n;
		}
	}
	return false;
}
