#!/usr/bin/env python3
"""E-mail and letters: what a mail server that nobody here wrote (aiosmtpd) gets, and what Python's email package and
poppler read in what cmr writes.

Each vault has a vendor that is written to. Between cmr and the server stands, where the check is about the wire, a proxy
that writes down what cmr says, and lies.
"""

import asyncio
import datetime
import email
import email.policy
import shutil
import socket
import ssl
import subprocess
import threading

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from lab import Cmr, run

PASSWORD = "pässword-of-ada"
# Vendors that one push writes to.
MANY = 30
LENT = {"email": "ada@example.org", "name": "Ada Łovelace"}
ADDRESS = ["street_address=12 rue de la Paix", "locality=Paris", "postal_code=75002", "country=FR"]
KEPT = {"phone_number": "+33199887766", "birthdate": "1815-12-10", "nickname": "Keptnick", "website": "https://kept.example/"}


def authority(folder, name, host="localhost"):
    """A certificate authority, as a file, and a context for a server with a certificate of it."""
    now = datetime.datetime.now(datetime.timezone.utc)

    def certificate(subject, key, issuer, issuer_key, *extensions):
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
        builder = builder.serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(now - datetime.timedelta(days=1))
        builder = builder.not_valid_after(now + datetime.timedelta(days=1))
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(issuer_key, hashes.SHA256())

    def pem(thing):
        return thing.public_bytes(serialization.Encoding.PEM)

    def called(text):
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = certificate(called(name), root_key, called(name), root_key, (x509.BasicConstraints(True, None), True))
    names = x509.SubjectAlternativeName([x509.DNSName(host)])
    leaf = certificate(called(host), key, called(name), root_key, (names, False))
    ca, chain = folder / f"{name}.pem", folder / f"{name}-server.pem"
    ca.write_bytes(pem(root))
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    chain.write_bytes(key.private_bytes(*form) + pem(leaf))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    return ca, context


class Post:
    """A mail server that keeps what it gets."""

    def __init__(self, context=None, implicit=False, auth=False):
        self.mails, self.hello, self.logins, self.refusal, self.hangs_up = [], [], [], None, False
        # Who is not known here, and whether a connection is over when a message came.
        self.unknown, self.ends = None, False
        more = {"ssl_context": context} if implicit else {"tls_context": context, "require_starttls": context is not None}
        if auth:
            # TLS from the first byte is not what aiosmtpd means by TLS: there it is this check that says so.
            more |= {"authenticator": self.login, "auth_required": True, "auth_require_tls": not implicit}
        # The controller looks for its server at the port that it was told, and so must be told one.
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port, **more)
        self.controller.start()

    def login(self, server, session, envelope, mechanism, data):
        self.logins.append((mechanism, data, session.ssl is not None))
        good = isinstance(data, LoginPassword) and data == LoginPassword(b"ada", PASSWORD.encode())
        return AuthResult(success=good, handled=False)

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        self.hello.append(hostname)
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.refusal and self.refusal.startswith("5"):
            return self.refusal
        if address == self.unknown:
            return "550 5.1.1 no such user here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.mails.append((envelope.mail_from, list(envelope.rcpt_tos), envelope.content))
        if self.hangs_up:
            server.transport.abort()
        if self.ends:
            # After the answer, which is written next.
            asyncio.get_running_loop().call_soon(server.transport.close)
        return self.refusal or "250 kept"

    def stop(self):
        self.controller.stop()

    def last(self):
        return email.message_from_bytes(self.mails[-1][2], policy=email.policy.default)


class Liar:
    """A proxy that writes down what the client says and changes what the server says."""

    def __init__(self, port, change):
        self.said = b""
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, args=(port, change), daemon=True).start()

    def serve(self, port, change):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            if self.takes(client):
                server = socket.create_connection(("127.0.0.1", port))
                threading.Thread(target=self.up, args=(client, server), daemon=True).start()
                threading.Thread(target=self.down, args=(server, client, change), daemon=True).start()

    def takes(self, client):
        return True

    def up(self, client, server):
        while data := self.read(client):
            self.said += data
            server.sendall(data)
        server.close()

    @staticmethod
    def read(from_whom):
        try:
            return from_whom.recv(65536)
        except OSError:
            return b""

    def down(self, server, client, change):
        while data := self.read(server):
            try:
                client.sendall(change(data))
            except OSError:
                return
        client.close()

    def stop(self):
        self.listener.close()


class Narrow(Liar):
    """A proxy for so many connections at a time; to one too many it says so."""

    def __init__(self, port, most):
        self.free, self.refused = threading.Semaphore(most), 0
        super().__init__(port, lambda data: data)

    def takes(self, client):
        if self.free.acquire(blocking=False):
            return True
        self.refused += 1
        client.sendall(b"421 4.7.0 too many connections\r\n")
        client.close()
        return False

    def down(self, server, client, change):
        super().down(server, client, change)
        self.free.release()


class Writer(Cmr):
    """A vault with a vendor that is written to."""

    def __init__(self, folder, ca=None, language="en"):
        folder.mkdir()
        super().__init__(folder)
        self.folder = folder
        if ca:
            self.env["CMR_CA_FILE"] = str(ca)
        self.fill(LENT | KEPT)
        self.fill({"address.home": ADDRESS})
        add = ["--channel", "mail", "--mail-to", "privacy@acme.example", "--language", language]
        self("vendor", "add", "acme", *add).ok()
        self.grant_id = self.grant("acme", "email,name,address")

    def account(self, port, *more, password=None):
        words = ["--from", "ada@example.org", "--name", "Ada Łovelace", "--smtp", f"localhost:{port}", *more]
        if password:
            file = self.folder / "password"
            file.write_text(password + "\n")
            words += ["--user", "ada", "--password-file", str(file)]
        return self("outbox", "account", *words)

    def newest(self):
        return self("outbox", "list", "--all", "--json").ok().json["messages"][0]

    def again(self):
        self("outbox", "retry", self.newest()["id"]).ok()
        return self("push")


def body(mail):
    """As a person reads it."""
    return mail.get_body().get_content().replace("\r\n", "\n").rstrip()


def reads(checks, name, cmr, post):
    """What the server got is a whole e-mail with what is lent and nothing else."""
    sender, receivers, raw = post.mails[-1]
    mail, message = post.last(), cmr.newest()
    checks.equal(f"{name}: envelope", (sender, receivers), ("ada@example.org", ["privacy@acme.example"]))
    checks.equal(f"{name}: sender", mail["From"].addresses[0].display_name, "Ada Łovelace")
    checks.equal(f"{name}: Message-ID", mail["Message-ID"], f"<{message['id']}@example.org>")
    checks.equal(f"{name}: no defects", (mail.defects, mail.get_body().defects), ([], []))
    checks.check(f"{name}: subject", "my personal data" in mail["Subject"].lower(), mail["Subject"])
    checks.check(f"{name}: names no program or machine", not {"User-Agent", "X-Mailer", "Received"} & set(mail.keys()), mail.keys())
    checks.check(f"{name}: EHLO tells nothing", set(post.hello) == {"[127.0.0.1]"}, post.hello)
    text = body(mail)
    wanted = [*LENT.values(), *(part.split("=", 1)[1] for part in ADDRESS)]
    checks.equal(f"{name}: all that is lent", [value for value in wanted if value not in text], [])
    everything = raw.decode() + text
    checks.equal(f"{name}: nothing that is not", [value for value in KEPT.values() if value in everything], [])
    when = mail["Date"].datetime
    checks.check(f"{name}: dated, and in no zone of the user's", when.utcoffset() == datetime.timedelta(0), mail["Date"])
    checks.equal(f"{name}: state", (message["state"], message["reason"]), ("delivered", "your mail server took it"))


def delivered(checks, scratch, ca, context):
    post = Post(context, implicit=True, auth=True)
    cmr = Writer(scratch / "implicit", ca)
    cmr.account(post.port, "--tls", "implicit", "--check", password=PASSWORD).ok()
    checks.equal("trying the account out sends nothing", (len(post.mails), len(post.logins)), (0, 1))
    cmr("push").ok()
    reads(checks, "implicit TLS", cmr, post)
    post.stop()

    post = Post(context, auth=True)
    cmr = Writer(scratch / "starttls", ca)
    cmr.account(post.port, password=PASSWORD).ok()
    cmr("push").ok()
    reads(checks, "STARTTLS", cmr, post)
    checks.check("STARTTLS: logged in over TLS alone", post.logins and all(login[2] for login in post.logins), post.logins)
    first = post.last()["Message-ID"]
    # The main job, by mail: what was told before, and what holds now.
    cmr("profile", "set", "address.home.street_address", "7 rue Neuve", "--yes").ok()
    cmr("push").ok()
    text = body(post.last())
    checks.check("a change names old and new", "old: 12 rue de la Paix" in text and "new: 7 rue Neuve" in text, text)
    checks.check("a change is another e-mail", post.last()["Message-ID"] != first)
    cmr("grant", "revoke", cmr.grant_id, "--yes").ok()
    cmr("push").ok()
    text = body(post.last())
    checks.check("a revocation asks to erase", "Article 17" in text and "Article 7(3)" in text and "7 rue Neuve" in text, text)
    post.stop()


def refused(checks, scratch, ca, context):
    post = Post(context)
    cmr = Writer(scratch / "later", ca)
    cmr.account(post.port).ok()
    post.refusal = "451 4.7.1 greylisted, \033[2Jcome back"
    cmr("push").ok(4)
    first, message = post.last()["Message-ID"], cmr.newest()
    checks.equal("451: it waits", message["state"], "queued")
    checks.check("451: says why, printable", "451" in message["reason"] and "\033" not in message["reason"], message["reason"])
    post.refusal = None
    cmr.again().ok()
    checks.equal("451: the same e-mail again", (post.last()["Message-ID"], len(post.mails)), (first, 2))
    checks.equal("451: byte for byte", post.mails[0][2], post.mails[1][2])
    post.stop()

    post = Post(context)
    cmr = Writer(scratch / "never", ca)
    cmr.account(post.port).ok()
    post.refusal = "550 5.1.1 no such user here"
    cmr("push").ok(5)
    message = cmr.newest()
    checks.equal("550: it failed", (message["state"], message["attempted"]), ("failed", None))
    checks.check("550: says why", "550" in message["reason"] and "no such user here" in message["reason"], message["reason"])
    checks.equal("550: the ledger has the code and not the words", "no such user" in cmr("log", "--json").ok().out, False)
    post.stop()

    post = Post(context)
    cmr = Writer(scratch / "lost", ca)
    cmr.account(post.port).ok()
    post.hangs_up = True
    cmr("push").ok(4)
    message = cmr.newest()
    checks.check("cut off after the text: it may have arrived", message["state"] == "queued" and message["attempted"], message)
    post.stop()
    cmr.again().ok(4)
    checks.equal("nobody there: it waits", cmr.newest()["state"], "queued")


def many(checks, scratch, ca, context):
    """Several e-mails go over one connection, over as many as the server wants."""

    def push_to_all(name, post, port, code=0):
        cmr = Writer(scratch / name, ca)
        for number in range(MANY - 1):
            cmr("vendor", "add", f"v{number}", "--channel", "mail", "--mail-to", f"privacy@v{number}.example").ok()
            cmr.grant(f"v{number}", "email")
        cmr.account(port, password=PASSWORD).ok()
        cmr("push").ok(code)
        return [message["state"] for message in cmr("outbox", "list", "--all", "--json").ok().json["messages"]]

    post = Post(context, auth=True)
    post.unknown = "privacy@v3.example"
    states = push_to_all("many", post, post.port, 5)
    checks.equal("many: one is refused, the others go", (states.count("delivered"), states.count("failed")), (MANY - 1, 1))
    checks.equal("many: each once", len({mail[1][0] for mail in post.mails}), len(post.mails))
    checks.check("many: over a few connections", 1 <= len(post.logins) <= 8, len(post.logins))
    post.stop()

    post = Post(context, auth=True)
    narrow = Narrow(post.port, 2)
    states = push_to_all("narrow", post, narrow.port)
    checks.equal("a server that takes two connections: all delivered", states.count("delivered"), MANY)
    checks.check("a server that takes two connections: was asked for more, and not for long", 1 <= narrow.refused <= 6, narrow.refused)
    narrow.stop()
    post.stop()

    post = Post(context, auth=True)
    post.ends = True
    states = push_to_all("short", post, post.port)
    checks.equal("a server that ends each connection: all delivered", states.count("delivered"), MANY)
    checks.equal("a server that ends each connection: each once", len({mail[1][0] for mail in post.mails}), len(post.mails))
    post.stop()


def in_clear(checks, scratch, ca, context):
    secret = (b"AUTH", b"MAIL", b"DATA", b"acme", b"ada@example.org", PASSWORD.encode())

    def said_nothing(name, cmr, liar, expected):
        cmr("push").ok(5)
        message = cmr.newest()
        checks.equal(f"{name}: held, and nothing left", (message["state"], message["attempted"]), ("held", None))
        checks.check(f"{name}: says so", expected in message["reason"], message["reason"])
        checks.equal(f"{name}: neither a login nor the mail", [word for word in secret if word in liar.said], [])
        checks.check(f"{name}: it spoke at all", liar.said.startswith(b"EHLO"), liar.said)
        liar.stop()

    post = Post(context, auth=True)
    stripped = Liar(post.port, lambda data: data.replace(b"250-STARTTLS\r\n", b"").replace(b"STARTTLS", b"XXXXXXXX"))
    cmr = Writer(scratch / "stripped", ca)
    cmr.account(stripped.port, password=PASSWORD).ok()
    said_nothing("STARTTLS taken out", cmr, stripped, "offers no encryption")

    after = lambda data: data + b"250 injected\r\n" if data.startswith(b"220 Ready") else data
    injected = Liar(post.port, after)
    cmr = Writer(scratch / "injected", ca)
    cmr.account(injected.port, password=PASSWORD).ok()
    said_nothing("an answer put in before TLS", cmr, injected, "said more in clear")
    checks.equal("no login, no mail", (post.logins, post.mails), ([], []))

    cmr = Writer(scratch / "stranger")
    cmr.account(post.port, password=PASSWORD).ok()
    cmr("push").ok(4)
    checks.check("a certificate of a stranger's", "certificate" in cmr.newest()["reason"], cmr.newest()["reason"])
    checks.equal("a certificate of a stranger's: nothing is said", (post.logins, post.mails), ([], []))

    other_ca, other = authority(scratch, "other", "elsewhere.example")
    elsewhere = Post(other, auth=True)
    cmr = Writer(scratch / "elsewhere", other_ca)
    cmr.account(elsewhere.port, password=PASSWORD).ok()
    cmr("push").ok(5)
    checks.check("a certificate of another name: held", "another server" in cmr.newest()["reason"], cmr.newest()["reason"])
    checks.equal("a certificate of another name: nothing is said", (elsewhere.logins, elsewhere.mails), ([], []))
    elsewhere.stop()

    cmr = Writer(scratch / "wrong", ca)
    cmr.account(post.port, password="wrong").ok()
    cmr("push").ok(5)
    message = cmr.newest()
    checks.equal("wrong password: held", (message["state"], message["attempted"]), ("held", None))
    checks.check("wrong password: says so", "your mail account" in message["reason"] and "535" in message["reason"], message["reason"])
    cmr("outbox", "account", "--check").ok(5)
    said = cmr.account(post.port, password=PASSWORD).ok()
    checks.check("the right one then: what it did not let through goes", "1 message" in said.err + said.out, said.err)
    cmr("push").ok()
    checks.equal("the right one then: delivered", cmr.newest()["state"], "delivered")
    post.stop()

    post = Post()
    plain = Liar(post.port, lambda data: data)
    cmr = Writer(scratch / "plain")
    checks.equal("a password without TLS is not even kept", cmr.account(plain.port, "--tls", "none", password=PASSWORD).code, 7)
    cmr.account(plain.port, "--tls", "none").ok()
    cmr("push").ok()
    checks.check("without TLS, on this machine alone: delivered, and no login", post.mails and b"AUTH" not in plain.said, plain.said)
    plain.stop()
    post.stop()


def by_hand(checks, scratch, ca, context):
    cmr = Writer(scratch / "file", ca, language="de")
    cmr("push").ok(5)
    message, file = cmr.newest(), cmr.folder / "mail.eml"
    cmr("outbox", "write", message["id"], "--output", file).ok()
    written = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    post = Post(context)
    cmr.account(post.port).ok()
    cmr.again().ok()
    sent = post.last()
    for part in ("Subject", "To", "Message-ID", "Date"):
        checks.equal(f"the file and the sent e-mail: {part}", written[part], sent[part])
    checks.equal("the file and the sent e-mail: text", body(written), body(sent))
    checks.check("the file reads as German", "Mit freundlichen Grüßen" in body(written), body(written))
    post.stop()

    if not shutil.which("pdftotext"):
        return checks.skip("the text of a letter", "needs pdftotext (poppler-utils; .ci/run sets it up)")
    (cmr.folder / "to.txt").write_text("Žluťoučký kůň a. s.\nΕλλάδα 7\n110 00 Praha\n")
    cmr("vendor", "add", "paper", "--channel", "letter", "--letter-to", cmr.folder / "to.txt", "--account", "Київ-7").ok()
    cmr.grant("paper", "email,name,address")
    cmr("push").ok(5)
    letter = cmr.folder / "letter.pdf"
    cmr("outbox", "write", cmr.newest()["id"], "--output", letter).ok()
    text = subprocess.run(["pdftotext", "-layout", letter, "-"], capture_output=True, text=True, check=True).stdout
    wanted = [*LENT.values(), "12 rue de la Paix", "75002 Paris", "Žluťoučký kůň", "Ελλάδα 7", "Київ-7"]
    checks.equal("a letter holds all that is lent", [value for value in wanted if value not in text], [])
    checks.equal("a letter holds nothing else", [value for value in KEPT.values() if value in text], [])
    info = subprocess.run(["pdfinfo", letter], capture_output=True, text=True, check=True).stdout
    checks.check("a letter is A4, and undated", "A4" in info and "CreationDate" not in info, info)
    fonts = subprocess.run(["pdffonts", letter], capture_output=True, text=True, check=True).stdout
    checks.check("its font is embedded, in part, and searchable", "yes yes yes" in fonts, fonts)


def main(checks, scratch):
    ca, context = authority(scratch, "ours")
    delivered(checks, scratch, ca, context)
    refused(checks, scratch, ca, context)
    many(checks, scratch, ca, context)
    in_clear(checks, scratch, ca, context)
    by_hand(checks, scratch, ca, context)


if __name__ == "__main__":
    run(main)
