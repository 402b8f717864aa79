#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include <seccomp.h>

#include "sandbox_calls.h"

/* Whatever their arguments are. Each line is what one part of the loop needs. */
static const int allowed[] = {
	/* files, reading and writing: what may be opened is Landlock's and the permissions' */
	SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(pread64), SCMP_SYS(pwrite64), SCMP_SYS(readv), SCMP_SYS(writev), SCMP_SYS(lseek),
	SCMP_SYS(_llseek), SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(close), SCMP_SYS(stat), SCMP_SYS(fstat), SCMP_SYS(lstat),
	SCMP_SYS(newfstatat), SCMP_SYS(fstatat64), SCMP_SYS(fstat64), SCMP_SYS(statx), SCMP_SYS(access), SCMP_SYS(faccessat),
	SCMP_SYS(faccessat2), SCMP_SYS(statfs), SCMP_SYS(fstatfs), SCMP_SYS(getdents64), SCMP_SYS(readlink), SCMP_SYS(readlinkat),
	SCMP_SYS(getcwd), SCMP_SYS(umask), SCMP_SYS(fadvise64),
	/* SQLite's files, rotated logs, evidence */
	SCMP_SYS(fsync), SCMP_SYS(fdatasync), SCMP_SYS(ftruncate), SCMP_SYS(ftruncate64), SCMP_SYS(fallocate), SCMP_SYS(flock),
	SCMP_SYS(sync_file_range), SCMP_SYS(sync_file_range2),
	SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(rename), SCMP_SYS(renameat), SCMP_SYS(renameat2), SCMP_SYS(fchmod),
	/* memory */
	SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(brk),
	/* threads */
	SCMP_SYS(futex), SCMP_SYS(futex_time64), SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(sched_yield),
	SCMP_SYS(sched_getaffinity), SCMP_SYS(membarrier), SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(getcpu),
	/* waiting, time */
	SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(ppoll_time64), SCMP_SYS(select), SCMP_SYS(pselect6), SCMP_SYS(epoll_create1),
	SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait), SCMP_SYS(eventfd2), SCMP_SYS(pipe2), SCMP_SYS(timerfd_create),
	SCMP_SYS(timerfd_settime), SCMP_SYS(timerfd_gettime), SCMP_SYS(setitimer), SCMP_SYS(alarm), SCMP_SYS(nanosleep),
	SCMP_SYS(clock_nanosleep), SCMP_SYS(clock_nanosleep_time64), SCMP_SYS(clock_gettime), SCMP_SYS(clock_gettime64),
	SCMP_SYS(clock_getres), SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(restart_syscall),
	/* signals to itself */
	SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigpending), SCMP_SYS(rt_sigtimedwait),
	SCMP_SYS(rt_sigsuspend), SCMP_SYS(sigaltstack), SCMP_SYS(signalfd4), SCMP_SYS(pause),
	/* who am I, how much do I use */
	SCMP_SYS(getpid), SCMP_SYS(getppid), SCMP_SYS(gettid), SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid),
	SCMP_SYS(getrandom), SCMP_SYS(getrusage), SCMP_SYS(getrlimit), SCMP_SYS(ugetrlimit), SCMP_SYS(times), SCMP_SYS(uname),
	SCMP_SYS(sysinfo),
	/* sockets that are open */
	SCMP_SYS(getsockopt), SCMP_SYS(getsockname), SCMP_SYS(getpeername), SCMP_SYS(recvfrom), SCMP_SYS(recvmsg), SCMP_SYS(recv),
};

/* What would be an attack. No part of the program or of its libraries calls them here. */
static const int hostile[] = {
	SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(fork), SCMP_SYS(vfork), SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv),
	SCMP_SYS(process_vm_writev), SCMP_SYS(init_module), SCMP_SYS(finit_module), SCMP_SYS(delete_module), SCMP_SYS(kexec_load),
	SCMP_SYS(kexec_file_load), SCMP_SYS(bpf), SCMP_SYS(perf_event_open), SCMP_SYS(userfaultfd), SCMP_SYS(io_uring_setup),
	SCMP_SYS(io_uring_enter), SCMP_SYS(io_uring_register), SCMP_SYS(mount), SCMP_SYS(umount2), SCMP_SYS(move_mount), SCMP_SYS(fsopen),
	SCMP_SYS(open_tree), SCMP_SYS(pivot_root), SCMP_SYS(chroot), SCMP_SYS(unshare), SCMP_SYS(setns), SCMP_SYS(setuid), SCMP_SYS(setgid),
	SCMP_SYS(setreuid), SCMP_SYS(setregid), SCMP_SYS(setresuid), SCMP_SYS(setresgid), SCMP_SYS(setfsuid), SCMP_SYS(setfsgid),
	SCMP_SYS(setgroups), SCMP_SYS(capset), SCMP_SYS(add_key), SCMP_SYS(request_key), SCMP_SYS(keyctl), SCMP_SYS(reboot),
	SCMP_SYS(swapon), SCMP_SYS(swapoff), SCMP_SYS(acct), SCMP_SYS(quotactl), SCMP_SYS(sethostname), SCMP_SYS(setdomainname),
	SCMP_SYS(settimeofday), SCMP_SYS(clock_settime), SCMP_SYS(clock_adjtime), SCMP_SYS(adjtimex), SCMP_SYS(iopl), SCMP_SYS(ioperm),
	SCMP_SYS(mknod), SCMP_SYS(mknodat), SCMP_SYS(personality), SCMP_SYS(seccomp), SCMP_SYS(pidfd_open), SCMP_SYS(pidfd_getfd),
	SCMP_SYS(pidfd_send_signal), SCMP_SYS(process_madvise), SCMP_SYS(open_by_handle_at), SCMP_SYS(rt_sigqueueinfo),
};

/* Allowed where one argument is, under a mask, a value. 32 bits count: so the kernel takes each of these. */
static const struct {
	int call;
	unsigned arg;
	uint32_t mask, value;
} limited[] = {
	/* no code that was not there at the start; a thread is no process */
	{SCMP_SYS(mmap), 2, PROT_EXEC, 0}, {SCMP_SYS(mmap2), 2, PROT_EXEC, 0}, {SCMP_SYS(mprotect), 2, PROT_EXEC, 0},
	{SCMP_SYS(clone), 0, CLONE_THREAD, CLONE_THREAD},
	/* locks and flags; no signals to others (F_SETOWN), no copies of descriptors whose number is limited */
	{SCMP_SYS(fcntl), 1, UINT32_MAX, F_GETFD}, {SCMP_SYS(fcntl), 1, UINT32_MAX, F_SETFD}, {SCMP_SYS(fcntl), 1, UINT32_MAX, F_GETFL},
	{SCMP_SYS(fcntl), 1, UINT32_MAX, F_SETFL}, {SCMP_SYS(fcntl), 1, UINT32_MAX, F_GETLK}, {SCMP_SYS(fcntl), 1, UINT32_MAX, F_SETLK},
	{SCMP_SYS(fcntl), 1, UINT32_MAX, F_SETLKW}, {SCMP_SYS(fcntl), 1, UINT32_MAX, F_OFD_GETLK},
	{SCMP_SYS(fcntl), 1, UINT32_MAX, F_OFD_SETLK}, {SCMP_SYS(fcntl), 1, UINT32_MAX, F_OFD_SETLKW},
	/* the terminal view, non-blocking sockets, whether an interface is up */
	{SCMP_SYS(ioctl), 1, UINT32_MAX, TCGETS}, {SCMP_SYS(ioctl), 1, UINT32_MAX, TCSETS}, {SCMP_SYS(ioctl), 1, UINT32_MAX, TCSETSW},
	{SCMP_SYS(ioctl), 1, UINT32_MAX, TCSETSF}, {SCMP_SYS(ioctl), 1, UINT32_MAX, TIOCGWINSZ}, {SCMP_SYS(ioctl), 1, UINT32_MAX, TIOCGPGRP},
	{SCMP_SYS(ioctl), 1, UINT32_MAX, FIONREAD}, {SCMP_SYS(ioctl), 1, UINT32_MAX, FIONBIO},
	{SCMP_SYS(ioctl), 1, UINT32_MAX, SIOCGIFFLAGS}, {SCMP_SYS(ioctl), 1, UINT32_MAX, SIOCGIFINDEX},
	{SCMP_SYS(ioctl), 1, UINT32_MAX, SIOCGIFMTU},
	/* names of threads, of mappings */
	{SCMP_SYS(prctl), 0, UINT32_MAX, PR_SET_NAME}, {SCMP_SYS(prctl), 0, UINT32_MAX, PR_GET_NAME},
	{SCMP_SYS(prctl), 0, UINT32_MAX, PR_SET_VMA},
};

/* Options that may be set: a device that went and came again is made promiscuous anew; an answer is sent at once. */
static const struct {
	int level, option;
} options[] = {{SOL_PACKET, PACKET_ADD_MEMBERSHIP}, {SOL_PACKET, PACKET_DROP_MEMBERSHIP}, {IPPROTO_TCP, TCP_NODELAY}, {IPPROTO_TCP, TCP_CORK}};

static struct scmp_arg_cmp
is(unsigned arg, uint64_t mask, uint64_t value)
{
	return (struct scmp_arg_cmp){.arg = arg, .op = SCMP_CMP_MASKED_EQ, .datum_a = mask, .datum_b = value};
}

static int
limit(scmp_filter_ctx f, uint32_t action, int call, unsigned arg, uint64_t mask, uint64_t value)
{
	struct scmp_arg_cmp cmp = is(arg, mask, value);

	return seccomp_rule_add_array(f, action, call, 1, &cmp);
}

static int
options_of_sockets(scmp_filter_ctx f)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < sizeof options / sizeof *options; i++) {
		struct scmp_arg_cmp both[] = {is(1, UINT32_MAX, (uint32_t)options[i].level), is(2, UINT32_MAX, (uint32_t)options[i].option)};

		rc = seccomp_rule_add_array(f, SCMP_ACT_ALLOW, SCMP_SYS(setsockopt), 2, both);
	}
	return rc;
}

/* All 64 bits: what has more in it than the 32 that the kernel reads is no mistake. */
static int
to_itself(scmp_filter_ctx f)
{
	static const int calls[] = {SCMP_SYS(kill), SCMP_SYS(tgkill), SCMP_SYS(rt_tgsigqueueinfo)};
	const struct scmp_arg_cmp others = {.arg = 0, .op = SCMP_CMP_NE, .datum_a = (uint32_t)getpid(), .datum_b = 0};
	int rc = 0;

	for (size_t i = 0; !rc && i < sizeof calls / sizeof *calls; i++) {
		rc = limit(f, SCMP_ACT_ALLOW, calls[i], 0, UINT64_MAX, others.datum_a);
		if (!rc)
			rc = seccomp_rule_add_array(f, SCMP_ACT_KILL_PROCESS, calls[i], 1, &others);
	}
	return rc;
}

static int
sending(scmp_filter_ctx f, const struct sandbox_opts *o)
{
	int rc;

	if (o->names_receiver)
		rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(sendto), 0);
	else
		rc = limit(f, SCMP_ACT_ALLOW, SCMP_SYS(sendto), 4, UINT64_MAX, 0);
	if (!rc)
		rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(send), 0);
	if (!rc && (o->serves || o->names_receiver))
		rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(sendmsg), 0);
	if (!rc && o->serves)
		rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(accept4), 0);
	if (!rc && o->serves)
		rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(accept), 0);
	if (!rc && o->serves)
		rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(shutdown), 0);
	/* A capture device's socket, when its device is another one of the same name; no other socket here is unbound. */
	if (!rc)
		rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(bind), 0);
	return rc;
}

static int
allow_list(scmp_filter_ctx f, const struct sandbox_opts *o)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < sizeof allowed / sizeof *allowed; i++)
		rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, allowed[i], 0);
	for (size_t i = 0; !rc && i < sizeof hostile / sizeof *hostile; i++)
		rc = seccomp_rule_add(f, SCMP_ACT_KILL_PROCESS, hostile[i], 0);
	for (size_t i = 0; !rc && i < sizeof limited / sizeof *limited; i++)
		rc = limit(f, SCMP_ACT_ALLOW, limited[i].call, limited[i].arg, limited[i].mask, limited[i].value);
	if (!rc)
		rc = options_of_sockets(f);
	if (!rc)
		rc = to_itself(f);
	if (!rc)
		rc = sending(f, o);
	/* glibc then uses clone(), whose flags are not behind a pointer. */
	if (!rc)
		rc = seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	/* Limits are read by it, too. */
	if (!rc)
		rc = limit(f, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 2, UINT64_MAX, 0);
	return rc;
}

/*
 * On top of the allow list, since a rule for some arguments of a call cannot stand beside one for all: nothing is sent to a network
 * that is only listened to, and sending never connects (TCP Fast Open).
 */
static int
deny_list(scmp_filter_ctx f, const struct sandbox_opts *o)
{
	static const int calls[] = {SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(send), SCMP_SYS(sendto), SCMP_SYS(sendmsg)};
	int rc = 0;

	for (size_t i = 0; i < o->ncapture; i++)
		for (size_t c = 0; !rc && c < sizeof calls / sizeof *calls; c++)
			rc = limit(f, SCMP_ACT_ERRNO(EPERM), calls[c], 0, UINT32_MAX, (uint32_t)o->capture[i]);
	if (!rc)
		rc = limit(f, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(sendto), 3, MSG_FASTOPEN, MSG_FASTOPEN);
	if (!rc)
		rc = limit(f, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(sendmsg), 2, MSG_FASTOPEN, MSG_FASTOPEN);
	return rc;
}

static enum aud_code
load(uint32_t otherwise, int (*fill)(scmp_filter_ctx, const struct sandbox_opts *), const struct sandbox_opts *o, struct aud_err *err)
{
	scmp_filter_ctx f = seccomp_init(otherwise);
	int rc;

	if (!f)
		return aud_nomem(err);
	rc = seccomp_attr_set(f, SCMP_FLTATR_CTL_TSYNC, 1);
	/* Whoever looks for a reason finds it in the kernel's log. Old kernels cannot. */
	if (!rc && seccomp_api_get() >= 3)
		rc = seccomp_attr_set(f, SCMP_FLTATR_CTL_LOG, 1);
	if (!rc)
		rc = seccomp_attr_set(f, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	/* Many rules are found by a search, not one after the other. */
	if (!rc)
		rc = seccomp_attr_set(f, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (!rc)
		rc = fill(f, o);
	if (!rc)
		rc = seccomp_load(f);
	seccomp_release(f);
	return rc ? aud_fail(err, AUD_IO, -rc, "sandbox: the kernel's seccomp filter could not be set") : AUD_OK;
}

enum aud_code
sandbox_calls(const struct sandbox_opts *o, struct aud_err *err)
{
	enum aud_code code = load(SCMP_ACT_ALLOW, deny_list, o, err);

	return code == AUD_OK ? load(SCMP_ACT_ERRNO(EPERM), allow_list, o, err) : code;
}
