/*
 * What a service manager wants to know (the sd_notify protocol): ready, reloading, stopping, alive, and a line of status.
 *
 * Where nobody set NOTIFY_SOCKET the handle is NULL, with which every call here is legal and does nothing. Open it before the sandbox:
 * the socket is connected once. Messages that the manager has no room for are dropped, after a second at most for those about a change.
 */
#ifndef NOTIFY_H
#define NOTIFY_H

#include <stdint.h>

#include <aud/err.h>

struct notify;

/*
 * Takes NOTIFY_SOCKET (a path, or @ and an abstract name), WATCHDOG_USEC and WATCHDOG_PID from the environment and removes them
 * there. AUD_IO: there is a manager that cannot be reached, and which would end us for our silence; AUD_USAGE: not an address.
 */
enum aud_code notify_open(struct notify **out, struct aud_err *err) AUD_CHECKED;
void notify_close(struct notify *);

void notify_ready(struct notify *);
/* notify_ready() has to follow, whether or not the reload succeeded. */
void notify_reloading(struct notify *);
void notify_stopping(struct notify *);
/* One line of at most 240 bytes; control characters become blanks. */
void notify_status(struct notify *, const char *fmt, ...) AUD_PRINTF(2, 3);
/*
 * From the loop that does the work, never from a thread of its own: tells the watchdog, at most every half of its interval, however often
 * it is called.
 */
void notify_alive(struct notify *);
/* Milliseconds within which notify_alive() has to be called again and again: a quarter of the interval; 0: there is no watchdog. */
unsigned notify_pace(const struct notify *);

#endif
