#!/bin/bash
# How many packets does a live reader lose? Two network namespaces joined by a veth pair: tcpreplay sends on one side, the reader listens on
# the other. Nothing leaves the namespaces, which go at the end. Needs root, iproute2, tcpreplay, tcpdump; ndpiReader where it is there.
#
# usage: live.sh [-r 'PPS... max'] [-p 'READER...'] [-n REPEATS] [-b MIB] [-s SITE] [-m MEMORY] SPANAUDIT CAPTURE.pcap
#   readers: spanaudit (watch), spanaudit-db (with a database and events), tcpdump (-w /dev/null), ndpiReader
#   -b: the kernel's buffer, which tcpdump gets too; ndpiReader has no option for it
#
# A row: reader, asked packets/s, sent, packets/s, received by the interface, processed by the reader, lost in % of sent, the
# reader's seconds of processor. tcpreplay has processor 0, the reader 1. A capture is played from memory, so it has to fit there.
set -u
rates='100000 200000 300000 max' readers='spanaudit spanaudit-db tcpdump ndpiReader' repeats=1 buffer=64 site='' memory=512M
while getopts r:p:n:b:s:m:h o; do
	case $o in
	r) rates=$OPTARG ;;
	p) readers=$OPTARG ;;
	n) repeats=$OPTARG ;;
	b) buffer=$OPTARG ;;
	s) site=$OPTARG ;;
	m) memory=$OPTARG ;;
	*)
		sed -n '2,11s/^# \{0,1\}//p' "$0"
		exit 2
		;;
	esac
done
shift $((OPTIND - 1))
program=${1:?"usage: live.sh [options] SPANAUDIT CAPTURE.pcap (-h tells)"} capture=${2:?"usage: live.sh [options] SPANAUDIT CAPTURE.pcap"}
a=aud-live-a-$$ b=aud-live-b-$$ T=$(mktemp -d)
cleanup() {
	ip netns del "$a" 2>/dev/null
	ip netns del "$b" 2>/dev/null
	rm -rf "$T"
}
trap cleanup EXIT
trap 'exit 1' INT TERM
ip netns add "$a" && ip netns add "$b" || exit 1
ip -n "$a" link add va type veth peer name vb netns "$b" || exit 1
for n in "$a" "$b"; do ip netns exec "$n" sysctl -qw net.ipv6.conf.all.disable_ipv6=1; done
ip -n "$a" link set va mtu 9100 arp off up
ip -n "$b" link set vb mtu 9100 arp off promisc on up
sleep 1
count() { ip netns exec "$1" cat "/sys/class/net/$2/statistics/$3"; }
# The last heartbeat tells how many frames were processed.
watch=("$program" watch -i vb --no-sandbox --buffer "${buffer}M" --memory "$memory" --threads 2 -o "$T/report.json")
[ -z "$site" ] || watch+=(-s "$site")
printf 'reader\tasked\tsent\tpps\treceived\tprocessed\tlost%%\tcpu_s\n'
for reader in $readers; do
	for rate in $rates; do
		for _ in $(seq "$repeats"); do
			case $reader in
			tcpdump) words=(tcpdump -i vb -n -B $((buffer * 1024)) -w /dev/null) ;;
			ndpiReader) words=(ndpiReader -i vb) ;;
			spanaudit) words=("${watch[@]}") ;;
			spanaudit-db) words=("${watch[@]}" -d "$T/audit.db" --events "$T/events.json") ;;
			*) exit 2 ;;
			esac
			command -v "${words[0]}" >/dev/null || continue 3
			rm -f "$T"/audit.db* "$T/events.json"
			sent0=$(count "$a" va tx_packets) received0=$(count "$b" vb rx_packets)
			ip netns exec "$b" taskset -c "${READER_CPUS:-1}" env --default-signal=INT "${words[@]}" >"$T/out" 2>&1 </dev/null &
			pid=$!
			sleep 3
			speed=(--pps="$rate")
			[ "$rate" = max ] && speed=(--topspeed)
			ip netns exec "$a" taskset -c 0 tcpreplay -q -K "${speed[@]}" -i va "$capture" >"$T/sent" 2>&1
			sleep 2
			sent=$(($(count "$a" va tx_packets) - sent0)) received=$(($(count "$b" vb rx_packets) - received0))
			cpu=$(awk -v hz="$(getconf CLK_TCK)" '{sub(/.*\) /, ""); print ($12 + $13) / hz}' "/proc/$pid/stat")
			kill -INT "$pid"
			wait "$pid"
			case $reader in
			tcpdump) got=$(sed -n 's/^\([0-9]*\) packets captured.*/\1/p' "$T/out") ;;
			ndpiReader) got=$(sed -n 's/.*IP packets: *[0-9]* *of \([0-9]*\) packets total.*/\1/p' "$T/out" | tail -n 1) ;;
			*) got=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["coverage"]["frames"])' "$T/report.json") ;;
			esac
			pps=$(sed -n 's/.*, \([0-9.]*\) pps.*/\1/p' "$T/sent" | tail -n 1)
			lost=$(awk -v s="$sent" -v g="${got:-x}" 'BEGIN { if (g == "x" || !s) print "?"; else printf "%.2f", 100 * (s - g) / s }')
			printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$reader" "$rate" "$sent" "${pps:-?}" "$received" "${got:-?}" "$lost" "$cpu"
		done
	done
done
