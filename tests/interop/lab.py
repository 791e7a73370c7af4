"""What the checks share: the program under test, a vendor that is not ours, and a way to say what was found.

A check prints `ok NAME`, `FAIL NAME: WHY` or `skip NAME: WHY`, a line each, and exits with 1 if one failed.
"""

import base64
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import uuid
import warnings
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# joserfc remarks that RFC 9864 has a newer name for EdDSA. The other libraries here know only this one.
warnings.filterwarnings("ignore", message="EdDSA is deprecated")

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("CMR_BIN", ROOT / "target/debug/cmr")).resolve()
NAMESPACE = "urn:cmr:secevent:1:"
PASSPHRASE = "correct horse battery staple on tuesdays"


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def parts(token):
    """Header and claims of a compact token, unverified."""
    header, claims, _ = token.split(".")
    return json.loads(unb64(header)), json.loads(unb64(claims))


def set_hash(token):
    return "sha-256:" + b64(hashlib.sha256(token.encode()).digest())


def flip(token, part):
    """The token with one bit of one part changed; it stays base64url."""
    pieces = token.split(".")
    data = bytearray(unb64(pieces[part]))
    data[len(data) // 2] ^= 1
    pieces[part] = b64(bytes(data))
    return ".".join(pieces)


class Checks:
    """Counts what held and what did not."""

    def __init__(self):
        self.failed = self.passed = 0

    def check(self, name, holds, why=""):
        if holds:
            self.passed += 1
            print(f"ok {name}")
        else:
            self.failed += 1
            print(f"FAIL {name}: {why}" if why != "" else f"FAIL {name}")
        return holds

    def equal(self, name, found, expected):
        return self.check(name, found == expected, f"found {found!r}, expected {expected!r}")

    def refused(self, name, action, *kinds):
        """The action must raise one of these, and nothing else."""
        try:
            action()
        except kinds as error:
            return self.check(name, True, error)
        except Exception as error:  # the wrong refusal is a failure too, not a crash
            return self.check(name, False, f"{type(error).__name__}: {error}")
        return self.check(name, False, "it was accepted")

    def fits(self, name, document):
        """The document is what its published schema says."""
        import jsonschema

        file = document.get("schema", "").removeprefix("cmr/").replace("/", "-") + ".json"
        schema = json.loads((ROOT / "docs/schemas" / file).read_text())
        found = [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(document)]
        return self.check(name, not found, found[:3])

    def skip(self, name, why):
        """What should have been checked and could not be: a failure where CI is set."""
        print(f"skip {name}: {why}")

    def note(self, text):
        """What was not looked at because there was no need to."""
        print(f"note {text}")


def run(main):
    """Runs a check's main function with its counter and a scratch folder, and exits accordingly."""
    checks = Checks()
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="cmr-interop-"))
    try:
        main(checks, scratch)
    except Exception:
        traceback.print_exc()
        checks.check("the check ran to its end", False, "see the traceback")
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    sys.stdout.flush()
    sys.exit(1 if checks.failed or not checks.passed else 0)


class Done:
    """How a command ended."""

    def __init__(self, line, process):
        self.line, self.code, self.out, self.err = line, process.returncode, process.stdout, process.stderr

    @property
    def json(self):
        return json.loads(self.out)

    def ok(self, *codes):
        if self.code not in (codes or (0,)):
            raise AssertionError(f"{self.line}: exit code {self.code}\n{self.out}\n{self.err}")
        return self


class Cmr:
    """A vault of its own in a folder of its own."""

    def __init__(self, scratch, unlock="identity"):
        self.home, self.recovery = scratch / "vault", scratch / "recovery.txt"
        self.passphrase = scratch / "passphrase"
        self.passphrase.write_text(PASSPHRASE + "\n")
        keep = {name: value for name, value in os.environ.items() if not name.startswith("CMR_")}
        self.env = keep | {"CMR_HOME": str(self.home), "CMR_PASSPHRASE_FILE": str(self.passphrase)}
        self.made = self("init", "--no-input", "--recovery-file", str(self.recovery), "--json").ok().json
        if unlock == "identity":
            # The passphrase costs most of a second each time, the recovery key nothing.
            del self.env["CMR_PASSPHRASE_FILE"]
            self.env["CMR_IDENTITY_FILE"] = str(self.recovery)

    def __call__(self, *words):
        line = [str(BINARY), *map(str, words)]
        process = subprocess.run(
            line, env=self.env, stdin=subprocess.DEVNULL, capture_output=True, text=True, encoding="utf-8", timeout=120
        )
        return Done("cmr " + " ".join(map(str, words)), process)

    def json(self, *words):
        """The document that a command printed, whatever its exit code for 'not yet' or 'you must act'."""
        return self(*words, "--json").ok(0, 4, 5).json

    def fill(self, claims):
        for claim, value in claims.items():
            self("profile", "set", claim, *([value] if isinstance(value, str) else value)).ok()

    def grant(self, vendor, claims, *more):
        """Lends claims, and gives the grant's id."""
        words = ["--purpose", "DeliveryOfGoods", "--expires", "90d", "--data-life", "1y", "--yes", "--json", *more]
        return self("grant", "create", vendor, "--claims", claims, *words).ok().json["grant"]["id"]


class Vendor:
    """A vendor's server, written against RFC 9728, RFC 8935 and RFC 8936 with Python's own HTTP server, and signing
    with joserfc. It believes everything that it is sent: what is checked is what cmr sends and what it accepts."""

    def __init__(self, **discovery):
        from joserfc.jwk import OKPKey

        self.key = OKPKey.generate_key("Ed25519", {"use": "sig", "alg": "EdDSA"}, private=True)
        self.kid = self.key.thumbprint()
        self.jwks = [self.public(self.key)]
        self.pushed, self.polls, self.requests = [], [], []
        self.waiting, self.stays = {}, False
        # Cleared, it answers no push until it is set again.
        self.answers = threading.Event()
        self.answers.set()
        self.lock = threading.Lock()
        vendor = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def answer(self, status, body=b""):
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                if body:
                    self.send_header("Content-Type", "application/json")
                try:
                    self.end_headers()
                    self.wfile.write(body)
                except BrokenPipeError:
                    pass  # The client did not live to hear it.

            def do_GET(self):
                vendor.requests.append(("GET", self.path))
                document = {"/.well-known/oauth-protected-resource": vendor.document, "/jwks": vendor.key_set}
                make = document.get(self.path)
                self.answer(200, json.dumps(make()).encode()) if make else self.answer(404)

            def do_POST(self):
                vendor.requests.append(("POST", self.path))
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if self.path == "/set":
                    vendor.pushed.append(({name.lower(): value for name, value in self.headers.items()}, body))
                    vendor.answers.wait()
                    self.answer(202)
                elif self.path == "/poll":
                    self.answer(200, json.dumps(vendor.poll(json.loads(body))).encode())
                else:
                    self.answer(404)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.discovery = discovery
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @staticmethod
    def public(key):
        return key.as_dict(private=False) | {"kid": key.thumbprint()}

    def document(self):
        return {
            "resource": self.url,
            "resource_name": "Somebody Else's Software",
            "jwks_uri": self.url + "/jwks",
            "bearer_methods_supported": ["header"],
            "cmr": {
                "version": 1,
                "push_endpoint": self.url + "/set",
                "poll_endpoint": self.url + "/poll",
                "events_supported": [],
            }
            | self.discovery,
        }

    def key_set(self):
        return {"keys": self.jwks}

    def poll(self, request):
        """RFC 8936: what is acknowledged or refused leaves the queue, the rest is handed out."""
        with self.lock:
            self.polls.append(request)
            if not self.stays:
                for jti in [*request.get("ack", []), *request.get("setErrs", {})]:
                    self.waiting.pop(jti, None)
            most = request.get("maxEvents", 100)
            return {"sets": dict(list(self.waiting.items())[:most]), "moreAvailable": len(self.waiting) > most}

    def tokens(self):
        """The bodies of what was pushed, as text."""
        return [body.decode("ascii") for _, body in self.pushed]

    def queue(self, token, jti=None):
        """Has a token wait for the next poll; gives its jti."""
        jti = jti or parts(token)[1]["jti"]
        self.waiting[jti] = token
        return jti

    def acks(self):
        return [jti for poll in self.polls for jti in poll.get("ack", [])]

    def errors(self):
        return {jti: error for poll in self.polls for jti, error in poll.get("setErrs", {}).items()}

    def claims(self, message, event, payload, **other):
        """A SET's claims that answer a message of the customer."""
        theirs = parts(message)[1]
        uri = event if ":" in event else NAMESPACE + event
        now = int(time.time())
        return {
            "iss": self.url,
            "aud": theirs["iss"],
            "jti": str(uuid.uuid4()),
            "iat": now,
            "txn": theirs.get("txn"),
            "events": {uri: payload},
        } | other

    def sign(self, claims, key=None, **header):
        """Signs with joserfc."""
        from joserfc import jws

        key = key or self.key
        head = {"typ": "secevent+jwt", "alg": "EdDSA", "kid": key.thumbprint()} | header
        head = {name: value for name, value in head.items() if value is not None}
        return jws.serialize_compact(head, json.dumps(claims).encode(), key, algorithms=[head["alg"]])

    def acknowledgement(self, message, **payload):
        """The payload of an acknowledgement of this grant message."""
        event = next(iter(parts(message)[1]["events"].values()))
        return {
            "grant_id": event["grant_id"],
            "version": event["version"],
            "set_hash": set_hash(message),
            "status": "accepted",
        } | payload

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def introduce(cmr, vendor, name="acme"):
    """Adds the vendor to the vault, with a token as it would give one."""
    token = cmr.home.parent / f"{name}.token"
    token.write_text("a-token-of-" + name + "\n")
    words = ["--url", vendor.url, "--allow-loopback", "--token-file", str(token)]
    return cmr("vendor", "add", name, *words).ok()
