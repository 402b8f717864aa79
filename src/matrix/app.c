#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <aud/err.h>

#include "names.h"

/* The names of nDPI 4.2 in the order of its numbers, then those of our own parsers (app.h). */
static const char *const apps[] = {
    "FTP_CONTROL", "POP3", "SMTP", "IMAP", "DNS", "IPP", "HTTP", "MDNS", "NTP", "NetBIOS", "NFS", "SSDP", "BGP",
    "SNMP", "XDMCP", "SMBv1", "Syslog", "DHCP", "PostgreSQL", "MySQL", "Hotmail", "Direct_Download_Link", "POPS",
    "AppleJuice", "DirectConnect", "ntop", "COAP", "VMware", "SMTPS", "DTLS", "UBNTAC2", "Kontiki", "OpenFT",
    "FastTrack", "Gnutella", "eDonkey", "BitTorrent", "SkypeCall", "Signal", "Memcached", "SMBv23", "Mining",
    "NestLogSink", "Modbus", "WhatsAppCall", "DataSaver", "Xbox", "QQ", "TikTok", "RTSP", "IMAPS", "IceCast",
    "CPHA", "PPStream", "Zattoo", "ShoutCast", "Sopcast", "Discord", "TVUplayer", "MongoDB", "QQLive", "Thunder",
    "OCSP", "IRC", "Ayiya", "Jabber", "Nats", "AmongUs", "Yahoo", "DisneyPlus", "GooglePlus", "VRRP", "Steam",
    "HalfLife2", "WorldOfWarcraft", "Telnet", "STUN", "IPsec", "GRE", "ICMP", "IGMP", "EGP", "SCTP", "OSPF",
    "IP_in_IP", "RTP", "RDP", "VNC", "Tumblr", "TLS", "SSH", "Usenet", "MGCP", "IAX", "TFTP", "AFP", "Stealthnet",
    "Aimini", "SIP", "TruPhone", "ICMPV6", "DHCPV6", "Armagetron", "Crossfire", "Dofus", "Fiesta", "Florensia",
    "Guildwars", "AmazonAlexa", "Kerberos", "LDAP", "MapleStory", "MsSQL-TDS", "PPTP", "Warcraft3", "WorldOfKungFu",
    "Slack", "Facebook", "Twitter", "Dropbox", "GMail", "GoogleMaps", "YouTube", "Skype_Teams", "Google", "DCE_RPC",
    "NetFlow", "sFlow", "HTTP_Connect", "HTTP_Proxy", "Citrix", "NetFlix", "LastFM", "Waze", "YouTubeUpload",
    "Hulu", "CHECKMK", "AJP", "Apple", "Webex", "WhatsApp", "AppleiCloud", "Viber", "AppleiTunes", "Radius",
    "WindowsUpdate", "TeamViewer", "Tuenti", "LotusNotes", "SAP", "GTP", "WSD", "LLMNR", "RemoteScan", "Spotify",
    "Messenger", "H323", "OpenVPN", "NOE", "CiscoVPN", "TeamSpeak", "Tor", "CiscoSkinny", "RTCP", "RSYNC", "Oracle",
    "Corba", "UbuntuONE", "Whois-DAS", "Collectd", "SOCKS", "Nintendo", "RTMP", "FTP_DATA", "Wikipedia", "ZeroMQ",
    "Amazon", "eBay", "CNN", "Megaco", "Redis", "Pinterest", "VHUA", "Telegram", "Vevo", "Pandora", "QUIC", "Zoom",
    "EAQ", "Ookla", "AMQP", "KakaoTalk", "KakaoTalk_Voice", "Twitch", "DoH_DoT", "WeChat", "MPEG_TS", "Snapchat",
    "Sina(Weibo)", "GoogleHangoutDuo", "IFLIX", "Github", "BJNP", "Reddit", "WireGuard", "SMPP", "DNScrypt", "TINC",
    "Deezer", "Instagram", "Microsoft", "Starcraft", "Teredo", "HotspotShield", "IMO", "GoogleDrive", "OCS",
    "Microsoft365", "Cloudflare", "MS_OneDrive", "MQTT", "RX", "AppleStore", "OpenDNS", "Git", "DRDA", "PlayStore",
    "SOMEIP", "FIX", "Playstation", "Pastebin", "LinkedIn", "SoundCloud", "CSGO", "LISP", "Diameter", "ApplePush",
    "GoogleServices", "AmazonVideo", "GoogleDocs", "WhatsAppFiles", "TargusDataspeed", "DNP3", "IEC60870",
    "Bloomberg", "CAPWAP", "Zabbix", "s7comm", "Teams", "WebSocket", "AnyDesk", "SOAP", "AppleSiri", "SnapchatCall",
    "HP_VIRTGRP", "GenshinImpact", "Activision", "FortiClient", "Z39.50", "Likee", "GitLab", "AVASTSecureDNS",
    "Cassandra", "AmazonAWS", "Salesforce", "Vimeo", "FacebookVoip", "SignalVoip", "Fuze", "GTP_U", "GTP_C",
    "GTP_PRIME", "Alibaba", "Crashlytics", "Azure", "iCloudPrivateRelay", "EthernetIP", "Badoo", "AccuWeather",
    "GoogleClassroom", "SSRP", "FramedMedia", "PseudoTLS", "NATKeepalive",
};

static bool
known(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof apps / sizeof *apps; i++)
		if (strlen(apps[i]) == len && !memcmp(apps[i], name, len))
			return true;
	return false;
}

bool
app_known(const char *name, const char **wrong)
{
	size_t len = strlen(name);

	*wrong = name;
	/* nDPI's word for no name at all: of a protocol that it does not know, whatever it recognises is another. */
	if (known(name, len) || !strcmp(name, "Unknown"))
		return true;
	/* A name may hold a dot itself ("Z39.50"), so every dot is tried. */
	for (const char *dot = strchr(name, '.'); dot; dot = strchr(dot + 1, '.'))
		if (known(name, (size_t)(dot - name))) {
			*wrong = dot + 1;
			return known(dot + 1, strlen(dot + 1));
		}
	return false;
}

const char *
app_nearest(const char *word)
{
	return aud_nearest(word, apps, sizeof apps / sizeof *apps);
}

static const char *
spelled(const char *word, size_t len)
{
	for (size_t i = 0; i < sizeof apps / sizeof *apps; i++)
		if (strlen(apps[i]) == len && !strncasecmp(apps[i], word, len))
			return apps[i];
	return NULL;
}

bool
aud_app_spelling(const char *word, char out[64], const char **near)
{
	const char *a = spelled(word, strlen(word)), *b = "";

	/* A name may hold a dot itself ("Z39.50"), so every dot is tried. */
	for (const char *dot = strchr(word, '.'); dot && !(a && b); dot = strchr(dot + 1, '.')) {
		a = spelled(word, (size_t)(dot - word));
		b = spelled(dot + 1, strlen(dot + 1));
	}
	if (a && b)
		snprintf(out, 64, "%s%s%s", a, *b ? "." : "", b);
	else
		*near = app_nearest(word);
	return a && b;
}
