#!/bin/sh
# Sets up .venv: "app" for the dashboard and the command line, "dev" for the tests too. Quick when nothing has changed.
set -eu
cd "$(dirname "$0")/.."
part=${1:-app}

able() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

find_python() {
    for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11 python; do
        if able "$candidate"; then echo "$candidate"; return; fi
    done
    echo "Python 3.11 or newer is needed, and was not found. Install it, or name it: make run PYTHON=/path/to/python3" >&2
    exit 1
}

# A stamp holds all that decides what is installed; equal stamps mean that there is nothing to do.
stamp_of() { "$1" -VV; cat requirements*.txt; }

if [ ! -x .venv/bin/python ] || ! able .venv/bin/python; then
    python=$(find_python)
    echo "Setting up .venv with $("$python" -V)."
    rm -rf .venv
    "$python" -m venv .venv || {
        rm -rf .venv
        echo "This Python cannot make environments. On Debian and Ubuntu: sudo apt install python3-venv" >&2
        exit 1
    }
fi

wanted=$(stamp_of .venv/bin/python)
if [ "$wanted" = "$(cat ".venv/stamp-$part" 2>/dev/null)" ]; then exit 0; fi

echo "Installing packages; the first time this takes some minutes."
case $part in
    app) file=requirements.txt ;;
    dev) file=requirements-dev.txt ;;
    *) echo "Usage: tools/setup.sh [app|dev]" >&2; exit 2 ;;
esac
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-compile --requirement "$file"
# On all cores, where pip would take one. What does not compile is for other versions of Python, and nothing imports it.
.venv/bin/python -m compileall -qq -j 0 .venv/lib || true
printf '%s\n' "$wanted" >.venv/stamp-app
if [ "$part" = dev ]; then printf '%s\n' "$wanted" >.venv/stamp-dev; fi
