#!/bin/bash
# The command line from outside: exit statuses, where messages and reports go, files that are written.
#
# usage: tests/tools/cli.sh PROGRAM
set -u
program=$(realpath "$1")
top=$(realpath "$(dirname "$0")/../..")
page=$top/src/cli/spanaudit.1
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 2
export LC_ALL=C.UTF-8 TERM=dumb
bad=0 done=0

fail() {
	echo "FAIL: $*"
	bad=1
}

# expect STATUS STDERR-PATTERN ARGUMENT...: what spanaudit prints is left in out and err. An empty pattern: nothing is said.
expect() {
	local status=$1 pattern=$2 got
	shift 2
	"$program" "$@" >out 2>err </dev/null
	got=$?
	done=$((done + 1))
	[ $got = "$status" ] || fail "$*: status $got, not $status: $(head -c 300 err)"
	if [ -z "$pattern" ]; then
		[ ! -s err ] || fail "$*: said $(head -c 300 err)"
	else
		grep -qE -- "^spanaudit: .*$pattern" err || fail "$*: no '$pattern' in: $(head -c 300 err)"
		! grep -qv '^spanaudit: ' err || fail "$*: a message without the program's name: $(head -c 300 err)"
	fi
}

same() {
	[ "$1" = "$2" ] || fail "$3: '$1' is not '$2'"
}

bytes() {
	printf '%b' "$(sed 's/[^0-9a-f]//g; s/../\\x&/g' <<<"$1" | tr -d '\n')"
}

# A TCP handshake from 10.0.0.1:50000 to 10.0.0.2:5061: three frames of 54 bytes, IP total length 40, one microsecond apart.
# packet MICROSECOND SOURCE DESTINATION SOURCE-PORT DESTINATION-PORT FLAGS
packet() {
	bytes "00f15365 0${1}000000 36000000 36000000
	    020000000002 020000000001 0800
	    45000028 000${1}0000 40060000 0a00000$2 0a00000$3
	    $4 $5 00000001 00000001 50$6 ffff 0000 0000"
}
{
	bytes 'd4c3b2a1 0200 0400 00000000 00000000 00000400 01000000'
	packet 1 1 2 c350 13c5 02
	packet 2 2 1 13c5 c350 12
	packet 3 1 2 c350 13c5 10
} >shake.pcap
head -c 200 shake.pcap >cut.pcap
echo 'no capture' >text.pcap

ln shake.pcap link.pcap

# A site: a client and its Front End Server.
cat >site.yaml <<'YAML'
site: test
product: skype-for-business-2015
hosts:
  - {address: 10.1.0.11, name: fe01, roles: [front-end]}
  - {address: 10.2.0.0/16, roles: [client]}
YAML

# Help and version: on standard output, status 0.
expect 0 '' --help
grep -q '^usage: spanaudit COMMAND' out || fail "--help"
cp out help
expect 0 '' help
cmp -s out help || fail "help is not --help"
expect 0 '' audit --help
cp out help
expect 0 '' help audit
cmp -s out help || fail "help audit is not audit --help"
expect 0 '' --version
same "$(cut -d' ' -f1 out | paste -sd,)" spanaudit,nDPI,libpcap,SQLite --version
! grep -qvE '^[A-Za-z]+ [0-9]+(\.[0-9]+)+' out || fail "--version: $(cat out)"
for command in audit flows rules explain discover; do
	expect 0 '' $command --help
	grep -q "^usage: spanaudit $command " out || fail "$command --help"
	[ "$(wc -L <out)" -le 80 ] || fail "$command --help: wider than 80: $(cat out)"
	expect 0 '' $command -h
done

# Mistakes: status 2, what to do in one line, nothing on standard output.
while IFS='|' read -r pattern arguments; do
	# shellcheck disable=SC2086 # a list of words
	expect 2 "$pattern" $arguments
	[ ! -s out ] || fail "$arguments: printed $(head -c 100 out)"
	same "$(wc -l <err)" 1 "lines said about $arguments"
done <<'TABLE'
no command|
both write to standard output|watch -i nosuch0 --events - -o -
both write to standard output|watch -i nosuch0 --events - -f json
keep: is for a database|watch -i nosuch0 --keep 30
memory: 64M are too little: it takes at least 125M with these buffers|watch -i nosuch0 --memory 64M
memory: 120M are too little: it takes at least 161M with these buffers of the kernel .--buffer, for each interface. and --evidence|watch -i nosuch0 --memory 120M --evidence evidence
evidence-size: is for evidence|watch -i nosuch0 --evidence-size 1G
--evidence-size '1M': must be a number of bytes from 16M on|watch -i nosuch0 --evidence evidence --evidence-size 1M
--evidence-size '16383K': must be|watch -i nosuch0 --evidence evidence --evidence-size 16383K
--evidence-size 'x': must be|watch -i nosuch0 --evidence evidence --evidence-size x
--flush '100d': must be from a second to an hour|watch -i nosuch0 --flush 100d
--flush '3601': must be|watch -i nosuch0 --flush 3601
--flush '0': must be|watch -i nosuch0 --flush 0
nosuch0: |watch -i nosuch0 --flush 1h --evidence evidence --evidence-size 16M
--metrics '0': must be an address and a port from 1 to 65535|watch -i nosuch0 --metrics 0
--metrics '127.0.0.1:0': must be|watch -i nosuch0 --metrics 127.0.0.1:0
--metrics '.::1.:000/metrics': must be|watch -i nosuch0 --metrics [::1]:000/metrics
--metrics '': must be something: it is empty|watch -i nosuch0 --metrics=
filter 'tcp_prot_80' .link type .*how to write it: pcap-filter.7|audit --filter tcp_prot_80 shake.pcap
no command 'audti', did you mean 'audit'|audti shake.pcap
no command 'xyzzyx'|xyzzyx
unknown option --treads, did you mean --threads|audit --treads=2 shake.pcap
unknown option --zzzzzzzz|audit --zzzzzzzz shake.pcap
unknown option -q|audit -q shake.pcap
--site needs a value|audit -s
--hash takes no value|audit --hash=1 shake.pcap
--threads 'x': must be a whole number|audit --threads x shake.pcap
--threads '0': must be|audit --threads 0 shake.pcap
--threads '-1': must be|audit --threads=-1 shake.pcap
--threads '2x': must be|audit --threads 2x shake.pcap
--memory '1': must be|audit --memory 1 shake.pcap
--memory '9999999999999G': must be|audit --memory 9999999999999G shake.pcap
--memory '2GB': must be|audit --memory 2GB shake.pcap
--fail-on 'hi': must be one of: info low|audit --fail-on hi shake.pcap
--filter '': must be something: it is empty|audit --filter= shake.pcap
--client-port '0': must be a port|explain --client-port 0 a b 1/tcp
no command 'audti', did you mean 'audit'|help audti
--color 'blue': must be one of|audit --color=blue shake.pcap
--date '2023-02-29': must be a date|audit --date 2023-02-29 shake.pcap
--date '2024-13-01': must be a date|audit --date 2024-13-01 shake.pcap
--database '-': must be the name of a file|audit -d - shake.pcap
--database ':memory:': must be the name of a file|audit -d :memory: shake.pcap
no format 'nonsense'|audit -f nonsense shake.pcap
--table 'x': must be one of: findings rows|audit -f csv --table x shake.pcap
--table rows: is for the format csv|audit --table rows shake.pcap
--table rows: is for the format csv|audit -f jsonl --table rows shake.pcap
no capture|discover
no capture|audit
no capture|flows
--format 'xml': must be one of: text csv jsonl|flows -f xml shake.pcap
once only|audit - -
filter|audit --filter no-such-primitive shake.pcap
missing/report|audit -o missing/report shake.pcap
is a folder|audit -o . shake.pcap
choose another name|audit -o shake.pcap shake.pcap
choose another name|audit -d shake.pcap shake.pcap
choose another name|audit -d x.db -o x.db shake.pcap
'shake.pcap' and './shake.pcap' are the same file|audit shake.pcap ./shake.pcap
'link.pcap' and 'shake.pcap' are the same file|flows link.pcap shake.pcap
missing.yaml|audit -s missing.yaml shake.pcap
One of: list|rules
no 'lst'|rules lst
which rules|rules show
'no-such-rule-at-all' is no rule|rules show no-such-rule-at-all
missing-dir|rules check --rules missing-dir
where to|rules export
where to|rules import x
one folder|rules import -o x
takes no -o|rules rows -o x
takes no -f csv|rules check -f csv
takes no -f csv|rules export -f csv -o x
takes no --rules|rules import x -o y --rules z
site file is needed|explain 10.0.0.1 10.0.0.2 5061/tcp
TABLE

# A site file that is wrong is told with its place.
printf 'site: x\nhosts:\n  - {address: 10.0.0.300, roles: [client]}\n' >wrong.yaml
expect 2 'wrong\.yaml:3:[0-9]+: .*10\.0\.0\.300' audit -s wrong.yaml shake.pcap

# Captures that cannot be read, or not to their end.
expect 3 'missing\.pcap: No such file' audit missing.pcap
# Of several the others are audited, and the one is told once, whatever its path.
long=$(printf '%0100d/' 1 2 3)missing.pcap
for missing in missing.pcap "$long"; do
	expect 3 "missing\.pcap: could not be read: No such file or directory\$" audit -f json "$missing" shake.pcap
	same "$(wc -l <err)" 1 "lines said about a capture that is missing"
	same "$(grep -o '"reason":"[^"]*could not be read: No such file or directory; nothing of it was audited\."' out | wc -l)" 1 \
	    "findings about a capture that is missing"
	! grep -q 'breaks off\|holds no frame' out || fail "a capture that is missing: $(grep 'breaks off\|holds no' out)"
done
expect 3 'text\.pcap' audit text.pcap
expect 3 'cut\.pcap: read up to byte [0-9]+' flows -f csv cut.pcap
same "$(sed 1d out | cut -d, -f1-9)" tcp,10.0.0.1,50000,10.0.0.2,5061,1,1,40,40 "flows of a capture that breaks off"
expect 3 'cut\.pcap' audit cut.pcap
[ -s out ] || fail "no report of a capture that breaks off"

# The flows: contract and arithmetic (40 bytes an IP packet, two one way and one back).
expect 0 '' flows -f csv shake.pcap
same "$(head -n 1 out)" "transport,client,client_port,server,server_port,packets_client,packets_server,bytes_client,bytes_server,\
first,last,handshake,direction_by,app,app_by,vlans,tunnel,ipsec" "columns"
same "$(sed 1d out | cut -d, -f1-13)" \
    tcp,10.0.0.1,50000,10.0.0.2,5061,2,1,80,40,1700000000.000001000,1700000000.000003000,full,syn "flow"
same "$(sed 1d out | cut -d, -f16-)" ,, "vlans, tunnel and ipsec of a plain flow"
cp out file.csv
expect 0 '' flows -f jsonl shake.pcap
same "$(grep -oE '"[a-z_]+":' out | tr -d '":' | paste -sd,)" "$(head -n 1 file.csv)" "names in jsonl"
grep -q '"client_port": 50000, .*"first": "1700000000.000001000"' out || fail "jsonl: $(cat out)"
expect 0 '' flows shake.pcap
grep -qE '^2023-11-14 22:13:20\.000001000 +0\.000002000  tcp +10\.0\.0\.1:50000 +10\.0\.0\.2:5061 +2 +1 +80 +40 +full ' out ||
	fail "flows as text: $(cat out)"
"$program" flows -f csv - <shake.pcap >out 2>err || fail "flows of standard input: $(cat err)"
cmp -s out file.csv || fail "flows of standard input differ"
for name in flows.csv FLOWS.CSV; do
	expect 0 '' flows -o $name shake.pcap
	cmp -s $name file.csv || fail "flows -o $name is not what -f csv prints"
done
expect 0 '' flows -o flows.jsonl shake.pcap
grep -q '"client_port": 50000' flows.jsonl || fail "flows -o flows.jsonl: $(cat flows.jsonl)"
expect 0 '' flows -o flows.csv -f text shake.pcap
grep -q '^start' flows.csv || fail "flows -f text -o flows.csv: $(cat flows.csv)"
expect 0 '' flows -o flows.out shake.pcap
grep -q '^start' flows.out || fail "flows -o flows.out: $(cat flows.out)"
for threads in 1 2 7; do
	expect 0 '' flows -f csv --threads=$threads shake.pcap
	cmp -s out file.csv || fail "flows with $threads threads differ"
done
expect 0 '' flows -f csv --filter 'tcp[13] == 2' shake.pcap
same "$(sed 1d out | cut -d, -f6-9,12)" 1,0,40,0,syn "flow of what the filter leaves"

# Reports into files: the format by the name, whole or not at all.
"$program" audit shake.pcap >out 2>err
usual=$?
expect $usual '' audit -f json shake.pcap
cp out want.json
expect $usual '' audit -o report.json shake.pcap
[ ! -s out ] || fail "-o: a report on standard output too"
cmp -s want.json report.json || fail "-o report.json is not what -f json prints"
expect $usual '' audit -o REPORT.JSON shake.pcap
cmp -s want.json REPORT.JSON || fail "-o REPORT.JSON is not what -f json prints"
expect 3 'missing\.pcap' audit -o report.json missing.pcap
cmp -s want.json report.json || fail "a run that failed replaced the former report"
(
	ulimit -f 0
	exec "$program" audit -o report.json shake.pcap
) 2>&1 >/dev/null | cat >err
same "${PIPESTATUS[0]}" 2 "status where the report cannot be written whole"
grep -q '^spanaudit: report\.json: cannot be written: ' err || fail "a report that cannot be written: no name in: $(cat err)"
cmp -s want.json report.json || fail "half a report replaced the former one"
same "$(find . -name 'report.json?*')" "" "files left behind"
ln -s report.json link.json
expect $usual '' audit --hash -o link.json shake.pcap
[ -L link.json ] || fail "a symbolic link was replaced"
grep -q "$(sha256sum <shake.pcap | cut -d' ' -f1)" report.json || fail "--hash: no SHA-256 of the capture in the report"
expect $usual '' audit -o /dev/null shake.pcap

# Standard output that is closed, full, or left by its reader.
"$program" audit shake.pcap >&- 2>err
same $? 2 "status with standard output closed"
for arguments in --help 'audit shake.pcap' 'flows shake.pcap' 'rules list'; do
	# shellcheck disable=SC2086 # a list of words
	"$program" $arguments >/dev/full 2>err
	same $? 2 "status of $arguments with a full device"
	same "$(cat err)" "spanaudit: standard output: cannot be written: No space left on device" "said about a full device by $arguments"
done
# The reader is gone before a byte is written.
mkfifo pipe
for arguments in 'audit shake.pcap' 'flows shake.pcap' 'rules rows -f csv'; do
	exec 3<>pipe 4>pipe 3<&-
	want=0
	[ "${arguments%% *}" = audit ] && want=$usual
	# shellcheck disable=SC2086 # a list of words
	"$program" $arguments >&4 2>err 4>&-
	same $? "$want" "status of $arguments where the reader has gone"
	exec 4>&-
	same "$(cat err)" "" "said by $arguments where the reader has gone"
done

# The program, and not yet the shell that becomes it.
handles_term() {
	[ "$(cat "/proc/$1/comm")" = "$(basename "$program" | cut -c1-15)" ] &&
	    [ $((0x$(sed -n 's/^SigCgt:\t*//p' "/proc/$1/status") >> 14 & 1)) = 1 ]
}

# Gives it a capture, and waits until it would heed a signal.
reads() {
	cat shake.pcap >&5
	until handles_term "$1"; do sleep 0.05; done
}

# A signal ends the reading, not the report.
exec 5<>pipe
"$program" audit -f json - <pipe >out 2>err 5>&- &
pid=$!
reads $pid
kill -TERM $pid
exec 5>&-
wait $pid
same $? 3 "status of an interrupted audit"
grep -q interrupted err || fail "interrupted, but not said: $(cat err)"
grep -q '^{' out || fail "interrupted: no report"

# One that waits for a pipe whose writer neither writes nor closes: what came is told, and that it is not all.
exec 5<>pipe
"$program" audit -s site.yaml -f json -d interrupted.db - <pipe >out 2>err &
pid=$!
reads $pid
kill -TERM $pid
wait $pid
same $? 3 "status of an audit that waited for a pipe"
exec 5>&-
same "$(grep -c '"interrupted": *true' out)" 2 "places of the report that say interrupted: input and coverage"
grep -q '"packets": 3,' out || fail "interrupted: what came was dropped"
grep -q 'standard input was not read to its end: the audit was interrupted after 234 bytes' out || fail "interrupted: no finding says so"
! grep -q '"kind":"capture-empty"\|"broken": *true\|"state":"missing"' out || fail "interrupted: $(grep -o '"reason":"[^"]*"' out)"

# timeout(1) signals the program and then its group: that is one wish, and the report is written.
for pause in 0 0.01 0.02 0.04; do
	exec 5<>pipe
	"$program" audit -f json - <pipe >out 2>err 5>&- &
	pid=$!
	reads $pid
	kill -TERM $pid
	sleep $pause
	kill -TERM $pid 2>/dev/null
	wait $pid
	same $? 3 "status of an audit that was signalled twice at once"
	grep -q '"interrupted": *true' out || fail "signalled twice at once: no report"
	exec 5>&-
done

# While the report is written the first signal ends the program; so it does in the other commands.
"$program" audit -s site.yaml -d signals.db -o /dev/null shake.pcap 2>/dev/null
written() {
	[ "$(sed -n 's/^wchar: //p' "/proc/$1/io")" -gt 30000 ]
}
for arguments in 'audit -s site.yaml -f html shake.pcap' 'report -d signals.db -f html'; do
	exec 5<>pipe
	# shellcheck disable=SC2086 # a list of words
	"$program" $arguments >pipe 2>err 5>&- &
	pid=$!
	# The page is longer than what a pipe holds, and nobody reads it.
	until written $pid && grep -q '^State:.*S' "/proc/$pid/status"; do sleep 0.05; done
	kill -TERM $pid
	for ((i = 0; i < 100; i++)); do
		kill -0 $pid 2>/dev/null || break
		sleep 0.1
	done
	kill -KILL $pid 2>/dev/null && fail "$arguments: a signal is not heeded while the report is written"
	wait $pid 2>/dev/null
	same $? 143 "status of $arguments, ended while the report was written"
	exec 5>&-
done
for ((i = 0; i < 40; i++)); do
	"$program" report -d signals.db -o signals.html 2>err &
	pid=$!
	while kill -0 $pid 2>/dev/null && [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "$(basename "$0")" ]; do :; done
	sleep "0.00$((i % 10))$((i / 10))"
	kill -TERM $pid 2>/dev/null
	wait $pid 2>/dev/null
done
same "$(find . -name 'signals.html?*')" "" "files left behind by reports that a signal ended"

# A database that cannot be is told before the reading, which here would never end, and nothing is left behind.
printf 'SQLite format 3\0' >other.db
cp signals.db damaged.db
printf '%4000s' x | dd of=damaged.db bs=1 seek=100 conv=notrunc 2>/dev/null
before=$(ls -A)
exec 5<>pipe
while IFS='|' read -r database said; do
	timeout 20 "$program" audit -s site.yaml -d "$database" -o /dev/null - <pipe 2>err
	same $? 2 "status of an audit into $database"
	grep -q "$said" err || fail "-d $database: '$said' is not said, but: $(cat err)"
done <<-'END'
	want.json|want\.json: exists and is no audit database
	other.db|other\.db: exists and is no audit database
	damaged.db|damaged\.db: damaged
	/proc/audit.db|/proc/audit\.db: cannot be
	/dev/full|/dev/full: no regular file
END
exec 5>&-
echo 'sites: x' >bad.yaml
expect 2 'bad\.yaml' audit -s bad.yaml -d fresh.db shake.pcap
rm bad.yaml
same "$(ls -A)" "$before" "files after audits that did not begin"

# What the report without a site tells the reader to run and to read is there.
expect "$usual" '' audit shake.pcap
tr -s '\n ' ' ' <out | grep -o '`spanaudit [^`]*`' >commands || fail "the report names no command"
part=$(tr -s '\n ' ' ' <out | sed -n 's/.*spanaudit(1), section \([A-Z ]*[A-Z]\).*/\1/p')
grep -q "^\.Sh $part\$" "$page" || fail "the manual has no section '$part', which the report names"
while read -r _ command _; do
	expect 0 '' "$command" --help
done < <(tr -d '`' <commands)
# What a tunnel carries is audited, and said to be in one (GRE, RFC 2784). Hosts that only the capture, or only the site file, has are
# listed.
{
	bytes 'd4c3b2a1 0200 0400 00000000 00000000 00000400 01000000'
	for inner in '0a010063 0a01000b c350 0d3d 00000001 00000000 5002' '0a01000b 0a010063 0d3d c350 00000001 00000002 5012'; do
		bytes "00f15365 00000000 4e000000 4e000000 020000000002 020000000001 0800
		    45000040 00000000 402f0000 ac100001 ac100002 00000800
		    45000028 00010000 40060000 $inner ffff 0000 0000"
	done
} >gre.pcap
expect "$usual" '' audit -s site.yaml gre.pcap
grep -q '^  Tunnels  *2 packets (100.0 %) inside a tunnel' out || fail "the text does not count what tunnels carry: $(cat out)"
grep -q '^  Unknown hosts 1 host .*: 10\.1\.0\.99$' out || fail "the unknown host is not listed: $(cat out)"
tr -s '\n ' ' ' <out | grep -q ' Not seen 1 host definition [a-z ]*: 10\.2\.0\.0-10\.2\.255\.255 ' || fail "the host that was not seen is not listed: $(cat out)"
grep -q 'fe01 (front-end) inside gre' out || fail "a finding does not tell of the tunnel: $(cat out)"
expect "$usual" '' audit -s site.yaml -f json gre.pcap
grep -q '"tunneled": *2,' out || fail "the report does not count what tunnels carry"
# A filter is told, and nothing is concluded from what it left out.
expect 0 '' audit -s site.yaml --filter 'tcp port 5061' -f json -o filtered.json shake.pcap
grep -q '"filter": *"tcp port 5061"' filtered.json || fail "the report does not tell the filter"
! grep -q '"state":"missing"' filtered.json || fail "missing rows where a filter left packets out"
expect 0 '' audit -s site.yaml --filter 'tcp port 5061' shake.pcap
grep -q '^  Filter  *tcp port 5061' out || fail "the text does not tell the filter"
# A product of which no document is loaded: only the capture is judged.
mkdir other
cat >other/documents.yaml <<'YAML'
documents:
  - {id: other, title: T, edition: E, language: en, date: "2020-01-01", source: "https://example.com/", product: lync-2013, csv: other.csv}
YAML
printf 'table,ordinal,role,service,port,protocol,kind\nT1,1,r,s,1,TCP,rule\n' >other/other.csv
cat >other/r.yaml <<'YAML'
subject: server
rules:
  - {id: r, rows: ["other#T1.1"], service: s, clients: [client], servers: [front-end], transport: [tcp], ports: [1], security: unstated,
     presence: required, absence: strong, gloss: G}
YAML
expect 0 'no loaded document counts at this site' audit -s site.yaml --rules other shake.pcap
grep -q 'only the capture itself is judged' out || fail "no document, and the report does not say so"
! grep -q undocumented-flow out || fail "undocumented traffic where no document counts"

# What --memory left no room for was not judged: no status says that all is well.
for command in "audit -s $top/pcaps/site.yaml --fail-on critical -d limit.db --memory 1M $top/pcaps/scan-ports.pcap" \
    'report -d limit.db --fail-on critical'; do
	pattern=
	[ "${command%% *}" = audit ] && pattern='[0-9]+ flows were not judged: --memory left no room'
	# shellcheck disable=SC2086 # a list of words
	expect 4 "$pattern" $command
	grep -qE '^  Limits  *[0-9]+ flows not judged' out || fail "flows that were not judged are not told"
done
# What a flow carries may be looked into no further long before flows have to end: that is told too, and each flow is counted once.
python3 - >undecided.pcap <<'PY'
import struct
import sys

put = sys.stdout.buffer.write
put(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101))
said = (True, 2, 0, b''), (False, 18, 0, b''), (False, 24, 1, b'220 mail ESMTP\r\n'), (True, 24, 1, b'EHLO x\r\n'), (False, 24, 17, b'250-mail\r\n250 AUTH\r\n')
for step, (client, flags, seq, text) in enumerate(said):
    for i in range(600):
        ends = struct.pack('>II', 0x0a000001 + i, 0x0a800001)
        tcp = struct.pack('>HHIIBBHHH', *((4000, 40001) if client else (40001, 4000)), 1000 + seq, 1001, 0x50, flags, 8192, 0, 0) + text
        ip = struct.pack('>BBHHHBBH', 0x45, 0, 20 + len(tcp), 600 * step + i, 0, 64, 6, 0) + (ends if client else ends[4:] + ends[:4]) + tcp
        put(struct.pack('<IIII', 1600000000 + step, i, len(ip), len(ip)) + ip)
PY
expect 0 '' flows -f csv undecided.pcap
[ "$(grep -c ',SMTP,dpi,' out)" = 600 ] || fail "the capture for want of memory shows other flows than it should"
expect 0 '[0-9]+ flows were ended early, or looked into no further: --memory' flows -f csv --memory 1M undecided.pcap
unread=$(grep -vc ',SMTP,dpi,' out)
[ "$unread" -gt 100 ] || fail "--memory 1M leaves $((unread - 1)) flows undecided"
expect 0 "$((unread - 1)) flows were ended early, or looked into no further" audit --memory 1M -f text undecided.pcap
grep -qE "^  Limits  *$((unread - 1)) flows ended early, or looked into no further" out || fail "flows that were looked into no further are not told"
expect 2 'takes no' report -d limit.db --list -f csv
# What a finding counts in flows alone claims no packets.
for format in text md html; do
	expect 1 '' audit -s "$top/pcaps/site.yaml" -f $format "$top/pcaps/one-way-client.pcap"
	grep -q '7 flows\|flows 7\|Flows: 7' out || fail "no flows in the finding as $format"
	! grep -qE '[^0-9]0 packets,|packets 0,|Packets: 0\.' out || fail "a finding of no packets: $(grep -E '0 packets|packets 0|Packets: 0' out)"
done
# A waiver without an end is told to have none.
{
	cat "$top/pcaps/site.yaml"
	echo 'waivers: [{kind: cleartext, reason: r, owner: o}]'
} >endless.yaml
for format in text md; do
	expect 0 'this waiver never expires' audit -s endless.yaml -f $format "$top/pcaps/sip-clear-5061.pcap"
	grep -q 'Waive.*r, by o, never expires$' out || fail "a waiver without an end as $format: $(grep 'by o' out)"
done
# The ports inside IPsec are told with their hosts: tshark says 10.20.1.11:57704 and 10.20.100.11:50024.
expect 1 '' audit -s "$top/pcaps/site.yaml" -f csv "$top/pcaps/ipsec-ah.pcap"
grep -q 'around udp from port 57704 of fe01 to port 50024 of 10\.20\.100\.11, ' out || fail "whose ports are inside: $(grep -o 'around[^,]*' out)"
# What README shows is what the demo prints.
(
	cd "$top" || exit
	"$program" audit -s pcaps/site.yaml pcaps/{ssh-on-5061,sip-clear-5061,wrong-direction}.pcap
) >out 2>err
sed '1,/^What a report looks like/d; /^## /,$d' "$top/README.md" | grep -v '^```' | grep . >shown
[ "$(wc -l <shown)" -ge 10 ] || fail "README.md shows no report"
! grep -vxFf out shown || fail "README.md shows lines that the demo does not print"

# The ending of the output chooses the format.
for ending in json jsonl csv md html sarif CEF; do
	expect "$usual" '' audit -s site.yaml -o "chosen.$ending" gre.pcap
	expect "$usual" '' audit -s site.yaml -f "${ending,,}" gre.pcap
	cmp -s out "chosen.$ending" || fail "-o chosen.$ending is not -f ${ending,,}"
done
expect "$usual" '' audit -s site.yaml -f csv --table conversations gre.pcap
same "$(cut -d, -f1,4,8 out | tail -n 1)" 10.1.0.99,10.1.0.11,3389 "conversation as CSV"

# A draft of a site file: it is one, and what is written without roles is told.
expect 0 '' discover -o draft.yaml shake.pcap
grep -q '^hosts:' draft.yaml || fail "discover: $(cat draft.yaml)"
expect 0 '.' audit -s draft.yaml --fail-on critical shake.pcap
expect 3 '.' discover cut.pcap
grep -q '^# .*not read to their end' out || fail "a draft of a part of a capture does not say so: $(head -n 5 out)"
expect 2 'needed for something else' discover -o shake.pcap shake.pcap

# The matrix, built in.
expect 0 '' rules list -f csv
same "$(head -n 1 out)" "rule,subject,service,client_roles,server_roles,transport,ports,port_side,apps,security,presence,absence,\
condition,citations,inferred" "columns of rules list"
rule=$(sed -n '2s/,.*//p' out)
expect 0 '' rules show "$rule"
grep -q "^$rule " out || fail "rules show $rule: $(head -c 200 out)"
expect 0 '' rules rows -f csv
same "$(head -n 1 out)" document,table,row,role,service,port,protocol,kind,rules,gloss "columns of rules rows"
printed=$(grep -cE '^[a-z0-9-]+,T[0-9]+,[0-9]+,' out)
expect 0 '' rules check
grep -q "^sound: [1-9][0-9]* documents* with $printed printed rows" out || fail "rules check, of $printed rows: $(cat out)"
# As CSV for a spreadsheet, and back.
expect 0 '' rules export -o sheets
expect 0 '' rules import sheets -o made
expect 0 '' rules export --rules made -o again
diff -r sheets again >err || fail "rules that were exported and imported: $(head -n 3 err)"
expect 2 'is not empty' rules export -o made
sed -i '2s/^[^,]*,/No Id,/' again/rules.csv
expect 2 "again/rules\.csv:2:1: A2 \(id\): 'No Id' cannot be an id" rules import again -o wrong
[ ! -e wrong ] || fail "a folder of rules of wrong CSV files"

# explain: a TLS client and its Front End Server, and what no document lists.
expect 0 '' explain -s site.yaml 10.2.0.5 fe01 5061/tcp TLS
grep -q '^documented' out || fail "explain: $(cat out)"
grep -qE 'sfb-2015-servers-es#T[14]\.[0-9]+' out || fail "explain cites nothing: $(cat out)"
expect 1 '' explain -s site.yaml 10.2.0.5 fe01 4711/tcp
grep -q '^not documented: step 5 ' out || fail "explain of a port: $(cat out)"
expect 1 '' explain -s site.yaml 192.0.2.1 fe01 5061/tcp
grep -q '^not documented: step 1 ' out || fail "explain of a stranger: $(cat out)"
grep -q 'the server.s port has to be 5061, not 4711' <(
	"$program" explain -s site.yaml 10.2.0.5 fe01 4711/tcp) || fail "explain: the term that fails is not told"
# nDPI's names in any case; a wrong one is no answer.
expect 0 '' explain -s site.yaml 10.2.0.5 fe01 5061/TCP tls
expect 2 "did you mean 'TLS'" explain -s site.yaml 10.2.0.5 fe01 5061/tcp TLSS
expect 2 "'Foo' is no application" explain -s site.yaml 10.2.0.5 fe01 5061/tcp Foo
# Media to a client: the range is that of the Front End Server, which is the client of this connection.
expect 1 '' explain -s site.yaml fe01 10.2.0.5 50000/udp RTP
grep -q "the client's port is not told (--client-port)" out || fail "explain of media: $(cat out)"
expect 0 '' explain -s site.yaml fe01 10.2.0.5 50000/udp RTP --client-port 50000
expect 1 '' explain -s site.yaml fe01 10.2.0.5 50000/udp RTP --client-port 1025
grep -q "the client's port has to be .*not 1025" <(tr -s '\n ' ' ' <out) || fail "explain of media: $(cat out)"
# Another port of these roles, the same port of other roles: before a range in which it lies by chance; one rule a line or two.
cat >gateway.yaml <<'YAML'
product: skype-for-business-2015
hosts:
  - {address: 10.1.0.11, name: fe01, roles: [front-end]}
  - {address: 10.1.0.31, name: gw01, roles: [pstn-gateway]}
  - {address: 10.1.0.41, name: twin, roles: [client]}
  - {address: 10.1.0.42, name: twin, roles: [front-end]}
YAML
expect 1 '' explain -s gateway.yaml fe01 gw01 5068/tcp
same "$(sed -n 's/^  \([a-z]*-\).*/\1/p' out | head -n 1)" gateway- "the nearest rule of 5068/tcp to a gateway"
[ "$(wc -l <out)" -lt 30 ] || fail "explain: too long: $(cat out)"
[ "$(wc -L <out)" -le 80 ] || fail "explain: too wide: $(cat out)"
expect 1 '' explain -s gateway.yaml fe01 gw01 5068/tcp --verbose
grep -q '^  transport  tcp$' out || fail "explain --verbose shows no rule: $(cat out)"
expect 1 '' explain -s gateway.yaml fe01 gw01 icmp
[ "$(wc -l <out)" -lt 30 ] || fail "explain of icmp: too long: $(cat out)"
expect 2 'several hosts of gateway.yaml, 10.1.0.41 and 10.1.0.42' explain -s gateway.yaml twin fe01 5061/tcp
expect 2 "did you mean 'fe01'" explain -s site.yaml 10.2.0.5 fe02 5061/tcp
expect 2 'PORT/TRANSPORT' explain -s site.yaml 10.2.0.5 fe01 5061
expect 2 'PORT/TRANSPORT' explain -s site.yaml 10.2.0.5 fe01 70000/tcp
expect 2 'PORT/TRANSPORT' explain -s site.yaml 10.2.0.5 fe01 tcp
expect 2 'not 2 arguments' explain -s site.yaml 10.2.0.5 fe01

echo "$done runs"
exit $bad
