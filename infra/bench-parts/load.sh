# shellcheck shell=bash disable=SC2154
# Load: Postfix's smtp-source and smtp-sink, wrk, and the project's own bench-load. Sourced by infra/bench.

start_sink() { # start_sink MESSAGES: a receiver that ends after so many; its processor time goes to $work/sink.cpu
    (measured "$work/sink.cpu" smtp-sink -u nobody -M "$1" "127.0.0.1:$sink_port" 1024) &
    sink_pid=$!
    wait_for_port "$sink_port"
}

stop_sink() {
    [[ -n ${sink_pid:-} ]] || return 0
    kill "$sink_pid" 2>/dev/null || true
    wait "$sink_pid" 2>/dev/null || true
    sink_pid=
}

# A receiver with manners: start_slow_sink PORT OPTIONS… (of bench-load sink).
start_slow_sink() {
    local port=$1
    shift
    "$products/bench-load" sink --listen "127.0.0.1:$port" "$@" &
    slow_sink_pid=$!
    wait_for_port "$port"
}

stop_slow_sink() {
    [[ -n ${slow_sink_pid:-} ]] || return 0
    kill "$slow_sink_pid" 2>/dev/null || true
    wait "$slow_sink_pid" 2>/dev/null || true
    slow_sink_pid=
}

send_mail() { # send_mail MESSAGES PORT: the client's processor time goes to $work/source.cpu
    (measured "$work/source.cpu" smtp-source ${reuse[@]+"${reuse[@]}"} -s "$SESSIONS" -l "$MESSAGE_BYTES" -m "$1" \
        -f "$SENDER" -t "$RECIPIENT" "127.0.0.1:$2")
}

# Messages a second of one batch: smtp_rate MESSAGES PORT. Where something is delivered the clock stops when the receiver
# has the last message. Prints the rate and leaves $work/*.cpu.
smtp_rate() {
    local started
    if [[ $bench != accept-smtp ]]; then start_sink "$1"; fi
    started=$(now_ms)
    send_mail "$1" "$2" || die "the mail client failed"
    if [[ $bench != accept-smtp ]]; then
        wait "$sink_pid"
        sink_pid=
    fi
    per_second "$1" $(($(now_ms) - started))
}

# The processor microseconds that client and receiver use for a message when they talk to each other: direct_us MESSAGES.
direct_us() {
    start_sink $(($1 * 2))
    send_mail "$1" "$sink_port" || die "the mail client failed"
    stop_sink
    calculate 1 "($(cat "$work/source.cpu") + $(cat "$work/sink.cpu")) / $1"
}

# One measured batch of about $seconds seconds through the server on $smtp_port. Prints figures; with a node it prints
# the processor time of the node for a message too.
mail_round() {
    local warm messages rate before=0
    warm=$(smtp_rate "$WARM_UP_MESSAGES" "$smtp_port")
    messages=$(awk -v rate="$warm" -v s="$seconds" 'BEGIN {n = int(rate * s); print n < 500 ? 500 : n}')
    if [[ -n ${node_pid:-} ]]; then before=$(processor_us "$node_pid"); fi
    rate=$(smtp_rate "$messages" "$smtp_port")
    echo "per_s $rate"
    if [[ -n ${node_pid:-} ]]; then
        echo "cpu_us $(calculate 0 "($(processor_us "$node_pid") - $before) / $messages")"
    fi
    echo "$messages" >"$work/messages"
}

# The most requests a second that 64 connections get answered: http_rate SECONDS. Prints the number of requests too.
http_rate() {
    local script=$work/post.lua text key
    text=$(printf '0123456789abcdef%.0s' {1..118})
    key=$(awk 'NR == 1 {print $2}' "$accounts")
    cat >"$script" <<LUA
wrk.method = "POST"
wrk.path = "/api/v1/messages"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer $key"
wrk.body = '{"from":"$SENDER","to":["$RECIPIENT"],"subject":"Hello","text":"$text"}'
LUA
    wrk -t 1 -c "$HTTP_CONNECTIONS" -d "$1" -s "$script" "http://127.0.0.1:$http_port" >"$work/wrk.log"
    if grep -q 'Non-2xx\|Socket errors' "$work/wrk.log"; then
        cat "$work/wrk.log" >&2
        die "requests failed"
    fi
    sed -n 's/^Requests\/sec: *//p; s/^ *\([0-9]*\) requests in .*/\1/p' "$work/wrk.log" | sort -n | tr '\n' ' '
}

# Latency at a constant 1,000 requests a second, counted from when each request was due.
http_latency() {
    local result
    result=$("$products/bench-load" http --target "127.0.0.1:$http_port" --accounts "$accounts" --to "$RECIPIENT" \
        --text-bytes 1888 --connections "$HTTP_CONNECTIONS" --rate "$HTTP_RATE" --count $((HTTP_RATE * seconds)))
    [[ $(field failed "$result") == 0 ]] || die "requests failed: $result"
    echo "p50_ms $(field p50_ms "$result")"
    echo "p99_ms $(field p99_ms "$result")"
}
