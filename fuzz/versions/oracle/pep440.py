"""Compares pairs of versions as packaging does: reads "a TAB b" lines, writes < = > or ! where packaging refuses one. An empty
line flushes."""

import sys

from packaging.version import InvalidVersion, Version


def answer(a: str, b: str) -> str:
    try:
        left, right = Version(a), Version(b)
    except InvalidVersion:
        return "!"
    return "<" if left < right else ">" if left > right else "="


for line in sys.stdin.buffer:
    pair = line.decode().removesuffix("\n").split("\t")
    if len(pair) == 2:
        print(answer(*pair))
    else:
        sys.stdout.flush()
