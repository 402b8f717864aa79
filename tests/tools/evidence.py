#!/usr/bin/env python3
"""evidence.py EVIDENCE_MAKE PCAPS [CAPTURE...]: what the ring and the files of findings hold, as tshark reads them, against the captures themselves.

For each capture: the ring holds its frames, times, lengths and bytes; a finding's file holds the frames that the finding names, with its id in
their comment, and else frames of the capture in their order, between its hosts on its port as tshark's own filter has it. Exit 77: no tshark.
"""
import collections
import glob
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile

if not shutil.which("tshark"):
    print("skipped: tshark is not installed")
    sys.exit(77)

MOST_PACKETS = 65 * 8
# One of each sort, where no captures are given.
SORTS = ("announced", "blocked-icmp", "duplicates-vlans", "erspan", "ipsec-null", "ipv6", "scan-ports", "ssh-on-5061", "vxlan")


def tshark(path, *fields, extra=()):
    """A list a frame of these fields' values; what tshark says on standard error, and its status, must be nothing."""
    cmd = ["tshark", "-n", "-r", path, "-o", "frame.generate_md5_hash:TRUE", "-T", "fields", "-E", "separator=/t", "-E", "occurrence=a", *extra]
    for f in fields:
        cmd += ["-e", f]
    run = subprocess.run(cmd, capture_output=True, text=True, env={**os.environ, "HOME": tempfile.gettempdir()})
    said = "\n".join(line for line in run.stderr.splitlines() if "Running as user" not in line)
    if run.returncode or said:
        raise SystemExit(f"{path}: tshark says {said!r}, status {run.returncode}")
    return [line.split("\t") for line in run.stdout.splitlines()]


FRAME = ("frame.time_epoch", "frame.len", "frame.cap_len", "frame.md5_hash")


def filter_of(client, server, transport, port):
    """The finding's hosts and port in either direction, in tshark's words; None: it names too little."""
    def side(which, address, number):
        if address == "-":
            return []
        family = "ipv6" if ":" in address else "ip"
        return [f"{family}.{which}=={address}"] + ([f"{transport}.{number}port=={port}"] if transport in ("tcp", "udp", "sctp") and port > 0 else [])
    if client == server == "-":
        return None
    of = [transport] if transport in ("tcp", "udp", "sctp") else []
    there = " && ".join(of + side("src", client, "none")[:1] + side("dst", server, "dst"))
    back = " && ".join(of + side("src", server, "src") + side("dst", client, "none")[:1])
    return f"({there}) || ({back})"


def check(program, capture, site, told):
    bad = []
    name = os.path.basename(capture)
    with tempfile.TemporaryDirectory() as tmp:
        run = subprocess.Popen([program, tmp, capture, site], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        out = []
        for line in run.stdout:
            if line == "end\n":
                break
            out.append(line.rstrip("\n"))
        original = tshark(capture, *FRAME)
        # As long as its standard input is open, the ring is there; what it holds is on disk once a finding was asked for.
        held = [f for r in sorted(glob.glob(os.path.join(tmp, "ring-*.pcapng"))) for f in tshark(r, *FRAME)]
        if out and held != original:
            bad.append(f"{name}: the ring holds {len(held)} frames, the capture {len(original)}, or others")
        run.stdin.close()
        if run.wait():
            bad.append(f"{name}: the program failed")
        if glob.glob(os.path.join(tmp, "ring-*")):
            bad.append(f"{name}: the ring is still there")
        for line in out:
            ident, path, packets, frames, sha, client, server, transport, port, named, why = line.split("\t")
            named = [int(n) for n in named.split(",") if n]
            told["findings"] += 1
            if path == "-":
                if named and why != "the finding names no frame":
                    bad.append(f"{name} {ident}: no file: {why}")
                continue
            told["files"] += 1
            with open(path, "rb") as f:
                if hashlib.sha256(f.read()).hexdigest() != sha:
                    bad.append(f"{name} {ident}: another SHA-256")
            got = tshark(path, *FRAME, "frame.comment")
            told["packets"] += len(got)
            if len(got) != int(packets) or len(got) > MOST_PACKETS or why:
                bad.append(f"{name} {ident}: {len(got)} packets, {packets} told, {why!r}")
            marked = [g[:4] for g in got if ident in (g[4] if len(g) > 4 else "")]
            if collections.Counter(map(tuple, marked)) != collections.Counter(tuple(original[n - 1]) for n in named):
                bad.append(f"{name} {ident}: {len(marked)} frames say that they are named, {len(named)} are")
            # In order, and each is one of the capture.
            at = iter(original)
            if not all(any(o == g[:4] for o in at) for g in got):
                bad.append(f"{name} {ident}: packets that the capture has not, or in another order")
            wanted = filter_of(client, server, transport, int(port))
            if wanted and transport in ("tcp", "udp"):
                theirs = collections.Counter(tuple(f) for f in tshark(capture, *FRAME, extra=("-Y", wanted)))
                others = [g for g in got if tuple(g[:4]) not in theirs and ident not in (g[4] if len(g) > 4 else "")]
                # ICMP errors that quote the flow, and what IPsec hides, belong to it as well; tshark's filter has them not.
                told["followers"] += len(got) - len(others) - len(marked)
                told["beyond"] += len(others)
                first = [list(f) for f in tshark(capture, *FRAME, extra=("-Y", f"frame.number >= {named[0]} && ({wanted})"))][:60]
                if any(f not in [g[:4] for g in got] for f in first):
                    bad.append(f"{name} {ident}: not all of the first packets are there")
    return bad


def main():
    told, bad = collections.Counter(), []
    site = os.path.join(sys.argv[2], "site.yaml")
    for capture in sys.argv[3:] or [os.path.join(sys.argv[2], f"{s}.pcap") for s in SORTS]:
        bad += check(sys.argv[1], capture, site, told)
    print("\n".join(bad) or dict(told))
    if not told["files"] or not told["followers"]:
        bad.append("nothing was checked")
    sys.exit(bool(bad))


main()
