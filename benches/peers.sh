#!/bin/sh
# Prepares, in a new directory, one secret for each peer that is installed, and says how each shows it: a line a command,
# words parted by tabs: its name, its environment, its program and arguments. `peers.sh stop DIR` ends what it started.
#
# Nothing here asks for a passphrase, so that no peer pays for one: age has an identity in a file, pass a GnuPG key
# without a passphrase, held by its agent, and KeePassXC a database with a key file and the least key derivation that it makes.
# rbw is left out: it shows nothing without a Bitwarden server to log in to.
set -eu

there() { command -v "$1" >/dev/null; }
line() { printf '%s\t' "$@" && echo; }
number() { sed -n 's/[^0-9]*\([0-9][0-9.]*\).*/\1/p' | head -n 1; }

age_peer() {
    age-keygen -o "$dir/age.key" 2>/dev/null
    echo ada@example.org | age -e -i "$dir/age.key" -o "$dir/email.age"
    line "age -d ($(age --version | number))" age -d -i "$dir/age.key" "$dir/email.age"
}

# A store of as many entries as its last folder has, and a hundred folders of those.
pass_peer() {
    export GNUPGHOME="$dir/gnupg" PASSWORD_STORE_DIR="$dir/store-100"
    version="$(pass version | sed -n 's/.* v\([0-9.]*\) .*/\1/p'), GnuPG $(gpg --version | number)"
    mkdir -m 700 "$GNUPGHOME"
    gpg --batch --quiet --passphrase '' --quick-generate-key ada@example.org ed25519 default never 2>/dev/null
    key=$(gpg --batch --with-colons --list-keys | sed -n 's/^fpr:*\([0-9A-F]*\):$/\1/p' | head -n 1)
    gpg --batch --quiet --passphrase '' --quick-add-key "$key" cv25519 encr never 2>/dev/null
    pass init ada@example.org >/dev/null 2>&1
    echo ada@example.org | pass insert --echo shop/0/0 >/dev/null
    for entry in $(seq 99); do cp "$PASSWORD_STORE_DIR/shop/0/0.gpg" "$PASSWORD_STORE_DIR/shop/0/$entry.gpg"; done
    cp -r "$PASSWORD_STORE_DIR" "$dir/store-10000"
    for folder in $(seq 99); do cp -r "$PASSWORD_STORE_DIR/shop/0" "$dir/store-10000/shop/$folder"; done
    for entries in 100 10000; do
        line "pass show, $entries entries ($version)" GNUPGHOME="$GNUPGHOME" \
            PASSWORD_STORE_DIR="$dir/store-$entries" pass show shop/0/42
    done
}

keepassxc_peer() {
    head -c 32 /dev/urandom >"$dir/keepassxc.key"
    for entries in 100 10000; do
        base="$dir/keepassxc-$entries"
        awk -v entries="$entries" 'BEGIN {
            print "<KeePassFile><Meta/><Root><Group><UUID>AAAAAAAAAAAAAAAAAAAAAQ==</UUID><Name>Root</Name>"
            for (entry = 0; entry < entries; entry++)
                printf "<Entry><String><Key>Title</Key><Value>shop-%d</Value></String>" \
                    "<String><Key>UserName</Key><Value>ada@example.org</Value></String></Entry>\n", entry
            print "</Group></Root></KeePassFile>"
        }' >"$base.xml"
        keepassxc-cli import -q -t 100 --set-key-file "$dir/keepassxc.key" "$base.xml" "$base.kdbx"
        line "keepassxc-cli show, $entries entries ($(keepassxc-cli --version))" keepassxc-cli show -q --no-password \
            -k "$dir/keepassxc.key" -a UserName "$base.kdbx" shop-42
    done
}

case $1 in
stop)
    if there gpgconf && [ -d "$2/gnupg" ]; then GNUPGHOME="$2/gnupg" gpgconf --kill all; fi
    ;;
*)
    dir=$1
    if there age && there age-keygen; then age_peer; fi
    if there pass && there gpg; then pass_peer; fi
    if there keepassxc-cli; then keepassxc_peer; fi
    ;;
esac
