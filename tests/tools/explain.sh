#!/bin/bash
# What "spanaudit explain" answers where the documents disagree with each other, leave something out or can be read in two ways: the
# goldens tests/golden/explain-*.txt, each of some questions to one site.
#
# Line numbers of rules are left out of them. usage: tests/tools/explain.sh PROGRAM [--bless]
set -u
program=$(realpath "$1")
golden=$(realpath "$(dirname "$0")/../golden")
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$golden" || exit 2
export LC_ALL=C.UTF-8 TERM=dumb
bless=${2:-}
bad=0 done=0

# point NAME: a status and the words of "explain", or of "rules show", one question a line.
point() {
	local name=$1 status words got
	while read -r status words; do
		case $words in
		show\ *) words="rules $words" ;;
		*) words="explain -s explain-site.yaml $words" ;;
		esac
		printf '$ spanaudit %s\n' "$words"
		# shellcheck disable=SC2086
		"$program" $words >"$tmp/one" 2>&1 </dev/null
		got=$?
		sed -E 's/^([a-z0-9-]+ \(.*):[0-9]+\)$/\1)/' "$tmp/one"
		[ $got = "$status" ] || echo "FAIL: $name: $words: status $got, not $status" >>"$tmp/bad"
		printf '\n'
	done >"$tmp/out"
	done=$((done + 1))
	if [ "$bless" = --bless ]; then
		cp "$tmp/out" "explain-$name.txt"
	elif ! diff -u "explain-$name.txt" "$tmp/out"; then
		echo "FAIL: $name"
		bad=1
	fi
	printf '%s\n' "explain-$name.txt" >>"$tmp/names"
}

# The role cell of the audio range prints users in Spanish and servers in Portuguese; audio ends where video begins.
point audio-servers <<'Q'
0 10.2.0.5 med01 57500/udp RTP
1 10.2.0.5 med01 57501/udp RTP
0 10.2.0.5 fe01 57500/udp RTP
0 10.2.0.5 fe01 57501/udp RTP
1 10.2.0.5 owa01 50000/udp RTP
Q

# Over TCP the range of application sharing holds those of audio and video, ephemeral ports and RPC's dynamic ones.
point shared-ranges <<'Q'
0 10.2.0.5 fe01 50000/tcp FramedMedia
1 10.2.0.5 fe01 50000/tcp
0 dir01 fe01 50000/tcp DCE_RPC
1 10.2.0.5 fe01 50000/tcp DCE_RPC
Q

# 5070 is printed as TCP and as TCP (MTLS).
point mediation-5070 <<'Q'
0 fe01 med01 5070/tcp TLS
0 fe01 med01 5070/tcp SIP
0 fe01 fe03 5070/tcp SIP
Q

# Services of SIP are printed with TCP alone; the 5061 row says mutual TLS for SIP between servers.
point tcp-alone <<'Q'
0 dir01 fe01 5062/tcp TLS
0 dir01 fe01 5062/tcp SIP
1 med01 fe01 5061/tcp SIP
Q

# Of clients on 5061 one table prints MTLS, another TLS.
point client-5061 <<'Q'
0 10.2.0.5 fe01 5061/tcp TLS
1 10.2.0.5 fe01 5061/tcp SIP
Q

# 444 has two uses in one cell, HTTPS and TCP.
point focus-444 <<'Q'
0 sba01 fe01 444/tcp TLS
0 sba01 fe01 444/tcp HTTP
1 dir01 fe01 444/tcp HTTP
Q

# Protocol cells that hold a transport, an application or a purpose.
point protocol-cells <<'Q'
0 admin01 fe01 135/tcp DCE_RPC
0 rp-in fe01 8080/tcp HTTP
0 10.2.0.5 pool 8080/tcp HTTP
Q

# No protocol is printed for Office Web Apps; another document says HTTPS.
point office-web-apps <<'Q'
0 fe01 owa01 443/tcp TLS
1 fe01 owa01 443/tcp HTTP
0 rp-in owa01 443/tcp TLS
0 10.2.0.5 owa01 443/tcp TLS
Q

# The range of Windows Live Messenger, a mangled cell, at the Edge's side; federation ended.
point live-messenger <<'Q'
0 --client-port=50000 edge-av messenger 9000/tcp FramedMedia
1 --client-port=49999 edge-av messenger 50000/tcp FramedMedia
0 edge-av messenger 3478/udp STUN
0 messenger edge-access 3478/udp STUN
Q

# Ports of outgoing traffic, printed as those of the server.
point outgoing <<'Q'
0 fe03 gw01 5081/tcp SIP
0 med01 gw01 5082/tcp TLS
0 fe01 e911 5066/tcp SIP
1 gw01 fe03 5081/tcp SIP
Q

# 445 is printed for the store's host, but it is the other one that listens.
point replication <<'Q'
0 fe02 med01 445/tcp NetBIOS.SMBv23
0 med01 fe02 445/tcp NetBIOS.SMBv23
1 10.2.0.5 fe02 445/tcp NetBIOS.SMBv23
1 fe01 med01 445/tcp NetBIOS.SMBv23
Q

# 4443 has three meanings: who connects decides.
point web-4443 <<'Q'
0 rp-in fe01 4443/tcp TLS
0 fe02 fe01 4443/tcp TLS
0 rp-in pool 4443/tcp TLS
1 10.2.0.5 fe01 4443/tcp TLS
1 fe02 edge-in 4443/tcp TLS
Q

# Web rows are printed for Directors, but the text has Directors connect.
point director-web <<'Q'
0 dir01 fe01 443/tcp TLS
1 10.2.0.5 dir01 443/tcp TLS
Q

# Rows that are printed twice: the SQL Browser, and 443 of a Front End Server.
point duplicates <<'Q'
0 dir01 fe01 1434/udp SSRP
0 10.2.0.5 fe01 443/tcp TLS
Q

# Two tables of load balancers are alternatives, and the site file does not tell which.
point load-balancers <<'Q'
0 10.2.0.5 pool 443/tcp TLS
0 10.2.0.5 pool 5061/tcp TLS
0 pool fe01 5061/tcp TLS
Q

# Behind a virtual address are its members alone, where the site file lists them.
point members <<'Q'
0 pool fe02 443/tcp TLS
1 pool fe03 443/tcp TLS
1 pool fe03 3389/tcp RDP
0 pool-b fe03 443/tcp TLS
Q

# Ports that a server tells its client; which ones, only a capture shows.
point announced <<'Q'
0 dir01 fe01 135/tcp DCE_RPC
0 dir01 fe01 49668/tcp DCE_RPC
1 dir01 fe01 5501/tcp DCE_RPC
1 dir01 fe01 50211/tcp MsSQL-TDS
Q

# Ports of clients from 1024 to 65535: the site's own range, and evidence of media.
point client-range <<'Q'
0 10.2.0.5 10.2.0.6 50000/udp RTP
1 10.2.0.5 10.2.0.6 50000/udp
1 10.2.0.5 10.2.0.6 50060/udp RTP
1 10.2.0.5 10.2.0.6 3389/tcp RDP
0 --client-port=50010 10.2.0.5 fe01 50500/udp RTP
1 --client-port=50010 10.2.0.5 fe01 40000/udp RTP
1 fe01 10.2.0.5 50000/udp RTP
0 --client-port=50010 10.2.0.5 edge-in 3478/udp STUN
Q

# IPsec: the text speaks of media ranges, the table of any port; exemptions document no traffic.
point ipsec <<'Q'
1 10.2.0.5 fe01 esp
1 10.2.0.5 10.2.0.6 esp
Q

# DHCP is the client's, whatever the text says.
point dhcp <<'Q'
0 10.2.0.5 dhcp01 67/udp DHCP
1 10.2.0.5 dhcp01 68/udp DHCP
1 --client-port=5000 10.2.0.5 dhcp01 67/udp DHCP
1 fe01 dhcp01 67/udp DHCP
Q

# What Spanish calls an RTC gateway is the PSTN gateway.
point gateway <<'Q'
0 gw01 med01 5068/tcp SIP
0 gw01 fe03 5067/tcp TLS
1 gw01 fe01 5067/tcp TLS
Q

# A row without content, which one edition left out; statements on Windows Firewall, which the editions differ on and no wire shows.
point no-traffic <<'Q'
0 show lync-2013-servers-es#T3.6
0 show sfb-2015-servers-es#T3.6
0 show lync-2013-servers-es#P.2
Q

# Every golden has its questions.
for f in explain-*.txt; do
	grep -qx "$f" "$tmp/names" || { echo "FAIL: $f: no question"; bad=1; }
done
if [ -e "$tmp/bad" ]; then
	cat "$tmp/bad"
	bad=1
fi
echo "$done points"
exit $bad
