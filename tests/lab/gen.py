#!/usr/bin/env python3
"""Generators of the lab, for traffic that no program in Debian makes.

  gen.py ssrp-serve ADDRESS                  SQL Browser: answers on 1434/udp (MC-SQLR 2.2)
  gen.py ssrp ADDRESS INSTANCE               asks it, CLNT_UCAST_INST
  gen.py media LOCAL PORT REMOTE PORT SECONDS PAYLOAD_TYPE [stun]
                                             RTP, 50 packets a second (RFC 3550); stun: an ICE check each way first (RFC 8489)
  gen.py framed-serve ADDRESS PORT           TCP media, two length bytes before each RTP packet (RFC 4571); echoes
  gen.py framed ADDRESS PORT PACKETS
  gen.py erspan INTERFACE LOCAL REMOTE       copies what INTERFACE sends and receives into ERSPAN II (GRE 0x88be)
"""
import os
import select
import socket
import struct
import sys
import time


def family(address):
    return socket.AF_INET6 if ':' in address else socket.AF_INET


def ssrp_serve(address):
    s = socket.socket(family(address), socket.SOCK_DGRAM)
    s.bind((address, 1434))
    print('ready', flush=True)
    while True:
        data, peer = s.recvfrom(512)
        if not data or data[0] not in (2, 3, 4):
            continue
        instance = data[1:].rstrip(b'\0') or b'RTCLOCAL'
        text = b'ServerName;FE02;InstanceName;' + instance + b';IsClustered;No;Version;12.0.2000.8;tcp;49301;;'
        s.sendto(b'\x05' + struct.pack('<H', len(text)) + text, peer)


def ssrp(address, instance):
    s = socket.socket(family(address), socket.SOCK_DGRAM)
    s.settimeout(2)
    s.connect((address, 1434))
    s.send(b'\x04' + instance.encode() + b'\0')
    try:
        s.recv(512)
    except OSError:
        pass    # the refusal may be what the scenario wants


def rtp(seq, payload_type, ssrc):
    return struct.pack('>BBHII', 0x80, payload_type, seq & 0xffff, seq * 160 & 0xffffffff, ssrc) + b'\xd5' * 160


def media(local, lport, remote, rport, seconds, payload_type, stun=False):
    s = socket.socket(family(local), socket.SOCK_DGRAM)
    s.bind((local, lport))
    s.connect((remote, rport))
    ssrc = struct.unpack('>I', struct.pack('>HH', lport, rport))[0]
    time.sleep(0.4)        # both sides bind before either sends, so that no datagram is refused
    if stun:
        request = struct.pack('>HHI', 1, 8, 0x2112a442) + os.urandom(12) + struct.pack('>HHI', 0x24, 4, 0x6e7f1eff)
        answered = asked = False
        limit = time.monotonic() + 5
        while not (answered and asked) and time.monotonic() < limit:
            try:
                if not answered:
                    s.send(request)
                if not select.select([s], [], [], 0.1)[0]:
                    continue
                data = s.recv(2048)
            except ConnectionRefusedError:
                time.sleep(0.05)
                continue
            if data[:2] == b'\0\1':
                peer = socket.inet_aton(remote)
                mapped = struct.pack('>BBH', 0, 1, rport ^ 0x2112) + bytes(a ^ b for a, b in zip(peer, b'\x21\x12\xa4\x42'))
                s.send(struct.pack('>HHI', 0x101, 12, 0x2112a442) + data[8:20] + struct.pack('>HH', 0x20, 8) + mapped)
                asked = True
            elif data[:2] == b'\1\1':
                answered = True
    start = time.monotonic()
    for i in range(int(seconds * 50)):
        time.sleep(max(0, start + i * 0.02 - time.monotonic()))
        s.send(rtp(i, payload_type, ssrc))
    time.sleep(0.3)        # the peer may be a little late


def framed_serve(address, port):
    s = socket.socket(family(address), socket.SOCK_STREAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((address, port))
    s.listen()
    print('ready', flush=True)
    while True:
        c, _ = s.accept()
        c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while data := c.recv(4096):
            c.send(data)
        c.close()


def framed(address, port, packets):
    s = socket.create_connection((address, port), 3)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for i in range(packets):
        p = rtp(i, 127, 0x10203040)
        s.send(struct.pack('>H', len(p)) + p)
        s.recv(4096)
        time.sleep(0.02)
    s.close()


def erspan(interface, local, remote):
    tap = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    tap.bind((interface, 0))
    out = socket.socket(socket.AF_INET, socket.SOCK_RAW, 47)
    out.bind((local, 0))
    print('ready', flush=True)
    seq = 0
    while True:
        frame = tap.recv(65535)
        header = struct.pack('>HHI', 0x1000, 0x88be, seq) + struct.pack('>II', 1 << 28 | 100 << 16 | 1, 0)
        out.sendto(header + frame, (remote, 0))
        seq += 1


def main(argv):
    what, args = argv[1], argv[2:]
    if what == 'ssrp-serve':
        ssrp_serve(args[0])
    elif what == 'ssrp':
        ssrp(args[0], args[1])
    elif what == 'media':
        media(args[0], int(args[1]), args[2], int(args[3]), float(args[4]), int(args[5]), 'stun' in args[6:])
    elif what == 'framed-serve':
        framed_serve(args[0], int(args[1]))
    elif what == 'framed':
        framed(args[0], int(args[1]), int(args[2]))
    elif what == 'erspan':
        erspan(args[0], args[1], args[2])
    else:
        sys.exit(__doc__)


if len(sys.argv) < 3:
    sys.exit(__doc__)
try:
    main(sys.argv)
except KeyboardInterrupt:
    pass
