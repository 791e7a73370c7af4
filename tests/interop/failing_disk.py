#!/usr/bin/env python3
"""A disk whose n-th sync or write fails, for every n: a change that was not made is said to be none, what was reported is
there, and afterwards all goes on. `failing_disk.c` fails the calls of one process."""

import shutil
import subprocess
import time

from lab import BINARY, ROOT, Cmr, Vendor, introduce, run

CLAIMS = {"email": "ada@example.org", "nickname": "Countess"}
# No command here makes as many calls: that it ran to its end shows in that none was failed.
MOST = 300


def shim(checks, scratch):
    """The library that fails calls; none where there is no compiler, or where the program does not load it."""
    library = scratch / "failing_disk.so"
    source = ROOT / "tests/interop/failing_disk.c"
    try:
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True, capture_output=True)
    except (FileNotFoundError, subprocess.CalledProcessError) as error:
        checks.skip("a failing disk", f"no C compiler: {getattr(error, 'stderr', b'').decode() or error}")
        return None
    return library


class Disk:
    """The vault in some state, from which each failure begins."""

    def __init__(self, cmr, kept):
        self.cmr, self.kept = cmr, kept

    def keep(self):
        shutil.rmtree(self.kept, ignore_errors=True)
        shutil.copytree(self.cmr.home, self.kept)

    def restore(self):
        shutil.rmtree(self.cmr.home)
        shutil.copytree(self.kept, self.cmr.home)

    def judge(self, checks, what, runs, then):
        """Looks at the vault after each run of a command that may have failed; `then` says what is wrong, if anything."""
        codes, wrong = [], []
        for where, done in runs:
            codes.append(done.code)
            if done.code == 1 and "disk" not in done.err:
                wrong.append(f"{where}: it does not name the disk: {done.err}")
            wrong += [f"{where} ({done.code}): {why}" for why in after(self.cmr, done, then)]
        checks.check(f"{what}: after each of {len(codes)}, what was said holds", not wrong, "; ".join(wrong[:5]))
        checks.equal(f"{what}: some are done, the others are said not to be", set(codes), {0, 1})


class FailingDisk(Disk):
    """One whose n-th call fails."""

    def __init__(self, cmr, scratch, library):
        super().__init__(cmr, scratch / "kept")
        self.fired, self.library = scratch / "fired", library

    def failing(self, call, at, always, *words):
        """Runs a command whose calls fail from the n-th on, or only that one. Whether any failed."""
        self.fired.unlink(missing_ok=True)
        fault = {"CALL": call, "AT": str(at), "UNDER": str(self.cmr.home), "FIRED": str(self.fired)}
        fault |= {"ALWAYS": "1"} if always else {}
        before = dict(self.cmr.env)
        self.cmr.env |= {f"FAULT_{name}": value for name, value in fault.items()} | {"LD_PRELOAD": str(self.library)}
        try:
            done = self.cmr(*words)
        finally:
            self.cmr.env.clear()
            self.cmr.env.update(before)
        return done, self.fired.exists()

    def runs(self, call, always, words):
        """Fails each call of a command in turn, until it makes no more; the last run is a whole one."""
        # There are many writes, and most of them are alike.
        for at in range(1, MOST, 3 if always and call == "write" else 1):
            self.restore()
            done, failed = self.failing(call, at, always, *words)
            yield at, done
            if not failed:
                return

    def every_failure(self, checks, words, then):
        for call in ("sync", "write"):
            for always in (False, True):
                how = "from the n-th on" if always else "once"
                self.judge(checks, f"{' '.join(words[:2])}, {call}s fail {how}", self.runs(call, always, words), then)


def after(cmr, done, then):
    """What is wrong with a vault after a failure."""
    for words in (["log", "verify"], ["profile", "show"]):
        now = cmr(*words)
        if now.code != 0:
            yield f"{' '.join(words)} ended with {now.code}: {now.err}"
            return
    yield from then(done)


def changes_of_the_profile(checks, disk):
    cmr = disk.cmr

    def then(done):
        there = cmr("profile", "show", "email").out.strip() == "new@example.org"
        if there != (done.code == 0):
            yield f"the change is {'there' if there else 'missing'}"
        cmr("profile", "set", "email", "new@example.org").ok()
        versions = cmr.json("profile", "history", "email")["versions"]
        if len(versions) != 2:
            yield f"done again, there are {len(versions)} versions"
        if len(queued(cmr)) != 1:
            yield f"done again, {len(queued(cmr))} messages wait"

    disk.every_failure(checks, ["profile", "set", "email", "new@example.org"], then)


def queued(cmr):
    return [message for message in cmr.json("outbox", "list")["messages"] if message["state"] == "queued"]


def a_crash_after_a_failed_sync(checks, disk, vendor):
    """While another command has the vault open its log stays: after a crash, what was taken back is read from it again.
    That cannot be helped, but it can be said."""
    cmr, found = disk.cmr, 0
    for at in range(1, 5):
        disk.restore()
        vendor.answers.clear()
        came = len(vendor.pushed)
        other = subprocess.Popen([BINARY, "push"], env=cmr.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while len(vendor.pushed) == came and other.poll() is None:
            time.sleep(0.01)
        done, failed = disk.failing("sync", at, True, "profile", "set", "email", "newer@example.org")
        other.kill()
        other.wait()
        vendor.answers.set()
        if not failed:
            break
        checks.equal(f"after a crash the ledger verifies, sync {at}", cmr("log", "verify").code, 0)
        if done.code and cmr("profile", "show", "email").out.strip() == "newer@example.org":
            found += 1
            checks.check(f"it was said that it may be found, sync {at}", "may still be found" in done.err, done.err)
        cmr("profile", "set", "email", "newer@example.org").ok()
        versions = cmr.json("profile", "history", "email")["versions"]
        checks.equal(f"and made again it is not there twice, sync {at}", len(versions), 3)
    checks.check("some of what was taken back is found after a crash", found)


def grants(checks, disk):
    cmr = disk.cmr
    create = "grant create acme --claims nickname --purpose DeliveryOfGoods --expires 90d --yes".split()

    def then(done):
        made = len(cmr.json("grant", "list")["grants"]) - 1
        if made != (done.code == 0):
            yield f"{made} grants are there"
        if len(queued(cmr)) != made:
            yield f"{len(queued(cmr))} messages wait for {made} grants"

    disk.every_failure(checks, create, then)


def pushes(checks, disk, vendor):
    cmr = disk.cmr
    disk.restore()
    cmr("profile", "set", "email", "new@example.org").ok()
    disk.keep()
    jti = queued(cmr)[0]["id"]
    bytes_of = cmr.json("outbox", "show", jti)["jws"]
    vendor.pushed.clear()

    def then(done):
        came = len(vendor.pushed)
        waits = [message["id"] for message in queued(cmr)]
        if done.code == 0 and (waits or came != 1):
            yield f"reported as delivered, it came {came} times, and {waits} wait"
        if came and waits and not queued(cmr)[0]["attempted"]:
            yield "it came, and the vault says that it never left"
        cmr("push", "--now", "--no-pull").ok()
        if queued(cmr):
            yield "it still waits after a push that works"
        if not 1 <= len(vendor.pushed) <= 2 or set(vendor.tokens()) != {bytes_of}:
            yield f"it came {len(vendor.pushed)} times, as {len(set(vendor.tokens()))} messages"
        vendor.pushed.clear()

    disk.every_failure(checks, ["push", "--no-pull"], then)


def pulls(checks, disk, vendor, message):
    cmr = disk.cmr
    answer = vendor.sign(vendor.claims(message, "grant-acknowledged", vendor.acknowledgement(message)))
    jti = vendor.queue(answer)

    def confirmed():
        return cmr.json("grant", "list")["grants"][0]["vendor_status"] == "accepted"

    def then(done):
        there = confirmed()
        if done.code == 0 and not there:
            yield "reported as taken, it is not there"
        if jti in vendor.acks() and not there:
            yield "it was acknowledged, and is not there"
        cmr("pull").ok()
        entries = [entry for entry in cmr.json("log")["entries"] if entry["action"] == "grant-acknowledged"]
        if not confirmed() or len(entries) != 1:
            yield f"after a pull that works it was taken {len(entries)} times"
        vendor.queue(answer)
        vendor.polls.clear()

    disk.every_failure(checks, ["pull"], then)


def lend(cmr, vendor):
    """A vendor that has been lent an e-mail address; gives the message that said so."""
    cmr.fill(CLAIMS)
    introduce(cmr, vendor)
    cmr.grant("acme", "email")
    cmr("push").ok()
    return vendor.tokens()[-1]


def every_command(checks, disk, vendor):
    message = lend(disk.cmr, vendor)
    disk.keep()
    changes_of_the_profile(checks, disk)
    grants(checks, disk)
    pulls(checks, disk, vendor, message)
    pushes(checks, disk, vendor)


def main(checks, scratch):
    library = shim(checks, scratch)
    if library is None:
        return
    vendor = Vendor()
    disk = FailingDisk(Cmr(scratch), scratch, library)
    every_command(checks, disk, vendor)
    a_crash_after_a_failed_sync(checks, disk, vendor)
    vendor.stop()


if __name__ == "__main__":
    run(main)
