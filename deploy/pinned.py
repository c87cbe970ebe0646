"""`python pinned.py CONSTRAINTS`: ends with 1 if this environment holds a package that the file does not pin.

pip's constraints say nothing of packages that they do not name: of an extra that nobody pinned the image would hold
whatever was newest on the day of its build.
"""

import re
import sys
from importlib.metadata import distributions
from pathlib import Path

OURS = "threefold"


def pins(file: Path) -> dict[str, str]:
    """Versions by name, from lines of `name==version`."""
    lines = file.read_text(encoding="utf-8").splitlines()
    return dict(line.split("==", 1) for line in lines if line and not line.startswith("#"))


def installed() -> dict[str, str]:
    """Versions by name; of a local one such as 2.13.0+cpu the public part."""
    return {
        re.sub(r"[-_.]+", "-", each.metadata["Name"]).lower(): each.version.partition("+")[0]
        for each in distributions()
    }


def main() -> None:
    """Compare, and name what differs."""
    pinned = pins(Path(sys.argv[1]))
    other = [f"{name} {version}" for name, version in sorted(installed().items()) if pinned.get(name) != version]
    other = [each for each in other if not each.startswith(f"{OURS} ")]
    if other:
        sys.exit(
            f"an image holds what {sys.argv[1]} pins and nothing else; found {', '.join(other)}: "
            "name the extra in deploy/constraints.py and run `make constraints`"
        )


if __name__ == "__main__":
    main()
