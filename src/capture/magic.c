#include <stdio.h>
#include <string.h>

#include "capture.h"

static const struct {
	size_t at, len;
	const char *bytes, *what;
} magics[] = {
    /* Captures that neither the own readers nor libpcap read. */
    {0, 8, "btsnoop\0", N_("a btsnoop capture (Bluetooth)")},
    {0, 16, "TRSNIFF data    ", N_("a Sniffer (DOS) capture, to be converted first: editcap -F pcap")},
    {0, 4, "XCP\0", N_("a Sniffer (Windows) or NetXRay capture, to be converted first: editcap -F pcap")},
    {0, 15, "ObserverPktBuff", N_("a Network Instruments Observer capture, to be converted first: editcap -F pcap")},
    {0, 4, "\x7fver", N_("an OmniPeek capture, to be converted first: editcap -F pcap")},
    {0, 4, "\x05VNF", N_("a Visual Networks capture, to be converted first: editcap -F pcap")},
    {0, 8, "\0\0\x02\0\x12\x05\0\x10", N_("a Tektronix K12 capture, to be converted first: editcap -F pcap")},
    {0, 9, "iptrace 1", N_("an iptrace capture (AIX), to be converted first: editcap -F pcap")},
    {0, 9, "iptrace 2", N_("an iptrace capture (AIX), to be converted first: editcap -F pcap")},
    {0, 4, "\x54\x52\0\x64", N_("a nettl capture (HP-UX), to be converted first: editcap -F pcap")},
    {0, 4, "\xaa\xaa\xaa\xaa", N_("a 5Views capture, to be converted first: editcap -F pcap")},
    {0, 4, "\xa1\x2b\x3c\x4d", N_("a pcap of Navtel's own kind (0xa12b3c4d)")},
    {0, 4, "\x4d\x3c\x2b\xa1", N_("a pcap of Navtel's own kind (0xa12b3c4d)")},
    {0, 4, "\xa1\xb2\x34\xcd", N_("a pcap of an unpublished kind (0xa1b234cd)")},
    {0, 4, "\xcd\x34\xb2\xa1", N_("a pcap of an unpublished kind (0xa1b234cd)")},
    /* What is taken for one by mistake. */
    {0, 4, "PK\x03\x04", N_("a ZIP archive, to be unpacked first")},
    {0, 6, "7z\xbc\xaf\x27\x1c", N_("a 7z archive, to be unpacked first")},
    {0, 4, "Rar!", N_("a RAR archive, to be unpacked first")},
    {257, 5, "ustar", N_("a tar archive, to be unpacked first")},
    {0, 2, "\x1f\x9d", N_("compress(1) data, to be unpacked first")},
    {0, 15, "SQLite format 3", N_("an SQLite database")},
    {0, 4, "%PDF", N_("a PDF document")},
    {0, 4, "\x89PNG", N_("a PNG picture")},
    {0, 4, "\x7f" "ELF", N_("an executable")},
    {0, 5, "<?xml", N_("XML")},
    {0, 1, "{", N_("text that looks like JSON")},
};

/* UTF-8 without control characters; a character may be cut off at the end. */
static bool
is_text(struct aud_view v)
{
	int more = 0;

	for (; v.p < v.end; v.p++) {
		if (more ? (*v.p & 0xc0) != 0x80 : (*v.p & 0xc0) == 0x80 || *v.p >= 0xf8)
			return false;
		if (more)
			more--;
		else if (*v.p >= 0xc0)
			more = *v.p >= 0xf0 ? 3 : *v.p >= 0xe0 ? 2 : 1;
		else if (*v.p == 0x7f || (*v.p < 0x20 && !memchr("\t\n\f\r\b\x1b", *v.p, 6)))
			return false;
	}
	return true;
}

static bool
is_zero(struct aud_view v)
{
	for (; v.p < v.end; v.p++)
		if (*v.p)
			return false;
	return true;
}

/* An HTML page behind white space. */
static bool
is_html(struct aud_view v)
{
	static const char *const begins[] = {"<!doctype html", "<html", "<head"};

	while (v.p < v.end && memchr(" \t\r\n", *v.p, 4))
		v.p++;
	for (size_t i = 0; i < sizeof begins / sizeof *begins; i++) {
		size_t len = strlen(begins[i]);
		if (view_left(&v) >= len && !strncasecmp((const char *)v.p, begins[i], len))
			return true;
	}
	return false;
}

const char *
magic_what(struct aud_view head, char *buf, size_t size)
{
	size_t n = view_left(&head);

	if (!n)
		return N_("empty");
	if (is_html(head))
		return N_("an HTML page");
	for (size_t i = 0; i < sizeof magics / sizeof *magics; i++)
		if (n >= magics[i].at + magics[i].len && !memcmp(head.p + magics[i].at, magics[i].bytes, magics[i].len))
			return magics[i].what;
	if (is_zero(head))
		return N_("nothing but zero bytes at its beginning");
	if (is_text(head))
		return N_("text");
	snprintf(buf, size, "of an unknown format (it begins with");
	for (size_t i = 0; i < n && i < 8; i++) {
		size_t used = strlen(buf);
		snprintf(buf + used, size - used, " %02x", head.p[i]);
	}
	strncat(buf, ")", size - strlen(buf) - 1);
	return buf;
}
