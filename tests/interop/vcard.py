#!/usr/bin/env python3
"""A vCard that cmr exports is read by vobject with the values that went in."""

import json
import pathlib
import subprocess
import sys

from lab import Cmr, run

ADDRESS = ["street_address=12 rue de la Paix; bât. B, 3e", "locality=Paris", "postal_code=75002", "country=FR"]
CLAIMS = {
    "name": "Ada, Countess of Lovelace",
    "email": "ada@example.org",
    "email.work": "ada@work.example",
    "phone_number": "+33123456789",
    "address.home": ADDRESS,
}


def main(checks, scratch):
    cmr, file = Cmr(scratch), scratch / "me.vcf"
    cmr.fill(CLAIMS)
    cmr("profile", "export", "--output", file).ok()
    reader = pathlib.Path(__file__).with_name("vcard_export.py")
    read = subprocess.run([sys.executable, reader, file], capture_output=True, text=True, encoding="utf-8", timeout=60)
    if not checks.check("vobject reads one whole vCard 4.0", read.returncode == 0, read.stdout + read.stderr):
        return
    card = json.loads(read.stdout)
    checks.equal("the name, with its comma", card["fn"], CLAIMS["name"])
    checks.equal("both e-mail addresses", {one["value"] for one in card["emails"]}, {"ada@example.org", "ada@work.example"})
    phones = [one["value"].removeprefix("tel:") for one in card["tel"]]
    checks.equal("the phone number", phones, ["+33123456789"])
    address = card["adr"][0]
    checks.equal("the street, with its separators", address.get("street"), ADDRESS[0].split("=", 1)[1])
    found = [address.get(part) for part in ("city", "code", "country")]
    checks.equal("the rest of the address", found, ["Paris", "75002", "FR"])


if __name__ == "__main__":
    run(main)
