#!/usr/bin/env python3
"""spanaudit watch, and what it must not say: in the namespaces of watch.py, whose needs it has too.

  truth.py TEST SPANAUDIT PCAPS_DIR

Tests: ports
"""
import contextlib
import signal
import socket
import sqlite3
import struct
import time

import watch
from watch import Lab, Watch, ask, playable, records, write_pcap

HOUR = 3600 * 10 ** 9


def change(path, *statements):
    with contextlib.closing(sqlite3.connect(path)) as db:
        for sql in statements:
            db.execute(sql)
        db.commit()


def older(path, *tables):
    """What the stored audit has seen began thirty hours earlier."""
    change(path, *('UPDATE %s SET first_ns = first_ns - %d' % (table, 30 * HOUR) for table in tables))


def test_ports(program, pcaps, _):
    """Two applications on one port of a server: a finding has the port of its own flow."""
    client, ssh = socket.inet_aton('10.20.100.12'), set()
    for _, data in records(pcaps / 'ssh-on-5061.pcap')[0]:
        if b'SSH-2.0' in data and data[26:30] == client:
            ssh.add(struct.unpack('>H', data[34:36])[0])
    assert len(ssh) == 1, ssh
    with Lab() as lab:
        run = Watch(lab, program, '--flush', '1', site=pcaps / 'site.yaml')
        for name in ('healthy', 'ssh-on-5061'):
            playable(pcaps / (name + '.pcap'), lab.folder / 'play.pcap')
            lab.play(lab.folder / 'play.pcap')
        run.until(lambda: [f for f in run.findings() if f['kind'] == 'wrong-protocol'], 20, 'finding')
        found = [e for e in run.events() if e['event_type'] == 'finding' and e['finding']['kind'] == 'wrong-protocol']
        assert [e.get('src_port') for e in found] == list(ssh), 'SSH came from %s: %s' % (ssh, found)
        run.end()


if __name__ == '__main__':
    for name, test in list(globals().items()):
        if name.startswith('test_'):
            setattr(watch, name, test)
    watch.main()
