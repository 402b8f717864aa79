#!/bin/bash
# Runs spanaudit on a corpus of captures that is not part of this repository.
#
# usage: tests/corpus.sh files|flows|ndpi|ipsec PROGRAM CORPUS
#   files   every capture through `audit`: it ends within two seconds of processor time, with an exit status that the manual
#           promises, without a word of a sanitizer, and with a message where it says that a capture is broken
#   flows   the flows against the ground truth (CORPUS/../tools/check-flows)
#   ndpi    the applications against ndpiReader 4.2 (CORPUS/../tools/check-ndpi)
#   ipsec   security associations and negotiations against tshark, and none decided as clear in the other themes; PROGRAM: ipsec_list of
#           the build, in tests/
#
# Captures in tests/corpus-known.tsv (file, check, reason) are expected to differ: they are named with their reason. One
# that no longer differs is a failure too, so that the list stays true.
set -u
[ $# = 3 ] || {
	sed -n '2,13s/^# \{0,1\}//p' "$0" >&2
	exit 2
}
what=$1 program=$(realpath "$2") corpus=$(realpath "$3")
known=$(realpath "$(dirname "$0")/corpus-known.tsv") tools=$(realpath "$(dirname "$0")/tools")
[ -x "$program" ] || {
	echo "corpus.sh: $2: no program" >&2
	exit 2
}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
export ASAN_OPTIONS=exitcode=99 UBSAN_OPTIONS=exitcode=99:print_stacktrace=1

# One capture; prints what is wrong with it.
one() {
	local file=$1 tmp=$2 program=$3 err status
	err=$tmp/$(echo "$file" | tr / _)
	(
		ulimit -t 2
		exec timeout 120 "$program" audit -f json "$file" >"$err.out" 2>"$err"
	)
	status=$?
	case $status in
	0 | 1) [ -s "$err.out" ] || echo "$file: status $status without a report" ;;
	3) [ -s "$err" ] || echo "$file: status 3 without a message" ;;
	*) echo "$file: status $status: $(tail -n 1 "$err")" ;;
	esac
	grep -HlE 'Sanitizer|runtime error' "$err" | sed "s|.*|$file: sanitizer|"
	rm -f "$err" "$err.out"
}
export -f one

# Lines "FILE: what is wrong" on standard input; M files in all.
judge() {
	local total=$1 bad=0 listed=0 file why reason
	while IFS= read -r why; do
		file=${why%%: *}
		reason=$(awk -F'\t' -v f="$file" -v c="$what" '$1 == f && $2 == c { print $3 }' "$known")
		if [ -n "$reason" ]; then
			listed=$((listed + 1))
			echo "left out: $file: $reason"
			echo "$file" >>"$tmp/listed"
		else
			bad=$((bad + 1))
			echo "$why"
		fi
	done
	touch "$tmp/listed"
	while IFS= read -r file; do
		bad=$((bad + 1))
		echo "$file: listed in corpus-known.tsv, but nothing is wrong"
	done < <(awk -F'\t' -v c="$what" '$2 == c { print $1 }' "$known" | grep -vxFf "$tmp/listed")
	echo "$((total - bad - listed)) of $total"
	[ $bad = 0 ]
}

cd "$corpus" || exit 2
case $what in
files)
	find . -mindepth 2 -type f ! -path './truth/*' ! -path './ndpi42/*' -printf '%P\n' | sort >"$tmp/list"
	xargs -P "$(nproc)" -I{} bash -c 'one "$@"' _ {} "$tmp" "$program" <"$tmp/list" 2>/dev/null | sort -u >"$tmp/bad"
	# Several things may be wrong with one file.
	awk -F': ' '!seen[$1]++' "$tmp/bad" | judge "$(wc -l <"$tmp/list")"
	;;
flows)
	../tools/check-flows "$program" . >"$tmp/out"
	total=$(sed -n '$s/^[0-9]* of \([0-9]*\) files agree$/\1/p' "$tmp/out")
	if [ "${total:-0}" = 0 ]; then
		echo "check-flows did not end as it should"
		exit 1
	fi
	sed '$d' "$tmp/out" | judge "$total"
	;;
ndpi)
	../tools/check-ndpi "$program" .
	;;
ipsec)
	"$tools/ipsec_tshark.py" "$program" ipsec/* >"$tmp/out"
	find sip-rtp-stun tls-https msrpc-smb-mssql encapsulation dhcp-dns formats -type f | sort >"$tmp/list"
	while IFS= read -r file; do
		"$program" "$file" 2>/dev/null | awk -F'\t' -v f="$file" '$1 == "sa" && $8 == "null" {
			print f ": decided as clear: " $2 " > " $3 " " $5 }'
	done <"$tmp/list" >"$tmp/false"
	{
		sed '$d' "$tmp/out"
		cat "$tmp/false"
	} | awk -F': ' '!seen[$1]++' | judge "$(($(find ipsec -type f | wc -l) + $(wc -l <"$tmp/list")))"
	;;
*)
	echo "corpus.sh: '$what': files, flows, ndpi or ipsec" >&2
	exit 2
	;;
esac
