"""Compares pairs of versions as portage does: reads "a TAB b" lines, writes < = > or ! where portage refuses one. An empty line flushes."""

import sys

from portage.versions import vercmp, ververify


def answer(a: str, b: str) -> str:
    if not (ververify(a, silent=1) and ververify(b, silent=1)):
        return "!"
    order = vercmp(a, b)
    return "<" if order < 0 else ">" if order > 0 else "="


for line in sys.stdin.buffer:
    pair = line.decode().removesuffix("\n").split("\t")
    if len(pair) == 2:
        print(answer(*pair))
    else:
        sys.stdout.flush()
