#!/usr/bin/env python3
"""Unlocked once: what a debugger, the kernel's own records, another user and ten terminals say of it."""

import contextlib
import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

import pexpect

from lab import BINARY, PASSPHRASE, Cmr, run

PROMPT = "Passphrase"
PATIENCE = 60


class Machine:
    """A vault that is opened by its passphrase alone, and a place for its agent."""

    def __init__(self, scratch):
        self.cmr = Cmr(scratch)
        self.identity = self.cmr.env.pop("CMR_IDENTITY_FILE")
        self.run = scratch / "run"
        self.run.mkdir(mode=0o700)
        self.cmr.env |= {"XDG_RUNTIME_DIR": str(self.run), "HOME": str(scratch), "TERM": "xterm"}
        self.scripted = self.cmr.env | {"CMR_IDENTITY_FILE": self.identity}

    def unlock(self):
        subprocess.run([BINARY, "unlock"], env=self.scripted, check=True, capture_output=True, timeout=PATIENCE)

    def lock(self):
        self.cmr("lock").ok()

    def type(self, *words):
        return pexpect.spawn(str(BINARY), list(map(str, words)), env=self.cmr.env, timeout=PATIENCE, encoding="utf-8")

    def pid(self):
        return self.cmr("status", "--json").ok().json["agent"]["pid"]

    def socket(self):
        return next((self.run / "cmr").glob("*.sock"))

    def key(self):
        """The data key, as the slot holds it."""
        import pyrage

        identity = pyrage.x25519.Identity.from_str(pathlib.Path(self.identity).read_text().strip().splitlines()[-1])
        return bytes.fromhex(pyrage.decrypt((self.cmr.home / "slots/recovery.age").read_bytes(), [identity]).decode())


def secrets(machine):
    """What must not be found, by name. SQLCipher derives its second key from the first and the file's salt."""
    key = machine.key()
    salt = (machine.cmr.home / "vault.db").read_bytes()[:16]
    mac = hashlib.pbkdf2_hmac("sha512", key, bytes(byte ^ 0x3A for byte in salt), 2, 32)
    return {
        "passphrase": PASSPHRASE.encode(),
        "data key": key,
        "data key in hexadecimal": key.hex().encode(),
        "key of the authentication codes": mac,
        "recovery identity": pathlib.Path(machine.identity).read_text().strip().splitlines()[-1].encode(),
    }


def found(core, needles):
    memory = pathlib.Path(core).read_bytes()
    pathlib.Path(core).unlink()
    return {name for name, needle in needles.items() if needle in memory}


def gdb(*commands):
    """A debugger that leaves out nothing of the memory that it writes down."""
    whole = ["set pagination off", "set confirm off", "set use-coredump-filter off", "set dump-excluded-mappings on"]
    line = ["gdb", "-q", "-nx", "-batch"]
    for command in [*whole, *commands]:
        line += ["-ex", command]
    return line


def at_the_end(core):
    """Writes the memory down when the process is about to end, and lets it end."""
    return ["catch syscall exit_group", "continue", f"gcore {core}", "kill"]


def memory(checks, machine, scratch):
    if not shutil.which("gdb"):
        return checks.skip("no secret is left in memory", "there is no gdb")
    core = scratch / "core"
    needles = secrets(machine)
    machine.unlock()
    pid = machine.pid()
    taken = subprocess.run(gdb(f"attach {pid}", f"gcore {core}", "detach"), capture_output=True, text=True)
    if not core.exists():
        return checks.skip("no secret is left in memory", f"gdb may not look: {taken.stderr[-300:]}")
    holds = found(core, needles)
    checks.check("an unlocked agent holds the data key: the search finds what is there", "data key" in holds, holds)
    checks.check("and neither passphrase nor identity", not holds & {"passphrase", "recovery identity"}, holds)

    watch = subprocess.Popen(
        gdb(f"attach {pid}", *at_the_end(core)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    said = ""
    while "Catchpoint 1" not in said:
        line = watch.stdout.readline()
        assert line, said
        said += line
    machine.lock()
    watch.communicate(timeout=PATIENCE)
    checks.equal("a locked agent holds nothing any more", found(core, needles), set())

    def command(name, words, env, *typed):
        line = gdb("catch syscall exit_group", "run", f"gcore {core}", "kill")
        line += ["-ex", "quit", "--args", str(BINARY), *words]
        child = pexpect.spawn(line[0], line[1:], env=env | {"SHELL": "/bin/sh"}, timeout=PATIENCE, encoding="utf-8")
        for line in typed:
            child.expect(PROMPT)
            child.sendline(line)
        child.expect(pexpect.EOF)
        child.close()
        if not checks.check(f"{name}: its memory could be looked at", core.exists(), child.before[-500:]):
            return
        checks.equal(f"{name}: nothing is left at its end", found(core, needles), set())

    by_file = machine.cmr.env | {"CMR_PASSPHRASE_FILE": str(machine.cmr.passphrase)}
    command("cmr profile show by an identity", ["profile", "show"], machine.scripted)
    command("cmr profile show by a passphrase in a file", ["profile", "show"], by_file)
    command("cmr unlock by an identity", ["unlock"], machine.scripted)
    command("cmr profile show by the agent", ["profile", "show"], machine.cmr.env)
    machine.lock()
    command("cmr unlock by a typed passphrase", ["unlock"], machine.cmr.env, PASSPHRASE)
    machine.lock()
    command("cmr unlock by a wrong passphrase, then the right one", ["unlock"], machine.cmr.env, PASSPHRASE + "!", PASSPHRASE)
    machine.lock()


def not_dumpable(checks, machine):
    machine.unlock()
    pid = machine.pid()
    limits = pathlib.Path(f"/proc/{pid}/limits").read_text()
    checks.check("the agent leaves no core file", re.search(r"Max core file size\s+0\s+0", limits), limits)
    owner = pathlib.Path(f"/proc/{pid}/mem").stat().st_uid
    checks.equal("the agent is not dumpable: its memory is root's", owner, 0)
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    locked = int(re.search(r"VmLck:\s+(\d+) kB", status)[1])
    checks.check("the agent locks what holds the key in memory", locked >= 4, status)
    files = {os.readlink(link) for link in pathlib.Path(f"/proc/{pid}/fd").iterdir()}
    checks.check("the agent holds nothing of the terminal that it came from", not any("pts" in f for f in files), files)
    machine.lock()


def ask_as(uid, path):
    """What a process of another user gets from the socket."""
    script = f"""
import os, socket
os.setgroups([]); os.setgid({uid}); os.setuid({uid})
s = socket.socket(socket.AF_UNIX); s.settimeout(5)
try:
    s.connect({str(path)!r}); s.sendall(b"cmr\\0\\x01\\x01"); print(len(s.recv(100)))
except OSError as error:
    print(type(error).__name__)
"""
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=PATIENCE).stdout.strip()


def other_user(checks, machine, scratch):
    if os.geteuid() != 0:
        return checks.skip("another user gets nothing", "only root can be another user")
    machine.unlock()
    path = machine.socket()
    checks.equal("another user cannot reach the socket", ask_as(65534, path), "PermissionError")
    # Even if somebody opened all the doors.
    opened = [path, *[folder for folder in path.parents if folder.is_relative_to(scratch)]]
    before = [(it, it.stat().st_mode) for it in opened]
    for it in opened:
        it.chmod(0o777)
    answer = ask_as(65534, path)
    checks.check("and gets nothing where the doors stand open", answer in ("0", "ConnectionResetError", "BrokenPipeError"), answer)
    for it, mode in before:
        it.chmod(mode)
    checks.equal("the agent went on", machine.cmr("profile", "show").code, 0)
    machine.lock()
    # The other way round: a socket of another user is not asked.
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()
    listener.settimeout(0.2)
    child = os.fork()
    if child == 0:
        os.setgroups([]), os.setgid(65534), os.setuid(65534)
        # The kernel takes the credentials of who listens when they begin to.
        listener.listen()
        with contextlib.suppress(OSError):
            listener.settimeout(PATIENCE)
            peer, _ = listener.accept()
            os._exit(1 if peer.recv(6) else 0)
        os._exit(2)
    for folder in [path, *path.parents][:4]:
        if folder.is_relative_to(scratch):
            folder.chmod(0o777 if folder == path else folder.stat().st_mode)
    time.sleep(0.2)
    machine.cmr("profile", "show").ok(3)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    checks.equal("a socket of another user is not asked for a key", code, 0)
    path.unlink()


def ten_terminals(checks, machine):
    """Ten commands wait for one passphrase: one asks."""
    waiting = [machine.type("profile", "show") for _ in range(10)]
    prompts = set()
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        for number, child in enumerate(waiting):
            with contextlib.suppress(pexpect.TIMEOUT, pexpect.EOF):
                which = child.expect([PROMPT, "waiting for it"], timeout=0.05)
                prompts.add((number, which))
        if len(prompts) == 10:
            break
    asking = [number for number, which in prompts if which == 0]
    checks.equal("of ten commands one asks, and nine say that they wait", (len(prompts), len(asking)), (10, 1))
    waiting[asking[0]].sendline(PASSPHRASE)
    codes, texts = [], []
    for child in waiting:
        child.expect(pexpect.EOF)
        texts.append(child.before)
        child.close()
        codes.append(child.exitstatus)
    checks.equal("one passphrase lets all ten go on", codes, [0] * 10)
    told = [text for text in texts if "Unlocked until" in text]
    checks.equal("the one that asked says that the vault stays unlocked", len(told), 1)
    machine.lock()


def at_a_terminal(checks, machine):
    child = machine.type("unlock")
    child.expect(PROMPT)
    child.sendline("not this one")
    child.expect("wrong passphrase")
    child.expect(PROMPT)
    child.sendline(PASSPHRASE)
    child.expect("The vault is unlocked until")
    child.expect(pexpect.EOF)
    child.close()
    checks.equal("a mistyped passphrase is asked for again", child.exitstatus, 0)
    machine.lock()
    child = machine.type("profile", "show")
    child.expect(PROMPT)
    child.sendintr()
    child.expect(pexpect.EOF)
    child.close()
    stopped = child.exitstatus not in (0, None) or child.signalstatus == signal.SIGINT
    checks.check("Ctrl-C at the prompt stops, and blames nobody", stopped and "nobody can be" not in child.before, child.before)
    checks.check("and leaves the vault locked", machine.cmr("status", "--json").json["locked"])
    config = pathlib.Path(machine.cmr.env["HOME"]) / ".config/cmr/config.toml"
    config.parent.mkdir(parents=True)
    config.write_text("[agent]\nafter_prompt = false\n")
    child = machine.type("profile", "show")
    child.expect(PROMPT)
    child.sendline(PASSPHRASE)
    child.expect(pexpect.EOF)
    child.close()
    checks.check("where the user wants it so, a passphrase is for one command", machine.cmr("status", "--json").json["locked"])
    config.unlink()


def calls(checks, machine, scratch):
    """What a command asks of the kernel."""
    if not shutil.which("strace"):
        return checks.skip("a command asks the agent once", "there is no strace")
    machine.unlock()

    def trace(*words):
        log = scratch / "trace"
        line = ["strace", "-f", "-o", log, "-e", "trace=connect,fsync,fdatasync,sync_file_range,msync", BINARY, *words]
        subprocess.run(line, env=machine.cmr.env, stdin=subprocess.DEVNULL, capture_output=True, check=True, timeout=PATIENCE)
        text = log.read_text()
        return len(re.findall(r"connect\(.*cmr/.*= 0", text)), len(re.findall(r"f(data)?sync\(", text))

    checks.equal("a read asks the agent once, and waits for the disk never", trace("profile", "show"), (1, 0))
    # The first write after the log was emptied waits once more, for the log's new head.
    machine.cmr("profile", "set", "nickname", "Countess").ok()
    asked, waits = trace("profile", "set", "nickname", "Enchantress")
    checks.check(f"a write with its ledger entry asks once, and waits for the disk at most twice ({waits})", asked == 1 and 1 <= waits <= 2)
    machine.lock()


def main(checks, scratch):
    machine = Machine(scratch)
    try:
        machine.cmr.env["CMR_IDENTITY_FILE"] = machine.identity
        machine.cmr("profile", "set", "email", "ada@example.org").ok()
        del machine.cmr.env["CMR_IDENTITY_FILE"]
        at_a_terminal(checks, machine)
        ten_terminals(checks, machine)
        calls(checks, machine, scratch)
        not_dumpable(checks, machine)
        other_user(checks, machine, scratch)
        memory(checks, machine, scratch)
    finally:
        machine.cmr("lock")


if __name__ == "__main__":
    run(main)
