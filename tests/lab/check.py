#!/usr/bin/env python3
"""Compares what spanaudit says of the sample captures with what their *.expected files say.

  check.py SPANAUDIT PCAPS_DIR [CAPTURE...]

Lines of PCAPS_DIR/NAME.expected, '#' starts a comment:
  KIND SEVERITY CERTAINTY CLIENT SERVER PORT/TRANSPORT APP    exactly one finding like this
  ? KIND ...                                                  any number, none included: the documents leave it open
  + KIND ...                                                  one or more
  row DOCUMENT#T1.3 STATE                                     the row's state
  ipsec ROLE SAYING                                           what is said of IPsec on the media of a role
  exit STATUS                                                 of the program, without --fail-on
'*' stands for anything, '-' for a field that does not apply; a list a,b for either. CLIENT and SERVER are addresses.
A finding that no line speaks of, and a line that no finding fulfils, are failures. Exit status: 0 all as expected, 1 not.
"""
import json
import pathlib
import subprocess
import sys

FIELDS = 7


def text(finding):
    """A finding in the form of an expected line."""
    def host(side):
        who = finding.get(side) or {}
        return who.get('address') or '-'
    port = finding.get('port')
    transport = finding.get('transport')
    where = '-' if port is None and not transport else '%s/%s' % ('-' if port is None else port, transport or '-')
    return [finding['kind'], finding['severity'], finding['certainty'], host('client'), host('server'), where, finding.get('app') or '-']


def fits(pattern, found):
    return all(p == '*' or f in p.split(',') for p, f in zip(pattern, found))


def parse(path):
    findings, rows, sayings, status = [], [], [], None
    for number, line in enumerate(path.read_text().splitlines(), 1):
        words = line.split(' #')[0].split() if not line.startswith('#') else []
        if not words:
            continue
        if words[0] == 'row' and len(words) == 3:
            rows.append(words[1:])
        elif words[0] == 'ipsec' and len(words) == 3:
            sayings.append(words[1:])
        elif words[0] == 'exit' and len(words) == 2:
            status = int(words[1])
        else:
            mark = words.pop(0) if words[0] in '?+' else ''
            if len(words) != FIELDS:
                sys.exit('%s:%d: %d words instead of %d' % (path, number, len(words), FIELDS))
            findings.append((mark, words))
    return findings, rows, sayings, status


def compare(report, status, expected):
    """The differences, in words."""
    wanted, rows, sayings, want_status = expected
    wrong = []
    left = [text(f) for f in report['findings']]
    # Lines with the fewest wildcards choose first; those that must be met before those that may.
    for mark, pattern in sorted(wanted, key=lambda w: (w[0] == '?', w[0] == '+', sum(p == '*' or ',' in p for p in w[1]))):
        hits = [f for f in left if fits(pattern, f)]
        if not hits and mark != '?':
            wrong.append('missing: ' + ' '.join(pattern))
        for hit in hits if mark else hits[:1]:
            left.remove(hit)
    wrong += ['extra:   ' + ' '.join(f) for f in left]
    states = {}
    for row in report['rows']:
        states['%s#%s.%s' % (row['document'], row['table'], row['row'])] = row['state']
    for name, state in rows:
        if states.get(name) not in state.split(','):
            wrong.append('row %s: %s instead of %s' % (name, states.get(name, 'not there'), state))
    said = {r['role']: r['on_media'] for r in report['ipsec']['roles']}
    for role, saying in sayings:
        if said.get(role) != saying:
            wrong.append('ipsec %s: %s instead of %s' % (role, said.get(role, 'not there'), saying))
    if want_status is not None and status != want_status:
        wrong.append('exit status %d instead of %d' % (status, want_status))
    return wrong


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    program = str(pathlib.Path(sys.argv[1]).resolve())
    folder = pathlib.Path(sys.argv[2])
    names = sys.argv[3:] or sorted(p.stem for p in folder.glob('*.expected'))
    orphans = {p.stem for p in folder.glob('*.pcap')} - {p.stem for p in folder.glob('*.expected')}
    good = 0
    if not names or orphans:
        print('captures without expectations: %s' % (' '.join(sorted(orphans)) or 'nothing to check'))
    for name in names:
        expected = parse(folder / (name + '.expected'))
        run = subprocess.run([program, 'audit', '-s', 'site.yaml', '-f', 'json', name + '.pcap'], cwd=folder,
                             capture_output=True, timeout=120)
        try:
            wrong = compare(json.loads(run.stdout), run.returncode, expected)
        except (ValueError, KeyError, TypeError) as problem:
            wrong = ['no usable report (%r), exit status %d: %s' % (problem, run.returncode, run.stderr.decode(errors='replace')[-400:])]
        good += not wrong
        print('%-24s %s' % (name, 'as expected' if not wrong else 'DIFFERS'))
        for line in wrong:
            print('    ' + line)
    print('%d of %d captures as expected' % (good, len(names)))
    return 0 if names and good == len(names) and not orphans else 1


sys.exit(main())
