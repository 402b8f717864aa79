#include "capture.h"

/*
 * LINKTYPE_ values that are other numbers among the DLT_ ones on the systems that this is built for; libpcap's
 * pcap-common.c and pcap/dlt.h. All others are the same.
 */
static const struct {
	uint16_t linktype, dlt;
} renamed[] = {
    {100, 11},	/* ATM_RFC1483 */
    {101, 12},	/* RAW */
    {102, 15},	/* SLIP_BSDOS */
    {103, 16},	/* PPP_BSDOS */
    {106, 19},	/* ATM_CLIP */
};

uint16_t
linktype_dlt(uint32_t linktype)
{
	for (size_t i = 0; i < sizeof renamed / sizeof *renamed; i++)
		if (renamed[i].linktype == linktype)
			return renamed[i].dlt;
	return linktype < UINT16_MAX ? (uint16_t)linktype : UINT16_MAX;
}

uint32_t
linktype_caplen_max(uint16_t dlt)
{
	switch (dlt) {
	case 231:	/* DBUS */
	case 249:	/* USBPCAP */
		return 128u << 20;
	case 279:	/* EBHSCR */
		return 8u << 20;
	default:
		return CAPLEN_MAX;
	}
}
