# shellcheck shell=bash disable=SC2154
# The benches that compare with a peer: accept-smtp, accept-http, relay. Sourced by infra/bench. A round prints figures,
# one "name value" a line.

compare_sides=(ours peer)

peer_start() {
    case $bench in
    accept-smtp) postfix_start hold "$smtp_port" "$sink_port" ;;
    relay) postfix_start sign "$smtp_port" "$sink_port" ;;
    accept-http)
        accounts=$work/nobody
        echo "none none ${SENDER#*@}" >"$accounts"
        nginx_start "$http_port"
        ;;
    esac
}

peer_stop() {
    postfix_stop
    nginx_stop
}

accept_smtp_round() { # accept_smtp_round ours|peer
    "$1_start"
    mail_round
    "$1_stop"
}

accept_http_round() { # accept_http_round ours|peer
    local before=0 requests rate
    "$1_start"
    http_rate 1 >/dev/null
    if [[ $1 == ours ]]; then before=$(processor_us "$node_pid"); fi
    read -r rate requests <<<"$(http_rate "$seconds")"
    echo "per_s $rate"
    if [[ $1 == ours ]]; then
        echo "cpu_us $(calculate 0 "($(processor_us "$node_pid") - $before) / $requests")"
    fi
    http_latency
    "$1_stop"
}

relay_round() { # relay_round ours|peer
    "$1_start"
    check_signature "$1"
    mail_round >"$work/relay"
    cat "$work/relay"
    if [[ $1 == ours ]]; then bound "$(awk '/^per_s/ {print $2}' "$work/relay")"; fi
    "$1_stop"
}

# Fails unless what arrives at the receiver bears a DKIM signature.
check_signature() {
    mkdir -p "$work/dump"
    chmod 777 "$work/dump"
    (cd "$work/dump" && exec smtp-sink -u nobody -d "%M." -M 1 "127.0.0.1:$sink_port" 16) &
    sink_pid=$!
    sleep 0.3
    smtp-source -l "$MESSAGE_BYTES" -f "$SENDER" -t "$RECIPIENT" "127.0.0.1:$smtp_port"
    wait "$sink_pid"
    sink_pid=
    grep -qi '^DKIM-Signature:' "$work"/dump/* || die "the $1 side delivered without a DKIM signature"
    rm -rf "$work/dump"
}

# The most that any sender could reach here: bound RATE. One that does nothing but sign shares the processors with a
# client that hands the messages over and a receiver that takes them; what those two use is counted in the very run that
# is judged, and once more talking to each other without anything in between.
bound() {
    local messages signature source sink direct most
    messages=$(cat "$work/messages")
    source=$(calculate 1 "$(cat "$work/source.cpu") / $messages")
    sink=$(calculate 1 "$(cat "$work/sink.cpu") / $messages")
    signature=$(field signature_us "$("$products/bench-load" sign --seconds 1 --bytes "$MESSAGE_BYTES")")
    direct=$(direct_us "$messages")
    most=$(calculate 0 "$(nproc) * 1000000 / ($signature + $source + $sink)")
    printf '%s\n' "signature_us $signature" "source_us $source" "sink_us $sink" "direct_us $direct" \
        "bound_per_s $most" "of_bound_percent $(calculate 1 "100 * $1 / $most")"
}

compare_summary() { ratio ratio ours_per_s peer_per_s; }
