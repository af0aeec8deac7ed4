#!/bin/sh
# Sees to it that there is a Chromium for the browser tests: takes Debian's where none is found
# and the user is root. Elsewhere it says in one line what is missing; the tests then skip
# themselves, or fail where CI=true.
set -u

for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable; do
    if [ -n "$name" ] && command -v "$name" >/dev/null 2>&1; then exit 0; fi
done

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "No Chromium found: the browser tests are skipped (fail with CI=true). Install it, or set CHROMIUM to its path."
    exit 0
fi

echo "Installing Chromium"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
if ! { apt-get -q -o DPkg::Lock::Timeout=400 update && apt-get -q -o DPkg::Lock::Timeout=400 install -y \
    --no-install-recommends chromium; } </dev/null >"$log" 2>&1; then
    tail -n 5 "$log" >&2
    echo "Chromium could not be installed: the browser tests are skipped (fail with CI=true)."
fi
rm -f "$log"
