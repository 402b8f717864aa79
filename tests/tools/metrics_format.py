#!/usr/bin/env python3
"""Is a page of metrics what Prometheus reads? By the grammar of its text format 0.0.4, and by its own readers where they are installed.

usage: metrics_format.py PROGRAM ARGUMENT...   what the program prints
       metrics_format.py http://...            what the server answers
Also a library: page_of(), read().
"""

import re
import shutil
import subprocess
import sys
import urllib.request

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\\\|\\"|\\n)*"'
SAMPLE = re.compile(rf"({NAME})(\{{{LABEL}(?:,{LABEL})*,?\}})? ([-+]?[0-9.eE+-]+|NaN|[+-]Inf)(?: -?[0-9]+)?\Z")
HELP = re.compile(rf"# HELP ({NAME}) (?:[^\\\n]|\\\\|\\n)+\Z")
TYPE = re.compile(rf"# TYPE ({NAME}) (counter|gauge|histogram|summary|untyped)\Z")


class Wrong(Exception):
    pass


def page_of(argv):
    if argv[0].startswith("http://"):
        with urllib.request.urlopen(argv[0], timeout=10) as answer:
            if answer.headers["Content-Type"] != "text/plain; version=0.0.4; charset=utf-8":
                raise Wrong(f"Content-Type is {answer.headers['Content-Type']}")
            return answer.read().decode()
    return subprocess.run(argv, check=True, stdout=subprocess.PIPE).stdout.decode()


def read(page):
    """{(name, labels): value as float}; Wrong where the page breaks a rule."""
    if not page.endswith("\n"):
        raise Wrong("the last line has no line feed")
    samples, types, helps, current = {}, {}, set(), None
    for number, line in enumerate(page[:-1].split("\n"), 1):
        if m := HELP.match(line):
            current = m[1]
            if current in helps:
                raise Wrong(f"{number}: a second HELP of {current}")
            helps.add(current)
        elif m := TYPE.match(line):
            if m[1] != current or m[1] in types:
                raise Wrong(f"{number}: TYPE of {m[1]} stands apart from its HELP, or is the second")
            types[m[1]] = m[2]
        elif m := SAMPLE.match(line):
            if m[1] != current:
                raise Wrong(f"{number}: {m[1]} stands among {current}")
            if (m[1], m[2]) in samples:
                raise Wrong(f"{number}: {m[1]}{m[2] or ''} stands there twice")
            samples[m[1], m[2]] = float(m[3])
            # https://prometheus.io/docs/practices/naming/
            if (types[m[1]] == "counter") != m[1].endswith("_total"):
                raise Wrong(f"{number}: counters, and only they, end with _total: {m[1]}")
        else:
            raise Wrong(f"{number}: neither HELP, TYPE nor sample: {line!r}")
    if set(types) != helps:
        raise Wrong(f"HELP without TYPE: {helps - set(types)}")
    return samples


def others(page, samples):
    """What Prometheus' own make of it."""
    sys.path.append("/usr/lib/python3/dist-packages")
    try:
        from prometheus_client.parser import text_string_to_metric_families
    except ImportError:
        print("no python3-prometheus-client: by the grammar alone")
    else:
        theirs = sorted(s.value for family in text_string_to_metric_families(page) for s in family.samples)
        if theirs != sorted(samples.values()):
            raise Wrong("prometheus_client reads other samples")
    if shutil.which("promtool"):
        told = subprocess.run(["promtool", "check", "metrics"], input=page.encode(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if told.returncode or told.stdout:
            raise Wrong("promtool: " + told.stdout.decode())


def main():
    page = page_of(sys.argv[1:])
    try:
        samples = read(page)
        others(page, samples)
    except Wrong as e:
        sys.exit(f"{e}\n{page}")
    if len(samples) < 20:
        sys.exit(f"{len(samples)} samples only")
    print(f"{len(samples)} samples")


if __name__ == "__main__":
    main()
