import FoundationEssentials
import NodeProtocol
import Postgres

// The rows of a report as the columns in which they are handed to PostgreSQL, for `FROM`: each value named as
// its column, under the alias `u`.

extension Array {
    fileprivate func column<Value: PostgresArrayElement>(_ value: (Element) -> Value?) -> PostgresColumn<
        Value
    > {
        PostgresColumn(map(value))
    }
}

extension [EmailRow] {
    var columns: SQL {
        """
        unnest(
            \(column(\.tenant))::uuid[], \(column(\.id))::uuid[], \(column(\.mode)), \(column(\.door)),
            \(column(\.message_id)), \(column(\.from_address)), \(column(\.to.arrayLiteral)),
            \(column(\.cc.arrayLiteral)), \(column(\.bcc.arrayLiteral)),
            \(column(\.track_opens)), \(column(\.track_clicks)),
            \(column(\.offers_unsubscribe)), \(column(\.template_id))::uuid[],
            \(column(\.resent_from))::uuid[], \(column(\.subject)), \(column(\.size_bytes)),
            \(column(\.has_attachments)), \(column(\.tags.arrayLiteral)), \(column(\.metadataText)),
            \(column(\.api_key_id))::uuid[],
            \(column(\.credential_id))::uuid[], \(column(\.scheduled_at)), \(column(\.body_offset)),
            \(column(\.body_bytes)), \(column(\.state.status)), \(column(\.state.sent_at)),
            \(column(\.state.delivered_at)), \(column(\.state.bounced_at)), \(column(\.state.bounce_type)),
            \(column(\.state.bounce_class))
        ) AS u(
            tenant, id, mode, door, message_id, from_address, to_addresses, cc, bcc, track_opens,
            track_clicks, offers_unsubscribe, template_id, resent_from, subject, size_bytes,
            has_attachments, tags, metadata, api_key_id, credential_id, scheduled_at, body_offset, body_bytes,
            status, sent_at, delivered_at, bounced_at, bounce_type, bounce_class)
        """
    }
}

extension EmailRow {
    fileprivate var metadataText: String {
        var text = JSONText()
        for (name, value) in metadata { text.add(name, value) }
        return text.text
    }
}

extension [RecipientRow] {
    var columns: SQL {
        """
        unnest(
            \(column(\.tenant))::uuid[], \(column(\.id))::uuid[], \(column(\.address)), \(column(\.state)),
            \(column(\.attempts))::integer[], \(column(\.last_code))::smallint[], \(column(\.last_enhanced)),
            \(column(\.last_response)), \(column(\.remote_host)), \(column(\.remote_id)),
            \(column(\.bounce_class)), \(column(\.first_attempt_at)), \(column(\.last_attempt_at)),
            \(column(\.next_attempt_at)), \(column(\.finished_at)), \(column(\.duration_ms))::integer[]
        ) AS u(
            tenant, id, address, state, attempts, last_code, last_enhanced, last_response, remote_host,
            remote_id, bounce_class, first_attempt_at, last_attempt_at, next_attempt_at, finished_at,
            duration_ms)
        """
    }
}

extension [MarkRow] {
    var columns: SQL {
        """
        unnest(
            \(column(\.tenant))::uuid[], \(column(\.id))::uuid[], \(column(\.complained_at)),
            \(column(\.opened_at)), \(column(\.clicked_at)), \(column(\.scheduled_at))
        ) AS u(tenant, id, complained_at, opened_at, clicked_at, scheduled_at)
        """
    }
}

extension [EventRow] {
    var columns: SQL {
        """
        unnest(
            \(column(\.tenant))::uuid[], \(column(\.id))::uuid[], \(column { Int64(clamping: $0.seq) }),
            \(column(\.recipient)), \(column(\.kind)), \(column(\.at)), \(column(\.detail.text))
        ) AS u(tenant, id, seq, recipient, kind, at, detail)
        """
    }
}

extension EventRow.Detail {
    fileprivate var text: String {
        var text = JSONText()
        text.add("attempt", attempt)
        text.add("code", code)
        text.add("enhanced_code", enhanced_code)
        text.add("response", response)
        text.add("category", category)
        text.add("action", action)
        text.add("rule", rule)
        text.add("rule_set", rule_set)
        text.add("remote_host", remote_host)
        text.add("remote_id", remote_id)
        text.add("duration_ms", duration_ms)
        text.add("next_attempt_at", next_attempt_at)
        text.add("url", url)
        text.add("user_agent", user_agent)
        text.add("network", network)
        text.add("machine", machine)
        text.add("machine_reason", machine_reason)
        return text.text
    }
}

extension [WebhookAttemptRow] {
    var columns: SQL {
        """
        unnest(
            \(column(\.tenant))::uuid[], \(column(\.id))::uuid[], \(column { Int64(clamping: $0.seq) }),
            \(column(\.webhook))::uuid[], \(column(\.event_kind)), \(column(\.attempt))::integer[],
            \(column(\.at)), \(column(\.outcome)), \(column(\.status_code))::smallint[],
            \(column(\.duration_ms))::integer[], \(column(\.response)), \(column(\.next_attempt_at))
        ) AS u(
            tenant, id, seq, webhook, event_kind, attempt, at, outcome, status_code, duration_ms, response,
            next_attempt_at)
        """
    }
}

extension [UsageRow] {
    /// The counters by their names, which are those of the columns.
    static let counters: [(name: String, value: @Sendable (UsageRow) -> Int)] = [
        ("messages", \.messages), ("recipients", \.recipients), ("delivered", \.delivered),
        ("deferred", \.deferred), ("hard_bounced", \.hard_bounced), ("soft_bounced", \.soft_bounced),
        ("expired", \.expired), ("failed", \.failed), ("cancelled", \.cancelled),
        ("suppressed", \.suppressed), ("complained", \.complained), ("opened", \.opened),
        ("clicked", \.clicked), ("unsubscribed", \.unsubscribed), ("bytes", \.bytes),
        ("unique_opened", \.unique_opened), ("unique_clicked", \.unique_clicked),
    ]

    var columns: SQL {
        let counts = Self.counters.map { counter in "\(column(counter.value))" as SQL }
            .joined(separator: ", ")
        let names = SQL(unsafe: Self.counters.map(\.name).joined(separator: ", "))
        return """
            unnest(\(column(\.tenant))::uuid[], \(column(\.hour))::integer[], \(counts))
            AS u(tenant, hour, \(names))
            """
    }
}

extension [TagRow] {
    var columns: SQL {
        """
        unnest(\(column(\.message.tenant))::uuid[], \(column(\.message.id))::uuid[], \(column(\.tag)))
        AS u(tenant, id, tag)
        """
    }
}

extension [MessageKey] {
    var columns: SQL {
        "unnest(\(column(\.tenant))::uuid[], \(column(\.id))::uuid[]) AS u(tenant, id)"
    }
}
