#!/usr/bin/env python3
"""Drafts of site files against the hosts that the laboratory made.

  discover.py SPANAUDIT PCAPS_DIR [-v]

Of every sample capture alone, and of all of them as one audit: does the first role of a host in the draft stand in site.yaml?
Checks besides that a draft is a site file (an audit with it runs), that it is the same bytes again, that hosts with other addresses get
the same roles, and that no name of the network leaves its comment. Exit status: 0 all as it should be, 1 not.
"""
import collections
import csv
import io
import ipaddress
import pathlib
import re
import subprocess
import sys
import tempfile

LINE = re.compile(r'^  - \{address: "?([^",}]+)"?,.*?roles: \[([^\]]*)\]')


def hosts(text):
    """[(network, [roles])] of a site file, the longest prefix first."""
    found = []
    for line in text.splitlines():
        m = LINE.match(line)
        if m:
            found.append((ipaddress.ip_network(m[1].strip()), [r.strip() for r in m[2].split(',')]))
    return sorted(found, key=lambda x: -x[0].prefixlen)


def roles_of(table, address):
    return next((roles for net, roles in table if net.version == address.version and address in net), [])


class Lab:
    def __init__(self, program, folder):
        self.program = str(pathlib.Path(program).resolve())
        self.folder = pathlib.Path(folder)
        self.truth = hosts((self.folder / 'site.yaml').read_text())
        self.bad = []

    def run(self, *arguments, ok=(0, 1, 3)):
        done = subprocess.run([self.program, *arguments], cwd=self.folder, capture_output=True, timeout=300)
        if done.returncode not in ok:
            self.bad.append('%s: status %d: %s' % (' '.join(arguments[:3]), done.returncode, done.stderr.decode(errors='replace')[-300:]))
        return done.stdout

    def present(self, captures):
        """Hosts of the laboratory that took part in something that was more than an attempt."""
        out = self.run('audit', '-f', 'csv', '--table', 'conversations', *captures).decode()
        seen = set()
        for row in csv.DictReader(io.StringIO(out)):
            if row['attempts_only'] == 'no':
                seen |= {row['client'], row['server']}
        every = {ipaddress.ip_address(a) for a in seen if a}
        return sorted((a for a in every if roles_of(self.truth, a)), key=lambda a: (a.version, int(a)))

    def judge(self, captures):
        """(right, wrong, open): addresses with the roles that the draft has for them."""
        table = hosts(self.run('discover', *captures).decode())
        right, wrong, undecided = [], [], []
        for address in self.present(captures):
            drafted, true = roles_of(table, address), roles_of(self.truth, address)
            if not drafted:
                undecided.append((address, drafted, true))
            elif drafted[0] in true:
                right.append((address, drafted, true))
            else:
                wrong.append((address, drafted, true))
        return right, wrong, undecided


def frames(data):
    """Offsets and lengths of the frames of a pcap file, little-endian."""
    at = 24
    while at + 16 <= len(data):
        n = int.from_bytes(data[at + 8:at + 12], 'little')
        yield at + 16, n
        at += 16 + n


def renumbered(lab, tmp):
    """The same traffic under other addresses, in another order: the same roles. Ethernet, IPv4; checksums are not looked at."""
    def other(a):
        return bytes((172, 16 + a[2] % 16, 255 - a[3], 200 - a[2] % 100)) if a[:2] == bytes((10, 20)) else a
    names = ['healthy.pcap', 'services.pcap', 'trunk-call.pcap', 'smb-client.pcap']
    for name in names:
        data = bytearray((lab.folder / name).read_bytes())
        for at, n in frames(data):
            if n >= 34 and data[at + 12:at + 14] == b'\x08\x00':
                for where in (at + 26, at + 30):
                    data[where:where + 4] = other(bytes(data[where:where + 4]))
        (tmp / name).write_bytes(data)
    before = hosts(lab.run('discover', *names).decode())
    after = hosts(lab.run('discover', *(str(tmp / n) for n in names)).decode())
    moved = {other(n.network_address.packed): r for n, r in before if n.prefixlen == 32}
    found = {n.network_address.packed: r for n, r in after if n.prefixlen == 32}
    if not moved or moved != found:
        lab.bad.append('other addresses, other roles: %s' % sorted((a, moved.get(a), found.get(a)) for a in moved.keys() | found.keys()
                                                                   if moved.get(a) != found.get(a)))


def hello(name):
    """A ClientHello of TLS 1.2 that asks for this name (RFC 6066 section 3)."""
    sni = b'\x00' + len(name).to_bytes(2, 'big') + name
    sni = len(sni).to_bytes(2, 'big') + sni
    extensions = b'\x00\x00' + len(sni).to_bytes(2, 'big') + sni
    body = b'\x03\x03' + bytes(range(32)) + b'\x00' + b'\x00\x04\x00\x2f\xc0\x2f' + b'\x01\x00' + len(extensions).to_bytes(2, 'big') + extensions
    message = b'\x01' + len(body).to_bytes(3, 'big') + body
    return b'\x16\x03\x01' + len(message).to_bytes(2, 'big') + message


def talk(names):
    """A capture in which a client asks a server for these names, each in a connection of its own."""
    out = bytes.fromhex('d4c3b2a1020004000000000000000000ffff000001000000')
    for i, name in enumerate(names):
        seq, ack = 1, 1
        for client, flags, payload in ((1, 2, b''), (0, 0x12, b''), (1, 0x10, b''), (1, 0x18, hello(name)), (0, 0x10, b''), (0, 0x11, b''), (1, 0x11, b'')):
            ends = [bytes((10, 1, 0, 5)), bytes((10, 1, 0, 9))]
            ports = [(50000 + i).to_bytes(2, 'big'), (5061).to_bytes(2, 'big')]
            src, dst = (0, 1) if client else (1, 0)
            mine, theirs = (seq, ack) if client else (ack, seq)
            tcp = ports[src] + ports[dst] + mine.to_bytes(4, 'big') + theirs.to_bytes(4, 'big') + bytes((0x50, flags)) + b'\xff\xff\0\0\0\0' + payload
            ip = b'\x45\0' + (20 + len(tcp)).to_bytes(2, 'big') + b'\0\0\0\0\x40\x06\0\0' + ends[src] + ends[dst]
            frame = b'\x02\0\0\0\0\x02\x02\0\0\0\0\x01\x08\0' + ip + tcp
            out += (1700000000 + i).to_bytes(4, 'little') + b'\0' * 4 + len(frame).to_bytes(4, 'little') * 2 + frame
            step = len(payload) + (1 if flags & 3 else 0)
            seq, ack = (seq + step, ack) if client else (seq, ack + step)
    return out


def hostile(lab, tmp):
    """What a hello asks for stays in its comment."""
    names = [b'plain.example.net', b'x\n  - {address: 10.9.9.9, roles: [front-end]}', b"'\r\nrules: [", b'\x1b]0;x\x07', b'\xff\xfe', '\u202egpj'.encode(),
             b'"]}', b'<script>', b'a' * 200]
    capture = tmp / 'hostile.pcap'
    for ask in [names] + [[n] for n in names]:
        capture.write_bytes(talk(ask))
        draft = lab.run('discover', str(capture))
        text = draft.decode()
        if re.search(r'[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e]', text):
            lab.bad.append('a control character of a name is in the draft: %r' % text)
        if [l for l in text.splitlines() if not re.match(r'^( *#.*|site: draft|hosts:( \[\])?|  - \{address: "10\.1\.0\.[59]", roles: \[[a-z, -]+\]\}|)$', l)]:
            lab.bad.append('a name broke out: %s' % text)
        site = tmp / 'hostile.yaml'
        site.write_bytes(draft)
        lab.run('audit', '-s', str(site), str(capture))
    capture.write_bytes(talk(names[:1]))
    if b"'plain.example.net'" not in lab.run('discover', str(capture)):
        lab.bad.append('the draft does not tell what clients ask the server for')


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    lab = Lab(sys.argv[1], sys.argv[2])
    verbose = '-v' in sys.argv
    captures = sorted(p.name for p in lab.folder.glob('*.pcap'))
    total = collections.Counter()
    failures = collections.Counter()
    for name in captures:
        right, wrong, undecided = lab.judge([name])
        total.update(right=len(right), wrong=len(wrong), undecided=len(undecided))
        for what, these in (('wrong', wrong), ('undecided', undecided)):
            for address, drafted, true in these:
                failures['%s: %s instead of %s' % (what, ' '.join(drafted) or '-', ' '.join(true))] += 1
                if verbose:
                    print('%-24s %-9s %-22s %s, not %s' % (name, what, address, ' '.join(drafted) or '-', ' '.join(true)))
    decided = total['right'] + total['wrong']
    print('each capture alone: %d hosts, %d right, %d wrong, %d not decided' %
          (sum(total.values()), total['right'], total['wrong'], total['undecided']))
    for text, n in failures.most_common():
        print('    %3d  %s' % (n, text))
    if not decided or total['right'] < 0.9 * decided:
        lab.bad.append('each capture alone: fewer than 9 of 10 decided hosts are right')

    right, wrong, undecided = lab.judge(captures)
    n = len(right) + len(wrong) + len(undecided)
    print('all captures as one: %d hosts, %d right, %d wrong, %d not decided' % (n, len(right), len(wrong), len(undecided)))
    for address, drafted, true in wrong + undecided:
        print('    %s: %s instead of %s' % (address, ' '.join(drafted) or 'nothing', ' '.join(true)))
    whole = [x for x in right if set(x[1]) == set(x[2])]
    print('    of them with exactly their roles: %d' % len(whole))
    if not n or len(right) < 0.9 * n:
        lab.bad.append('all captures as one: fewer than 9 of 10 hosts are right')

    draft = lab.run('discover', *captures)
    if draft != lab.run('discover', '--threads', '1', *reversed(captures)):
        lab.bad.append('two drafts of the same captures differ')
    with tempfile.TemporaryDirectory() as tmp:
        site = pathlib.Path(tmp) / 'draft.yaml'
        site.write_bytes(draft)
        lab.run('audit', '-s', str(site), *captures)
        renumbered(lab, pathlib.Path(tmp))
        hostile(lab, pathlib.Path(tmp))
    print('\n'.join(lab.bad) or 'good')
    return 1 if lab.bad else 0


sys.exit(main())
