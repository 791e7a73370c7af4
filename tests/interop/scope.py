#!/usr/bin/env python3
"""Nothing but what a grant names leaves the vault: everything a vendor received, searched for everything else.

A full profile, two personas and an alias; two claims lent. Every request body, its JWS parts decoded, and the request
headers are searched for each value that was not lent.
"""

import json

from lab import Cmr, Vendor, introduce, parts, run, unb64

LENT = {"email": "lent.ada@example.org"}
ADDRESS = ["street_address=12 rue Prêtée", "locality=Lentville", "postal_code=75002", "country=FR"]
KEPT = {
    "email.work": "kept.ada@work.example",
    "name": "Kept Fullname",
    "given_name": "Keptgiven",
    "family_name": "Keptfamily",
    "nickname": "Keptnick",
    "birthdate": "1815-12-10",
    "phone_number": "+33199887766",
    "phone_number.mobile": "+33655443322",
    "website": "https://kept-site.example/",
    "zoneinfo": "Europe/Lisbon",
    "locale": "pt-PT",
    "gender": "keptgender",
}
KEPT_ADDRESS = ["street_address=99 Keptstreet", "locality=Keptville", "postal_code=99988", "country=PT"]


def values(claims):
    """Every text that is a value, or a part of one."""
    for value in claims.values():
        for text in [value] if isinstance(value, str) else value:
            yield text.split("=", 1)[1] if not isinstance(value, str) else text


def texts(vendor):
    """All that the vendor can read: headers, bodies, and the parts of tokens in clear."""
    for headers, body in vendor.pushed:
        yield json.dumps(headers)
        yield body.decode()
        for part in body.decode().split(".")[:2]:
            raw = unb64(part).decode()
            yield raw
            yield json.dumps(json.loads(raw), ensure_ascii=False)
    for poll in vendor.polls:
        yield json.dumps(poll)
    for method, path in vendor.requests:
        yield f"{method} {path}"


def main(checks, scratch):
    cmr, vendor, other = Cmr(scratch), Vendor(), Vendor()
    cmr.fill(LENT | {"address": ADDRESS} | KEPT | {"address.work": KEPT_ADDRESS})
    cmr("persona", "add", "night").ok()
    cmr("profile", "set", "--persona", "night", "email", "kept.night@example.org").ok()
    introduce(cmr, vendor)
    introduce(cmr, other, "other")
    cmr("vendor", "alias", "other", "email", "kept.alias@example.org").ok()
    cmr("vendor", "note", "acme", "a kept note about them").ok()
    cmr("vendor", "set", "acme", "--account", "kept-account-77").ok()
    cmr.grant("other", "email,name")
    grant = cmr.grant("acme", "email,address", "--words", "so that it arrives")
    cmr("push").ok()
    # Changes to what is not lent stay here; a change to what is lent follows.
    before = len(vendor.pushed)
    cmr("profile", "set", "nickname", "Keptnick2").ok()
    cmr("profile", "set", "email.work", "kept2.ada@work.example").ok()
    cmr("push").ok()
    checks.equal("a change to a claim that is not lent sends nothing", len(vendor.pushed), before)
    cmr("profile", "set", "email", "lent2.ada@example.org").ok()
    cmr("push").ok()
    checks.equal("a change to a lent claim is sent", len(vendor.pushed), before + 1)
    cmr("grant", "amend", grant, "--drop", "address", "--yes").ok()
    cmr("push").ok()
    cmr("profile", "set", "address.locality", "Laterville").ok()
    cmr("push").ok()
    cmr("grant", "revoke", grant, "--why", "a kept reason", "--yes").ok()
    cmr("push").ok()
    cmr("profile", "set", "email", "after@example.org").ok()
    cmr("push").ok()

    everything = list(texts(vendor))
    lent = [text for text in values(LENT | {"address": ADDRESS})]
    for text in lent:
        # The search must be able to find: what was lent is there.
        checks.check(f"lent, and received: {text}", any(text in body for body in everything))
    never = [
        *values(KEPT | {"address.work": KEPT_ADDRESS}),
        *("kept.night@example.org", "kept.alias@example.org", "a kept note", "kept-account-77", "a kept reason"),
        *("Keptnick2", "kept2.ada", "Laterville", "after@example.org", "night", "a-token-of-other", other.url),
    ]
    for text in never:
        found = [body for body in everything if text.casefold() in body.casefold()]
        # A country code may stand inside of a longer word: it is looked for as a value.
        if len(text) < 4:
            found = [body for body in everything if f'"{text}"' in body]
        checks.check(f"kept, and not received: {text}", not found, found[:1])
    first = [token for token in vendor.tokens() if "grant-created" in str(parts(token)[1]["events"])]
    names = set(next(iter(parts(first[0])[1]["events"].values()))["claims"])
    checks.equal("the claims of the grant are the two", names, {"email", "address"})
    last = next(iter(parts(vendor.tokens()[-1])[1]["events"].values()))
    checks.check("a revocation carries no claims", "claims" not in last and "record" not in last, last)
    subjects = {parts(server.tokens()[0])[1]["sub_id"]["sub"] for server in (vendor, other)}
    issuers = {parts(server.tokens()[0])[1]["iss"] for server in (vendor, other)}
    kids = {parts(server.tokens()[0])[0]["kid"] for server in (vendor, other)}
    for name, found in (("subject", subjects), ("issuer", issuers), ("key", kids)):
        checks.equal(f"two vendors get two {name}s", len(found), 2)
    agents = {headers.get("user-agent") for headers, _ in vendor.pushed}
    checks.check("the User-Agent is plain", all(len(agent or "") < 20 for agent in agents), agents)
    for server in (vendor, other):
        server.stop()


if __name__ == "__main__":
    run(main)
