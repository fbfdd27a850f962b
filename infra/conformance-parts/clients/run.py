"""Runs the checks of every client and prints a line each: `run.py ENV [NAME...]`; see world.py."""

import importlib
import pathlib
import sys
import traceback

from world import World, read_environment

HERE = pathlib.Path(__file__).parent
# No clients themselves.
OTHERS = {"run", "world", "free_ports"}


def checked(module, world):
    """(name, holds, detail) of each check; one that raised ends its file."""
    try:
        yield from module.checks(world)
    except Exception:
        yield "its checks end", False, traceback.format_exc(limit=-4)


def main(environment, chosen):
    names = chosen or sorted(path.stem for path in HERE.glob("*.py") if path.stem not in OTHERS)
    passed, failed = 0, []
    for name in names:
        module = importlib.import_module(name)
        if not hasattr(module, "checks"):
            continue
        world = World(environment)
        print(f"{name.replace('_', ' ')}", flush=True)
        for title, holds, detail in checked(module, world):
            print(f"  {'pass' if holds else 'FAIL'}  {title}{'' if holds else f': {detail}'}", flush=True)
            passed += bool(holds)
            if not holds:
                failed.append(f"{name}: {title}")
    print(f"\n{passed} passed, {len(failed)} failed")
    for line in failed:
        print(f"  {line}")
    return bool(failed) or passed == 0


if __name__ == "__main__":
    sys.exit(main(read_environment(sys.argv[1]), sys.argv[2:]))
