#!/usr/bin/env python3
"""Reports of a stored audit with tens of thousands of associations, negotiations and conversations: what is held in memory does not grow with them.

usage: bulk.py PROGRAM MKAUDIT
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

program, mkaudit = map(os.path.realpath, sys.argv[1:])
MANY = 30000
bad = 0


def check(holds, text):
    global bad
    if not holds:
        print(text)
        bad = 1


def peak(db, *arguments):
    """Peak memory in kB of a report, and its bytes. A process of its own measures, since maxrss is that of the largest child so far."""
    code = ('import resource, subprocess, sys; s = subprocess.run(sys.argv[1:], stdout=open("out", "wb")).returncode; '
            'print(s, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)')
    said = subprocess.run([sys.executable, '-c', code, program, 'report', '-d', db, *arguments], capture_output=True, text=True, check=True)
    status, kilobytes = map(int, said.stdout.split())
    check(status in (0, 1), '%s: exit %d: %s' % (arguments, status, said.stderr))
    return kilobytes


def made(db, conversations, associations):
    subprocess.run([mkaudit, db, str(conversations), '100', str(associations)], check=True)


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    made('ipsec.db', 100, MANY)
    # Findings as CSV tell nothing of IPsec: what it takes is the stored audit itself.
    least = peak('ipsec.db', '-f', 'csv')
    for format in 'text json jsonl md html sarif cef'.split():
        most = peak('ipsec.db', '-f', format)
        check(most < 1.15 * least + 12000, '%s: %d kB in memory, csv takes %d' % (format, most, least))
        text = pathlib.Path('out').read_text(encoding='utf-8')
        if format == 'json':
            section = json.loads(text)['ipsec']
        elif format == 'jsonl':
            section = [e['ipsec'] for e in map(json.loads, text.splitlines()) if e['event_type'] == 'ipsec'][0]
        elif format == 'sarif':
            section = json.loads(text)['runs'][0]['properties']['ipsec']
        else:
            section = None
        if section:
            check(len(section['associations']) == len(section['negotiations']) == MANY, '%s: associations or negotiations lack' % format)
            check(section['associations'][7]['spi'] == '0x00000107', '%s: the eighth association is another' % format)
        if format == 'text':
            check('30,000: 15,000 encrypted, 0 not known to be, 15,000 without encryption' in text, 'text: %s' % text)
            check('30,000: 0 by IKEv1, 30,000 by IKEv2, 0 by AuthIP; of 10,000 no' in ' '.join(text.split()), 'text: %s' % text)
        if format == 'md':
            check(text.count('29,500 more') == 2 and text.count('0x000001') == 256, 'md: the list of associations')
    # A table of conversations takes what the report without it takes.
    made('talks.db', MANY, 0)
    least = peak('talks.db', '-f', 'csv')
    for format in 'csv', 'jsonl':
        # SQLite keeps pages that it read: 30,000 conversations are 7 MB of them.
        most = peak('talks.db', '-f', format, '--table', 'conversations')
        check(most < 1.15 * least + 20000, '%s of conversations: %d kB in memory, findings take %d' % (format, most, least))
        lines = pathlib.Path('out').read_bytes().splitlines()
        check(sum(b'"conversation":' in l or b',10.1.' in l for l in lines) == MANY, '%s: conversations lack' % format)
sys.exit(bad)
