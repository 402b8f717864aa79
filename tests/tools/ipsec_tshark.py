#!/usr/bin/env python3
"""Compares the security associations and negotiations that the program lists with tshark's dissection, packet by packet.

usage: ipsec_tshark.py LIST CAPTURE...     LIST: tests/tools/ipsec_list.c, built

Every association (source, destination, protocol, SPI: packets) and every exchange (hosts, cookies, version, exchange type: messages) must be
the same on both sides. Prints "FILE: what differs" lines, and "N of M" at the end.
"""
import collections
import subprocess
import sys
import xml.etree.ElementTree as tree

SILENT = subprocess.DEVNULL


def shown(proto, name):
    for f in proto.iter('field'):
        if f.get('name') == name:
            return f.get('show')
    return None


def tshark(path):
    """(associations, exchanges, responders) by tshark: only what stands in the packet itself, not what an ICMP error quotes."""
    sas, exchanges, responders = collections.Counter(), collections.Counter(), collections.defaultdict(set)
    run = subprocess.Popen(['tshark', '-r', path, '-T', 'pdml', '-o', 'ip.defragment:FALSE', '-o', 'ipv6.defragment:FALSE',
                            '-o', 'tcp.desegment_tcp_streams:FALSE', '-Y', 'esp || ah || isakmp'], stdout=subprocess.PIPE, stderr=SILENT)
    for _, packet in tree.iterparse(run.stdout):
        if packet.tag != 'packet':
            continue
        pair = None
        for proto in packet.findall('proto'):
            name = proto.get('name')
            if name in ('ip', 'ipv6'):
                pair = shown(proto, name + '.src'), shown(proto, name + '.dst')
                for ah in proto.iter('proto'):
                    if ah.get('name') == 'ah' and ah is not proto:
                        sas[(*pair, 'ah', int(shown(ah, 'ah.spi'), 16))] += 1
            elif name == 'ah':
                sas[(*pair, 'ah', int(shown(proto, 'ah.spi'), 16))] += 1
            elif name == 'esp':
                spi = shown(proto, 'esp.spi')
                if spi:
                    sas[(*pair, 'esp', int(spi, 16))] += 1
            elif name == 'isakmp':
                cookie, exchange = shown(proto, 'isakmp.ispi'), shown(proto, 'isakmp.exchangetype')
                if not cookie or not exchange:
                    continue
                key = tuple(sorted(pair)), cookie.replace(':', '')
                exchanges[(*key, int(shown(proto, 'isakmp.version'), 16), int(exchange))] += 1
                responders[key].add(shown(proto, 'isakmp.rspi').replace(':', ''))
        packet.clear()
    run.wait()
    return sas, exchanges, responders


def listed(program, path):
    sas, exchanges, responders = collections.Counter(), collections.Counter(), {}
    copies = {}
    out = subprocess.run([program, path], stdout=subprocess.PIPE, stderr=SILENT, text=True).stdout
    for line in out.splitlines():
        f = line.split('\t')
        if f[0] == 'sa':
            sas[(f[1], f[2], 'ah' if f[3] == 'ah' else 'esp', int(f[4], 16))] += int(f[5]) + int(f[6])
        elif f[0] == 'ike':
            key = tuple(sorted(f[1:3])), f[3]
            version = f[5].split('.')
            exchanges[(*key, int(version[0]) << 4 | int(version[1]), int(f[6]))] += int(f[7]) + int(f[8])
            responders[key] = f[4]
        elif f[0] == 'negotiation':
            copies[tuple(sorted(f[1:3])), f[3]] = int(f[4])
    return sas, exchanges, responders, copies


def compare(program, path):
    theirs, their_exchanges, their_responders = tshark(path)
    ours, our_exchanges, our_responders, copies = listed(program, path)
    for key in sorted(set(theirs) | set(ours)):
        if theirs[key] != ours[key]:
            yield 'association %s > %s %s 0x%08x: %d packets, tshark %d' % (*key, ours[key], theirs[key])
    for key in sorted(set(their_exchanges) | set(our_exchanges)):
        n = our_exchanges[key]
        if not n <= their_exchanges[key] <= n + copies.get(key[:2], 0):
            yield 'exchange %s %s version 0x%02x type %d: %d messages, tshark %d' % (
                '-'.join(key[0]), key[1], key[2], key[3], n, their_exchanges[key])
    for key, spi in sorted(our_responders.items()):
        if spi not in their_responders[key] or (int(spi, 16) == 0 and len(their_responders[key]) > 1):
            yield 'responder of %s: %s, tshark %s' % (key[1], spi, ' '.join(sorted(their_responders[key])))
    compare.sas += len(ours)
    compare.exchanges += len(our_exchanges)


def main():
    program, paths = sys.argv[1], sys.argv[2:]
    if not paths:
        sys.exit(__doc__)
    compare.sas = compare.exchanges = right = 0
    for path in paths:
        wrong = list(compare(program, path))
        right += not wrong
        for line in wrong:
            print('%s: %s' % (path, line))
    print('%d associations, %d exchanges' % (compare.sas, compare.exchanges), file=sys.stderr)
    print('%d of %d files agree' % (right, len(paths)))


main()
