#!/usr/bin/env python3
"""Captures of IPsec that the kernel of the lab cannot make: scapy's IPsec layer, real ciphers and keys, written straight into a file.

  ipsec.py NAME OUTPUT.pcap        NAME: one of those that ipsec.py -l lists

Nothing of it crossed a wire: hosts, times, keys, cookies and initialisation vectors come from the name of the capture, so that the
same name gives the same bytes. Needs python3-scapy and python3-cryptography. AuthIP: ISAKMP headers as MS-AIPS has them, with the
private exchange types, and bodies that are random, since they would be encrypted.
"""
import logging
import random
import struct
import sys

logging.getLogger('scapy').setLevel(logging.ERROR)
from scapy.layers.inet import IP, TCP, UDP      # noqa: E402
from scapy.layers.inet6 import IPv6             # noqa: E402
from scapy.layers.ipsec import AH, ESP, SecurityAssociation    # noqa: E402
from scapy.packet import Raw                    # noqa: E402

START = 1760000000      # 2025-10-09 08:53:20 UTC
HOSTS = {
    'fe01': '10.20.1.11', 'fe02': '10.20.1.12', 'fe03': '10.20.1.13', 'dir01': '10.20.1.20', 'med01': '10.20.1.30', 'um01': '10.20.1.60',
    'edge01': '10.20.2.10', 'dc01': '10.20.5.30', 'c1': '10.20.100.11', 'c2': '10.20.100.12', 'stray': '10.20.77.66',
    'vpn1': '10.20.77.1', 'vpn2': '10.20.78.1',
}
RTP_BYTES = 60          # of a wide-band speech codec at 24 kbit/s
TICK = 0.02             # RFC 3551, 4.2: 20 ms a packet


class Wire:
    def __init__(self, name):
        self.random = random.Random('ipsec ' + name)
        self.frames = []
        self.ids = 0

    def bytes(self, n):
        return self.random.randbytes(n)

    def put(self, t, packet):
        """An IP packet at t seconds."""
        raw = bytes(packet)
        if raw[0] == 0x45 and raw[9] == 17:        # scapy leaves the length of the UDP header around ESP at 8
            raw = raw[:24] + struct.pack('>H', len(raw) - 20) + raw[26:]
        six = raw[0] >> 4 == 6
        ends = (raw[8:24], raw[24:40]) if six else (raw[12:16], raw[16:20])
        mac = [b'\x02\0' + e[-4:] for e in ends]
        self.frames.append((t, len(self.frames), mac[1] + mac[0] + (b'\x86\xdd' if six else b'\x08\0') + raw))

    def ip(self, src, dst, six=False):
        if six:
            return IPv6(src=HOSTS6[src], dst=HOSTS6[dst])
        self.ids += 1
        return IP(src=HOSTS[src], dst=HOSTS[dst], id=self.ids & 0xffff)

    def udp(self, t, src, sport, dst, dport, payload, through=None, six=False):
        packet = self.ip(src, dst, six) / UDP(sport=sport, dport=dport) / Raw(payload)
        self.put(t, through(packet) if through else packet)

    def tcp(self, t, src, sport, dst, dport, flags, seq, ack, payload=b'', through=None, six=False):
        packet = self.ip(src, dst, six) / TCP(sport=sport, dport=dport, flags=flags, seq=seq, ack=ack, window=65000)
        if payload:
            packet = packet / Raw(payload)
        self.put(t, through(packet) if through else packet)

    def write(self, path):
        self.frames.sort(key=lambda f: f[:2])
        with open(path, 'wb') as out:
            out.write(struct.pack('<IHHiIII', 0xa1b23c4d, 2, 4, 0, 0, 262144, 1))
            for t, _, frame in self.frames:
                ns = START * 10 ** 9 + round(t * 10 ** 9)
                out.write(struct.pack('<IIII', ns // 10 ** 9, ns % 10 ** 9, len(frame), len(frame)) + frame)

    # --- associations ---

    def esp(self, cipher='AES-CBC', integrity='SHA2-256-128', nat=False, tunnel=None):
        """One direction: a function that encrypts."""
        key = {'AES-CBC': 16, 'AES-GCM': 20, 'NULL': 0}[cipher]
        auth = {'SHA2-256-128': 32, 'HMAC-SHA1-96': 20, 'NULL': 0}[integrity]
        sa = SecurityAssociation(ESP, self.random.randrange(0x10000000, 0xffffffff), crypt_algo=cipher, crypt_key=self.bytes(key),
                                 auth_algo=integrity, auth_key=self.bytes(auth) or None,
                                 tunnel_header=tunnel and IP(src=HOSTS[tunnel[0]], dst=HOSTS[tunnel[1]]),
                                 nat_t_header=UDP(sport=4500, dport=4500) if nat else None)
        sizes = {'AES-CBC': 16, 'AES-GCM': 8, 'NULL': 0}

        def through(packet):
            iv = self.bytes(sizes[cipher])
            return sa.encrypt(packet, iv=iv if iv else None)
        return through

    def ah(self, integrity='HMAC-SHA1-96'):
        sa = SecurityAssociation(AH, self.random.randrange(0x10000000, 0xffffffff), auth_algo=integrity, auth_key=self.bytes(20))
        return lambda packet: sa.encrypt(packet)

    # --- what is carried ---

    def stun(self, t, a, ap, b, bp, answer=True):
        """An ICE check of a, RFC 8489; its answer 2 ms later."""
        who = self.bytes(12)
        self.udp(t, a, ap, b, bp, struct.pack('>HHI', 1, 8, 0x2112a442) + who + struct.pack('>HHI', 0x24, 4, 0x6e7f1eff))
        if answer:
            peer = bytes(int(x) ^ y for x, y in zip(HOSTS[a].split('.'), b'\x21\x12\xa4\x42'))
            self.udp(t + 0.002, b, bp, a, ap, struct.pack('>HHI', 0x101, 12, 0x2112a442) + who +
                     struct.pack('>HHBBH', 0x20, 8, 0, 1, ap ^ 0x2112) + peer)

    def rtp(self, t, until, a, ap, b, bp, first=0, forth=None, back=None, both=True, six=False):
        """Speech both ways from t on; the number of the next packet."""
        ssrc = [ap << 16 | bp, bp << 16 | ap]
        n = first
        while t < until - 1e-9:
            for side in range(2 if both else 1):
                head = struct.pack('>BBHII', 0x80, 104, n & 0xffff, n * 320, ssrc[side])
                jitter = self.random.random() * 0.001
                src, sp, dst, dp = (a, ap, b, bp) if not side else (b, bp, a, ap)
                self.udp(t + side * 0.007 + jitter, src, sp, dst, dp, head + self.bytes(RTP_BYTES), back if side else forth, six)
            n += 1
            t += TICK
        return n

    def call(self, t, seconds, a, ap, b, bp, forth=None, back=None, six=False):
        """A connection with a request and an answer of text."""
        x, y = self.random.randrange(1 << 31), self.random.randrange(1 << 31)
        ask = b'GET /abs/handler HTTP/1.1\r\nHost: fe.contoso.test\r\nUser-Agent: lab\r\n\r\n'
        tell = b'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nok\n'
        talk = [(0, 'S', b''), (1, 'SA', b''), (0, 'A', b'')]
        for _ in range(max(1, int(seconds / 0.5))):
            talk += [(0, 'PA', ask), (1, 'PA', tell), (0, 'A', b'')]
        talk += [(0, 'FA', b''), (1, 'FA', b''), (0, 'A', b'')]
        at = [x, y]
        for i, (side, flags, data) in enumerate(talk):
            ack = at[1 - side] if 'A' in flags else 0
            args = (a, ap, b, bp) if not side else (b, bp, a, ap)
            self.tcp(t + seconds * i / len(talk), *args, flags, at[side], ack, data, back if side else forth, six)
            at[side] += len(data) + ('S' in flags) + ('F' in flags)

    def noise(self, t, seconds, n, a, b, forth, back):
        """n opaque packets each way, at no regular pace."""
        for side in range(2):
            for _ in range(n):
                when = t + self.random.random() * seconds
                src, dst = (a, b) if not side else (b, a)
                self.udp(when, src, 55000, dst, 55001, self.bytes(self.random.randrange(40, 200)), back if side else forth)

    # --- negotiation ---

    def isakmp(self, cookies, version, exchange, flags, message, body):
        return cookies + struct.pack('>BBBBII', 133 if exchange > 239 else 33, version, exchange, flags, message, 28 + len(body)) + body

    def ike(self, t, step, a, b, exchanges, version=0x10, port=500, answered=True, lost=()):
        """Messages in turn, the first by a, which may have been sent in vain before; exchanges: [(type, number)]. The time of the last."""
        mine, theirs = self.bytes(8), bytes(8)
        message = turn = 0
        for exchange, count in exchanges:
            if exchange in (244, 32):
                message = self.random.randrange(1, 1 << 32)
            for _ in range(count):
                src, dst = (a, b) if turn % 2 == 0 else (b, a)
                if turn == 1:
                    theirs = self.bytes(8)
                head = b'\0\0\0\0' if port == 4500 else b''
                flags = 8 if version == 0x20 and turn % 2 == 0 else 0x20 if version == 0x20 else turn >= 4
                head += self.isakmp(mine + theirs, version, exchange, flags, message, self.bytes(self.random.randrange(60, 260)))
                for when in [*lost, t] if turn == 0 else [t]:
                    self.udp(when, src, port, dst, port, head)
                if not answered:
                    return t
                turn += 1
                t += step
        return t - step


HOSTS6 = {'fe01': '2001:db8:20:1::11', 'c1': '2001:db8:20:100::11'}
AUTHIP = [(243, 6), (244, 4)]


def request(w):
    """Media in the clear and AuthIP side by side; when the association is up the clear falls silent and ESP takes its place."""
    a, ap, b, bp = 'c1', 50020, 'fe01', 57700
    w.stun(0, a, ap, b, bp)
    w.stun(0.01, b, bp, a, ap)
    up = w.ike(0.1, 0.03, a, b, AUTHIP) + 0.05
    n = w.rtp(0.05, up, a, ap, b, bp)
    w.rtp(up, up + 6, a, ap, b, bp, n, w.esp(integrity='HMAC-SHA1-96'), w.esp(integrity='HMAC-SHA1-96'))


def require(w):
    """The host that requires IPsec drops what comes in the clear: checks are sent in vain until the association is up."""
    a, ap, b, bp = 'c1', 50022, 'fe01', 57702
    for t in (0, 0.1, 0.3, 0.7, 1.5):
        w.stun(t, a, ap, b, bp, answer=False)
    for t in (0.02, 1.02):
        w.tcp(t, a, 50040, b, 50600, 'S', 7000, 0)
    up = w.ike(1.5, 0.05, a, b, AUTHIP, lost=(0.01, 0.51))
    forth, back = w.esp(integrity='HMAC-SHA1-96'), w.esp(integrity='HMAC-SHA1-96')
    w.rtp(up + 0.1, up + 6.1, a, ap, b, bp, 0, forth, back)


def ah(w):
    """Authentication headers: what they carry can be read."""
    forth, back = w.ah(), w.ah()
    w.rtp(0, 2, 'c1', 50024, 'fe01', 57704, 0, forth, back)
    w.call(0.5, 1, 'c2', 50101, 'fe02', 80, w.ah(), w.ah())


def null(w):
    """ESP without encryption: transport mode over IP, in UDP, over IPv6; and a connection that is no media."""
    w.rtp(0, 2, 'c1', 50026, 'fe01', 57706, 0, w.esp('NULL', 'HMAC-SHA1-96'), w.esp('NULL', 'HMAC-SHA1-96'))
    w.rtp(0.3, 2, 'c2', 50028, 'fe02', 50508, 0, w.esp('NULL', nat=True), w.esp('NULL', nat=True))
    w.rtp(0.6, 2, 'c1', 50030, 'fe01', 57710, 0, w.esp('NULL'), w.esp('NULL'), six=True)
    w.call(0.5, 3, 'c2', 50102, 'fe03', 80, w.esp('NULL', 'HMAC-SHA1-96'), w.esp('NULL', 'HMAC-SHA1-96'))


def cadence(w):
    """Encrypted, its beginning not in the capture: nothing but the pace of speech, both ways."""
    w.rtp(0, 7, 'c1', 50032, 'med01', 50510, 900, w.esp('AES-GCM', 'NULL'), w.esp('AES-GCM', 'NULL'))


def roles(w):
    """Encrypted, at no regular pace: with a role of T5, with a domain controller, with one that T5 does not list, between clients."""
    w.noise(0, 8, 30, 'um01', 'fe02', w.esp(), w.esp())
    w.noise(1, 8, 30, 'fe01', 'dc01', w.esp(), w.esp())
    w.noise(2, 8, 30, 'c1', 'dir01', w.esp(), w.esp())
    w.noise(3, 8, 30, 'c1', 'c2', w.esp(), w.esp())
    # a new pair of associations, as every hour
    w.noise(9, 4, 30, 'um01', 'fe02', w.esp(), w.esp())


def tunnel(w):
    """Tunnels of others: between two gateways, and of a client to one of them; and a call that is in the clear."""
    w.stun(0, 'c1', 50038, 'fe01', 57718)
    w.rtp(0.1, 4, 'c1', 50038, 'fe01', 57718)
    w.rtp(0, 4, 'c1', 50034, 'fe01', 57712, 0, w.esp(tunnel=('vpn1', 'vpn2')), w.esp(tunnel=('vpn2', 'vpn1')))
    w.noise(1, 5, 40, 'c2', 'vpn1', w.esp(nat=True), w.esp(nat=True))


def scan(w):
    """No IPsec with anybody of the site: keep-alives alone, somebody from outside who tries IKE everywhere, media on port 4500."""
    for i in range(4):
        w.udp(20.0 * i, 'c1', 4500, 'fe01', 4500, b'\xff')
    for i, host in enumerate(h for h in HOSTS if h not in ('stray', 'vpn1', 'vpn2')):
        w.ike(1 + 0.1 * i, 0, 'stray', host, [(34, 1)], 0x20, answered=False)
    w.stun(3, 'c1', 4500, 'fe01', 57714)
    w.stun(3.01, 'fe01', 57714, 'c1', 4500)
    w.rtp(3.1, 6, 'c1', 4500, 'fe01', 57714)


def mixed(w):
    """A client whose media to one server is inside IPsec, and to another in the clear."""
    w.stun(0, 'c1', 50036, 'fe02', 57716)
    w.rtp(0.1, 8, 'c1', 50036, 'fe02', 57716)
    request(w)


def one_way(w):
    """The same as request, and the mirror shows what the client sends."""
    request(w)
    w.frames = [f for f in w.frames if f[2][6:12] == b'\x02\0' + bytes(int(x) for x in HOSTS['c1'].split('.'))]


CAPTURES = {f.__name__.replace('_', '-'): f for f in (request, require, ah, null, cadence, roles, tunnel, scan, mixed, one_way)}


def main(argv):
    if argv[1:] == ['-l']:
        print('\n'.join(CAPTURES))
    elif len(argv) == 3 and argv[1] in CAPTURES:
        wire = Wire(argv[1])
        CAPTURES[argv[1]](wire)
        wire.write(argv[2])
    else:
        sys.exit(__doc__)


main(sys.argv)
