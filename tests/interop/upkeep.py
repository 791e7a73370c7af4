#!/usr/bin/env python3
"""What `cmr upkeep install` writes is what systemd and a shell take it for, wherever the program and the vault lie."""

import os
import shlex
import shutil
import subprocess

from lab import BINARY, PASSPHRASE, run

PLACES = {
    "plain": ("bin", "vault"),
    "odd": ("my apps 100% $HOME %h", "a \"vault\" 50%h 'q' $HOME"),
    "odder": ("a; b & c {d} ~ *", "it has \\x a backslash"),
    "quoted": ("it's", "vault"),
}


class Machine:
    """A program and a vault of its own, each in a folder of any name."""

    def __init__(self, scratch, name, program, vault):
        self.root = scratch / name
        folder = self.root / program
        folder.mkdir(parents=True)
        self.program, self.vault = folder / "cmr", self.root / vault
        shutil.copy(BINARY, self.program)
        for part in ("home", "run"):
            (self.root / part).mkdir(mode=0o700)
        self.config = self.root / "home/.config"
        (self.root / "pass").write_text(PASSPHRASE + "\n")
        self.env = {"HOME": str(self.root / "home"), "XDG_RUNTIME_DIR": str(self.root / "run"), "PATH": os.environ["PATH"]}
        self("init", "--no-input", "--recovery-file", self.root / "key.txt", CMR_PASSPHRASE_FILE=self.root / "pass")

    def __call__(self, *words, **env):
        line = [str(self.program), "--vault", str(self.vault), *map(str, words)]
        return self.runs(line, **env)

    def runs(self, line, **env):
        env = self.env | {name: str(value) for name, value in env.items()}
        return subprocess.run(line, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)

    def verify(self, *units):
        """What systemd says of units."""
        return self.runs(["systemd-analyze", "--user", "verify", *map(str, units)])


def units(checks, machine, name):
    done = machine("upkeep", "install", "--systemd", CMR_IDENTITY_FILE=machine.root / "key.txt")
    if "'" in str(machine.program):
        return checks.equal(f"{name}: what systemd starts no program of is refused", done.returncode, 7)
    checks.equal(f"{name}: the units are written", done.returncode, 0)
    folder = machine.config / "systemd/user"
    both = [folder / "cmr-upkeep.service", folder / "cmr-upkeep.timer"]
    if not shutil.which("systemd-analyze"):
        checks.skip(f"{name}: systemd takes the units", "there is no systemd-analyze (Debian: systemd)")
    else:
        said = machine.verify(*both)
        checks.equal(f"{name}: systemd takes the units, and says nothing", (said.returncode, said.stderr), (0, ""))
        # It would notice: it looks for the very program.
        away = machine.program.with_name("away")
        machine.program.rename(away)
        said = machine.verify(both[0])
        away.rename(machine.program)
        found = said.returncode != 0 and f"Command {machine.program} is not executable" in said.stderr
        checks.check(f"{name}: it is this program that systemd would start", found, said.stderr)
    checks.equal(f"{name}: the units are removed", machine("upkeep", "remove").returncode, 0)
    checks.equal(f"{name}: nothing is left", [path for path in folder.iterdir()], [])


def crontab(checks, machine, name):
    done = machine("upkeep", "install", "--cron", CMR_IDENTITY_FILE=machine.root / "key.txt")
    if "\\" in str(machine.vault):
        return checks.equal(f"{name}: what no crontab can hold is refused", done.returncode, 7)
    line = (machine.config / "cmr/upkeep.cron").read_text().splitlines()[1]
    command = line.split(" ", 5)[5].replace("\\%", "%")
    checks.equal(f"{name}: the shell reads the program's path", shlex.split(command)[-4], str(machine.program))
    bare = {"HOME": machine.env["HOME"]}
    ran = subprocess.run(["/bin/sh", "-c", command], env=bare, capture_output=True, text=True, timeout=120)
    checks.equal(f"{name}: the line runs, and is silent", (ran.returncode, ran.stdout, ran.stderr), (0, "", ""))


def main(checks, scratch):
    for name, places in PLACES.items():
        machine = Machine(scratch, name, *places)
        units(checks, machine, name)
        crontab(checks, machine, name)


if __name__ == "__main__":
    run(main)
