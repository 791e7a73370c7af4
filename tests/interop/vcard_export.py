#!/usr/bin/env python3
"""Reads a vCard that cmr wrote with a library that nobody here wrote.

Usage: vcard_export.py FILE.vcf   (needs vobject, from PyPI)

Prints FN, EMAIL, TEL and ADR as JSON. Exits with 1 if one of them is missing or the file is not one vCard 4.0,
with 2 for a wrong command line, and with 77, the sign for "skipped", if vobject is not installed.
"""

import json
import sys

try:
    import vobject
except ImportError:
    print("skipped: vobject is not installed", file=sys.stderr)
    sys.exit(77)


def label(card, line):
    """What another program would call this line: its X-ABLabel, else its TYPE."""
    if line.group:
        for other in card.contents.get("x-ablabel", []):
            if other.group == line.group:
                return other.value
    types = line.params.get("TYPE", [])
    return "-".join(kind.lower() for kind in types) or None


def texts(card, name):
    return [
        {"value": line.value, "label": label(card, line), "preferred": "1" in line.params.get("PREF", [])}
        for line in card.contents.get(name, [])
    ]


def addresses(card):
    parts = ("box", "extended", "street", "city", "region", "code", "country")
    return [
        {"label": label(card, line)} | {part: getattr(line.value, part) for part in parts if getattr(line.value, part)}
        for line in card.contents.get("adr", [])
    ]


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    with open(sys.argv[1], encoding="utf-8", newline="") as file:
        cards = list(vobject.readComponents(file.read()))
    if len(cards) != 1 or cards[0].name != "VCARD":
        print(f"expected one vCard, found {len(cards)}", file=sys.stderr)
        return 1
    card = cards[0]
    found = {
        "version": card.version.value,
        "fn": card.fn.value if "fn" in card.contents else None,
        "emails": texts(card, "email"),
        "tel": texts(card, "tel"),
        "adr": addresses(card),
    }
    print(json.dumps(found, ensure_ascii=False, indent=2))
    missing = [name for name, value in found.items() if not value]
    if found["version"] != "4.0":
        missing.append("version 4.0")
    if missing:
        print("missing: " + ", ".join(missing), file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
