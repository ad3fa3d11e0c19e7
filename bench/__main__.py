"""Run the benchmarks: ``make bench``, or ``python -m bench api``, ``portal`` or ``attacks``."""

import platform
import sys

from bench import api, attacks, portal
from bench.results import HEADER

PARTS = {"api": api.measure_rows, "portal": portal.measure_rows, "attacks": attacks.measure_rows}

if __name__ == "__main__":
    print(f"Python {platform.python_version()}, {platform.machine()}\n\n{HEADER}")
    for part in sys.argv[1:] or PARTS:
        for row in PARTS[part]():
            print(row, flush=True)
