"""Reads and writes catalogues of gettext, as far as the tests need it."""
import re


def unquote(line):
    return re.sub(r'\\(.)', lambda m: {'n': '\n', 't': '\t'}.get(m[1], m[1]), line[line.index('"') + 1:line.rindex('"')])


def quote(text):
    return '"' + text.replace('\\', '\\\\').replace('"', '\\"').replace('\n', '\\n').replace('\t', '\\t') + '"'


def read(path):
    """(context, id, plural id or None) -> {'text': [forms], 'flags': set, 'where': str}; obsolete ones are not there."""
    entries, entry, field = {}, None, None

    def keep():
        if entry and 'msgid' in entry:
            forms = [entry[k] for k in sorted(entry) if k.startswith('msgstr')]
            entries[(entry.get('msgctxt'), entry['msgid'], entry.get('msgid_plural'))] = {
                'text': forms, 'flags': entry['flags'], 'where': entry['where']}

    with open(path, encoding='utf-8') as f:
        for line in f:
            line = line.rstrip('\n')
            if line.startswith('#~'):
                continue
            if not line:
                keep()
                entry, field = None, None
            elif line.startswith('#'):
                entry = entry or {'flags': set(), 'where': ''}
                if line.startswith('#,'):
                    entry['flags'] |= {w.strip() for w in line[2:].split(',')}
                if line.startswith('#:') or line.startswith('#.'):
                    entry['where'] += line[2:]
            elif line.startswith('"'):
                entry[field] += unquote(line)
            else:
                entry = entry or {'flags': set(), 'where': ''}
                field = line.split(' ', 1)[0]
                entry[field] = unquote(line)
    keep()
    return entries


def write(path, entries, header):
    with open(path, 'w', encoding='utf-8') as f:
        f.write('msgid ""\nmsgstr ""\n' + ''.join(quote(h + '\n') + '\n' for h in header))
        for (context, one, many), e in entries.items():
            if not one:
                continue
            f.write('\n')
            flags = sorted(w for w in e['flags'] if w != 'fuzzy')
            if flags:
                f.write('#, ' + ', '.join(flags) + '\n')
            if context is not None:
                f.write('msgctxt ' + quote(context) + '\n')
            f.write('msgid ' + quote(one) + '\n')
            if many is None:
                f.write('msgstr ' + quote(e['text'][0]) + '\n')
            else:
                f.write('msgid_plural ' + quote(many) + '\n')
                for i, text in enumerate(e['text']):
                    f.write('msgstr[%d] %s\n' % (i, quote(text)))
