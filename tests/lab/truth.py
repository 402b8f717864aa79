#!/usr/bin/env python3
"""spanaudit watch, and what it must not say: in the namespaces of watch.py, whose needs it has too.

  truth.py TEST SPANAUDIT PCAPS_DIR

Tests: ports window young again named small resume damaged carry down blind sides
"""
import concurrent.futures
import contextlib
import json
import signal
import socket
import sqlite3
import struct
import subprocess
import time

import watch
from watch import OTHERWISE, Lab, Watch, ask, audit, playable, records, whole, write_pcap

HOUR = 3600 * 10 ** 9
# How long a flush waits for a flow to be decided.
PATIENCE = 30 * 10 ** 9


def change(path, *statements):
    with contextlib.closing(sqlite3.connect(path)) as db:
        for sql in statements:
            db.execute(sql)
        db.commit()


def older(path, *tables):
    """What the stored audit has seen began thirty hours earlier; what was open then has ended: it has times of its own."""
    change(path, 'DELETE FROM watch_flows', *('UPDATE %s SET first_ns = first_ns - %d' % (table, 30 * HOUR) for table in tables))


def test_window(program, pcaps, _):
    """Once the whole window was watched missing traffic is told, though the last packet is never now; the end speaks of no more than the window."""
    with Lab() as lab:
        db, spans = lab.folder / 'audit.db', 'SELECT sum(last_ns - first_ns) FROM coverage_spans'
        playable(pcaps / 'missing-sip.pcap', lab.folder / 'play.pcap')
        run = Watch(lab, program, '--flush', '1', '-d', db, site=pcaps / 'site.yaml')
        lab.play(lab.folder / 'play.pcap', '--topspeed')
        time.sleep(3)
        assert not [f for f in run.findings() if f['kind'] == 'missing-flow'], 'told within seconds'
        run.kill()
        older(db, 'coverage_spans', 'inputs', 'conversations')
        # A longer window, which has not passed: no report says otherwise, in whatever language.
        run = Watch(lab, program, '--flush', '1', '--window', '48h', '-d', db, site=pcaps / 'site.yaml')
        lab.play(lab.folder / 'play.pcap', '--topspeed')
        so_far = 'SELECT count(*) FROM row_states WHERE reason LIKE %r'
        run.until(lambda: ask(db, so_far % 'Not seen so far: the watch has lasted 30.0 of the 48.0 hours%')[0][0], 20, 'rows that are open')
        n = ask(db, so_far % 'Not seen so far%')[0][0]
        for language, first in ('en', 'Not seen so far: '), ('es', 'No visto hasta ahora: '), ('pt-BR', 'Não visto até agora: '):
            told = subprocess.run([program, 'report', '-d', db, '--language', language, '-f', 'html'], capture_output=True, timeout=60)
            assert told.stdout.decode().count(first) == n, '%s: not told of %d rows' % (language, n)
        run.kill()
        run = Watch(lab, program, '--flush', '1', '-d', db, site=pcaps / 'site.yaml')
        lab.play(lab.folder / 'play.pcap', '--topspeed')
        run.until(lambda: [f for f in run.findings() if f['kind'] == 'missing-flow'], 20, 'word of what is missing')
        run.end()
        assert ask(db, spans)[0][0] <= 24 * HOUR, 'the end claims to know of %.1f hours' % (ask(db, spans)[0][0] / HOUR)


def udp(source, port, to, to_port, data):
    """Without a checksum, as RFC 768 allows."""
    head = struct.pack('>BBHHHBBH4s4s', 0x45, 0, 28 + len(data), 1, 0, 64, 17, 0, socket.inet_aton(source), socket.inet_aton(to))
    check = sum(struct.unpack('>10H', head)) % 0xffff
    head = head[:10] + struct.pack('>H', 0xffff - check) + head[12:]
    return bytes(5) + b'\x02' + bytes(5) + b'\x01\x08\x00' + head + struct.pack('>HHHH', port, to_port, 8 + len(data), 0) + data


def test_young(program, pcaps, _):
    """A talk that begins a flow every five seconds has a young one at any time: its finding is told all the same."""
    with Lab() as lab:
        run = Watch(lab, program, '--flush', '1', '-d', lab.folder / 'audit.db', site=pcaps / 'site.yaml')
        for port in range(41000, 41024):
            data = b'\x10\x01ZQ' + struct.pack('>H', port) * 20
            write_pcap(lab.folder / 'play.pcap', [(1, udp('10.20.100.12', port, '10.20.1.11', 7777, data)),
                                                  (1, udp('10.20.1.11', 7777, '10.20.100.12', port, data))])
            lab.play(lab.folder / 'play.pcap', '--topspeed')
            time.sleep(5)
            if run.findings():
                break
        assert [f['kind'] for f in run.findings()] == ['undocumented-flow'], 'after two minutes: %s' % run.findings()
        assert ask(lab.folder / 'audit.db', 'SELECT count(*) FROM findings') == [(1,)], 'told, and not in the database'
        run.end()


def test_again(program, pcaps, _):
    """Killed and started again: what IPsec carried is not told as flows that no document knows, and what was found stays in the file."""
    with Lab() as lab:
        db = lab.folder / 'audit.db'
        playable(pcaps / 'ipsec-request.pcap', lab.folder / 'play.pcap')
        run = Watch(lab, program, '--flush', '1', '-d', db, site=pcaps / 'site.yaml')
        lab.play(lab.folder / 'play.pcap', '--multiplier', '2')
        run.until(lambda: {f['kind'] for f in run.findings()} >= {'ipsec-role', 'ipsec-negotiation', 'ipsec-media'}, 60, 'findings of IPsec')
        time.sleep(2.5)
        run.kill()
        stored = ask(db, 'SELECT finding, kind FROM findings ORDER BY 1')
        assert {'ipsec-role', 'ipsec-negotiation', 'ipsec-media'} <= {kind for _, kind in stored}, stored
        run = Watch(lab, program, '--flush', '1', '-d', db, site=pcaps / 'site.yaml')
        time.sleep(4)
        told = [f['reason'] for f in run.findings() if f['kind'] == 'undocumented-flow']
        run.end()
        assert not told, 'told of packets of IPsec: %s' % told
        assert ask(db, 'SELECT finding, kind FROM findings WHERE audit = 1 ORDER BY 1') == stored, 'what was stored is gone'


def test_named(program, pcaps, _):
    """Hosts that the site file names from a SIGHUP on: what they did before is not kept, and no absence is claimed of that time."""
    with Lab() as lab:
        db, site = lab.folder / 'audit.db', lab.folder / 'site.yaml'
        text = (pcaps / 'site.yaml').read_text()
        site.write_text(''.join(line for line in text.splitlines(keepends=True) if 'name: fe02' not in line))
        playable(pcaps / 'missing-sip.pcap', lab.folder / 'play.pcap')
        run = Watch(lab, program, '--flush', '1', '-d', db, site=site)
        lab.play(lab.folder / 'play.pcap', '--topspeed')
        time.sleep(3)
        run.kill()
        older(db, 'coverage_spans', 'inputs', 'conversations')
        run = Watch(lab, program, '--flush', '1', '-d', db, site=site)
        site.write_text(text)
        run.p.send_signal(signal.SIGHUP)
        run.until(lambda: run.alerts('reloaded'), 10, 'alert of a reload')
        lab.play(lab.folder / 'play.pcap', '--topspeed')
        time.sleep(3)
        run.end()
        covered = ask(db, 'SELECT max(audit), sum(last_ns - first_ns) FROM coverage_spans WHERE audit = (SELECT max(id) FROM audits)')
        assert covered[0][0] == 2 and covered[0][1] < HOUR / 60, 'hosts named a moment ago were watched for %.1f hours' % (covered[0][1] / HOUR)
        assert ask(db, "SELECT kind FROM findings WHERE audit = 2 AND kind = 'missing-flow'") == []


def test_small(program, pcaps, _):
    """A window that is shorter than flows live: what has left it leaves no half of itself, neither while it runs nor at its end."""
    with Lab() as lab:
        db = lab.folder / 'audit.db'
        playable(pcaps / 'ipsec-request.pcap', lab.folder / 'play.pcap')
        run = Watch(lab, program, '--flush', '1', '--window', '60s', '-d', db, site=pcaps / 'site.yaml')
        lab.play(lab.folder / 'play.pcap', '--multiplier', '3')
        run.until(lambda: ask(db, 'SELECT count(*) FROM conversations WHERE port = 500')[0][0], 40, 'conversation of IKE')
        run.until(lambda: not ask(db, 'SELECT count(*) FROM conversations')[0][0], 120, 'end of the window')
        assert ask(db, 'SELECT count(*) FROM past_conversations WHERE port = 500') == [(1,)], 'what left is nowhere'
        run.end()
        told = [f['reason'] for f in run.findings() if f['kind'] == 'undocumented-flow']
        assert not told, 'told of packets of IPsec: %s' % told
        left = ask(db, 'SELECT kind, reason FROM findings')
        assert [kind for kind, _ in left] == ['capture-empty'] and 'within the window' in left[0][1], left


def judged(report):
    """What a restart must not change; times and numbers of findings aside."""
    keys = ('kind', 'certainty', 'severity', 'rule', 'client', 'server', 'transport', 'port', 'app')
    return sorted(json.dumps({k: f.get(k) for k in keys}, sort_keys=True) for f in report['findings']), \
        [(r['role'], r['on_media']) for r in report['ipsec']['roles']]


def resume_one(program, pcaps, capture):
    """Killed in the middle of a capture, behind a flush: the next start ends with what an audit of the whole says."""
    site = pcaps / 'site.yaml'
    with Lab() as lab:
        playable(capture, lab.folder / 'all.pcap')
        frames = records(lab.folder / 'all.pcap')[0]
        half, speed = len(frames) // 2, ['--multiplier', str(OTHERWISE.get(capture.stem, 1))]
        write_pcap(lab.folder / 'one.pcap', frames[:half])
        write_pcap(lab.folder / 'two.pcap', frames[half:])
        options = ('--flush', '1', '-d', lab.folder / 'audit.db')
        recording = lab.folder / 'recording.pcap'
        dump = lab.record(recording)
        run = Watch(lab, program, *options, site=site)
        lab.play(lab.folder / 'one.pcap', *speed)
        run.until(lambda: ask(lab.folder / 'audit.db', 'SELECT total(frames) FROM inputs') == [(half,)], 20, 'flush of the first half')
        # A flow that is undecided is not in the file before.
        run.until(lambda: ask(lab.folder / 'audit.db', 'SELECT watch_flushed_ns - (SELECT max(last_ns) FROM inputs) FROM audits')[0][0] > PATIENCE, 60,
                  'flush of flows that were young')
        run.kill()
        kept = ask(lab.folder / 'audit.db', "SELECT count(*) FROM watch_ipsec WHERE part <> 'rest'")[0][0]
        run = Watch(lab, program, *options, '-o', lab.folder / 'report.json', site=site)
        lab.play(lab.folder / 'two.pcap', *speed)
        time.sleep(1)
        dump.send_signal(signal.SIGINT)
        dump.communicate(timeout=30)
        run.end()
        whole(lab.folder / 'audit.db')
        report = json.loads((lab.folder / 'report.json').read_text())
        have, want = judged(report), judged(audit(program, site, recording))
        wrong = ['%s: after a restart: %s' % (capture.stem, x) for x in have[0] if x not in want[0]]
        wrong += ['%s: only without a restart: %s' % (capture.stem, x) for x in want[0] if x not in have[0]]
        if have[1] != want[1]:
            wrong.append('%s: roles: %s, without a restart %s' % (capture.stem, have[1], want[1]))
        if report['coverage']['frames'] != len(frames):
            wrong.append('%s: %d frames of %d' % (capture.stem, report['coverage']['frames'], len(frames)))
        audits = ask(lab.folder / 'audit.db', 'SELECT count(*) FROM audits')[0][0]
        if audits != 1:
            wrong.append('%s: another audit was begun' % capture.stem)
        return wrong, kept


def test_resume(program, pcaps, _):
    captures, wrong, kept = sorted(pcaps.glob('ipsec-*.pcap')), [], 0
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        for bad, n in pool.map(lambda c: resume_one(program, pcaps, c), captures):
            wrong += bad
            kept += n
    print('%d captures, %d records kept of their first halves' % (len(captures), kept))
    assert captures and kept >= len(captures), 'hardly anything was kept'
    assert not wrong, '\n'.join(wrong)


def test_damaged(program, pcaps, _):
    """What is kept of IPsec, made by somebody else: refused with a word, and another audit begins that claims nothing; the former one stays."""
    kept = 'UPDATE watch_ipsec SET '
    for how in (kept + "state = randomblob(length(state)) WHERE part = 'association'", kept + "state = x''", kept + 'state = zeroblob(10000000)',
                kept + "state = 'words'", kept + "state = x'01' || substr(state, 2, length(state) - 2)",
                kept + "state = (SELECT state FROM watch_ipsec WHERE part = 'association' LIMIT 1)", kept + "part = 'rest', slot = id",
                'DELETE FROM watch_ipsec', "DELETE FROM watch_ipsec WHERE part = 'association'"):
        with Lab() as lab:
            db = lab.folder / 'audit.db'
            playable(pcaps / 'ipsec-request.pcap', lab.folder / 'play.pcap')
            run = Watch(lab, program, '--flush', '1', '-d', db, site=pcaps / 'site.yaml')
            lab.play(lab.folder / 'play.pcap', '--multiplier', '8')
            run.until(lambda: ask(db, 'SELECT count(*) FROM security_associations')[0][0], 60, 'associations in the database')
            run.kill()
            stored = ask(db, 'SELECT * FROM conversations ORDER BY id')
            change(db, how)
            run = Watch(lab, program, '--flush', '1', '-d', db, site=pcaps / 'site.yaml')
            said = run.alerts('started')[0]['alert']['text']
            assert 'Another audit begins' in said, '%s: %s' % (how, said)
            run.until(lambda: ask(db, 'SELECT count(*) FROM audits') == [(2,)], 20, 'another audit')
            told = [f['kind'] for f in run.findings() if f['kind'] != 'capture-empty']
            assert run.end() in (0, 1), run.said()
            assert not told, '%s: %s' % (how, told)
            assert ask(db, 'SELECT * FROM conversations WHERE audit = 1 ORDER BY id') == stored, how
            assert ask(db, 'SELECT watch_ended_ns = watch_flushed_ns FROM audits WHERE id = 1') == [(1,)], how
            whole(db)


def packets_in(part):
    """Bytes of packets in a part of open flows, whose form is described in src/audit/living.h."""
    at, found = 8, 0
    while at < len(part):
        length = struct.unpack('>I', part[at:at + 4])[0]
        found += length - 128 - part[at + 7] if length >= 128 else 0
        at += 4 + length
    return found


def carried(program, pcaps, name, cut, talk=None, clean=False, *options):
    """Killed, or ended, behind that share of the capture's frames, or that number, and started again: as the recording says."""
    with Lab() as lab:
        site, db, recording = pcaps / 'site.yaml', lab.folder / 'audit.db', lab.folder / 'recording.pcap'
        parts, where = (lab.folder / 'one.pcap', lab.folder / 'other.pcap'), '%s %s behind %s' % (name, 'ended' if clean else 'killed', cut)
        playable(pcaps / (name + '.pcap'), parts[0])
        frames = [(t, d) for t, d in records(parts[0])[0] if talk is None or talk(d)]
        first = max(1, min(len(frames) - 1, cut if isinstance(cut, int) else round(len(frames) * cut)))
        for part, some in zip(parts, (frames[:first], frames[first:])):
            write_pcap(part, some)
        dump = lab.record(recording)
        stored = 'SELECT max(frames) FROM audits'
        run = Watch(lab, program, '--flush', '1', '-d', db, *options, site=site)
        lab.play(parts[0])
        run.until(lambda: ask(db, stored)[0][0] == first, 60, 'flush of the first %d frames of %s' % (first, name))
        if clean:
            run.end(seconds=120)
        else:
            run.kill()
        kept = ask(db, 'SELECT count(*) FROM watch_flows')[0][0]
        run = Watch(lab, program, '--flush', '1', '-d', db, *options, '-o', lab.folder / 'report.json', site=site)
        assert not run.alerts('recall-failed'), run.alerts('recall-failed')
        lab.play(parts[1])
        run.until(lambda: ask(db, stored)[0][0] == len(frames), 60, 'flush of all frames of %s' % name)
        dump.send_signal(signal.SIGINT)
        dump.communicate(timeout=60)
        status = run.end(seconds=120)
        assert status in (0, 1), '%s: the watch ended with %d: %s' % (where, status, run.said())
        watch.whole(db)
        report = json.loads((lab.folder / 'report.json').read_text())
        wrong = watch.differences(where, watch.essence(report, False), watch.essence(watch.audit(program, site, recording), False))
        if sum(packets_in(part) for (part,) in ask(db, 'SELECT flows FROM watch_flows')):
            wrong.append('%s: packets stay in the file after the end' % where)
        if talk and [f['flows'] for f in report['findings']] != [1]:
            wrong.append('%s: not one finding of one flow: %s' % (where, [(f['kind'], f['flows']) for f in report['findings']]))
        return wrong, kept


def between(client, port):
    """Frames of IPv4 and TCP or UDP between that client and that port of anybody."""
    address = socket.inet_aton(client)
    return lambda d: d[12:14] == b'\x08\x00' and address in (d[26:30], d[30:34]) and port in struct.unpack('>HH', d[34:38])


# One connection, of which the watch that is killed sees two frames, or the handshake and the first word; the rest comes to the next one.
TALKS = (('ssh-on-5061', '10.20.100.12', 5061), ('sip-clear-5061', '10.20.100.12', 5061))
# Between what the RPC endpoint mapper told (frames 15, 44: the SQL Browser), the question or the answer, and the talk on the port that was told.
CUTS = (*(('announced', n) for n in (14, 18, 20, 44, 48)), *(('obsolete-tls', n) for n in (2, 4, 6, 9)),
        *(('no-client-certificate', share) for share in (0.25, 0.5, 0.75)))


# After a clean end, which keeps no packets: of connections that are decided, and of what was told.
ENDS = (('ssh-on-5061', 8), ('sip-clear-5061', 8), ('obsolete-tls', 14), ('announced', 18), ('announced', 44), ('announced', 49))


def test_carry(program, pcaps, thorough):
    """A connection that is open when the watch is killed is the same one afterwards, with all that its beginning decided."""
    work = [(name, cut, between(client, port)) for name, client, port in TALKS for cut in (2, 4, 6)]
    work += [(*cut, None) for cut in CUTS]
    work += [(*cut, None, True) for cut in ENDS]
    # Hardly more than the least: there is little room, and it is divided.
    work += [(*cut, None, True, '--memory', '128M') for cut in ENDS[1:4]]
    if thorough:
        names = [p.stem for p in sorted(pcaps.glob('*.pcap')) if p.stem not in watch.OTHERWISE and not p.stem.startswith('ipsec')]
        work += [(name, share, None) for name in names for share in (0.25, 0.5, 0.75)]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda w: carried(program, pcaps, *w), work))
    wrong = [x for bad, _ in done for x in bad]
    print('%d times killed or ended, with flows open %d times' % (len(work), sum(kept > 0 for _, kept in done)))
    assert any(kept for _, kept in done), 'no flow was open'
    assert not wrong, '\n'.join(wrong)


def tcp(source, port, to, to_port, seq, ack, flags, data=b''):
    """Without checksums: nobody looks at them."""
    head = struct.pack('>BBHHHBBH4s4s', 0x45, 0, 40 + len(data), 1, 0, 64, 6, 0, socket.inet_aton(source), socket.inet_aton(to))
    return bytes(5) + b'\x02' + bytes(5) + b'\x01\x08\x00' + head + struct.pack('>HHIIBBHHH', port, to_port, seq, ack, 0x50, flags, 65535, 0, 0) + data


class Connection:
    """Its frames, in the order in which they are asked for."""

    def __init__(self, client, port, server, server_port):
        self.ends, self.next = ((client, port), (server, server_port)), [1000, 9000]

    def send(self, side, flags, data=b''):
        seq, ack = self.next[side], self.next[not side] if flags & 16 else 0
        self.next[side] += len(data) + (1 if flags & 3 else 0)
        return tcp(*self.ends[side], *self.ends[not side], seq, ack, flags, data)

    def opened(self):
        return [self.send(0, 2), self.send(1, 18), self.send(0, 16)]

    def said(self, rounds):
        return [self.send(side, 24, b'%d of %d' % (n, rounds)) for n in range(rounds) for side in (0, 1)]

    def closed(self):
        return [self.send(0, 17), self.send(1, 17), self.send(0, 16)]


class Recorded:
    """A watch that is killed and started again, beside a recording that goes on."""

    def __init__(self, program, pcaps, lab):
        self.program, self.site, self.lab, self.db, self.recording = program, pcaps / 'site.yaml', lab, lab.folder / 'audit.db', lab.folder / 'recording.pcap'
        self.shown = 0
        self.dump = lab.record(self.recording)

    def start(self):
        self.run = Watch(self.lab, self.program, '--flush', '1', '-d', self.db, '-o', self.lab.folder / 'report.json', site=self.site)

    def play(self, frames, seen=True):
        write_pcap(self.lab.folder / 'play.pcap', [(1 + n / 500, frame) for n, frame in enumerate(frames)])
        self.lab.play(self.lab.folder / 'play.pcap')
        if seen:
            self.shown += len(frames)
            self.run.until(lambda: ask(self.db, 'SELECT max(frames) FROM audits') == [(self.shown,)], 60, 'flush of %d frames' % self.shown)

    def reports(self):
        """That of the watch, and that of an audit of the recording."""
        self.dump.send_signal(signal.SIGINT)
        self.dump.communicate(timeout=60)
        assert self.run.end(seconds=120) in (0, 1), self.run.said()
        return json.loads((self.lab.folder / 'report.json').read_text()), audit(self.program, self.site, self.recording)


def test_down(program, pcaps, _):
    """What was asked is answered while no watch is running: that nobody answered is not known, and not told as if it were."""
    with Lab() as lab:
        both = Recorded(program, pcaps, lab)
        other, asks, talks = (Connection('10.20.100.12', port, '10.20.1.12', 5061) for port in (40001, 40002, 40003))
        # A client of its own for each, as findings are.
        asks.ends, talks.ends = (('10.20.100.13', 40002), asks.ends[1]), (('10.20.100.14', 40003), talks.ends[1])
        both.start()
        both.play(other.opened() + other.said(4) + talks.opened() + [talks.send(0, 24, b'a question'), asks.send(0, 2)])
        both.run.kill()
        both.play([asks.send(1, 18), asks.send(0, 16), *asks.said(2), *asks.closed(), talks.send(1, 24, b'an answer')], seen=False)
        both.start()
        both.play(talks.closed() + other.said(1))
        time.sleep(4)
        both.play(other.said(1))
        have, want = both.reports()
        assert not [f for f in want['findings'] if f['kind'] == 'blocked-flow'], 'the recording has the answers'
        told = [(f['client']['address'], f['certainty'], f['reason']) for f in have['findings'] if f['kind'] == 'blocked-flow']
        assert not [x for x in told if x[0] != '10.20.100.13'], 'a connection that was answered: %s' % told
        assert not [x for x in told if x[1] != 'indeterminate'], 'for certain: %s' % told
        spans = ask(both.db, 'SELECT first_ns, last_ns FROM coverage_spans ORDER BY 1')
        assert len(spans) == 2 and spans[0][1] < spans[1][0], 'each start has its time: %s' % spans


def test_blind(program, pcaps, _):
    """The interface is down when an answer is due."""
    with Lab() as lab:
        db, other, asks = lab.folder / 'audit.db', Connection('10.20.100.12', 40001, '10.20.1.12', 5061), Connection('10.20.100.13', 40002, '10.20.1.12', 5061)
        run = Watch(lab, program, '--flush', '1', '-d', db, site=pcaps / 'site.yaml')

        def play(frames, shown):
            write_pcap(lab.folder / 'play.pcap', [(1 + n / 500, frame) for n, frame in enumerate(frames)])
            lab.play(lab.folder / 'play.pcap')
            run.until(lambda: ask(db, 'SELECT frames FROM audits') == [(shown,)], 20, 'flush of %d frames' % shown)

        lab_link = lambda state: watch.run('ip', '-n', lab.a, 'link', 'set', 'va', state)
        flushed = lambda: ask(db, 'SELECT watch_flushed_ns FROM audits')[0][0]
        play(other.opened() + other.said(2) + [asks.send(0, 2)], 8)
        lab_link('down')
        run.until(lambda: run.alerts('interface-down'), 10, 'alert of an interface that is down')
        before = flushed()
        run.until(lambda: flushed() > before + 10 ** 9, 20, 'a flush meanwhile')
        lab_link('up')
        run.until(lambda: len(run.alerts('interface-up')) > len(run.alerts('interface-down')) - 1, 10, 'alert of an interface that is up')
        play(other.said(1), 10)
        time.sleep(4)
        play(other.said(1), 12)
        run.end()
        told = [(f, c) for f, c in ask(db, "SELECT client, certainty FROM findings WHERE kind = 'blocked-flow'") if c != 'indeterminate']
        assert not told, 'for certain, of what was not seen: %s' % told


def test_sides(program, pcaps, _):
    """Flows that last, of which the mirror shows one side, and such that are none of the audit's: a kill makes no others of them."""
    with Lab() as lab:
        both = Recorded(program, pcaps, lab)
        one = Connection('10.20.100.12', 40001, '10.20.1.11', 5061)
        others = [Connection('192.0.2.%d' % n, 40000 + n, '198.51.100.9', 8080) for n in range(1, 9)]
        said = [one.send(0, 2), one.send(0, 16), one.send(0, 24, b'SSH-2.0-OpenSSH_9.2\r\n'), *(one.send(0, 24, bytes((n, 9, 7)) * 9) for n in range(6))]
        both.start()
        both.play(said + [frame for c in others for frame in c.opened() + c.said(2)])
        both.run.until(lambda: ask(both.db, 'SELECT watch_flushed_ns - (SELECT max(last_ns) FROM inputs) FROM audits')[0][0] > PATIENCE, 60,
                       'flush of flows that were young')
        for n in range(2):
            both.run.kill()
            both.start()
            both.play([one.send(0, 24, bytes((n, 5, 3)) * 9)] + [frame for c in others for frame in c.said(1)])
        have, want = both.reports()
        wrong = watch.differences('killed', watch.essence(have, False), watch.essence(want, False))
        keys = ('flows', 'one_way', 'two_way', 'conversations', 'out_of_scope_flows', 'out_of_scope_packets', 'out_of_scope_bytes')
        wrong += ['%s: %s, without a kill %s' % (k, have['coverage'][k], want['coverage'][k]) for k in keys if have['coverage'][k] != want['coverage'][k]]
        assert not wrong, '\n'.join(wrong)


if __name__ == '__main__':
    for name, test in list(globals().items()):
        if name.startswith('test_'):
            setattr(watch, name, test)
    watch.main()
