#!/usr/bin/env python3
"""What a vendor signs with joserfc is accepted by cmr exactly when it should be, and cmr says which it was.

Good answers change the grant once and are acknowledged; each bad one is refused with its RFC 8935 code in the next
poll's setErrs, and changes nothing.
"""

import hashlib
import hmac
import json
import time
import uuid

import sqlcipher3
from joserfc.jwk import ECKey, OKPKey, RSAKey

from lab import Cmr, Vendor, b64, flip, introduce, parts, run, set_hash, unb64

# What verifies and is not understood: refused like the rest, and kept for the user to read.
KEPT = ("an unknown event", "a customer's event")
SSF = "https://schemas.openid.net/secevent/ssf/event-type/verification"


def lend(cmr, vendor, name="acme", claims="email,address"):
    """A grant that was delivered; gives its id and its message."""
    grant = cmr.grant(name, claims)
    cmr("push", name).ok()
    return grant, vendor.tokens()[-1]


def state(cmr, grant):
    found = [one for one in cmr.json("grant", "list", "--all")["grants"] if one["id"] == grant]
    return found[0]["status"], found[0]["vendor_status"]


def by_hand(header, claims, sign):
    """A token that a decent library refuses to make."""
    signed = b64(json.dumps(header).encode()) + "." + b64(json.dumps(claims).encode())
    return signed + "." + b64(sign(signed.encode()))


def bad_answers(vendor, message, elsewhere):
    """Answers that must be refused: what is wrong, the code for it, and the token."""
    good = vendor.acknowledgement(message)
    key_bytes = unb64(vendor.jwks[0]["x"])
    stranger = OKPKey.generate_key("Ed25519", private=True)

    def claims(event="grant-acknowledged", payload=good, **other):
        return vendor.claims(message, event, payload, **other)

    def mac(signed):
        return hmac.new(key_bytes, signed, hashlib.sha256).digest()

    def head(alg):
        return {"typ": "secevent+jwt", "alg": alg, "kid": vendor.kid}

    two = claims()
    two["events"][SSF] = {}
    ahead = int(time.time()) + 600
    with_key = {"kid": stranger.thumbprint(), "jwk": stranger.as_dict(private=False)}
    yield "a flipped signature bit", "invalid_key", flip(vendor.sign(claims()), 2)
    yield "a flipped payload bit", None, flip(vendor.sign(claims()), 1)
    yield "alg none", "invalid_key", by_hand(head("none"), claims(), lambda _: b"")
    yield "alg HS256 over the public key", "invalid_key", by_hand(head("HS256"), claims(), mac)
    yield "an unknown kid", "invalid_key", vendor.sign(claims(), key=stranger)
    yield "another key under the known kid", "invalid_key", vendor.sign(claims(), key=stranger, kid=vendor.kid)
    yield "a key that it brings along", "invalid_key", vendor.sign(claims(), key=stranger, **with_key)
    yield "no kid", "invalid_key", vendor.sign(claims(), kid=None)
    yield "another aud", "invalid_audience", vendor.sign(claims(aud="urn:somebody:else"))
    yield "an aud with a slash more", "invalid_audience", vendor.sign(claims(aud=parts(message)[1]["iss"] + "/"))
    yield "another iss", "invalid_issuer", vendor.sign(claims(iss="https://other.example"))
    yield "the iss with a slash more", "invalid_issuer", vendor.sign(claims(iss=vendor.url + "/"))
    yield "typ JWT", "invalid_request", vendor.sign(claims(), typ="JWT")
    yield "no typ", "invalid_request", vendor.sign(claims(), typ=None)
    yield "iat ten minutes ahead", "invalid_request", vendor.sign(claims(iat=ahead))
    yield "an unknown event", "invalid_request", vendor.sign(claims("urn:example:gift"))
    yield "a customer's event", "invalid_request", vendor.sign(claims("grant-revoked"))
    yield "two events", "invalid_request", vendor.sign(two)
    yield "no event", "invalid_request", vendor.sign(claims() | {"events": {}})
    yield "a payload that is none", "invalid_request", vendor.sign(claims(payload={"status": "accepted"}))
    never = good | {"set_hash": set_hash("never.sent.this")}
    yield "a set_hash never sent", "invalid_request", vendor.sign(claims(payload=never))
    other = good | {"set_hash": set_hash(elsewhere)}
    yield "a set_hash sent to another vendor", "invalid_request", vendor.sign(claims(payload=other))
    stranger_grant = good | {"grant_id": str(uuid.uuid4())}
    yield "another grant's id", "invalid_request", vendor.sign(claims(payload=stranger_grant))
    yield "what is no token at all", "invalid_request", "not a token"
    crit = by_hand(head("EdDSA") | {"crit": ["exp"], "exp": 1}, claims(), vendor_signature(vendor))
    yield "a crit header", "invalid_request", crit
    yield "another jti than it is handed over under", "invalid_request", vendor.sign(claims())


def vendor_signature(vendor):
    return vendor.key.private_key.sign


def refusals(checks, cmr, vendor, grant, message, elsewhere):
    before = cmr.json("log", "--limit", "500")["entries"][0]["seq"]
    cases = {str(uuid.uuid4()): case for case in bad_answers(vendor, message, elsewhere)}
    for jti, (what, _, token) in cases.items():
        if what not in ("another jti than it is handed over under", "what is no token at all", "a flipped payload bit"):
            # Handed over under the jti inside, so that nothing but the one thing is wrong.
            jti = parts(token)[1]["jti"]
        vendor.queue(token, jti)
    names = {token: (what, code) for what, code, token in cases.values()}
    waiting = {jti: names[token] for jti, token in vendor.waiting.items()}
    pulled = cmr("pull", "acme", "--json")
    checks.equal("pull says that something was refused", pulled.code, 5)
    kept = [jti for jti, (what, _) in waiting.items() if what in KEPT]
    checks.equal("every refused answer is told to the user", len(pulled.json["refused"]), len(waiting) - len(kept))
    inbox = [one for one in cmr.json("inbox", "list")["messages"] if not one["known"]]
    checks.equal("what was not understood can be read", len(inbox), len(KEPT))
    errors, acks = vendor.errors(), vendor.acks()
    for jti, (what, code) in waiting.items():
        found = errors.get(jti, {})
        right = found.get("err") == code if code else "err" in found
        checks.check(f"refused in setErrs: {what}", right and found.get("description"), found)
        checks.check(f"and not acknowledged: {what}", jti not in acks)
    checks.equal("the grant is as it was", state(cmr, grant), ("offered", "not_confirmed"))
    after = [one for one in cmr.json("log", "--limit", "500")["entries"] if one["seq"] > before]
    actions = sorted(one["action"] for one in after)
    checks.equal("the ledger has one entry of what was refused", actions, ["answers-refused"] + ["event-not-known"] * 2)
    refused = json.dumps([one for one in after if one["action"] == "answers-refused"])
    checks.check("and that one quotes nothing of it", grant not in refused and "accepted" not in refused, refused)
    fetched = vendor.requests.count(("GET", "/jwks"))
    checks.equal("unknown kids did not make cmr fetch the keys again within five minutes", fetched, 1)


def accepted(checks, cmr, vendor, grant, message):
    claims = vendor.claims(message, "grant-acknowledged", vendor.acknowledgement(message))
    year_ago = claims | {"iat": int(time.time()) - 31_536_000}
    token = vendor.sign(year_ago)
    jti = vendor.queue(token)
    cmr("pull", "--json").ok()
    checks.equal("an acknowledgement, even a year old, makes the grant active", state(cmr, grant), ("active", "accepted"))
    checks.equal("its jti is acknowledged with the next poll", vendor.acks().count(jti), 1)
    checks.check("the poll asks for an answer at once", all(poll["returnImmediately"] for poll in vendor.polls))
    vendor.queue(token)
    cmr("pull", "--json").ok()
    checks.equal("the same SET again is acknowledged again", vendor.acks().count(jti), 2)
    entries = [one for one in cmr.json("log", "--limit", "500")["entries"] if one["action"] == "grant-acknowledged"]
    checks.equal("and applied once", len(entries), 1)
    received = [one for one in cmr.json("grant", "show", grant)["messages"] if one["event"] == "grant-acknowledged"]
    checks.equal("and kept once", len(received), 1)
    kept = cmr.json("outbox", "show", received[0]["id"])["jws"]
    checks.equal("as the very bytes that the vendor signed", kept, token)
    verification = vendor.queue(vendor.sign(vendor.claims(message, SSF, {"state": "hello"})))
    cmr("pull").ok()
    checks.check("SSF's connection test is acknowledged", verification in vendor.acks())


def deletion(checks, cmr, vendor, grant):
    known = {one["claim"] for one in cmr.json("vendor", "knows", "acme")["known"]}
    checks.equal("before, the vendor knows what was lent", known, {"email", "address"})
    cmr("grant", "revoke", grant, "--yes").ok()
    cmr("push").ok()
    message = vendor.tokens()[-1]
    payload = parts(message)[1]["events"]["urn:cmr:secevent:1:grant-revoked"]
    retained = {"claim": "address", "legal_basis": "tax law", "until": "2036-12-31T00:00:00Z"}
    statement = {
        "grant_id": grant,
        "version": payload["version"],
        "set_hash": set_hash(message),
        "completed_at": "2026-01-01T00:00:00Z",
        "deleted": ["email"],
        "retained": [retained],
        "recipients_notified": ["a printer"],
    }
    jti = vendor.queue(vendor.sign(vendor.claims(message, "deletion-completed", statement)))
    cmr("pull").ok()
    checks.equal("a deletion statement is taken in", state(cmr, grant), ("revoked", "deletion_stated"))
    checks.check("and acknowledged", jti in vendor.acks())
    known = {one["claim"] for one in cmr.json("vendor", "knows", "acme")["known"]}
    checks.equal("afterwards the vendor knows what it said that it keeps", known, {"address"})


def late(checks, cmr, vendor):
    """Answers about what was overtaken: they are taken in, and change nothing."""
    grant, first = lend(cmr, vendor)
    cmr("grant", "amend", grant, "--drop", "address", "--yes").ok()
    cmr("push").ok()
    second = vendor.tokens()[-1]

    def acknowledge(message):
        jti = vendor.queue(vendor.sign(vendor.claims(message, "grant-acknowledged", vendor.acknowledgement(message))))
        cmr("pull").ok()
        return jti

    jti = acknowledge(first)
    checks.check("an answer to an overtaken version is acknowledged", jti in vendor.acks())
    checks.equal("but confirms nothing of the new one", state(cmr, grant)[1], "not_confirmed")
    acknowledge(second)
    checks.equal("the answer to the new one does", state(cmr, grant), ("active", "accepted"))
    cmr("grant", "revoke", grant, "--yes").ok()
    cmr("push").ok()
    acknowledge(second)
    checks.equal("a late answer does not bring a revoked grant back", state(cmr, grant), ("revoked", "not_confirmed"))


def algorithms(checks, cmr):
    """The other algorithms on the allow-list, by keys of another make."""
    for alg, key in (
        ("ES256", ECKey.generate_key("P-256", {"use": "sig"}, private=True)),
        ("RS256", RSAKey.generate_key(2048, {"use": "sig"}, private=True)),
    ):
        vendor, name = Vendor(), alg.lower()
        vendor.jwks = [vendor.public(key)]
        introduce(cmr, vendor, name)
        grant, message = lend(cmr, vendor, name, "email")
        claims = vendor.claims(message, "grant-acknowledged", vendor.acknowledgement(message, status="rejected"))
        bad = vendor.queue(flip(vendor.sign(claims | {"jti": "bad"}, key=key, alg=alg), 2), "bad")
        good = vendor.queue(vendor.sign(claims, key=key, alg=alg))
        cmr("pull", name).ok(5)
        checks.equal(f"a vendor may sign with {alg}", state(cmr, grant)[1], "rejected")
        checks.check(f"and a bad {alg} signature is none", bad in vendor.errors() and good in vendor.acks())
        vendor.stop()


def age_keys(cmr, scratch):
    """Makes the vault believe that it last saw the vendors' keys ten minutes ago."""
    import pyrage

    identity = pyrage.x25519.Identity.from_str(cmr.recovery.read_text().strip().splitlines()[-1])
    key = pyrage.decrypt((cmr.home / "slots/recovery.age").read_bytes(), [identity]).decode()
    database = sqlcipher3.connect(str(cmr.home / "vault.db"))
    database.execute(f"PRAGMA key = \"x'{key}'\"")
    database.execute("UPDATE vendor_key SET last_seen = last_seen - 600000")
    database.execute("UPDATE vendor SET keys_asked_at = keys_asked_at - 600000")
    database.commit()
    database.close()


def rotation(checks, cmr, vendor, scratch):
    """A vendor that changes its keys, in ways that are right and wrong."""
    grant, message = lend(cmr, vendor)
    payload = vendor.acknowledgement(message)
    new, newer = (OKPKey.generate_key("Ed25519", {"use": "sig"}, private=True) for _ in range(2))
    vendor.jwks.append(vendor.public(new))
    claims = vendor.claims(message, "grant-acknowledged", payload)
    fetched = lambda: vendor.requests.count(("GET", "/jwks"))
    age_keys(cmr, scratch)
    before = fetched()
    jti = vendor.queue(vendor.sign(claims, key=new))
    # Two more with kids that nobody has: one fetch has to do for all three.
    for _ in range(2):
        stranger = OKPKey.generate_key("Ed25519", private=True)
        vendor.queue(vendor.sign(vendor.claims(message, "grant-acknowledged", payload), key=stranger))
    cmr("pull", "acme").ok(5)
    checks.check("after five minutes a new key is found", jti in vendor.acks(), vendor.errors().get(jti))
    checks.equal("with one fetch for three unknown kids", fetched() - before, 1)

    # A key under an old kid that is another: the old key stays, the new ones are taken, and nothing breaks off.
    vendor.jwks = [vendor.public(newer) | {"kid": vendor.kid}, vendor.public(new), vendor.public(newer)]
    age_keys(cmr, scratch)
    changed = vendor.queue(vendor.sign(vendor.claims(message, SSF, {}), key=newer))
    forged = vendor.queue(vendor.sign(vendor.claims(message, SSF, {}), key=newer, kid=vendor.kid))
    pulled = cmr("pull", "--json")
    checks.equal("a key replaced under its kid does not break off the pull", pulled.code, 5)
    checks.check("the other new key is taken", changed in vendor.acks(), pulled.err or vendor.errors().get(changed))
    checks.equal("the replaced key is not", vendor.errors().get(forged, {}).get("err"), "invalid_key")

    # Keys that cannot be fetched are asked for once, not once for each SET.
    vendor.key_set = lambda: {"keys": []}
    age_keys(cmr, scratch)
    before = fetched()
    for _ in range(5):
        stranger = OKPKey.generate_key("Ed25519", private=True)
        vendor.queue(vendor.sign(vendor.claims(message, SSF, {}), key=stranger))
    cmr("pull", "acme").ok(5)
    checks.equal("an unusable key set is fetched once for five unknown kids", fetched() - before, 1)
    cmr("grant", "revoke", grant, "--yes").ok()


def main(checks, scratch):
    cmr, vendor, other = Cmr(scratch), Vendor(), Vendor()
    cmr.fill({"email": "ada@example.org", "address": ["street_address=12 rue de la Paix", "locality=Paris"]})
    introduce(cmr, vendor)
    introduce(cmr, other, "other")
    grant, message = lend(cmr, vendor)
    _, elsewhere = lend(cmr, other, "other")
    refusals(checks, cmr, vendor, grant, message, elsewhere)
    accepted(checks, cmr, vendor, grant, message)
    deletion(checks, cmr, vendor, grant)
    late(checks, cmr, vendor)
    algorithms(checks, cmr)
    rotation(checks, cmr, vendor, scratch)
    checks.equal("and the ledger verifies", cmr("log", "verify").code, 0)
    for one in (vendor, other):
        one.stop()


if __name__ == "__main__":
    run(main)
