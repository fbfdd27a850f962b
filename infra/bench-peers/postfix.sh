# shellcheck shell=bash disable=SC2154
# The Postfix side of the mail benchmarks: a private instance with its own configuration, queue and log, and OpenDKIM
# as its milter where signing is compared. Sourced by infra/bench, which gives $work (a folder) and the function `note`.
#
# Postfix is set up as someone who knows it would for this machine and this load, never slower than its defaults:
#   - fsync stays on, as by default: that is the promise that is compared.
#   - More smtpd and smtp processes than the default 100, so that neither 50 sessions nor the sink are throttled.
#   - Up to 100 connections to the one destination (default 20), from the first moment on, and connection reuse.
#   - No pause between mail in and mail out (in_flow_delay=0; default 1 s), no reverse DNS look-ups, no TLS.
#   - For the accept benchmarks each message goes to the hold queue: Postfix then does no delivery work at all.

postfix_start() { # postfix_start hold|deliver|sign SMTP_PORT SINK_PORT
    local mode=$1 port=$2 sink_port=$3 config=$work/postfix/config
    mkdir -p "$config" "$work/postfix/queue" "$work/postfix/data"
    chmod 755 "$work" "$work/postfix" "$config" "$work/postfix/queue"
    chown postfix "$work/postfix/data"
    cat >"$config/main.cf" <<END
compatibility_level = 3.6
queue_directory = $work/postfix/queue
data_directory = $work/postfix/data
maillog_file_prefixes = $work
maillog_file = $work/postfix/log
myhostname = peer.bench.example
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
relayhost = [127.0.0.1]:$sink_port
smtpd_recipient_restrictions = permit_mynetworks, reject
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_peername_lookup = no
disable_dns_lookups = yes
smtpd_tls_security_level = none
smtp_tls_security_level = none
local_recipient_maps =
alias_maps =
default_process_limit = 200
default_destination_concurrency_limit = 100
initial_destination_concurrency = 100
smtp_connection_cache_on_demand = yes
smtp_connection_reuse_count_limit = 0
in_flow_delay = 0
END
    case $mode in
    hold) echo 'smtpd_data_restrictions = check_client_access static:HOLD' >>"$config/main.cf" ;;
    sign)
        opendkim_start
        cat >>"$config/main.cf" <<END
smtpd_milters = inet:127.0.0.1:$opendkim_port
milter_default_action = tempfail
END
        ;;
    esac
    cat >"$config/master.cf" <<END
127.0.0.1:$port inet n - n - - smtpd
pickup    unix  n - n 60 1 pickup
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
verify    unix  - - n - 1 verify
flush     unix  n - n 1000? 0 flush
proxymap  unix  - - n - - proxymap
smtp      unix  - - n - - smtp
relay     unix  - - n - - smtp
error     unix  - - n - - error
retry     unix  - - n - - error
discard   unix  - - n - - discard
anvil     unix  - - n - 1 anvil
scache    unix  - - n - 1 scache
postlog   unix-dgram n - n - 1 postlogd
END
    postfix -c "$config" start >"$work/postfix/start.log" 2>&1 || {
        cat "$work/postfix/start.log" >&2
        return 1
    }
    wait_for_port "$port"
}

postfix_stop() {
    [[ -d $work/postfix/config ]] || return 0
    postfix -c "$work/postfix/config" stop >/dev/null 2>&1 || true
    opendkim_stop
    rm -rf "$work/postfix"
}

opendkim_start() {
    opendkim_port=$(free_port)
    mkdir -p "$work/opendkim"
    openssl genrsa -out "$work/opendkim/key.pem" 2048 2>/dev/null
    cat >"$work/opendkim/conf" <<END
Socket inet:$opendkim_port@127.0.0.1
Mode s
Domain bench.example
Selector bench
KeyFile $work/opendkim/key.pem
Canonicalization relaxed/relaxed
InternalHosts 127.0.0.1
RequireSafeKeys no
UserID opendkim
Syslog no
PidFile $work/opendkim/pid
END
    chown -R opendkim "$work/opendkim"
    opendkim -f -x "$work/opendkim/conf" >"$work/opendkim/log" 2>&1 &
    opendkim_pid=$!
    wait_for_port "$opendkim_port"
}

opendkim_stop() {
    [[ -n ${opendkim_pid:-} ]] || return 0
    kill "$opendkim_pid" 2>/dev/null || true
    wait "$opendkim_pid" 2>/dev/null || true
    opendkim_pid=
    rm -rf "$work/opendkim"
}
