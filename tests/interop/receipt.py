#!/usr/bin/env python3
"""A receipt that cmr prints can be verified by somebody who has nothing but the receipt, and not cmr.

joserfc and PyJWT verify both tokens with the keys that stand in it; the hash and the ids are compared with hashlib. A
bit that was changed afterwards is noticed by them, and by cmr where it was changed in the vault.
"""

import json

import jwt
import sqlcipher3
from joserfc import jws
from joserfc.jwk import JWKRegistry

from lab import Cmr, Vendor, flip, introduce, parts, run, set_hash


def by_joserfc(half):
    return json.loads(jws.deserialize_compact(half["jws"], JWKRegistry.import_key(half["jwk"]), ["EdDSA"]).payload)


def by_pyjwt(half, issuer, audience):
    jwk = {name: value for name, value in half["jwk"].items() if value is not None}
    key = jwt.PyJWK(jwk, algorithm="EdDSA").key
    return jwt.decode(half["jws"], key, algorithms=["EdDSA"], audience=audience, issuer=issuer)


def verified(checks, name, receipt):
    """Checks a receipt as a third party would."""
    ours, theirs = receipt["ours"], receipt["theirs"]
    customer, vendor = parts(ours["jws"])[1]["iss"], parts(theirs["jws"])[1]["iss"]
    sent, answer = by_joserfc(ours), by_joserfc(theirs)
    checks.equal(f"{name}: PyJWT reads what joserfc reads of ours", by_pyjwt(ours, customer, vendor), sent)
    checks.equal(f"{name}: and of theirs", by_pyjwt(theirs, vendor, customer), answer)
    (event,), (said,) = sent["events"].values(), answer["events"].values()
    checks.equal(f"{name}: the answer names our bytes", said["set_hash"], set_hash(ours["jws"]))
    checks.equal(f"{name}: and our grant", said["grant_id"], event["grant_id"])
    checks.equal(f"{name}: what is stated is what the token says", receipt["stated"], said)
    key = JWKRegistry.import_key(ours["jwk"])
    checks.check(f"{name}: our name is that of the key", customer.endswith(":" + key.thumbprint()))
    checks.check(f"{name}: no private key is in it", "d" not in ours["jwk"] and "d" not in theirs["jwk"])
    checks.check(f"{name}: cmr found no more wrong", receipt["ok"] and all(one["ok"] for one in receipt["checks"]))


def tampered(checks, receipt):
    for whose in ("ours", "theirs"):
        for part in (1, 2):
            half = receipt[whose] | {"jws": flip(receipt[whose]["jws"], part)}
            checks.refused(f"a bit of {whose} is noticed (part {part})", lambda half=half: by_joserfc(half), Exception)


def change_in_vault(cmr, sql, *values):
    import pyrage

    identity = pyrage.x25519.Identity.from_str(cmr.recovery.read_text().strip().splitlines()[-1])
    key = pyrage.decrypt((cmr.home / "slots/recovery.age").read_bytes(), [identity]).decode()
    database = sqlcipher3.connect(str(cmr.home / "vault.db"))
    database.execute(f"PRAGMA key = \"x'{key}'\"")
    database.execute(sql, values)
    database.commit()
    database.close()


def main(checks, scratch):
    cmr, vendor = Cmr(scratch), Vendor()
    cmr.fill({"email": "ada@example.org"})
    introduce(cmr, vendor)
    grant = cmr.grant("acme", "email")
    cmr("push", "acme").ok()
    message = vendor.tokens()[-1]
    vendor.queue(vendor.sign(vendor.claims(message, "grant-acknowledged", vendor.acknowledgement(message))))
    cmr("pull").ok()
    receipt = cmr("grant", "receipt", grant, "--json").ok().json
    verified(checks, "an acknowledgement", receipt)
    tampered(checks, receipt)
    path = scratch / "receipt.json"
    cmr("grant", "receipt", grant, "--output", path).ok()
    verified(checks, "the file", json.loads(path.read_text()))
    token = receipt["theirs"]["jws"]
    change_in_vault(cmr, "UPDATE message SET jws = ? WHERE direction = 'in'", flip(token, 2))
    checks.equal("cmr notices what was changed in its vault", cmr("grant", "receipt", grant).code, 8)
    change_in_vault(cmr, "UPDATE message SET jws = ? WHERE direction = 'in'", token)
    # The customer changes its key, and the vendor deletes: the old receipt is by the old key.
    cmr("vendor", "set", "acme", "--new-key", "--yes").ok()
    cmr("push").ok()
    cmr("grant", "revoke", grant, "--yes").ok()
    cmr("push").ok()
    old = cmr("grant", "receipt", grant, "--message", receipt["ours"]["id"], "--json").ok().json
    verified(checks, "after a change of key", old)
    checks.check("and it says until when that key was ours", old["ours"]["key_to"] is not None)
    vendor.stop()


if __name__ == "__main__":
    run(main)
