#!/usr/bin/env python3
"""A WordPress that nobody here wrote, on a MariaDB of its own: the connector sets, shows and takes back what a real account
says of its user, and says what is the matter with a password that WordPress does not take."""

import contextlib
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

from lab import Cmr, run

SOURCE = pathlib.Path("/usr/share/wordpress")
LENT = {
    "name": "Ada \"{claim:email}\" Łovelace",
    "given_name": "Ada",
    "family_name": "Łovelace",
    "nickname": "Countess",
    "email": "ada@example.org",
    "website": "https://ada.example/",
}

# WordPress is asked for everything that is not a file, as a web server would do it.
ROUTER = """<?php
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
if ($path !== '/' && is_file(__DIR__ . $path)) { return false; }
$_SERVER['SCRIPT_NAME'] = $_SERVER['PHP_SELF'] = '/index.php';
require __DIR__ . '/index.php';
"""

CONFIG = """<?php
define('DB_NAME', 'wordpress');
define('DB_USER', 'root');
define('DB_PASSWORD', '');
define('DB_HOST', 'localhost:%(socket)s');
define('DB_CHARSET', 'utf8mb4');
define('WP_ENVIRONMENT_TYPE', 'local');
define('WP_HTTP_BLOCK_EXTERNAL', true);
define('AUTOMATIC_UPDATER_DISABLED', true);
define('DISABLE_WP_CRON', true);
define('WP_HOME', '%(url)s');
define('WP_SITEURL', '%(url)s');
define('WP_CONTENT_DIR', '%(content)s');
define('WP_DEBUG_DISPLAY', false);
$table_prefix = 'wp_';
if (!defined('ABSPATH')) { define('ABSPATH', __DIR__ . '/'); }
require_once ABSPATH . 'wp-settings.php';
"""

# What an administrator does by hand: installs the site, makes an account, and a password for programs. No mail leaves.
INSTALL = """<?php
define('WP_INSTALLING', true);
require __DIR__ . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
function wp_mail() { return true; }
wp_install('Check', 'root', 'root@blog.example', false, '', 'unused-password');
update_option('permalink_structure', '/%postname%/');
$user = wp_insert_user(['user_login' => 'ada', 'user_pass' => 'unused', 'user_email' => 'before@example.org', 'role' => 'subscriber']);
[$password, $item] = WP_Application_Passwords::create_new_application_password($user, ['name' => 'cmr']);
echo json_encode(['user' => $user, 'password' => $password, 'version' => get_bloginfo('version')]), "\\n";
"""

# What the site itself has of the account, beside its API.
LOOK = """<?php
require __DIR__ . '/wp-load.php';
$user = get_user_by('login', 'ada');
echo json_encode(['name' => $user->display_name, 'given_name' => $user->first_name, 'family_name' => $user->last_name,
    'nickname' => $user->nickname, 'email' => $user->user_email, 'website' => $user->user_url]), "\\n";
"""


class Database:
    """MariaDB on a socket in a folder of its own; no port, and not the system's service."""

    def __init__(self, folder):
        folder.mkdir()
        # A socket's path must be short.
        self.socket, self.log = folder / "s", folder / "log"
        owner = ["--user=root"] if os.getuid() == 0 else []
        data = folder / "data"
        made = ["mariadb-install-db", "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal", *owner]
        subprocess.run([*made, "--skip-test-db"], check=True, capture_output=True, timeout=90)
        line = ["mariadbd", "--no-defaults", f"--datadir={data}", f"--socket={self.socket}", "--skip-networking", *owner]
        line += [f"--pid-file={folder}/pid", "--innodb-flush-log-at-trx-commit=0"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(line, stdout=log, stderr=log)
        wait(self, self.reachable, "MariaDB")
        self.run("CREATE DATABASE wordpress CHARACTER SET utf8mb4")

    def reachable(self):
        with socket.socket(socket.AF_UNIX) as probe:
            probe.connect(str(self.socket))

    def run(self, sql):
        line = ["mariadb", "--no-defaults", f"--socket={self.socket}", "-u", "root", "-e", sql]
        subprocess.run(line, check=True, capture_output=True, timeout=30)

    def stop(self):
        stop(self.process)


class Site:
    """WordPress behind PHP's own server."""

    def __init__(self, folder, database):
        folder.mkdir()
        self.root, self.log = folder / "www", folder / "log"
        self.root.mkdir()
        for entry in SOURCE.iterdir():
            if entry.name not in ("wp-config.php", "wp-content", "index.php"):
                # PHP looks for wp-config.php beside the file that a link leads to.
                (shutil.copytree if entry.is_dir() else shutil.copy)(entry, self.root / entry.name)
        shutil.copy(SOURCE / "index.php", self.root / "index.php")
        content = folder / "content"
        content.mkdir()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        places = {"socket": database.socket, "url": self.url, "content": content}
        (self.root / "wp-config.php").write_text(CONFIG % places)
        for name, text in (("router.php", ROUTER), ("install.php", INSTALL), ("look.php", LOOK)):
            (self.root / name).write_text(text)
        self.made = self.php("install.php")
        (self.root / "install.php").unlink()
        line = ["php", "-S", f"127.0.0.1:{self.port}", "-t", self.root, self.root / "router.php"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(line, stdout=log, stderr=log)
        wait(self, self.reachable, "PHP's server")

    def php(self, script):
        line = ["php", "-d", "display_errors=stderr", script]
        done = subprocess.run(line, cwd=self.root, capture_output=True, text=True, timeout=90)
        try:
            return json.loads(done.stdout.splitlines()[-1])
        except (IndexError, json.JSONDecodeError):
            raise AssertionError(f"{script}: {done.stdout[-1500:]}\n{done.stderr[-1500:]}") from None

    def account(self):
        return self.php("look.php")

    def reachable(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request("GET", "/wp-json/")
        status = connection.getresponse().status
        connection.close()
        if status != 200:
            raise OSError(f"/wp-json/ answers {status}")

    def stop(self):
        stop(self.process)


def wait(server, reachable, name):
    end = time.monotonic() + 60
    while True:
        with contextlib.suppress(OSError):
            return reachable()
        if server.process.poll() is not None or time.monotonic() > end:
            server.stop()
            raise AssertionError(f"{name} did not start: {server.log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.1)


def stop(process):
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(20)


def states(found):
    return {one["claim"]: one["state"] for one in found}


def main(checks, scratch):
    database = Database(scratch / "db")
    try:
        site = Site(scratch / "site", database)
        try:
            account(checks, scratch, site)
        finally:
            site.stop()
    finally:
        database.stop()


def account(checks, scratch, site):
    password = site.made["password"]
    cmr, file = Cmr(scratch), scratch / "token"
    cmr.fill(LENT)
    file.write_text(password + "\n")
    add = ["vendor", "add", "blog", "--url", site.url, "--allow-loopback", "--channel", "connector"]
    cmr(*add, "--connector", "wordpress", "--with", "username=ada", "--token-file", file).ok()
    checks.note(f"WordPress {site.made['version']}")

    before = site.account()
    cmr.grant("blog", "given_name,email")
    moved = cmr("push", "--json").ok().json
    expected = before | {"given_name": "Ada", "email": "ada@example.org"}
    checks.equal("what is lent is there, and nothing else has changed", site.account(), expected)
    checks.equal("it is read back", states(moved["read_back"][0]["claims"]), dict.fromkeys(["given_name", "email"], "verified"))

    cmr.grant("blog", "name,family_name,nickname,website")
    cmr("push").ok()
    checks.equal("all that is lent is there", site.account(), LENT)
    checks.equal("it is read back too", states(cmr.json("vendor", "verify", "blog")["claims"]), dict.fromkeys(LENT, "verified"))

    file.write_text("abcdEFGHijklMNOPqrstUVWX\n")
    cmr("vendor", "set", "blog", "--token-file", file).ok()
    cmr("profile", "set", "family_name", "King").ok()
    done = cmr("-vv", "push")
    words = done.out + done.err
    checks.equal("a wrong password needs the user", done.code, 5)
    checks.check("it is WordPress that says so", "it answered 404 rest_user_invalid_id" in words and "does not accept the token" in words, words)
    checks.check("and no password is in what is said", password not in words and "abcdEFGH" not in words, words)
    checks.equal("nothing was changed", site.account(), LENT)

    file.write_text(password + "\n")
    cmr("vendor", "set", "blog", "--token-file", file).ok()
    cmr("push").ok()
    checks.equal("with the right password it goes on", site.account(), LENT | {"family_name": "King"})

    for one in cmr.json("grant", "list", "--vendor", "blog")["grants"]:
        cmr("grant", "revoke", one["id"], "--yes").ok()
    done = cmr("push")
    checks.equal("an e-mail address cannot be taken back: the user must ask", done.code, 5)
    checks.check("which is said", "cannot take back email" in done.out + done.err, done.out + done.err)
    cleared = {"name": "ada", "given_name": "", "family_name": "", "nickname": "ada", "email": "ada@example.org", "website": ""}
    checks.equal("all else is taken back", site.account(), cleared)


if __name__ == "__main__":
    run(main)
