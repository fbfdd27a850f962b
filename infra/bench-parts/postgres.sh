# shellcheck shell=bash disable=SC2154
# A PostgreSQL of the bench's own, with fsync, and control planes on it. Sourced by infra/bench, which gives $work and
# $products. The server's files lie in $work, owned by the user postgres when the bench runs as root.

readonly MASTER_KEY=QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkI=

as_postgres() {
    if [[ $(id -u) == 0 ]]; then
        setpriv --reuid=postgres --regid=postgres --init-groups -- "$@"
    else
        "$@"
    fi
}

# Starts a server with an empty database `dispatch` and a login `service` that owns nothing.
postgres_start() {
    postgres_programs=$(compgen -G '/usr/lib/postgresql/*/bin' | sort -V | tail -n 1)
    postgres_folder=$(mktemp -d "${TMPDIR:-/var/tmp}/dispatch-pg-XXXXXX")
    chmod 755 "$postgres_folder"
    if [[ $(id -u) == 0 ]]; then chown postgres "$postgres_folder"; fi
    (
        cd "$postgres_folder"
        as_postgres "$postgres_programs/initdb" -D "$postgres_folder/data" -U postgres -A trust -E UTF8 \
            --locale=C.UTF-8 --no-instructions >"$work/initdb.log" 2>&1
    ) || die "initdb failed: $(tail -n 3 "$work/initdb.log")"
    chmod 755 "$work"
    (
        cd "$postgres_folder"
        as_postgres "$postgres_programs/pg_ctl" -D "$postgres_folder/data" -s -w -l "$postgres_folder/log" start \
            -o "-c listen_addresses= -c unix_socket_directories=$postgres_folder -c shared_buffers=${buffers:-1GB} \
                -c max_wal_size=8GB -c checkpoint_timeout=15min -c wal_compression=on -c max_connections=100 \
                -c shared_preload_libraries=pg_stat_statements"
    ) || die "PostgreSQL did not start: $(tail -n 3 "$postgres_folder/log")"
    postgres_pid=$(head -n 1 "$postgres_folder/data/postmaster.pid")
    postgres_url="host=$postgres_folder user=postgres dbname=dispatch"
    "$postgres_programs/psql" -X -q -h "$postgres_folder" -U postgres -d postgres \
        -c 'CREATE ROLE service LOGIN' -c 'CREATE DATABASE dispatch'
    sql 'CREATE EXTENSION pg_stat_statements'
}

postgres_stop() {
    [[ -n ${postgres_pid:-} ]] || return 0
    (cd "$postgres_folder" && as_postgres "$postgres_programs/pg_ctl" -D "$postgres_folder/data" -s -m immediate stop) || true
    rm -rf "$postgres_folder"
    postgres_pid=
}

# Runs SQL as the superuser, from the arguments or from standard input; rows come tab-separated.
sql() {
    if [[ $# -gt 0 ]]; then set -- -c "$1"; fi
    "$postgres_programs/psql" -X -q -A -t -F $'\t' -v ON_ERROR_STOP=1 "$@" "$postgres_url"
}

# Processor microseconds that the server and its sessions have used; those of sessions that ended count.
postgres_us() {
    local pid total=0
    for pid in "$postgres_pid" $(pgrep -P "$postgres_pid"); do
        total=$((total + $(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null | awk '{print ($12 + $13) * 10000}' || echo 0)))
    done
    echo $((total + $(sed 's/.*) //' "/proc/$postgres_pid/stat" | awk '{print ($14 + $15) * 10000}')))
}

# Starts a control plane on the database and waits for it: control_start PORT [NAME=VALUE]… Leaves $control_pid.
control_start() {
    local port=$1
    shift
    env -i PATH="$PATH" DISPATCH_DATABASE_URL="host=$postgres_folder user=service dbname=dispatch" \
        DISPATCH_DATABASE_OWNER_URL="$postgres_url" DISPATCH_MASTER_KEY="$MASTER_KEY" \
        DISPATCH_LISTEN="127.0.0.1:$port" DISPATCH_METRICS=127.0.0.1:0 DISPATCH_SERVICE_HOST=dispatch.example \
        DISPATCH_EGRESS_ALLOWED=127.0.0.0/8 DISPATCH_LOG_LEVEL=warning "$@" \
        "$products/control-plane" run 2>>"$work/control.log" &
    control_pid=$!
    wait_for_port "$port" 120
}

control_stop() {
    [[ -n ${control_pid:-} ]] || return 0
    kill -TERM "$control_pid" 2>/dev/null || true
    wait "$control_pid" 2>/dev/null || true
    control_pid=
}

# Makes tenants without anything of their own, and leaves their ids in a file: tenants_make COUNT FILE.
tenants_make() {
    sql "INSERT INTO tenants (name, slug, plan_code, body_public_key, body_private_key_sealed)
         SELECT 'Tenant ' || n, 't' || n, 'unlimited', sha256(n::text::bytea), sha256(n::text::bytea)
         FROM generate_series(1, $1) AS n"
    sql 'SELECT id FROM tenants ORDER BY id' >"$2"
}

# Makes an operator of the running control plane and leaves the token: operator_make PORT. Leaves $operator_token.
operator_make() {
    echo 'correct horse battery' >"$work/password"
    export DISPATCH_URL=http://127.0.0.1:$1
    DISPATCH_DATABASE_URL="host=$postgres_folder user=service dbname=dispatch" \
        "$products/dispatch" operator create bench@example.com --password-file "$work/password" >/dev/null
    operator_token=$("$products/dispatch" login bench@example.com --password-file "$work/password" --json |
        sed -n 's/.*"access_token" *: *"\([^"]*\)".*/\1/p')
    [[ -n $operator_token ]] || die 'the operator got no token'
}
