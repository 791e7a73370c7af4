#!/usr/bin/env python3
"""A vault opens without cmr: age (pyrage, and the age program where there is one) and SQLCipher are all it takes.

The recipe that is checked here is written down in docs/recipes/open-without-cmr.md.
"""

import os
import re
import shutil
import subprocess
import sys

import pyrage
import sqlcipher3

from lab import PASSPHRASE, ROOT, Cmr, run

CLAIMS = {"email": "ada@example.org", "email.work": "ada@work.example", "name": "Ada Lovelace"}


def open_database(path, key):
    database = sqlcipher3.connect(f"file:{path}?mode=ro", uri=True)
    database.execute(f"PRAGMA key = \"x'{key}'\"")
    database.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    return database


def slots(checks, cmr):
    """The data key, out of each slot by somebody else's age."""
    folder = cmr.home / "slots"
    by_passphrase = pyrage.passphrase.decrypt((folder / "passphrase.age").read_bytes(), PASSPHRASE).decode()
    checks.check("the passphrase slot holds 64 hexadecimal digits", re.fullmatch("[0-9a-f]{64}", by_passphrase))
    identity = pyrage.x25519.Identity.from_str(cmr.recovery.read_text().strip().splitlines()[-1])
    sealed = (folder / "recovery.age").read_bytes()
    by_recovery = pyrage.decrypt(sealed, [identity]).decode()
    checks.check("the recovery slot holds the same key", by_recovery == by_passphrase)
    stranger = pyrage.x25519.Identity.generate()
    checks.refused("another identity opens nothing", lambda: pyrage.decrypt(sealed, [stranger]), pyrage.DecryptError)
    wrong = lambda: pyrage.passphrase.decrypt((folder / "passphrase.age").read_bytes(), PASSPHRASE + "!")
    checks.refused("another passphrase opens nothing", wrong, pyrage.DecryptError)
    return by_passphrase


def age_program(checks, cmr, key):
    age = shutil.which("age")
    if not age:
        return checks.note("the age program is not installed: pyrage alone opened the slots")
    line = [age, "-d", "-i", str(cmr.recovery), str(cmr.home / "slots/recovery.age")]
    opened = subprocess.run(line, capture_output=True, text=True, timeout=60)
    checks.check("the age program opens the recovery slot", opened.stdout == key, opened.stderr)


def database(checks, cmr, key):
    path = cmr.home / "vault.db"
    vault = open_database(path, key)
    entries = cmr.json("log", "--limit", "1000")["entries"]
    (count,) = vault.execute("SELECT count(*) FROM ledger").fetchone()
    checks.equal("the ledger has as many entries as cmr says", count, len(entries))
    rows = vault.execute("SELECT name, value FROM claim WHERE ended_at IS NULL AND persona = 'default'").fetchall()
    for claim, value in CLAIMS.items():
        checks.check(f"the claim {claim} can be read", any(name == claim and value in text for name, text in rows), rows)
    bad = vault.execute("PRAGMA cipher_integrity_check").fetchall()
    checks.equal("every page authenticates", bad, [])
    vault.close()
    flipped = ("0" if key[0] != "0" else "1") + key[1:]
    for name, other in (("one digit off", flipped), ("all zeros", "0" * 64)):
        wrong = lambda other=other: open_database(path, other)
        checks.refused(f"a key that is {name} opens nothing", wrong, sqlcipher3.DatabaseError)
    keyless = sqlcipher3.connect(f"file:{path}?mode=ro", uri=True)
    plain = lambda: keyless.execute("SELECT * FROM sqlite_schema").fetchall()
    checks.refused("no key opens nothing", plain, sqlcipher3.DatabaseError)


def clear_text(checks, cmr):
    """Nothing of the profile lies in clear anywhere in the vault's folder."""
    files = [path for path in cmr.home.rglob("*") if path.is_file()]
    for claim, value in CLAIMS.items():
        where = [path.name for path in files if value.encode() in path.read_bytes()]
        checks.equal(f"{claim} lies nowhere in clear", where, [])
    header = (cmr.home / "vault.db").read_bytes()[:16]
    checks.check("the database is no plain SQLite file", not header.startswith(b"SQLite format 3"), header)


# In place of the sqlcipher program, which is too old in many distributions: the same library behind Python.
SHELL = """#!{python}
import sys, sqlcipher3
database = sqlcipher3.connect(sys.argv[1])
for statement in sys.stdin.read().split(";"):
    for row in database.execute(statement):
        print("|".join(map(str, row)))
"""


def recipe(checks, key, cmr, scratch):
    """The commands of the written recipe, run as they stand there, on a copy of the vault."""
    text = (ROOT / "docs/recipes/open-without-cmr.md").read_text(encoding="utf-8")
    copy = scratch / "copy"
    shutil.copytree(cmr.home, copy)
    shutil.copy(cmr.recovery, copy / "recovery.txt")
    program = "".join(re.findall(r"```python\n(.*?)```", text, re.DOTALL)).replace("/path/to/vault", ".")
    printed(checks, "Python", [sys.executable, "-c", program], copy, os.environ, key)

    tools = scratch / "tools"
    tools.mkdir()
    (tools / "sqlcipher").write_text(SHELL.format(python=sys.executable))
    (tools / "sqlcipher").chmod(0o755)
    if not shutil.which("age"):
        return checks.note("the recipe's shell commands were not run: age is not installed")
    commands = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    # The line for the passphrase asks for it at a terminal.
    script = "\n".join(line for line in "".join(commands).splitlines() if "passphrase" not in line)
    env = os.environ | {"PATH": f"{tools}:{os.environ['PATH']}"}
    printed(checks, "shell", ["sh", "-euc", script], copy, env, key)
    checks.check("and leaves no key behind", not (copy / "key.txt").exists())


def printed(checks, kind, line, folder, env, key):
    ran = subprocess.run(line, cwd=folder, env=env, capture_output=True, text=True, timeout=60)
    held = ran.returncode == 0 and all(value in ran.stdout for value in CLAIMS.values())
    checks.check(f"the recipe's {kind} prints the claims", held, ran.stdout + ran.stderr)
    checks.check("and not the key", key not in ran.stdout + ran.stderr)


def main(checks, scratch):
    cmr = Cmr(scratch)
    cmr.fill(CLAIMS)
    key = slots(checks, cmr)
    age_program(checks, cmr, key)
    database(checks, cmr, key)
    clear_text(checks, cmr)
    recipe(checks, key, cmr, scratch)


if __name__ == "__main__":
    run(main)
