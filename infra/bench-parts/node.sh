# shellcheck shell=bash disable=SC2154
# Our side: a node without a control plane, in a directory that has its tenants inside. Everything else is as in
# production: durable acknowledgement, RSA-2048 signatures, bodies sealed for the log. Sourced by infra/bench, which gives
# $work, $products and the ports.

# Makes the directory of a node: node_make DIRECTORY [TENANTS]. The first tenant is the one of the trusted network.
node_make() {
    rm -rf "$1"
    mkdir -p "$1"
    "$products/node-fixture" "$1/node" "${SENDER#*@}" "${2:-1}" >"$1/fixture"
}

# Starts the node of a directory: node_start DIRECTORY [NAME=VALUE]… It takes mail of $SENDER from 127.0.0.1 without AUTH
# and delivers to 127.0.0.1:$sink_port unless told otherwise. Does not wait.
node_start() {
    local directory=$1 tenant
    shift
    tenant=$(sed -n 's/^TENANT=//p' "$directory/fixture")
    env -i PATH="$PATH" DISPATCH_NODE_DIR="$directory/node" DISPATCH_HOST_NAME=bench.localhost \
        DISPATCH_SMTP="127.0.0.1:$smtp_port" DISPATCH_HTTP="127.0.0.1:$http_port" DISPATCH_CONTROL=127.0.0.1:0 \
        DISPATCH_INBOUND=127.0.0.1:0 DISPATCH_METRICS=127.0.0.1:0 DISPATCH_CONTROL_URL=http://127.0.0.1:9 \
        DISPATCH_ROUTES="*=127.0.0.1:$sink_port" DISPATCH_TRUSTED_NETWORKS=127.0.0.0/8 \
        DISPATCH_TRUSTED_TENANT="$tenant" DISPATCH_LOG_LEVEL=error "$@" \
        "$products/mta-node" run 2>"$directory/node.log" &
    node_pid=$!
}

# Waits for a node that was started without a backlog.
node_wait() {
    wait_for_port "$smtp_port"
    wait_for_port "$http_port"
}

# Ends the node; what it holds stays in its directory.
node_stop() {
    [[ -n ${node_pid:-} ]] || return 0
    kill -TERM "$node_pid" 2>/dev/null || true
    wait "$node_pid" 2>/dev/null || true
    node_pid=
}

ours_start() { # ours_start: for the benches that compare with a peer
    local hold=false
    [[ $bench == relay ]] || hold=true
    node_make "$work/ours"
    accounts=$work/ours/node/tenants
    node_start "$work/ours" DISPATCH_HOLD_DELIVERY=$hold
    node_wait
}

ours_stop() {
    node_stop
    rm -rf "$work/ours"
}
