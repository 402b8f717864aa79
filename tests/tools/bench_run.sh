#!/bin/bash
# tests/bench/run.sh: what is wrong in its command line is told before anything is done, its tables are those of its raw figures, a peer
# that fails or hangs is told as that, and a run that is interrupted leaves the figures of the former one. The peers are stand-ins.
#
# usage: tests/tools/bench_run.sh PROGRAM
set -u
[ $# = 1 ] || { echo "usage: bench_run.sh PROGRAM" >&2; exit 2; }
program=$(realpath "$1") run=$(realpath "$(dirname "$0")/../bench/run.sh") bad=0
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 2
mkdir bin
printf '#!/bin/sh\nexec sleep 0.3\n' >bin/ndpiReader
printf '#!/bin/sh\nexit 3\n' >bin/argus
printf '#!/bin/sh\nexec sleep 58\n' >bin/softflowd
chmod +x bin/*
export PATH=$tmp/bin:$PATH
small=(--program "$program" -b "$tmp/b" --flows 300 --calls 2 --max-packets 2000 --max-flows 2000 -n 2 --limit 1)

fail() {
	echo "$*"
	bad=1
}

# refused TEXT ARGUMENT...: status 2, and a message with this text
refused() {
	local text=$1
	shift
	"$run" "${small[@]}" "$@" >out 2>err
	[ $? = 2 ] || fail "$*: not status 2"
	grep -qF -- "$text" err || fail "$*: not told '$text' but: $(cat err)"
	[ ! -s out ] || fail "$*: prints $(head -n 1 out)"
}

"$run" -h >out || fail "-h: status $?"
for option in $(sed -n 's/^\t\(-[a-z |-]*\))$/\1/p; s/^\t\(--[a-z-]*\)).*/\1/p' "$run" | tr -d '|'); do
	grep -q -- "[ ,]${option}[ ,]" out || fail "-h does not tell $option"
done
grep -q 'in DIR/table.md' out || fail "-h ends early"

"$run" "${small[@]}" -p 'ndpiReader softflowd argus' >out 2>err || fail "status $?: $(cat err)"
cmp -s out b/table.md || fail "table.md is not what was printed"
grep -q '^flows-300.pcap: 300 flows, .* 300 of 300 flows in scope$' out || fail "the flows in scope are not told: $(grep '^flows-300' out)"
grep -q '^| softflowd | failed, status 137 |' out || fail "a peer that hangs: $(grep softflowd out)"
grep -q '^| argus | failed, status 3 |' out || fail "a peer that fails: $(grep argus out)"
[ "$(grep -c '^| [0-9,]* | [0-9,]* | ' out)" = 10 ] || fail "the growth is not in ten lines"
! grep -iE 'nan|inf |-nan' out || fail "not numbers"
# seconds, MiB, and the three ratios of ndpiReader's rows, from the raw figures
python3 - b/raw.tsv out <<'PY' || bad=1
import sys, statistics
rows = [l.rstrip("\n").split("\t") for l in open(sys.argv[1])]
def of(c, prog, column, pair=None):
    return {r[2]: float(r[column]) for r in rows if r[0] == c and r[1] == prog and (pair is None or r[3] == pair)}
def ratio(c, own, column):
    a, b = of(c, "ndpiReader", column), of(c, own, column, "ndpiReader")
    return statistics.median(a[k] / b[k] for k in a)
table = [l for l in open(sys.argv[2]) if l.startswith("| ndpiReader |")]
assert len(table) == 2, table
for c, line in zip(("flows-300.pcap", "media-2.pcap"), table):
    told = [float(x) for x in line.split("|")[2:7]]
    peer = lambda column: statistics.median(of(c, "ndpiReader", column).values())
    true = [peer(4), peer(6) / 1024, ratio(c, "audit-1", 4), ratio(c, "audit-2", 4), ratio(c, "audit-1", 6)]
    for t, w, within in zip(told, true, (.0051, .51, .051, .051, .051)):
        if abs(t - w) > within:
            sys.exit(f"{c}: the table says {told}, the raw figures {true}")
    if told[2] <= 1:
        print(f"{c}: a peer that sleeps 0.3 s is {told[2]} times as slow")
PY

# Nothing of what follows may touch the figures of the run above.
cp b/raw.tsv former
printf x >x.pcap
mkdir d
printf x >d/x.pcap
refused 'unknown option --nope' --nope
refused '-n needs a value' -n
refused "-n '0': must be a whole number from 1 on" -n 0
refused "--flows '2k': must be" --flows 2k
refused 'peer bogus: must be ndpiReader' -p 'ndpiReader bogus'
refused 'none.pcap: must be a capture' none.pcap
refused 'd: must be a capture' d
refused 'd/x.pcap and ' x.pcap d/x.pcap
refused 'none.yaml: cannot be read' -s none.yaml
refused 'none/none: no program' --program none/none
setsid env --default-signal=INT "$run" "${small[@]}" --limit 60 -p softflowd --no-growth >out 2>err &
pid=$!
for ((i = 0; i < 300; i++)); do
	[ -s b/raw.tsv.new ] && pgrep -g "$pid" timer >/dev/null && break
	sleep 0.1
done
kill -INT -- "-$pid"
wait "$pid"
[ $? = 130 ] || fail "interrupted: not status 130"
grep -q 'not finished: the figures so far are in' err || fail "interrupted: not told: $(cat err)"
[ -s b/raw.tsv.new ] || fail "interrupted: the figures so far are gone"
cmp b/raw.tsv former || fail "the figures of the former run are gone"
! ls b/*.pcap.new 2>/dev/null || fail "half a capture is left"
exit $bad
