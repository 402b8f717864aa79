#!/usr/bin/env python3
"""
The catalogues hold exactly the messages of the sources, and each is translated: none is fuzzy, empty, obsolete or left in English, and
none loses a placeholder, a column or the blank at its end. msgfmt's own checks (formats, plural forms) run besides.

usage: catalogues.py SOURCES POT
"""
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(__file__))
import po  # noqa: E402

root, pot = sys.argv[1:]
PLACE = re.compile(r'%(?:\d+\$)?[-0-9.*]*(?:hh|h|ll|l|z|j|t)?[sudxXic]|%\d')
# Words that no Spanish or Portuguese sentence has.
ENGLISH = re.compile(r'\b(?:the|of|is|are|was|were|and|with|without|from|not|which|that|this|for|by|been|has|have|its|seen|row|rows|host|hosts)\b', re.I)
# Portuguese has these words too.
LOAN = {'es': set(), 'pt_BR': {'host', 'hosts', 'for'}}
# GNU gettext manual, 12.6; CLDR has the same for whole numbers: Spanish one is 1, Brazilian Portuguese one is 0 and 1.
PLURALS = {'es': 'nplurals=2; plural=(n != 1);', 'pt_BR': 'nplurals=2; plural=(n > 1);'}
bad = 0


def complain(*what):
    global bad
    bad += 1
    print(*what)


def places(text):
    found = PLACE.findall(text.replace('%%', ''))
    return sorted(found) if any('$' in f for f in found) else found


def columns(text):
    return [c.startswith('#') for c in text.split('|')]


wanted = {k for k in po.read(pot) if k[1]}
if len(wanted) < 1000:
    complain('the template has only', len(wanted), 'messages')
for name in PLURALS:
    path = os.path.join(root, 'src', 'po', name + '.po')
    entries = po.read(path)
    header = entries.pop((None, '', None))['text'][0]
    if 'Plural-Forms: ' + PLURALS[name] not in header:
        complain(name, 'has other plural forms than the program')
    if 'charset=UTF-8' not in header:
        complain(name, 'is not said to be UTF-8')
    with open(path, encoding='utf-8') as f:
        if re.search(r'^#~', f.read(), re.M):
            complain(name, 'holds obsolete messages')
    for key in sorted(wanted - entries.keys(), key=str):
        complain(name, 'lacks', key)
    for key in sorted(entries.keys() - wanted, key=str):
        complain(name, 'has what no source says any more:', key)
    for key, e in entries.items():
        context, one, many = key
        if 'fuzzy' in e['flags']:
            complain(name, 'fuzzy:', one)
        if len(e['text']) != (2 if many else 1):
            complain(name, 'forms:', one)
        for text in e['text']:
            if not text.strip():
                complain(name, 'not translated:', one)
                continue
            if places(text) != places(one):
                complain(name, 'placeholders:', one, '->', text)
            if columns(text) != columns(one):
                complain(name, 'columns:', one, '->', text)
            for edge in (r'^\s*', r'\s*$'):
                if re.search(edge, text)[0] != re.search(edge, one)[0]:
                    complain(name, 'blanks at an end:', repr(one), '->', repr(text))
            if ' ' in one and re.search(r'[.:?]?$', text)[0] != re.search(r'[.:?]?$', one)[0]:
                complain(name, 'how it ends:', one, '->', text)
            left = [w for w in ENGLISH.findall(re.sub(r'--[a-z-]+|THE SITE FILE', '', text)) if w.lower() not in LOAN[name]]
            if left:
                complain(name, 'English is left:', left, text)
            if 'c-format' in e['flags'] and ('%%' in one) != ('%%' in text):
                complain(name, 'percent sign:', one, '->', text)
    run = subprocess.run(['msgfmt', '--check', '-o', os.devnull, path], stderr=subprocess.PIPE, check=False)
    if run.returncode or run.stderr:
        complain(name, run.stderr.decode())
sys.exit(1 if bad else 0)
