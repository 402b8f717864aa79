#!/usr/bin/env python3
"""A capture of ports that servers tell clients, written straight into a file: told.py OUTPUT.pcap

Nothing of it crossed a wire. The endpoint mapper's question and answer are laid out after C706 (chapter 12, appendices L and O), SQL
Browser's after MC-SQLR; what is spoken on the ports that they name is a few bytes that no dissector knows. The same run gives the same
bytes.
"""
import struct
import sys
import uuid

FE01, FE02, MED01, ADMIN = '10.20.1.11', '10.20.1.12', '10.20.1.30', '10.20.5.10'
EPM = uuid.UUID('e1af8308-5d1f-11c9-91a4-08002b14a0fa').bytes_le
NDR = uuid.UUID('8a885d04-1ceb-11c9-9fe8-08002b104860').bytes_le
SOME = uuid.UUID('12345778-1234-abcd-ef00-0123456789ac').bytes_le
SYN, ACK, PSH, FIN = 2, 16, 8, 1
OPAQUE = [('c', b'\x01\x02\x03some bytes of no protocol'), ('s', b'\x09\x08\x07some other bytes of none')]


def pdu(kind, call, body):
    return struct.pack('<BBBB4sHHI', 5, 0, kind, 3, b'\x10\0\0\0', 16 + len(body), 0, call) + body


def floor(left, right):
    return struct.pack('<H', len(left)) + left + struct.pack('<H', len(right)) + right


def tower(port, address):
    floors = [(b'\x0d' + SOME + b'\1\0', b'\0\0'), (b'\x0d' + NDR + b'\2\0', b'\0\0'), (b'\x0b', b'\0\0'),
              (b'\x07', struct.pack('>H', port)), (b'\x09', bytes(map(int, address.split('.'))))]
    octets = struct.pack('<H', 5) + b''.join(floor(*f) for f in floors)
    return struct.pack('<II', len(octets), len(octets)) + octets + b'\0' * (-len(octets) % 4)


def mapper(address, ports):
    """A talk with the endpoint mapper of a server that names these ports."""
    syntax = EPM + struct.pack('<HH', 3, 0) + NDR + struct.pack('<I', 2)
    bind = struct.pack('<HHIBBHHBB', 5840, 5840, 0, 1, 0, 0, 0, 1, 0) + syntax
    accepted = struct.pack('<HHIH4sHBBHHH', 5840, 5840, 77, 4, b'135\0', 0, 1, 0, 0, 0, 0) + NDR + struct.pack('<I', 2)
    asked = struct.pack('<I', 1) + b'\0' * 16 + struct.pack('<I', 2) + tower(135, '0.0.0.0') + b'\0' * 20 + struct.pack('<I', 4)
    told = b'\0' * 20 + struct.pack('<IIII', len(ports), 4, 0, len(ports)) + b''.join(struct.pack('<I', 3 + i) for i in range(len(ports)))
    told += b''.join(tower(p, address) for p in ports) + b'\0' * 4
    return [('c', pdu(11, 1, bind)), ('s', pdu(12, 1, accepted)), ('c', pdu(0, 2, struct.pack('<IHH', len(asked), 0, 3) + asked)),
            ('s', pdu(2, 2, struct.pack('<IHBB', len(told), 0, 0, 0) + told))]


def browser(ports):
    text = b''.join(b'ServerName;MED01;InstanceName;I%d;IsClustered;No;Version;11.0.5058.0;tcp;%d;;' % (i, p) for i, p in enumerate(ports))
    return b'\x05' + struct.pack('<H', len(text)) + text


def checksum(data):
    data += b'\0' * (len(data) % 2)
    total = sum(struct.unpack('>%dH' % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


class Capture:
    def __init__(self, path):
        self.out = open(path, 'wb')
        self.out.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101))
        self.ms = 1760000000000     # 2025-10-09 08:53:20 UTC
        self.port = 40000

    def ip(self, src, dst, proto, payload):
        self.ms += 10
        src, dst = (bytes(map(int, a.split('.'))) for a in (src, dst))
        body = bytearray(payload)
        at = 16 if proto == 6 else 6
        body[at:at + 2] = struct.pack('>H', checksum(src + dst + struct.pack('>HH', proto, len(body)) + bytes(body)))
        head = struct.pack('>BBHHHBBH', 0x45, 0, 20 + len(body), 0, 0x4000, 64, proto, 0) + src + dst
        packet = head[:10] + struct.pack('>H', checksum(head)) + head[12:] + bytes(body)
        self.out.write(struct.pack('<IIII', self.ms // 1000, self.ms % 1000 * 1000, len(packet), len(packet)) + packet)

    def udp(self, src, sport, dst, dport, data):
        self.ip(src, dst, 17, struct.pack('>HHHH', sport, dport, 8 + len(data), 0) + data)

    def tcp(self, client, server, port, talk):
        self.port += 1
        ends = {'c': (client, self.port, server, port), 's': (server, port, client, self.port)}
        seq = {'c': 1000, 's': 5000}

        def send(who, flags, data=b''):
            src, sport, dst, dport = ends[who]
            other = seq['s' if who == 'c' else 'c'] if flags & ACK else 0
            self.ip(src, dst, 6, struct.pack('>HHIIBBHHH', sport, dport, seq[who], other, 0x50, flags, 65535, 0, 0) + data)
            seq[who] += len(data) + (1 if flags & (SYN | FIN) else 0)

        send('c', SYN)
        send('s', SYN | ACK)
        send('c', ACK)
        for who, data in talk:
            send(who, PSH | ACK, data)
        send('c', FIN | ACK)
        send('s', FIN | ACK)
        send('c', ACK)


def main():
    c = Capture(sys.argv[1])
    c.tcp(FE02, FE01, 5500, OPAQUE)                         # before it was told
    c.tcp(FE02, FE01, 135, mapper(FE01, [49668, 5501]))
    c.tcp(FE02, FE01, 49668, OPAQUE)                        # told
    c.tcp(FE02, FE01, 5501, OPAQUE)                         # told, outside of the range of Windows
    c.tcp(ADMIN, FE01, 5501, OPAQUE)                        # told to another
    c.udp(FE01, 50006, MED01, 1434, b'\x03')
    c.udp(MED01, 1434, FE01, 50006, browser([50211, 1433]))
    c.tcp(FE01, MED01, 50211, OPAQUE)                       # told
    c.tcp(FE01, MED01, 1433, OPAQUE)                        # told
    c.tcp(FE01, MED01, 1432, OPAQUE)                        # another port
    c.tcp(FE02, MED01, 1433, OPAQUE)                        # told to another


if __name__ == '__main__':
    main()
