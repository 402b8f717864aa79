#!/bin/bash
# The unit under a real systemd of its own: started, reloaded, hung, stopped. Everything happens in namespaces: network, processes, mounts
# (/etc, /run, /var/lib, /var/log are made for it), a control group of its own; nothing of the machine's is started or changed.
#
# usage: tests/lab/service.sh BUILD [SITE] [CAPTURE]
# Root only; status 77 where it cannot be done.
set -u
build=$(realpath "$1")
top=$(cd "$(dirname "$0")/../.." && pwd)
site=$(realpath "${2:-$top/pcaps/site.yaml}")
capture=$(realpath "${3:-$top/pcaps/two-hours.pcap}")
systemd=/lib/systemd/systemd

skip() {
	echo "$*"
	exit 77
}
[ "$(id -u)" = 0 ] || skip "only root can start a systemd of its own"
[ -x $systemd ] || skip "no systemd"
for tool in nsenter unshare ip tcpreplay sqlite3 findmnt; do
	command -v $tool >/dev/null || skip "no $tool"
done
groups=$(findmnt -nt cgroup2 -o TARGET | head -n 1)
[ -n "$groups" ] || skip "no cgroup2 is mounted"
"$build/src/cli/spanaudit" watch --help >/dev/null 2>&1 || skip "this program has no command 'watch'"

tmp=$(mktemp -d)
chmod 755 "$tmp"
group=$groups/spanaudit-test-$$
init=
finish() {
	# With the first process of its namespace go all others.
	[ -z "$init" ] || kill -KILL "$init" 2>/dev/null
	sleep 0.5
	find "$group" -depth -type d -exec rmdir {} + 2>/dev/null
	rm -rf "$tmp"
}
trap finish EXIT
mkdir "$group" 2>/dev/null || skip "no control group can be made"
cmake --install "$build" --prefix "$tmp/local" >"$tmp/log" || { cat "$tmp/log"; exit 1; }

mkdir "$tmp/units"
for target in sysinit basic shutdown umount test; do
	printf '[Unit]\nDescription=%s\nDefaultDependencies=no\n' $target >"$tmp/units/$target.target"
done
sed "s|^ExecStart=[^ ]*/bin/spanaudit |ExecStart=/usr/local/bin/spanaudit |" "$tmp/local/lib/systemd/system/spanaudit-watch.service" \
    >"$tmp/units/spanaudit-watch.service"
mkdir "$tmp/units/spanaudit-watch.service.d"
# What is different here: no journal, and less patience with one that hangs.
printf '[Service]\nWatchdogSec=4\nStandardOutput=file:/var/log/out\nStandardError=file:/var/log/out\n' \
    >"$tmp/units/spanaudit-watch.service.d/test.conf"

cat >"$tmp/inside" <<'EOF'
set -e
tmp=$1 site=$2 groups=$3
mount --make-rprivate /
mount -t tmpfs tmpfs /run
mkdir /run/etc /run/local
cp -a /etc/. /run/etc/
mount --bind /run/etc /etc
cp -a "$tmp/local/." /run/local/
mount --bind /run/local /usr/local
cp -a "$tmp/units" /run/units
mount -t tmpfs tmpfs /var/log
mount -t tmpfs tmpfs /var/lib
mkdir -p /etc/spanaudit /etc/default
cp "$site" /etc/spanaudit/site.yaml
chmod 644 /etc/spanaudit/site.yaml
echo 'SPANAUDIT_OPTIONS="-i near -s /etc/spanaudit/site.yaml --metrics 127.0.0.1:9100 --flush 1"' >/etc/default/spanaudit-watch
systemd-sysusers /usr/local/lib/sysusers.d/spanaudit.conf
ip link set lo up
ip link add name near type veth peer name far
ip link set near up
ip link set far up
mount -t sysfs none /sys
mount -t cgroup2 none /sys/fs/cgroup
exec env -i PATH="$PATH" SYSTEMD_UNIT_PATH=/run/units container=test /lib/systemd/systemd --system --unit=test.target --log-target=null
EOF
cat >"$tmp/outside" <<'EOF'
echo $$ >"$1/cgroup.procs"
shift
exec timeout -s KILL 180 unshare --mount --pid --fork --kill-child --ipc --uts --net --cgroup --mount-proc sh "$@"
EOF
sh "$tmp/outside" "$group" "$tmp/inside" "$tmp" "$site" "$groups" >"$tmp/boot" 2>&1 </dev/null &

# until_true N COMMAND...: tries it for N seconds.
until_true() {
	local end=$((SECONDS + $1))
	shift
	while ! "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.2
	done
}
find_init() {
	local p
	for p in $(cat "$group/cgroup.procs" "$group"/*/cgroup.procs 2>/dev/null); do
		[ "$(cat "/proc/$p/comm" 2>/dev/null)" = systemd ] && init=$p && return 0
	done
	return 1
}
until_true 20 find_init || { cat "$tmp/boot"; skip "no systemd can be started here"; }
in_it() {
	timeout 60 nsenter -t "$init" -m -p -u -i -n -C "$@"
}
until_true 20 in_it systemctl is-active test.target || { cat "$tmp/boot"; skip "systemd does not get on here"; }

bad=0
fail() {
	echo "$*"
	bad=1
}
show() {
	in_it systemctl show -P "$1" spanaudit-watch
}
alert() { # SLUG TIMES
	[ "$(in_it grep -c "\"alert\":{.*\"$1\"" /var/log/spanaudit/events.json)" -ge "$2" ] 2>/dev/null
}
is() {
	[ "$(show "$1")" = "$2" ]
}

in_it systemctl start spanaudit-watch || fail "does not start: $(in_it systemctl status --no-pager spanaudit-watch; in_it cat /var/log/out)"
is ActiveState active || fail "is not active"
status() {
	show StatusText | grep -q .
}
until_true 20 status || fail "tells no status"
main=$(show MainPID)
for status in $(in_it sh -c "echo /proc/$main/task/*/status"); do
	for line in CapInh:0000000000000000 CapPrm:0000000000000000 CapEff:0000000000000000 CapAmb:0000000000000000 \
	    CapBnd:0000000000002000 NoNewPrivs:1 Seccomp:2; do
		in_it cat "$status" | tr -d '\t' | grep -qx "$line" || fail "$status: not $line"
	done
done
in_it cat "/proc/$main/status" | grep -q "^Uid:[[:space:]]*$(in_it id -u spanaudit)[[:space:]]" || fail "runs as another user"
in_it tcpreplay -q -i far --mbps 50 "$capture" >/dev/null 2>&1 || fail "tcpreplay"

in_it systemctl reload spanaudit-watch || fail "does not reload"
until_true 20 alert reloaded 1 || fail "no alert of the reload: $(in_it tail -n 3 /var/log/spanaudit/events.json)"
until_true 20 is ActiveState active || fail "is not active after the reload"
# Longer than its watchdog: the loop tells that it is alive.
sleep 9
is NRestarts 0 || fail "the watchdog bit although it ran"
in_it kill -STOP "$main"
until_true 30 is NRestarts 1 || fail "hung, and nobody noticed"
until_true 30 is ActiveState active || fail "did not come back: $(in_it tail -n 5 /var/log/out)"
in_it systemctl stop spanaudit-watch
is Result success || fail "did not end well: $(show Result), status $(show ExecMainStatus), $(in_it tail -n 5 /var/log/out)"
[ "$(in_it sqlite3 /var/lib/spanaudit/audit.db 'PRAGMA integrity_check')" = ok ] || fail "the database is not whole"
[ "$(in_it stat -c %U:%G:%a /var/lib/spanaudit/audit.db)" = spanaudit:spanaudit:640 ] || fail "the database: $(in_it ls -la /var/lib/spanaudit)"
[ $bad = 0 ] && echo "started, reloaded, hung and started again, stopped"
exit $bad
