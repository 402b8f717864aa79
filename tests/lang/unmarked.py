#!/usr/bin/env python3
"""
Renders audits of the sample captures with a catalogue whose every letter is another (a full-width one). What is plain English then was
not marked for translation, or was glued together: nothing may be that but what the network, the documents and the site file say.

usage: unmarked.py PROGRAM LANG_RENDER POT CAPTURES
"""
import html
import json
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(__file__))
import po  # noqa: E402

program, render, pot, captures = sys.argv[1:]
root = os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..'))
PLACE = re.compile(r'%(?:\d+\$)?[-0-9.*]*(?:hh|h|ll|l|z|j|t)?[sudxXic]|%%')


def wide(text):
    out, at = '', 0
    for m in list(PLACE.finditer(text)) + [None]:
        part = text[at:m.start() if m else len(text)]
        out += ''.join(chr(ord(c) + 0xfee0) if c.isascii() and c.isalpha() else c for c in part)
        if m:
            out += m[0]
            at = m.end()
    return out


def catalogue(path):
    entries = po.read(pot)
    for (context, one, many), e in entries.items():
        e['text'] = [wide(one)] if many is None else [wide(one), wide(many)]
    po.write(path + '.po', entries, ['Content-Type: text/plain; charset=UTF-8', 'Plural-Forms: nplurals=2; plural=(n != 1);'])
    subprocess.run(['msgfmt', '-o', path, path + '.po'], check=True)


def strings(v, key=None):
    """Data of the machine format: what is no sentence, title or word of ours."""
    ours = {'reason', 'title', 'severity', 'certainty', 'state', 'schema', 'remarks', 'roles', 'role', 'client', 'server', 'on_media', 'payload', 'mode',
            'change', 'before', 'after', 'broken_why', 'layer', 'load_balancing', 'format', 'encapsulation'}
    if isinstance(v, dict):
        for k, x in v.items():
            yield from strings(x, k)
    elif isinstance(v, list):
        for x in v:
            yield from strings(x, key)
    elif isinstance(v, str) and key not in ours:
        yield v


NAMES = {'nDPI', 'libpcap', 'SQLite', 'IPsec', 'spanaudit', 'pcap', 'pcapng'}


def words(text):
    return re.findall(r'[A-Za-z]{2,}', text)


def of_rules():
    """Documents and row files as they are printed, and ids and terms of rules."""
    for name in sorted(os.listdir(root + '/rules')):
        with open(root + '/rules/' + name, encoding='utf-8') as f:
            text = f.read()
        if name.endswith('.csv'):
            # A statement's gloss is ours.
            yield re.sub(r'statement,.*', '', text)
        elif name == 'documents.yaml':
            yield ' '.join(re.findall(r'^ *(?:- )?(?:id|title|edition|language): .*$|https:.*', text, re.M))
        elif name.endswith('.yaml'):
            yield ' '.join(re.findall(r'^ *(?:- )?(?:id|apps|condition): (.*)$', text, re.M))


def sides(v):
    """Names that stand beside words of ours: of hosts, and of protocols that were not decoded."""
    if isinstance(v, dict):
        for k, x in v.items():
            if k in ('client', 'server') and isinstance(x, dict):
                yield x.get('name') or ''
            if k == 'layer':
                yield x
            if k == 'reason' and isinstance(x, str) and 'layer' in v:
                yield ' '.join(re.findall(r'\(.*\)', x))
            yield from sides(x)
    elif isinstance(v, list):
        for x in v:
            yield from sides(x)


def plain(text, form):
    if form == 'html':
        text = re.sub(r'<(style|script|code)\b.*?</\1>', ' ', text, flags=re.S)
        kept = re.findall(r'(?:aria-label|data-words|placeholder|alt|title)="([^"]*)"', text)
        text = html.unescape(re.sub(r'<[^>]*>', ' ', text) + ' '.join(kept))
    if form == 'md':
        text = re.sub(r'<!-- -->|\\', '', text)
    # Hashes, ids, numbers of associations, frames in a filter; units of measure; terms of conditions as they are in rules.
    text = re.sub(r'\b[0-9a-f]{12,}\b|\b0x[0-9a-f]+\b|\bSHA-256\b', ' ', text)
    text = re.sub(r'\b(?:UTC|[kMGTPE]B|min|ms)\b', ' ', text)
    return re.sub(r'\b(?:feature|product|load-balancing|collocated):[\w-]+', ' ', text)


def main():
    bad = set()
    cases = sorted(f for f in os.listdir(captures) if f.endswith('.pcap'))
    with tempfile.TemporaryDirectory() as tmp:
        mo = tmp + '/made.mo'
        catalogue(mo)
        rules = {w for text in of_rules() for w in words(text)}
        with open(captures + '/site.yaml', encoding='utf-8') as f:
            site = set(words(re.search(r'^site: *(.*)$', f.read(), re.M)[1]))
        runs = [(c, ['-s', captures + '/site.yaml'] if with_site else [], None) for c in cases for with_site in ((True, False) if c == 'healthy.pcap' else (True,))]
        runs += [('scan-ports.pcap', ['-s', captures + '/site.yaml'], 'ssh-on-5061.pcap'), ('ssh-on-5061.pcap', ['-s', captures + '/site.yaml'], 'scan-ports.pcap'),
                 ('healthy.pcap', ['-s', captures + '/site.yaml', '--filter', 'tcp'], 'blocked-icmp.pcap')]
        for number, (capture, options, since) in enumerate(runs):
            db, old = '%s/%d.db' % (tmp, number), '%s/%d-old.db' % (tmp, number)
            audit = [program, 'audit', '--date', '2026-11-28', '-l', 'en']
            told = subprocess.run(audit + options + ['-d', db, '-f', 'json', captures + '/' + capture], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
            data = json.loads(told.stdout)
            if since:
                subprocess.run(audit + ['-s', captures + '/site.yaml', '-d', old, '-o', os.devnull, captures + '/' + since], stderr=subprocess.DEVNULL, check=False)
            allowed = rules | site | NAMES | {w for s in strings(data) for w in words(s)} | {w for s in sides(data) for w in words(s)}
            if since:
                before = json.loads(subprocess.run([program, 'report', '-d', old, '-f', 'json'], stdout=subprocess.PIPE, check=False).stdout)
                allowed |= {w for s in strings(before) for w in words(s)}
            # What nDPI calls unknown has no name.
            allowed -= {'Unknown'}
            # The command line that made it; names of files.
            allowed |= set(words(' '.join(options + audit + [capture, since or '', 'site.yaml'])))
            for form in ['text', 'md', 'html'] + (['diff'] if since else []):
                out = subprocess.run([render, mo, form, db] + ([old] if since else []), stdout=subprocess.PIPE, check=True).stdout.decode()
                for w in words(plain(out, form)):
                    if w not in allowed and (w, form) not in bad:
                        bad.add((w, form))
                        at = plain(out, form).find(w)
                        print('%s, %s: "%s" is not translated: ...%s...' % (capture, form, w, ' '.join(plain(out, form)[max(0, at - 60):at + 60].split())))
    return 1 if bad else 0


sys.exit(main())
