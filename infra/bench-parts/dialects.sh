# shellcheck shell=bash disable=SC2154
# The bench of the HTTP dialects: the same message by each, batches of 1,000 (each message whole, and one text with
# variables of each recipient), and what a large attachment costs in memory.
# Sourced by infra/bench.

readonly BATCH_MESSAGES=1000 BATCH_CONNECTIONS=4 ATTACHMENT_BYTES=10485760

dialects_sides=(ingest ingest_multipart ingest_form tenants messages emails mailgun mailgun_multipart batch variables attachment)

# One text of 1,888 bytes, as accept-http sends it.
dialects_text() { printf '0123456789abcdef%.0s' {1..118}; }

# Writes what wrk sends: dialects_script DIALECT. A JSON body is the fields of the message; a form is the same by name.
dialects_script() {
    local text key tenant path type body authorization
    text=$(dialects_text)
    key=$(awk 'NR == 1 {print $2}' "$accounts")
    tenant=$(awk 'NR == 1 {print $1}' "$accounts")
    authorization="Bearer $key" type=application/json
    case $1 in
    ingest) path=/api/v1/messages body=$(dialects_json "$text" text) ;;
    tenants) path=/api/v1/dispatch/tenants/$tenant/send body=$(dialects_json "$text" text_body) ;;
    messages) path=/v1/messages/send body=$(dialects_json "$text" text) ;;
    emails) path=/api/v1/emails body=$(dialects_json "$text" text) ;;
    batch)
        path=/v1/messages/batch
        body=$(printf '{"messages":[' && for ((n = 1; n < BATCH_MESSAGES; n++)); do
            printf '%s,' "$(dialects_json "$text" text)"
        done && printf '%s]}' "$(dialects_json "$text" text)")
        ;;
    variables)
        path=/v1/messages/batch
        body=$(printf '{"from":"%s","subject":"Hello {{name}}","text":"{{name}} %s","recipient_variables":{' "$SENDER" "$text" &&
            for ((n = 1; n < BATCH_MESSAGES; n++)); do
                printf '"r%d-%s":{"name":"N%d"},' "$n" "$RECIPIENT" "$n"
            done && printf '"%s":{"name":"N"}}}' "$RECIPIENT")
        ;;
    ingest_form) path=/api/v1/messages ;;
    ingest_multipart) path=/api/v1/messages ;;
    mailgun | mailgun_multipart)
        path=/v3/${SENDER#*@}/messages
        authorization="Basic $(printf 'api:%s' "$key" | base64 -w 0)"
        ;;
    esac
    case $1 in
    ingest_form | mailgun)
        type=application/x-www-form-urlencoded
        body="from=${SENDER/@/%40}&to=${RECIPIENT/@/%40}&subject=Hello&text=$text"
        ;;
    *_multipart)
        type='multipart/form-data; boundary=bench'
        body=$(for field in "from $SENDER" "to $RECIPIENT" "subject Hello" "text $text"; do
            printf -- '--bench\\r\\nContent-Disposition: form-data; name=\\"%s\\"\\r\\n\\r\\n%s\\r\\n' \
                "${field%% *}" "${field#* }"
        done && printf -- '--bench--\\r\\n')
        ;;
    esac
    printf '%s\n' 'wrk.method = "POST"' "wrk.path = \"$path\"" "wrk.headers[\"Content-Type\"] = \"$type\"" \
        "wrk.headers[\"Authorization\"] = \"$authorization\""
    if [[ $type == application/json ]]; then
        printf 'wrk.body = [[%s]]\n' "$body"
    else
        printf 'wrk.body = "%s"\n' "$body"
    fi
}

dialects_json() { # dialects_json TEXT FIELD
    printf '{"from":"%s","to":["%s"],"subject":"Hello","%s":"%s"}' "$SENDER" "$RECIPIENT" "$2" "$1"
}

# Messages a second, and the node's processor time for each: dialects_rate SECONDS MESSAGES-A-REQUEST CONNECTIONS.
dialects_rate() {
    local before requests rate
    before=$(processor_us "$node_pid")
    wrk -t 1 -c "$3" -d "$1" --timeout 30 -s "$work/dialect.lua" "http://127.0.0.1:$http_port" >"$work/wrk.log"
    if grep -q 'Non-2xx\|Socket errors' "$work/wrk.log"; then
        cat "$work/wrk.log" >&2
        die "requests failed"
    fi
    rate=$(sed -n 's/^Requests\/sec: *//p' "$work/wrk.log")
    requests=$(sed -n 's/^ *\([0-9]*\) requests in .*/\1/p' "$work/wrk.log")
    echo "per_s $(calculate 0 "$rate * $2")"
    echo "cpu_us $(calculate 0 "($(processor_us "$node_pid") - $before) / ($requests * $2)")"
}

dialects_round() { # dialects_round DIALECT
    if [[ $1 == attachment ]]; then
        attachment_round
        return
    fi
    ours_start
    dialects_script "$1" >"$work/dialect.lua"
    if [[ $1 == batch || $1 == variables ]]; then
        dialects_rate 1 "$BATCH_MESSAGES" "$BATCH_CONNECTIONS" >/dev/null
        dialects_rate "$seconds" "$BATCH_MESSAGES" "$BATCH_CONNECTIONS"
    else
        dialects_rate 1 1 "$HTTP_CONNECTIONS" >/dev/null
        dialects_rate "$seconds" 1 "$HTTP_CONNECTIONS"
    fi
    ours_stop
}

# Peak memory that one attachment of 10 MiB costs, in multiples of its size: as a file of a form, and as base64 in JSON.
attachment_round() {
    local form key before after
    head -c "$ATTACHMENT_BYTES" /dev/urandom >"$work/attachment"
    for form in multipart json; do
        ours_start
        key=$(awk 'NR == 1 {print $2}' "$accounts")
        attachment_post "$form" "$key" /dev/null
        before=$(memory_kb "$node_pid" VmRSS)
        attachment_post "$form" "$key" "$work/attachment"
        after=$(memory_kb "$node_pid" VmHWM)
        echo "${form}_times_size $(calculate 2 "($after - $before) * 1024 / $ATTACHMENT_BYTES")"
        ours_stop
    done
}

attachment_post() { # attachment_post multipart|json KEY FILE
    local url=http://127.0.0.1:$http_port/api/v1/messages
    if [[ $1 == multipart ]]; then
        curl -sSf -o "$work/answer" -H "Authorization: Bearer $2" -F "from=$SENDER" -F "to=$RECIPIENT" -F subject=File \
            -F text=Attached. -F "attachment=@$3;filename=file.bin" "$url" || die "the form was refused"
    else
        {
            printf '{"from":"%s","to":["%s"],"subject":"File","text":"Attached.",' "$SENDER" "$RECIPIENT"
            printf '"attachments":[{"filename":"file.bin","content":"'
            base64 -w 0 "$3"
            printf '"}]}'
        } >"$work/attachment.json"
        curl -sSf -o "$work/answer" -H "Authorization: Bearer $2" -H 'Content-Type: application/json' \
            --data-binary "@$work/attachment.json" "$url" || die "the JSON was refused"
    fi
}

# Each dialect's share of the ingestion API's JSON, and how much faster a batch is than single messages.
dialects_summary() {
    local side
    for side in "${dialects_sides[@]}"; do
        [[ $side =~ ^(ingest|batch|variables|attachment)$ ]] || ratio "${side}_of_ingest" "${side}_per_s" ingest_per_s
    done
    ratio batch_of_messages batch_per_s messages_per_s
    ratio variables_of_messages variables_per_s messages_per_s
}
