"""A vendor's directory that nobody here wrote, scim2-server: what is lent is patched into the user's own entry and read
back, somebody else's changes stay, and what is taken back goes again."""

import contextlib
import http.client
import json
import pathlib
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import scim2_server  # noqa: F401  (the check is skipped without it)
from lab import Cmr, run

TOKEN = "the-token-of-ada-at-the-directory"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


class Directory:
    """The server, as a process of its own on this machine."""

    def __init__(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        program = pathlib.Path(sys.executable).parent / "scim2-server"
        line = [program, "--port", str(self.port), "--bearer-token", TOKEN]
        self.process = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 60
        while True:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            if self.process.poll() is not None or time.monotonic() > end:
                self.stop()
                raise AssertionError("scim2-server did not start")
            time.sleep(0.05)

    def ask(self, method, path, body=None, token=TOKEN):
        """Talks to it as the vendor's own staff does."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/scim+json"}
        connection.request(method, path, json.dumps(body) if body else None, headers)
        reply = connection.getresponse()
        text = reply.read()
        connection.close()
        if reply.status >= 300:
            raise AssertionError(f"{method} {path}: {reply.status} {text}")
        return json.loads(text) if text else None

    def patch(self, user, *operations):
        self.ask("PATCH", f"/Users/{user}", {"schemas": [PATCH], "Operations": list(operations)})

    def user(self, user):
        """What it holds of a user, without what it says of it."""
        held = self.ask("GET", f"/Users/{user}")
        return {name: value for name, value in held.items() if name not in ("schemas", "id", "meta")}

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)


class Front:
    """Stands before the directory: notes what is asked, and lets somebody else in between at the wrong moment."""

    def __init__(self, port):
        self.seen, self.before_patch = [], []
        front = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def handle_any(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if self.command == "PATCH" and front.before_patch:
                    front.before_patch.pop(0)()
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
                connection.request(self.command, self.path, body, dict(self.headers))
                reply = connection.getresponse()
                text = reply.read()
                front.seen.append((self.command, self.path, reply.status, dict(self.headers), body))
                self.send_response(reply.status)
                for name, value in reply.getheaders():
                    if name.lower() not in ("connection", "date", "server", "content-length"):
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)
                connection.close()

            do_GET = do_PATCH = do_POST = do_PUT = do_DELETE = handle_any

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/v2"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def asked(self):
        """What was asked since the last time."""
        seen, self.seen = self.seen, []
        return seen

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def states(found):
    return {one["claim"]: one["state"] for one in found}


def main(checks, scratch):
    directory = Directory()
    front = Front(directory.port)
    try:
        talk(checks, scratch, directory, front)
    finally:
        front.stop()
        directory.stop()


def talk(checks, scratch, directory, front):
    work = {"value": "ada@work.example", "type": "work", "primary": True}
    person = {"schemas": [USER], "userName": "ada", "nickName": "Countess", "emails": [work]}
    ada = directory.ask("POST", "/Users", person)["id"]
    bob = directory.ask("POST", "/Users", {"schemas": [USER], "userName": "bob"})["id"]
    bobs = directory.user(bob)

    cmr = Cmr(scratch)
    cmr.fill(
        {
            "name": "Ada Lovelace",
            "email": "ada@example.org",
            "phone_number": "+33 1 42 27 81 86",
            "zoneinfo": "Europe/Paris",
            "birthdate": "1815-12-10",
            "address.home": ["street_address=12 rue \"de la\" Paix", "locality=Paris", "postal_code=75002", "country=FR"],
        }
    )
    token = scratch / "token"
    token.write_text(TOKEN + "\n")
    words = ["--url", front.url, "--channel", "scim", "--account", "ada", "--allow-loopback", "--token-file", token]
    cmr("vendor", "add", "shop", *words).ok()

    words = ["--purpose", "DeliveryOfGoods", "--expires", "90d", "--dry-run"]
    rows = cmr.json("grant", "create", "shop", "--claims", "email,birthdate", *words)["preview"]
    blocked = [row["claim"] for row in rows if row["effect"] == "blocked"]
    checks.equal("what SCIM has no place for is blocked in the preview", blocked, ["birthdate"])

    grant = cmr.grant("shop", "name,email,phone_number,zoneinfo,address")
    moved = cmr("push", "--json").ok().json
    number = "tel:+33142278186"
    lent = {
        "userName": "ada",
        "nickName": "Countess",
        "name": {"formatted": "Ada Lovelace"},
        "timezone": "Europe/Paris",
        "emails": [work, {"value": "ada@example.org", "type": "home"}],
        "phoneNumbers": [{"value": number, "type": "home"}],
        "addresses": [
            {
                "type": "home",
                "streetAddress": "12 rue \"de la\" Paix",
                "locality": "Paris",
                "postalCode": "75002",
                "country": "FR",
            }
        ],
    }
    checks.equal("what is lent is in the user's entry, and nothing else", directory.user(ada), lent)
    checks.equal("other users are untouched", directory.user(bob), bobs)
    asked = front.asked()
    way = [(method, path.split("?")[0], status) for method, path, status, *_ in asked]
    place = f"/v2/Users/{ada}"
    found = [("GET", "/v2/Me", 501), ("GET", "/v2/Users", 200), ("GET", place, 200)]
    checks.equal("where /Me is not known, the entry is found by its name", way[:4], [*found, ("PATCH", place, 204)])
    checks.equal("and then read back", way[4:], found)
    headers = {name.lower(): value for name, value in asked[3][3].items()}
    checks.equal("it is patched as it was read", headers.get("if-match"), 'W/"1"')
    checks.equal("as SCIM", headers.get("content-type"), "application/scim+json")
    checks.equal("the token lets in", {dict(zip(map(str.lower, entry[3]), entry[3].values())).get("authorization") for entry in asked}, {f"Bearer {TOKEN}"})
    all_verified = dict.fromkeys(["address", "email", "name", "phone_number", "zoneinfo"], "verified")
    checks.equal("the push says what it read back", states(moved["read_back"][0]["claims"]), all_verified)

    cmr("profile", "set", "email", "ada@new.example").ok()
    front.before_patch.append(
        lambda: directory.patch(ada, {"op": "add", "path": "emails", "value": [{"value": "third@x.example"}]})
    )
    cmr("push").ok()
    patches = [(status, body) for method, _, status, _, body in front.asked() if method == "PATCH"]
    checks.equal("a change in between is noticed, and read again", [status for status, _ in patches], [412, 204])
    lent["emails"] = [work, {"value": "ada@new.example", "type": "home"}, {"value": "third@x.example"}]
    checks.equal("both changes are there, and the old value is not", directory.user(ada), lent)
    sent = json.loads(patches[1][1])["Operations"]
    paths = [operation["path"] for operation in sent]
    checks.equal("only the changed claim is touched", paths, ['emails[value eq "ada@example.org"].value'])

    directory.patch(ada, {"op": "replace", "path": 'emails[value eq "ada@new.example"].value', "value": "typo@x.example"})
    drifted = cmr("vendor", "verify", "shop", "--json")
    checks.fits("the document of vendor verify is what its schema says", drifted.json)
    checks.equal("somebody else's change is drift, and asks for the user", drifted.code, 5)
    email = [one for one in drifted.json["claims"] if one["claim"] == "email"][0]
    checks.equal("what it shows is said", (email["state"], "typo@x.example" in (email["shows"] or "")), ("drifted", True))
    directory.patch(ada, {"op": "replace", "path": 'emails[value eq "typo@x.example"].value', "value": "Ada@New.Example"})
    checks.equal("a local part's case counts", cmr("vendor", "verify", "shop").code, 5)
    directory.patch(ada, {"op": "replace", "path": 'emails[value eq "Ada@New.Example"].value', "value": "ada@NEW.example"})
    checks.equal("a domain's case does not", cmr("vendor", "verify", "shop").ok().code, 0)

    moved_to = ["street_address=1 new street", "locality=Lyon", "country=FR"]
    cmr("profile", "unset", "address.home").ok()
    cmr("profile", "set", "address.home", *moved_to).ok()
    token.write_text("a-wrong-token\n")
    cmr("vendor", "set", "shop", "--token-file", token).ok()
    held = cmr("push", "--json")
    line = held.json["lines"][-1]
    checks.equal("a wrong token asks for the user", (held.code, line["state"]), (5, "held"))
    checks.check("and says that it is the token", "does not accept the token" in (line["reason"] or ""), line["reason"])
    checks.equal("so does verifying", cmr("vendor", "verify", "shop").code, 5)
    token.write_text(TOKEN + "\n")
    cmr("vendor", "set", "shop", "--token-file", token).ok()
    cmr("push", "--now").ok()
    new = {"type": "home", "streetAddress": "1 new street", "locality": "Lyon", "country": "FR"}
    checks.equal("an address is replaced as a whole", directory.user(ada)["addresses"], [new])

    directory.patch(ada, {"op": "replace", "path": "timezone", "value": "Europe/London"})
    cmr("grant", "revoke", grant, "--yes").ok()
    still = cmr("vendor", "verify", "shop", "--json")
    checks.equal("until the vendor is told, what was taken back is there", states(still.json["claims"])["email"], "still_there")
    checks.equal("and asks for the user", still.code, 5)
    moved = cmr("push", "--json").ok(0).json
    left = {
        "userName": "ada",
        "nickName": "Countess",
        "timezone": "Europe/London",
        "emails": [work, {"value": "third@x.example"}],
    }
    checks.equal("what was lent is gone, and nothing else", directory.user(ada), left)
    gone = dict.fromkeys(all_verified, "cleared")
    checks.equal("which is read back", states(moved["read_back"][0]["claims"]), gone)
    reason = moved["lines"][-1]["reason"] or ""
    checks.check("what somebody changed is left alone, and said", "zoneinfo: left alone" in reason, reason)
    checks.equal("other users are untouched still", directory.user(bob), bobs)

    front.stop()
    away = cmr("vendor", "verify", "shop", "--json")
    checks.equal("a vendor that is away is asked later", (away.code, away.json["trouble"] is not None), (4, True))
    kept = {one["claim"] for one in away.json["before"] if one["state"] == "cleared"}
    checks.equal("what it showed is kept as evidence", kept, set(gone))
    log = cmr("log", "--limit", "200", "--json").ok().out
    values = ["ada@", "typo@", "Lyon", "Europe/London", "Lovelace", "42278186"]
    checks.equal("the ledger has no value of it", [value for value in values if value in log], [])
    checks.check("and says that it was read back", '"read-back"' in log)
    checks.equal("the ledger is whole", cmr("log", "verify").code, 0)


if __name__ == "__main__":
    run(main)
