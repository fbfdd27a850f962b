#!/usr/bin/env bash
# The suite `dns` of infra/conformance.
set -euo pipefail

builds=yes
for argument in "$@"; do
    case $argument in
    --about)
        echo "the fake DNS services under their official clients, and beside two other fakes of Route 53"
        exit 0
        ;;
    --no-build) builds=no ;;
    *) exit 2 ;;
    esac
done

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
readonly root here=$root/infra/conformance-parts/dns state=$root/.build/conformance/dns
export PATH="$PATH:/usr/sbin:/sbin:/opt/swift/usr/bin"

"$root/infra/install-dependencies" conformance
mkdir -p "$state"

# The packages are installed once, and again when the list of them changes.
if ! cmp -s "$here/requirements.txt" "$state/requirements.txt"; then
    echo "Installing the clients…"
    rm -rf "$state/venv"
    python3 -m venv "$state/venv"
    "$state/venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
    cp "$here/requirements.txt" "$state/requirements.txt"
fi

if [[ $builds == yes ]]; then
    "$root/infra/install-dependencies" build
    echo "Building…"
    if ! swift build --package-path "$root" --product dns-fakes >"$state/build.log" 2>&1; then
        grep -E 'error:' "$state/build.log" | sort -u | head -n 40 >&2 || tail -n 20 "$state/build.log" >&2
        echo "FAILED: the build (full output in .build/conformance/dns/build.log)" >&2
        exit 1
    fi
fi

status=0
PYTHONDONTWRITEBYTECODE=1 "$state/venv/bin/python" "$here/run.py" "$root/.build/debug/dns-fakes" || status=1
PYTHONDONTWRITEBYTECODE=1 "$state/venv/bin/python" "$here/peers.py" "$root/.build/debug/dns-fakes" "$state" || status=1
exit "$status"
