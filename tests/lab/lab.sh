#!/bin/bash
# Makes the sample captures: real programs in network namespaces, recorded on the bridge between them (the SPAN port).
#
#   lab.sh [-l] [OUTDIR [CAPTURE...]]       OUTDIR: pcaps/ of the project; CAPTURE: all of them; -l lists them
#
# Needs root. Programs that are missing are installed from Debian. Nothing leaves the namespaces: the bridge has no way out
# and no host has a default route. Everything that was made is removed on exit, however that comes.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
umask 022
export LC_ALL=C

# --- the machinery ----------------------------------------------------------------------------------------------------------

P=aud$$			# prefix of all namespaces
T=			# everything temporary
servers=()		# pids of what the current capture started
declare -A addr addr6

die() { echo "lab: $*" >&2; exit 1; }

cleanup() {
	trap '' INT TERM HUP
	exec 2>/dev/null
	local ns all
	all=$(ip netns list 2>/dev/null | awk -v p="$P-" 'index($1, p) == 1 {print $1}')
	for ns in $all; do ip netns pids "$ns" 2>/dev/null | xargs -r kill -9 2>/dev/null || true; done	# only we have any there
	{ wait; } 2>/dev/null || true
	for ns in $all; do ip netns del "$ns" || true; done
	[ -z "$T" ] || rm -rf "$T"
}

need() {	# program package
	command -v "$1" >/dev/null || [ -e "$1" ] || missing+=("$2")
}

install_missing() {
	missing=()
	need ip iproute2; need tcpdump tcpdump; need openssl openssl; need /usr/sbin/nginx nginx-light; need curl curl
	need sipp sip-tester; need smbd samba; need smbclient smbclient; need rpcclient smbclient; need turnserver coturn
	need /usr/libexec/samba/samba-dcerpcd samba; need turnutils_stunclient coturn; need dnsmasq dnsmasq-base; need udhcpc udhcpc
	need busybox busybox; need dropbear dropbear-bin; need ssh openssh-client; need nmap nmap; need nft nftables
	need ethtool ethtool; need mergecap wireshark-common; need tcprewrite tcpreplay; need python3 python3-minimal
	need ss iproute2; need unshare util-linux; need tc iproute2
	need charon-systemd charon-systemd; need swanctl strongswan-swanctl; need /usr/lib/ipsec/plugins/libstrongswan-kernel-libipsec.so libcharon-extra-plugins
	need /usr/lib/python3/dist-packages/scapy/__init__.py python3-scapy; need /usr/lib/python3/dist-packages/cryptography/__init__.py python3-cryptography
	[ ${#missing[@]} -gt 0 ] || return 0
	command -v apt-get >/dev/null || die "missing: ${missing[*]}"
	echo "lab: installing ${missing[*]}" >&2
	local guard=/usr/sbin/policy-rc.d made=
	if [ ! -e $guard ]; then	# a package must not start its service on this machine
		printf '#!/bin/sh\nexit 101\n' >$guard; chmod 755 $guard; made=1
	fi
	local rc=0
	{ timeout 300 apt-get update -qq && DEBIAN_FRONTEND=noninteractive timeout 600 \
	    apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >"$T/apt.log" 2>&1 || rc=$?
	[ -z "$made" ] || rm -f $guard
	[ $rc = 0 ] || { tail -5 "$T/apt.log" >&2; die "apt-get failed"; }
}

# in NS COMMAND...: at most a minute. The host name is the role's, so that none of this machine's gets into a capture.
in_ns() {
	local n=$1; shift
	timeout -k 2 60 ip netns exec "$P-$n" unshare --uts -- sh -c 'hostname "$0"; exec "$@"' "$n" "$@"
}
# A server: killed when the capture is done. In a session of its own, for smbd ends with a signal to its whole process group.
bg() {
	local n=$1; shift
	setsid ip netns exec "$P-$n" unshare --uts -- sh -c 'hostname "$0"; exec "$@"' "$n" "$@" >"$T/log/$n.${#servers[@]}" 2>&1 </dev/null &
	servers+=($!)
}
wait_port() {	# host port [-u]
	local i
	for i in $(seq 80); do
		in_ns "$1" ss -Hln ${3:--t} "sport = :$2" | grep -q . && return 0
		sleep 0.05
	done
	tail -n 5 "$T/log/$1."* >&2
	die "$1 does not serve $2"
}
quit() {	# pid...: asked first, then made to
	local p i
	for p in "$@"; do kill "$p" 2>/dev/null || true; done
	for p in "$@"; do
		for i in $(seq 10); do kill -0 "$p" 2>/dev/null || break; sleep 0.1; done
		kill -9 "$p" 2>/dev/null || true
		{ wait "$p"; } 2>/dev/null || true
	done
}
stop_servers() {
	quit "${servers[@]}"
	servers=()
	# what a server forked outlives it
	local ns p
	for ns in "${!addr[@]}"; do
		ip netns pids "$P-$ns" | while read -r p; do
			grep -qx "$p" "$T/base.pids" || kill -9 "$p" 2>/dev/null || true
		done
	done
}

# record NAME [-i INTERFACE] [TCPDUMP OPTION...]: whole frames (-s 9216, above every MTU here; 0 would leave the ring few slots)
record() {
	local name=$1 ifc=br0 ns=br; shift
	if [ "${1:-}" = -i ]; then ifc=$2; shift 2; fi
	if [ "$ifc" = sensor ]; then ns=sensor ifc=u0; fi
	: >"$T/$name.err"
	ip netns exec "$P-$ns" tcpdump -Z root -n -B 32768 -s 9216 --immediate-mode --time-stamp-precision=nano -i "$ifc" -w "$T/$name.pcap" "$@" \
	    2>"$T/$name.err" &
	recorders+=("$! $name")
	local i
	for i in $(seq 50); do grep -q 'listening on' "$T/$name.err" && return 0; sleep 0.1; done
	cat "$T/$name.err" >&2; die "tcpdump did not start"
}
stop() {
	local r pid name
	sleep 0.5
	for r in "${recorders[@]}"; do
		pid=${r% *} name=${r#* }
		kill -INT "$pid"
		wait "$pid" || true
		grep -q '^0 packets dropped by kernel' "$T/$name.err" || die "$name: $(cat "$T/$name.err")"
	done
	recorders=()
}
keep() { cp "$T/$1.pcap" "$out/$1.pcap"; }	# the recording is the capture

host() {	# name IPv4 [IPv6]
	local n=$1 a=$2 ns=$P-$1 mac
	addr[$n]=$a
	addr6[$n]=${3:-}
	mac=$(printf '02:00:%02x:%02x:%02x:%02x' ${a//./ })
	ip netns add "$ns"
	ip netns exec "$ns" sh -c 'for d in all default; do echo 1 >/proc/sys/net/ipv6/conf/$d/disable_ipv6; done
		echo "49152 65535" >/proc/sys/net/ipv4/ip_local_port_range'	# as Windows has it
	ip -n "$P-br" link add "p-$n" type veth peer name eth0 address "$mac" netns "$ns"
	ip -n "$P-br" link set "p-$n" master br0 up
	ip -n "$ns" link set lo up
	ip -n "$ns" addr add "$a/16" dev eth0
	offload "$ns" eth0
	offload "$P-br" "p-$n"
	ip -n "$ns" link set eth0 up
}
offload() {	# segments as on a wire, checksums that are right
	ip netns exec "$1" ethtool -K "$2" tx off rx off sg off tso off gso off gro off >/dev/null 2>&1 || true
}

cert() {	# name
	openssl req -newkey rsa:2048 -nodes -keyout "$T/$1.key" -subj "/CN=$1.contoso.test" -out "$T/$1.csr" 2>/dev/null
	printf 'subjectAltName=DNS:%s.contoso.test\nextendedKeyUsage=serverAuth,clientAuth\n' "$1" >"$T/ext"
	openssl x509 -req -in "$T/$1.csr" -CA "$T/ca.pem" -CAkey "$T/ca.key" -CAcreateserial -days 30 -extfile "$T/ext" \
	    -out "$T/$1.pem" 2>/dev/null
}

# --- what hosts do ----------------------------------------------------------------------------------------------------------

tls_server() {	# host port [OPTION...]: answers each line reversed
	local h=$1 p=$2; shift 2
	bg "$h" openssl s_server -quiet -rev -accept "${addr[$h]}:$p" -cert "$T/$h.pem" -key "$T/$h.key" -CAfile "$T/ca.pem" "$@"
	wait_port "$h" "$p"
}
tls_client() {	# host server port [OPTION...]
	local h=$1 s=$2 p=$3; shift 3
	{ printf 'OPTIONS sip:contoso.test\n'; sleep 0.15; } | in_ns "$h" openssl s_client -connect "${addr[$s]}:$p" \
	    -servername "$s.contoso.test" -CAfile "$T/ca.pem" "$@" >"$T/log/client" 2>&1 || true
}
own_cert() { echo "-cert $T/$1.pem -key $T/$1.key"; }
mtls_client() {	# as tls_client, with the host's certificate
	tls_client "$@" $(own_cert "$1")
}
web() {	# host url-of-SERVER [OPTION...]; names resolve to the lab's addresses
	local h=$1 scheme=$2 s=$3 p=$4; shift 4
	in_ns "$h" curl -s -m 5 -o /dev/null --cacert "$T/ca.pem" --resolve "$s.contoso.test:$p:${addr[$s]}" "$@" \
	    "$scheme://$s.contoso.test:$p/abs/handler" || true
}
smb_conf() {	# host
	local d=$T/smb-$1
	[ -d "$d" ] || mkdir -p "$d"/{private,state,cache,lock,pid,ncalrpc,share}
	chmod 777 "$d/share"
	cat >"$d/smb.conf" <<X
[global]
 netbios name = ${1^^}
 workgroup = CONTOSO
 server role = standalone server
 server string = lab
 interfaces = ${addr[$1]}/16
 bind interfaces only = yes
 disable netbios = yes
 smb ports = 445
 map to guest = bad user
 guest account = nobody
 private dir = $d/private
 state directory = $d/state
 cache directory = $d/cache
 lock directory = $d/lock
 pid directory = $d/pid
 ncalrpc dir = $d/ncalrpc
 log file = $d/log
 load printers = no
 printing = bsd
 rpc start on demand helpers = no
 rpc server dynamic port range = 49152-49199
[xds-replica]
 path = $d/share
 guest ok = yes
 writable = yes
X
	echo "$d/smb.conf"
}
smb_server() { bg "$1" smbd -F --no-process-group -s "$(smb_conf "$1")"; wait_port "$1" 445; }
rpc_server() {
	bg "$1" smbd -F --no-process-group -s "$(smb_conf "$1")"	# hands out what the RPC daemon needs
	wait_port "$1" 445
	bg "$1" /usr/libexec/samba/samba-dcerpcd -F --no-process-group -s "$(smb_conf "$1")" --libexec-rpcds
	wait_port "$1" 135
	sleep 2		# its workers register their interfaces
}
smb_push() {	# from to
	printf '<replica version="1"/>\n' >"$T/replica.xml"
	in_ns "$1" smbclient -s "$(smb_conf "$1")" -U replica%replica -p 445 "//${addr[$2]}/xds-replica" -c "put $T/replica.xml replica.xml" \
	    >"$T/log/client" 2>&1 || true
}
epm() {		# from to: asks the endpoint mapper, and no more
	in_ns "$1" rpcclient -s "$(smb_conf "$1")" -U% "ncacn_ip_tcp:${addr[$2]}[135]" -c epmlookup >"$T/log/client" 2>&1 || true
}
sip_server() {	# host port scenario [OPTION...]
	local h=$1 p=$2 f=$3; shift 3
	sed "s|@AUDIO@|$T/audio.ul|" "$here/$f" >"$T/$f"
	bg "$h" sipp -sf "$T/$f" -t t1 -i "${addr[$h]}" -mi "${addr[$h]}" -p "$p" -nostdin -nd "$@"
	wait_port "$h" "$p"
}
sip_client() {	# host server port scenario [OPTION...]
	local h=$1 s=$2 p=$3 f=$4; shift 4
	sed "s|@AUDIO@|$T/audio.ul|" "$here/$f" >"$T/$f"
	in_ns "$h" sipp "${addr[$s]}:$p" -sf "$T/$f" -t t1 -i "${addr[$h]}" -mi "${addr[$h]}" -m 1 -l 1 -nostdin -nd \
	    -timeout 15 "$@" >"$T/log/client" 2>&1 </dev/null || { cat "$T/log/client" >&2; die "sipp $h $s $p"; }
}
media() {	# client port server port seconds payload-type [stun]
	local c=$1 cp=$2 s=$3 sp=$4; shift 4
	bg "$s" python3 "$here/gen.py" media "${addr[$s]}" "$sp" "${addr[$c]}" "$cp" "$@"
	local peer=${servers[-1]}
	in_ns "$c" python3 "$here/gen.py" media "${addr[$c]}" "$cp" "${addr[$s]}" "$sp" "$@"
	wait "$peer" || true
}
ssrp_ask() { in_ns "$1" python3 "$here/gen.py" ssrp "${addr[$2]}" RTCLOCAL; }
ssrp() {	# client server
	bg "$2" python3 "$here/gen.py" ssrp-serve "${addr[$2]}"
	wait_port "$2" 1434 -u
	ssrp_ask "$1" "$2"
}
filter() {	# host nft-rule: what the host's firewall does with what comes in
	in_ns "$1" nft "add table inet lab; add chain inet lab in { type filter hook input priority 0; }; add rule inet lab in $2"
}
unfilter() { in_ns "$1" nft delete table inet lab; }

# What every capture holds beside its deviation: the traffic without which the matrix calls a front end or a Director silent
# (T1#3, T1#12, T1#45). c1 alone, so that a SPAN of c1's port sees all of it.
baseline() {
	local fe
	for fe in fe01 fe02 fe03; do
		tls_client c1 $fe 5061 -tls1_2
		web c1 https $fe 443
	done
	tls_client c1 dir01 5061
}

# --- the site ---------------------------------------------------------------------------------------------------------------

build() {
	ip netns add "$P-br"
	ip netns exec "$P-br" sh -c 'for d in all default; do echo 1 >/proc/sys/net/ipv6/conf/$d/disable_ipv6; done'
	ip -n "$P-br" link set lo up
	ip -n "$P-br" link add br0 type bridge stp_state 0 mcast_snooping 0
	ip -n "$P-br" link set br0 up
	host fe01 10.20.1.11 2001:db8:20:1::11
	host fe02 10.20.1.12 2001:db8:20:1::12
	host fe03 10.20.1.13 2001:db8:20:1::13
	host dir01 10.20.1.20 2001:db8:20:1::20
	host med01 10.20.1.30
	host pchat01 10.20.1.40
	host owa01 10.20.1.50
	host um01 10.20.1.60
	host edge01 10.20.2.10
	host rp01 10.20.2.20
	host gw01 10.20.3.10
	host admin01 10.20.5.10
	host dhcp01 10.20.5.20
	host dc01 10.20.5.30
	host c1 10.20.100.11 2001:db8:20:100::11
	host c2 10.20.100.12 2001:db8:20:100::12
	host farm 10.20.100.65		# sixty clients that serve nothing
	local i
	for i in $(seq 66 124); do ip -n "$P-farm" addr add "10.20.100.$i/16" dev eth0; done
	host stray 10.20.77.66		# the site file does not know it
	# the collector of remote mirrors, on a wire of its own
	ip netns add "$P-sensor"
	ip -n "$P-br" link add u0 type veth peer name u0 netns "$P-sensor"
	for i in br sensor; do
		ip netns exec "$P-$i" sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6'
		ip -n "$P-$i" link set u0 mtu 1700
		offload "$P-$i" u0
		ip -n "$P-$i" link set u0 up
	done
	ip -n "$P-br" addr add 10.99.0.1/24 dev u0
	ip -n "$P-sensor" addr add 10.99.0.2/24 dev u0
	ip netns exec "$P-sensor" nft 'add table inet lab; add chain inet lab in { type filter hook input priority 0; policy drop; }'

	openssl req -x509 -newkey rsa:2048 -nodes -keyout "$T/ca.key" -subj '/CN=Contoso lab CA' -days 30 -out "$T/ca.pem" 2>/dev/null
	for i in "${!addr[@]}"; do cert "$i"; done
	head -c 16000 /dev/zero | tr '\0' '\377' >"$T/audio.ul"	# two seconds of silence

	for i in fe01 fe02 fe03; do
		mkdir -p "$T/web-$i"
		cat >"$T/web-$i/nginx.conf" <<X
daemon off; master_process off; pid $T/web-$i/pid; error_log $T/web-$i/error;
events { worker_connections 64; }
http {
 access_log off; server_tokens off; root $T/web-$i;
 client_body_temp_path $T/web-$i/b; proxy_temp_path $T/web-$i/p; fastcgi_temp_path $T/web-$i/f;
 uwsgi_temp_path $T/web-$i/u; scgi_temp_path $T/web-$i/s;
 ssl_certificate $T/$i.pem; ssl_certificate_key $T/$i.key; ssl_protocols TLSv1.2 TLSv1.3;
 server {
  listen ${addr[$i]}:80; listen ${addr[$i]}:8080; listen ${addr[$i]}:443 ssl; listen ${addr[$i]}:4443 ssl; listen ${addr[$i]}:444 ssl;
  location / { return 200 "ok\n"; }
 }
}
X
		bg $i nginx -p "$T/web-$i" -c "$T/web-$i/nginx.conf"
		wait_port $i 443
		tls_server $i 5061 -verify 1 -verify_quiet
		sip5061[$i]=${servers[-1]}
	done
	tls_server dir01 5061 -verify 1 -verify_quiet
	sip5061[dir01]=${servers[-1]}
	for i in "${!addr[@]}"; do ip netns pids "$P-$i"; done >"$T/base.pids"
	servers=()
}
# The service on 5061 of a host gives way to another, and comes back.
sip_off() { quit "${sip5061[$1]}"; }
sip_on() {
	tls_server "$1" 5061 -verify 1 -verify_quiet
	sip5061[$1]=${servers[-1]}
	unset 'servers[-1]'
	ip netns pids "$P-$1" >>"$T/base.pids"
}

. "$here/captures.sh"
. "$here/ipsec.sh"

# --- main -------------------------------------------------------------------------------------------------------------------

list=$(sed -n 's/^cap_\([a-z0-9_]*\)().*/\1/p' "$here/captures.sh" "$here/ipsec.sh" | tr _ -)
if [ "${1:-}" = -l ]; then echo "$list"; exit; fi
[ "$(id -u)" = 0 ] || die "needs root (network namespaces)"
out=${1:-$here/../../pcaps}
[ $# = 0 ] || shift
mkdir -p "$out"
out=$(cd "$out" && pwd)
chosen=${*:-$list}
for c in $chosen; do grep -qx -- "$c" <<<"$list" || die "no capture $c"; done
T=$(mktemp -d /tmp/lab.XXXXXX)
chmod 755 "$T"
mkdir "$T/log"
declare -A sip5061
recorders=()
trap cleanup EXIT
trap 'exit 130' INT TERM HUP
install_missing
build
cd "$T"
for c in $chosen; do
	began=$SECONDS
	"cap_${c//-/_}"
	stop_servers
	[ -f "$out/$c.pcap" ] || die "$c was not written"
	printf '%-22s %8d bytes %4d s\n' "$c" "$(stat -c %s "$out/$c.pcap")" $((SECONDS - began))
done
