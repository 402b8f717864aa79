#!/bin/bash
# What is made of stored audits: report, diff, waive, and audit --since.
#
# usage: tests/tools/stored.sh PROGRAM
set -u
program=$(realpath "$1")
top=$(cd "$(dirname "$0")/../.." && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 2
bad=0

complain() {
	echo "$1"
	bad=1
}
# expect STATUS PATTERN ARGUMENT...: exit status, and a pattern that standard error has ('' is none at all)
expect() {
	local status=$1 pattern=$2 got
	shift 2
	"$program" "$@" >out 2>err
	got=$?
	[ $got -eq "$status" ] || complain "$*: exit $got instead of $status: $(cat err)"
	if [ -n "$pattern" ]; then
		grep -qE -- "$pattern" err || complain "$*: standard error lacks '$pattern': $(cat err)"
	else
		[ ! -s err ] || complain "$*: says $(cat err)"
	fi
}
told() {
	grep -qE -- "$1" out || complain "$2: standard output lacks '$1': $(cat out)"
}

cp "$top"/pcaps/{healthy,blocked-icmp,cut-file,erspan}.pcap .
cp "$top/pcaps/ipsec-mixed.pcap" . 2>/dev/null || cp healthy.pcap ipsec-mixed.pcap
cp "$top/pcaps/site.yaml" .

# The same bytes from the database as from the captures, in every format, and twice the same; the status too.
formats=$("$program" report -d none.db -f none 2>&1 | sed 's/.*one of: //; s/ (see.*//')
[ "$(wc -w <<<"$formats")" -ge 2 ] || complain "no formats: $formats"
for capture in healthy blocked-icmp cut-file erspan ipsec-mixed; do
	for site in '-s site.yaml' ''; do
		rm -f a.db
		# shellcheck disable=SC2086
		"$program" audit $site --hash --filter 'not port 9' -d a.db -f text $capture.pcap >direct.text 2>/dev/null
		status=$?
		for format in $formats; do
			# shellcheck disable=SC2086
			"$program" audit $site --hash --filter 'not port 9' -f "$format" --all-rows $capture.pcap >"direct.$format" 2>/dev/null
			for run in first second; do
				"$program" report -d a.db -f "$format" --all-rows >"again.$format" 2>err
				got=$?
				[ $got -eq $status ] || complain "report of $capture: exit $got instead of $status: $(cat err)"
				cmp -s "direct.$format" "again.$format" || complain "$capture$site: audit and report ($run) differ in $format"
			done
		done
	done
done

# Several audits of one file.
rm -f two.db
expect 1 '' audit -s site.yaml -d two.db -o /dev/null blocked-icmp.pcap
expect 0 '' audit -s site.yaml -d two.db -o /dev/null healthy.pcap
expect 0 '' report -d two.db
expect 1 '' report -d two.db --audit 1
expect 0 '' report -d two.db --audit 1 --fail-on high
expect 0 '' report -d two.db --list
told '^ +1 .* 2 findings' list
told '^ +2 .* 0 findings' list
expect 2 'no audit of this number.*report --list' report -d two.db --audit 3
expect 0 '' report -d two.db -o report.json
python3 -m json.tool report.json >/dev/null || complain 'report.json is none'

# What cannot be read says why, and what to do; no file is made.
expect 2 'no\.db: .*No such file' report -d no.db
[ ! -e no.db ] || complain 'report made a database'
: >nothing.db
expect 2 'nothing\.db: is empty: .*audit -d' report -d nothing.db
expect 2 'site\.yaml: is no audit database' report -d site.yaml
expect 2 'no database: name' report
expect 2 'one word too many' report -d two.db healthy.pcap
expect 2 'must be the number of an audit' report -d two.db --audit 0
expect 2 'must be the number of an audit' report -d two.db --audit x
expect 2 'takes no --audit' report -d two.db --list --audit 1
expect 2 'is needed for something else' report -d two.db -o two.db
expect 2 'no format' report -d two.db -f picture

python3 - <<'PY'
import sqlite3
c = sqlite3.connect('newer.db')
c.execute('PRAGMA application_id = 1397768533')
c.execute('CREATE TABLE t (a)')
c.execute('PRAGMA user_version = 99')
c.commit()
PY
expect 2 'newer\.db: written by a newer spanaudit' report -d newer.db

# diff: two files, two audits of one, the last two.
rm -f old.db new.db
expect 0 '' audit -s site.yaml -d old.db -o /dev/null healthy.pcap
expect 1 '' audit -s site.yaml -d new.db -o /dev/null blocked-icmp.pcap
expect 1 '' diff -d old.db -d new.db
told 'Findings +2 new$' diff
told 'Rows whose state changed' diff
expect 0 '' diff -d old.db -d new.db --fail-on high
expect 0 '' diff -d new.db -d old.db
told 'Findings +2 not-seen$' 'diff the other way'
told 'are too short' 'diff the other way'
expect 0 '' diff -d new.db -d new.db
told 'Findings +2 unchanged$' 'diff with itself'
expect 0 '' diff -d two.db
cp out last
expect 0 '' diff -d two.db --audit 1 --audit 2
cmp -s out last || complain 'the last two audits are not audits 1 and 2'
expect 1 '' diff -d two.db --audit 2 --audit 1 -f json
python3 -m json.tool out >/dev/null || complain 'diff -f json is no JSON'
told '"schema": "spanaudit-diff/1"' 'diff -f json'
expect 2 'holds one audit' diff -d old.db
expect 2 'compared with itself' diff -d two.db --audit 1 --audit 1
expect 2 'given once or twice' diff -d a -d b -d c
expect 2 'is there once' diff -d two.db --audit 1
expect 2 'no database' diff
expect 2 'no\.db: .*No such file' diff -d old.db -d no.db

# The same as part of a report; the former audit may stand in the file that gets the new one.
expect 1 '' audit -s site.yaml --since old.db blocked-icmp.pcap
told 'Changes since the former audit' 'audit --since'
expect 1 '' report -d new.db --since old.db -f json
told '"since": ' 'report --since'
expect 1 '' audit -s site.yaml -d old.db --since old.db blocked-icmp.pcap
told 'Findings +2 new$' 'audit --since in one file'
expect 0 '' diff -d old.db --audit 1 --audit 1 -d old.db
expect 2 'no\.db: .*No such file' audit -s site.yaml --since no.db healthy.pcap

# waive: one finding, which then does not count; the file stays what it was but for the waiver.
id=$(sqlite3 new.db 'SELECT finding FROM findings ORDER BY id LIMIT 1' 2>/dev/null ||
	python3 -c 'import sqlite3; print(sqlite3.connect("new.db").execute("SELECT finding FROM findings ORDER BY id LIMIT 1").fetchone()[0])')
waive=(--reason 'a "test": #1' --owner 'net team')
cp site.yaml before.yaml
chmod 640 site.yaml
expect 0 '' waive -s site.yaml -d new.db --finding "$id" "${waive[@]}" --expires 2030-01-31
told "^$id medium blocked-flow" waive
told 'site\.yaml:[0-9]+: written' waive
[ "$(stat -c %a site.yaml)" = 640 ] || complain 'waive changes the permissions'
[ "$(diff before.yaml site.yaml | grep -c '^<')" -eq 0 ] || complain "waive takes lines away: $(diff before.yaml site.yaml)"
[ "$(diff before.yaml site.yaml | grep -c '^>')" -le 5 ] || complain "waive adds too much: $(diff before.yaml site.yaml)"
expect 2 'is waived already \(site\.yaml:[0-9]+\)' waive -s site.yaml -d new.db --finding "$id" "${waive[@]}" --expires never
expect 2 'matches no finding of the stored audit: refused' waive -s site.yaml -d new.db --finding 0000 "${waive[@]}" --expires never
expect 2 'cannot be told what this waiver matches: refused' waive -s site.yaml --finding "$id" "${waive[@]}" --expires never
expect 2 'had expired \(2001-01-01\)' waive -s site.yaml -d new.db --kind blocked-flow "${waive[@]}" --expires 2001-01-01
expect 2 'unknown finding kind .*blocked' waive -s site.yaml -d new.db --kind blocked "${waive[@]}" --expires never
expect 2 'a finding or terms, not both' waive -s site.yaml -d new.db --kind scan --finding "$id" "${waive[@]}" --expires never
expect 2 'no finding: give its id' waive -s site.yaml -d new.db "${waive[@]}" --expires never
expect 2 'no reason' waive -s site.yaml -d new.db --finding "$id" --owner o --expires never
expect 2 'no owner' waive -s site.yaml -d new.db --finding "$id" --reason r --expires never
expect 2 'no expiry' waive -s site.yaml -d new.db --finding "$id" "${waive[@]}"
expect 2 'must be a date' waive -s site.yaml -d new.db --finding "$id" "${waive[@]}" --expires tomorrow
expect 2 'no site file' waive -d new.db --finding "$id" "${waive[@]}" --expires never
expect 2 'standard input is none' waive -s - -d new.db --finding "$id" "${waive[@]}" --expires never
# One is waived, the other counts still; after the other is waived too, none does.
expect 1 '' audit -s site.yaml blocked-icmp.pcap
told '1 waived' 'an audit with one waiver'
told 'Waived +a "test": #1, by net team, until 2030-01-31' 'an audit with one waiver'
expect 0 '' waive -s site.yaml -d new.db --kind blocked-flow "${waive[@]}" --expires 2031-12-31
expect 0 '' audit -s site.yaml -d waived.db blocked-icmp.pcap
told '2 waived' 'an audit with two waivers'
expect 0 '' diff -d new.db -d waived.db
told 'Findings +2 changed$' 'diff with waivers'
told 'Waived now' 'diff with waivers'
expect 0 '' report -d waived.db
# After its last day the one that expires is open again, says so, and counts; the other holds.
sed -i '/kind: blocked-flow/,$d' site.yaml
expect 0 '' audit -s site.yaml --date 2030-01-31 --fail-on critical blocked-icmp.pcap
told '1 waived' 'on the last day'
expect 1 '' audit -s site.yaml --date 2030-02-01 -d expired.db blocked-icmp.pcap
told 'Reopened +a "test": #1, by net team; the waiver expired on 2030-01-31' 'after the last day'
told 'Expired +waiver of' 'after the last day'
# With --force a warning, and it is written.
expect 0 'warning: this waiver matches no finding' waive -s site.yaml -d new.db --finding 0000 "${waive[@]}" --expires 2031-12-31 --force
expect 1 '' audit -s site.yaml blocked-icmp.pcap
told 'Unused +waiver of 0000' 'a waiver that matches nothing'
# A failed waive leaves the file as it was.
cp site.yaml before.yaml
expect 2 'would be wrong' waive -s site.yaml -d new.db --kind blocked-flow --client 10.0.0.300 "${waive[@]}" --expires never
cmp -s site.yaml before.yaml || complain 'a refused waiver changed the file'
ls ./*.yaml.* 2>/dev/null && complain 'waive leaves files behind'
exit $bad
