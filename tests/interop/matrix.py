#!/usr/bin/env python3
"""A Matrix homeserver that nobody here wrote (Synapse): the connector sets, shows and clears the display name of a real
account, and says what is the matter with a token that Synapse does not know."""

import contextlib
import hashlib
import hmac
import http.client
import json
import signal
import socket
import subprocess
import sys
import time
import urllib.parse

import synapse  # noqa: F401  (the check is skipped without it)
from lab import Cmr, run

SECRET = "registration-secret"
PASSWORD = "a password of ada's"


class Homeserver:
    """Synapse with its SQLite database, as a process of its own on this machine."""

    def __init__(self, folder):
        folder.mkdir()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url, self.log = f"http://127.0.0.1:{self.port}", folder / "log"
        config = folder / "homeserver.yaml"
        line = [sys.executable, "-m", "synapse.app.homeserver", "--config-path", config]
        made = ["--server-name", "chat.example", "--generate-config", "--report-stats", "no"]
        subprocess.run([*line, *made], cwd=folder, check=True, capture_output=True, timeout=90)
        # YAML holds JSON; what comes last counts.
        more = {
            "listeners": [{"port": self.port, "bind_addresses": ["127.0.0.1"], "type": "http", "tls": False,
                           "resources": [{"names": ["client"]}]}],
            "database": {"name": "sqlite3", "args": {"database": str(folder / "homeserver.db")}},
            "registration_shared_secret": SECRET,
            "trusted_key_servers": [],
            "log_config": None,
        }  # fmt: skip
        second = folder / "more.yaml"
        second.write_text(json.dumps(more))
        log = self.log.open("wb")
        self.process = subprocess.Popen([*line, "--config-path", second], cwd=folder, stdout=log, stderr=log)
        log.close()
        end = time.monotonic() + 90
        while True:
            with contextlib.suppress(OSError, AssertionError):
                self.ask("GET", "/_matrix/client/versions")
                return
            if self.process.poll() is not None or time.monotonic() > end:
                self.stop()
                raise AssertionError(f"Synapse did not start: {self.log.read_text()[-2000:]}")
            time.sleep(0.2)

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request(method, path, json.dumps(body) if body else None, {"Content-Type": "application/json"})
        reply = connection.getresponse()
        text = reply.read()
        connection.close()
        if reply.status == 404 and b"M_NOT_FOUND" in text:
            return {}  # A profile in which nothing is left.
        if reply.status != 200:
            raise AssertionError(f"{method} {path}: {reply.status} {text}")
        return json.loads(text)

    def register(self, name):
        """Makes an account as an administrator does, and gives its id and a token."""
        path = "/_synapse/admin/v1/register"
        nonce = self.ask("GET", path)["nonce"]
        said = "\0".join([nonce, name, PASSWORD, "notadmin"]).encode()
        mac = hmac.new(SECRET.encode(), said, hashlib.sha1).hexdigest()
        body = {"nonce": nonce, "username": name, "password": PASSWORD, "admin": False, "mac": mac}
        made = self.ask("POST", path, body)
        return made["user_id"], made["access_token"]

    def profile(self, user):
        return self.ask("GET", f"/_matrix/client/v3/profile/{urllib.parse.quote(user)}")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(20)


def shown(cmr):
    """What Synapse shows, by claim, as cmr found it."""
    return {one["claim"]: one["state"] for one in cmr.json("vendor", "verify", "chat")["claims"]}


def main(checks, scratch):
    server = Homeserver(scratch / "synapse")
    try:
        account(checks, scratch, server)
    finally:
        server.stop()


def account(checks, scratch, server):
    user, token = server.register("ada")
    cmr, file = Cmr(scratch), scratch / "token"
    cmr.fill({"name": "Ada \"{claim:email}\" Łovelace\\", "email": "ada@example.org"})
    file.write_text(token + "\n")
    add = ["vendor", "add", "chat", "--url", server.url, "--allow-loopback", "--channel", "connector", "--token-file", file]
    missing = cmr(*add, "--connector", "matrix")
    checks.check("a field that is missing is named", missing.code != 0 and "--with user_id=" in missing.err, missing.err)
    cmr(*add, "--connector", "matrix", "--with", f"user_id={user}").ok()

    before = server.profile(user).get("displayname")
    checks.equal("before, Synapse calls the account as its id", before, "ada")
    refused = cmr("grant", "create", "chat", "--claims", "email", "--purpose", "DeliveryOfGoods", "--expires", "1d", "--yes")
    checks.check("a claim that Matrix does not take is said", refused.code != 0, refused.out)
    cmr.grant("chat", "name")
    cmr("push").ok()
    checks.equal("the display name is as it was lent", server.profile(user)["displayname"], "Ada \"{claim:email}\" Łovelace\\")
    checks.equal("it is read back", shown(cmr), {"name": "verified"})

    cmr("profile", "set", "name", "Ada King").ok()
    cmr("push").ok()
    checks.equal("a change follows", server.profile(user)["displayname"], "Ada King")

    file.write_text("syt_no_such_token\n")
    cmr("vendor", "set", "chat", "--token-file", file).ok()
    cmr("profile", "set", "name", "Ada Byron").ok()
    done = cmr("-vv", "push")
    checks.equal("a wrong token needs the user", done.code, 5)
    words = done.out + done.err
    checks.check("it is Synapse that says so", "M_UNKNOWN_TOKEN" in words and "does not accept the token" in words, words)
    checks.check("and no token is in what is said", token not in words and "syt_no_such" not in words, words)
    checks.equal("nothing was changed", server.profile(user)["displayname"], "Ada King")

    file.write_text(token + "\n")
    cmr("vendor", "set", "chat", "--token-file", file).ok()
    cmr("push").ok()
    checks.equal("with the right token it goes on", server.profile(user)["displayname"], "Ada Byron")
    cmr("grant", "revoke", "chat", "--yes").ok()
    cmr("push").ok()
    checks.equal("taken back, the name is gone", server.profile(user), {})
    checks.equal("and cmr sees that it is", shown(cmr), {"name": "cleared"})


if __name__ == "__main__":
    run(main)
