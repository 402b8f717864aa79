#!/usr/bin/env python3
"""events_schema.py SCHEMA AUDIT_SCHEMA UNIT_EVENTS: the lines that the unit test makes against the schema; and the schema's finding against
that of reports, of which it is to be an extension. Exit 77: python3-jsonschema is missing."""
import json
import os
import subprocess
import sys
import tempfile

try:
    import jsonschema
except ImportError:
    print("skipped: python3-jsonschema is not installed")
    sys.exit(77)

ADDED = {"action", "evidence_file", "evidence_missing"}
with open(sys.argv[1], encoding="utf-8") as f:
    text = f.read()
schema = json.loads(text)
with open(sys.argv[2], encoding="utf-8") as f:
    audit = json.load(f)
validator = jsonschema.validators.validator_for(schema)
validator.check_schema(schema)
bad = []
if json.dumps(schema, indent=1, sort_keys=True) + "\n" != text:
    bad.append("schema: keys are not sorted")
ours, theirs = schema["$defs"]["finding"]["properties"], audit["$defs"]["finding"]["properties"]
bad += [f"finding.{key}: not as in reports" for key in sorted(set(ours) | set(theirs)) if ours.get(key) != theirs.get(key) and key not in ADDED]
bad += [f"{key}: not as in reports" for key in ("side", "time") if schema["$defs"][key] != audit["$defs"][key]]

lines, order = [], {}
with tempfile.TemporaryDirectory() as tmp:
    path = os.path.join(tmp, "events.jsonl")
    subprocess.run([sys.argv[3]], env={**os.environ, "AUD_EVENTS_OUT": path}, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with open(path, encoding="utf-8", newline="\n") as f:
        lines = f.read().split("\n")
if lines.pop() != "":
    bad.append("the last line has no end")
for n, line in enumerate(lines, 1):
    event = json.loads(line)
    hostile = any(c in line for c in "\x1b\u202e\u2066\ufeff") or "…" in line or "\\\\x1b" in line
    errors = [e for e in validator(schema).iter_errors(event)
              # The test's own role is called by hostile text, which no site file can.
              if not (hostile and "roles" in e.absolute_path)]
    bad += [f"line {n}: {'/'.join(map(str, e.absolute_path))}: {e.message[:200]}" for e in errors]
    # The order of keys is fixed: a consumer may cut a line by eye, and a difference of two logs stays small.
    keys = list(event["finding"]) if "finding" in event else list(event)
    if order.setdefault(event["event_type"], keys) != keys:
        bad.append(f"line {n}: its keys stand in another order")
kinds = sorted(order)
if kinds != ["alert", "finding", "stats"] or len(lines) < 8:
    bad.append(f"only {len(lines)} lines, of {kinds}")
print("\n".join(bad) or f"{len(lines)} events are valid")
sys.exit(bool(bad))
