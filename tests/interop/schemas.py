#!/usr/bin/env python3
"""Every document that cmr prints is what docs/schemas says, by a validator that nobody here wrote (jsonschema).

Each command runs for real, against cmr's own receiver. A member that the schema does not know is a failure too, and
so is a schema that no command here prints. Errors are looked at as well: one JSON object on standard error.
"""

import copy
import datetime
import json
import signal
import subprocess
import tomllib

import jsonschema

from lab import BINARY, ROOT, Cmr, introduce, run

FOLDER = ROOT / "docs/schemas"
CODES = {
    "failed": 1, "usage": 2, "locked": 3, "queued": 4, "user_must_act": 5, "not_found": 6, "bad_input": 7, "damaged": 8,
}  # fmt: skip
CARD = """BEGIN:VCARD\r
VERSION:4.0\r
FN:Ada Lovelace\r
EMAIL;TYPE=home:ada@card.example\r
TEL;TYPE=cell:+33123456789\r
NOTE:not for a profile\r
END:VCARD\r
"""


class Url:
    """What `introduce` needs to know of a vendor."""

    def __init__(self, url):
        self.url = url


def strict(schema):
    """The same schema without room for members that it does not name."""
    schema = copy.deepcopy(schema)

    def close(part):
        if isinstance(part, dict):
            if part.get("type") == "object" and "properties" in part:
                part.setdefault("additionalProperties", False)
            for inner in part.values():
                close(inner)
        elif isinstance(part, list):
            for inner in part:
                close(inner)

    close(schema)
    return schema


def formats():
    checker = jsonschema.FormatChecker(formats=())

    @checker.checks("date-time", raises=ValueError)
    def date_time(text):
        return not isinstance(text, str) or datetime.datetime.fromisoformat(text).tzinfo is not None

    return checker


class Documents:
    """Validates documents, and remembers which schemas were seen."""

    def __init__(self, checks, cmr):
        self.checks, self.cmr, self.seen, self.formats = checks, cmr, {}, formats()

    def __call__(self, *words, codes=(0,)):
        done = self.cmr(*words, "--json")
        line = " ".join(map(str, words))
        if not self.checks.check(f"runs: {line}", done.code in codes, f"{done.code} {done.err}"):
            return {}
        return self.look(line, done.out)

    def look(self, line, text):
        document = json.loads(text)
        name = document.get("schema", "")
        path = FOLDER / (name.removeprefix("cmr/").replace("/", "-") + ".json")
        if not self.checks.check(f"has a schema: {line}", name.startswith("cmr/") and path.is_file(), name):
            return document
        validator = self.validator(path)
        found = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]
        self.checks.check(f"is what {path.name} says: {line}", not found, found[:3])
        self.seen.setdefault(path.name, document)
        return document

    def validator(self, path):
        schema = json.loads(path.read_text(encoding="utf-8"))
        jsonschema.Draft202012Validator.check_schema(schema)
        return jsonschema.Draft202012Validator(strict(schema), format_checker=self.formats)

    def would_notice(self):
        """The schemas are no rubber stamps: they miss a member, and notice one too many."""
        for name, document in self.seen.items():
            validator = self.validator(FOLDER / name)
            broken = [{key: value for key, value in document.items() if key != gone} for gone in document]
            required = json.loads((FOLDER / name).read_text(encoding="utf-8"))["required"]
            missed = [gone for gone, one in zip(document, broken) if gone in required and validator.is_valid(one)]
            self.checks.check(f"{name} misses what is gone", "schema" in required and not missed, missed)
            self.checks.check(f"{name} notices what is new", not validator.is_valid(document | {"news": 1}))


def profile(show, scratch):
    card = scratch / "card.vcf"
    card.write_bytes(CARD.encode())
    show("profile", "set", "email", "ada@example.org")
    show("profile", "set", "address.home", "street_address=12 rue de la Paix", "locality=Paris", "country=FR")
    show("profile", "set", "nickname", "Ada", "--dry-run")
    shown = show("profile", "show")
    show.checks.check("--dry-run after a value set nothing", "nickname" not in json.dumps(shown), shown)
    show("profile", "show")
    show("profile", "show", "--all")
    show("profile", "show", "email")
    show("profile", "import", card, "--yes")
    show("profile", "set", "nickname", "Ada")
    show("profile", "unset", "nickname")
    show("profile", "history")
    show("profile", "history", "email")
    show("profile", "export", "--output", scratch / "out.vcf")
    show("persona", "add", "night")
    show("persona", "list")
    show("persona", "remove", "night", "--yes")


def connectors(checks):
    """The files that come with cmr have the form that is published."""
    form = json.loads((FOLDER / "connector-file-1.json").read_text())
    for path in sorted((ROOT / "connectors").glob("*.toml")):
        file = tomllib.loads(path.read_text())
        wrong = [error.message for error in jsonschema.Draft202012Validator(form).iter_errors(file)]
        checks.equal(f"{path.name} is what the published schema says", wrong, [])


def vendors(show, scratch):
    show("vendor", "list")
    show("vendor", "show", "acme")
    show("vendor", "set", "acme", "--rank", "1")
    show("vendor", "note", "acme", "sells anvils")
    show("vendor", "alias", "acme", "email", "ada+acme@example.org")
    show("vendor", "alias", "acme")
    show("vendor", "knows", "acme")
    show("vendor", "connector", "list")
    show("vendor", "connector", "check", ROOT / "connectors/matrix.toml")
    show("status")
    show("key", "list")
    show("key", "add", "device", "pocket", "--new-identity", scratch / "pocket.txt")
    show("key", "remove", "passphrase", "--yes")
    show("key", "rotate", "--yes")


def grants(show, cmr):
    what = ["--claims", "email,address", "--purpose", "DeliveryOfGoods", "--expires", "90d"]
    show("grant", "create", "acme", *what, "--dry-run")
    made = show("grant", "create", "acme", *what, "--terms", "SD-BASE", "--yes")
    show("grant", "list")
    show("grant", "show", "acme")
    show("grant", "preview", "acme")
    show("push", "--dry-run")
    show("upkeep", "--dry-run")
    show("outbox", "list")
    show("push")
    show("pull")
    show("grant", "receipt", "acme")
    show("inbox", "list")
    answer = show("inbox", "list", "--all")["messages"][0]["id"]
    show("inbox", "show", answer)
    show("inbox", "reply", answer, "--text", "Thank you.", "--kind", "praise", "--dry-run")
    show("inbox", "reply", answer, "--text", "Thank you.", "--kind", "praise", "--yes")
    show("vendor", "set", "acme", "--new-key", "--dry-run")
    show("vendor", "set", "--all", "--new-key", "--yes")
    show("vendor", "show", "acme")
    show("vendor", "knows", "acme")
    show("who", "email")
    show("profile", "set", "email", "new@example.org")
    show("grant", "amend", "acme", "--drop", "address", "--yes")
    queued = show("outbox", "list")["messages"][0]["id"]
    show("outbox", "show", queued)
    show("outbox", "retry", queued)
    show("outbox", "drop", queued, "--yes")
    show("grant", "renew", "acme", "--expires", "180d", "--yes")
    show("grant", "renew", "acme", "--rule", "1y", "--until", "2y", "--yes")
    show("grant", "show", "acme")
    show("grant", "renew", "--due", "1y", "--dry-run")
    show("grant", "renew", "--due", "181d", "--yes")
    show("grant", "renew", "acme", "--no-rule")
    show("grant", "renew", "--due", "2y", "--yes", codes=(5,))
    show("push")
    show("grant", "revoke", "acme", "--dry-run")
    show("grant", "revoke", "acme", "--why", "enough", "--yes")
    show("grant", "revoke", "acme", "--close", "--dry-run")
    show("grant", "revoke", "acme", "--close", "--yes")
    show("push")
    show("outbox", "list", "--all")
    show("grant", "list", "--all")
    show("grant", "show", made["grant"]["id"])
    show("upkeep")
    show("upkeep", "install", "--cron")
    show("upkeep", "remove")
    show("log")
    show("log", "email")
    show("log", "show", "1")
    show("search", "acme")
    show("search", "email", "--in", "ledger", "--newest", "--limit", "2")
    show("search", "quince", codes=(6,))
    show("log", "verify")
    show("status")


def mail(show, scratch):
    show("vendor", "add", "postal", "--channel", "mail", "--mail-to", "privacy@postal.example")
    show("outbox", "account")
    account = ["--from", "ada@example.org", "--smtp", "127.0.0.1:1", "--tls", "none"]
    show("outbox", "account", *account)
    words = ["--purpose", "DeliveryOfGoods", "--expires", "90d", "--yes"]
    show("grant", "create", "postal", "--claims", "email", *words)
    message = show("outbox", "list", "--vendor", "postal")["messages"][0]["id"]
    show("outbox", "show", message)
    show("outbox", "write", message, "--mailto")
    show("outbox", "write", message, "--output", scratch / "mail.eml")
    show("outbox", "delivered", message)
    show("outbox", "account", "--remove")
    answer = scratch / "answer.eml"
    answer.write_text(f"From: a@postal.example\nIn-Reply-To: <{message}@example.org>\nSubject: Re\n\nIt is done.\n")
    received = show("inbox", "import", answer, "--confirms")["id"]
    show("inbox", "show", received)
    show("inbox", "list")


def imports(show, scratch):
    export = scratch / "logins.csv"
    export.write_text("name,url,username,password\nShop,https://shop.example,ada@example.org,x\n")
    show("import", "passwords", export, "--dry-run")
    show("import", "passwords", export)
    show("import", "list")
    show("import", "list", "--unmatched")
    show("vendor", "list", "--by", "evidence")
    show("import", "undo", "1")


def receiver(show, data):
    show("receiver", "customer", "list", "--data", data)
    show("receiver", "show", "--data", data)
    show("receiver", "show", "ada", "--data", data)


def errors(checks, cmr, scratch):
    cases = [
        (["profile", "show", "email", "--bogus"], "usage"),
        (["frobnicate"], "usage"),
        (["profile", "set", "no_such_claim", "x"], "not_found"),
        (["profile", "set", "birthdate", "yesterday"], "bad_input"),
        (["profile", "show", "website"], "not_found"),
        (["vendor", "show", "nobody"], "not_found"),
        (["grant", "show", "nothing"], "not_found"),
        (["grant", "create", "acme", "--claims", "email", "--purpose", "WorldDomination", "--expires", "90d"], "not_found"),
        (["outbox", "show", "00000000"], "not_found"),
        (["init", "--no-input", "--recovery-file", str(scratch / "again.txt")], "bad_input"),
        (["--vault", str(scratch / "nowhere"), "status"], "not_found"),
        (["grant", "create", "acme", "--claims", "email", "--purpose", "Marketing", "--expires", "1w"], "usage"),
    ]
    for words, code in cases:
        done = cmr(*words, "--json")
        name = "cmr " + " ".join(words).replace(str(scratch), "…")
        lines = [line for line in done.err.splitlines() if line.startswith("{")]
        if not checks.equal(f"one JSON error: {name}", (len(lines), done.out), (1, "")):
            continue
        error = json.loads(lines[0])
        texts = all(isinstance(text, str) and text for text in error.get("error", {}).values())
        members = set(error.get("error", {}))
        shaped = set(error) == {"error"} and {"code", "message"} <= members <= {"code", "message", "hint"} and texts
        checks.check(f"with code, message and perhaps hint: {name}", shaped, error)
        found = error["error"]["code"]
        checks.equal(f"whose code is {code}: {name}", found, code)
        checks.equal(f"and whose exit code fits: {name}", done.code, CODES.get(found))


def main(checks, scratch):
    if not FOLDER.is_dir():
        return checks.skip("the documents are what docs/schemas says", "there is no docs/schemas")
    cmr, data = Cmr(scratch), scratch / "receiver"
    show = Documents(checks, cmr)
    show.look("init", json.dumps(cmr.made))
    show("lock")
    profile(show, scratch)
    token = show("receiver", "customer", "add", "ada", "--data", data)["token"]
    line = [str(BINARY), "receiver", "serve", "--listen", "127.0.0.1:0", "--data", str(data), "--json"]
    server = subprocess.Popen(line, stdout=subprocess.PIPE, env=cmr.env, text=True, encoding="utf-8")
    try:
        text, decoder = "", json.JSONDecoder()
        while True:
            text += server.stdout.readline()
            try:
                serving, _ = decoder.raw_decode(text)
                break
            except json.JSONDecodeError:
                if server.poll() is not None:
                    raise
        show.look("receiver serve", json.dumps(serving))
        (scratch / "token").write_text(token)
        words = ["--url", serving["resource"], "--allow-loopback", "--token-file", scratch / "token"]
        show("vendor", "add", "acme", *words, "--dry-run")
        show("vendor", "add", "acme", *words)
        vendors(show, scratch)
        grants(show, cmr)
        mail(show, scratch)
        imports(show, scratch)
        show("move", "locality=Lyon", "postal_code=69002", "--yes", "--no-push", codes=(0, 4, 5))
        show("move", "status", codes=(0, 4, 5))
        receiver(show, data)
        errors(checks, cmr, scratch)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=20)
    show("demo")
    connectors(checks)
    # Connector files are read, and not printed. The others want a server of their own: oidc.py and scim.py look at them.
    elsewhere = {"connector-file-1.json", "linked-1.json", "unlinked-1.json", "verify-1.json"}
    unseen = {path.name for path in FOLDER.glob("*.json")} - set(show.seen) - elsewhere
    checks.equal("every published schema was printed by some command", unseen, set())
    show.would_notice()


if __name__ == "__main__":
    run(main)
