# shellcheck shell=bash disable=SC2154
# The benches of a node on which much waits: backlog, fairness, hang. Sourced by infra/bench. They compare the node with
# itself: once with what waits, once without. A round prints figures, one "name value" a line.

# Where what waits is going: nothing listens there, so every attempt is refused and all of it waits for its next one.
readonly WAITING_DOMAIN=waiting.example CLOSED_PORT=9
readonly SLOW_PER_SECOND=200 SLOW_DELAY_MS=100 OWN_PER_SECOND=10

routes() { printf 'DISPATCH_ROUTES=%s=127.0.0.1:%s,*=127.0.0.1:%s' "$WAITING_DOMAIN" "$1" "$sink_port"; }

# Makes a node's directory with what waits: waiting_make DIRECTORY MESSAGES TENANTS HOLD. Through the doors each message is
# submitted by HTTP; through the spool one of each tenant is, and then copied by the spool's own code.
waiting_make() {
    local directory=$1 messages=$2 count=$2
    node_make "$directory" "$3"
    if [[ $fill == spool ]]; then count=$3; fi
    # With others beside it, the first tenant is the one that will send while they wait.
    awk -v skip=$(($3 > 1)) 'NR > skip' "$directory/node/tenants" >"$work/waiting-tenants"
    node_start "$directory" "$(routes "$CLOSED_PORT")" DISPATCH_HOLD_DELIVERY="$4"
    node_wait
    note "  $messages messages, $per_message recipients each, $3 tenants, through the ${fill}…"
    "$products/bench-load" http --target "127.0.0.1:$http_port" --accounts "$work/waiting-tenants" \
        --to "someone@$WAITING_DOMAIN" --recipients "$per_message" --count "$count" --connections 64 >"$work/filled"
    [[ $(field failed "$(cat "$work/filled")") == 0 ]] || die "filling failed: $(cat "$work/filled")"
    sleep 2
    node_stop
    if [[ $fill == spool ]]; then "$products/node-fixture" --grow "$messages" "$directory/node"; fi
}

# The directory of a round: round_make SIDE WAITING_SIDE TENANTS. What waits is the same in every round: a node never
# changes a segment that it finds, so links to them do for a copy.
round_make() {
    rm -rf "$work/round"
    if [[ $1 == "$2" ]]; then cp -al "$work/$2" "$work/round"; else node_make "$work/round" "$3"; fi
}

# MARK: Backlog

backlog_sides=(empty waiting)

backlog_prepare() { waiting_make "$work/waiting" $((recipients / per_message)) "$tenants" false; }

# How long the node takes from its start to the first 250 and the first 202, what memory it has then, and what it relays.
backlog_round() {
    local started key
    round_make "$1" waiting 1
    started=$(now_ms)
    node_start "$work/round" "$(routes "$CLOSED_PORT")"
    wait_for_port "$smtp_port" 600
    smtp-source -l 1000 -f "$SENDER" -t "first@$WAITING_DOMAIN" "127.0.0.1:$smtp_port"
    key=$(sed -n 's/^API_KEY=//p' "$work/round/fixture")
    [[ $(curl -sS -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $key" -H 'Content-Type: application/json' \
        -d "{\"from\":\"$SENDER\",\"to\":[\"first@$WAITING_DOMAIN\"],\"subject\":\"Hello\",\"text\":\"Hello\"}" \
        "http://127.0.0.1:$http_port/api/v1/messages") == 202 ]] || die "the node took no message by HTTP"
    echo "start_s $(calculate 2 "($(now_ms) - $started) / 1000")"
    echo "start_peak_mb $(memory_mb "$node_pid" VmHWM)"
    sleep 2
    echo "resident_mb $(memory_mb "$node_pid" VmRSS)"
    mail_round
    echo "end_resident_mb $(memory_mb "$node_pid" VmRSS)"
    started=$(now_ms)
    node_stop
    echo "stop_s $(calculate 2 "($(now_ms) - $started) / 1000")"
}

backlog_summary() {
    ratio ratio waiting_per_s empty_per_s
    echo "bytes_per_recipient $(calculate 0 \
        "($(figure waiting_resident_mb) - $(figure empty_resident_mb)) * 1048576 / $recipients")"
    echo "recipients $recipients"
    echo "recipients_per_message $per_message"
}

# MARK: Fairness

fairness_sides=(alone beside)

fairness_prepare() { waiting_make "$work/beside" "$recipients" 2 true; }

# How long mail of one tenant takes from the 250 to the receiver's 250, at a destination that takes so much a second.
fairness_round() {
    local result options=() connections=$((SLOW_PER_SECOND * SLOW_DELAY_MS / 1000)) count=$((OWN_PER_SECOND * seconds))
    round_make "$1" beside 2
    case $manner in
    slow) options=(--delay-ms "$SLOW_DELAY_MS") ;;
    strict) options=(--delay-ms "$SLOW_DELAY_MS" --sessions "$connections") connections=100 ;;
    paced) options=(--rate "$SLOW_PER_SECOND") ;;
    esac
    start_slow_sink "$slow_port" --ledger "$work/taken" "${options[@]}"
    node_start "$work/round" "$(routes "$slow_port")" DISPATCH_ROUTE_CONNECTIONS="$connections"
    wait_for_port "$smtp_port" 600
    sleep 2
    result=$("$products/bench-load" smtp --target "127.0.0.1:$smtp_port" --from "$SENDER" --domain "$WAITING_DOMAIN" \
        --rate "$OWN_PER_SECOND" --count "$count" --ledger "$work/accepted")
    [[ $(field failed "$result") == 0 ]] || die "submitting failed: $result"
    sleep 3
    node_stop
    stop_slow_sink
    result=$("$products/bench-load" compare --from "$work/accepted" --to "$work/taken")
    printf '%s\n' "p50_ms $(field p50_ms "$result")" "p99_ms $(field p99_ms "$result")" \
        "late $(field failed "$result")" "taken_per_s $(calculate 0 "$(wc -l <"$work/taken") / ($seconds + 5)")"
}

fairness_summary() {
    ratio ratio_p50 beside_p50_ms alone_p50_ms
    ratio ratio_p99 beside_p99_ms alone_p99_ms
    echo "recipients $recipients"
    echo "manner \"$manner\""
}

# MARK: A destination that hangs

hang_sides=(free hanging)

hang_prepare() { waiting_make "$work/hanging" "$recipients" 2 true; }

# What the node relays elsewhere while mail waits for a host that takes connections and never says a word.
hang_round() {
    round_make "$1" hanging 2
    start_slow_sink "$slow_port" --hang
    node_start "$work/round" "$(routes "$slow_port")"
    wait_for_port "$smtp_port" 600
    sleep 1
    mail_round
    node_stop
    stop_slow_sink
}

hang_summary() {
    ratio ratio hanging_per_s free_per_s
    echo "recipients $recipients"
}
