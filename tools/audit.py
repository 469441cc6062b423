"""`make audit`: looks through our code (bandit) and the installed packages (pip-audit) for known weaknesses.

Bandit works anywhere. pip-audit asks the advisory service of the Python Package Index; where that cannot be reached, it
is said, and nothing is known of the packages. `--strict` makes that an error, too (for a server that checks changes).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import sysconfig

from tools.apart import ROOT, Apart

APART = Apart("audit")
CODE = ("engine", "pages", "streamlit_app.py", "benchmarks", "tools")
PATIENCE = 300  # seconds


def code() -> bool:
    """Whether bandit finds nothing. What is skipped, and why, stands in pyproject.toml."""
    print("Our code (bandit):")
    command = [APART.tool("bandit"), "-q", "-c", "pyproject.toml", "-r", *CODE]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    sound = done.returncode == 0
    print("  nothing found." if sound else f"{done.stdout}{done.stderr}")
    return sound


def packages(strict: bool) -> bool:
    """Whether no installed package has a known weakness."""
    print("Installed packages (pip-audit):")
    asked = ["--path", sysconfig.get_paths()["purelib"], "--format", "json", "--progress-spinner", "off"]
    try:
        done = subprocess.run([APART.tool("pip-audit"), *asked], capture_output=True, text=True, timeout=PATIENCE)
        listed = json.loads(done.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError, KeyError):
        return _unknown("the advisory service cannot be reached", strict)
    passed_over = [p["name"] for p in listed if "skip_reason" in p]
    weak = [p for p in listed if p.get("vulns")]
    for package in weak:
        for found in package["vulns"]:
            fixed = ", ".join(found["fix_versions"]) or "no version yet"
            print(f"  {package['name']} {package['version']}: {found['id']}, mended in {fixed}")
    if len(passed_over) == len(listed):
        return _unknown("the advisory service knows none of them", strict)
    print(f"  {len(listed) - len(passed_over)} looked up, {len(weak)} with a known weakness.")
    if passed_over:
        print(f"  Not looked up, as the service does not know them: {', '.join(passed_over)}.")
    return not weak


def _unknown(why: str, strict: bool) -> bool:
    print(f"  NOT AUDITED: {why}. Nothing is known of the packages; run this where pypi.org can be reached.")
    return not strict


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--strict", action="store_true", help="packages that cannot be looked up are an error")
    arguments = parser.parse_args()
    try:
        APART.set_up()
    except subprocess.CalledProcessError:
        print("The tools cannot be installed: no package index can be reached.", file=sys.stderr)
        return 2
    sound = [code(), packages(arguments.strict)]
    return 0 if all(sound) else 1


if __name__ == "__main__":
    sys.exit(main())
