#!/usr/bin/env python3
"""report_schema.py SCHEMA FILE...: JSON reports against the schema. Exit 77: python3-jsonschema is missing."""
import json
import sys

try:
    import jsonschema
except ImportError:
    print("skipped: python3-jsonschema is not installed")
    sys.exit(77)


def leaves(schema, at="$"):
    """Objects that would let unknown keys pass."""
    if isinstance(schema, dict):
        if schema.get("type") == "object" and schema.get("additionalProperties") is not False:
            yield at
        for key, value in schema.items():
            yield from leaves(value, f"{at}.{key}")
    elif isinstance(schema, list):
        for i, value in enumerate(schema):
            yield from leaves(value, f"{at}[{i}]")


with open(sys.argv[1], encoding="utf-8") as f:
    text = f.read()
schema = json.loads(text)
validator = jsonschema.validators.validator_for(schema)
validator.check_schema(schema)
bad = [f"schema: {at} is open" for at in leaves(schema)]
if json.dumps(schema, indent=1, sort_keys=True) + "\n" != text:
    bad.append("schema: keys are not sorted")
for path in sys.argv[2:]:
    with open(path, encoding="utf-8") as f:
        report = json.load(f)
    bad += [f"{path}: {'/'.join(map(str, e.absolute_path))}: {e.message}" for e in validator(schema).iter_errors(report)]
print("\n".join(bad) or f"{len(sys.argv) - 2} reports are valid")
sys.exit(bool(bad))
