import FoundationEssentials
import Postgres

/// One row of each tenant-owned table for a tenant. A table without an entry here fails the isolation tests:
/// whoever adds a table adds its row.
enum TenantRows {
    static func insert(_ table: String, tenant: UUID) -> SQL? {
        let name = tenant.uuidString.lowercased()
        let hash = [UInt8](repeating: 7, count: 16) + Array(withUnsafeBytes(of: tenant.uuid) { Array($0) })
        // Version 7, accepted now, so that it falls into a partition of these days.
        let message: SQL =
            """
            (SELECT (
                lpad(to_hex((extract(epoch FROM date_trunc('milliseconds', now())) * 1000)::bigint), 12, '0')
                || '7000' || '8000' || right(\(name)::text, 12))::uuid)
            """
        let accepted: SQL = "message_accepted_at(\(message))"
        switch table {
        case "tenants":
            return """
                INSERT INTO tenants (id, name, slug, plan_code, body_public_key, body_private_key_sealed)
                VALUES (\(tenant), 'A tenant', \(name), 'free', \(hash), \(hash))
                """
        case "memberships":
            return "INSERT INTO memberships (tenant_id, subject, role) VALUES (\(tenant), 'someone', 'owner')"
        case "api_keys":
            return """
                INSERT INTO api_keys (tenant_id, name, prefix, hash, scopes, mode)
                VALUES (\(tenant), 'key', 'dsp_live_x', \(hash), '{*}', 'live')
                """
        case "credentials":
            return """
                INSERT INTO credentials (tenant_id, label, username, password_hash)
                VALUES (\(tenant), 'main', \(name), \(hash))
                """
        case "domains":
            return """
                INSERT INTO domains
                    (tenant_id, domain, ownership_token, selector, dkim_private_sealed, dkim_public)
                VALUES (\(tenant), 'example.test', 'token', 'dispatch', \(hash), \(hash))
                """
        case "suppressions":
            return """
                INSERT INTO suppressions (tenant_id, address, source)
                VALUES (\(tenant), 'gone@example.test', 'manual')
                """
        case "webhooks":
            return """
                INSERT INTO webhooks (tenant_id, url, events, secret_sealed)
                VALUES (\(tenant), 'https://hooks.example.test/', '{delivered}', \(hash))
                """
        case "templates":
            return """
                INSERT INTO templates (tenant_id, name, slug, subject, text_body)
                VALUES (\(tenant), 'Welcome', 'welcome', 'Hello', 'Hi')
                ON CONFLICT (tenant_id, slug) DO NOTHING
                """
        case "template_versions":
            return """
                WITH made AS (
                    INSERT INTO templates (tenant_id, name, slug, subject, text_body)
                    VALUES (\(tenant), 'Welcome', 'welcome', 'Hello', 'Hi')
                    ON CONFLICT (tenant_id, slug) DO UPDATE SET name = EXCLUDED.name
                    RETURNING tenant_id, id)
                INSERT INTO template_versions
                    (tenant_id, template_id, version, name, slug, subject, text_body, variables)
                SELECT tenant_id, id, 1, 'Welcome', 'welcome', 'Hello', 'Hi', '{}' FROM made
                """
        case "master_templates":
            return "INSERT INTO master_templates (tenant_id, html_body) VALUES (\(tenant), '{{content}}')"
        case "notices":
            return "INSERT INTO notices (tenant_id, event, body) VALUES (\(tenant), 'domain.lost', '{}')"
        case "emails":
            return """
                INSERT INTO emails (tenant_id, accepted_at, id, node, expires_at)
                VALUES (\(tenant), \(accepted), \(message), 1, now() + interval '7 days')
                """
        case "email_recipients":
            return """
                INSERT INTO email_recipients (tenant_id, accepted_at, message_id, address)
                VALUES (\(tenant), \(accepted), \(message), 'to@example.test')
                """
        case "email_tags":
            return """
                INSERT INTO email_tags (tenant_id, accepted_at, message_id, tag)
                VALUES (\(tenant), \(accepted), \(message), 'welcome')
                """
        case "events":
            return """
                INSERT INTO events (tenant_id, accepted_at, message_id, node, seq, kind, at)
                VALUES (\(tenant), \(accepted), \(message), 1, 1, 'accepted', now())
                """
        case "webhook_attempts":
            return """
                INSERT INTO webhook_attempts
                    (tenant_id, accepted_at, message_id, node, seq, webhook_id, event_kind, attempt, at,
                     outcome)
                VALUES (\(tenant), \(accepted), \(message), 1, 2, \(UUID()), 'delivered', 1, now(),
                        'delivered')
                """
        case "dns_changes":
            return """
                INSERT INTO dns_changes
                    (tenant_id, domain_id, domain, subject, provider_id, kind, zone_id, zone_name, state,
                     changes)
                VALUES (\(tenant), gen_random_uuid(), 'a.example', 'someone', gen_random_uuid(), 'cloudflare',
                    'z', 'a.example', 'applied', '[]')
                """
        case "usage_shares":
            return """
                INSERT INTO usage_shares
                    (tenant_id, node, month, day, month_recipients, day_recipients, messages)
                VALUES (\(tenant), 1, '2026-11-01', '2026-11-21', 1, 1, 1)
                """
        case "suppression_totals":
            return """
                INSERT INTO suppression_totals (tenant_id, entries, bytes) VALUES (\(tenant), 0, 0)
                ON CONFLICT DO NOTHING
                """
        case "open_hours":
            return """
                INSERT INTO open_hours (tenant_id, address, hour, opens)
                VALUES (\(tenant), 'reader@example.test', 9, 1)
                """
        case "early_events":
            return """
                INSERT INTO early_events
                    (tenant_id, message_id, node, seq, recipient, kind, at, detail)
                VALUES (\(tenant), \(message), 1, 1, 'reader@example.test', 'opened', now(), '{}')
                """
        case "usage_daily":
            return """
                INSERT INTO usage_daily (tenant_id, day, node, messages)
                VALUES (\(tenant), '2026-03-01', 1, 1)
                """
        case "usage_hourly":
            return """
                INSERT INTO usage_hourly (tenant_id, hour, node, messages)
                VALUES (\(tenant), '2026-03-01T10:00:00Z', 1, 1)
                """
        case "usage_monthly":
            return """
                INSERT INTO usage_monthly (tenant_id, month, node, messages)
                VALUES (\(tenant), '2026-03-01', 1, 1)
                """
        case "audit_log":
            return """
                INSERT INTO audit_log (tenant_id, actor_kind, actor, action)
                VALUES (\(tenant), 'user', 'someone', 'domain.create')
                """
        case "idempotency_keys":
            return """
                INSERT INTO idempotency_keys (tenant_id, route, key, request_hash)
                VALUES (\(tenant), 'send', 'k', \(hash))
                """
        default: return nil
        }
    }
}
