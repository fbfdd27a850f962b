# shellcheck shell=bash disable=SC2154
# The machine: clocks, ports, processor time, medians. Sourced by infra/bench.

note() { printf '%s\n' "$*" >&2; }
die() {
    note "bench: $*"
    exit 1
}

now_ms() { date +%s%3N; }

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

wait_for_port() { # wait_for_port PORT [SECONDS]
    local attempt
    for ((attempt = 0; attempt < ${2:-30} * 50; attempt++)); do
        if (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; then return 0; fi
        sleep 0.02
    done
    die "nothing listens on port $1"
}

median() { printf '%s\n' "$@" | sort -n | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }

# Arithmetic with fractions: calculate DIGITS EXPRESSION.
calculate() { awk "BEGIN {printf \"%.$1f\n\", $2}"; }

per_second() { calculate 1 "$1 * 1000 / ($2 > 0 ? $2 : 1)"; } # per_second COUNT MILLISECONDS

# Processor microseconds that a process has used so far, in steps of 10,000.
processor_us() { sed 's/.*) //' "/proc/$1/stat" | awk '{print ($12 + $13) * 10000}'; }

# Resident megabytes of a process: memory_mb PID VmRSS|VmHWM.
memory_mb() { awk -v name="$2:" '$1 == name {printf "%.0f\n", $2 / 1024}' "/proc/$1/status"; }

# The same in kilobytes.
memory_kb() { awk -v name="$2:" '$1 == name {print $2}' "/proc/$1/status"; }

# Runs a command and leaves the processor microseconds that it took in FILE: measured FILE COMMAND…
# To be called in a subshell; told to end, it ends the command.
measured() {
    local file=$1 child status=0
    shift
    trap 'kill "$child" 2>/dev/null' TERM
    "$@" &
    child=$!
    wait "$child" || status=$?
    # A signal interrupts the first wait; only a child that was waited for is counted.
    wait "$child" 2>/dev/null || true
    times >"$file.times" # in a pipe it would be those of the pipe's own shell
    LC_ALL=C awk -F '[ms ]' 'NR == 2 {printf "%d\n", ($1 * 60 + $2 + $4 * 60 + $5) * 1e6}' "$file.times" >"$file"
    return "$status"
}

# One field of a JSON object of the load tool: field NAME OBJECT.
field() { sed -n "s/.*\"$1\":\([^,}]*\).*/\1/p" <<<"$2"; }
