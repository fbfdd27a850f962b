# shellcheck shell=bash disable=SC2154
# The bench of the message log: a page of a list out of very many e-mails. Sourced by infra/bench.

readonly LOG_DAYS=30

log_sides=(ours)

# E-mails of all tenants in turn, evenly over the last days, with one recipient each and for two of five a tag.
log_fill() {
    local first_half second_half
    note "  $emails e-mails of $tenants tenants…"
    sql "SELECT count(create_day_partition(t, (now() AT TIME ZONE 'UTC')::date - d))
         FROM day_partitioned_tables() AS t, generate_series(0, $LOG_DAYS) AS d" >"$work/partitions"
    sql "CREATE TABLE numbered AS SELECT row_number() OVER (ORDER BY id) - 1 AS n, id FROM tenants;
         CREATE UNIQUE INDEX ON numbered (n) INCLUDE (id); ANALYZE numbered"
    log_fill_half 0 &
    first_half=$!
    log_fill_half 1 &
    second_half=$!
    wait "$first_half" && wait "$second_half" || die 'filling failed'
    sql 'VACUUM ANALYZE emails, email_recipients, email_tags'
}

# Every second e-mail.
log_fill_half() {
    local step=$((emails / 10 + 1)) first
    for ((first = 0; first < emails; first += step)); do
        sql "SET synchronous_commit = off;
             WITH made AS (
                 SELECT i, t.id AS tenant, t.n, (extract(epoch FROM now()) * 1000)::bigint
                     - ($emails - i) * ($LOG_DAYS - 1) * 86400000::bigint / $emails AS at
                 FROM generate_series(($first + $1)::bigint, least($first + $step, $emails) - 1, 2) AS i
                 JOIN numbered t ON t.n = (i * 31) % $tenants),
             ids AS (
                 SELECT *, (lpad(to_hex(at), 12, '0') || '7' || lpad(to_hex(i % 4096), 3, '0') || '8001'
                     || lpad(to_hex(i), 12, '0'))::uuid AS id,
                     CASE WHEN i % 25 = 3 THEN 'bounced' WHEN i % 100 = 8 THEN 'deferred'
                         WHEN i % 100 = 9 THEN 'queued' WHEN i % 200 = 11 THEN 'failed' ELSE 'delivered' END AS state,
                     'reader' || (i * 7919) % 200000 || '@mailbox' || i % 40 || '.example' AS reader,
                     CASE WHEN i % 5 < 2 THEN ARRAY[(ARRAY['order', 'welcome', 'invoice', 'news'])[1 + i / 5 % 4]]
                         ELSE '{}' END AS tags
                 FROM made),
             mails AS (
                 INSERT INTO emails (tenant_id, accepted_at, id, node, door, message_id, from_address, to_addresses,
                     subject, size_bytes, tags, status, sent_at, expires_at)
                 SELECT tenant, message_accepted_at(id), id, 1, 'ingest', '<' || i || '@shop.example>',
                     (ARRAY['news', 'orders', 'billing'])[1 + i % 3] || '@shop' || n || '.example', ARRAY[reader],
                     (ARRAY['Your order', 'Invoice', 'Good news about'])[1 + i % 3] || ' ' || i || ' for you',
                     4096, tags, state, to_timestamp(at / 1000), now() + interval '60 days'
                 FROM ids),
             labels AS (
                 INSERT INTO email_tags SELECT tenant, message_accepted_at(id), id, tags[1] FROM ids
                 WHERE tags <> '{}')
             INSERT INTO email_recipients (tenant_id, accepted_at, message_id, address, state, attempts, last_code,
                 last_response, remote_host, first_attempt_at, last_attempt_at)
             SELECT tenant, message_accepted_at(id), id, reader, state, 1, 250, '2.0.0 queued',
                 'mx' || i % 40 || '.example', to_timestamp(at / 1000), to_timestamp(at / 1000) FROM ids"
    done
}

log_prepare() {
    control_port=$(free_port)
    buffers=${buffers:-2GB} postgres_start
    control_start "$control_port"
    tenants_make "$tenants" "$work/tenants"
    operator_make "$control_port"
    local started
    started=$(now_ms)
    log_fill
    fill_s=$(calculate 0 "($(now_ms) - $started) / 1000")
    log_bytes=$(sql 'SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits')
}

# One filter over a page of each tenant asked for: log_filter NAME QUERY. In the query, READER stands for a recipient of the
# tenant and NUMBER for one of its messages.
log_filter() {
    local result
    awk -v query="$2" '{
        path = query; gsub("READER", $2, path); gsub("NUMBER", $3, path); gsub("SINCE", $4, path); gsub("UNTIL", $5, path)
        print "/api/v1/dispatch/tenants/" $1 "/emails?limit=50&" path}' "$work/asked" >"$work/paths"
    result=$("$products/bench-load" get --target "127.0.0.1:$control_port" --token "$operator_token" --paths "$work/paths")
    echo "$1_p50_ms $(field p50_ms "$result")"
    echo "$1_p99_ms $(field p99_ms "$result")"
}

log_round() {
    sql "SELECT t.id, r.address, substring(e.subject FROM '[0-9]+'),
             to_char(now() - interval '9 days', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'),
             to_char(now() - interval '7 days', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')
         FROM tenants t
         CROSS JOIN LATERAL (SELECT * FROM emails e WHERE e.tenant_id = t.id
             AND e.accepted_at BETWEEN now() - interval '6 days' AND now() - interval '5 days' LIMIT 1) e
         JOIN email_recipients r ON r.tenant_id = e.tenant_id AND r.accepted_at = e.accepted_at
             AND r.message_id = e.id
         ORDER BY random()" | tr '\t' ' ' >"$work/samples"
    # First pages of other tenants, so that the upper levels of the indexes are in memory, as in a running service.
    tail -n $((pages / 4 + 1)) "$work/samples" >"$work/asked"
    log_filters >"$work/warm-up"
    head -n "$pages" "$work/samples" >"$work/asked"
    log_filters
}

log_filters() {
    log_filter all ''
    log_filter status_delivered status=delivered
    log_filter status_bounced status=bounced
    log_filter status_queued status=queued,deferred
    log_filter to to=READER
    log_filter to_status 'to=READER&status=delivered'
    log_filter from from=billing
    log_filter subject subject=invoice
    log_filter subject_one subject=NUMBER
    log_filter subject_none subject=nowhere
    log_filter tag tag=invoice
    log_filter tag_status 'tag=invoice&status=bounced'
    log_filter time 'since=SINCE&until=UNTIL'
    log_filter time_from 'since=SINCE&until=UNTIL&from=orders'
    log_filter page_150 page=150
    log_filter page_150_delivered 'page=150&status=delivered'
}

log_summary() {
    echo "emails $emails"
    echo "tenants $tenants"
    echo "fill_s $fill_s"
    echo "log_gb $(calculate 1 "$log_bytes / 1073741824")"
}
