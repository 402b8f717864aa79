#!/bin/bash
# The captures of the benchmarks are what their generators say: the program finds each flow and each packet, and has nothing to
# complain of; the same seed gives the same bytes, another seed others.
#
# usage: tests/bench/check.sh PROGRAM MKFLOWS MKMEDIA
set -u
[ $# = 3 ] || { echo "usage: check.sh PROGRAM MKFLOWS MKMEDIA" >&2; exit 2; }
program=$1 mkflows=$2 mkmedia=$3 bad=0
site=$(dirname "$0")/site.yaml
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

fail() {
	echo "$*"
	bad=1
}

# check NAME LEAST-FLOWS GENERATOR ARGUMENTS...
check() {
	local name=$1 least=$2 flows packets found
	shift 2
	"$@" --seed 7 -o "$tmp/a.pcap" 2>"$tmp/said" || fail "$name: $(cat "$tmp/said")"
	"$@" --seed 7 -o - >"$tmp/b.pcap" 2>"$tmp/err" || fail "$name: to standard output: $(cat "$tmp/err")"
	"$@" --seed 8 -o "$tmp/c.pcap" 2>"$tmp/err" || fail "$name: $(cat "$tmp/err")"
	cmp "$tmp/a.pcap" "$tmp/b.pcap" || fail "$name: the same seed gives other bytes"
	! cmp -s "$tmp/a.pcap" "$tmp/c.pcap" || fail "$name: another seed gives the same bytes"
	flows=$(sed -n 's/.*: \([0-9]*\) flows, .*/\1/p' "$tmp/said") packets=$(sed -n 's/.* \([0-9]*\) packets.*/\1/p' "$tmp/said")
	[ "$(stat -c %s "$tmp/a.pcap")" = "$(sed -n 's/.* \([0-9]*\) bytes$/\1/p' "$tmp/said")" ] || fail "$name: not as long as said"
	[ "${flows:-0}" -ge "$least" ] || fail "$name: ${flows:-no} flows, fewer than $least"

	"$program" flows -f csv "$tmp/a.pcap" >"$tmp/csv" 2>"$tmp/err" || fail "$name: flows ends with $?"
	[ ! -s "$tmp/err" ] || fail "$name: flows complains: $(cat "$tmp/err")"
	found=$(($(wc -l <"$tmp/csv") - 1))
	[ "$found" = "$flows" ] || fail "$name: $found flows found, $flows written"
	found=$(awk -F, 'NR > 1 { n += $6 + $7 } END { print n + 0 }' "$tmp/csv")
	[ "$found" = "$packets" ] || fail "$name: $found packets found, $packets written"

	"$program" audit -s "$site" --fail-on critical -f json "$tmp/a.pcap" >"$tmp/json" 2>"$tmp/err" || fail "$name: audit ends with $?"
	[ ! -s "$tmp/err" ] || fail "$name: audit complains: $(cat "$tmp/err")"
	[ -s "$tmp/json" ] || fail "$name: no report"
	echo "$name: $flows flows, $packets packets"
}

check flows 3000 "$mkflows" --flows 3000 --rate 1000
check media 100 "$mkmedia" --calls 20 --seconds 20 --hold 5 --tunnels 8
for p in "$mkflows" "$mkmedia"; do
	"$p" --seed 2>/dev/null && fail "$p takes an option without a value"
	"$p" --seed x -o "$tmp/d" 2>/dev/null && fail "$p takes a seed that is no number"
done
exit $bad
