#!/bin/bash
# The files for running it as a service: the unit is one that systemd takes, and hardened; the snippets are what their readers take.
#
# usage: tests/tools/service.sh BUILD
set -eu
build=$(realpath "$1")
command -v systemd-analyze >/dev/null || { echo "no systemd-analyze"; exit 77; }
command -v logrotate >/dev/null || { echo "no logrotate"; exit 77; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cmake --install "$build" --prefix "$tmp" >"$tmp/log" || { cat "$tmp/log"; exit 1; }

# It names the program that was installed with it, whatever prefix was configured; the page is not installed for man(1).
unit=$tmp/spanaudit-watch.service
sed '/^Documentation=/d' "$tmp/lib/systemd/system/spanaudit-watch.service" >"$unit"
grep -q "^ExecStart=$tmp/bin/spanaudit watch " "$unit" || { echo "another program: $(grep ^ExecStart= "$unit")"; exit 1; }
# Packages are made elsewhere than where they are going to be.
DESTDIR=$tmp/stage cmake --install "$build" --prefix /opt/audit >"$tmp/log" || { cat "$tmp/log"; exit 1; }
grep -q "^ExecStart=/opt/audit/bin/spanaudit watch " "$tmp/stage/opt/audit/lib/systemd/system/spanaudit-watch.service"
systemd-analyze verify "$unit" >"$tmp/verify" 2>&1 || { cat "$tmp/verify"; exit 1; }
# A misspelt directive is only told.
if grep spanaudit-watch "$tmp/verify"; then exit 1; fi
# 2.0 of 10 at most; the command fails above it.
systemd-analyze security --offline=yes --threshold=20 "$unit" >"$tmp/security" 2>&1 || { cat "$tmp/security"; exit 1; }
grep 'Overall exposure' "$tmp/security"

mkdir -p "$tmp/image/usr/lib/sysusers.d"
cp "$tmp/lib/sysusers.d/spanaudit.conf" "$tmp/image/usr/lib/sysusers.d/"
systemd-sysusers --root="$tmp/image" --dry-run >"$tmp/users" 2>&1 || { cat "$tmp/users"; exit 1; }
grep -q "Creating user 'spanaudit'" "$tmp/users"

# A rotation for real, of a file that a stand-in for the program holds open and opens anew when it is told to.
me=$(id -un) group=$(id -gn)
mkdir -m 750 "$tmp/events"
# Only the words that name the machine change.
sed "s|/var/log/spanaudit/|$tmp/events/|; s|su spanaudit spanaudit|su $me $group|; s|systemctl kill .*|kill -HUP \$(cat $tmp/pid)|" \
    "$tmp/share/doc/spanaudit/examples/spanaudit-watch.logrotate" >"$tmp/rotate"
chmod 644 "$tmp/rotate"
(
	exec 3>>"$tmp/events/events.json"
	trap 'exec 3>>"$tmp/events/events.json"; echo reopened >&3; exit 0' HUP
	echo first >&3
	for _ in $(seq 100); do sleep 0.1; done
) &
echo $! >"$tmp/pid"
for _ in $(seq 50); do [ -s "$tmp/events/events.json" ] && break; sleep 0.1; done
logrotate -f -s "$tmp/state" "$tmp/rotate" || { echo "logrotate failed"; exit 1; }
wait $!
[ "$(cat "$tmp/events/events.json.1")" = first ]
[ "$(cat "$tmp/events/events.json")" = reopened ]
