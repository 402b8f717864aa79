#!/bin/bash
# What `cmake --install` puts somewhere works there: from another folder, without the sources' help.
#
# usage: tests/tools/installed.sh BUILD
set -eu
build=$(realpath "$1")
top=$(cd "$(dirname "$0")/../.." && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cmake --install "$build" --prefix "$tmp/usr" >"$tmp/log" || { cat "$tmp/log"; exit 1; }
cd "$tmp"
usr/bin/spanaudit --version | grep -q '^spanaudit [0-9]'
usr/bin/spanaudit rules check
# Its languages are in it.
env -i usr/bin/spanaudit audit -l es "$top/pcaps/empty.pcap" >report || [ $? = 1 ]
grep -q 'La captura no contiene ninguna trama' report
test -s usr/share/man/man1/spanaudit.1
# What the man page says is installed with the documentation.
for file in events.schema.json audit.schema.json; do
	test -s "usr/share/doc/spanaudit/$file"
done
# Nothing that only the compiler needs, and nothing outside the prefix.
! grep -v "^-- \(Installing\|Up-to-date\|Install configuration\): *\"\{0,1\}\($tmp/usr/\|[A-Za-z]*\"\)" "$tmp/log" | grep .
