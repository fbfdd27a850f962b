"""Runs every scenario with every client and prints a table; see infra/docs/conformance.md."""

import sys
import traceback

import adapters
import scenarios
from fakes import Fakes


def attempt(function, *arguments):
    """(mark, note): `pass`, `-` where the service has no such thing, or `FAIL` with the reason."""
    try:
        note = function(*arguments)
        return ("-", note) if note else ("pass", None)
    except (AssertionError, adapters.Refused) as error:
        return "FAIL", str(error)
    except Exception:
        return "FAIL", traceback.format_exc(limit=-3)


def main(program):
    rows, notes, failed = [], [], 0
    with Fakes(program) as fakes:
        for number, scenario in enumerate(scenarios.ALL):
            row = []
            for kind in adapters.ALL:
                mark, note = attempt(lambda: scenario(scenarios.World(fakes, kind, number)))
                fakes.behave(kind.name)
                row.append(mark)
                failed += mark == "FAIL"
                if note and mark == "FAIL":
                    notes.append(f"{scenario.__name__} × {kind.name}: {note}")
            rows.append((scenario.__name__.replace("_", " "), row))
    width = max(len(title) for title, _ in rows)
    print(" " * width, *[f"{k.name:>11}" for k in adapters.ALL])
    for title, row in rows:
        print(f"{title:<{width}}", *[f"{mark:>11}" for mark in row])
    for note in notes:
        print(f"\n{note}")
    passed = sum(mark == "pass" for _, row in rows for mark in row)
    print(f"\n{passed} passed, {failed} failed")
    return failed


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1]) else 0)
