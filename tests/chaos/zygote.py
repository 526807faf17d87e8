"""Forks one life per line of its input: starting Python hundreds of times would be the test.

Reads orders as JSON lines, forks, waits, and answers with how each life ended (its signal, or 0).
A life that halts is told of first, and woken by an empty line.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback

from tests.chaos.victim import Order, World, live

STALLED = "stalled"


def main() -> None:
    worlds: dict[str, World] = {}
    while line := sys.stdin.readline():
        order = Order(**json.loads(line))
        if order.database_url not in worlds:
            worlds[order.database_url] = World(order)
        child = os.fork()
        if child == 0:
            code = 0
            try:
                live(order, worlds[order.database_url])
            except BaseException:  # noqa: BLE001 - told to the parent, whatever it is
                traceback.print_exc()
                code = 1
            os._exit(code)
        _, status = os.waitpid(child, os.WUNTRACED)
        if os.WIFSTOPPED(status):
            print(STALLED, flush=True)
            # Whoever ordered this life says when it wakes.
            sys.stdin.readline()
            os.kill(child, signal.SIGCONT)
            _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
