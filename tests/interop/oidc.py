#!/usr/bin/env python3
"""Accounts are linked with an authorization server that nobody here wrote: oidc-provider, on Node.

A client registers with the relationship's Ed25519 key, a scripted person signs in and confirms the code, or comes back
from the browser; tokens are refreshed on the way of a push, bound to the key by DPoP, revoked, and the registration is
deleted. No token stands in anything that cmr ever printed, nor in clear in its files.
"""

import html
import html.parser
import http.cookiejar
import json
import os
import pathlib
import re
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

from lab import BINARY, ROOT, Cmr, run

HERE = pathlib.Path(__file__).resolve().parent
MODULES = pathlib.Path(os.environ.get("CMR_INTEROP_NODE", ROOT / "target/interop-node")).resolve()


class Forms(html.parser.HTMLParser):
    """The forms of a page: where each goes, and its fields."""

    def __init__(self, text):
        super().__init__()
        self.forms = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        if tag == "form":
            self.forms.append((found.get("action") or "", {}))
        elif tag == "input" and self.forms and found.get("name"):
            self.forms[-1][1][found["name"]] = found.get("value") or ""


class Person:
    """Somebody at a browser, with cookies, who fills in every form that comes until there is none."""

    def __init__(self):
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

    def visit(self, url, fields=None):
        data = urllib.parse.urlencode(fields).encode() if fields is not None else None
        try:
            with self.opener.open(url, data, timeout=20) as answer:
                return answer.geturl(), answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.geturl(), error.read().decode()

    def say_yes(self, url, abort=False):
        """Goes on until a page has no form; gives its text."""
        where, page = self.visit(url)
        for _ in range(12):
            forms = Forms(page).forms
            if not forms or "interrupted" in page:
                return page
            action, fields = forms[0]
            if "login" in fields:
                fields |= {"login": "ada", "password": "anything"}
            if abort and "xsrf" in fields:
                fields["abort"] = "yes"
            where, page = self.visit(urllib.parse.urljoin(where, html.unescape(action) or where), fields)
        raise AssertionError(f"the pages do not end: {where}\n{page[:500]}")


class Servers:
    """The authorization server and the vendor."""

    def __init__(self, **wishes):
        line = ["node", str(HERE / "oidc_server.mjs"), str(MODULES), json.dumps({"dpop": False, "life": 600} | wishes)]
        self.process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        first = self.process.stdout.readline()
        if not first:
            raise AssertionError(self.process.stderr.read())
        # What it remarks must not fill the pipe.
        threading.Thread(target=self.process.stderr.read, daemon=True).start()
        urls = json.loads(first)
        self.issuer, self.resource = urls["issuer"], urls["resource"]

    def seen(self):
        with urllib.request.urlopen(self.resource + "/control/seen", timeout=20) as answer:
            return json.load(answer)

    def expire(self):
        urllib.request.urlopen(urllib.request.Request(self.resource + "/control/expire", b""), timeout=20).close()

    def stop(self):
        self.process.terminate()
        self.process.wait(20)


class Heard:
    """Everything that cmr ever printed."""

    def __init__(self):
        self.texts = []

    def run(self, cmr, *words):
        done = cmr("-vv", *words)
        self.texts += [done.out, done.err]
        return done

    def link(self, cmr, name, *words, meet, pattern):
        """Starts to link, meets whoever is shown, and gives how it ended."""
        line = [str(BINARY), "-vv", "vendor", "link", name, *words]
        process = subprocess.Popen(
            line, env=cmr.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        shown = []
        found = None
        for text in process.stderr:
            shown.append(text)
            found = re.search(pattern, text)
            if found:
                break
        rest = []
        reader = threading.Thread(target=lambda: rest.append(process.stderr.read()), daemon=True)
        reader.start()
        page = meet(found, process) if found else None
        try:
            out = process.stdout.read()
            process.wait(60)
        finally:
            process.kill()
        reader.join(20)
        error = "".join(shown + rest)
        self.texts += [out, error]
        return process.returncode, out, error, page


CODE = r"^\s+code\s+(\S+)"
PAGE = r"^\s+(http://\S+)"


def confirm(servers, abort=False):
    """Confirms a code on another device."""

    def meet(found, _):
        url = f"{servers.issuer}/device?user_code={urllib.parse.quote(found.group(1))}"
        return Person().say_yes(url, abort)

    return meet


def introduce(cmr, servers, name):
    cmr("vendor", "add", name, "--url", servers.resource, "--allow-loopback", "--no-input").ok()


def device_grant(checks, heard, cmr, servers):
    introduce(cmr, servers, "shop")
    refused = heard.run(cmr, "vendor", "link", "shop", "--no-input")
    checks.check("another origin is approved first", refused.code == 2 and "--approve-origin" in refused.err, refused.err)
    would = heard.run(cmr, "vendor", "link", "shop", "--no-input", "--dry-run", "--approve-origin", servers.issuer).ok()
    checks.check("a dry run registers nothing", "would be linked" in would.out and not servers.seen()["events"], would.out)
    words = ["--approve-origin", servers.issuer, "--no-input", "--json"]

    def stop(_, process):
        process.send_signal(2)

    code, out, first, _ = heard.link(cmr, "shop", *words, meet=stop, pattern=CODE)
    checks.check("Ctrl-C stops", code != 0 and not out, out)
    code, out, error, page = heard.link(cmr, "shop", *words, meet=confirm(servers), pattern=CODE)
    checks.equal("the same code goes on", re.findall(CODE, error, re.M), re.findall(CODE, first, re.M))
    checks.check("the page says that it went well", page and "successful" in page, page)
    if not checks.equal("the account is linked", code, 0):
        print(error, servers.seen()["events"])
        return
    shown = json.loads(out)
    checks.equal("one document on stdout", shown["schema"], "cmr/linked/1")
    checks.equal("by that server", shown["link"]["issuer"], servers.issuer)
    checks.equal("for what the vendor's document names", shown["link"]["scope"], "claims:write")
    origin = error.index(servers.issuer)
    checks.check("the origin stands before the code", origin < error.index(re.search(CODE, error, re.M).group(1)), error)
    seen = servers.seen()
    checks.equal("one client is registered", seen["events"].count("registration_create.success"), 1)


def push(checks, heard, cmr, servers):
    cmr("profile", "set", "email", "ada@example.org").ok()
    grant = cmr.grant("shop", "email")
    heard.run(cmr, "push").ok()
    seen = servers.seen()
    checks.equal("the linked token lets in", [one for one in seen["requests"] if one.get("why")], [])
    pushed = len(seen["pushed"])
    checks.check("what was lent arrived", pushed >= 2, pushed)
    servers.expire()
    cmr("grant", "renew", grant, "--expires", "100d", "--yes").ok()
    done = heard.run(cmr, "push").ok()
    seen = servers.seen()
    checks.equal("a token that expired is refreshed on the way", len(seen["pushed"]), pushed + 1)
    refused = [one for one in seen["requests"] if one.get("why")]
    checks.equal("after one refusal", len(refused), 1)
    refreshed = [one for one in seen["grants"] if one["grant"] == "refresh_token"]
    checks.equal("by one refresh", [one["status"] for one in refreshed], [200])
    checks.equal("the old refresh token is used up", seen["events"].count("refresh_token.consumed"), 1)
    servers.expire()
    done = heard.run(cmr, "pull").ok()
    checks.check("and on the way of a pull", "does not accept" not in done.out + done.err, done.out + done.err)
    log = heard.run(cmr, "log", "--json").ok().json
    actions = [entry["action"] for entry in log["entries"]]
    checks.equal("the ledger has both refreshes", actions.count("token-refreshed"), 2)
    shown = heard.run(cmr, "vendor", "show", "shop", "--json").ok().json
    checks.check("vendor show says so", shown["link"]["refreshed"] and shown["link"]["refreshes"], shown["link"])


def new_key(checks, heard, cmr, servers):
    before = heard.run(cmr, "vendor", "show", "shop", "--json").ok().json["key"]["thumbprint"]
    heard.run(cmr, "vendor", "set", "shop", "--new-key", "--yes").ok()
    heard.run(cmr, "push").ok()
    after = heard.run(cmr, "vendor", "show", "shop", "--json").ok().json["key"]["thumbprint"]
    checks.check("the relationship has a new key", after != before)
    heard.run(cmr, "pull").ok()
    checks.equal("it is put into the registration", servers.seen()["events"].count("registration_update.success"), 1)
    servers.expire()
    heard.run(cmr, "pull").ok()
    grants = servers.seen()["grants"]
    checks.equal("and the new key's assertions are taken", grants[-1], {"grant": "refresh_token", "status": 200})


def unlink(checks, heard, cmr, servers, name):
    before = servers.seen()["events"]
    heard.run(cmr, "vendor", "unlink", name, "--dry-run").ok()
    checks.equal("a dry run takes nothing back", servers.seen()["events"], before)
    done = heard.run(cmr, "vendor", "unlink", name, "--yes", "--json").ok().json
    checks.fits("the document of vendor unlink is what its schema says", done)
    checks.equal("all is taken back", len(done["taken_back"]), 3)
    checks.equal("nothing remains", done["remains"], [])
    events = servers.seen()["events"][len(before) :]
    checks.check("the refresh token is revoked", "refresh_token.destroyed" in events or "grant.revoked" in events, events)
    checks.check("the registration is deleted", "registration_delete.success" in events, events)
    shown = heard.run(cmr, "vendor", "show", name, "--json").ok().json
    checks.equal("nothing is kept", shown["link"], None)
    again = heard.run(cmr, "vendor", "unlink", name, "--yes")
    checks.equal("what is not linked cannot be unlinked", again.code, 6)


def declined(checks, heard, cmr, servers):
    words = ["--approve-origin", servers.issuer, "--no-input"]
    code, _, error, _ = heard.link(cmr, "shop", *words, meet=confirm(servers, abort=True), pattern=CODE)
    checks.check("a no is a no", code == 5 and "declined" in error, (code, error))
    heard.run(cmr, "vendor", "unlink", "shop", "--yes").ok()


def browser(checks, heard, cmr, servers):
    words = ["--approve-origin", servers.issuer, "--browser", "--no-input"]

    def come_back(found, _):
        url = urllib.parse.urlsplit(found.group(1))
        asked = urllib.parse.parse_qs(url.query)
        back = asked["redirect_uri"][0]
        checks.equal("PKCE is S256", asked["code_challenge_method"], ["S256"])
        checks.check("the redirect is a port of this machine", re.match(r"http://127\.0\.0\.1:\d+/linked$", back), back)
        # Whoever else is on this machine brings another state first.
        stranger = Person().visit(f"{back}?code=stolen&state=wrong")[1]
        checks.check("a stranger's redirect is refused", "not the answer" in stranger, stranger)
        return Person().say_yes(found.group(1))

    code, out, error, page = heard.link(cmr, "shop", *words, meet=come_back, pattern=PAGE)
    checks.equal("a browser links as well", code, 0)
    checks.check("the page says what to do", page and "close this window" in page, page)
    if code != 0:
        print(error, servers.seen()["events"])


def bound(checks, heard, cmr, servers):
    introduce(cmr, servers, "bound")
    words = ["--approve-origin", servers.issuer, "--no-input", "--json"]
    code, out, error, _ = heard.link(cmr, "bound", *words, meet=confirm(servers), pattern=CODE)
    if not checks.equal("an account is linked by a token that is bound to the key", code, 0):
        print(error, servers.seen()["events"])
        return
    checks.equal("it says so", json.loads(out)["link"]["bound_to_key"], True)
    checks.fits("the document of vendor link is what its schema says", json.loads(out))
    cmr.grant("bound", "email")
    heard.run(cmr, "push", "bound").ok()
    seen = servers.seen()
    checks.check("each request has its own proof", len(seen["pushed"]) >= 2, seen["requests"])
    schemes = {one["scheme"] for one in seen["requests"]}
    checks.equal("and none is sent as a bearer token", schemes, {"DPoP"})
    whys = [one["why"] for one in seen["requests"] if one.get("why")]
    checks.equal("but for one refusal that gave the nonce", whys, ["use_dpop_nonce"])
    servers.expire()
    heard.run(cmr, "pull", "bound").ok()
    checks.equal("it is refreshed", servers.seen()["grants"][-1], {"grant": "refresh_token", "status": 200})
    heard.run(cmr, "vendor", "set", "bound", "--new-key", "--yes").ok()
    heard.run(cmr, "push", "bound").ok()
    heard.run(cmr, "pull", "bound").ok()
    seen = servers.seen()
    checks.equal("a new key binds a new token", seen["requests"][-1].get("why"), None)
    checks.equal("that is asked for by it", seen["grants"][-1], {"grant": "refresh_token", "status": 200})
    unlink(checks, heard, cmr, servers, "bound")


def public(checks, heard, cmr, servers):
    introduce(cmr, servers, "public")
    words = ["--approve-origin", servers.issuer, "--no-input", "--json"]
    code, _, error, _ = heard.link(cmr, "public", *words, meet=confirm(servers), pattern=CODE)
    if not checks.equal("a server that reads no signatures gets a public client", code, 0):
        print(error, servers.seen()["events"])
        return
    cmr.grant("public", "email")
    heard.run(cmr, "push", "public").ok()
    heard.run(cmr, "vendor", "set", "public", "--new-key", "--yes").ok()
    heard.run(cmr, "push", "public").ok()
    servers.expire()
    heard.run(cmr, "pull", "public").ok()
    seen = servers.seen()
    # Its refresh token is bound to the key that it was got by.
    checks.equal("whose token is refreshed after a change of key", seen["requests"][-1].get("why"), None)
    checks.equal("by the key that it is bound to", seen["grants"][-1], {"grant": "refresh_token", "status": 200})
    checks.check("the registration stays", "registration_update.success" not in seen["events"], seen["events"])
    unlink(checks, heard, cmr, servers, "public")


def main(checks, scratch):
    heard, cmr, secrets = Heard(), Cmr(scratch), []
    servers = Servers()
    try:
        device_grant(checks, heard, cmr, servers)
        push(checks, heard, cmr, servers)
        new_key(checks, heard, cmr, servers)
        unlink(checks, heard, cmr, servers, "shop")
        declined(checks, heard, cmr, servers)
        browser(checks, heard, cmr, servers)
        unlink(checks, heard, cmr, servers, "shop")
    finally:
        secrets += servers.seen()["secrets"]
        servers.stop()
    for wishes, story in (({}, bound), ({"auth": ["none"]}, public)):
        servers = Servers(dpop=True, **wishes)
        try:
            story(checks, heard, cmr, servers)
        finally:
            secrets += servers.seen()["secrets"]
            servers.stop()
    checks.check("secrets were seen", len(secrets) > 20, len(secrets))
    said = "\n".join(heard.texts)
    checks.equal("none of them was ever printed", [secret for secret in set(secrets) if secret in said], [])
    files = b"".join(path.read_bytes() for path in cmr.home.rglob("*") if path.is_file())
    checks.equal("nor lies in clear", [secret for secret in set(secrets) if secret.encode() in files], [])


if __name__ == "__main__":
    run(main)
