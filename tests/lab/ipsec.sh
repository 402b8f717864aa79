# IPsec. strongSwan negotiates between two hosts; where the kernel has no ESP its own library does, in UDP and in tunnel mode. What
# neither makes comes from ipsec.py.

# Every file of the daemon is the host's own, and it speaks of 10.20.0.0/16 alone.
ike_host() {	# host peer version esp-proposals
	local h=$1 d=$T/ike-$1
	rm -rf "$d"
	mkdir -p "$d"
	cat >"$d/strongswan.conf" <<X
charon-systemd {
 load = random nonce aes sha1 sha2 hmac gmp openssl kdf socket-default kernel-libipsec kernel-netlink vici updown
 retransmit_tries = 2
 retransmit_timeout = 1
 plugins {
  vici { socket = unix://$d/vici }
  socket-default { fwmark = 0x42 }
  kernel-netlink { fwmark = !0x42 }
  kernel-libipsec { allow_peer_ts = yes }
 }
}
X
	cat >"$d/swanctl.conf" <<X
connections {
 lab {
  version = $3
  local_addrs = ${addr[$h]}
  remote_addrs = ${addr[$2]}
  encap = yes
  proposals = aes128-sha256-modp2048
  local {
   auth = psk
  }
  remote {
   auth = psk
  }
  children {
   lab {
    local_ts = ${addr[$h]}/32
    remote_ts = ${addr[$2]}/32
    esp_proposals = $4
   }
  }
 }
}
secrets {
 ike-lab {
  secret = "a key of the lab"
 }
}
X
	bg "$h" env STRONGSWAN_CONF="$d/strongswan.conf" sh -c 'sysctl -qw net.ipv6.conf.default.disable_ipv6=1; exec charon-systemd'
	ike_pids+=("${servers[-1]}")
	local i
	for i in $(seq 50); do [ -S "$d/vici" ] && break; sleep 0.1; done
	swanctl --load-all --file "$d/swanctl.conf" --uri "unix://$d/vici" >"$T/log/swanctl" 2>&1 || die "swanctl: $(cat "$T/log/swanctl")"
}
ike_up() {	# host: waits for the associations
	timeout 20 swanctl --initiate --child lab --uri "unix://$T/ike-$1/vici" >"$T/log/swanctl" 2>&1 || die "swanctl: $(cat "$T/log/swanctl")"
}
ike_down() { quit "${ike_pids[@]}"; ike_pids=(); }

# IKEv2, then a call inside the tunnel: what a policy does that does not except the Front End.
cap_ipsec_ikev2() {
	ike_pids=()
	ike_host fe01 c1 2 aes128-sha256
	ike_host c1 fe01 2 aes128-sha256
	record ipsec-ikev2 ip or arp
	ike_up c1
	media c1 50020 fe01 50500 6 8 stun
	stop
	ike_down
	keep ipsec-ikev2
}

# IKEv1, and ESP that authenticates only.
cap_ipsec_ikev1_null() {
	ike_pids=()
	ike_host med01 fe02 1 null-sha256
	ike_host fe02 med01 1 null-sha256
	tls_server med01 5070 -Verify 1 -verify_quiet
	record ipsec-ikev1-null ip or arp
	ike_up fe02
	mtls_client fe02 med01 5070 -tls1_2
	mtls_client fe02 med01 5070 -tls1_2
	stop
	ike_down
	keep ipsec-ikev1-null
}

# A client that asks for IPsec, and a Front End that knows of none: media stays in the clear, and the negotiation beside it goes on.
cap_ipsec_unanswered() {
	local p
	ike_pids=()
	ike_host c1 fe01 2 aes128-sha256
	filter fe01 'udp dport { 500, 4500 } drop'
	record ipsec-unanswered ip or arp
	timeout 20 swanctl --initiate --child lab --uri "unix://$T/ike-c1/vici" >"$T/log/swanctl" 2>&1 &
	p=$!
	sleep 0.2
	media c1 50020 fe01 50500 3 8 stun
	wait "$p" || true
	stop
	ike_down
	unfilter fe01
	keep ipsec-unanswered
}

made() {	# name
	/usr/bin/python3 "$here/ipsec.py" "$1" "$out/ipsec-$1.pcap"	# Debian's, which has scapy
}
cap_ipsec_request() { made request; }
cap_ipsec_require() { made require; }
cap_ipsec_ah() { made ah; }
cap_ipsec_null() { made null; }
cap_ipsec_cadence() { made cadence; }
cap_ipsec_roles() { made roles; }
cap_ipsec_tunnel() { made tunnel; }
cap_ipsec_scan() { made scan; }
cap_ipsec_mixed() { made mixed; }
cap_ipsec_one_way() { made one-way; }
