#!/usr/bin/env python3
"""A disk that is full, with every amount of space that is left: what was not done is said, and what was is there."""

import os
import shutil
import subprocess

from failing_disk import Disk, every_command
from lab import Cmr, Vendor, run

AMOUNTS = range(0, 40 * 4096, 4096)


def fill(folder, left):
    """Takes all of the space but this much."""
    filler = folder / "filler"
    filler.unlink(missing_ok=True)
    stat = os.statvfs(folder)
    free = stat.f_bavail * stat.f_frsize
    with open(filler, "wb") as file:
        file.write(bytes(max(0, free - left)))
    return filler


def slot_is_replaced_or_not(checks, cmr, folder, left):
    filler = fill(folder, left)
    new = folder.parent / f"new-{left}.txt"
    done = cmr("key", "add", "recovery", "--replace", "--recovery-file", new)
    filler.unlink()
    if done.code == 0:
        cmr.env["CMR_IDENTITY_FILE"] = str(new)
    opens = cmr("log", "verify").code
    checks.check(f"{left} bytes left: exit code {done.code}, and the right key opens the vault", opens == 0, done.err)
    entries = cmr.json("log", "--limit", "1")["entries"]
    told = entries[0]["action"] == "key-slot-added"
    return done.code, told


class FullDisk(Disk):
    """One with less and less space left, each time a command runs."""

    def __init__(self, cmr, scratch, folder):
        super().__init__(cmr, scratch / "kept")
        self.folder = folder

    def runs(self, words):
        for left in AMOUNTS:
            self.restore()
            filler = fill(self.folder, left)
            done = self.cmr(*words)
            filler.unlink()
            yield f"{left} bytes left", done

    def every_failure(self, checks, words, then):
        self.judge(checks, f"{' '.join(words[:2])}, on a full disk", self.runs(words), then)


def main(checks, scratch):
    folder = scratch / "small"
    folder.mkdir()
    line = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    mounted = subprocess.run(line, capture_output=True, text=True)
    if mounted.returncode != 0:
        return checks.skip("a full disk", f"no small disk can be made: {mounted.stderr.strip()}")
    try:
        cmr = Cmr(scratch)
        shutil.move(cmr.home, folder / "vault")
        cmr.home = folder / "vault"
        cmr.env["CMR_HOME"] = str(cmr.home)
        codes = {slot_is_replaced_or_not(checks, cmr, folder, left)[0] for left in AMOUNTS}
        checks.equal("some of them failed, and some were done", codes, {0, 1})
        vendor = Vendor()
        every_command(checks, FullDisk(cmr, scratch, folder), vendor)
        vendor.stop()
    finally:
        subprocess.run(["umount", str(folder)], check=False)


if __name__ == "__main__":
    run(main)
