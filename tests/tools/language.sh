#!/bin/bash
# Languages of reports: -l and the locale, what changes with them and what does not, stored audits, no locale installed.
#
# usage: tests/tools/language.sh PROGRAM
set -u
program=$(realpath "$1")
top=$(cd "$(dirname "$0")/../.." && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 2
unset LC_ALL LC_MESSAGES LANG LANGUAGE
bad=0

complain() {
	echo "$1"
	bad=1
}
# expect STATUS [NAME=VALUE...] ARGUMENT...: what it writes is in out
expect() {
	local status=$1 got
	shift
	local set=()
	while [[ $1 == *=* ]]; do
		set+=("$1")
		shift
	done
	env "${set[@]}" "$program" "$@" >out 2>err
	got=$?
	[ $got -eq "$status" ] || complain "$*: exit $got instead of $status: $(cat err)"
}
says() {
	tr -s ' \n' ' ' <out | grep -qF -- "$1" || complain "$2: lacks '$1': $(head -c 600 out)"
}

cp "$top"/pcaps/{ssh-on-5061,blocked-icmp,cut-file}.pcap "$top/pcaps/site.yaml" .

# The option, then the first of the three that is set and not empty; no locale of these names need be there.
en='Another protocol than the documented one'
es='Otro protocolo que el documentado'
pt='Outro protocolo que não o documentado'
audit=(audit -s site.yaml ssh-on-5061.pcap)
expect 1 "${audit[@]}"
says "$en" 'no language'
expect 1 "${audit[@]}" -l es
says "$es" '-l es'
expect 1 "${audit[@]}" --language=pt-BR
says "$pt" '--language=pt-BR'
expect 1 "${audit[@]}" -l pt_br
says "$pt" '-l pt_br'
expect 1 LC_ALL=es_ES.UTF-8 "${audit[@]}" -l en
says "$en" '-l en against LC_ALL'
expect 1 LC_ALL='' LC_MESSAGES=pt_BR LANG=es_ES "${audit[@]}"
says "$pt" LC_MESSAGES
expect 1 LC_ALL=C LANG=es_ES LANGUAGE=es "${audit[@]}"
says "$en" 'LC_ALL=C'
expect 1 LANG=es_AR.ISO-8859-1 "${audit[@]}"
says "$es" LANG
expect 1 LANG=fr_FR.UTF-8 "${audit[@]}"
says "$en" 'a language that is none of ours'
env -i "$program" "${audit[@]}" -l es >out 2>/dev/null
says "$es" 'an empty environment'
expect 2 "${audit[@]}" -l fr
grep -q -- "--language 'fr': must be one of: en es pt-BR" err || complain "-l fr says $(cat err)"
expect 2 diff -d a -d b -l xx

# Formats that programs read, and the database, are the same bytes in every language; those for people are not.
for format in json jsonl csv sarif cef text md html; do
	for l in en es pt-BR; do
		rm -f $l.db
		"$program" audit -s site.yaml --date 2026-11-28 --hash -l $l -d $l.db -f $format ssh-on-5061.pcap cut-file.pcap >$l.$format 2>/dev/null
	done
	case $format in
	text | md | html)
		cmp -s en.$format es.$format && complain "$format is the same in English and Spanish"
		cmp -s pt-BR.$format es.$format && complain "$format is the same in Portuguese and Spanish"
		;;
	*)
		if ! cmp -s en.$format es.$format || ! cmp -s en.$format pt-BR.$format; then
			complain "$format changes with the language"
		fi
		;;
	esac
done
for l in es pt-BR; do
	python3 - en.db $l.db <<'PY' || complain "the database changes with the language $l"
import sqlite3, sys
a, b = ('\n'.join(sqlite3.connect(f).iterdump()) for f in sys.argv[1:])
sys.exit(a != b)
PY
done
grep -q '<html lang="es">' es.html || complain 'the page is not said to be Spanish'
grep -q '<html lang="pt-BR">' pt-BR.html || complain 'the page is not said to be Portuguese'
grep -q '<html lang="en">' en.html || complain 'the page is not said to be English'

# The report of what is stored is that of the audit, in each language; and twice the same.
for format in text md html; do
	for l in en es pt-BR; do
		"$program" report -d en.db -l $l -f $format >again 2>/dev/null
		cmp -s again $l.$format || complain "report -l $l -f $format is another than that of the audit"
	done
done

# Numbers and dates (the capture is of 2026-11-21), reasons, roles, diagnoses of another stage, counts of either gender.
cp es.text out
says '10.20.100.12 (cliente) usó SSH en 5061/tcp de fe01 (front-end), donde el documento indica TLS en 5061/tcp' 'text, es'
says 'el archivo termina dentro de un registro de paquete (necesita 82 bytes, tiene 52)' 'text, es'
says '21/11/2026' 'text, es'
says '0,0 %' 'text, es'
says '1 de gravedad alta' 'text, es'
says '5 observadas' 'text, es'
cp pt-BR.text out
says '10.20.100.12 (cliente) usou SSH em 5061/tcp de fe01 (front-end)' 'text, pt-BR'
says '21/11/2026' 'text, pt-BR'
says '0,0%' 'text, pt-BR'

# Changes.
expect 1 audit -s site.yaml -d two.db -o /dev/null ssh-on-5061.pcap
expect 1 audit -s site.yaml -d two.db -o /dev/null blocked-icmp.pcap
expect 1 diff -d two.db -l es
says 'Cambios desde la auditoría anterior' 'diff -l es'
says 'Filas cuyo estado cambió' 'diff -l es'
expect 1 LC_ALL=pt_BR diff -d two.db
says 'Mudanças desde a auditoria anterior' 'diff, pt_BR'
expect 1 diff -d two.db -f json
cp out diff.json
expect 1 diff -d two.db -f json -l es
cmp -s out diff.json || complain 'diff -f json changes with the language'

# A database without the parts of its sentences, as versions before had it, or with damaged ones, tells them in English.
python3 - <<'PY'
import sqlite3
for name, said in (('old', None), ('damaged', '["%1$s",')):
    c = sqlite3.connect(name + '.db')
    s = sqlite3.connect('en.db')
    s.backup(c)
    for table in ('findings', 'row_states', 'ipsec_roles'):
        c.execute('UPDATE %s SET said = ?' % table, (said,))
    c.commit()
PY
for db in old damaged; do
	expect 3 report -d $db.db -l es
	says "$es" "$db.db"
	says '10.20.100.12 (client) used SSH on 5061/tcp of fe01 (front-end), where the document lists TLS on 5061/tcp' "$db.db"
done
exit $bad
