#!/usr/bin/env python3
"""Mailboxes are read from Dovecot over TLS, and nothing in them changes; servers that lie are named."""

import datetime
import ipaddress
import json
import os
import pathlib
import pwd
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from lab import ROOT, Cmr, run

HEADS = pathlib.Path(os.environ.get("CMR_IMAP_HEADS", ROOT / "target/debug/examples/imap_heads"))
PASSWORD = 'a "pass\\word" ü'
CONFIG = """
base_dir = {base}/run
state_dir = {base}/state
log_path = {base}/log
protocols = imap
listen = 127.0.0.1
ssl = required
ssl_cert = <{base}/server.pem
ssl_key = <{base}/server.key
ssl_dh =
mail_location = maildir:{base}/mail
first_valid_uid = 1
auth_mechanisms = {mechanisms}
default_internal_user = {internal}
default_login_user = {login}
default_internal_group = {group}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {base}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={base}/home
}}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {port}
    ssl = yes
  }}
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Sent {{
    special_use = \\Sent
  }}
  mailbox Rubbish {{
    special_use = \\Junk
  }}
}}
"""


def letter(sender, to, more=""):
    head = f"From: {sender}\nTo: {to}\nDate: Tue, 1 Apr 2025 10:00:00 +0200\n{more}Subject: {sender}\n"
    return f"{head}\nThe body. From: nobody@body.example\n"


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def certificates(folder, names=("127.0.0.1",)):
    """An authority of our own, and what it signs for a server."""
    now = datetime.datetime.now(datetime.timezone.utc)

    def certificate(subject, key, issuer, signer):
        build = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
        build = build.serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(hours=1))
        build = build.not_valid_after(now + datetime.timedelta(days=2))
        if signer is key:
            build = build.add_extension(x509.BasicConstraints(True, None), critical=True)
        else:
            alternatives = [x509.IPAddress(ipaddress.ip_address(name)) for name in names]
            build = build.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        return build.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    authority, server = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    issuer, subject = (x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]) for name in ("CA", "server"))
    (folder / "ca.pem").write_bytes(certificate(issuer, authority, issuer, authority))
    (folder / "server.pem").write_bytes(certificate(subject, server, issuer, authority))
    kind = serialization.PrivateFormat.PKCS8
    key = server.private_bytes(serialization.Encoding.PEM, kind, serialization.NoEncryption())
    (folder / "server.key").write_bytes(key)


def heads(folder, port, *folders, password=PASSWORD, trust="ca.pem", stop=None):
    """What the reader heard, its error if there was one, and its exit code."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("CMR_")}
    if trust:
        env["CMR_CA_FILE"] = str(folder / trust)
    if stop is not None:
        env["STOP_AFTER_MS"] = str(stop)
    line = [str(HEADS), "127.0.0.1", str(port), "me", *folders]
    text = {"text": True, "encoding": "utf-8"}
    done = subprocess.run(line, input=password, env=env, capture_output=True, timeout=90, **text)
    return [json.loads(line) for line in done.stdout.splitlines()], done.stderr, done.returncode


class Dovecot:
    """An instance of its own: its configuration, mail, sockets and log lie in one folder."""

    def __init__(self, mechanisms="plain"):
        self.folder, self.port = pathlib.Path(tempfile.mkdtemp(prefix="cmr-dovecot-")), free_port()
        self.folder.chmod(0o755)
        certificates(self.folder)
        root = os.getuid() == 0
        me = pwd.getpwnam("mail") if root else pwd.getpwuid(os.getuid())
        internal, login = ("dovecot", "dovenull") if root else (me.pw_name, me.pw_name)
        group = "dovecot" if root else me.pw_name
        self.fill()
        (self.folder / "users").write_text(f"me:{{PLAIN}}{PASSWORD}\n", encoding="utf-8")
        (self.folder / "users").chmod(0o644)
        values = {"base": self.folder, "port": self.port, "uid": me.pw_uid, "gid": me.pw_gid, "mechanisms": mechanisms}
        text = CONFIG.format(**values, internal=internal, login=login, group=group)
        (self.folder / "dovecot.conf").write_text(text, encoding="utf-8")
        if root:
            for path in [self.folder / "mail", *(self.folder / "mail").rglob("*")]:
                os.chown(path, me.pw_uid, me.pw_gid)
        command = [shutil.which("dovecot", path="/usr/sbin:/usr/bin"), "-F", "-c", str(self.folder / "dovecot.conf")]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def fill(self):
        def put(folder, number, text, flags="S"):
            for part in ("cur", "new", "tmp"):
                (self.folder / "mail" / folder / part).mkdir(parents=True, exist_ok=True)
            place = "cur" if flags is not None else "new"
            name = f"17120000{number:02}.M{number}.host" + (f":2,{flags}" if flags is not None else "")
            (self.folder / "mail" / folder / place / name).write_text(text, encoding="utf-8")

        unsubscribe = "List-Unsubscribe: <https://links.shop.example/u>\nDKIM-Signature: v=1; d=shop.example; b=x\n"
        put("", 1, letter("Shop <news@mail.shop.example>", "me+shop@home.example", unsubscribe))
        put("", 2, letter("Shop <news@mail.shop.example>", "me+shop@home.example"), None)
        put("", 3, letter("Bob <bob@gmail.com>", "me@home.example"))
        put("", 4, letter("a@gone.example", "me@home.example"), "T")
        put("", 5, letter("a@draft.example", "me@home.example"), "D")
        put(".Lists.Bank", 6, letter("=?utf-8?q?B=C3=A4nk?= <a@bank.example>", "me@home.example"))
        put(".Sent", 7, letter("me@home.example", "a@shop.example"))
        put(".Rubbish", 8, letter("a@rubbish.example", "me@home.example"))
        for number in range(10, 99):
            put(".Many", number, letter(f"a@many{number}.example", "me@home.example"))
        many = self.folder / "mail/.Many/cur"
        for copy in range(500):
            shutil.copy(many / "1712000010.M10.host:2,S", many / f"1712000100.C{copy}.host:2,S")

    def ready(self):
        for _ in range(100):
            if self.process.poll() is not None:
                return False
            with socket.socket() as one:
                if one.connect_ex(("127.0.0.1", self.port)) == 0:
                    return True
            time.sleep(0.1)
        return False

    def names(self):
        """Every message's file: its name is its flags, and whether it lies in new."""
        mail = self.folder / "mail"
        return sorted(str(path.relative_to(mail)) for part in ("cur", "new") for path in mail.rglob(f"{part}/*"))

    def log(self):
        log = self.folder / "log"
        return log.read_text(encoding="utf-8", errors="replace")[-2000:] if log.exists() else ""

    def end(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def with_dovecot(checks):
    dovecot = Dovecot()
    try:
        if not checks.check("Dovecot starts", dovecot.ready(), dovecot.log()):
            return
        before = dovecot.names()
        heard, error, code = heads(dovecot.folder, dovecot.port)
        if not checks.check("a mailbox is read", code == 0, error + dovecot.log()):
            return
        found = {one["host"]: one for one in heard if "host" in one}
        shop = found.get("mail.shop.example", {})
        who = (shop.get("name"), shop.get("to"))
        checks.equal("who wrote, and to which alias", who, ("Shop", "me+shop@home.example"))
        expected = {"messages": 2, "with_unsubscribe": 1, "unsubscribe_hosts": ["links.shop.example"]}
        expected["dkim_domains_unverified"] = ["shop.example"]
        checks.equal("what it left", shop.get("details"), expected)
        checks.equal("when", shop.get("seen"), ["2025-04-01T08:00:00Z"] * 2)
        checks.equal("a name in another charset", found.get("bank.example", {}).get("name"), "Bänk")
        checks.equal("all senders of a long folder", sum(host.startswith("many") for host in found), 89)
        many = sum(one["details"]["messages"] for host, one in found.items() if host.startswith("many"))
        checks.equal("each of its messages once", many, 589)
        absent = {"gone.example", "draft.example", "rubbish.example", "home.example", "body.example", "gmail.com"}
        checks.equal("nobody who is no vendor", absent & set(found), set())
        apart = " ".join(one["passed_over"] for one in heard if "passed_over" in one)
        checks.check("what is left out is said", "person's address" in apart and "2 messages marked as" in apart and " and 1 more" in apart, apart)
        checks.equal("nothing was skipped", [one for one in heard if "skipped" in one], [])
        after = dovecot.names()
        checks.equal("no flag changed, and nothing was moved", after, before)
        heard, error, code = heads(dovecot.folder, dovecot.port, "Lists/Bank")
        checks.equal("one folder", [one.get("host") for one in heard if "host" in one], ["bank.example"])
        _, error, code = heads(dovecot.folder, dovecot.port, "Lists/Bnak")
        checks.check("a folder that is not there", code == 6 and "Lists/Bank" in error, error)
        _, error, code = heads(dovecot.folder, dovecot.port, password="wrong")
        checks.check("a wrong password", code == 5 and "name and password" in error, error)
        _, error, code = heads(dovecot.folder, dovecot.port, trust=None)
        checks.check("an authority that is not trusted", code == 1 and "certificate" in error, error)
    finally:
        dovecot.end()


def by_the_command(checks, scratch):
    """The command itself, into a vault: what the reader found becomes vendors, once."""
    dovecot = Dovecot()
    try:
        if not checks.check("Dovecot starts for the command", dovecot.ready(), dovecot.log()):
            return
        before, home = dovecot.names(), scratch / "home"
        home.mkdir()
        cmr = Cmr(home)
        cmr.env["CMR_CA_FILE"] = str(dovecot.folder / "ca.pem")
        cmr("profile", "set", "email", "me@home.example").ok()
        (home / "password").write_text(PASSWORD + "\n", encoding="utf-8")
        (home / "wrong").write_text("wrong\n")

        def take(password, *more):
            where = ["--host", "127.0.0.1", "--port", str(dovecot.port), "--user", "me"]
            return cmr("import", "mail", "imap", *where, "--password-file", home / password, *more)

        wrong = take("wrong")
        checks.check("a wrong password: nothing is imported", wrong.code == 5 and "name and password" in wrong.err, wrong.err)
        checks.equal("a wrong password: no batch", cmr("import", "list", "--json").ok().json["imports"], [])
        planned = take("password", "--dry-run", "--json").ok().json
        checks.equal("a dry run brings nothing", cmr("vendor", "list", "--json").ok().json["vendors"], [])
        first = take("password", "--json").ok()
        checks.equal("what the dry run said comes", (planned["new"], planned["dry_run"]), (first.json["new"], True))
        vendors = {one["domain"]: one for one in cmr("vendor", "list", "--by", "evidence", "--json").ok().json["vendors"]}
        checks.check("senders are vendors", {"shop.example", "bank.example", "many42.example"} <= set(vendors), sorted(vendors))
        absent = {"gone.example", "draft.example", "rubbish.example", "home.example", "body.example", "gmail.com"}
        checks.equal("nobody else is", absent & set(vendors), set())
        shop = json.dumps(vendors.get("shop.example"))
        checks.check("the alias that the shop has", "me+shop@home.example" in shop, shop)
        again = take("password", "--json").ok().json
        checks.equal("the same again brings nothing", again["new"], 0)
        one = take("password", "--folder", "Lists/Bank", "--dry-run", "--json").ok().json
        checks.equal("one folder alone", (one["sources"][0]["found"], one["merged"], one["new"]), (1, 1, 0))
        everything = first.out + first.err + cmr("log", "--json", "--limit", "1000").ok().out
        checks.equal("the password is not told", PASSWORD in everything, False)
        checks.equal("by the command too: no flag changed", dovecot.names(), before)
        cmr("import", "undo", "1", "--yes").ok()
        checks.equal("it is taken back", cmr("vendor", "list", "--json").ok().json["vendors"], [])
    finally:
        dovecot.end()


class Liar:
    """A server with a script: what it says to each command, until it hangs up."""

    def __init__(self, folder, *answers):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "server.pem", folder / "server.key")
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port, self.context, self.answers, self.heard = self.listener.getsockname()[1], context, answers, []
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        try:
            with self.context.wrap_socket(self.listener.accept()[0], server_side=True) as one:
                lines = one.makefile("rb")
                for answer in self.answers:
                    if answer.startswith(b"* OK"):
                        one.sendall(answer)
                        continue
                    line = lines.readline()
                    self.heard.append(line)
                    one.sendall(answer.replace(b"TAG", line.split(b" ")[0]))
        except OSError:
            pass


def with_liars(checks, folder):
    certificates(folder)
    hello, done = b"* OK hello\r\n", b"TAG OK done\r\n"
    listed = b'* LIST () "/" INBOX\r\nTAG OK done\r\n'
    opened = b"* 3 EXISTS\r\nTAG OK [READ-ONLY] done\r\n"
    head = b"From: a@shop.example\r\n\r\n"
    one = b"* 1 FETCH (BODY[HEADER.FIELDS (FROM)]<0> {%d}\r\n%s)\r\n" % (len(head), head)
    stories = [
        ("a connection that breaks off names its folder", (one,), 1, ("INBOX", "nothing was imported")),
        ("in the middle of an answer too", (one[:-12],), 1, ("INBOX", "nothing was imported")),
        ("a goodbye in between", (one + b"* BYE \x1b[2J so long\r\n",), 1, ("INBOX",)),
        ("a folder that is refused", (b"TAG NO \x1b[2J go away\r\n",), 1, ("INBOX", "go away")),
        ("a head of any length", (b"* 1 FETCH (BODY[HEADER.FIELDS (FROM)] {99000000}\r\n",), 1, ("1 MiB",)),
        ("no IMAP at all", (b"HTTP/1.1 400 Bad Request\r\n\r\n",), 1, ("INBOX",)),
    ]
    for name, answers, exit_code, words in stories:
        liar = Liar(folder, hello, done, listed, opened, *answers)
        heard, error, code = heads(folder, liar.port)
        said = code == exit_code and all(word in error for word in words) and "\\u001b" not in error and not heard
        checks.check(name, said, f"{code} {error} {heard}")
    liar = Liar(folder, hello, done, listed, opened, one + done, done)
    heard, error, code = heads(folder, liar.port)
    short = [one["skipped"] for one in heard if "skipped" in one]
    counted = code == 0 and "1 of the 3" in " ".join(short)
    checks.check("messages that are kept back are counted", counted, f"{error} {heard}")
    commands = b"".join(liar.heard)
    looks = b"EXAMINE" in commands and b"BODY.PEEK" in commands and b"SELECT" not in commands
    checks.check("it looks only", looks, commands)
    checks.check("a password that is quoted", b'LOGIN "me" "a \\"pass\\\\word\\" \xc3\xbc"' in commands, commands)
    liar = Liar(folder, b"* OK [CAPABILITY IMAP4rev1 LOGINDISABLED] hello\r\n", done)
    _, error, code = heads(folder, liar.port)
    none = code == 5 and "takes no password" in error and liar.heard in ([], [b""])
    checks.check("no password for whom takes none", none, error)
    silent = socket.create_server(("127.0.0.1", 0))
    start = time.monotonic()
    _, error, code = heads(folder, silent.getsockname()[1], stop=300)
    stopped = code == 1 and "stopped" in error and time.monotonic() - start < 20
    checks.check("who waits for a silent server can stop", stopped, f"{code} {error}")
    silent.close()
    _, error, code = heads(folder, free_port())
    checks.check("nobody there", code == 1 and "refused" in error, error)


def main(checks, scratch):
    with_liars(checks, scratch)
    with_dovecot(checks)
    by_the_command(checks, scratch)


if __name__ == "__main__":
    run(main)
