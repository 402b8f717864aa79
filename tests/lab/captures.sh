# The captures, in the order of pcaps/README.md; cap_NAME makes pcaps/NAME.pcap. Sourced by lab.sh.

# A day in small: sign-in, web services, MTLS between servers, one version of TLS that shows the client's certificate, one that hides it.
cap_healthy() {
	record healthy
	baseline
	tls_client c2 fe01 5061 -tls1_2
	tls_client c2 fe02 5061
	web c2 https fe02 443 --tls-max 1.2
	mtls_client fe01 fe02 5061 -tls1_2
	mtls_client fe02 fe01 5061 -tls1_2
	mtls_client dir01 fe01 5061
	mtls_client med01 fe01 5061 -tls1_2
	mtls_client edge01 fe01 5061 -tls1_2
	mtls_client fe01 dir01 5061 -tls1_2
	web fe01 https fe02 444
	web c2 https fe01 443
	stop
	keep healthy
}

# Every other row of T1 that traffic can show, each as printed.
cap_services() {
	local p
	for p in 5062 5063 5064 5065 5071 5072 5073 5075 5076 5080 5086 5087 8060 8061 8404; do
		tls_server fe01 $p -Verify 1 -verify_quiet
	done
	tls_server fe01 448; tls_server fe01 8057
	tls_server fe03 5070 -Verify 1 -verify_quiet; tls_server med01 5070 -Verify 1 -verify_quiet
	tls_server fe03 5067; tls_server med01 5067; tls_server gw01 5082
	tls_server owa01 443; tls_server dir01 444
	tls_server pchat01 5041 -Verify 1 -verify_quiet; tls_server pchat01 881 -verify 1 -verify_quiet; tls_server pchat01 443
	sip_server fe03 5068 pong.xml; sip_server med01 5068 pong.xml; sip_server gw01 5081 pong.xml
	smb_server fe01
	rpc_server fe03
	record services
	baseline
	for p in 5062 5063 5064 5065 5071 5072 5073 5075 5076 5080 5086 5087 8060 8061 8404; do
		mtls_client fe02 fe01 $p -tls1_2
	done
	tls_client fe02 fe01 448				# T1#36
	tls_client c1 fe01 8057					# T1#7
	web fe02 http fe01 80; web c1 http fe01 80		# T1#11
	web rp01 http fe01 8080					# T1#13
	web rp01 https fe01 4443 --tls-max 1.2			# T1#14
	mtls_client fe01 fe03 5070 -tls1_2			# T1#22
	mtls_client fe01 med01 5070 -tls1_2			# T1#46, #49
	tls_client gw01 fe03 5067 -tls1_2; tls_client gw01 med01 5067	# T1#23, #47
	sip_client gw01 fe03 5068 options.xml			# T1#24
	sip_client fe03 gw01 5081 options.xml			# T1#25
	tls_client fe03 gw01 5082				# T1#26
	sip_client gw01 med01 5068 options.xml			# T1#48
	epm fe01 fe03; epm admin01 fe03				# T1#5
	smb_push fe02 fe01					# T1#37
	ssrp fe01 fe02						# T1#1, #38
	web fe01 https fe02 444; web dir01 https fe01 444	# T1#4
	tls_client fe01 owa01 443				# T1#40
	tls_client fe01 dir01 444				# T1#42
	web dir01 http fe01 80; web dir01 https fe01 443	# T1#43, #44
	mtls_client fe01 pchat01 5041 -tls1_2			# T1#50
	tls_client c1 pchat01 881; mtls_client fe01 pchat01 881 -tls1_2	# T1#51
	tls_client c1 pchat01 443				# T1#52
	stop
	keep services
}

# A SIP trunk: OPTIONS, then a call through the Mediation Server with G.711 both ways.
cap_trunk_call() {
	sip_server med01 5068 pong.xml
	record trunk-call
	baseline
	sip_client gw01 med01 5068 options.xml
	quit "${servers[-1]}"
	sip_server med01 5068 answer.xml -m 1 -mp 50100
	sip_client gw01 med01 5068 call.xml -mp 50200
	stop
	keep trunk-call
}

# A conference: ICE and RTP for audio and video, framed RTP over TCP for application sharing.
cap_conference() {
	bg fe01 python3 "$here/gen.py" framed-serve "${addr[fe01]}" 50600
	wait_port fe01 50600
	record conference
	baseline
	media c1 50020 fe01 50500 1.5 8 stun
	media c1 50040 fe01 57602 1.5 34 stun
	media c1 50022 fe01 50502 1.5 8
	in_ns c1 python3 "$here/gen.py" framed "${addr[fe01]}" 50600 60
	stop
	keep conference
}

# The same hosts over IPv6; neighbours are entered by hand, so that no neighbour discovery is in the capture.
cap_ipv6() {
	local h o fe
	for h in fe01 fe02 fe03 dir01 c1; do
		in_ns $h sh -c 'echo 1 >/proc/sys/net/ipv6/conf/eth0/addr_gen_mode
			for f in accept_ra autoconf router_solicitations accept_dad; do echo 0 >/proc/sys/net/ipv6/conf/eth0/$f; done
			echo 0 >/proc/sys/net/ipv6/conf/eth0/disable_ipv6'
		ip -n "$P-$h" addr add "${addr6[$h]}/32" dev eth0 nodad
		for o in fe01 fe02 fe03 dir01 c1; do
			[ $o = $h ] || ip -n "$P-$h" neigh add "${addr6[$o]}" dev eth0 nud permanent \
			    lladdr "$(printf '02:00:%02x:%02x:%02x:%02x' ${addr[$o]//./ })"
		done
	done
	sleep 2		# the kernel's own multicast reports are over
	for fe in fe01 fe02 fe03; do
		tls6_server $fe 5061 -verify 1 -verify_quiet
		tls6_server $fe 443
	done
	tls6_server dir01 5061 -verify 1 -verify_quiet
	record ipv6 ip6
	for fe in fe01 fe02 fe03; do
		tls6_client c1 $fe 5061 -tls1_2
		tls6_client c1 $fe 443
	done
	tls6_client c1 dir01 5061
	tls6_client fe01 fe02 5061 -tls1_2 $(own_cert fe01)
	stop
	keep ipv6
	for h in fe01 fe02 fe03 dir01 c1; do in_ns $h sh -c 'echo 1 >/proc/sys/net/ipv6/conf/eth0/disable_ipv6'; done
}
tls6_server() {
	local h=$1 p=$2; shift 2
	bg "$h" openssl s_server -quiet -rev -6 -accept "[${addr6[$h]}]:$p" -cert "$T/$h.pem" -key "$T/$h.key" -CAfile "$T/ca.pem" "$@"
	local i
	for i in $(seq 80); do
		in_ns "$h" ss -Hltn "src [${addr6[$h]}]:$p" | grep -q . && return 0
		sleep 0.05
	done
	die "$h does not serve $p over IPv6"
}
tls6_client() {
	local h=$1 s=$2 p=$3; shift 3
	{ printf 'OPTIONS sip:contoso.test\n'; sleep 0.15; } | in_ns "$h" openssl s_client -connect "[${addr6[$s]}]:$p" \
	    -servername "$s.contoso.test" -CAfile "$T/ca.pem" "$@" >"$T/log/client" 2>&1 || true
}

# Mutual TLS whose certificates cannot be seen: a resumed TLS 1.2 session, and TLS 1.3 without a client certificate.
cap_hidden_certificates() {
	tls_server fe02 8060 -Verify 1 -verify_quiet -tls1_2
	tls_server fe02 8061 -tls1_3
	mtls_client fe01 fe02 8060 -tls1_2 -sess_out "$T/session"	# before the capture begins
	[ -s "$T/session" ] || die "no TLS session to resume"
	record hidden-certificates
	baseline
	mtls_client fe01 fe02 8060 -tls1_2 -sess_in "$T/session"
	tls_client fe01 fe02 8061 -tls1_3
	stop
	keep hidden-certificates
}

# --- deviations -------------------------------------------------------------------------------------------------------------

cap_ssh_on_5061() {
	record ssh-on-5061
	baseline
	sip_off fe01
	dropbearkey -t ecdsa -f "$T/dropbear.key" >/dev/null 2>&1
	bg fe01 dropbear -F -E -r "$T/dropbear.key" -p "${addr[fe01]}:5061" -P "$T/dropbear.pid"
	wait_port fe01 5061
	in_ns c2 ssh -F /dev/null -p 5061 -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o ConnectTimeout=5 \
	    -o IdentityFile=/dev/null -o IdentityAgent=none -l operator "${addr[fe01]}" true >"$T/log/client" 2>&1 </dev/null || true
	stop
	keep ssh-on-5061
	stop_servers
	sip_on fe01
}

cap_sip_clear_5061() {
	record sip-clear-5061
	baseline
	sip_off fe01
	sip_server fe01 5061 pong.xml
	sip_client c2 fe01 5061 options.xml
	stop
	keep sip-clear-5061
	stop_servers
	sip_on fe01
}

cap_http_clear_443() {
	record http-clear-443
	baseline
	local h
	for h in owa01 pchat01; do
		bg $h busybox httpd -f -p "${addr[$h]}:443" -h "$T/web-fe01"
		wait_port $h 443
	done
	web fe01 http owa01 443
	web c1 http pchat01 443
	stop
	keep http-clear-443
}

# SIP in clear where the row says TCP, but T1#3 or a row beside it says MTLS.
cap_sip_clear_internal() {
	sip_server fe01 5062 pong.xml
	sip_server med01 5070 pong.xml
	record sip-clear-internal
	baseline
	sip_client fe02 fe01 5062 options.xml
	sip_client fe02 med01 5070 options.xml
	stop
	keep sip-clear-internal
}

cap_undocumented_port() {
	bg fe02 busybox httpd -f -p "${addr[fe02]}:9999" -h "$T/web-fe01"
	wait_port fe02 9999
	tls_server fe01 8060 -verify 1 -verify_quiet
	tls_server c2 8000
	bg dc01 dnsmasq -k -C /dev/null -p 53 --listen-address="${addr[dc01]}" --bind-interfaces --no-resolv --no-hosts --user=root --pid-file= \
	    --address="/fe02.contoso.test/${addr[fe02]}"
	wait_port dc01 53 -u
	record undocumented-port
	baseline
	web fe01 http fe02 9999
	tls_client c1 fe01 8060
	tls_client c1 c2 8000
	in_ns fe01 busybox nslookup -type=a fe02.contoso.test "${addr[dc01]}" >"$T/log/client" 2>&1 || true
	stop
	keep undocumented-port
}

# Configuration goes from the Central Management Store to a server (documented); a client that opens the share is not.
cap_smb_client() {
	smb_server fe01
	smb_conf c1 >/dev/null
	record smb-client
	baseline
	smb_push fe02 fe01
	smb_push c1 fe01
	stop
	keep smb-client
}

# The endpoint mapper names a dynamic port, and the conversation goes on there.
cap_rpc_dynamic() {
	rpc_server fe02
	record rpc-dynamic
	baseline
	in_ns fe01 rpcclient -s "$(smb_conf fe01)" -U% "ncacn_ip_tcp:${addr[fe02]}" -c dsroledominfo >"$T/log/client" 2>&1 || true
	stop
	keep rpc-dynamic
}

cap_wrong_direction() {
	sip_server gw01 5068 pong.xml
	record wrong-direction
	baseline
	sip_client med01 gw01 5068 options.xml
	stop
	keep wrong-direction
}

cap_unknown_host() {
	record unknown-host
	baseline
	web stray https fe01 443
	stop
	keep unknown-host
}

# Servers that talk TLS 1.2 where MTLS is printed: once the server asks and gets nothing, once it does not ask.
cap_no_client_certificate() {
	tls_server fe02 8060 -verify 1 -verify_quiet
	tls_server fe02 8061
	record no-client-certificate
	baseline
	tls_client fe01 fe02 8060 -tls1_2
	tls_client fe01 fe02 8061 -tls1_2
	tls_client fe02 fe01 5061 -tls1_2
	stop
	keep no-client-certificate
}

cap_obsolete_tls() {
	local old='-cipher ALL:@SECLEVEL=0'
	tls_server owa01 443 -tls1 $old
	tls_server pchat01 443 -tls1_1 $old
	record obsolete-tls
	baseline
	tls_client fe01 owa01 443 -tls1 $old
	tls_client c1 pchat01 443 -tls1_1 $old
	stop
	keep obsolete-tls
}

cap_blocked_drop() {
	tls_server med01 5070 -Verify 1 -verify_quiet
	filter med01 'tcp dport 5070 drop'
	record blocked-drop
	baseline
	timeout 5 ip netns exec "$P-fe01" openssl s_client -connect "${addr[med01]}:5070" $(own_cert fe01) >/dev/null 2>&1 </dev/null || true
	stop
	keep blocked-drop
	unfilter med01
}

cap_blocked_reset() {
	record blocked-reset
	baseline
	mtls_client fe02 fe01 5073 -tls1_2
	mtls_client fe02 fe01 5073 -tls1_2
	stop
	keep blocked-reset
}

# A firewall that says no: administratively prohibited for TCP; a closed port for UDP.
cap_blocked_icmp() {
	tls_server fe01 8057
	filter fe01 'tcp dport 8057 reject with icmp admin-prohibited'
	record blocked-icmp
	baseline
	tls_client c1 fe01 8057
	ssrp_ask fe01 fe02
	stop
	keep blocked-icmp
	unfilter fe01
}

cap_scan_ports() {
	record scan-ports
	baseline
	in_ns c2 nmap -sS -Pn -n --disable-arp-ping -p 1-512 --max-retries 1 -T4 "${addr[fe01]}" >"$T/log/client" 2>&1 || true
	stop
	keep scan-ports
}

cap_scan_hosts() {
	record scan-hosts
	baseline
	in_ns c2 nmap -sS -Pn -n --disable-arp-ping -p 445 --max-retries 1 -T4 10.20.1.11-13 10.20.1.20 10.20.1.30 10.20.1.40 10.20.1.50 \
	    10.20.100.65-124 >"$T/log/client" 2>&1 || true
	stop
	keep scan-hosts
}

# A visit, and the same again every eight minutes for two hours, set there with editcap: long enough that silence on a strong row
# means something, and without a silence of all so long that the capture may have stood still.
visits() {	# name function
	local n
	record first
	"$2"
	stop
	for n in {10..25}; do
		editcap -F nsecpcap -t $(((n - 10) * 480)) "$T/first.pcap" "$T/visit-$n.pcap"
	done
	mergecap -F nsecpcap -w "$out/$1.pcap" "$T"/visit-*.pcap
}
cap_two_hours() { visits two-hours visit_whole; }
visit_whole() {
	baseline
	mtls_client fe01 fe02 5061 -tls1_2
}
cap_missing_sip() { visits missing-sip visit_without_sip; }
visit_without_sip() {
	local fe
	for fe in fe01 fe02 fe03; do web c1 https $fe 443; done
	tls_client c1 dir01 5061
}

# --- what a SPAN port does to traffic ---------------------------------------------------------------------------------------

# Connections that were open when the capture began, and are still open when it ends.
cap_mid_stream() {
	local h s port opts line p=()
	while read -r h s port opts; do
		line='INFO sip:contoso.test'
		[ "$port" != 443 ] || line='GET / HTTP/1.1\r\nHost: contoso.test\r\n\r'
		{ sleep 2; for i in 1 2 3 4 5 6; do printf "$line\n"; sleep 0.25; done; sleep 3; } | \
		    in_ns "$h" openssl s_client -connect "${addr[$s]}:$port" $opts >/dev/null 2>&1 &
		p+=($!)
	done <<-X
		c1 fe01 5061
		c2 fe02 5061
		c2 fe03 5061
		c1 dir01 5061
		c1 fe01 443
		c2 fe02 443 -tls1_2
		c2 fe03 443
		fe01 fe02 5061 -tls1_2 $(own_cert fe01)
		med01 fe03 5061 -tls1_2 $(own_cert med01)
	X
	sleep 1.5
	record mid-stream
	sleep 2.5
	stop
	wait "${p[@]}" 2>/dev/null || true
	keep mid-stream
}

cap_one_way_client() {	# what c1 sends, and nothing that it gets
	record one-way-client -i p-c1 -Q in ip
	baseline
	stop
	keep one-way-client
}
cap_one_way_server() {
	record one-way-server -i p-c1 -Q out ip
	baseline
	stop
	keep one-way-server
}

cap_short_snaplen() {
	record short-snaplen -s 68
	baseline
	stop
	keep short-snaplen
}

# A SPAN of two ports: what passes between them is copied twice.
cap_duplicates() {
	record side-a -i p-c1
	record side-b -i p-fe01
	baseline
	mtls_client fe02 fe01 5061 -tls1_2
	stop
	mergecap -F nsecpcap -w "$out/duplicates.pcap" "$T/side-a.pcap" "$T/side-b.pcap"
}

cap_vlan() {
	record tagged
	baseline
	stop
	tcprewrite --enet-vlan=add --enet-vlan-tag=100 --enet-vlan-cfi=0 --enet-vlan-pri=0 -i "$T/tagged.pcap" -o "$out/vlan.pcap" >"$T/log/tcprewrite" 2>&1
}

# The two copies of cap_duplicates under two VLANs, as a SPAN of VLANs makes them.
cap_duplicates_vlans() {
	local v
	record side-a -i p-c1
	record side-b -i p-fe01
	baseline
	stop
	for v in a:100 b:200; do
		tcprewrite --enet-vlan=add --enet-vlan-tag="${v#*:}" --enet-vlan-cfi=0 --enet-vlan-pri=0 -i "$T/side-${v%:*}.pcap" \
		    -o "$T/vlan-${v%:*}.pcap" >"$T/log/tcprewrite" 2>&1
	done
	mergecap -F nsecpcap -w "$out/duplicates-vlans.pcap" "$T/vlan-a.pcap" "$T/vlan-b.pcap"
}

# A remote mirror of c1's port: the kernel's VXLAN, recorded where the collector is.
cap_vxlan() {
	local d
	ip -n "$P-br" link add vx0 type vxlan id 77 dstport 4789 remote 10.99.0.2 local 10.99.0.1 dev u0 srcport 49152 49153
	ip -n "$P-br" link set vx0 mtu 1600 up
	tc -n "$P-br" qdisc add dev p-c1 clsact
	for d in ingress egress; do
		tc -n "$P-br" filter add dev p-c1 $d protocol all u32 match u32 0 0 action mirred egress mirror dev vx0
	done
	record vxlan -i sensor udp port 4789
	baseline
	stop
	keep vxlan
	tc -n "$P-br" qdisc del dev p-c1 clsact
	ip -n "$P-br" link del vx0
}

cap_erspan() {
	bg br python3 "$here/gen.py" erspan p-c1 10.99.0.1 10.99.0.2
	sleep 0.7
	record erspan -i sensor ip proto 47
	baseline
	stop
	keep erspan
}

cap_cut_file() {	# the last packet breaks off
	record whole
	baseline
	stop
	head -c -30 "$T/whole.pcap" >"$out/cut-file.pcap"
}

cap_empty() {
	record empty
	stop
	keep empty
}

# --- outside T1 -------------------------------------------------------------------------------------------------------------

# A client gets an address and looks for its way out: rows of T4.
cap_dhcp_turn() {
	bg dhcp01 dnsmasq -k -C /dev/null -p 0 --listen-address="${addr[dhcp01]}" --interface=eth0 --bind-interfaces --user=root --pid-file= \
	    --dhcp-range=10.20.100.200,10.20.100.210,255.255.0.0,1h --no-ping --dhcp-leasefile="$T/leases" --dhcp-broadcast --dhcp-authoritative \
	    --dhcp-option=3 --dhcp-option=6
	bg edge01 turnserver -n -L "${addr[edge01]}" -E "${addr[edge01]}" -p 3478 --no-tls --no-dtls --no-cli --no-tcp --log-file=stdout \
	    --pidfile="$T/turn.pid" --min-port=50000 --max-port=50059 --no-rfc5780 --no-stun-backward-compatibility -a -u lab:lab -r contoso.test \
	    --userdb="$T/turndb"
	wait_port dhcp01 67 -u
	wait_port edge01 3478 -u
	record dhcp-turn
	baseline
	in_ns c2 udhcpc -i eth0 -f -n -q -B -s /bin/true -t 3 -T 1 >"$T/log/client" 2>&1 || true
	in_ns c1 turnutils_stunclient -L "${addr[c1]}" "${addr[edge01]}" >"$T/log/client" 2>&1 || true
	stop
	keep dhcp-turn
}
