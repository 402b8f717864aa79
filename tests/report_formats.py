#!/usr/bin/env python3
"""Every format of a report, of ordinary and of hostile audits, read back by what others wrote.

  report_formats.py SPANAUDIT PCAPS_DIR [FOLDER]

The json format, which has tests of its own, says what the others have to tell. FOLDER: where the reports are left. cmark-gfm, where
it is there, reads the Markdown. Exit status: 0 all as it should be, 1 not.
"""
import csv
import html.parser
import io
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

FORMATS = ['text', 'json', 'jsonl', 'csv', 'md', 'html', 'sarif', 'cef']
# What spreadsheets, terminals, Markdown, HTML, CEF, JSON and YAML give a meaning to.
HOSTILE = ['<script>alert(1)</script>', '=HYPERLINK("http://x.test","y")', '+1', '-1+cmd|x', '@SUM(1)', '＝1+1', ';=1+1', 'a;"=1', '\t=1',
           '\r\n=1', 'a|b', '`rm`', '``', '[a](http://x.test)', '![a](x)', 'https://x.test/', 'www.x.test', 'me@x.test', '@someone',
           'a\x1b]0;owned\x07\x1b[2J', '\u202egpj.exe', '\u2066x\u2069', '\u200b', 'x\n## heading', '| a | b |', '\\', '\\|', 'a=b c=d',
           '"quoted"', "'quoted'", '&lt;b&gt;', '<!-- x', '-->', '# 1', '- item', '1. item', '***', '~~~', 'x\u2028y', '{{0}}', '%n%s',
           'cs1=x cs1Label=y', 'é日本\U0001f600', '$x$', ':+1:', '](', 'a\0b'.replace('\0', '\x01')]
bad = []


def check(good, what):
    if not good:
        bad.append(what)


def clean(text):
    """The rule of the project's terminal text: what acts on the layout is told by its number."""
    out = ''
    for c in text:
        n = ord(c)
        if n < 0x20 or n == 0x7f:
            out += '\\x%02x' % n
        elif n <= 0x9f and n > 0x7e or n in (0xad, 0x61c, 0x180e, 0xfeff) or 0x200b <= n <= 0x200f or 0x2028 <= n <= 0x202e or 0x2060 <= n <= 0x206f:
            out += '\\u{%x}' % n
        else:
            out += c
    return out


def quote(text):
    """YAML, in double quotes."""
    return '"' + ''.join('\\U%08x' % ord(c) if not ' ' <= c <= '~' or c in '"\\' else c for c in text) + '"'


def run(program, folder, *arguments):
    done = subprocess.run([program, 'audit', *arguments], cwd=folder, capture_output=True, timeout=300)
    check(done.returncode in (0, 1, 3), '%s: status %d: %s' % (arguments, done.returncode, done.stderr.decode(errors='replace')[-300:]))
    return done.stdout


def is_formula(cell):
    cell = cell.lstrip(' "')
    return cell[:1] in '=+-@\t\r＝＋－＠' and cell != ''


def check_csv(text, report, table):
    rows = list(csv.reader(io.StringIO(text, newline=''), strict=True))
    head, rows = rows[0], rows[1:]
    check(all(len(r) == len(head) for r in rows), 'csv: lines of another number of columns')
    want = {'findings': report['findings'], 'rows': report['rows']}.get(table)
    if want is not None:
        check(len(rows) == len(want), 'csv: %d lines instead of %d' % (len(rows), len(want)))
    for got in rows:
        check(not any(is_formula(c) for c in got), 'csv: a formula in %r' % got)
    # A spreadsheet that separates at semicolons, or at tabs.
    for other in ';\t':
        for line in csv.reader(io.StringIO(text, newline=''), delimiter=other):
            check(not any(is_formula(c) for c in line[1:]), 'csv, separated by %r: a formula in %r' % (other, line))
    if table == 'findings':
        for got, f in zip(rows, want):
            cells = dict(zip(head, got))
            check(cells['id'] == f['id'] and cells['kind'] == f['kind'] and cells['port'] == str(f['port'] or ''), 'csv: another finding')
            for side in ('client', 'server'):
                name = f[side]['name'] or ''
                check(cells[side + '_name'].replace("'", '') == name.replace("'", ''), 'csv: %r is not %r' % (cells[side + '_name'], name))
            check(cells['citations'].split() == f['citations'], 'csv: other citations')


def check_jsonl(text, report):
    counts = {}
    for line in text.splitlines():
        event = json.loads(line)
        kind = event['event_type']
        check(event['schema'] == report['schema'], 'jsonl: schema')
        check(kind in event, 'jsonl: no record in %s' % kind)
        of = {'input': 'inputs', 'finding': 'findings', 'row': 'rows', 'waiver': 'waivers'}.get(kind)
        if of:
            i = counts[kind] = counts.get(kind, 0) + 1
            check(event[kind] == report[of][i - 1], 'jsonl: %s %d is not that of the json format' % (kind, i))
        elif kind in report:
            check(event[kind] == report[kind], 'jsonl: %s is not that of the json format' % kind)
        if kind == 'finding':
            f = event[kind]
            check(event.get('src_ip') == f['client']['address'] and event.get('dest_ip') == f['server']['address'] and
                  event.get('dest_port') == f['port'], 'jsonl: endpoints')
    for kind, of in (('input', 'inputs'), ('finding', 'findings'), ('row', 'rows'), ('waiver', 'waivers')):
        check(counts.get(kind, 0) == len(report[of]), 'jsonl: %d events %s' % (counts.get(kind, 0), kind))


def check_sarif(text, report):
    log = json.loads(text)
    run_ = log['runs'][0]
    results, rules = run_['results'], {r['id'] for r in run_['tool']['driver']['rules']}
    kinds = {'observed': 'pass', 'attempted': 'review', 'missing': 'fail', 'not-observed': 'informational', 'inconclusive': 'open',
             'not-applicable': 'notApplicable', 'blank': 'notApplicable', 'statement': 'informational'}
    check(log['version'] == '2.1.0', 'sarif: version')
    check(len(results) == len(report['findings']) + len(report['rows']), 'sarif: number of results')
    check(all(r['ruleId'] in rules for r in results), 'sarif: a result without its rule')
    check(len(rules) == len(run_['tool']['driver']['rules']), 'sarif: a rule twice')
    for r, f in zip(results, report['findings']):
        check(r['properties']['finding'] == f and r['fingerprints'] == {'spanaudit/1': f['id']}, 'sarif: another finding')
        check(len(r['locations']) == len(f['evidence']), 'sarif: locations')
        check(bool(r['suppressions']) == bool(f['waiver']), 'sarif: suppressions')
        for s in r['suppressions']:
            check(s['status'] == ('underReview' if f['waiver']['expired'] else 'accepted'), 'sarif: status of a suppression')
            check(s['properties'].get('expires') == f['waiver']['expires'], 'sarif: expiry of a suppression')
        check('](' not in r['message']['text'], 'sarif: a link in a message')
    for r, row in zip(results[len(report['findings']):], report['rows']):
        check(r['kind'] == kinds[row['state']] and r['properties']['row'] == row, 'sarif: another row')
        # 3.27.10: nothing but a failure has a level.
        check(r['kind'] == 'fail' or r['level'] == 'none', 'sarif: level of a row')
    broken = any(i['broken'] or i['interrupted'] for i in report['inputs'])
    check(run_['invocations'][0]['executionSuccessful'] != broken, 'sarif: executionSuccessful')
    check([a['properties']['input'] for a in run_['artifacts']] == report['inputs'], 'sarif: artifacts')


def check_cef(text, report):
    lines = text.split('\n')
    check(lines.pop() == '' and len(lines) == len(report['findings']), 'cef: %d lines' % len(lines))
    for line, f in zip(lines, report['findings']):
        head = re.split(r'(?<!\\)(?:\\\\)*\|', line, maxsplit=7)
        check(len(head) == 8 and head[0] == 'CEF:0' and head[4] == f['kind'], 'cef: header of %r' % line)
        keys = re.findall(r'(?:^| )([A-Za-z0-9]+)(?<!\\)=', head[7])
        check(len(keys) == len(set(keys)), 'cef: a key twice in %r' % line)
        check(re.search(r'(?:^| )externalId=' + f['id'] + '(?: |$)', head[7]), 'cef: id')
        for side, key in (('client', 'shost'), ('server', 'dhost')):
            name = f[side]['name']
            if name:
                escaped = name.replace('\\', '\\\\').replace('=', '\\=')
                check(' %s=%s' % (key, escaped) in head[7], 'cef: %s is not %r in %r' % (key, name, line))


class Page(html.parser.HTMLParser):
    """Elements and the text of each cell and list item of what Markdown makes."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.tags, self.blocks, self.columns = set(), [], []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        for name, value in attrs:
            if name not in ('align',):
                self.tags.add(tag + ' ' + name)
        if tag in ('td', 'th', 'li', 'p', 'h1', 'h2', 'h3'):
            self.blocks.append('')
        if tag == 'tr':
            self.columns.append(0)
        if tag in ('td', 'th'):
            self.columns[-1] += 1

    def handle_data(self, data):
        if self.blocks:
            self.blocks[-1] += data


def check_md(text, report):
    check(not re.search(r'[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]', text), 'md: control characters')
    program = shutil.which('cmark-gfm')
    if not program:
        print('no cmark-gfm: the Markdown is not read back')
        return
    made = subprocess.run([program, '--unsafe', '-e', 'table', '-e', 'autolink', '-e', 'strikethrough', '-e', 'tasklist'], input=text.encode(),
                          capture_output=True, check=True, timeout=60).stdout.decode()
    page = Page()
    page.feed(made)
    odd = page.tags - {'h1', 'h2', 'h3', 'ul', 'li', 'p', 'strong', 'table', 'thead', 'tbody', 'tr', 'th', 'td'}
    check(not odd, 'md: elements that nobody wrote: %s' % odd)
    cells = set(b.strip() for b in page.blocks)
    for row in report['rows']:
        check(row['reason'] in cells, 'md: no cell %r' % row['reason'])
    for f in report['findings']:
        check('What: ' + f['reason'] in cells, 'md: no item %r' % f['reason'])
    for w in report['waivers']:
        check((w['reason'] or '').strip() in cells, 'md: no cell %r' % w['reason'])
    for i in report['inputs']:
        check(i['name'].strip() in cells, 'md: no cell %r' % i['name'])
    check(len(re.findall('<tr>', made)) == len(page.columns), 'md: rows')


def check_terminal(text):
    check(not re.search(r'[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f]', text), 'text: control characters')


def check_all(program, folder, out, name, *arguments):
    made = {}
    for f in FORMATS:
        made[f] = run(program, folder, '-f', f, *arguments)
        check(made[f] and made[f] == run(program, folder, '--threads', '1', '-f', f, *arguments), '%s: two runs of %s differ' % (name, f))
        (out / (name + '.' + f)).write_bytes(made[f])
    text = {f: b.decode() for f, b in made.items()}    # UTF-8, every one
    report = json.loads(text['json'])
    check_terminal(text['text'])
    check_csv(text['csv'], report, 'findings')
    for table in ('rows', 'conversations'):
        made = run(program, folder, '-f', 'csv', '--table', table, *arguments).decode()
        check_csv(made, report, table)
        (out / (name + '.' + table + '.csv')).write_text(made)
    check_jsonl(text['jsonl'], report)
    with_talks = run(program, folder, '-f', 'jsonl', '--table', 'conversations', *arguments).decode()
    talks = [e['conversation'] for e in map(json.loads, with_talks.splitlines()) if e['event_type'] == 'conversation']
    check(len(talks) == report['coverage']['conversations'] == made.count('\n') - 1, '%s: number of conversations' % name)
    check_sarif(text['sarif'], report)
    check_cef(text['cef'], report)
    check_md(text['md'], report)
    return report


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    program, pcaps = str(pathlib.Path(sys.argv[1]).resolve()), pathlib.Path(sys.argv[2]).resolve()
    with tempfile.TemporaryDirectory() as tmp:
        out = pathlib.Path(sys.argv[3] if len(sys.argv) > 3 else tmp)
        out.mkdir(parents=True, exist_ok=True)
        names = ['services', 'ssh-on-5061', 'undocumented-port', 'unknown-host', 'ipv6', 'cut-file', 'blocked-icmp']
        captures = ['pcaps/%s.pcap' % n for n in names]
        check_all(program, pcaps.parent, out, 'good', '--hash', '-s', 'pcaps/site.yaml', *captures)
        # A stored audit gives the same.
        db = str(pathlib.Path(tmp) / 'audits.db')
        live = run(program, pcaps.parent, '-f', 'csv', '--table', 'conversations', '-d', db, '-s', 'pcaps/site.yaml', *captures)
        stored = subprocess.run([program, 'report', '-d', db, '-f', 'csv', '--table', 'conversations'], capture_output=True, timeout=300).stdout
        check(live and live == stored, 'csv: the conversations of a stored audit are others')
        check_all(program, pcaps.parent, out, 'empty', '-s', 'pcaps/site.yaml', 'pcaps/empty.pcap')
        check_all(program, pcaps.parent, out, 'nosite', *captures)
        # Names of hosts, captures, waivers: four hosts an audit.
        folder = pathlib.Path(tmp) / 'hostile'
        folder.mkdir()
        evil = set()
        for i in range(0, len(HOSTILE), 4):
            texts = (HOSTILE[i:i + 4] * 4)[:4]
            quoted = [quote(t) for t in texts]
            site = 'site: %s\nproduct: skype-for-business-2015\nhosts:\n' % quoted[0]
            hosts = (('10.20.1.11', 'front-end'), ('10.20.1.12', 'front-end'), ('10.20.100.12', 'client'), ('10.20.100.11', 'client'))
            for (address, role), name in zip(hosts, quoted):
                site += '  - {address: %s, name: %s, roles: [%s]}\n' % (address, name, role)
            site += 'waivers:\n'
            for port, reason, owner, day in zip((9999, 8060, 8000, 53), quoted[1:] + quoted, quoted, (20, 30, 20, 30)):
                site += '  - {kind: undocumented-flow, port: %d, reason: %s, owner: %s, expires: 2026-11-%d}\n' % (port, reason, owner, day)
            (folder / 'site.yaml').write_text(site)
            # A file's name may be no UTF-8 at all.
            name = re.sub('/', '_', texts[0]).encode() + (b'\xff' if i % 8 else b'') + b'.pcap'
            path = bytes(folder) + b'/' + name
            shutil.copy(pcaps / 'undocumented-port.pcap', path)
            report = check_all(program, folder, out, 'hostile%d' % i, '-s', 'site.yaml', b'./' + name)
            evil |= {f[side]['name'] for f in report['findings'] for side in ('client', 'server')}
            pathlib.Path(os.fsdecode(path)).unlink()
            if bad:
                print('with %r:' % texts)
                break
        for text in HOSTILE if not bad else ():
            check(clean(text) in evil, 'no finding names %r' % text)
    told = {}
    for line in bad:
        told.setdefault(line.split(':')[0], []).append(line)
    print('\n'.join(line for lines in told.values() for line in lines[:3]) or 'good')
    return 1 if bad else 0


sys.exit(main())
