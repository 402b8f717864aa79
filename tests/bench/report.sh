#!/bin/bash
# Processor seconds and memory of reports from a database of a million conversations and 5,000 findings, of a difference, and of one of 65,536
# associations and as many negotiations; beside them what sqlite3 takes to print the table of conversations, since processors differ. No test.
#
# usage: tests/bench/report.sh BUILD [CONVERSATIONS [FINDINGS]]
set -eu
build=$1
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
"$build/tests/bench_mkaudit" "$tmp/old.db" "${2:-1000000}" "${3:-5000}"
"$build/tests/bench_mkaudit" "$tmp/new.db" "${2:-1000000}" 1000
"$build/tests/bench_mkaudit" "$tmp/ipsec.db" 1000 100 65536
ls -l "$tmp/old.db" | awk '{ printf "database: %.0f MB\n", $5 / 1e6 }'
timed() {
	local name=$1
	shift
	/usr/bin/time -f "%e %U %S %M" -o "$tmp/time" "$@" >"$tmp/out" || [ $? -eq 1 ]
	tail -n 1 "$tmp/time" | awk -v name="$name" -v base="${base:-0}" -v bytes="$(wc -c <"$tmp/out")" '{
		cpu = $2 + $3
		ratio = base ? sprintf("%.2f of sqlite3", cpu / base) : ""
		printf "%-30s %5.2f s, of processor %5.2f s %-16s %4d MB, %.1f MB written\n", name, $1, cpu, ratio, $4 / 1e3, bytes / 1e6 }'
}
measure() {
	local name=$1
	shift
	timed "$name" "$build/src/cli/spanaudit" "$@"
}
if command -v sqlite3 >/dev/null; then
	timed 'sqlite3, conversations' sqlite3 "$tmp/old.db" 'SELECT * FROM conversations'
	base=$(tail -n 1 "$tmp/time" | awk '{ print $2 + $3 }')
fi
formats=$("$build/src/cli/spanaudit" report -d "$tmp/old.db" -f none 2>&1 | sed 's/.*one of: //; s/ (see.*//')
for format in $formats; do
	measure "report -f $format" report -d "$tmp/old.db" -f "$format"
done
for format in csv jsonl; do
	case " $formats " in
	*" $format "*) measure "report -f $format (all)" report -d "$tmp/old.db" -f "$format" --table conversations ;;
	esac
done
for format in $formats; do
	measure "report -f $format (IPsec)" report -d "$tmp/ipsec.db" -f "$format"
done
measure "report --list" report -d "$tmp/old.db" --list
measure "diff" diff -d "$tmp/old.db" -d "$tmp/new.db"
measure "report --since" report -d "$tmp/new.db" --since "$tmp/old.db"
