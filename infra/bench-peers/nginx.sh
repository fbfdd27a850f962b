# shellcheck shell=bash disable=SC2154
# The nginx side of accept-http: a private instance that answers every request with an empty 202 from memory. It parses,
# checks and stores nothing, so it is the most that a server on this machine could reach. Sourced by infra/bench.

nginx_start() { # nginx_start PORT
    mkdir -p "$work/nginx/logs"
    chmod 755 "$work/nginx"
    cat >"$work/nginx/nginx.conf" <<END
worker_processes auto;
pid $work/nginx/pid;
error_log $work/nginx/logs/error.log;
events { worker_connections 4096; }
http {
    access_log off;
    keepalive_requests 1000000;
    client_body_temp_path $work/nginx/body;
    proxy_temp_path $work/nginx/proxy;
    fastcgi_temp_path $work/nginx/fastcgi;
    uwsgi_temp_path $work/nginx/uwsgi;
    scgi_temp_path $work/nginx/scgi;
    server {
        listen 127.0.0.1:$1 backlog=1024;
        location / { return 202; }
    }
}
END
    nginx -p "$work/nginx" -c "$work/nginx/nginx.conf" 2>"$work/nginx/logs/start.log"
    wait_for_port "$1"
}

nginx_stop() {
    [[ -f $work/nginx/pid ]] || return 0
    nginx -p "$work/nginx" -c "$work/nginx/nginx.conf" -s quit 2>/dev/null || true
    while [[ -f $work/nginx/pid ]]; do sleep 0.1; done
    rm -rf "$work/nginx"
}
