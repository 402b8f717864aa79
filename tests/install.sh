#!/bin/sh
# Installs the Debian packages that are missing; does nothing, and needs no network, where all are there.
#
# usage: tests/install.sh build|test|page|sheet...
#   build   what it takes to build and to run spanaudit
#   test    what the tests need besides
#   page    what the test of the HTML report needs: a browser; without it that test is skipped
#   sheet   what the test of CSV needs: LibreOffice Calc; without it that test is skipped
set -eu

build='gcc libc6-dev cmake ninja-build pkgconf libpcap-dev libndpi-dev libsqlite3-dev libyaml-dev libjansson-dev libarchive-dev zlib1g-dev
	libgcrypt20-dev libmicrohttpd-dev libseccomp-dev libcap-ng-dev gettext'
test='libcmocka-dev clang groff-base mandoc shellcheck python3 python3-jsonschema cmark-gfm iproute2 tcpreplay tcpdump logrotate systemd
	python3-prometheus-client tshark tmux'
page='chromium nodejs'
sheet='libreoffice-calc'
# A nodejs of another archive may bring npm along, and stand against Debian's.
command -v npm >/dev/null || { page="$page npm"; test="$test npm"; }

want=
[ $# -gt 0 ] || set -- help
for set in "$@"; do
	case $set in
	build) want="$want $build" ;;
	test) want="$want $test" ;;
	page) want="$want $page" ;;
	sheet) want="$want $sheet" ;;
	*)
		sed -n '2,9s/^# \{0,1\}//p' "$0" >&2
		exit 2
		;;
	esac
done

missing=
for p in $want; do
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null)" = installed ] || missing="$missing $p"
done
[ -n "$missing" ] || exit 0

command -v apt-get >/dev/null || {
	echo "install.sh: no apt-get here: install what is meant by$missing" >&2
	exit 1
}
root=
[ "$(id -u)" = 0 ] || root='sudo'
echo "installing$missing" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt() {
	DEBIAN_FRONTEND=noninteractive $root apt-get -qq -o Dpkg::Use-Pty=0 "$@" >"$log" 2>&1
}
# shellcheck disable=SC2086 # a list of words
if ! apt update || ! apt install -y --no-install-recommends $missing; then
	tail -n 20 "$log" >&2
	echo "install.sh: apt-get could not install$missing" >&2
	exit 1
fi
