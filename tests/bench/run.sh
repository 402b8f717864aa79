#!/bin/bash
# Measures spanaudit beside other programs that read captures, and how its cost grows; prints tables in Markdown.
#
# usage: tests/bench/run.sh [OPTION]... [CAPTURE]...
#   -h, --help          this text
#   --full              the large sizes: 12 GB of disk and about an hour; default: a few minutes and 2 GB
#   -n, --rounds N      how often each is run; medians are told (5)
#   -b, --build DIR     where captures and programs are made, and found again by the next run (build/bench)
#   -p, --peers LIST    instead of "ndpiReader softflowd nfpcapd argus tcpdump"; "" for none
#   --program FILE      this spanaudit, instead of building one
#   -s, --site FILE     the site file of the audits (tests/bench/site.yaml, which is that of the generated captures)
#   --flows N           short flows of the comparison (200000; full 1200000)
#   --calls N           calls at a time of the comparison, for 30 seconds (500; full 2000)
#   --max-packets N     the growth goes up to so many packets (2000000; full 10000000)
#   --max-flows N       and up to so many flows (400000; full 4000000)
#   --no-growth         the comparison only
#   --limit SECONDS     a run that takes longer is ended and told as failed (300)
#
# Each CAPTURE is compared as the two generated ones are. Peers come from Debian and are installed where they are missing (as root,
# or with sudo). spanaudit runs the whole audit, with a site file and the built-in matrix, alternately with each peer, on captures in
# the page cache. What the site file does not name is classified and counted, but not judged: the tables tell how many flows are in
# scope, and a CAPTURE of yours wants your site. The raw figures stay in DIR/raw.tsv, the tables in DIR/table.md.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd) || exit 2
here=$top/tests/bench

die() {
	echo "run.sh: $*" >&2
	exit 2
}

full=0 rounds=5 build=$top/build/bench peers='ndpiReader softflowd nfpcapd argus tcpdump' program='' site=$here/site.yaml flows='' calls='' packets_max='' flows_max=''
growth=1 limit=300 captures=()
while [ $# -gt 0 ]; do
	case $1 in
	-h | --help)
		sed -n '2,23s/^# \{0,1\}//p' "$0"
		exit 0
		;;
	--full) full=1 ;;
	--no-growth) growth=0 ;;
	-n | --rounds | -b | --build | -p | --peers | --program | -s | --site | --flows | --calls | --max-packets | --max-flows | --limit)
		[ $# -gt 1 ] || die "$1 needs a value (-h tells)"
		case $1 in
		-n | --rounds | --flows | --calls | --max-packets | --max-flows | --limit)
			[[ $2 =~ ^[1-9][0-9]*$ ]] || die "$1 '$2': must be a whole number from 1 on" ;;
		esac
		case $1 in
		-n | --rounds) rounds=$2 ;;
		-b | --build) build=$2 ;;
		-p | --peers) peers=$2 ;;
		--program) program=$2 ;;
		-s | --site) site=$2 ;;
		--flows) flows=$2 ;;
		--calls) calls=$2 ;;
		--max-packets) packets_max=$2 ;;
		--max-flows) flows_max=$2 ;;
		--limit) limit=$2 ;;
		esac
		shift
		;;
	-*) die "unknown option $1 (-h tells)" ;;
	*)
		[ -f "$1" ] && [ -r "$1" ] || die "$1: must be a capture file that can be read"
		for f in "${captures[@]}"; do
			[ "$(basename "$f")" != "$(basename "$1")" ] || die "$1 and $f: the tables tell captures by their names: give one of them another"
		done
		captures+=("$(realpath -s "$1")")
		;;
	esac
	shift
done
[ -r "$site" ] || die "$site: cannot be read"
site=$(realpath "$site")
if [ -n "$program" ]; then
	[ -f "$program" ] && [ -x "$program" ] || die "$program: no program that can be started"
	program=$(realpath "$program")
fi
small_or() {
	[ $full = 1 ] && echo "$2" || echo "$1"
}
flows=${flows:-$(small_or 200000 1200000)} calls=${calls:-$(small_or 500 2000)}
packets_max=${packets_max:-$(small_or 2000000 10000000)} flows_max=${flows_max:-$(small_or 400000 4000000)}
export LC_ALL=C.UTF-8

# --- programs

package_of() {
	case $1 in
	ndpiReader) echo libndpi-bin ;;
	nfpcapd) echo nfdump ;;
	argus) echo argus-server ;;
	softflowd | tcpdump) echo "$1" ;;
	*) die "peer $1: must be ndpiReader, softflowd, nfpcapd, argus or tcpdump" ;;
	esac
}

for p in $peers; do
	package_of "$p" >/dev/null
done

installed() {
	command -v "$1" >/dev/null || [ -x "/usr/sbin/$1" ]
}

install_peers() {
	local p package missing=() root=()
	for p in $peers; do
		package=$(package_of "$p")
		installed "$p" || missing+=("$package")
	done
	[ ${#missing[@]} -gt 0 ] || return
	[ "$(id -u)" = 0 ] || root=(sudo)
	echo "installing ${missing[*]}" >&2
	{
		"${root[@]}" apt-get -qq update &&
		    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "${missing[@]}"
	} >"$build/install.log" 2>&1 || echo "run.sh: could not install all of ${missing[*]} ($build/install.log): told as not installed" >&2
}

build_all() {
	local p
	if [ -z "$program" ]; then
		"$top/tests/install.sh" build || exit 2
		(cd "$top" && cmake --preset release && cmake --build --preset release) >"$build/build.log" 2>&1 ||
		    die "could not build spanaudit ($build/build.log)"
		program=$top/build/release/src/cli/spanaudit
	fi
	# In the same build as the program.
	load=$(dirname "$program")/../../tests/bench_load
	if [ ! -x "$load" ]; then
		cmake --build "$(dirname "$program")/../.." --target bench_load >>"$build/build.log" 2>&1
		[ -x "$load" ] || load=
	fi
	for p in mkflows mkmedia timer; do
		if [ "$build/$p" -nt "$here/$p.c" ] && [ "$build/$p" -nt "$here/gen.c" ] && [ "$build/$p" -nt "$here/gen.h" ]; then
			continue
		fi
		cc -std=c11 -D_GNU_SOURCE -O2 -o "$build/$p" "$here/$p.c" "$here/gen.c" || die "could not build $p"
	done
}

# --- captures

# made GENERATOR NAME ARGUMENTS...: sets `capture`; beside it, in NAME.txt, what the generator said of it.
made() {
	local generator=$build/$1 name=$2
	shift 2
	capture=$build/$name.pcap
	[ "$capture" -nt "$generator" ] && return
	echo "writing $name.pcap" >&2
	"$generator" "$@" -o "$capture.new" 2>"$build/$name.txt" || die "$(tail -n 1 "$build/$name.txt")"
	mv "$capture.new" "$capture"
}

# How many flows of a capture the site file has in scope, of how many; once a capture, not measured.
scope_of() {
	"$program" audit -s "$site" --fail-on critical -f json "$1" 2>/dev/null | awk -F': ' '
	    /^ *"flows":/ && !flows { flows = $2 + 0 } /"out_of_scope_flows":/ { out = $2 + 0; told = 1 }
	    END { if (told) print flows - out, flows }' >"$tmp/scope-$(basename "$1")"
}

said() { # CAPTURE flows|packets
	sed -n "s/.* \([0-9]*\) $2.*/\1/p" "${1%.pcap}.txt" 2>/dev/null
}

thousands() {
	echo "$1" | sed -E ':a; s/([0-9])([0-9]{3})($|,)/\1,\2\3/; ta'
}

megabytes() {
	echo $((($(stat -L -c %s "$1") + 500000) / 1000000))
}

# --- runs

# measured CAPTURE PROGRAM ROUND PAIR COMMAND...: a line of raw.tsv.
measured() {
	local f=$1 name=$2 round=$3 pair=$4 line
	shift 4
	line=$("$build/timer" "$limit" "$@") || die "timer failed"
	printf '%s\t%s\t%s\t%s\t%s\n' "$(basename "$f")" "$name" "$round" "$pair" "${line// /$'\t'}" >>"$raw"
}

# ours CAPTURE THREADS ROUND PAIR KIND
ours() {
	local f=$1 t=$2 round=$3 pair=$4 kind=$5
	local audit=(audit -s "$site" --fail-on critical --threads "$t")
	case $kind in
	audit) measured "$f" "audit-$t" "$round" "$pair" "$program" "${audit[@]}" "$f" ;;
	store)
		rm -f "$tmp/audit.db"
		measured "$f" "store-$t" "$round" "$pair" "$program" "${audit[@]}" -d "$tmp/audit.db" "$f"
		;;
	flows) measured "$f" "flows-$t" "$round" "$pair" "$program" flows -f csv --threads "$t" "$f" ;;
	esac
}

theirs() {
	local f=$1 p=$2 round=$3 command=()
	case $p in
	ndpiReader) command=(ndpiReader -q -i "$f") ;;
	softflowd) command=(softflowd -r "$f" -d -v 10 -m 8000000 -n 127.0.0.1:9 -p "$tmp/pid" -c none) ;; # with a control socket it may wait for ever
	nfpcapd)
		rm -rf "$tmp/nf"
		mkdir "$tmp/nf"
		command=(nfpcapd -r "$f" -w "$tmp/nf")
		;;
	argus)
		rm -f "$tmp/argus"
		command=(argus -r "$f" -w "$tmp/argus")
		;;
	tcpdump) command=(tcpdump -r "$f" -w /dev/null) ;;
	esac
	measured "$f" "$p" "$round" "$p" "${command[@]}"
}

compare() {
	local f=$1 round p t gave_up=' '
	for ((round = 1; round <= rounds; round++)); do
		echo "comparing on $(basename "$f"), round $round of $rounds" >&2
		cat "$f" >/dev/null
		for t in 1 2; do
			for p in store flows; do
				ours "$f" $t $round self $p
			done
			[ -n "$peers" ] || ours "$f" $t $round self audit
		done
		for p in $peers; do
			installed "$p" || continue
			[[ $gave_up != *" $p "* ]] || continue
			ours "$f" 1 $round "$p" audit
			theirs "$f" "$p" $round
			# One that crashed or took too long is not asked again.
			[ "$(tail -n 1 "$raw" | cut -f 8)" = 0 ] || gave_up="$gave_up$p "
			ours "$f" 2 $round "$p" audit
		done
	done
}

# --- tables

# What awk does to raw.tsv in each table: get(capture, program, pair or "", column) fills v[1..n]; median(n) of v.
# Columns: 1 capture 2 program 3 round 4 pair 5 wall 6 processor 7 KiB 8 status.
read -r -d '' functions <<'AWK'
function sort(n,    i, j, x) {
	for (i = 2; i <= n; i++) {
		x = v[i]
		for (j = i - 1; j > 0 && v[j] > x; j--) v[j + 1] = v[j]
		v[j + 1] = x
	}
}
function median(n) { sort(n); return n % 2 ? v[(n + 1) / 2] : (v[n / 2] + v[n / 2 + 1]) / 2 }
function of(program, column,    i, n) {
	n = 0
	for (i = 1; i <= rows; i++) if (prog[i] == program) v[++n] = value[i, column]
	return n ? median(n) : 0
}
# Peer against ours in the rounds of their pair: the median of the ratios.
function times(peer, own, column,    i, n) {
	n = 0
	for (i = 1; i <= rows; i++) if (prog[i] == own && pair[i] == peer) mine[round[i]] = value[i, column]
	for (i = 1; i <= rows; i++) if (prog[i] == peer && mine[round[i]] > 0) v[++n] = value[i, column] / mine[round[i]]
	return n ? median(n) : 0
}
$1 == capture { rows++; prog[rows] = $2; round[rows] = $3; pair[rows] = $4; for (i = 5; i <= 8; i++) value[rows, i] = $i; if ($8 > 0) failed[$2] = $8; ran[$2] = 1 }
AWK

compared() {
	local f=$1 what flows_said in_scope all
	flows_said=$(said "$f" flows)
	what="$(basename "$f"): $(megabytes "$f") MB"
	[ -z "$flows_said" ] || what="$(basename "$f"): $(thousands "$flows_said") flows, $(thousands "$(said "$f" packets)") packets, $(megabytes "$f") MB"
	read -r in_scope all <"$tmp/scope-$(basename "$f")" && what="$what, $(thousands "$in_scope") of $(thousands "$all") flows in scope"
	printf '\n%s\n\n' "$what"
	echo '| program | seconds | peak MiB | time / ours, 1 thread | time / ours, 2 threads | memory / ours |'
	echo '| --- | --: | --: | --: | --: | --: |'
	awk -F'\t' -v capture="$(basename "$f")" -v peers="$peers" "$functions"'
	function row(program, label) {
		if (!(program in ran)) return
		printf "| %s%s | %.2f | %.0f | | | |\n", label, program in failed ? " (exit status " failed[program] ")" : "", of(program, 5), of(program, 7) / 1024
	}
	END {
		for (t = 1; t <= 2; t++) {
			s = t > 1 ? "s" : ""
			row("audit-" t, "**spanaudit audit**, " t " thread" s)
			row("store-" t, "spanaudit audit -d, " t " thread" s)
			row("flows-" t, "spanaudit flows -f csv, " t " thread" s)
		}
		n = split(peers, p, " ")
		for (i = 1; i <= n; i++) {
			if (!(p[i] in ran)) print "| " p[i] " | not installed | | | | |"
			else if (p[i] in failed) print "| " p[i] " | failed, status " failed[p[i]] " | | | | |"
			else printf "| %s | %.2f | %.0f | %.1f | %.1f | %.1f |\n", p[i], of(p[i], 5), of(p[i], 7) / 1024, times(p[i], "audit-1", 5), times(p[i], "audit-2", 5), times(p[i], "audit-1", 7)
		}
	}' "$raw"
}

grown() {
	local f
	printf '\n%s\n\n' "$1"
	shift
	echo '| packets | flows | MB | seconds, 1 thread | ns a packet | seconds, 2 threads | ns a packet | peak MiB |'
	echo '| --: | --: | --: | --: | --: | --: | --: | --: |'
	for f in "$@"; do
		awk -F'\t' -v capture="$(basename "$f")" -v packets="$(said "$f" packets)" -v p="$(thousands "$(said "$f" packets)")" \
		    -v flows="$(thousands "$(said "$f" flows)")" -v mb="$(megabytes "$f")" "$functions"'
		END {
			one = of("audit-1", 5); two = of("audit-2", 5)
			printf "| %s | %s | %s | %.2f | %.0f | %.2f | %.0f | %.0f |\n", p, flows, mb, one, one * 1e9 / packets, two, two * 1e9 / packets, of("audit-1", 7) / 1024
		}' "$raw"
	done
}

# The captures of a series in turns, each `rounds` times.
grow() {
	local f round t
	for ((round = 1; round <= rounds; round++)); do
		echo "growth, round $round of $rounds" >&2
		for f in "$@"; do
			cat "$f" >/dev/null
			for t in 1 2; do
				ours "$f" $t $round growth audit
			done
		done
	done
}

machine() {
	local p version
	echo "Machine: $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) cores, $(awk '/MemTotal/ { printf "%.0f", $2 / 1048576 }' /proc/meminfo) GiB of memory, Linux $(uname -r), $(sed -n 's/^PRETTY_NAME="\(.*\)"/\1/p' /etc/os-release)."
	echo "Programs: $("$program" --version | paste -sd, - | sed 's/,/, /g')$(for p in $peers; do
		version=$(dpkg-query -W -f '${Version}' "$(package_of "$p")" 2>/dev/null) && printf '; %s %s' "$p" "$version"
	done)."
	echo "Medians of $rounds runs, captures in the page cache. A ratio is the median of the ratios within the rounds, in which spanaudit and the peer ran one after the other."
	echo "Time includes the start of the program (nDPI, the rules), which dominates on the smallest captures. Memory is the kernel's peak of resident pages."
	echo "The site file is $(basename "$site"); flows between hosts that it does not name are classified and counted, not judged."
	echo "ndpiReader has no matrix, the others no classification either: spanaudit does the whole audit."
	if [ -n "$load" ]; then
		echo
		echo "The matrix, in time of the processor; matched against all five documents and 10,000 hosts with roles:"
		"$load" | sed 's/^/- /'
	fi
}

# --- the whole

mkdir -p "$build" || die "$build: cannot be made"
build=$(cd "$build" && pwd)
tmp=$(mktemp -d) || exit 2
clean() {
	rm -rf "$tmp"
	[ -z "${capture:-}" ] || rm -f "$capture.new"
	[ -s "$build/raw.tsv.new" ] || rm -f "$build/raw.tsv.new"
	[ ! -f "$build/raw.tsv.new" ] || echo "run.sh: not finished: the figures so far are in $build/raw.tsv.new, those of a former run were left" >&2
}
trap clean EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
PATH=$PATH:/usr/sbin
raw=$build/raw.tsv.new
: >"$raw"
install_peers
build_all
awk '$1 > 0.5 { print "run.sh: the machine is busy (load " $1 "): the figures will be too" > "/dev/stderr" }' /proc/loadavg

made mkflows "flows-$flows" --flows "$flows"
generated=("$capture")
made mkmedia "media-$calls" --calls "$calls" --tunnels $((calls * 3 / 100)) --seconds 30
generated+=("$capture")
for f in "${generated[@]}" "${captures[@]}"; do
	compare "$f"
	scope_of "$f"
done

# The same mix, longer; a short flow has 4.6 packets, a call 101 a second for 12 seconds of 13.
longer=() voice=() wider=()
if [ $growth = 1 ]; then
	for n in 1 2 5 10; do
		p=$((packets_max * n / 10))
		made mkflows "long-$p" --flows $((p * 10 / 46)) --rate 20000
		longer+=("$capture")
		made mkmedia "voice-$p" --calls 500 --tunnels 15 --seconds $(((p + 46800) / 46800))
		voice+=("$capture")
	done
	# All of them within a minute, so that their number is also the number that live at the same time.
	for ((n = 1000; n < flows_max; n *= 10)); do
		made mkflows "wide-$n" --flows $n --rate $(((n + 59) / 60))
		wider+=("$capture")
	done
	made mkflows "wide-$flows_max" --flows "$flows_max" --rate $(((flows_max + 59) / 60))
	wider+=("$capture")
	grow "${longer[@]}"
	grow "${voice[@]}"
	grow "${wider[@]}"
fi

{
	machine
	for f in "${generated[@]}" "${captures[@]}"; do
		compared "$f"
	done
	if [ $growth = 1 ]; then
		grown "More packets, short flows (20,000 new ones a second):" "${longer[@]}"
		grown "More packets, 500 calls at a time:" "${voice[@]}"
		grown "More flows, all within a minute:" "${wider[@]}"
	fi
} | tee "$build/table.md.new"
mv "$build/table.md.new" "$build/table.md"
mv "$raw" "$build/raw.tsv"
