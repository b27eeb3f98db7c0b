#!/usr/bin/env python3
"""Checks a bundle of the audit log from docs/audit-format.md alone: Python's standard library and the openssl program.

    verify_audit.py BUNDLE [--key VERIFIER_KEY] [--anchors FILE]... [--until TIME]

Prints one line of JSON; ends with 0 when the log is intact, 1 when it is not. Without --key the bundle's own key is believed,
without --anchors the anchors in the bundle. --until leaves out what was signed later (RFC 3339): when the bundle was made.
"""
import argparse, base64, functools, hashlib, json, subprocess, sys, tempfile

def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()

class Tree:
    """RFC 6962: only the whole subtrees at the right edge, largest first."""

    def __init__(self, size=0, nodes=()):
        self.size, self.nodes = size, list(nodes)

    def add(self, leaf):
        rest = self.size
        while rest & 1:
            leaf, rest = sha(b"\1", self.nodes.pop(), leaf), rest >> 1
        self.nodes.append(leaf)
        self.size += 1

    def root(self):
        if not self.nodes:
            return sha(b"")
        return functools.reduce(lambda root, node: sha(b"\1", node, root), reversed(self.nodes))

class Key:
    def __init__(self, text):
        self.name, self.id, encoded = text.strip().split("+", 2)
        raw = base64.b64decode(encoded)
        if raw[0] != 1 or sha(self.name.encode(), b"\n", raw)[:4].hex() != self.id:
            raise ValueError("not an Ed25519 verifier key")
        self.pem = tempfile.NamedTemporaryFile(suffix=".der")
        self.pem.write(bytes.fromhex("302a300506032b6570032100") + raw[1:])
        self.pem.flush()
        self.known = {}

    def open(self, note):
        """The statement in a note, or None when this key did not sign it."""
        if note not in self.known:
            self.known[note] = self.read(*note.rpartition("\n\n"))
        return self.known[note]

    def read(self, text, _, signatures):
        text += "\n"
        for line in signatures.split("\n"):
            head = "\u2014 " + self.name + " "
            try:
                raw = base64.b64decode(line[len(head):], validate=True) if line.startswith(head) else b""
            except ValueError:
                continue
            if len(raw) == 68 and raw[:4].hex() == self.id and self.signed(text.encode(), raw[4:]):
                return self.parse(text)
        return None

    def signed(self, data, signature):
        with tempfile.NamedTemporaryFile() as message, tempfile.NamedTemporaryFile() as sig:
            message.write(data), message.flush(), sig.write(signature), sig.flush()
            return subprocess.run(
                ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", self.pem.name, "-rawin",
                 "-in", message.name, "-sigfile", sig.name], capture_output=True).returncode == 0

    def parse(self, text):
        first, size, root, *rest = text[:-1].split("\n")
        more = [line.partition(" ")[::2] for line in rest]
        said = {"kind": first[len(self.name) + 1:] or "checkpoint", "size": int(size), "root": base64.b64decode(root),
                "nodes": [base64.b64decode(value) for name, value in more if name == "node"], **dict(more)}
        if said["kind"] == "prune" and Tree(said["size"], said["nodes"]).root() != said["root"]:
            return None
        return said

def parsed(line):
    """A damaged line stands for a damaged entry or note."""
    try:
        return {"type": "entry", **json.loads(line)}
    except (ValueError, TypeError):
        return {"type": "entry"}

def verify(bundle, key_text, anchor_files, until):
    lines = [parsed(line) for line in open(bundle, "rb")]
    key = Key(key_text or lines[0]["verifierKey"])
    entries = [line for line in lines if line["type"] not in ("header", "note", "anchor")]
    notes = [(line.get("place", "the log"), line) for line in lines if line["type"] in ("note", "anchor")]
    for name in anchor_files:
        notes += [(name, parsed(line)) for line in open(name, "rb").read().split(b"\n")[:-1] if not line.endswith(b"#torn")]
    complaints, told, before = [], [], 0
    for place, line in notes:
        said = key.open(line["note"]) if "note" in line else None
        if said is None:
            complaints.append((before + 1, "a note in %s is damaged, forged, or signed by another key" % place))
        elif said["time"] <= until:
            told.append((said, base64.b64decode(line.get("leaves") or "")))
            before = said["size"]
    gaps = [said for said, _ in told if said["kind"] == "gap"]
    told = [(said, leaves) for said, leaves in told if said["kind"] == "gap" or not any(
        gap["size"] < said["size"] <= int(gap["until"]) and said["time"] <= gap["time"] for gap in gaps)]
    start = max((said for said, _ in told if said["kind"] == "prune"), key=lambda said: said["size"], default=None)
    size, last = (start["size"], start["hash"]) if start else (0, "0" * 64)
    tree, anchored = Tree(size, start["nodes"] if start else ()), Tree(size, start["nodes"] if start else ())
    roots, leaves_at = {}, {}
    needed = max([size] + [said["size"] + (said["kind"] != "checkpoint") for said, _ in told])
    for said, leaves in sorted(told, key=lambda one: one[0]["size"]):
        if roots.setdefault(said["size"], said["root"]) != said["root"]:
            complaints.append((max(1, said["size"]), "two histories of the first %d entries" % said["size"]))
        first = said["size"] - len(leaves) // 32
        if said["kind"] != "checkpoint" or not leaves or not first <= anchored.size < said["size"]:
            continue
        grown = Tree(anchored.size, anchored.nodes)
        for at in range(grown.size - first, len(leaves) // 32):
            grown.add(leaves[at * 32:at * 32 + 32])
        if grown.root() == said["root"]:
            leaves_at.update((first + at, leaves[at * 32:at * 32 + 32]) for at in range(anchored.size - first, len(leaves) // 32))
            anchored = grown
    seq = sound = size
    for line in entries:
        body = line.get("body", "").encode()
        seq, leaf, digest = seq + 1, sha(b"\0", body), sha(body).hex()
        if leaves_at.get(seq - 1, leaf) != leaf:
            return bad(seq, "it is not the entry that was signed and anchored here")
        entry = parsed(body)
        if line.get("seq") != seq or entry.get("seq") != seq or line.get("hash") != digest or entry.get("previousHash") != last:
            return bad(seq, "it is missing, changed, in a wrong place, or does not follow from the entry before")
        tree.add(leaf)
        last = digest
        if seq in roots:
            if roots[seq] != tree.root():
                return bad(sound + 1, "one of the entries up to %d is not the one that was signed" % seq)
            sound = seq
    if needed > seq:
        return bad(seq + 1, "the log ends here, but %d entries were signed" % needed)
    if complaints:
        return bad(*min(complaints))
    return {"ok": True, "firstBad": None, "entries": len(entries), "root": base64.b64encode(tree.root()).decode()}

def bad(seq, why):
    return {"ok": False, "firstBad": seq, "why": why}

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("bundle"), parser.add_argument("--key"), parser.add_argument("--until", default="9999")
    parser.add_argument("--anchors", action="append", default=[])
    given = parser.parse_args()
    found = verify(given.bundle, given.key, given.anchors, given.until)
    print(json.dumps(found))
    sys.exit(0 if found["ok"] else 1)
