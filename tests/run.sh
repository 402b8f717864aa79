#!/bin/bash
# Builds spanaudit and runs every test there is, on a bare Debian 12 too (as root, or with sudo, where packages are missing).
#
# usage: tests/run.sh [-h] [-k PATTERN]
#   -k PATTERN   only the checks whose name has PATTERN in it (a regular expression); the sanitizer build is always made
#
# Checks: the tests of ctest with address and undefined-behaviour sanitizers (gcc); a build with gcc and one with clang in
# which a warning is an error; shellcheck; where ../shared/corpus is, its captures.
# The log of each is build/log/NAME. Last line: N passed, N failed, N skipped. Exit status: 0 where none failed.
set -u
cd "$(dirname "$0")/.." || exit 2

pattern=.
while getopts hk: o; do
	case $o in
	h)
		sed -n '2,9s/^# \{0,1\}//p' "$0"
		exit 0
		;;
	k) pattern=$OPTARG ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
[ $# = 0 ] || {
	echo "run.sh: no arguments are expected, only options (-h tells)" >&2
	exit 2
}

export LC_ALL=C.UTF-8
passed=0 failed=0 skipped=0
log=build/log
mkdir -p "$log"

finish() {
	echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" = 0 ]
	exit
}

# check NAME COMMAND...: one check, told in one line; status 77 is "skipped", its last line says why.
check() {
	local name=$1 status start=$SECONDS
	shift
	[[ $name =~ $pattern ]] || return 0
	"$@" >"$log/$name" 2>&1 </dev/null
	status=$?
	if [ $status = 0 ]; then
		passed=$((passed + 1))
		echo "pass  $name ($((SECONDS - start)) s)"
	elif [ $status = 77 ]; then
		skipped=$((skipped + 1))
		echo "skip  $name: $(tail -n 1 "$log/$name")"
	else
		failed=$((failed + 1))
		echo "FAIL  $name: status $status, $log/$name ends:"
		tail -n 30 "$log/$name" | sed 's/^/      /'
		return 1
	fi
}

build() {
	cmake --preset "$1" && cmake --build --preset "$1"
}

# The tests of ctest count one by one.
ctests() {
	local only=() out=$log/ctest
	[ "$pattern" = . ] || only=(-R "$pattern")
	ctest --test-dir build/asan -j "$(nproc)" --timeout 300 --output-on-failure "${only[@]}" >"$out" 2>&1 </dev/null
	passed=$((passed + $(grep -cE '^ *[0-9]+/[0-9]+ Test .* Passed ' "$out")))
	skipped=$((skipped + $(grep -cE '^ *[0-9]+/[0-9]+ Test .*\*\*\*Skipped' "$out")))
	local bad
	bad=$(grep -E '^ *[0-9]+/[0-9]+ Test .*\*\*\*' "$out" | grep -vc '\*\*\*Skipped')
	failed=$((failed + bad))
	grep -E '^ *[0-9]+/[0-9]+ Test .*(\*\*\*| Passed )' "$out" | sed -E \
	    -e 's/^ *[0-9]+\/[0-9]+ Test +#[0-9]+: ([^ ]+) [. ]*\*\*\*Skipped.*/skip  \1/' \
	    -e 's/^ *[0-9]+\/[0-9]+ Test +#[0-9]+: ([^ ]+) [. ]*(\*\*\*.*)/FAIL  \1: \2/' \
	    -e 's/^ *[0-9]+\/[0-9]+ Test +#[0-9]+: ([^ ]+) [. ]*Passed +([0-9.]+) sec.*/pass  \1 (\2 s)/'
	[ "$bad" = 0 ] || { grep -vE '^ *(Start +[0-9]+:|[0-9]+/[0-9]+ Test .*Passed)' "$out" | tail -n 60; }
	grep -q 'Test .* Passed \|\*\*\*\|No tests were found' "$out" || {
		failed=$((failed + 1))
		echo "FAIL  ctest:"
		tail -n 20 "$out"
	}
}

scripts() {
	shellcheck -S warning tests/*.sh tests/tools/*.sh tests/bench/*.sh tests/page/*.sh pcaps/*.sh .ci/run
}

corpus() {
	[ -d ../shared/corpus ] || {
		echo "no ../shared/corpus"
		return 77
	}
	tests/corpus.sh "$1" build/asan/src/cli/spanaudit ../shared/corpus
}

tests/install.sh build test || {
	failed=1
	finish
}
tests/install.sh page || echo "run.sh: no browser, so the HTML report is not looked at" >&2
tests/install.sh sheet || echo "run.sh: no LibreOffice, so CSV is not opened in it" >&2
pattern=. check build-asan build asan || finish
ctests
check build-gcc build dev
check build-clang build dev-clang
check scripts scripts
check corpus-files corpus files
check corpus-flows corpus flows
check corpus-ndpi corpus ndpi
finish
