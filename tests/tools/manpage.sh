#!/bin/bash
# The man page: sound mdoc, and it names every option of --help, every role, feature and finding kind.
#
# usage: tests/tools/manpage.sh PROGRAM
set -u
program=$1
top=$(cd "$(dirname "$0")/../.." && pwd)
page=$top/src/cli/spanaudit.1
bad=0

complain() {
	[ -n "$1" ] || return 0
	echo "$1"
	bad=1
}

complain "$(groff -mdoc -ww -z -Tutf8 "$page" 2>&1)"
# Whether the pages it refers to are installed is not the page's fault.
complain "$(mandoc -T lint "$page" 2>&1 | grep -v 'referenced manual not found\|mandoc\.db')"

# As a reader sees it: a name of the page must stand there as a word of its own.
text=$(mandoc -T ascii "$page" | sed 's/.\x08//g')
named() {
	grep -qE "(^|[^a-z0-9-])$1([^a-z0-9-]|\$)" <<<"$text" || complain "not in the man page: $1"
}
for command in $("$program" --help | sed -n 's/^  \([a-z]*\)  .*/\1/p'); do
	named "spanaudit $command"
	while read -r option; do
		named "$option"
	done < <("$program" "$command" --help | sed -nE 's/^  (-.|  ).? (--[a-z-]+).*/\2/p')
done
[ "$("$program" --help | grep -c '^  [a-z]')" -ge 4 ] || complain "--help tells no commands"
names() {
	grep -oE 'X\([A-Z0-9_]+, "[a-z0-9-]+"' "$top/include/aud/$1" | sed 's/X(\(.*\), "\(.*\)"/\1 \2/'
}
while read -r _ name; do
	named "$name"
done < <(names role.h)
# The kinds that some judge tells, and no other.
while read -r symbol name; do
	if grep -qrw "AUD_KIND_$symbol" "$top/src/judge"; then
		named "$name"
	elif grep -qE "^ +$name \(" <<<"$text"; then
		complain "in the man page, but told by no judge: $name"
	fi
done < <(names finding.h)
# What can be asked of the audit database.
while read -r name; do
	named "$name"
done < <(sed -nE 's/^CREATE (TABLE|VIEW) ([a-z_]+).*/\2/p' "$top"/src/store/schema*.sql)
# What --metrics tells.
while read -r name; do
	named "$name"
done < <(grep -oE '"(spanaudit|process)_[a-z_]+"' "$top/src/watch/metrics_page.c" | tr -d '"')

# The site files that it shows are such, and what their rules are there for is documented by them.
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
awk -v dir="$tmp" '/^\.Bd -literal/ { n++; out = 1; next } /^\.Ed/ { out = 0 } out { print > (dir "/" n ".yaml") }' "$page"
sites=0
for site in "$tmp"/*.yaml; do
	grep -q '^hosts:' "$site" || continue
	sites=$((sites + 1))
	complain "$("$program" rules list -f csv -s "$site" 2>&1 >"$tmp/rules" | grep -v 'warning: .*load_balancing')"
	for rule in $(sed -n 's/^  - id: //p' "$site"); do
		grep -q "^$rule," "$tmp/rules" || complain "no rule '$rule' of the man page's example"
	done
done
[ $sites -ge 2 ] || complain "no examples of site files in the man page"
own=$(grep -l '^rules:' "$tmp"/*.yaml)
explain() {
	"$program" explain -s "$own" "$@" >"$tmp/out" 2>&1 && grep -q "$rule" "$tmp/out" ||
		complain "explain $*: not by '$rule': $(cat "$tmp/out")"
}
rule=sbc-signalling explain fe01 sbc01 5061/tcp TLS
rule=kerberos explain fe01 dc01 88/udp Kerberos
exit $bad
