/* Why a frame gave no packet, and the names that a reader of the books looks for. */
#include <stdio.h>
#include <string.h>

#include <aud/lang.h>

#include "decode.h"

struct name {
	uint32_t type;
	const char *name;
};

/* IEEE 802 Numbers registry (IANA), and what vendors use. */
static const struct name ethertypes[] = {
    {0x0600, "XNS"},
    {0x0806, "ARP"},
    {0x0842, "Wake-on-LAN"},
    {0x2000, "CDP"},
    {0x22ea, "SRP"},
    {0x22f0, "AVTP"},
    {0x22f3, "TRILL"},
    {0x22f4, "L2-IS-IS"},
    {0x6001, "DEC MOP dump/load"},
    {0x6002, "DEC MOP remote console"},
    {0x6003, "DECnet"},
    {0x6004, "DEC LAT"},
    {0x6007, "DEC LAVC"},
    {0x8035, "RARP"},
    {0x809b, "AppleTalk"},
    {0x80d5, "SNA"},
    {0x80f3, "AARP"},
    {0x8100, "VLAN"},
    {0x8102, "SLPP"},
    {0x8103, "VLACP"},
    {0x8137, "IPX"},
    {0x8138, "IPX"},
    {0x8204, "QNX"},
    {0x8783, "VMLAB"},
    {0x8808, "MAC control"},
    {0x8809, "slow protocols, LACP"},
    {0x8819, "CobraNet"},
    {0x8863, "PPPoE discovery"},
    {0x886d, "Intel ANS probe"},
    {0x886f, "NLB heartbeat"},
    {0x8874, "RRCP"},
    {0x887b, "HomePlug 1.0"},
    {0x888e, "EAPOL"},
    {0x8892, "PROFINET"},
    {0x8899, "Realtek"},
    {0x889a, "HyperSCSI"},
    {0x88a2, "ATA over Ethernet"},
    {0x88a4, "EtherCAT"},
    {0x88ab, "POWERLINK"},
    {0x88b5, "local experimental"},
    {0x88b6, "local experimental"},
    {0x88b7, "OUI extended"},
    {0x88b8, "GOOSE"},
    {0x88b9, "GSE"},
    {0x88ba, "sampled values"},
    {0x88bb, "LWAPP"},
    {0x88bf, "MikroTik RoMON"},
    {0x88c7, "802.11i preauthentication"},
    {0x88ca, "TIPC"},
    {0x88cc, "LLDP"},
    {0x88cd, "SERCOS III"},
    {0x88d9, "LLTD"},
    {0x88dc, "WSMP"},
    {0x88e1, "HomePlug AV"},
    {0x88e3, "MRP"},
    {0x88ee, "E-LMI"},
    {0x88f5, "MVRP"},
    {0x88f6, "MMRP"},
    {0x88f7, "PTP"},
    {0x88f8, "NCSI"},
    {0x88fb, "PRP"},
    {0x8902, "CFM"},
    {0x8906, "FCoE"},
    {0x890d, "802.11 tunnelled"},
    {0x8911, "FCoE"},
    {0x8914, "FIP"},
    {0x8915, "RoCE"},
    {0x8917, "MIS"},
    {0x891d, "TTE"},
    {0x8940, "ECP"},
    {0x8947, "GeoNetworking"},
    {0x894f, "NSH"},
    {0x9000, "loopback"},
    {0x9003, "QinQ of a vendor"},
    {0x999a, "Linx"},
    {0xcafe, "VITA 49"},
    {0xd28b, "local discovery"},
    {0xfcfc, "FCoIB"},
    {0xffff, "raw IPX"},
};

/* ISO/IEC TR 11802-1: standard LSAP addresses. */
static const struct name saps[] = {
    {0x00, "null LLC"},
    {0x02, "LLC management"},
    {0x04, "SNA"},
    {0x08, "SNA"},
    {0x0e, "PROWAY"},
    {0x18, "TI"},
    {0x42, "STP"},
    {0x4e, "EIA RS-511"},
    {0x7e, "X.25"},
    {0x7f, "ISO 8802-2 null"},
    {0x80, "XNS"},
    {0x86, "NESTAR"},
    {0x8e, "PROWAY"},
    {0x98, "ARP"},
    {0xbc, "VINES"},
    {0xe0, "IPX"},
    {0xf0, "NetBIOS"},
    {0xf4, "LAN Manager"},
    {0xf8, "RPL"},
    {0xfc, "HP"},
    {0xfe, "OSI"},
    {0xff, "raw IPX"},
};

/* The last two bytes of the OUI (00-0c is Cisco's), then the protocol. */
static const struct name snaps[] = {
    {0x0007809b, "AppleTalk"},
    {0x008101a1, "SONMP"},
    {0x008101a2, "SONMP"},
    {0x000c0102, "DRIP"},
    {0x000c0104, "PAgP"},
    {0x000c0105, "MLS hello"},
    {0x000c010b, "PVST+"},
    {0x000c010c, "VLAN bridge STP"},
    {0x000c0111, "UDLD"},
    {0x000c2000, "CDP"},
    {0x000c2001, "CGMP"},
    {0x000c2003, "VTP"},
    {0x000c2004, "DTP"},
};

/* PPP numbers registry (IANA). */
static const struct name ppps[] = {
    {0x0001, "padding"},
    {0x0023, "OSI"},
    {0x0025, "XNS"},
    {0x0027, "DECnet"},
    {0x0029, "AppleTalk"},
    {0x002b, "IPX"},
    {0x0031, "bridging"},
    {0x0033, "STP"},
    {0x003f, "NetBIOS"},
    {0x0201, "STP"},
    {0x0203, "source route STP"},
    {0x0207, "CDP"},
    {0x8021, "IPCP"},
    {0x8023, "OSINLCP"},
    {0x8025, "XNSCP"},
    {0x8027, "DNCP"},
    {0x8029, "ATCP"},
    {0x802b, "IPXCP"},
    {0x8031, "BCP"},
    {0x803f, "NBFCP"},
    {0x8049, "SDCP"},
    {0x804f, "IP6 compression control"},
    {0x8053, "ECP"},
    {0x8057, "IPV6CP"},
    {0x80fb, "CCP in link"},
    {0x80fd, "CCP"},
    {0x8207, "CDPCP"},
    {0x8281, "MPLSCP"},
    {0xc021, "LCP"},
    {0xc023, "PAP"},
    {0xc025, "LQR"},
    {0xc027, "SPAP"},
    {0xc029, "CBCP"},
    {0xc02b, "BACP"},
    {0xc02d, "BAP"},
    {0xc05b, "VSAP"},
    {0xc081, "CRTCP"},
    {0xc223, "CHAP"},
    {0xc227, "EAP"},
};

static const struct name hdlcs[] = {{0x2000, "CDP"}, {0x8035, "SLARP"}};

/* 802.11: type << 4 | subtype. */
static const struct name wlans[] = {{0x00, "management"}, {0x10, "control"}, {0x24, "null data"}, {0x30, "extension"}};

static const struct name nlpids[] = {
    {0x08, "Q.933"}, {0x81, "CLNP"}, {0x82, "ES-IS"}, {0x83, "IS-IS"}, {0xb0, "FRF.9"}, {0xb1, "FRF.12"}};

static const struct name arcnets[] = {
    {0xd5, "ARP"}, {0xd6, "RARP"}, {0xf1, "ARP"}, {0x04, "ATALK"}, {0xdd, "ATALK"}, {0xfa, "IPX"}};

static const struct name nulls[] = {{7, "OSI"}, {23, "IPX"}};

static const struct name mplses[] = {{1, "associated channel"}};

/* Names of link types; the numbers are those of DLT_ in libpcap. */
static const char *const links[] = {
    [0] = "NULL",
    [1] = "EN10MB",
    [6] = "IEEE802",
    [7] = "ARCNET",
    [8] = "SLIP",
    [9] = "PPP",
    [10] = "FDDI",
    [11] = "ATM_RFC1483",
    [12] = "RAW",
    [13] = "RAW",
    [14] = "RAW",
    [15] = "SLIP_BSDOS",
    [16] = "PPP_BSDOS",
    [19] = "ATM_CLIP",
    [50] = "PPP_SERIAL",
    [51] = "PPP_ETHER",
    [99] = "SYMANTEC_FIREWALL",
    [104] = "C_HDLC",
    [105] = "IEEE802_11",
    [107] = "FRELAY",
    [108] = "LOOP",
    [109] = "ENC",
    [113] = "LINUX_SLL",
    [114] = "LTALK",
    [117] = "PFLOG",
    [119] = "PRISM_HEADER",
    [122] = "IP_OVER_FC",
    [123] = "SUNATM",
    [127] = "IEEE802_11_RADIO",
    [129] = "ARCNET_LINUX",
    [130] = "JUNIPER_MLPPP",
    [131] = "JUNIPER_MLFR",
    [132] = "JUNIPER_ES",
    [133] = "JUNIPER_GGSN",
    [134] = "JUNIPER_MFR",
    [135] = "JUNIPER_ATM2",
    [136] = "JUNIPER_SERVICES",
    [137] = "JUNIPER_ATM1",
    [138] = "APPLE_IP_OVER_IEEE1394",
    [139] = "MTP2_WITH_PHDR",
    [140] = "MTP2",
    [141] = "MTP3",
    [142] = "SCCP",
    [143] = "DOCSIS",
    [144] = "LINUX_IRDA",
    [147] = "USER0",
    [148] = "USER1",
    [149] = "USER2",
    [150] = "USER3",
    [151] = "USER4",
    [152] = "USER5",
    [153] = "USER6",
    [154] = "USER7",
    [155] = "USER8",
    [156] = "USER9",
    [157] = "USER10",
    [158] = "USER11",
    [159] = "USER12",
    [160] = "USER13",
    [161] = "USER14",
    [162] = "USER15",
    [163] = "IEEE802_11_RADIO_AVS",
    [164] = "JUNIPER_MONITOR",
    [165] = "BACNET_MS_TP",
    [166] = "PPP_PPPD",
    [167] = "JUNIPER_PPPOE",
    [168] = "JUNIPER_PPPOE_ATM",
    [169] = "GPRS_LLC",
    [170] = "GPF_T",
    [171] = "GPF_F",
    [174] = "JUNIPER_PIC_PEER",
    [175] = "ERF_ETH",
    [176] = "ERF_POS",
    [177] = "LINUX_LAPD",
    [178] = "JUNIPER_ETHER",
    [179] = "JUNIPER_PPP",
    [180] = "JUNIPER_FRELAY",
    [181] = "JUNIPER_CHDLC",
    [182] = "MFR",
    [183] = "JUNIPER_VP",
    [184] = "A429",
    [185] = "A653_ICM",
    [186] = "USB_FREEBSD",
    [187] = "BLUETOOTH_HCI_H4",
    [188] = "IEEE802_16_MAC_CPS",
    [189] = "USB_LINUX",
    [190] = "CAN20B",
    [191] = "IEEE802_15_4_LINUX",
    [192] = "PPI",
    [193] = "IEEE802_16_MAC_CPS_RADIO",
    [194] = "JUNIPER_ISM",
    [195] = "IEEE802_15_4",
    [196] = "SITA",
    [197] = "ERF",
    [198] = "RAIF1",
    [199] = "IPMB_KONTRON",
    [200] = "JUNIPER_ST",
    [201] = "BLUETOOTH_HCI_H4_WITH_PHDR",
    [202] = "AX25_KISS",
    [203] = "LAPD",
    [204] = "PPP_WITH_DIR",
    [205] = "C_HDLC_WITH_DIR",
    [206] = "FRELAY_WITH_DIR",
    [207] = "LAPB_WITH_DIR",
    [209] = "IPMB_LINUX",
    [210] = "FLEXRAY",
    [211] = "MOST",
    [212] = "LIN",
    [213] = "X2E_SERIAL",
    [214] = "X2E_XORAYA",
    [215] = "IEEE802_15_4_NONASK_PHY",
    [216] = "LINUX_EVDEV",
    [217] = "GSMTAP_UM",
    [218] = "GSMTAP_ABIS",
    [219] = "MPLS",
    [220] = "USB_LINUX_MMAPPED",
    [221] = "DECT",
    [222] = "AOS",
    [223] = "WIHART",
    [224] = "FC_2",
    [225] = "FC_2_WITH_FRAME_DELIMS",
    [226] = "IPNET",
    [227] = "CAN_SOCKETCAN",
    [228] = "IPV4",
    [229] = "IPV6",
    [230] = "IEEE802_15_4_NOFCS",
    [231] = "DBUS",
    [232] = "JUNIPER_VS",
    [233] = "JUNIPER_SRX_E2E",
    [234] = "JUNIPER_FIBRECHANNEL",
    [235] = "DVB_CI",
    [236] = "MUX27010",
    [237] = "STANAG_5066_D_PDU",
    [238] = "JUNIPER_ATM_CEMIC",
    [239] = "NFLOG",
    [240] = "NETANALYZER",
    [241] = "NETANALYZER_TRANSPARENT",
    [242] = "IPOIB",
    [243] = "MPEG_2_TS",
    [244] = "NG40",
    [245] = "NFC_LLCP",
    [246] = "PFSYNC",
    [247] = "INFINIBAND",
    [248] = "SCTP",
    [249] = "USBPCAP",
    [250] = "RTAC_SERIAL",
    [251] = "BLUETOOTH_LE_LL",
    [252] = "WIRESHARK_UPPER_PDU",
    [253] = "NETLINK",
    [254] = "BLUETOOTH_LINUX_MONITOR",
    [255] = "BLUETOOTH_BREDR_BB",
    [256] = "BLUETOOTH_LE_LL_WITH_PHDR",
    [257] = "PROFIBUS_DL",
    [258] = "PKTAP",
    [259] = "EPON",
    [260] = "IPMI_HPM_2",
    [261] = "ZWAVE_R1_R2",
    [262] = "ZWAVE_R3",
    [263] = "WATTSTOPPER_DLM",
    [264] = "ISO_14443",
    [265] = "RDS",
    [266] = "USB_DARWIN",
    [267] = "OPENFLOW",
    [268] = "SDLC",
    [269] = "TI_LLN_SNIFFER",
    [270] = "LORATAP",
    [271] = "VSOCK",
    [272] = "NORDIC_BLE",
    [273] = "DOCSIS31_XRA31",
    [274] = "ETHERNET_MPACKET",
    [275] = "DISPLAYPORT_AUX",
    [276] = "LINUX_SLL2",
    [277] = "SERCOS_MONITOR",
    [278] = "OPENVIZSLA",
    [279] = "EBHSCR",
    [280] = "VPP_DISPATCH",
    [281] = "DSA_TAG_BRCM",
    [282] = "DSA_TAG_BRCM_PREPEND",
    [283] = "IEEE802_15_4_TAP",
    [284] = "DSA_TAG_DSA",
    [285] = "DSA_TAG_EDSA",
    [286] = "ELEE",
    [287] = "Z_WAVE_SERIAL",
    [288] = "USB_2_0",
    [289] = "ATSC_ALP",
};

#define TABLE(t) t, sizeof t / sizeof *t

/* Per layer: how books and readers call it, what number tells what follows, and the numbers with a name. */
static const struct {
	const char *name, *number;
	int digits; /* hexadecimal ones; 0: decimal */
	const struct name *names;
	size_t n;
} layers[L_COUNT + 1] = {
    [L_LINK] = {"link", "packet type", 4, NULL, 0},
    [L_ETHERNET] = {"ethernet", "ethertype", 4, TABLE(ethertypes)},
    [L_LLC] = {"llc", "SAP", 2, TABLE(saps)},
    [L_SNAP] = {"snap", "SNAP", 8, TABLE(snaps)},
    [L_MPLS] = {"mpls", "payload nibble", 0, TABLE(mplses)},
    [L_PPP] = {"ppp", "protocol", 4, TABLE(ppps)},
    [L_HDLC] = {"cisco hdlc", "protocol", 4, TABLE(hdlcs)},
    [L_PPPOE] = {"pppoe", "code", 2, NULL, 0},
    [L_MACSEC] = {"macsec", "type", 2, NULL, 0},
    [L_WLAN] = {"802.11", "frame type", 2, TABLE(wlans)},
    [L_FRELAY] = {"frame relay", "NLPID", 2, TABLE(nlpids)},
    [L_ARCNET] = {"arcnet", "system code", 2, TABLE(arcnets)},
    [L_NULL] = {"loopback", "address family", 0, TABLE(nulls)},
    [L_IP4] = {"ipv4", "protocol", 0, NULL, 0},
    [L_IP6] = {"ipv6", "next header", 0, NULL, 0},
    [L_TUNNEL] = {"tunnel", "type", 4, NULL, 0},
    [L_TCP] = {"tcp", "", 0, NULL, 0},
    [L_UDP] = {"udp", "", 0, NULL, 0},
    [L_SCTP] = {"sctp", "", 0, NULL, 0},
    [L_IPCOMP] = {"ipcomp", "CPI", 0, NULL, 0},
    [L_ICMP] = {"icmp", "type", 0, NULL, 0},
    [L_COUNT] = {"other", "", 0, NULL, 0},
};

static const char *const whys[] = {
    [WHY_TRUNCATED] = N_("truncated"),
    [WHY_VERSION] = N_("bad version"),
    [WHY_HEADER_LENGTH] = N_("bad header length"),
    [WHY_LENGTH] = N_("bad length"),
    [WHY_DEPTH] = N_("too many headers"),
    [WHY_ENCRYPTED] = N_("encrypted"),
    [WHY_COMPRESSED] = N_("compressed"),
    [WHY_FRAGMENT] = N_("link layer fragment"),
    [WHY_TYPE] = N_("unknown"),
    [WHY_LINK_TYPE] = N_("link type not decoded"),
    [WHY_PORTS] = N_("ports not captured"),
    [WHY_FULL] = N_("more kinds than counted"),
};

bool
miss(struct walk *w, enum layer layer, enum why why)
{
	w->miss = (struct miss){(uint8_t)layer, (uint8_t)why, true, w->tunnel, 0};
	return false;
}

bool
miss_type(struct walk *w, enum layer layer, uint32_t type)
{
	w->miss = (struct miss){(uint8_t)layer, WHY_TYPE, miss_type_name(layer, type) == NULL, w->tunnel, type};
	return false;
}

bool
deeper(struct walk *w, enum layer layer)
{
	return ++w->depth <= DEPTH_MAX || miss(w, layer, WHY_DEPTH);
}

const char *
miss_type_name(enum layer layer, uint32_t type)
{
	for (size_t i = 0; i < layers[layer].n; i++)
		if (layers[layer].names[i].type == type)
			return layers[layer].names[i].name;
	return NULL;
}

const char *
link_name(unsigned dlt)
{
	return dlt < sizeof links / sizeof *links ? links[dlt] : NULL;
}

void
miss_text(const struct miss *m, const char *tunnel, char layer[LAYER_TEXT], char reason[REASON_TEXT])
{
	const char *name = miss_type_name(m->layer, m->type);
	char number[40];

	if (m->layer == L_LINK && m->why == WHY_LINK_TYPE)
		snprintf(layer, LAYER_TEXT, "link type %u (%s)", m->type,
		    link_name(m->type) ? link_name(m->type) : "unknown");
	else
		snprintf(layer, LAYER_TEXT, "%s%s%s", tunnel, *tunnel ? "/" : "", layers[m->layer].name);
	if (m->why != WHY_TYPE) {
		snprintf(reason, REASON_TEXT, "%s", whys[m->why]);
		return;
	}
	if (layers[m->layer].digits)
		snprintf(number, sizeof number, "%s 0x%0*x", layers[m->layer].number, layers[m->layer].digits, m->type);
	else
		snprintf(number, sizeof number, "%s %u", layers[m->layer].number, m->type);
	if (name)
		snprintf(reason, REASON_TEXT, "%s (%s)", number, name);
	else
		snprintf(reason, REASON_TEXT, "unknown %s", number);
}
