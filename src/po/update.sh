#!/bin/sh
# Gathers the messages of the sources, of the rules and of our vocabulary into one template.
#
# usage: src/po/update.sh WORDS [POT]    WORDS: build/PRESET/tests/po_words; without POT the catalogues here are brought up to date
set -eu
words=$(realpath "$1")
pot=${2:-}
[ -z "$pot" ] || pot=$(realpath -m "$pot")
cd "$(dirname "$0")/../.."
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# Sentences (SAY), words of reports (_, _n, human_count), constants (N_, NC_), and diagnoses of captures.
find include src -path src/po -prune -o -name '*.[ch]' -print | LC_ALL=C sort >"$tmp/files"
xgettext --from-code=UTF-8 --language=C --files-from="$tmp/files" --output="$tmp/sources.pot" --no-wrap --sort-by-file \
	--keyword --keyword=_:2 --keyword=_n:2,3 --keyword=N_:1 --keyword=NC_:1c,2 --keyword=SAY:2 --keyword=SAY_N:2,3 \
	--keyword=human_count:3,4 --keyword=capture_break:2 --flag=SAY:2:c-format --flag=human_count:3:c-format --flag=human_count:4:c-format \
	--package-name=spanaudit --msgid-bugs-address=none
grep -l . src/capture/*.c >"$tmp/captures"
xgettext --from-code=UTF-8 --language=C --files-from="$tmp/captures" --output="$tmp/captures.pot" --no-wrap --sort-by-file \
	--keyword --keyword=aud_fail:4
"$words" >"$tmp/words.pot"
msgcat --use-first --no-wrap --sort-by-file --output-file="$tmp/spanaudit.pot" "$tmp/sources.pot" "$tmp/captures.pot" "$tmp/words.pot"
if [ -n "$pot" ]; then
	cp "$tmp/spanaudit.pot" "$pot"
	exit 0
fi
for po in src/po/*.po; do
	msgmerge --quiet --update --backup=none --no-fuzzy-matching --no-wrap --no-location "$po" "$tmp/spanaudit.pot"
	msgattrib --no-obsolete --no-wrap --output-file="$po" "$po"
done
