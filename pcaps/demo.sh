#!/bin/sh
# Builds spanaudit (build/release) and audits captures that our lab made: what a report looks like.
#
# usage: pcaps/demo.sh      on a bare Debian 12 as root, or with sudo, where packages are missing
set -eu
cd "$(dirname "$0")/.."

tests/install.sh build
mkdir -p build
if ! { cmake --preset release && cmake --build --preset release; } >build/demo.log 2>&1; then
	tail -n 30 build/demo.log >&2
	echo "demo.sh: spanaudit could not be built (build/demo.log)" >&2
	exit 1
fi

audit() {
	echo
	echo "\$ spanaudit audit $*"
	# Findings are what the demo is to show: status 1 is none of its failures.
	build/release/src/cli/spanaudit audit "$@" || [ $? = 1 ]
}

# A day on which all is as documented; then three in which it is not, read as one; and what the flows of a call are.
audit -s pcaps/site.yaml pcaps/healthy.pcap
audit -s pcaps/site.yaml pcaps/ssh-on-5061.pcap pcaps/sip-clear-5061.pcap pcaps/wrong-direction.pcap
echo
echo '$ spanaudit flows pcaps/trunk-call.pcap'
build/release/src/cli/spanaudit flows pcaps/trunk-call.pcap
