#!/usr/bin/env python3
"""What cmr puts on the wire verifies in two libraries that nobody here wrote: joserfc and PyJWT.

Usage: set_verify.py [FILE.json]: also writes the captured tokens to FILE, for set_verify.mjs.
"""

import json
import sys

import jwt
from jwt.algorithms import OKPAlgorithm
from joserfc import errors as jose
from joserfc import jws
from joserfc.jwk import OKPKey

from lab import NAMESPACE, Cmr, Vendor, flip, introduce, parts, run

URN = "urn:ietf:params:oauth:jwk-thumbprint:sha-256:"


def capture(scratch):
    """Every kind of message that a customer sends today, off the wire."""
    cmr, vendor = Cmr(scratch), Vendor()
    cmr.fill({"email": "ada@example.org", "name": "Ada Lovelace", "phone_number": "+33123456789"})
    introduce(cmr, vendor)
    grant = cmr.grant("acme", "email,name", "--terms", "SD-BASE")
    cmr("push").ok(0, 4, 5)
    for words in (
        ["grant", "amend", grant, "--add", "phone_number", "--widen"],
        ["grant", "renew", grant, "--expires", "180d"],
        ["vendor", "set", "acme", "--new-key"],
        ["grant", "revoke", grant],
    ):
        cmr(*words, "--yes").ok()
        cmr("push").ok(0, 4, 5)
    vendor.stop()
    return vendor


def envelope(checks, vendor, tokens):
    """Everything about the messages but their signatures."""
    names = [next(iter(parts(token)[1]["events"])).removeprefix(NAMESPACE) for token in tokens]
    expected = ["relationship-created", "grant-created", "grant-updated", "grant-renewed", "keys-changed", "grant-revoked"]
    checks.equal("each event was sent, in order", names, expected)
    first = parts(tokens[0])[0].get("jwk", {})
    checks.check("the first message carries its public key", first.get("kty") == "OKP")
    checks.check("and nothing of the private one", "d" not in first, first)
    checks.check("later messages carry no key", all("jwk" not in parts(token)[0] for token in tokens[1:]))
    thumbprint = OKPKey.import_key(first).thumbprint()
    changed = names.index("keys-changed") + 1
    second = payload(tokens[changed - 1])["jwk"]
    kids = [parts(token)[0]["kid"] for token in tokens]
    by_key = [thumbprint] * changed + [OKPKey.import_key(second).thumbprint()] * (len(tokens) - changed)
    checks.equal("kid is the RFC 7638 thumbprint of the key that signs, the old one for its own change", kids, by_key)
    checks.equal("iss is the RFC 9278 URN of the first", {parts(t)[1]["iss"] for t in tokens}, {URN + thumbprint})
    checks.equal("alg is the name that every library knows", {parts(t)[0]["alg"] for t in tokens}, {"EdDSA"})
    jtis = {parts(token)[1]["jti"] for token in tokens}
    checks.check("each jti is its own UUIDv7", len(jtis) == len(tokens) and all(jti[14] == "7" for jti in jtis), jtis)
    for name in ("sub", "exp"):
        checks.check(f"no {name}, as RFC 8417 asks", all(name not in parts(token)[1] for token in tokens))
    types = {headers.get("content-type") for headers, _ in vendor.pushed}
    checks.equal("the content type is RFC 8935's", types, {"application/secevent+jwt"})
    tokens_sent = {headers.get("authorization") for headers, _ in vendor.pushed}
    checks.equal("the vendor's token goes along", tokens_sent, {"Bearer a-token-of-acme"})
    return {thumbprint: first, OKPKey.import_key(second).thumbprint(): second}


def payload(token):
    """Of the one event in a token, unverified."""
    return next(iter(parts(token)[1]["events"].values()))


def proof(checks, vendor, token, keys):
    """The change of key holds what proves that the new key is held: docs/protocol.md, and nothing else, is how to tell."""
    old, new = keys.values()
    found, text = payload(token), payload(token)["proof"]
    checks.equal("the new key comes along whole, and public", found["jwk"], new)
    checks.check("and nothing of the private one", "d" not in found["jwk"], found["jwk"])
    claims = {
        "iss": parts(token)[1]["iss"],
        "aud": vendor.url,
        "iat": parts(text)[1]["iat"],
        "old_key": OKPKey.import_key(old).thumbprint(),
        "new_key": OKPKey.import_key(new).thumbprint(),
    }
    verified = jws.deserialize_compact(text, OKPKey.import_key(new), algorithms=["EdDSA"])
    header = {"typ": "cmr-key-proof+jwt", "alg": "EdDSA", "kid": claims["new_key"]}
    checks.equal("joserfc verifies the proof by the new key: its header", verified.headers(), header)
    checks.equal("its claims", json.loads(verified.payload), claims)
    by_pyjwt = jwt.decode(text, OKPAlgorithm.from_jwk(new), algorithms=["EdDSA"], audience=vendor.url)
    checks.equal("PyJWT reads the same claims", by_pyjwt, claims)
    for what, key, broken in (
        ("under the old key", old, text),
        ("with a flipped payload bit", new, flip(text, 1)),
        ("with a flipped signature bit", new, flip(text, 2)),
    ):
        case = lambda key=key, broken=broken: jws.deserialize_compact(broken, OKPKey.import_key(key), algorithms=["EdDSA"])
        checks.refused(f"joserfc refuses the proof {what}", case, jose.BadSignatureError)


def with_joserfc(checks, vendor, token, jwk, name):
    key = OKPKey.import_key(jwk)
    found = jws.deserialize_compact(token, key, algorithms=["EdDSA"])
    checks.equal(f"joserfc verifies {name}: typ", found.headers()["typ"], "secevent+jwt")
    checks.equal(f"joserfc verifies {name}: aud", json.loads(found.payload)["aud"], vendor.url)
    for part, what in ((1, "payload"), (2, "signature")):
        broken = flip(token, part)
        verify = lambda broken=broken: jws.deserialize_compact(broken, key, algorithms=["EdDSA"])
        checks.refused(f"joserfc refuses {name} with a flipped {what} bit", verify, jose.BadSignatureError)
    other = OKPKey.generate_key("Ed25519", private=False)
    verify = lambda: jws.deserialize_compact(token, other, algorithms=["EdDSA"])
    checks.refused(f"joserfc refuses {name} under another key", verify, jose.BadSignatureError)


def with_pyjwt(checks, vendor, token, jwk, name):
    key = OKPAlgorithm.from_jwk(jwk)

    def verify(token=token, audience=vendor.url):
        return jwt.decode_complete(token, key, algorithms=["EdDSA"], audience=audience)

    found = verify()
    checks.equal(f"PyJWT verifies {name}: typ", found["header"]["typ"], "secevent+jwt")
    checks.equal(f"PyJWT verifies {name}: aud", found["payload"]["aud"], vendor.url)
    for audience in (vendor.url + "/", vendor.url.upper(), "https://other.example"):
        case = lambda audience=audience: verify(audience=audience)
        checks.refused(f"PyJWT refuses {name} for {audience.replace(vendor.url, 'URL')}", case, jwt.InvalidAudienceError)
    for part, what in ((1, "payload"), (2, "signature")):
        case = lambda part=part: verify(token=flip(token, part))
        checks.refused(f"PyJWT refuses {name} with a flipped {what} bit", case, jwt.InvalidSignatureError)


def main(checks, scratch):
    vendor = capture(scratch)
    tokens = vendor.tokens()
    keys = envelope(checks, vendor, tokens)
    for token in tokens:
        name = next(iter(parts(token)[1]["events"])).removeprefix(NAMESPACE)
        jwk = keys[parts(token)[0]["kid"]]
        if name == "keys-changed":
            proof(checks, vendor, token, keys)
        with_joserfc(checks, vendor, token, jwk, name)
        with_pyjwt(checks, vendor, token, jwk, name)
    if len(sys.argv) > 1:
        with open(sys.argv[1], "w", encoding="utf-8") as file:
            json.dump({"audience": vendor.url, "keys": keys, "tokens": tokens}, file)


if __name__ == "__main__":
    run(main)
