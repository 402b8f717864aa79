#!/bin/sh
# The HTML report in Chromium and before a validator. Needs chromium, nodejs, npm and its packages (package.json), which it fetches
# once; where one of them is not to be had it is skipped, and says why.
#
# usage: run.sh SPANAUDIT PAGE_MAKE FOLDER      FOLDER: for pages, packages and pictures
set -eu
spanaudit=$1 make=$2 work=$3
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)

skip() {
	echo "skipped: $1"
	exit 77
}

for tool in chromium node npm; do
	command -v "$tool" >/dev/null || skip "no $tool (tests/install.sh page)"
done
mkdir -p "$work/pictures"
cp "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$here/.htmlvalidate.json" "$work"
if ! cmp -s "$here/package-lock.json" "$work/installed"; then
	(cd "$work" && npm ci --ignore-scripts --no-audit --no-fund >npm.log 2>&1) || skip "npm could not fetch the packages ($work/npm.log)"
	cp "$here/package-lock.json" "$work/installed"
fi

# Findings are what the pages are to show: status 1 is none of a failure.
audit() {
	(cd "$root" && "$spanaudit" audit "$@") || [ $? = 1 ]
}
audit -s pcaps/site.yaml -o "$work/sample.html" pcaps/ssh-on-5061.pcap pcaps/sip-clear-5061.pcap pcaps/wrong-direction.pcap
audit -s pcaps/site.yaml -f html pcaps/ssh-on-5061.pcap pcaps/sip-clear-5061.pcap pcaps/wrong-direction.pcap >"$work/again.html"
cmp "$work/sample.html" "$work/again.html" || {
	echo "two runs, two pages"
	exit 1
}
rm -f "$work/audits.db"
audit -s pcaps/site.yaml -d "$work/audits.db" --hash -o "$work/sample.txt" pcaps/ssh-on-5061.pcap pcaps/sip-clear-5061.pcap pcaps/wrong-direction.pcap
"$spanaudit" report -d "$work/audits.db" -o "$work/again.html" || [ $? = 1 ]
cmp "$work/sample.html" "$work/again.html" || {
	echo "the page of the stored audit is another"
	exit 1
}
audit -s pcaps/site.yaml -o "$work/since.html" --since "$work/audits.db" pcaps/ssh-on-5061.pcap pcaps/smb-client.pcap
audit -s pcaps/site.yaml -o "$work/empty.html" pcaps/empty.pcap
for l in es pt-BR; do
	audit -l $l -s pcaps/site.yaml -o "$work/$l.html" pcaps/ssh-on-5061.pcap pcaps/sip-clear-5061.pcap pcaps/ipsec-mixed.pcap
done
audit -o "$work/nosite.html" pcaps/healthy.pcap
# The generator replaces parts of what it made and ends: what it leaves is no leak of the product.
ASAN_OPTIONS=detect_leaks=0 "$make" bulk 5000 >"$work/bulk.html"
ASAN_OPTIONS=detect_leaks=0 "$make" hostile >"$work/hostile.html"

# Frames and filters of the sample find packets.
if command -v tshark >/dev/null; then
	pcap=$root/pcaps/ssh-on-5061.pcap
	for filter in 'frame.number in {132, 135}' 'ip.addr == 10.20.100.12 && ip.addr == 10.20.1.11 && tcp.port == 5061'; do
		grep -qF "<code>$(printf %s "$filter" | sed 's/&/\&amp;/g')</code>" "$work/sample.html" || {
			echo "not on the page: $filter"
			exit 1
		}
	done
	tshark -r "$pcap" -Y 'frame.number in {132, 135} && tcp.port == 5061 && ip.addr == 10.20.1.11' 2>/dev/null | wc -l | grep -qx ' *2' || {
		echo "the frames are none of the filter's"
		exit 1
	}
fi

(cd "$work" && node_modules/.bin/html-validate sample.html since.html empty.html nosite.html hostile.html es.html pt-BR.html)
node "$here/page.mjs" "$work/node_modules" "$(command -v chromium)" "$work/pictures" sample="$work/sample.html" empty="$work/empty.html" \
	nosite="$work/nosite.html" since="$work/since.html" hostile="$work/hostile.html" bulk="$work/bulk.html" es="$work/es.html" pt="$work/pt-BR.html"
