#!/usr/bin/env python3
"""screen.py SCREEN_SHOW: the live screen in terminals of tmux (sizes, resizing, ends of every sort), and on a terminal that takes nothing. Exit
77: no tmux."""
import fcntl
import os
import pty
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time

if not shutil.which("tmux"):
    print("skipped: tmux is not installed")
    sys.exit(77)

SHOW = os.path.abspath(sys.argv[1])
bad = []


def expect(ok, what):
    if not ok:
        bad.append(what)


def until(test, seconds=10):
    """Machines differ in speed: waits for what is to come, and no longer."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if test():
            return True
        time.sleep(0.05)
    return False


class Terminal:
    """A shell in tmux, on a server of its own."""

    def __init__(self, width, height, env="LANG=C.UTF-8"):
        self.dir = tempfile.TemporaryDirectory()
        self.socket = os.path.join(self.dir.name, "tmux")
        clean = {"PATH": os.environ["PATH"], "HOME": self.dir.name, "LANG": "C.UTF-8"}
        self.env = clean
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", str(width), "-y", str(height), f"cd {self.dir.name}; exec env {env} PS1='$ ' sh")
        until(lambda: "$" in self.text())

    def tmux(self, *args):
        return subprocess.run(["tmux", "-u", "-S", self.socket, *args], capture_output=True, text=True, env=self.env, check=False).stdout

    def type(self, *keys):
        self.tmux("send-keys", *keys)

    def text(self, *args):
        return self.tmux("capture-pane", "-p", *args)

    def shows(self, what, seconds=10):
        return until(lambda: what in self.text(), seconds)

    def close(self):
        self.tmux("kill-server")
        self.dir.cleanup()


def layout(width, height):
    t = Terminal(width, height)
    t.type(f"echo before; {SHOW}", "Enter")
    expect(t.shows("12,345 p"), f"{width}x{height}: no rate")
    text = t.text()
    lines = text.split("\n")
    expect(lines[0].startswith(" spanaudit"), f"{width}x{height}: no head: {lines[0]!r}")
    expect(any(line.startswith("Dropped    12 ") for line in lines), f"{width}x{height}: no drops")
    expect(any(line.startswith("Flows      1,234 live") for line in lines), f"{width}x{height}: no flows")
    expect(lines[height - 1].startswith(" q  ends the audit"), f"{width}x{height}: no key")
    expect(re.search(r"^Findings .*2 high", text, re.M), f"{width}x{height}: no findings by severity")
    # By severity, newest first; the one that ended is not there; hostile text is harmless.
    listed = re.findall(r"^(critical|high|medium|low|info) +(?:\d\d-\d\d )?(\d\d:\d\d:\d\d) (.*)", text.split("Alerts")[0], re.M)
    expect([x[:2] for x in listed][:3] == [("high", "09:00:30"), ("high", "09:00:20"), ("medium", "09:00:10")], f"{width}x{height}: {listed}")
    expect("evil\\x1b[2J\\x1b[31m" in text, f"{width}x{height}: hostile text")
    expect("it ended" not in text, f"{width}x{height}: a finding that ended")
    expect(re.search(r"^Alerts.*\n(.*\n)?high +(03-01 )?09:00:30 eth1 is down", text, re.M), f"{width}x{height}: no alert")
    if height >= 20:
        expect("eth0 up  eth1\\x1b]0;x\\x07 DOWN" in text, f"{width}x{height}: interfaces")
        expect(re.search(r"^Database   written \d+ s ago, 0 failures  judged \d+ s ago in 23 ms", text, re.M), f"{width}x{height}: database")
        expect(re.search(r"^Roles seen front-end, client$\nNot seen   mediation$", text, re.M), f"{width}x{height}: roles")
        expect("T1 row 3)." in text, f"{width}x{height}: a text of several lines")
        expect("twice." in text, f"{width}x{height}: the update of a finding")
    if width >= 80:
        expect("\u65e5\u672c\u8a9e" in text, f"{width}x{height}: wide characters")
    t.type("x", "q")
    expect(t.shows("ended"), f"{width}x{height}: q does not end it")
    text = t.text()
    expect("before" in text and "Traffic" not in text, f"{width}x{height}: the terminal is not as it was")
    t.close()


def resized():
    t = Terminal(80, 24)
    t.type(SHOW, "Enter")
    t.shows("12,345 packets/s")
    for width, height in ((120, 40), (40, 12), (20, 3), (200, 60), (80, 24)):
        t.tmux("resize-window", "-x", str(width), "-y", str(height))
        ok = until(lambda h=height: t.text().split("\n")[h - 1].startswith(" q  ends") and t.text().startswith(" spanaudit"), 5)
        text = t.text()
        expect(ok, f"resized to {width}x{height}: {text}")
        expect(text.count("spanaudit") == 1 and text.count("ends the audit") <= 1, f"resized to {width}x{height}: leavings: {text}")
    t.type("q")
    expect(t.shows("ended"), "resized: q does not end it")
    t.close()


def many():
    """More findings than lines, and texts of 64 KiB."""
    t = Terminal(80, 24)
    t.type(f"{SHOW} many", "Enter")
    t.shows("12,345 packets/s")
    lines = t.text().split("\n")
    expect(any(line.startswith("Database   none  judged") for line in lines), "many: a database where there is none")
    expect(lines[0].startswith(" spanaudit") and lines[23].startswith(" q  ends"), "many: the picture has slipped")
    expect(any(re.match(r"Findings, by severity, newest first \(\d+ of 128\)", line) for line in lines), "many: not told how many")
    expect(any(re.match(r"critical 03-01 09:06:40 e{56}$", line) for line in lines), "many: the longest is not there")
    expect([x for line in lines for x in re.findall(r"^medium .* (number \d+)", line)][:2] == ["number 298", "number 296"], "many: order")
    t.type("q")
    expect(t.shows("ended"), "many: q does not end it")
    t.close()


def colors():
    for env, want in (("LANG=C.UTF-8", True), ("LANG=C.UTF-8 NO_COLOR=1", False), ("LANG=C NO_COLOR=", True)):
        t = Terminal(100, 30, env)
        t.type(SHOW, "Enter")
        t.shows("12,345 packets/s")
        seen = bool(re.search(r"\x1b\[[0-9;]*3[1-6]m", t.text("-e")))
        expect(seen == want, f"{env}: {'no colour' if want else 'colour'}")
        expect(("???" in t.text()) == ("LANG=C " in env), f"{env}: characters that this terminal has not")
        t.type("q")
        t.shows("ended")
        t.close()


def ended_by(name, command, after, last):
    """However it ends, the terminal echoes again and shows what it showed."""
    t = Terminal(80, 24)
    t.type(f"echo before; {command}", "Enter")
    if after:
        t.shows("12,345 packets/s")
        t.type(*after)
    expect(until(lambda: t.text().rstrip().split("\n")[-1].startswith("$"), 15), f"{name}: does not end")
    t.type("stty -a | grep -c -w -e '-icanon' -e '-echo' -e '-ixon'; echo typed", "Enter")
    expect(t.shows("\ntyped"), f"{name}: the shell does not go on")
    text = t.text()
    expect("before" in text and "Traffic" not in text, f"{name}: the terminal is not as it was: {text}")
    expect("echo typed" in text and re.search(r"^0\n", text, re.M), f"{name}: the terminal does not echo: {text}")
    expect(not last or last in text, f"{name}: {last} is not there")
    t.close()


def stays():
    """Ctrl-Z would stop the audit, Ctrl-S the screen: neither does."""
    t = Terminal(80, 24)
    t.type(f"sh -c 'echo $$ >pid; exec {SHOW}'", "Enter")
    t.shows("12,345 packets/s")
    with open(os.path.join(t.dir.name, "pid"), encoding="ascii") as f:
        os.kill(int(f.read()), signal.SIGTSTP)
    t.type("C-z", "C-s")
    before = t.text().split("\n")[0]
    expect(until(lambda: t.text().split("\n")[0] != before, 5), "Ctrl-Z or Ctrl-S stops it")
    t.type("q")
    expect(t.shows("ended"), "after Ctrl-Z: q does not end it")
    t.close()


def lines():
    """No terminal, or one that is another's: lines on standard error, a minute apart, and no escapes."""
    with tempfile.NamedTemporaryFile() as err:
        run = subprocess.Popen([SHOW, "lines"], stdout=subprocess.PIPE, stderr=err, stdin=subprocess.DEVNULL)
        until(lambda: os.path.getsize(err.name) > 200)
        run.send_signal(signal.SIGTERM)
        out = run.communicate()[0].decode()
        with open(err.name, encoding="utf-8") as f:
            told = f.read()
    expect(out == "ended\n", f"lines: standard output has {out!r}")
    # 12,345 packets and bytes a thousand times as many, in a minute.
    want = r"spanaudit: 205 packets/s, 1\.6 Mbit/s, [0-9,]+ packets, 12 dropped, 1,234 flows live, findings: 0 critical, 2 high, 1 medium, 0 low, 0 info\n"
    # What happens to the sensor at once.
    expect(told.startswith("spanaudit: auditing eth0 and eth1\nspanaudit: eth1 is down\n"), f"lines: alerts: {told!r}")
    expect(re.search("^" + want, told, re.M) and "\x1b" not in told, f"lines: {told!r}")
    t = Terminal(80, 24)
    t.type(f"{SHOW} & sleep 2; kill -TERM $!; wait; echo ov''er", "Enter")
    expect(t.shows("\nover"), "in the background: does not end")
    expect("Traffic" not in t.text() and "ended" in t.text(), f"in the background: {t.text()}")
    t.close()


def slow():
    """A terminal that takes nothing, and one that goes away: the program goes on, and ends when it is asked to."""
    for close in (False, True):
        tmp = tempfile.NamedTemporaryFile()
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 200, 200, 0, 0))
        pid = os.fork()
        if not pid:
            os.setsid()
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
            for fd in (0, 1, 2):
                os.dup2(slave, fd)
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            os.execve(SHOW, [SHOW, "many"], {"TERM": "xterm", "LANG": "C.UTF-8", "SCREEN_BEAT": tmp.name})
        os.close(slave)
        time.sleep(3)
        if close:
            os.close(master)
            time.sleep(1)
        expect(os.waitpid(pid, os.WNOHANG)[0] == 0, f"slow terminal, gone {close}: it ended by itself")
        with open(f"/proc/{pid}/stat", encoding="ascii") as f:
            before = sum(map(int, f.read().rsplit(")", 1)[1].split()[11:13]))
        time.sleep(1)
        with open(f"/proc/{pid}/stat", encoding="ascii") as f:
            used = sum(map(int, f.read().rsplit(")", 1)[1].split()[11:13])) - before
        beats = os.path.getsize(tmp.name)
        expect(until(lambda n=beats, f=tmp.name: os.path.getsize(f) >= n + 2, 10), f"slow terminal, gone {close}: it waits for the terminal")
        expect(used < 50, f"slow terminal, gone {close}: {used} hundredths of a second of work in a second")
        os.kill(pid, signal.SIGTERM)
        if not close:
            # What the shell and main() print does wait: the terminal takes it now.
            time.sleep(0.3)
            os.set_blocking(master, False)

        def is_over(p=pid, fd=master, gone=close):
            if not gone:
                try:
                    rest.append(os.read(fd, 65536))
                except OSError:
                    pass
            return os.waitpid(p, os.WNOHANG)[0] != 0
        rest = []
        ended = until(is_over, 5)
        expect(ended, f"slow terminal, gone {close}: does not end")
        if not close:
            last = time.monotonic() + 2
            while b"\x1b[?1049l" not in b"".join(rest) and time.monotonic() < last:
                try:
                    rest.append(os.read(master, 65536))
                except OSError:
                    break
        expect(close or b"\x1b[?1049l" in b"".join(rest), "slow terminal: is not put back")
        if not ended:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        if not close:
            os.close(master)


for size in ((80, 24), (120, 40), (40, 12)):
    layout(*size)
resized()
many()
colors()
stays()
ended_by("SIGTERM", f"{SHOW} & p=$!; fg >/dev/null 2>&1", ("C-c",), "ended")
ended_by("Ctrl-C", SHOW, ("C-c",), "ended")
ended_by("SIGQUIT", SHOW, ("C-\\",), None)
lines()
slow()
print("\n".join(bad) or "the screen is as it should be")
sys.exit(bool(bad))
