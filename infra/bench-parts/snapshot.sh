# shellcheck shell=bash disable=SC2154
# The bench of snapshots: what nodes need to load one of many tenants, and how soon a change holds on all of them.
# Sourced by infra/bench.

readonly SNAPSHOT_NODES=3 KEYS_PER_TENANT=10

snapshot_sides=(ours)

# Tenants with a verified domain, five API keys and five SMTP credentials each, and suppressed addresses evenly among
# them. Triggers are left out while they are made, then every chunk is marked as changed.
snapshot_fill() {
    note "  $tenants tenants, $((tenants * KEYS_PER_TENANT)) credentials, $suppressions suppressions…"
    tenants_make "$tenants" "$work/tenants"
    {
        echo 'SET session_replication_role = replica;'
        echo 'COPY domains (tenant_id, domain, status, ownership_token, verified_at, selector, dkim_private_sealed,
              dkim_public, next_check_at) FROM STDIN;' | tr '\n' ' '
        echo
        "$products/bench-load" seal-domains --tenants "$work/tenants" --master-key "$MASTER_KEY" | grep .
        echo '\.'
    } | sql
    sql "SET session_replication_role = replica;
         INSERT INTO api_keys (tenant_id, name, prefix, hash, scopes, mode)
         SELECT t.id, 'Key ' || n, 'dsp_live_', sha256((t.id::text || n)::bytea),
             ARRAY['emails:send', 'emails:read'], 'live'
         FROM tenants t, generate_series(1, $((KEYS_PER_TENANT / 2))) AS n;
         INSERT INTO credentials (tenant_id, label, username, password_hash)
         SELECT t.id, 'Login ' || n, 'login' || n || '.' || t.slug || '@dispatch.example',
             sha256((n || t.id::text)::bytea)
         FROM tenants t, generate_series(1, $((KEYS_PER_TENANT / 2))) AS n;
         INSERT INTO suppressions (tenant_id, address, source)
         SELECT t.id, 'reader' || n || '@mailbox' || n % 97 || '.example', 'hard_bounce'
         FROM tenants t, generate_series(1, $((suppressions / tenants))) AS n;
         INSERT INTO suppression_totals SELECT tenant_id, count(*), sum(octet_length(address))
         FROM suppressions GROUP BY 1;
         SET session_replication_role = origin;
         DO \$\$ BEGIN
             PERFORM bump_chunk(kind || '/' || lpad(to_hex(n), 2, '0'))
             FROM generate_series(0, 255) AS n, unnest(ARRAY['tenants', 'suppressions']) AS kind;
         END \$\$"
    sql 'VACUUM ANALYZE'
}

snapshot_prepare() {
    local number
    control_port=$(free_port)
    postgres_start
    control_start "$control_port"
    control_stop
    snapshot_fill
    local started
    started=$(now_ms)
    control_start "$control_port"
    until [[ $(sql 'SELECT count(*) FROM published_chunks') -gt 512 ]]; do sleep 0.2; done
    publish_s=$(calculate 2 "($(now_ms) - $started) / 1000")
    note "  every chunk published after $publish_s s"
    operator_make "$control_port"
    for ((number = 1; number <= SNAPSHOT_NODES; number++)); do snapshot_join "$number"; done
}

# A command with the settings of a node: snapshot_node NUMBER COMMAND… With `replace=exec` in place of this shell.
snapshot_node() {
    local number=$1
    shift
    ${replace:-} env -i PATH="$PATH" DISPATCH_NODE_DIR="$work/node$number" DISPATCH_HOST_NAME=bench.localhost \
        DISPATCH_SMTP="127.0.0.1:${node_smtp[$number]}" DISPATCH_HTTP="127.0.0.1:${node_http[$number]}" \
        DISPATCH_CONTROL="127.0.0.1:${node_control[$number]}" DISPATCH_INBOUND=127.0.0.1:0 \
        DISPATCH_METRICS=127.0.0.1:0 DISPATCH_CONTROL_URL="http://127.0.0.1:$control_port" DISPATCH_LOG_LEVEL=info \
        DISPATCH_LOOPS=1 "$@"
}

snapshot_join() {
    node_smtp[$1]=$(free_port) node_http[$1]=$(free_port) node_control[$1]=$(free_port)
    sql "INSERT INTO nodes (name, join_token_hash, join_token_expires_at)
         VALUES ('bench-$1', sha256('token-$1'), now() + interval '1 day')"
    snapshot_node "$1" "$products/mta-node" join --token "token-$1" >/dev/null
}

# Starts a node and waits until its log has a line: snapshot_start NUMBER TEXT. Prints the seconds that it took.
snapshot_start() {
    local started
    : >"$work/node$1.log"
    started=$(now_ms)
    replace=exec snapshot_node "$1" "$products/mta-node" run 2>"$work/node$1.log" &
    node_pids[$1]=$!
    until grep -q "$2" "$work/node$1.log"; do
        kill -0 "${node_pids[$1]}" || die "node $1 ended: $(tail -n 3 "$work/node$1.log")"
        sleep 0.02
    done
    seconds_taken=$(calculate 2 "($(now_ms) - $started) / 1000")
}

snapshot_stop_nodes() {
    local pid
    for pid in "${node_pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    for pid in "${node_pids[@]}"; do wait "$pid" 2>/dev/null || true; done
    node_pids=()
}

snapshot_round() {
    local number addresses='' result before control server node
    for ((number = 1; number <= SNAPSHOT_NODES; number++)); do
        rm -rf "$work/node$number/snapshot/"*
        snapshot_start "$number" 'snapshot taken'
        if [[ $number == 1 ]]; then
            echo "load_s $seconds_taken"
            echo "load_cpu_s $(calculate 2 "$(processor_us "${node_pids[1]}") / 1e6")"
            echo "load_peak_mb $(memory_mb "${node_pids[1]}" VmHWM)"
            sleep 1
            echo "resident_mb $(memory_mb "${node_pids[1]}" VmRSS)"
        fi
        addresses+=${addresses:+,}127.0.0.1:${node_http[$number]}
    done
    sleep 2
    before=$(sql 'SELECT max(version) FROM snapshot_versions')
    control=$(processor_us "$control_pid") server=$(postgres_us) node=$(processor_us "${node_pids[1]}")
    result=$("$products/bench-load" revoke --target "127.0.0.1:$control_port" --nodes "$addresses" \
        --token "$operator_token" --tenants "$work/tenants" --count "$changes")
    note "  $result"
    sed -n 's/.*"revoked":{\([^}]*\)}.*/{\1}/p' <<<"$result" >"$work/revoked"
    echo "revoked_p50_ms $(field p50_ms "$(cat "$work/revoked")")"
    echo "revoked_p99_ms $(field p99_ms "$(cat "$work/revoked")")"
    # Each key is made and revoked: two changes.
    echo "control_cpu_ms $(calculate 1 "($(processor_us "$control_pid") - $control) / 2000 / $changes")"
    echo "postgres_cpu_ms $(calculate 1 "($(postgres_us) - $server) / 2000 / $changes")"
    echo "node_cpu_ms $(calculate 1 "($(processor_us "${node_pids[1]}") - $node) / 2000 / $changes")"
    echo "after_changes_mb $(memory_mb "${node_pids[1]}" VmRSS)"
    echo "after_changes_peak_mb $(memory_mb "${node_pids[1]}" VmHWM)"
    snapshot_pushed "$before"
    kill "${node_pids[1]}" && wait "${node_pids[1]}" || true
    snapshot_start 1 'node ready'
    echo "restart_s $seconds_taken"
    echo "restart_peak_mb $(memory_mb "${node_pids[1]}" VmHWM)"
    snapshot_stop_nodes
}

# What the versions since one brought to a node: the chunks that differ from the version before, and the manifest in base64.
snapshot_pushed() {
    sql "WITH versions AS (
             SELECT version, octet_length(manifest) * 4 / 3 AS manifest_bytes,
                 convert_from(manifest, 'UTF8')::jsonb -> 'chunks' AS chunks
             FROM snapshot_versions WHERE version >= $1),
         chunks AS (
             SELECT version, manifest_bytes, c ->> 'name' AS name, c ->> 'sha256' AS sha256,
                 (c ->> 'sizeBytes')::bigint AS bytes
             FROM versions, jsonb_array_elements(chunks) AS c),
         pushed AS (
             SELECT version, min(manifest_bytes) + coalesce(sum(bytes) FILTER (WHERE NOT EXISTS (
                     SELECT FROM chunks b WHERE b.version = c.version - 1 AND b.name = c.name
                         AND b.sha256 = c.sha256)), 0) AS pushed, sum(bytes) AS whole
             FROM chunks c WHERE version > $1 GROUP BY version)
         SELECT 'pushed_kb', round(avg(pushed) / 1024) FROM pushed
         UNION ALL SELECT 'pushed_max_kb', round(max(pushed) / 1024) FROM pushed
         UNION ALL SELECT 'whole_mb', round(max(whole) / 1048576) FROM pushed
         UNION ALL SELECT 'pushed_percent', round(max(100.0 * pushed / whole), 2) FROM pushed" | tr '\t' ' '
}

snapshot_summary() {
    echo "publish_all_s $publish_s"
    echo "tenants $tenants"
    echo "credentials $((tenants * KEYS_PER_TENANT))"
    echo "suppressions $suppressions"
}
