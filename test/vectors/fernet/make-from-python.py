"""Writes from-python.json: tokens that Python's `cryptography` made, with what they hold. Run beside that file."""
import base64
import json
import os

from cryptography.fernet import Fernet, MultiFernet

keys = [Fernet.generate_key() for _ in range(3)]
values = [b"", b"a", b"15 bytes long!!", b"16 bytes long!!!", "Grüße, 世界 \U0001f680".encode(), bytes(range(256)), os.urandom(1000)]
single = Fernet(keys[2])
several = MultiFernet([Fernet(key) for key in keys])


def line(fernet, value, at):
    return {"token": fernet.encrypt_at_time(value, at).decode(), "at": at, "value": base64.b64encode(value).decode()}


made = [line(fernet, value, 1_700_000_000 + index) for index, value in enumerate(values) for fernet in (single, several)]
rotated = [
    {**one, "rotated": several.rotate(one["token"].encode()).decode()} for one in made[::2]
]
with open("from-python.json", "w") as file:
    json.dump({"keys": [key.decode() for key in keys], "tokens": made, "rotations": rotated}, file, indent=1)
    file.write("\n")
