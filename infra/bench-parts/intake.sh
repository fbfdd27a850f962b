# shellcheck shell=bash disable=SC2154
# The bench of the reports that nodes send: what a control plane and its PostgreSQL take of them. Sourced by infra/bench.

intake_sides=(ours)

intake_prepare() {
    control_port=$(free_port)
    postgres_start
    control_start "$control_port"
    tenants_make "$tenants" "$work/tenants"
}

# Nodes that nobody heard of before, so that every round begins at their first event.
intake_make_nodes() {
    local number key
    while read -r number key; do
        sql "INSERT INTO nodes (number, name, state, signing_public_key, sealing_public_key, control_url)
             OVERRIDING SYSTEM VALUE VALUES ($number, 'bench-$number', 'draining', '\\x$key', '\\x$key',
                 'http://127.0.0.1:9');
             INSERT INTO node_cursors (node) VALUES ($number)"
    done < <("$products/bench-load" report-keys --nodes "$nodes")
}

# The log without its rows, so that rounds are alike.
intake_empty() {
    sql 'TRUNCATE emails, email_recipients, events, webhook_attempts, usage_daily, usage_monthly, suppressions,
             suppression_totals, node_cursors, node_nonces, nodes CASCADE'
    intake_make_nodes
    sql 'SELECT pg_stat_statements_reset()' >"$work/reset"
    sql 'CHECKPOINT'
}

# Ends the bench when a number in the database is another: intake_is WHAT EXPRESSION NUMBER.
intake_is() {
    local found
    found=$(sql "SELECT coalesce($2, 0)")
    [[ $found == "$3" ]] || die "$1: $found where $3 were reported"
}

# What the log and the counters must come to, whatever was sent twice.
intake_check() {
    local kind
    for kind in accepted deferred delivered bounced; do
        intake_is "events $kind" "(SELECT count(*) FROM events WHERE kind = '$kind')" "$(field "$kind" "$1")"
    done
    for kind in delivered deferred; do
        intake_is "counter $kind" "(SELECT sum($kind) FROM usage_daily)" "$(field "$kind" "$1")"
        intake_is "month's counter $kind" "(SELECT sum($kind) FROM usage_monthly)" "$(field "$kind" "$1")"
    done
    intake_is 'counter bounced' '(SELECT sum(hard_bounced + soft_bounced) FROM usage_daily)' "$(field bounced "$1")"
    intake_is 'counter messages' '(SELECT sum(messages) FROM usage_daily)' "$(field accepted "$1")"
    intake_is emails '(SELECT count(*) FROM emails)' "$(field accepted "$1")"
    for kind in delivered bounced; do
        intake_is "recipients $kind" "(SELECT count(*) FROM email_recipients WHERE state = '$kind')" "$(field "$kind" "$1")"
        intake_is "emails $kind" "(SELECT count(*) FROM emails WHERE status = '$kind')" "$(field "$kind" "$1")"
    done
    intake_is cursors '(SELECT sum(last_seq) FROM node_cursors)' "$(field events "$1")"
}

intake_round() {
    local result control server
    intake_empty
    control=$(processor_us "$control_pid") server=$(postgres_us)
    result=$("$products/bench-load" report --target "127.0.0.1:$control_port" --tenants "$work/tenants" \
        --nodes "$nodes" --messages "$messages" --body-bytes "$body_bytes")
    control=$(($(processor_us "$control_pid") - control)) server=$(($(postgres_us) - server))
    intake_check "$result"
    echo "per_s $(field per_s "$result")"
    echo "replayed_per_s $(field replayed_per_s "$result")"
    echo "batch_p50_ms $(field p50_ms "$result")"
    echo "batch_p99_ms $(field p99_ms "$result")"
    echo "control_us $(calculate 1 "$control / $(field events "$result")")"
    echo "postgres_us $(calculate 1 "$server / $(field events "$result")")"
    echo "$result" >"$work/intake.last"
    sql 'SELECT round(total_exec_time)::text, calls, rows, left(regexp_replace(query, E'"'\\\\s+'"', $$ $$, $$g$$), 100)
         FROM pg_stat_statements ORDER BY total_exec_time DESC LIMIT 12' >"$work/statements"
    if [[ -n ${BENCH_STATEMENTS:-} ]]; then cat "$work/statements" >&2; fi
}

intake_summary() {
    echo "events $(field events "$(cat "$work/intake.last")")"
    echo "nodes $nodes"
    echo "tenants $tenants"
    echo "body_bytes $body_bytes"
    echo "lost_or_doubled 0"
}
