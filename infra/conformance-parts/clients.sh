#!/usr/bin/env bash
# The suite `clients` of infra/conformance.
set -euo pipefail

builds=yes
for argument in "$@"; do
    case $argument in
    --about)
        echo "a whole Dispatch under other services' clients: mailgun, resend, django-anymail, curl, SMTP, webhooks"
        exit 0
        ;;
    --no-build) builds=no ;;
    *) exit 2 ;;
    esac
done

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
readonly root here=$root/infra/conformance-parts/clients state=$root/.build/conformance/clients
export PATH="$PATH:/usr/sbin:/sbin:/opt/swift/usr/bin"

"$root/infra/install-dependencies" conformance run
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
    for product in mta-node control-plane dispatch mail-catcher; do
        echo "Building $product…"
        if ! swift build --package-path "$root" --product "$product" >"$state/build.log" 2>&1; then
            grep -E 'error:' "$state/build.log" | sort -u | head -n 40 >&2 || tail -n 20 "$state/build.log" >&2
            echo "FAILED: the build (full output in .build/conformance/clients/build.log)" >&2
            exit 1
        fi
    done
fi

# A system of its own, on ports that are free now, with data that is made anew.
export DEV_DIR=$state/system DEV_PROGRAMS=$root/.build/debug
while read -r name number; do
    export "DEV_${name}_PORT=$number"
done < <(python3 "$here/free_ports.py" CONTROL CONTROL_METRICS NODE NODE_TLS NODE_CONTROL NODE_METRICS SMTP SMTPS \
    INBOUND CATCHER CATCHER_HTTP)
stop() {
    "$root/infra/dev" stop || true
    mkdir -p "$state/log"
    cp "$DEV_DIR"/log/*.log "$state/log/" 2>/dev/null || true
    "$root/infra/dev" reset >/dev/null 2>&1 || true
}
"$root/infra/dev" reset
trap stop EXIT
"$root/infra/dev" --detach --no-build >/dev/null

# CLIENTS names some of the files, such as `mailgun_client smtp_client`; all of them otherwise.
PYTHONDONTWRITEBYTECODE=1 "$state/venv/bin/python" "$here/run.py" "$DEV_DIR/env" ${CLIENTS:-}
