#!/bin/bash
# A running audit as root and as an ordinary user with CAP_NET_RAW: what /proc says of each thread, its metrics while packets come, an
# interface that goes, rotation of the events, its end.
#
# usage: tests/tools/watch_service.sh PROGRAM SITE CAPTURE...
# In a network of its own; status 77 where that is not possible.
set -u
program=$(realpath "$1")
site=$(realpath "$2")
shift 2
captures=("$@")
tools=$(cd "$(dirname "$0")" && pwd)
[ "$(id -u)" = 0 ] || { echo "only root can try it as root and as others"; exit 77; }
for tool in ip unshare setpriv tcpreplay sqlite3 python3; do
	command -v $tool >/dev/null || { echo "no $tool"; exit 77; }
done
"$program" watch --help >/dev/null 2>&1 || { echo "this program has no command 'watch'"; exit 77; }
if [ -z "${WATCH_NETWORK:-}" ]; then
	unshare --net true 2>/dev/null || { echo "no network of its own to be had"; exit 77; }
	# /sys shows the network of who mounted it.
	WATCH_NETWORK=own exec unshare --net --mount sh -c 'mount -t sysfs none /sys && exec "$@"' sh "$0" "$program" "$site" "${captures[@]}"
fi

tmp=$(mktemp -d)
pid=
ip link set lo up
# Only what was started here, by its number.
trap '[ -z "$pid" ] || kill -KILL "$pid" 2>/dev/null; rm -rf "$tmp"' EXIT
bad=0
fail() {
	echo "as $who: $*"
	bad=1
}
# until_true N COMMAND...: tries it for N seconds.
until_true() {
	local end=$((SECONDS + $1))
	shift
	while ! "$@" >/dev/null 2>&1; do
		# A program that has ended will not do it any more.
		[ $SECONDS -lt $end ] && kill -0 "$pid" 2>/dev/null || return 1
		sleep 0.2
	done
}

# A program that nobody may run in a folder of root's would fail for the wrong reason.
chmod 755 "$tmp"
cp "$program" "$tmp/spanaudit"
cp "$site" "$tmp/site.yaml"
chmod 644 "$tmp/site.yaml"
nobody=$(id -u nobody) group=$(id -g nobody)
port=9177
url=http://127.0.0.1:$port/metrics

# Without a program of its own: it is asked often.
metric() { # NAME-WITH-LABELS
	local line
	exec 3<>"/dev/tcp/127.0.0.1/$port" || return 1
	printf 'GET /metrics HTTP/1.0\r\n\r\n' >&3
	while IFS= read -r line <&3; do
		[ "${line% *}" = "$1" ] && echo "${line##* }"
	done
	exec 3>&-
}
metric_is() { [ "$(metric "$1")" = "$2" ]; }
grown() { [ "$(metric "$1")" -ge "$2" ] 2>/dev/null; }

kept() { ls "$1"/evidence/finding-*.pcapng; }

threads() {
	local status line n=0
	for status in /proc/"$pid"/task/*/status; do
		n=$((n + 1))
		for line in "CapInh: 0000000000000000" "CapPrm: 0000000000000000" "CapEff: 0000000000000000" "CapAmb: 0000000000000000" \
		    "NoNewPrivs: 1" "Seccomp: 2" "Uid: $nobody $nobody $nobody $nobody" "Gid: $group $group $group $group" "$@"; do
			tr '\t' ' ' <"$status" | sed 's/  */ /g' | grep -qx "$line" || {
				fail "thread ${status%/status}: not '$line' but: $(grep "^${line%%:*}:" "$status")"
			}
		done
	done
	# The server of the metrics is one.
	[ $n -ge 2 ] || fail "$n threads"
}

start() { # folder, then what starts it, then --, then further options
	local dir=$1
	shift
	ip link add name near type veth peer name far
	ip link set near up
	ip link set far up
	mkdir "$dir"
	chown nobody "$dir"
	local with=()
	while [ "$1" != -- ]; do
		with+=("$1")
		shift
	done
	shift
	"${with[@]}" "$tmp/spanaudit" watch -i near -s "$tmp/site.yaml" -d "$dir/audit.db" --events "$dir/events.json" --evidence "$dir/evidence" --flush 1 \
	    --metrics "127.0.0.1:$port" "$@" </dev/null >"$dir/out" 2>"$dir/err" &
	pid=$!
	until_true 30 metric_is 'spanaudit_interface_up{interface="near"}' 1 || {
		fail "did not start: $(tail -5 "$dir/err")"
		kill -KILL "$pid" 2>/dev/null
		wait "$pid"
		pid=
		ip link delete near
		return 1
	}
}

stop() {
	local dir=$1 status
	kill -TERM "$pid"
	wait "$pid"
	status=$?
	pid=
	# 1: findings were open.
	[ $status -le 1 ] || fail "ended with status $status: $(tail -5 "$dir/err")"
	[ "$(sqlite3 "$dir/audit.db" 'PRAGMA integrity_check')" = ok ] || fail "the database is not whole"
	ip link delete near
}

audit() {
	local dir=$1 before frames
	"$tools/metrics_format.py" "$url" >"$dir/format" || fail "metrics: $(cat "$dir/format")"
	before=$(metric spanaudit_frames_total)
	tcpreplay -q -i far --mbps 50 "${captures[@]}" >"$dir/replay" 2>&1 || fail "tcpreplay: $(tail -3 "$dir/replay")"
	frames=$(sed -n 's/^Actual: \([0-9]*\) packets.*/\1/p' "$dir/replay")
	until_true 20 grown spanaudit_frames_total $((before + frames)) ||
		fail "$frames frames were sent, $before + that many expected, $(metric spanaudit_frames_total) counted"
	metric_is 'spanaudit_interface_kernel_dropped_packets_total{interface="near"}' 0 || fail "drops at 50 Mbit/s"
	until_true 10 grown 'spanaudit_interface_received_packets_total{interface="near"}' "$frames" || fail "the kernel's own count is less"
	until_true 20 grown spanaudit_database_flushes_total 1 || fail "nothing reached the database"
	metric_is spanaudit_database_flush_failures_total 0 || fail "the database failed"
	until_true 30 kept "$dir" || fail "no packets of a finding are kept"

	mv "$dir/events.json" "$dir/events.json.1"
	kill -HUP "$pid"
	until_true 20 test -e "$dir/events.json" || fail "the events were not opened anew: $(tail -5 "$dir/err")"
	# What came with the signal: site and rules were read again, in there.
	until_true 20 grown 'spanaudit_alerts_total{alert="reloaded"}' 1 || fail "no reload: $(tail -5 "$dir/err")"
	metric_is 'spanaudit_alerts_total{alert="reload-failed"}' 0 || fail "the reload failed: $(tail -5 "$dir/err")"
	metric_is 'spanaudit_alerts_total{alert="evidence-failed"}' 0 || fail "no evidence: $(tail -5 "$dir/err")"
	mv "$dir/events.json" "$dir/events.json.2"
	mkdir "$dir/events.json"
	kill -HUP "$pid"
	until_true 20 grown 'spanaudit_alerts_total{alert="reload-failed"}' 1 || fail "events that cannot be opened anew raise no alert"
	until_true 20 grep -q 'cannot be opened again, events go on to the old file' "$dir/events.json.2" || fail "nor do they go on"
	rmdir "$dir/events.json"

	ip link set near down
	until_true 20 metric_is 'spanaudit_interface_up{interface="near"}' 0 || fail "an interface that is down is not told"
	ip link set near up
	until_true 20 metric_is 'spanaudit_interface_up{interface="near"}' 1 || fail "nor one that is up again"
}

who=root
if start "$tmp/root" -- --user nobody; then
	threads "CapBnd: 0000000000000000" "Groups: "
	audit "$tmp/root"
	stop "$tmp/root"
fi
who="an ordinary user"
if start "$tmp/user" setpriv --reuid nobody --regid "$group" --clear-groups --inh-caps=-all,+net_raw --ambient-caps=-all,+net_raw \
    --bounding-set=-all,+net_raw --; then
	threads "CapBnd: 0000000000002000" "Groups: "
	audit "$tmp/user"
	stop "$tmp/user"
fi
who="root without a sandbox"
if start "$tmp/open" -- --no-sandbox; then
	grep -q '^Seccomp:[[:space:]]*0$' "/proc/$pid/status" || fail "--no-sandbox has one"
	grep -q sandbox "$tmp/open/err" || fail "--no-sandbox is silent"
	metric_is 'spanaudit_alerts_total{alert="unprotected"}' 1 || fail "--no-sandbox raises no alert"
	stop "$tmp/open"
fi

# A report that could not be written at the end: said at the start, of which the user's own privileges are the reason.
who="root with a report in a folder of root's"
mkdir -m 755 "$tmp/roots"
"$tmp/spanaudit" watch -i lo --user nobody -o "$tmp/roots/report.json" </dev/null >"$tmp/roots/out" 2>"$tmp/roots/err"
status=$?
[ $status = 2 ] || fail "ended with status $status: $(cat "$tmp/roots/err")"
grep -q "roots/report.json: could not be written at the end by the user nobody: give its folder" "$tmp/roots/err" ||
	fail "said: $(cat "$tmp/roots/err")"

# What the kernel's log says was refused, where it can be read: glibc's clone3(), which has clone() to fall back on, and the setsockopt()
# by which libpcap takes its ring apart; anything else is missing in the list. Numbers of x86-64.
who="root or an ordinary user"
refused=$(dmesg 2>/dev/null | grep 'type=1326.*arch=c000003e' | grep -F "exe=\"$tmp/spanaudit\"" | grep -oE 'comm="[^"]*"|syscall=[0-9]+' |
	paste - - | sort | uniq -c | grep -vE 'syscall=(435|54)$')
[ -z "$refused" ] || fail "system calls were refused: $refused"
[ $bad = 0 ] && echo "as root, as an ordinary user, and without a sandbox"
exit $bad
