#!/bin/sh
# Installs lock files into .venv, which is made where there is none.
#
#     .ci/install.sh LOCK [ALSO...]
#
# LOCK is installed unless the same text was installed before. ALSO names lock files whose every
# line stands in LOCK too, so that they count as installed with it.
set -eu
cd "$(dirname "$0")/.."
lock=$1

usable() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

if ! usable .venv/bin/python; then
    found=
    for candidate in ${PYTHON:-python3.11 python3 python3.12 python3.13 python}; do
        if usable "$candidate"; then found=$candidate && break; fi
    done
    if [ -z "$found" ]; then
        echo "Python 3.11 or newer is needed, and none was found; name one: make setup PYTHON=/path/to/python3.11" >&2
        exit 1
    fi
    echo "Making .venv with $("$found" --version)"
    "$found" -m venv --clear .venv
fi

if ! cmp -s "$lock" ".venv/installed-$lock"; then
    echo "Installing $lock (about a minute)"
    # -qq: errors only, warnings of pip about itself not.
    .venv/bin/python -m pip install -qq --disable-pip-version-check --no-input \
        --only-binary :all: --require-hashes -r "$lock"
    for name in "$@"; do cp "$name" ".venv/installed-$name"; done
fi
