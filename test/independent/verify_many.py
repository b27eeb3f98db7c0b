#!/usr/bin/env python3
"""The verifier beside this file, asked many times: a line of JSON with its arguments in, its answer as a line of JSON out.

A signature that was checked once is not checked again with the same key and bytes, and no Python is started anew.
"""
import functools, json, sys
import verify_audit

@functools.lru_cache(maxsize=None)
def signed_by(pem, data, signature):
    return openssl(Pem(pem), data, signature)

class Pem:
    """What the verifier's check needs of a key: a file with it."""

    def __init__(self, content):
        self.pem = verify_audit.tempfile.NamedTemporaryFile(suffix=".der")
        self.pem.write(content)
        self.pem.flush()

openssl = verify_audit.Key.signed
verify_audit.Key.signed = lambda key, data, signature: signed_by(open(key.pem.name, "rb").read(), data, signature)

for line in sys.stdin:
    asked = json.loads(line)
    print(json.dumps(verify_audit.verify(asked["bundle"], asked["key"], asked["anchors"], "9999")), flush=True)
