#!/usr/bin/env python3
"""SARIF reports against the schema that OASIS published, which is fetched from the npm registry: it is nobody's to copy.

  sarif_schema.py SPANAUDIT PCAPS_DIR

Exit status: 0 valid, 1 not, 77 skipped: no npm, no network, or no python3-jsonschema.
"""
import json
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile

# A linter's client that checks with it what it sends: the version is fixed, npm checks the sum.
PACKAGE = '@datadog/datadog-ci@2.48.0'
SCHEMA = 'package/dist/commands/sarif/json-schema/sarif-schema-2.1.0.json'


def skip(why):
    print('skipped: ' + why)
    sys.exit(77)


try:
    import jsonschema
except ImportError:
    skip('python3-jsonschema is not installed')


def fetch(folder):
    npm = shutil.which('npm')
    if not npm:
        skip('npm is not installed')
    try:
        done = subprocess.run([npm, 'pack', '--silent', PACKAGE], cwd=folder, capture_output=True, timeout=100)
    except subprocess.TimeoutExpired:
        skip('the npm registry does not answer')
    packed = list(pathlib.Path(folder).glob('*.tgz'))
    if done.returncode or not packed:
        skip('the npm registry cannot be reached')
    with tarfile.open(packed[0]) as archive:
        return json.load(archive.extractfile(SCHEMA))


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    program, pcaps = str(pathlib.Path(sys.argv[1]).resolve()), pathlib.Path(sys.argv[2]).resolve()
    bad = []
    with tempfile.TemporaryDirectory() as tmp:
        schema = fetch(tmp)
        if 'SARIF' not in schema['title'] or '2.1.0' not in schema['title']:
            bad.append('this is another schema: %s' % schema['title'])
        # Errata 01 of the standard put the schema right here, as section 3.35 always had it; this copy may be older.
        suppression = schema['definitions']['suppression']['properties']
        suppression.setdefault('status', suppression.pop('state', None))
        validator = jsonschema.validators.validator_for(schema)(schema)
        if validator.is_valid({'version': '2.1.0', 'runs': [{'tool': {}}]}):
            bad.append('the schema accepts a tool without a driver')
        site = pathlib.Path(tmp) / 'site.yaml'
        site.write_text((pcaps / 'site.yaml').read_text() + 'waivers:\n'
                        '  - {kind: undocumented-flow, port: 9999, reason: "a [b](c) {0}", owner: o, expires: 2030-01-01}\n'
                        '  - {kind: undocumented-flow, port: 8060, reason: r, owner: o, expires: 2020-01-01}\n')
        for arguments in (['-s', str(site), '--hash', 'undocumented-port.pcap', 'cut-file.pcap'], ['-s', str(site), 'empty.pcap'],
                          ['services.pcap'], ['-s', str(site), 'ipsec-mixed.pcap', 'ipsec-ah.pcap']):
            made = subprocess.run([program, 'audit', '-f', 'sarif', *arguments], cwd=pcaps, capture_output=True, timeout=200).stdout
            log = json.loads(made)
            bad += ['%s: %s: %s' % (arguments[-1], '/'.join(map(str, e.absolute_path)), e.message[:300]) for e in validator.iter_errors(log)]
            if not log['runs'][0]['results'] and arguments[0] == '-s':
                bad.append('%s: no results' % arguments[-1])
    print('\n'.join(bad[:20]) or 'valid')
    return 1 if bad else 0


sys.exit(main())
