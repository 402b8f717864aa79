#!/bin/bash
# Seconds and memory of reports from a database of a million conversations and 5,000 findings, and of a difference. No test.
#
# usage: tests/bench/report.sh BUILD [CONVERSATIONS [FINDINGS]]
set -eu
build=$1
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
"$build/tests/bench_mkaudit" "$tmp/old.db" "${2:-1000000}" "${3:-5000}"
"$build/tests/bench_mkaudit" "$tmp/new.db" "${2:-1000000}" 1000
ls -l "$tmp/old.db" | awk '{ printf "database: %.0f MB\n", $5 / 1e6 }'
measure() {
	local name=$1
	shift
	/usr/bin/time -f "%e s %M kB" -o "$tmp/time" "$build/src/cli/spanaudit" "$@" >"$tmp/out" || [ $? -eq 1 ]
	printf '%-28s %s, %s bytes\n' "$name" "$(tail -n 1 "$tmp/time")" "$(wc -c <"$tmp/out")"
}
formats=$("$build/src/cli/spanaudit" report -d "$tmp/old.db" -f none 2>&1 | sed 's/.*one of: //; s/ (see.*//')
for format in $formats; do
	measure "report -f $format" report -d "$tmp/old.db" -f "$format"
done
for format in csv jsonl; do
	case " $formats " in
	*" $format "*) measure "report -f $format (all)" report -d "$tmp/old.db" -f "$format" --table conversations ;;
	esac
done
measure "report --list" report -d "$tmp/old.db" --list
measure "diff" diff -d "$tmp/old.db" -d "$tmp/new.db"
measure "report --since" report -d "$tmp/new.db" --since "$tmp/old.db"
