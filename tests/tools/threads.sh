#!/bin/bash
# The number of threads, and a second run, never change a result: the same bytes from 1, 2 and 5 threads.
#
# usage: tests/tools/threads.sh PROGRAM PCAPS
set -u
[ $# = 2 ] || { echo "usage: threads.sh PROGRAM PCAPS" >&2; exit 2; }
program=$1 pcaps=$2 bad=0 n=0
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# same NAME ARGUMENTS...: runs with several numbers of threads and compares.
same() {
	local name=$1 t
	shift
	n=$((n + 1))
	for t in 1 2 5; do
		"$program" "$@" --threads "$t" >"$tmp/$t" 2>"$tmp/$t.err"
		echo "status $?" >>"$tmp/$t"
	done
	for t in 2 5; do
		cmp -s "$tmp/1" "$tmp/$t" || { echo "$name: $t threads say something else than one"; bad=1; }
	done
	[ "$(wc -c <"$tmp/1")" -gt 100 ] || { echo "$name: no output: $(tail -n 1 "$tmp/1.err")"; bad=1; }
}

shopt -s nullglob
files=("$pcaps"/*.pcap "$pcaps"/*.pcapng)
[ ${#files[@]} -gt 3 ] || { echo "no captures in $pcaps"; exit 1; }
for f in "${files[@]}"; do
	same "audit of $(basename "$f")" audit -s "$pcaps/site.yaml" -f json "$f"
done
same "flows of all files" flows -f csv "${files[@]}"
same "audit of all files" audit -s "$pcaps/site.yaml" -f json "${files[@]}"
# The order in which files are named does not matter either: they are read in the order of their first packets.
"$program" flows -f csv "${files[@]}" >"$tmp/forward"
mapfile -t reversed < <(printf '%s\n' "${files[@]}" | tac)
"$program" flows -f csv "${reversed[@]}" >"$tmp/backward"
cmp -s "$tmp/forward" "$tmp/backward" || { echo "the order of the arguments changes the flows"; bad=1; }
# A capture dealt out to three files, as several taps would record it, is the same capture: merged by time.
python3 - "$pcaps/services.pcap" "$tmp" <<'EOF'
import struct, sys
data = open(sys.argv[1], "rb").read()
out = [open(f"{sys.argv[2]}/tap{i}.pcap", "wb") for i in range(3)]
for f in out:
    f.write(data[:24])
at, n = 24, 0
while at < len(data):
    size = 16 + struct.unpack("<I", data[at + 8:at + 12])[0]
    out[(n * 7 + n // 5) % 3].write(data[at:at + size])
    at, n = at + size, n + 1
EOF
"$program" flows -f csv "$pcaps/services.pcap" | sort >"$tmp/whole"
"$program" flows -f csv "$tmp"/tap?.pcap | sort >"$tmp/taps"
cmp -s "$tmp/whole" "$tmp/taps" || { echo "a capture in three files of the same time has other flows"; bad=1; }
[ "$(wc -l <"$tmp/whole")" -gt 20 ] || { echo "too few flows to tell"; bad=1; }
echo "$n inputs, each with 1, 2 and 5 threads"
exit $bad
