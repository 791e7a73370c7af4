#!/usr/bin/env python3
"""Names at hand: what a person sees who presses Tab in bash, in zsh and in fish.

Each case is an interactive shell of its own in a pseudo terminal, set up by the line that docs/cli.md gives. It types,
and looks at the screen as a terminal would show it. Where nothing should happen it types on: what a shell does with
the keys before is on the screen by then. It looks at the shells that are named, or at all.
"""

import os
import pathlib
import shutil
import signal
import sys
import time

import pexpect
import pyrage
import pyte
import sqlcipher3

from lab import BINARY, ROOT, Cmr, Vendor, introduce, run

WIDTH, HEIGHT, PATIENCE = 200, 60, 20
READY = "ready> "
# What makes the shell list what there is. A second Tab would choose the first of the list in zsh and fish.
LIST = {"bash": "\t\t", "zsh": "\t", "fish": "\t"}
RC = {
    "bash": (".bashrc", f'eval "$(cmr completions bash)"\nPS1="{READY}"\nunset PROMPT_COMMAND\n'),
    "zsh": (".zshrc", f'autoload -Uz compinit && compinit -u\neval "$(cmr completions zsh)"\nPS1="{READY}"\n'),
    "fish": (
        ".config/fish/config.fish",
        f"function fish_prompt; echo -n '{READY}'; end\nset -g fish_greeting\nset -g fish_autosuggestion_enabled 0\n",
    ),
}
HOSTILE = ["$(touch pwned)", "`touch pwned`", "a;touch pwned", "a b", "x'y", 'x"y', "x\ny", "*", "~root", "--yes"]


class Terminal:
    """An interactive shell, and the screen that it writes on."""

    def __init__(self, shell, folder, env):
        options = {"bash": ["-i"], "zsh": ["-i"], "fish": ["-i"]}[shell]
        self.screen = pyte.Screen(WIDTH, HEIGHT)
        self.stream = pyte.ByteStream(self.screen)
        self.shell = pexpect.spawn(shell, options, cwd=str(folder), env=env, dimensions=(HEIGHT, WIDTH))
        self.shell.delaybeforesend = None
        self.shell.ptyproc.delayafterclose = self.shell.ptyproc.delayafterterminate = 0.01
        self.until(lambda: self.line == "" and self.text.rstrip().endswith(READY.rstrip()))

    @property
    def text(self):
        return "\n".join(row.rstrip() for row in self.screen.display)

    @property
    def line(self):
        """What is typed so far, up to the cursor; none while there is no prompt."""
        cursor = self.screen.cursor
        row = self.screen.display[cursor.y][: cursor.x]
        return row.removeprefix(READY) if row.startswith(READY) else None

    def type(self, keys):
        self.shell.send(keys)
        return self

    def until(self, holds):
        """Reads until it holds, or says that it never did."""
        end = time.monotonic() + PATIENCE
        while not holds():
            try:
                self.stream.feed(self.shell.read_nonblocking(65536, max(0.0, end - time.monotonic())))
            except pexpect.exceptions.TIMEOUT:
                return False
            except pexpect.exceptions.EOF:
                return holds()
        return True

    def close(self):
        self.shell.kill(signal.SIGKILL)
        self.shell.close()


class Shell:
    """One kind of shell on a machine with a vault."""

    def __init__(self, checks, name, scratch, cmr):
        self.checks, self.name, self.folder = checks, name, scratch / name
        home = self.folder / "home"
        rc, content = RC[name]
        (home / rc).parent.mkdir(parents=True)
        (home / rc).write_text(content)
        if name == "fish":
            (home / ".config/fish/completions").mkdir()
            (home / ".config/fish/completions/cmr.fish").write_text("cmr completions fish | source\n")
        self.env = {key: value for key, value in cmr.env.items() if key in ("CMR_HOME", "CMR_IDENTITY_FILE")}
        self.env |= {"HOME": str(home), "TERM": "xterm", "LANG": "C.UTF-8", "INPUTRC": "/dev/null"}
        self.env |= {"PATH": f"{scratch / 'bin'}:{os.environ['PATH']}"}

    def terminal(self, env=None):
        return Terminal(self.name, self.folder, env or self.env)

    def becomes(self, what, keys, line, env=None):
        """These keys make this line, up to the cursor."""
        terminal = self.terminal(env)
        held = terminal.type(keys).until(lambda: terminal.line == line)
        self.checks.check(f"{self.name}: {what}", held, f"{terminal.line!r} instead of {line!r}\n{terminal.text.strip()}")
        terminal.close()

    def lists(self, what, keys, shown, hidden=(), env=None):
        """Tab after these keys shows all of this, and none of that."""
        terminal = self.terminal(env)
        held = terminal.type(keys + LIST[self.name]).until(lambda: all(word in terminal.text for word in shown))
        held = held and not any(word in terminal.text for word in hidden)
        self.checks.check(f"{self.name}: {what}", held, f"{shown} without {hidden}\n{terminal.text.strip()}")
        terminal.close()

    def stays(self, what, keys, env=None):
        """Tab after these keys does nothing at all."""
        terminal, line = self.terminal(env), keys + "X"
        terminal.type(keys + "\tX").until(lambda: terminal.line == line)
        self.checks.equal(f"{self.name}: {what}", terminal.text.strip(), READY + line)
        terminal.close()


def prepare(scratch):
    """A vault with a profile, two personas, vendors and grants; the program in the PATH."""
    (scratch / "bin").mkdir()
    (scratch / "bin/cmr").symlink_to(BINARY)
    cmr = Cmr(scratch)
    cmr.fill({"email": "ada@example.org", "name": "Ada", "address.home": ["locality=Paris", "country=FR"]})
    cmr("persona", "add", "work").ok()
    vendor = Vendor()
    introduce(cmr, vendor, "acme")
    for name in ("old", "tesco", "twice"):
        other = Vendor()
        introduce(cmr, other, name)
        other.stop()
    vendor.stop()
    cmr.grant("acme", "email")
    ids = [cmr.grant("twice", claim) for claim in ("email", "name")]
    cmr.grant("old", "email")
    cmr("grant", "revoke", "old", "--yes").ok()
    return cmr, ids


def names(shell, ids):
    shell.becomes("a noun", "cmr ven\t", "cmr vendor ")
    shell.becomes("a vendor by its beginning", "cmr vendor show te\t", "cmr vendor show tesco ")
    shell.becomes("a vendor after an open quote", "cmr vendor show 'te\t", "cmr vendor show 'tesco' ")
    shell.lists("all vendors", "cmr vendor show ", ["acme", "old", "tesco", "twice"], ["--vault"])
    shell.becomes("what vendors have in common", "cmr push t\tX", "cmr push tX")
    shell.becomes("a grant by its vendor", "cmr grant revoke ac\t", "cmr grant revoke acme ")
    shell.stays("no grant that has ended", "cmr grant revoke ol")
    shell.lists("grants of one vendor by id, and what they are", "cmr grant revoke ", ["acme", ids[0][-8:], "DeliveryOfGoods"], ["old"])
    shell.becomes("a grant by the end of its id", f"cmr grant revoke {ids[0][-8:-2]}\t", f"cmr grant revoke {ids[0][-8:]} ")
    shell.becomes("a claim", "cmr who em\t", "cmr who email ")
    shell.becomes("a claim in a list", "cmr grant create acme --claims email,na\tX", "cmr grant create acme --claims email,name X")
    shell.becomes("a persona", "cmr profile show --persona wo\t", "cmr profile show --persona work ")
    shell.becomes("a persona after =", "cmr profile show --persona=wo\t", "cmr profile show --persona=work ")
    line = "cmr grant create acme --claims pd:EmailAddress"
    shell.becomes("a category, with its colon", line + "W\t", line + "Work ")
    shell.becomes("a part of an address, without a space", "cmr profile set address.home loc\tX", "cmr profile set address.home locality=X")


def options(shell):
    shell.lists("commands at a bare Tab, and no options", "cmr ", ["vendor", "outbox"], ["--vault", "--json"])
    shell.lists("global options after a dash", "cmr status --", ["--vault", "--json"], ["--data-key-fd"])
    shell.stays("no hidden option", "cmr status --data-k")
    # What they have in common is typed first.
    shell.becomes("options where no name can stand", "cmr grant create acme \t", "cmr grant create acme --")
    shell.becomes("one of them by its beginning", "cmr grant create acme --dra\t", "cmr grant create acme --draft ")


def vaults(shell, cmr):
    """Which vault is meant, and whether it is open."""
    home = pathlib.Path(shell.env["HOME"])
    (home / "my vault").symlink_to(cmr.home)
    elsewhere = shell.env | {"CMR_HOME": str(home / "nowhere")}
    shell.stays("no vault, no names", "cmr vendor show te", elsewhere)
    for typed in (f"--vault {cmr.home}", f"--vault={cmr.home}", "--vault ~/my\\ vault"):
        line = f"cmr {typed} vendor show te"
        shell.becomes(f"the vault that was named by {typed.replace(str(cmr.home), 'DIR')}", line + "\t", line + "sco ", elsewhere)
    locked = {key: value for key, value in shell.env.items() if key != "CMR_IDENTITY_FILE"}
    for line in ("cmr vendor show te", "cmr vendor show ", "cmr grant revoke ac", "cmr who em", "cmr profile --persona wo"):
        shell.stays(f"nothing and no word where the vault is locked: {line}", line, locked)
    unopenable = shell.env | {"CMR_IDENTITY_FILE": "/dev/stdin"}
    shell.stays("nothing is waited for", "cmr vendor show te", unopenable)


def files(shell):
    """The shell's own completion, and its quotes."""
    (shell.folder / "my card.vcf").touch()
    (shell.folder / "files").mkdir()
    quoted = {"bash": "my\\ card.vcf ", "zsh": "my\\ card.vcf ", "fish": "my\\ card.vcf "}[shell.name]
    shell.becomes("a file with a space", "cmr profile import my\t", "cmr profile import " + quoted)
    shell.becomes("a directory", "cmr --vault fil\t", "cmr --vault files/")
    shell.becomes("a directory after =", "cmr --vault=fil\t", "cmr --vault=files/")
    (shell.folder / "$(touch pwned).vcf").touch()
    terminal = shell.terminal()
    terminal.type("cmr profile import \\$\t").until(lambda: "pwned" in terminal.text)
    terminal.type("\r").until(lambda: terminal.line == "")
    shell.checks.check(f"{shell.name}: a file's name is not run", "error" in terminal.text and not pwned(shell), terminal.text)
    terminal.close()


def pwned(shell):
    return (shell.folder / "pwned").exists()


def poison(cmr):
    """Vendors with names and domains that the program itself would not take."""
    lines = cmr.recovery.read_text().splitlines()
    identity = next(line for line in lines if line.startswith("AGE-SECRET-KEY-1"))
    key = pyrage.decrypt((cmr.home / "slots/recovery.age").read_bytes(), [pyrage.x25519.Identity.from_str(identity)])
    database = sqlcipher3.connect(str(cmr.home / "vault.db"))
    database.execute(f"PRAGMA key = \"x'{key.decode()}'\"")
    with database:
        for number, name in enumerate(HOSTILE):
            same = "url, allow_loopback, approved_origins, added_at, discovered_at"
            row = (f"hostile-{number}", name, f"\x1b[31m{name}\t$(touch pwned)\nq:q")
            database.execute(
                f"INSERT INTO vendor (id, name, title, domain, {same}) SELECT ?, ?, '', ?, {same} FROM vendor"
                " WHERE name = 'acme'",
                row,
            )
        database.execute("UPDATE vendor SET domain = ? WHERE name = 'acme'", ("a:b\\c\n$(touch pwned)\t`touch pwned`%F{red}",))
    database.close()


def hostile(shell):
    shell.lists("names that a shell would run are not offered", "cmr vendor show ", ["acme", "tesco"], ["x'y", "--yes", "~root"])
    shell.becomes("a name beside them is", "cmr vendor show ac\t", "cmr vendor show acme ")
    shell.stays("nor typed", "cmr vendor show x")
    shell.checks.check(f"{shell.name}: nothing of it was run", not pwned(shell))


def installed(shell, scratch):
    """The kept script where a package puts it."""
    folder = scratch / f"{shell.name}-packaged"
    folder.mkdir()
    if shell.name == "zsh":
        shutil.copy(ROOT / "completions/_cmr", folder)
        rc = f"fpath=({folder} $fpath)\nautoload -Uz compinit && compinit -u\n"
    elif shell.name == "bash":
        rc = f"source {ROOT / 'completions/cmr.bash'}\n"
    else:
        shutil.copy(ROOT / "completions/cmr.fish", pathlib.Path(shell.env["HOME"]) / ".config/fish/completions")
        return shell.becomes("as a package installs it", "cmr vendor show te\t", "cmr vendor show tesco ")
    (pathlib.Path(shell.env["HOME"]) / RC[shell.name][0]).write_text(f'{rc}PS1="{READY}"\n')
    shell.becomes("as a package installs it", "cmr vendor show te\t", "cmr vendor show tesco ")


def main(checks, scratch):
    cmr, ids = prepare(scratch)
    shells = []
    for name in sys.argv[1:] or RC:
        if shutil.which(name):
            shells.append(Shell(checks, name, scratch, cmr))
        else:
            checks.skip(f"{name}: names at a Tab", f"there is no {name}")
    for shell in shells:
        names(shell, ids)
        options(shell)
        vaults(shell, cmr)
        files(shell)
        installed(shell, scratch)
    poison(cmr)
    for shell in shells:
        hostile(shell)


if __name__ == "__main__":
    run(main)
