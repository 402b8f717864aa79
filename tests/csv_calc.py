#!/usr/bin/env python3
"""The tables of CSV opened by LibreOffice Calc: the columns and rows are those of the file, and no cell became a formula.

  csv_calc.py SPANAUDIT PCAPS_DIR        Exit status: 77 where there is no LibreOffice.
"""
import csv
import io
import pathlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
import xml.etree.ElementTree as tree

program, pcaps = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
soffice = shutil.which('soffice')
if not soffice:
    print('skipped: no LibreOffice (tests/install.sh sheet)')
    sys.exit(77)

TABLE, TEXT = '{urn:oasis:names:tc:opendocument:xmlns:table:1.0}', '{urn:oasis:names:tc:opendocument:xmlns:text:1.0}'
# Names of hosts and of the site, quoted for YAML: what spreadsheets run, and what ends cells and lines.
HOSTILE = ['=HYPERLINK(\\"http://x.test\\";\\"y\\")', '+1+1', '-2+3|x', '@SUM(1+1)', ';=1+1', 'a,b', 'a\\"b', '\\t=1', 'x\\r\\n=1+1', '\\uFF1D1+1']
bad = []


def check(good, what):
    if not good:
        bad.append(what)


def cells(row):
    found = []
    for cell in row.findall(TABLE + 'table-cell'):
        text = '\n'.join(''.join(p.itertext()) for p in cell.findall(TEXT + 'p'))
        found += [(text, cell.get(TABLE + 'formula'))] * int(cell.get(TABLE + 'number-columns-repeated', '1'))
    while found and found[-1] == ('', None):
        found.pop()
    return found


def opened(folder, name):
    """Comma, quotation mark, UTF-8, all columns as they are: what the dialogue of Calc offers for such a file."""
    done = subprocess.run([soffice, '-env:UserInstallation=file://%s/profile' % folder, '--headless', '--convert-to', 'fods:OpenDocument Spreadsheet Flat XML',
                           '--infilter=CSV:44,34,76,1,,0,false,true,false,false,false,-1', '--outdir', str(folder), str(folder / name)],
                          capture_output=True, timeout=300)
    made = list(folder.glob('*.fods'))
    if not made:
        print('LibreOffice made nothing: %s' % done.stderr.decode(errors='replace')[-300:])
        sys.exit(1)
    root = tree.parse(made[0]).getroot()
    made[0].unlink()
    rows = []
    for row in root.iter(TABLE + 'table-row'):
        rows += [cells(row)] * min(int(row.get(TABLE + 'number-rows-repeated', '1')), 2)
    while rows and not rows[-1]:
        rows.pop()
    return rows


with tempfile.TemporaryDirectory() as tmp:
    folder = pathlib.Path(tmp)
    site = ['site: "x"', 'product: skype-for-business-2015', 'hosts:']
    site += ['  - {address: 10.20.1.11, name: "%s", roles: [front-end]}', '  - {address: 10.20.100.12, name: "%s2", roles: [client]}']
    for i, name in enumerate(HOSTILE):
        (folder / 'site.yaml').write_text('\n'.join(site) % (name, name), encoding='utf-8')
        for table in ('findings', 'conversations') if i else ('findings', 'rows', 'conversations'):
            text = subprocess.run([program, 'audit', '-s', 'site.yaml', '-f', 'csv', '--table', table, pcaps / 'ssh-on-5061.pcap'], cwd=folder,
                                  capture_output=True, timeout=300).stdout.decode()
            (folder / 'table.csv').write_text(text, encoding='utf-8')
            want = list(csv.reader(io.StringIO(text)))
            got = opened(folder, 'table.csv')
            what = '%s of %s' % (table, name)
            check(len(want) > 1 and len(got) == len(want), '%s: %d rows, not %d' % (what, len(got), len(want)))
            for a, b in zip(want, got):
                check(not any(formula for _, formula in b), '%s: a formula in %r' % (what, b))
                b = [text for text, _ in b]
                check(len(b) <= len(a), '%s: %d cells, not %d' % (what, len(b), len(a)))
                b += [''] * (len(a) - len(b))
                # White space at the ends of lines and several blanks are the format's own; numbers and times stand as they are written.
                for x, y in zip(a, b):
                    check(' '.join(x.split()) == ' '.join(y.split()), '%s: %r is shown as %r' % (what, x, y))
for text in bad[:20]:
    print(text)
sys.exit(bool(bad))
