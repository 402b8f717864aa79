/*
 * Frames and what they are. The lengths that are often got wrong come first. Expectations come of the RFC that a row's
 * name is about; where it is silent, of what tshark 4.0 makes of the same bytes.
 *
 * want: "PROTOCOL SOURCE > DESTINATION len IP-LENGTH l4 OFFSET pay OFFSET" and, where there are any, letters for bits
 * (F fragment, L later, M more, A AH, S short, N no ports), "vlan STACK", "in STACK", "| quotes TYPE/CODE ...", then
 * each line of the books: "! LAYER: REASON" for a defect, "- LAYER: REASON" for what is no IP.
 */
#ifndef DECODE_ROWS_H
#define DECODE_ROWS_H

struct row {
	const char *name;
	unsigned dlt;
	const char *hex;
	const char *want;
};

/* Bytes that belong together stay on one line. */
/* clang-format off */
#define MACS "020000000001" "020000000002"
#define ETH(type) MACS type
/* Outer IPv4 (10.0.0.1 > 10.0.0.2) by total length, fragment field and protocol; IPv6 (2001:db8::1 > 2001:db8::2). */
#define O4F(total, frag, proto) "4500" total "0001" frag "40" proto "0000" "0a000001" "0a000002"
#define O4(total, proto) O4F(total, "0000", proto)
#define O6(len, next) \
	"60000000" len next "40" "20010db8000000000000000000000001" "20010db8000000000000000000000002"
/* UDP 1000 > 53 with four bytes: 12. */
#define DNS "03e8" "0035" "000c" "0000" "deadbeef"
#define UDP(dport, len) "03e8" dport len "0000"
#define TCP(offset, flags) "03e8" "0050" "00000001" "00000000" offset flags "2000" "0000" "0000"
/* Inner packets: 32 and 52 bytes. */
#define IN4 "4500" "0020" "0001" "0000" "40" "11" "0000" "c0a80001" "c0a80002" DNS
#define IN6 O6("000c", "11") DNS
#define IS4 "17 192.168.0.1:1000 > 192.168.0.2:53 len 32 l4 20 pay 28"
#define IS6 "17 [2001:db8::1]:1000 > [2001:db8::2]:53 len 52 l4 40 pay 48"
#define OUT "10.0.0.1:1000 > 10.0.0.2:"
#define OUT0 "10.0.0.1:0 > 10.0.0.2:0"
#define OUT6 "[2001:db8::1]:0 > [2001:db8::2]:0"
#define AH24(next) next "04" "0000" "00001000" "00000001" "000000000000000000000000"

static const struct row rows[] = {
	{"hop-by-hop options: (n + 1) * 8 bytes, n 0", 1, ETH("86dd") O6("0014", "00") "1100" "010400000000" DNS,
	    "17 [2001:db8::1]:1000 > [2001:db8::2]:53 len 60 l4 48 pay 56"},
	{"hop-by-hop options: (n + 1) * 8 bytes, n 1", 1, ETH("86dd") O6("001c", "00") "1101" "010400000000"
	    "0106000000000000" DNS, "17 [2001:db8::1]:1000 > [2001:db8::2]:53 len 68 l4 56 pay 64"},
	{"AH in IPv4: (n + 2) * 4 bytes", 1, ETH("0800") O4("0038", "33") AH24("11") DNS, "17 " OUT
	    "53 len 56 l4 44 pay 52 A"},
	{"AH in IPv6: (n + 2) * 4 bytes too", 1, ETH("86dd") O6("0024", "33") AH24("11") DNS,
	    "17 [2001:db8::1]:1000 > [2001:db8::2]:53 len 76 l4 64 pay 72 A"},
	{"MPLS, one label", 1, ETH("8847") "00010140" IN4, IS4},
	{"MPLS: four bytes a label, three labels", 1, ETH("8847") "00010040" "00011040" "00012140" IN4, IS4},
	{"MPLS, IPv6 below", 1, ETH("8847") "00010040" "00011140" IN6, IS6},
	{"MPLS, explicit null for IPv6", 1, ETH("8848") "00002140" IN6, IS6},

	/* IPv4 */
	{"UDP", 1, ETH("0800") IN4, IS4},
	{"UDP, Ethernet padding is no payload", 1, ETH("0800") IN4 "0000000000000000000000000000", IS4},
	{"TCP", 1, ETH("0800") O4("002a", "06") TCP("50", "02") "4142", "6 " OUT "80 len 42 l4 20 pay 40 flags 02"},
	{"TCP with options", 1, ETH("0800") O4("002c", "06") TCP("60", "12") "020405b4", "6 " OUT
	    "80 len 44 l4 20 pay 44 flags 12"},
	{"IPv4 options", 1, ETH("0800") "4600" "0024" "0001" "0000" "40" "11" "0000" "0a000001" "0a000002"
	    "01010101" DNS, "17 " OUT "53 len 36 l4 24 pay 32"},
	{"IPv4 header length 4", 1, ETH("0800") "44000020000100004011" "0000" "0a000001" "0a000002" DNS,
	    "! ipv4: bad header length"},
	{"IPv4 total length 19", 1, ETH("0800") O4("0013", "11") DNS, "! ipv4: bad length"},
	{"IPv4 total length under the options", 1, ETH("0800") "46000017000100004011" "0000" "0a000001" "0a000002"
	    DNS, "! ipv4: bad length"},
	{"IPv4 total length 0: segmentation offload", 1, ETH("0800") O4("0000", "06") TCP("50", "18") "414243", "6 "
	    OUT "80 len 43 l4 20 pay 40 flags 18"},
	{"IPv4 with version 5", 1, ETH("0800") "5500" "0020000100004011" "0000" "0a000001" "0a000002" DNS,
	    "! ipv4: bad version"},
	{"IPv4 longer than the frame", 1, ETH("0800") O4("0040", "11") UDP("0035", "002c") "deadbeef", "17 " OUT
	    "53 len 64 l4 20 pay 28 S"},
	{"TCP data offset 4", 1, ETH("0800") O4("0028", "06") TCP("40", "02"), "6 " OUT
	    "80 len 40 l4 20 pay 40 flags 02 ! tcp: bad header length"},
	{"TCP data offset beyond the packet", 1, ETH("0800") O4("0028", "06") TCP("f0", "02"), "6 " OUT
	    "80 len 40 l4 20 pay 80 flags 02 ! tcp: bad length"},
	{"TCP of two bytes", 1, ETH("0800") O4("0016", "06") "03e8", "6 " OUT0
	    " len 22 l4 20 pay 40 N ! tcp: bad length"},
	{"UDP length 7", 1, ETH("0800") O4("0020", "11") UDP("0035", "0007") "deadbeef", "17 " OUT
	    "53 len 32 l4 20 pay 28 ! udp: bad length"},
	{"UDP length beyond the packet", 1, ETH("0800") O4("0020", "11") UDP("0035", "000d") "deadbeef", "17 " OUT
	    "53 len 32 l4 20 pay 28 ! udp: bad length"},
	{"UDP length short of the packet: the rest is no payload", 1, ETH("0800") O4("0020", "11") UDP("0035",
	    "000a") "deadbeef", "17 " OUT "53 len 32 l4 20 pay 28 cap 30"},
	{"SCTP", 1, ETH("0800") O4("0024", "84") "0b590b59" "00000001" "00000000" "01000004",
	    "132 10.0.0.1:2905 > 10.0.0.2:2905 len 36 l4 20 pay 32"},
	{"UDP-Lite", 1, ETH("0800") O4("0020", "88") UDP("0035", "0008") "deadbeef", "136 " OUT
	    "53 len 32 l4 20 pay 28"},
	{"ESP has no ports", 1, ETH("0800") O4("0020", "32") "00001000" "00000001" "deadbeef", "50 " OUT0
	    " len 32 l4 20 pay 20"},
	{"AH over ESP", 1, ETH("0800") O4("0034", "33") AH24("32") "0000100000000001", "50 " OUT0
	    " len 52 l4 44 pay 44 A"},
	{"AH shorter than its fixed part", 1, ETH("0800") O4("0020", "33") "11000000" "00001000" "00000001", "51 "
	    OUT0 " len 32 l4 20 pay 20"},
	{"AH longer than the packet", 1, ETH("0800") O4("0020", "33") "11ff0000" "00001000" "00000001", "51 " OUT0
	    " len 32 l4 20 pay 20"},
	{"OSPF", 1, ETH("0800") O4("0018", "59") "02010000", "89 " OUT0 " len 24 l4 20 pay 20"},

	/* Fragments */
	{"IPv4, first fragment", 1, ETH("0800") O4F("0020", "2000", "11") UDP("0035", "0100") "deadbeef", "17 " OUT
	    "53 len 32 l4 20 pay 28 FM id 1"},
	{"IPv4, fragment in the middle", 1, ETH("0800") O4F("0020", "2002", "11") DNS, "17 " OUT0
	    " len 32 l4 20 pay 20 FLM id 1"},
	{"IPv4, last fragment", 1, ETH("0800") O4F("0020", "0004", "11") DNS, "17 " OUT0
	    " len 32 l4 20 pay 20 FL id 1"},
	{"IPv4, don't fragment is no fragment", 1, ETH("0800") O4F("0020", "4000", "11") DNS, "17 " OUT
	    "53 len 32 l4 20 pay 28"},
	{"IPv6, first fragment", 1, ETH("86dd") O6("0014", "2c") "1100" "0001" "12345678" UDP("0035", "0100")
	    "deadbeef", "17 [2001:db8::1]:1000 > [2001:db8::2]:53 len 60 l4 48 pay 56 FM id 305419896"},
	{"IPv6, last fragment", 1, ETH("86dd") O6("0014", "2c") "1100" "0100" "12345678" DNS, "17 " OUT6
	    " len 60 l4 48 pay 48 FL id 305419896"},
	{"IPv6, atomic fragment (RFC 6946)", 1, ETH("86dd") O6("0014", "2c") "1100" "0000" "12345678" DNS,
	    "17 [2001:db8::1]:1000 > [2001:db8::2]:53 len 60 l4 48 pay 56"},
	{"GRE in a later fragment is not looked into", 1, ETH("0800") O4F("0038", "0004", "2f") "00000800" IN4,
	    "47 " OUT0 " len 56 l4 20 pay 20 FL id 1"},

	/* IPv6 */
	{"IPv6 UDP", 1, ETH("86dd") IN6, IS6},
	{"IPv6 TCP", 1, ETH("86dd") O6("0014", "06") TCP("50", "10"),
	    "6 [2001:db8::1]:1000 > [2001:db8::2]:80 len 60 l4 40 pay 60 flags 10"},
	{"routing, then destination options", 1, ETH("86dd") O6("001c", "2b") "3c00" "000000000000" "1100"
	    "010400000000" DNS, "17 [2001:db8::1]:1000 > [2001:db8::2]:53 len 68 l4 56 pay 64"},
	{"IPv6 no next header", 1, ETH("86dd") O6("0000", "3b"), "59 " OUT6 " len 40 l4 40 pay 40"},
	{"mobility header alone", 1, ETH("86dd") O6("0008", "87") "3b00" "000000000000", "135 " OUT6
	    " len 48 l4 40 pay 40"},
	{"HIP alone", 1, ETH("86dd") O6("0008", "8b") "3b00" "000000000000", "139 " OUT6 " len 48 l4 40 pay 40"},
	{"shim6, then UDP", 1, ETH("86dd") O6("0014", "8c") "1100" "000000000000" DNS,
	    "17 [2001:db8::1]:1000 > [2001:db8::2]:53 len 60 l4 48 pay 56"},
	{"an extension header longer than the packet", 1, ETH("86dd") O6("0014", "00") "1109" "010400000000" DNS,
	    "0 " OUT6 " len 60 l4 40 pay 40 N ! ipv6: bad header length"},
	{"IPv6 jumbogram, its length cut by the capture", 1, ETH("86dd") O6("0000", "00") "1100" "c20400010008"
	    UDP("0035", "0000") "deadbeef", "17 [2001:db8::1]:1000 > [2001:db8::2]:53 len 65584 l4 48 pay 56 S"},
	{"IPv6 with version 4", 1, ETH("86dd") "40000000" "000c1140" "20010db8000000000000000000000001"
	    "20010db8000000000000000000000002" DNS, "! ipv6: bad version"},

	/* ICMP */
	{"ping", 1, ETH("0800") O4("001c", "01") "0800000000010001", "1 " OUT0 " len 28 l4 20 pay 28"},
	{"port unreachable quotes UDP", 1, ETH("0800") O4("0038", "01") "0303000000000000" "4500" "0020" "0001"
	    "0000" "40" "11" "0000" "c0a80001" "c0a80002" UDP("0035", "000c"), "1 " OUT0
	    " len 56 l4 20 pay 28 | quotes 3/3 17 192.168.0.1:1000 > 192.168.0.2:53 len 32 l4 20 pay 28 S"},
	{"prohibited quotes TCP", 1, ETH("0800") O4("0038", "01") "030d000000000000" "4500" "0028" "0001" "0000"
	    "40" "06" "0000" "c0a80001" "c0a80002" "03e8" "0050" "00000001", "1 " OUT0
	    " len 56 l4 20 pay 28 | quotes 3/13 6 192.168.0.1:1000 > 192.168.0.2:80 len 40 l4 20 pay 40 S"},
	{"time exceeded quotes ICMP: no ports, and no quote of the quote", 1, ETH("0800") O4("0038", "01")
	    "0b00000000000000" "4500" "001c" "00010000" "0101" "0000" "c0a80001" "c0a80002" "0303000000000000", "1 "
	    OUT0 " len 56 l4 20 pay 28 | quotes 11/0 1 192.168.0.1:0 > 192.168.0.2:0 len 28 l4 20 pay 28"},
	{"a quote without ports", 1, ETH("0800") O4("0030", "01") "0301000000000000" "4500" "0020" "0001" "0000"
	    "40" "11" "0000" "c0a80001" "c0a80002", "1 " OUT0
	    " len 48 l4 20 pay 28 | quotes 3/1 17 192.168.0.1:0 > 192.168.0.2:0 len 32 l4 20 pay 28 SN"},
	{"a quote cut in its addresses is none", 1, ETH("0800") O4("002e", "01") "0301000000000000" "4500" "0020"
	    "0001" "0000" "40" "11" "0000" "c0a80001" "c0a8", "1 " OUT0 " len 46 l4 20 pay 28"},
	{"a quoted later fragment has no ports", 1, ETH("0800") O4("0038", "01") "0b01000000000000" "4500" "0020"
	    "0001" "0004" "40" "11" "0000" "c0a80001" "c0a80002" "0102030405060708", "1 " OUT0
	    " len 56 l4 20 pay 28 | quotes 11/1 17 192.168.0.1:0 > 192.168.0.2:0 len 32 l4 20 pay 20 FLS"},
	{"ICMPv6 unreachable quotes UDP", 1, ETH("86dd") O6("0038", "3a") "0104000000000000" O6("000c", "11")
	    UDP("0035", "000c"), "58 " OUT6
	    " len 96 l4 40 pay 48 | quotes 1/4 17 [2001:db8::1]:1000 > [2001:db8::2]:53 len 52 l4 40 pay 48 S"},
	{"ping whose data looks like a quote", 1, ETH("0800") O4("003c", "01") "0800000000010001" IN4, "1 " OUT0
	    " len 60 l4 20 pay 28"},
	{"ICMPv6 ping whose data looks like a quote", 1, ETH("86dd") O6("003c", "3a") "8000000000010001" IN6, "58 " OUT6
	    " len 100 l4 40 pay 48"},
	{"neighbour solicitation quotes nothing", 1, ETH("86dd") O6("0018", "3a") "87000000" "00000000"
	    "20010db8000000000000000000000002", "58 " OUT6 " len 64 l4 40 pay 48"},

	/* Tags and what else Ethernet carries */
	{"VLAN", 1, ETH("8100") "000a" "0800" IN4, IS4 " vlan 10"},
	{"QinQ 802.1ad", 1, ETH("88a8") "000a" "8100" "2014" "0800" IN4, IS4 " vlan 10.20"},
	{"QinQ 0x9100, IPv6", 1, ETH("9100") "000a" "8100" "0014" "86dd" IN6, IS6 " vlan 10.20"},
	{"three tags", 1, ETH("9200") "0001" "8100" "0002" "8100" "0003" "0800" IN4, IS4 " vlan 1.2.3"},
	{"priority tag", 1, ETH("8100") "6000" "0800" IN4, IS4 " vlan 0"},
	{"VLAN, 802.3, LLC, SNAP", 1, ETH("8100") "000a" "0028" "aaaa03000000" "0800" IN4, IS4 " vlan 10"},
	{"VLAN that is cut", 1, ETH("8100") "000a", "! ethernet: truncated"},
	{"PPPoE session", 1, ETH("8864") "1100" "0001" "0022" "0021" IN4, IS4},
	{"PPPoE, IPv6", 1, ETH("8864") "1100" "0001" "0036" "0057" IN6, IS6},
	{"PPPoE, LCP", 1, ETH("8864") "1100" "0001" "0006" "c021" "01010004", "- ppp: protocol 0xc021 (LCP)"},
	{"PPPoE version 2", 1, ETH("8864") "2100" "0001" "0022" "0021" IN4, "! pppoe: bad version"},
	{"PPPoE discovery", 1, ETH("8863") "1109" "0000" "0000", "- ethernet: ethertype 0x8863 (PPPoE discovery)"},
	{"PBB", 1, ETH("88a8") "000a" "88e7" "00000001" MACS "8100" "0014" "0800" IN4, IS4 " vlan 10.20 in pbb"},
	{"security group tag", 1, ETH("8909") "0101" "0001" "0005" "0800" IN4, IS4},
	{"EoMPLS without control word", 1, ETH("8847") "00010140" MACS "0800" IN4, IS4 " in eompls"},
	{"EoMPLS with control word", 1, ETH("8847") "00010140" "00000000" MACS "8100" "000a" "0800" IN4, IS4
	    " vlan 10 in eompls"},
	{"MPLS, associated channel with IPv4", 1, ETH("8847") "00010140" "10000021" IN4, IS4},
	{"MPLS, associated channel with BFD", 1, ETH("8847") "00010140" "10000007" "00000000",
	    "- mpls: payload nibble 1 (associated channel)"},
	{"FabricPath", 1, ETH("8903") "0020" MACS "0800" IN4, IS4},
	{"IPv6 under the type of IPv4", 1, ETH("0800") IN6, IS6},
	{"MACsec, only authenticated", 1, ETH("88e5") "0000" "00000001" "0800" IN4
	    "00000000000000000000000000000000", IS4},
	{"MACsec, encrypted", 1, ETH("88e5") "0c00" "00000001" "deadbeefdeadbeef", "! macsec: encrypted"},
	{"802.3, LLC, SNAP", 1, MACS "0028" "aaaa03000000" "0800" IN4, IS4},
	{"802.3, LLC, IP", 1, MACS "0023" "060603" IN4, IS4},
	{"ARP", 1, ETH("0806") "0001080006040001", "- ethernet: ethertype 0x0806 (ARP)"},
	{"LLDP", 1, ETH("88cc") "0207", "- ethernet: ethertype 0x88cc (LLDP)"},
	{"STP", 1, MACS "0026" "424203" "0000000000", "- llc: SAP 0x42 (STP)"},
	{"CDP", 1, MACS "0010" "aaaa0300000c2000" "02b40000", "- snap: SNAP 0x000c2000 (CDP)"},
	{"an EtherType without a name", 1, ETH("abcd") "00", "! ethernet: unknown ethertype 0xabcd"},
	{"neither type nor length", 1, MACS "05ee" "00", "! ethernet: unknown ethertype 0x05ee"},

	/* Link types */
	{"raw, IPv4", 12, IN4, IS4},
	{"raw, IPv6", 14, IN6, IS6},
	{"DLT_IPV4", 228, IN4, IS4},
	{"DLT_IPV6", 229, IN6, IS6},
	{"loopback, little endian", 0, "02000000" IN4, IS4},
	{"loopback, big endian", 0, "00000002" IN4, IS4},
	{"loopback, AF_INET6 of Linux", 0, "0a000000" IN6, IS6},
	{"loopback, AF_INET6 of NetBSD", 0, "18000000" IN6, IS6},
	{"loopback, AF_INET6 of FreeBSD", 0, "1c000000" IN6, IS6},
	{"loopback, AF_INET6 of Darwin", 108, "0000001e" IN6, IS6},
	{"loopback, another family", 0, "63000000" "00", "! loopback: unknown address family 99"},
	{"SLL", 113, "0000" "0001" "0006" "0200000000010000" "0800" IN4, IS4},
	{"SLL with a VLAN tag", 113, "0000" "0001" "0006" "0200000000010000" "8100" "000a" "86dd" IN6, IS6
	    " vlan 10"},
	{"SLL, ARP", 113, "0000" "0001" "0006" "0200000000010000" "0806" "0001",
	    "- ethernet: ethertype 0x0806 (ARP)"},
	{"SLL2", 276, "86dd" "0000" "00000002" "0001" "00" "06" "0200000000010000" IN6, IS6},
	{"PPP without framing", 9, "0021" IN4, IS4},
	{"PPP with framing", 9, "ff030021" IN4, IS4},
	{"PPP, short protocol", 50, "ff0321" IN4, IS4},
	{"PPP, MPLS", 50, "ff030281" "00010140" IN4, IS4},
	{"PPP, Van Jacobson", 9, "ff03002d" "00", "! ppp: compressed"},
	{"DLT_PPP_ETHER", 51, "1100" "0001" "0022" "0021" IN4, IS4},
	{"Cisco HDLC", 104, "0f000800" IN4, IS4},
	{"Cisco HDLC, keepalive", 104, "8f008035" "00000002", "- cisco hdlc: protocol 0x8035 (SLARP)"},
	{"frame relay, IETF", 107, "184103cc" IN4, IS4},
	{"frame relay, SNAP", 107, "1841030080000000" "86dd" IN6, IS6},
	{"frame relay, Cisco", 107, "18410800" IN4, IS4},
	{"frame relay, LMI", 107, "00010308" "7501", "- frame relay: NLPID 0x08 (Q.933)"},
	{"802.11 data", 105, "0801" "0000" "020000000001" "020000000002" "020000000003" "1000" "aaaa03000000" "0800"
	    IN4, IS4},
	{"802.11 QoS data", 105, "8801" "0000" "020000000001" "020000000002" "020000000003" "1000" "0000"
	    "aaaa03000000" "0800" IN4, IS4},
	{"802.11 between access points", 105, "0803" "0000" "020000000001" "020000000002" "020000000003" "1000"
	    "020000000004" "aaaa03000000" "0800" IN4, IS4},
	{"802.11 A-MSDU", 105, "8801" "0000" "020000000001" "020000000002" "020000000003" "1000" "8000" MACS "0028"
	    "aaaa03000000" "0800" IN4, IS4},
	{"802.11, protected", 105, "0841" "0000" "020000000001" "020000000002" "020000000003" "1000"
	    "0000000000000000", "! 802.11: encrypted"},
	{"802.11 beacon", 105, "8000" "0000" "ffffffffffff" "020000000002" "020000000002" "1000",
	    "- 802.11: frame type 0x00 (management)"},
	{"802.11 null data", 105, "4801" "0000" "020000000001" "020000000002" "020000000003" "1000",
	    "- 802.11: frame type 0x24 (null data)"},
	{"radiotap", 127, "00000800" "00000000" "0801" "0000" "020000000001" "020000000002" "020000000003" "1000"
	    "aaaa03000000" "0800" IN4, IS4},
	{"radiotap, padded to four bytes", 127, "00000900" "02000000" "20" "8801" "0000" "020000000001"
	    "020000000002" "020000000003" "1000" "0000" "0000" "aaaa03000000" "0800" IN4, IS4},
	{"radiotap, a length shorter than itself", 127, "00000700" "00000000" "0801",
	    "! 802.11: bad header length"},
	{"PPI", 192, "00000800" "69000000" "0801" "0000" "020000000001" "020000000002" "020000000003" "1000"
	    "aaaa03000000" "0800" IN4, IS4},
	{"a link type with a name", 147, "00", "! link type 147 (USER0): link type not decoded"},
	{"a link type without one", 9999, "00", "! link type 9999 (unknown): link type not decoded"},
	{"MPLS alone", 219, "00010140" IN4, IS4},
	{"NFLOG", 239, "02000000" "08000100" "08000000" "24000900" IN4, IS4},

	/* Tunnels */
	{"GRE", 1, ETH("0800") O4("0038", "2f") "0000" "0800" IN4, IS4 " in gre"},
	{"GRE with checksum, key and sequence", 1, ETH("0800") O4("0044", "2f") "b000" "0800" "00000000" "00000001"
	    "00000002" IN4, IS4 " in gre"},
	{"GRE in IPv6", 1, ETH("86dd") O6("0024", "2f") "0000" "0800" IN4, IS4 " in gre"},
	{"GRE of PPTP", 1, ETH("0800") O4("0044", "2f") "3001" "880b" "00240001" "00000001" "ff030021" IN4, IS4
	    " in gre"},
	{"GRE of PPTP, only an acknowledgment", 1, ETH("0800") O4("0020", "2f") "2081" "880b" "00000001" "00000001",
	    "47 " OUT0 " len 32 l4 20 pay 20"},
	{"GRE version 2", 1, ETH("0800") O4("0038", "2f") "0002" "0800" IN4, "47 " OUT0
	    " len 56 l4 20 pay 20 ! tunnel: bad version"},
	{"GRE, Ethernet (NVGRE)", 1, ETH("0800") O4("004a", "2f") "2000" "6558" "00000100" MACS "0800" IN4, IS4
	    " in gre"},
	{"GRE, MPLS", 1, ETH("0800") O4("003c", "2f") "0000" "8847" "00010140" IN4, IS4 " in gre"},
	{"GRE with ARP inside stays GRE", 1, ETH("0800") O4("002a", "2f") "0000" "6558" MACS "0806" "00010800",
	    "47 " OUT0 " len 42 l4 20 pay 20"},
	{"ERSPAN I", 1, ETH("0800") O4("0046", "2f") "0000" "88be" MACS "0800" IN4, IS4 " in erspan1"},
	{"ERSPAN II", 1, ETH("0800") O4("0052", "2f") "1000" "88be" "00000001" "1000000000000000" MACS "0800" IN4,
	    IS4 " in erspan2"},
	{"ERSPAN III", 1, ETH("0800") O4("0056", "2f") "1000" "22eb" "00000001" "20000000" "00000000" "00000000"
	    MACS "0800" IN4, IS4 " in erspan3"},
	{"ERSPAN III with a platform header", 1, ETH("0800") O4("005e", "2f") "1000" "22eb" "00000001" "20000000"
	    "00000000" "00000001" "0000000000000000" MACS "0800" IN4, IS4 " in erspan3"},
	{"VXLAN", 1, ETH("0800") O4("0052", "11") UDP("12b5", "003e") "0800000000000a00" MACS "0800" IN4, IS4
	    " in vxlan"},
	{"VXLAN, tags outside and inside", 1, ETH("8100") "000a" "0800" O4("0056", "11") UDP("12b5", "0042")
	    "0800000000000a00" MACS "8100" "0014" "0800" IN4, IS4 " vlan 10.20 in vxlan"},
	{"port of VXLAN, but no VXLAN", 1, ETH("0800") O4("0026", "11") UDP("12b5", "0012") "00010203040506070809",
	    "17 " OUT "4789 len 38 l4 20 pay 28"},
	{"GENEVE with an option", 1, ETH("0800") O4("0056", "11") UDP("17c1", "0042") "0100" "6558" "00000a00"
	    "01020000" MACS "0800" IN4, IS4 " in geneve"},
	{"GENEVE, IP at once", 1, ETH("0800") O4("0044", "11") UDP("17c1", "0030") "0000" "0800" "00000a00" IN4, IS4
	    " in geneve"},
	{"IP in IP", 1, ETH("0800") O4("0034", "04") IN4, IS4 " in ipip"},
	{"6in4", 1, ETH("0800") O4("0048", "29") IN6, IS6 " in 6in4"},
	{"4in6", 1, ETH("86dd") O6("0020", "04") IN4, IS4 " in 4in6"},
	{"6in6", 1, ETH("86dd") O6("0034", "29") IN6, IS6 " in 6in6"},
	{"Teredo", 1, ETH("0800") O4("0050", "11") UDP("0dd8", "003c") IN6, IS6 " in teredo"},
	{"Teredo with authentication and origin", 1, ETH("0800") O4("0065", "11") UDP("0dd8", "0051") "00010000"
	    "0000000000000000" "00" "0000" "03e8" "f5fffffe" IN6, IS6 " in teredo"},
	{"GTP-U", 1, ETH("0800") O4("0044", "11") UDP("0868", "0030") "30ff0020" "00000001" IN4, IS4 " in gtp-u"},
	{"GTP-U with an extension header", 1, ETH("0800") O4("004c", "11") UDP("0868", "0038") "34ff0028" "00000001"
	    "00000085" "01100000" IN4, IS4 " in gtp-u"},
	{"GTP-U echo", 1, ETH("0800") O4("0028", "11") UDP("0868", "0014") "32010004" "00000000" "00000000", "17 "
	    OUT "2152 len 40 l4 20 pay 28"},
	{"L2TP", 1, ETH("0800") O4("0048", "11") UDP("06a5", "0034") "4002" "002c" "00010002" "ff030021" IN4, IS4
	    " in l2tp"},
	{"L2TP control", 1, ETH("0800") O4("0028", "11") UDP("06a5", "0014") "c802" "000c" "0001000000000000", "17 "
	    OUT "1701 len 40 l4 20 pay 28"},
	{"TZSP", 1, ETH("0800") O4("004f", "11") UDP("9090", "003b") "01000001" "01" MACS "0800" IN4, IS4
	    " in tzsp"},
	{"CAPWAP, Ethernet", 1, ETH("0800") O4("0052", "11") UDP("147f", "003e") "0010020000000000" MACS "0800" IN4,
	    IS4 " in capwap"},
	{"CAPWAP, 802.11 with its first bytes swapped", 1, ETH("0800") O4("0064", "11") UDP("147f", "0050")
	    "0010030000000000" "0208" "0000" "020000000001" "020000000002" "020000000003" "1000" "aaaa03000000"
	    "0800" IN4, IS4 " in capwap"},
	{"MPLS in UDP", 1, ETH("0800") O4("0040", "11") UDP("19eb", "002c") "00010140" IN4, IS4 " in mpls"},
	{"EtherIP", 1, ETH("0800") O4("0044", "61") "3000" MACS "0800" IN4, IS4 " in etherip"},
	{"GRE in GRE", 1, ETH("0800") O4("0050", "2f") "0000" "0800" O4("0038", "2f") "0000" "0800" IN4, IS4
	    " in gre/gre"},
	{"AH, then a tunnel", 1, ETH("0800") O4("004c", "33") AH24("04") IN4, IS4 " A in ipip"},
	{"an inner header that is broken leaves the outer packet", 1, ETH("0800") O4("0024", "04")
	    "44000020000100004011000000000000", "4 " OUT0 " len 36 l4 20 pay 20 ! ipip/ipv4: bad header length"},
	{"IPComp, a stored block", 1, ETH("0800") O4("003d", "6c") "0400" "0002"
	    "012000dfff450000200001000040110000c0a80001c0a8000203e80035000c" "0000deadbeef", IS4 " in ipip"},
	{"IPComp, a block of fixed codes", 1, ETH("0800") O4("0039", "6c") "0400" "0002"
	    "73656050606064607010646038b08281118899985f309832f03030dc" "5bbbef3d00", IS4 " in ipip"},
	{"IPComp, a block of its own codes", 1, ETH("0800") O4("0180", "6c") "0400" "1234"
	    "0dc35bb69a301400d0137984878022a2484048440982044172797cf4a773bc43e84707d1e17418ed5e6bff04f41b10c08f3d"
	    "c09f5f80fedf287fe183be0100934dff31eec7432af3e8da9f6d874c0fd618afe289681050f4bc0bab2df8927a2e912c2916"
	    "7abad4ee3219d4d11d66ceabd790e886caec3e5ffd03555ed5e07dea0ef338e6c6bb1977632db4223c52a86eb5c6d3fc1d68"
	    "8ac70327e09eaa8703cb9ef8f568d47b74e1e6d02de1da7fb96d4e85370d705adf725b27846351f55b5194536c9ba1888358"
	    "84d63659aac7dbfd34bddd64b9d82d524df479731ccb720c9505a7fa047e7f63c295dde4cbba55a8bf23238da94cf607a676"
	    "afe9b80ef3be7f94f2a4219b6d559340db023135b770141c4d55258fe84b89e03d5a3c3a3128738e6ee74b65cb4121faa29e"
	    "e7e685d2ade15707cb63781c31dbd9411d586ea6740288b1b1323cad3b91a5156ecb163faf79e7a3c5a48e665fd5e1836f07"
	    "2fea2efb903b006ef50f", "17 192.168.0.1:1000 > 192.168.0.2:53 len 428 l4 20 pay 28 in ipip"},
	{"IPComp that is no DEFLATE", 1, ETH("0800") O4("0020", "6c") "0400" "0002" "0102030405060708", "108 " OUT0
	    " len 32 l4 20 pay 20 ! ipcomp: compressed"},
};
/* clang-format on */

#endif
