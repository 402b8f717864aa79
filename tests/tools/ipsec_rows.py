#!/usr/bin/env python3
"""Makes tests/unit/ipsec_rows.h: packets of ESP, AH and their wrappings with real ciphers and keys.

  ipsec_rows.py >tests/unit/ipsec_rows.h

scapy's IPsec layer makes them; ENCR_NULL_AUTH_AES_GMAC, which it lacks, is made here by RFC 4543, sections 3 and 4, WESP by RFC 5840. Keys and
payloads are derived from the row's name, so that the same bytes come again. Needs python3-scapy and python3-cryptography.
"""
import logging
import random
import struct

logging.getLogger('scapy').setLevel(logging.ERROR)
from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: E402
from scapy.layers.inet import ICMP, IP, TCP, UDP        # noqa: E402
from scapy.layers.inet6 import ICMPv6EchoRequest, IPv6  # noqa: E402
from scapy.layers.ipsec import AH, ESP, SecurityAssociation     # noqa: E402
from scapy.packet import Raw                    # noqa: E402

SPI = 0xc0ffee01
SRC, DST = {4: '10.0.0.1', 6: '2001:db8::1'}, {4: '10.0.0.2', 6: '2001:db8::2'}


def plain(r, v, proto, i):
    ip = IP(src=SRC[4], dst=DST[4], id=i + 1) if v == 4 else IPv6(src=SRC[6], dst=DST[6])
    if proto == 'icmp':
        return ip / ICMP(id=77, seq=i) / Raw(r.randbytes(30)) if v == 4 else ip / ICMPv6EchoRequest(id=77, seq=i, data=r.randbytes(30))
    if proto == 'udp':
        return ip / UDP(sport=50010, dport=50020) / Raw(r.randbytes(13 + i))
    return ip / TCP(sport=50040, dport=5061, flags='PA', seq=1000 + i, ack=5, window=4000) / Raw(r.randbytes(21 + i))


def scapy(r, v, proto, n, **how):
    keyed = {'crypt_key': r.randbytes(16)} if how.get('crypt_algo', 'NULL') != 'NULL' else {}
    if how.get('crypt_algo') == 'AES-GCM':
        keyed['crypt_key'] = r.randbytes(20)
    kind = how.pop('kind', ESP)
    if how.pop('tunnel', False):
        how['tunnel_header'] = IP(src='192.0.2.1', dst='192.0.2.2') if v == 4 else IPv6(src='2001:db8:f::1', dst='2001:db8:f::2')
    sa = SecurityAssociation(kind, spi=SPI, auth_key=r.randbytes(32), **keyed, **how)
    for i in range(n):
        packet = sa.encrypt(plain(r, v, proto, i), iv=r.randbytes(16 if how.get('crypt_algo') == 'AES-CBC' else 8) if keyed else None)
        yield bytes(packet)


def trailer(body, head, proto):
    pad = -(head + len(body) + 2) % 4
    return body + bytes(range(1, pad + 1)) + bytes([pad, proto])


def ip4(proto, body):
    return bytes(IP(src=SRC[4], dst=DST[4], proto=proto) / Raw(body))


def gmac(r, n, proto):
    key, salt = r.randbytes(16), r.randbytes(4)
    for i in range(n):
        upper = bytes(plain(r, 4, proto, i))[20:]
        head, iv = struct.pack('>II', SPI, i + 1), r.randbytes(8)
        text = trailer(upper, len(iv), 17 if proto == 'udp' else 6)
        yield ip4(50, head + iv + text + AESGCM(key).encrypt(salt + iv, b'', head + iv + text))


def in_udp(packets):
    for p in packets:
        body = p[20:]
        yield bytes(IP(src=SRC[4], dst=DST[4]) / UDP(sport=4500, dport=4500) / Raw(body))


def wesp(r, n, clear):
    """The header says where the payload begins and how long the integrity value is; both are 0 where it is encrypted."""
    packets = scapy(r, 4, 'udp', n, crypt_algo='NULL' if clear else 'AES-CBC', auth_algo='SHA2-256-128')
    for p in packets:
        yield ip4(141, bytes([17, 12, 16, 0] if clear else [0, 0, 0, 0x20]) + p[20:])


def ah_and_esp(r, n, crypt):
    esp = SecurityAssociation(ESP, spi=SPI, crypt_algo=crypt, crypt_key=r.randbytes(16) if crypt != 'NULL' else None,
                              auth_algo='HMAC-SHA1-96', auth_key=r.randbytes(20))
    ah = SecurityAssociation(AH, spi=SPI + 1, auth_algo='HMAC-SHA1-96', auth_key=r.randbytes(20))
    for i in range(n):
        yield bytes(ah.encrypt(esp.encrypt(plain(r, 4, 'udp', i), iv=r.randbytes(16) if crypt != 'NULL' else None)))


ROWS = [
    # name, payload, mode, icv, iv, inner protocol, packets that are read, maker
    ('HMAC-SHA1-96, UDP', 'NULL', 'TRANSPORT', 12, 0, 17, lambda r: scapy(r, 4, 'udp', 3, auth_algo='HMAC-SHA1-96')),
    ('HMAC-MD5-96, TCP', 'NULL', 'TRANSPORT', 12, 0, 6, lambda r: scapy(r, 4, 'tcp', 3, auth_algo='HMAC-MD5-96')),
    ('HMAC-SHA2-256-128, UDP in IPv6', 'NULL', 'TRANSPORT', 16, 0, 17, lambda r: scapy(r, 6, 'udp', 3, auth_algo='SHA2-256-128')),
    ('HMAC-SHA2-384-192, TCP', 'NULL', 'TRANSPORT', 24, 0, 6, lambda r: scapy(r, 4, 'tcp', 3, auth_algo='SHA2-384-192')),
    ('HMAC-SHA2-512-256, UDP', 'NULL', 'TRANSPORT', 32, 0, 17, lambda r: scapy(r, 4, 'udp', 3, auth_algo='SHA2-512-256')),
    ('HMAC-SHA1-96, ICMP', 'NULL', 'TRANSPORT', 12, 0, 1, lambda r: scapy(r, 4, 'icmp', 4, auth_algo='HMAC-SHA1-96')),
    ('HMAC-SHA2-256-128, ICMP of IPv6', 'NULL', 'TRANSPORT', 16, 0, 58, lambda r: scapy(r, 6, 'icmp', 4, auth_algo='SHA2-256-128')),
    ('AES-GMAC, UDP', 'NULL', 'TRANSPORT', 16, 8, 17, lambda r: gmac(r, 3, 'udp')),
    ('AES-GMAC, TCP', 'NULL', 'TRANSPORT', 16, 8, 6, lambda r: gmac(r, 3, 'tcp')),
    ('HMAC-SHA1-96, tunnel, IPv4', 'NULL', 'TUNNEL', 12, 0, 17, lambda r: scapy(r, 4, 'udp', 3, auth_algo='HMAC-SHA1-96', tunnel=True)),
    ('HMAC-SHA2-256-128, tunnel, IPv6', 'NULL', 'TUNNEL', 16, 0, 6, lambda r: scapy(r, 6, 'tcp', 3, auth_algo='SHA2-256-128', tunnel=True)),
    ('HMAC-SHA1-96, UDP, in UDP', 'NULL', 'TRANSPORT', 12, 0, 17, lambda r: in_udp(scapy(r, 4, 'udp', 3, auth_algo='HMAC-SHA1-96'))),
    ('HMAC-SHA1-96, UDP, under AH', 'NULL', 'TRANSPORT', 12, 0, 17, lambda r: ah_and_esp(r, 3, 'NULL')),
    ('WESP that says clear', 'WESP_CLEAR', 'TRANSPORT', 16, 0, 17, lambda r: wesp(r, 3, True)),
    ('WESP that says encrypted', 'ENCRYPTED', 'UNKNOWN', 0, 0, 0, lambda r: wesp(r, 3, False)),
    ('AES-CBC with HMAC-SHA1-96', 'ENCRYPTED', 'UNKNOWN', 0, 0, 0,
     lambda r: scapy(r, 4, 'udp', 6, crypt_algo='AES-CBC', auth_algo='HMAC-SHA1-96')),
    ('AES-GCM', 'ENCRYPTED', 'UNKNOWN', 0, 0, 0, lambda r: scapy(r, 4, 'tcp', 6, crypt_algo='AES-GCM')),
    ('AES-CBC under AH', 'ENCRYPTED', 'UNKNOWN', 0, 0, 0, lambda r: ah_and_esp(r, 6, 'AES-CBC')),
    ('AES-CBC, three packets are too few', 'UNDECIDED', 'UNKNOWN', 0, 0, 0,
     lambda r: scapy(r, 4, 'udp', 3, crypt_algo='AES-CBC', auth_algo='HMAC-SHA1-96')),
    ('AH, transport', 'AH', 'TRANSPORT', 0, 0, 17, lambda r: scapy(r, 4, 'udp', 3, kind=AH, auth_algo='HMAC-SHA1-96')),
    ('AH, transport, IPv6', 'AH', 'TRANSPORT', 0, 0, 6, lambda r: scapy(r, 6, 'tcp', 3, kind=AH, auth_algo='SHA2-256-128')),
    ('AH, tunnel', 'AH', 'TUNNEL', 0, 0, 17, lambda r: scapy(r, 4, 'udp', 3, kind=AH, auth_algo='SHA2-256-128', tunnel=True)),
    ('AH, tunnel, IPv6', 'AH', 'TUNNEL', 0, 0, 17, lambda r: scapy(r, 6, 'udp', 3, kind=AH, auth_algo='HMAC-SHA1-96', tunnel=True)),
]


def main():
    print('/* Made by tests/tools/ipsec_rows.py: packets with real ciphers and keys, and what they are. */')
    print('#ifndef IPSEC_ROWS_H\n#define IPSEC_ROWS_H\n')
    print('static const struct row {\n\tconst char *name;\n\tenum aud_ipsec_payload payload;\n\tenum aud_ipsec_mode mode;\n'
          '\tuint8_t icv, iv, proto;\n\tconst char *packets[8];\n} rows[] = {')
    for name, payload, mode, icv, iv, proto, make in ROWS:
        print('\t{"%s", AUD_PAYLOAD_%s, AUD_IPSEC_%s, %d, %d, %d, {' % (name, payload, mode, icv, iv, proto))
        for packet in make(random.Random(name)):
            text = packet.hex()
            lines = [text[i:i + 96] for i in range(0, len(text), 96)]
            print('\n'.join('\t    %s"%s"' % ('' if i == 0 else '    ', line) for i, line in enumerate(lines)) + ',')
        print('\t}},')
    print('};\n\n#endif')


main()
