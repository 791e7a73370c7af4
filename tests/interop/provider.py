#!/usr/bin/env python3
"""cmr's SQLCipher does its cryptography with RustCrypto. Here it and SQLCipher on OpenSSL (the wheel sqlcipher3, and
the sqlcipher program where there is one) read what the other wrote: whole files, files keyed anew, a log and a journal
that a crash left behind, and damaged pages, which neither may take.

Ours is crates/cmr-sqlcipher/examples/shell.rs, which lies beside the program under test; theirs understands the same
lines.
"""

import pathlib
import secrets
import shutil
import subprocess
import sys

from lab import BINARY, run

PAGE = 4096
SHELL = BINARY.parent / "examples/shell"
THEIRS = """
import os, sys, sqlcipher3
database = sqlcipher3.connect(sys.argv[1], isolation_level=None)
for line in map(str.strip, sys.stdin):
    word, _, rest = line.partition(" ")
    if line == "crash":
        os._exit(9)
    elif word in ("key", "rekey"):
        line = f'PRAGMA {word} = "x\\'{rest}\\'"'
    for row in database.execute(line):
        print("|".join("" if value is None else str(value) for value in row))
database.close()
"""
FILL = [
    "CREATE TABLE t (id INTEGER PRIMARY KEY, text TEXT) STRICT",
    "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 500) "
    "INSERT INTO t (text) SELECT i || hex(randomblob(100)) FROM n",
]
READ = "SELECT id, text FROM t ORDER BY id"
# Out loud and in the log only when it should fail.
QUIET = "PRAGMA cipher_log_level = NONE"


class Side:
    """One build of SQLCipher."""

    def __init__(self, name, *command):
        self.name, self.command = name, list(map(str, command))

    def run(self, path, *lines):
        text = "\n".join([QUIET, *lines]) + "\n"
        line = [*self.command, str(path)]
        return subprocess.run(line, input=text, capture_output=True, text=True, encoding="utf-8", timeout=120)

    def ok(self, path, *lines):
        """What it printed."""
        ran = self.run(path, *lines)
        if ran.returncode:
            raise AssertionError(f"{self.name}: {lines}: {ran.stderr}")
        # The two pragmas answer with a line each, in one build more than in the other.
        return [row for row in ran.stdout.splitlines() if row not in ("ok", "NONE")]

    def crash(self, path, *lines):
        ran = self.run(path, *lines, "crash")
        if ran.returncode in (0, 1):
            raise AssertionError(f"{self.name}: did not crash: {ran.stderr}")

    def fails(self, path, *lines):
        return self.run(path, *lines).returncode == 1


OURS = Side("RustCrypto", SHELL)
OPENSSL = Side("OpenSSL", sys.executable, "-c", THEIRS)


def new_key():
    return "key " + secrets.token_hex(32)


def providers(checks, scratch):
    """That these are two is what makes the rest worth anything."""
    ours = OURS.ok(scratch / "p.db", new_key(), "PRAGMA cipher_provider")
    checks.equal("ours is RustCrypto", ours, ["rustcrypto"])
    theirs = OPENSSL.ok(scratch / "q.db", new_key(), "PRAGMA cipher_provider")
    checks.equal("theirs is OpenSSL", theirs, ["openssl"])


def whole(checks, folder, writer, reader, way):
    path, key = folder / "whole.db", new_key()
    written = writer.ok(path, key, *FILL, READ)
    checks.equal(f"{way}: 500 rows are written", len(written), 500)
    checks.equal(f"{way}: and read", reader.ok(path, key, READ), written)
    checks.equal(f"{way}: every page authenticates", reader.ok(path, key, "PRAGMA cipher_integrity_check"), [])
    changed = reader.ok(path, key, "UPDATE t SET text = 'x' || text WHERE id % 3 = 0", READ)
    checks.equal(f"{way}: what the reader changed comes back", writer.ok(path, key, READ), changed)
    checks.check(f"{way}: another key opens nothing", reader.fails(path, new_key(), READ))
    copy = folder / "copy.db"
    writer.ok(path, key, f"VACUUM INTO '{copy}'")
    checks.equal(f"{way}: a vacuumed copy is read", reader.ok(copy, key, READ), changed)


def passphrase(checks, folder, writer, reader, way):
    path, key = folder / "words.db", "PRAGMA key = 'a passphrase, by PBKDF2'"
    written = writer.ok(path, key, *FILL, READ)
    checks.equal(f"{way}: a file under a passphrase is read", reader.ok(path, key, READ), written)


def rekeyed(checks, folder, writer, reader, way):
    path, old, new = folder / "rekey.db", new_key(), new_key()
    written = writer.ok(path, old, "PRAGMA journal_mode = WAL", *FILL, READ)[1:]
    writer.ok(path, old, f"re{new}")
    checks.equal(f"{way}: keyed anew, it is read", reader.ok(path, new, READ), written)
    checks.check(f"{way}: keyed anew, the old key opens nothing", reader.fails(path, old, READ))
    # The reader's own file, keyed anew by the writer.
    path = folder / "other.db"
    written = reader.ok(path, old, *FILL, READ)
    writer.ok(path, old, f"re{new}")
    checks.equal(f"{way}: a file of the reader, keyed anew, is read", reader.ok(path, new, READ), written)


def log_left(checks, folder, writer, reader, way):
    """A writer that died: what was committed is there, what was not is not; also if its log came in two keys."""
    path, key, new = folder / "log.db", new_key(), new_key()
    written = writer.ok(path, key, "PRAGMA journal_mode = WAL", *FILL, READ)[1:]
    late = ["INSERT INTO t (text) VALUES ('committed')", "BEGIN", "INSERT INTO t (text) VALUES ('not committed')"]
    writer.crash(path, key, *late)
    log = pathlib.Path(f"{path}-wal")
    checks.check(f"{way}: a log was left behind", log.exists() and log.stat().st_size > PAGE)
    keep = [copied(path, folder / name) for name in ("short.db", "flipped.db")]
    checks.equal(f"{way}: its commits are read", reader.ok(path, key, READ), [*written, "501|committed"])
    damaged_log(checks, keep, key, reader, writer, way)

    path = folder / "rekeyed-log.db"
    writer.ok(path, key, "PRAGMA journal_mode = WAL", *FILL)
    writer.crash(path, key, f"re{new}", "INSERT INTO t (text) VALUES ('after')")
    rows = reader.ok(path, new, READ)
    checks.equal(f"{way}: a new key and a commit after it, both in the log, are read", rows[-1], "501|after")
    checks.check(f"{way}: and the old key opens nothing", reader.fails(path, key, READ))


def damaged_log(checks, copies, key, reader, writer, way):
    """SQLite ends a log at the first frame whose checksum is wrong; both must end it at the same one."""
    short, flipped = copies
    with open(f"{short}-wal", "r+b") as file:
        file.truncate(32 + 24 + PAGE // 2)
    flip(f"{flipped}-wal", 32 + 24 + PAGE // 2)
    for name, path in (("cut short", short), ("with a flipped bit", flipped)):
        twin = copied(path, path.with_suffix(".twin"))
        rows = reader.ok(path, key, READ)
        checks.equal(f"{way}: of a log {name} nothing is taken", len(rows), 500)
        checks.equal(f"{way}: and the writer agrees", writer.ok(twin, key, READ), rows)


def journal_left(checks, folder, writer, reader, way):
    """Without a log, a writer that dies leaves the old pages in a journal: the next one puts them back."""
    path, key = folder / "journal.db", new_key()
    written = writer.ok(path, key, *FILL, READ)
    before = path.read_bytes()
    writer.crash(path, key, "PRAGMA cache_size = 5", "BEGIN", "UPDATE t SET text = hex(randomblob(100))")
    checks.check(f"{way}: pages were overwritten before the crash", path.read_bytes() != before)
    checks.check(f"{way}: a journal was left behind", pathlib.Path(f"{path}-journal").exists())
    checks.equal(f"{way}: and is rolled back", reader.ok(path, key, READ), written)


def damaged(checks, folder, writer, reader, way):
    path, key = folder / "damage.db", new_key()
    writer.ok(path, key, *FILL)
    page, end = 5 * PAGE, 6 * PAGE
    # A page ends with 16 bytes of vector and 64 of authentication code.
    places = {"its text": page + 100, "its vector": end - 75, "its code": end - 10}
    for name, place in places.items():
        bad = copied(path, folder / "bad.db")
        flip(bad, place)
        checks.check(f"{way}: a page with a flipped bit in {name} is refused", reader.fails(bad, key, READ))
        found = reader.ok(bad, key, "PRAGMA cipher_integrity_check")
        checks.check(f"{way}: and is named", len(found) == 1 and "page 6" in found[0], found)
    swapped = copied(path, folder / "swapped.db")
    data = bytearray(swapped.read_bytes())
    data[page:end], data[end : end + PAGE] = data[end : end + PAGE], data[page:end]
    swapped.write_bytes(data)
    checks.check(f"{way}: two pages that changed places are refused", reader.fails(swapped, key, READ))
    checks.equal(f"{way}: undamaged, it is read", len(reader.ok(path, key, READ)), 500)


def copied(path, to):
    """A copy, with the log that belongs to it."""
    for end in ("", "-wal"):
        if pathlib.Path(f"{path}{end}").exists():
            shutil.copy(f"{path}{end}", f"{to}{end}")
    return to


def flip(path, place):
    with open(path, "r+b") as file:
        file.seek(place)
        byte = file.read(1)[0]
        file.seek(place)
        file.write(bytes([byte ^ 4]))


def program(checks, scratch):
    """Files of version 3, with HMAC-SHA1, which the program of that version knows: the other half of the interface."""
    if not shutil.which("sqlcipher"):
        return checks.skip("files of version 3", "the sqlcipher program is not installed")

    def theirs(path, key, *statements):
        digits = key.split()[1]
        text = ";\n".join([f"PRAGMA key = \"x'{digits}'\"", "PRAGMA cipher_compatibility = 3", *statements]) + ";\n"
        ran = subprocess.run(["sqlcipher", "-batch", str(path)], input=text, capture_output=True, text=True, timeout=60)
        return [row for row in ran.stdout.splitlines() if "|" in row]

    key, old = new_key(), "PRAGMA cipher_compatibility = 3"
    fill = [FILL[0].replace(" STRICT", ""), FILL[1]]
    written = theirs(scratch / "three.db", key, *fill, READ)
    checks.equal("a file of version 3 by the sqlcipher program has its rows", len(written), 500)
    checks.equal("and ours reads it", OURS.ok(scratch / "three.db", key, old, READ), written)
    written = OURS.ok(scratch / "ours.db", key, old, *fill, READ)
    checks.equal("the sqlcipher program reads a file of version 3 by ours", theirs(scratch / "ours.db", key, READ), written)


def main(checks, scratch):
    if not SHELL.exists():
        return checks.check("the shell around our SQLCipher is there", False, "cargo build -p cmr-sqlcipher --examples")
    providers(checks, scratch)
    for writer, reader in ((OURS, OPENSSL), (OPENSSL, OURS)):
        folder = scratch / writer.name
        folder.mkdir()
        way = f"{writer.name} to {reader.name}"
        for check in (whole, passphrase, rekeyed, log_left, journal_left, damaged):
            check(checks, folder, writer, reader, way)
    program(checks, scratch)


if __name__ == "__main__":
    run(main)
