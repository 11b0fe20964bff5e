"""Writes messages straight into a spool directory, as posternd would have left them (postern-spool(5), version 1)."""

import hashlib
import os
import time

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
EPOCH = 1_577_836_800_000_000  # 2020-01-01, in microseconds


def queue_id(microseconds, number):
    """The time of acceptance in ten characters, six more that tell messages of one microsecond apart."""
    value, characters = (microseconds - EPOCH) << 30 | number, []
    for _ in range(16):
        characters.append(ALPHABET[value & 31])
        value >>= 5
    return "".join(reversed(characters))


def rfc3339(microseconds):
    seconds, rest = divmod(microseconds, 1_000_000)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{rest // 1000:03}Z"


def fill(queue, count, due, recipient="admin@example.com", age=3600, uid=1000):
    """`count` messages of this user accepted in the `age` seconds before now, a millisecond or more apart, each tried next at
    `due(number)`, Unix time. The ids, in order of acceptance."""
    text = b"From: alice@example.net\nTo: admin@example.com\nSubject: disk nearly full\n\n/dev/sda1 is at 97 %.\n"
    wire, hashed = len(text) + text.count(b"\n"), hashlib.sha256(text)
    start, step = int((time.time() - age) * 1_000_000), age * 1_000_000 // count
    ids, directory = [], os.open(queue, os.O_RDONLY | os.O_DIRECTORY)
    for number in range(count):
        accepted = start + number * step
        ids.append(queue_id(accepted, number))
        head = (f"postern-spool: 1\nid: {ids[-1]}\naccepted: {rfc3339(accepted)}\nsource: local uid={uid} pid=1\n"
                f"from: <alice@example.net>\nto: <{recipient}>\nbody: 7bit\nwire-size: {wire:012}\n"
                f"size: {len(text):012}\n").encode()
        checksum = hashed.copy()
        checksum.update(head)
        file = os.open(ids[-1], os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600, dir_fd=directory)
        os.write(file, head + f"sha256: {checksum.hexdigest()}\n\n".encode() + text)
        os.utime(file, (due(number), due(number)))
        os.close(file)
    os.close(directory)
    return ids
