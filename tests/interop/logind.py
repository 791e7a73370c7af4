#!/usr/bin/env python3
"""Lock when logind tells: a bus of its own, python-dbusmock's logind on it, and a cmr that was built to listen."""

import atexit
import contextlib
import os
import pathlib
import signal
import subprocess
import sys
import time

import dbus
import dbus.lowlevel
from dbusmock import MOCK_IFACE

from lab import Cmr, run

LOGIND = "org.freedesktop.login1"
ROOT = "/org/freedesktop/login1"
DAEMON = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")
MANAGER, SESSION = LOGIND + ".Manager", LOGIND + ".Session"
SLEEP = ("sleep", "cmr", "the vault is locked first", "delay")
PATIENCE = 30
# What logind waits for at most before the machine sleeps, if nobody changed it.
DELAY = 5
# As on a system's bus, anybody may send signals, and to one program alone. Only the mock takes the name.
BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <keep_umask/>
  <listen>unix:path={socket}</listen>
  <policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy>
</busconfig>
"""


def until(what, holds):
    """Waits until it holds; gives how long that took."""
    began = time.monotonic()
    while not holds():
        if time.monotonic() - began > PATIENCE:
            raise AssertionError(f"waited {PATIENCE} s for {what}")
        time.sleep(0.01)
    return time.monotonic() - began


def alive(pid):
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        # One that ended and that nobody asked about yet is still in the list.
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


class Machine:
    """A vault, a system bus and a logind; two sessions are the user's, and a third somebody else's."""

    def __init__(self, scratch):
        self.socket = scratch / "bus"
        (scratch / "bus.conf").write_text(BUS.format(socket=self.socket))
        os.environ["DBUS_SYSTEM_BUS_ADDRESS"] = f"unix:path={self.socket}"
        (scratch / "run").mkdir(mode=0o700)
        os.environ["XDG_RUNTIME_DIR"] = str(scratch / "run")
        self.cmr = Cmr(scratch)
        self.longest = 0
        line = ["dbus-daemon", "--nofork", "--nosyslog", f"--config-file={scratch / 'bus.conf'}"]
        self.daemon = subprocess.Popen(line)
        atexit.register(self.daemon.kill)
        until("the bus", self.socket.exists)
        self.bus = dbus.bus.BusConnection(os.environ["DBUS_SYSTEM_BUS_ADDRESS"])
        self.start_logind()

    def start_logind(self):
        line = [sys.executable, "-m", "dbusmock", "--system", "--template", "logind"]
        self.mock = subprocess.Popen(line, stdout=subprocess.DEVNULL)
        atexit.register(self.mock.kill)
        until("logind", lambda: self.bus.name_has_owner(LOGIND))
        logind = self.object()
        # The template gives back the word that it was asked for, "auto"; logind the session of who asks.
        logind.AddMethod(MANAGER, "GetSession", "s", "o", f"ret = '{ROOT}/session/home'", dbus_interface=MOCK_IFACE)
        for session, uid in ("home", os.geteuid()), ("other", os.geteuid()), ("foreign", os.geteuid() + 1):
            logind.AddSession(session, "seat0", dbus.UInt32(uid), f"user{uid}", True, dbus_interface=MOCK_IFACE)

    def stop_logind(self):
        self.mock.terminate()
        self.mock.wait(PATIENCE)

    def object(self, path=""):
        return self.bus.get_object(LOGIND, ROOT + path, introspect=False)

    def tell(self, member, signature, *values):
        self.emit(ROOT, MANAGER, member, signature, *values)

    def emit(self, path, interface, member, signature, *values):
        values = dbus.Array(values, signature="v")
        details = dbus.Dictionary({"path": path}, signature="sv")
        self.object().EmitSignalDetailed(
            interface, member, signature, values, details, dbus_interface=MOCK_IFACE
        )

    def session(self, name, method, *values):
        self.object(f"/session/{name}").get_dbus_method(method, SESSION)(*values)

    def inhibitors(self):
        return [tuple(map(str, it[:4])) for it in self.object().ListInhibitors(dbus_interface=MANAGER)]

    def pid(self):
        agent = self.cmr("status", "--json").ok().json["agent"]
        return agent and agent["pid"]

    def unlock(self):
        """Unlocks, and waits until the agent listens: it asks for the delay after that."""
        self.cmr("unlock").ok()
        until("the agent's inhibitor", self.inhibitors)
        return self.pid()

    def lock(self):
        self.cmr("lock").ok()
        until("the inhibitor's end", lambda: not self.inhibitors())

    def name_of(self, pid):
        """What the agent is called on the bus."""
        for name in self.bus.list_names():
            if self.bus.call_blocking(*DAEMON, "GetConnectionUnixProcessID", "s", (name,)) == pid:
                return name
        raise AssertionError(f"process {pid} is not on the bus")

    def stop(self):
        self.cmr("lock")
        for process in self.mock, self.daemon:
            process.kill()
            process.wait(PATIENCE)


def locks(checks, machine, name, tell):
    """Something is told; then the vault must be locked, the process gone, and the machine free to sleep."""
    pid = machine.unlock()
    tell()
    took = until("the agent's end", lambda: not alive(pid))
    machine.longest = max(machine.longest, took)
    checks.check(f"{name}: the agent ends in time ({took * 1000:.0f} ms)", took < DELAY, took)
    checks.equal(f"{name}: the vault is locked", machine.pid(), None)
    until("the inhibitor's end", lambda: not machine.inhibitors())


def stays(checks, machine, name, pid):
    """Ten times as long as any lock took, the agent must go on."""
    end = time.monotonic() + max(0.5, 10 * machine.longest)
    while time.monotonic() < end and alive(pid):
        time.sleep(0.01)
    checks.equal(name, (alive(pid), machine.pid()), (True, pid))


def told(checks, machine):
    machine.unlock()
    checks.equal("an unlocked vault has the machine wait before it sleeps", machine.inhibitors(), [SLEEP])
    machine.lock()
    checks.equal("a locked one does not", machine.inhibitors(), [])
    home, gone = f"{ROOT}/session/home", f"{ROOT}/session/gone"
    locks(checks, machine, "before the machine sleeps", lambda: machine.tell("PrepareForSleep", "b", True))
    locks(checks, machine, "before it stops", lambda: machine.tell("PrepareForShutdown", "b", True))
    locks(checks, machine, "lock-session", lambda: machine.session("home", "Lock"))
    locks(checks, machine, "a screen that was locked", lambda: machine.session("home", "SetLockedHint", True))
    locks(checks, machine, "in another session of the user's", lambda: machine.session("other", "Lock"))
    locks(checks, machine, "logout", lambda: machine.tell("SessionRemoved", "so", "home", dbus.ObjectPath(home)))
    locks(checks, machine, "in a session that is not known any more", lambda: machine.emit(gone, SESSION, "Lock", ""))


def not_ours(checks, machine):
    pid = machine.unlock()
    machine.tell("PrepareForSleep", "b", False)
    machine.tell("PrepareForShutdown", "b", False)
    machine.tell("SessionNew", "so", "new", dbus.ObjectPath(f"{ROOT}/session/new"))
    machine.tell("SessionRemoved", "so", "other", dbus.ObjectPath(f"{ROOT}/session/other"))
    machine.session("foreign", "Lock")
    machine.session("foreign", "SetLockedHint", True)
    machine.session("home", "SetLockedHint", False)
    machine.session("home", "Unlock")
    stays(checks, machine, "other users, other sessions and the machine's waking do not lock", pid)
    # Not logind, but addressed to the agent alone: the bus delivers it, whatever the agent listens to.
    forged = dbus.lowlevel.SignalMessage(ROOT, MANAGER, "PrepareForSleep")
    forged.append(True, signature="b")
    forged.set_destination(machine.name_of(pid))
    machine.bus.send_message(forged)
    machine.bus.flush()
    stays(checks, machine, "a signal that logind did not send does not lock", pid)
    machine.lock()


def without(checks, machine):
    pid = machine.unlock()
    machine.stop_logind()
    machine.start_logind()
    machine.tell("PrepareForSleep", "b", True)
    took = until("the agent's end", lambda: not alive(pid))
    checks.check("logind may be restarted meanwhile", took < DELAY, took)

    pid = machine.unlock()
    machine.daemon.send_signal(signal.SIGKILL)
    machine.daemon.wait(PATIENCE)
    stays(checks, machine, "the agent outlives the bus", pid)
    machine.cmr("lock").ok()
    machine.cmr("unlock").ok()
    pid = machine.pid()
    stays(checks, machine, "without a bus the vault is unlocked all the same", pid)
    machine.cmr("lock").ok()
    until("the agent's end", lambda: not alive(pid))


def main(checks, scratch):
    machine = Machine(scratch)
    try:
        told(checks, machine)
        not_ours(checks, machine)
        without(checks, machine)
    finally:
        machine.stop()


if __name__ == "__main__":
    run(main)
