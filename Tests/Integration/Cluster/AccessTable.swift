/// What each route of the customers' document asks of its caller, as people have agreed on it. A route that
/// is missing here fails the test: whoever adds one says here who may call it.
enum AccessTable {
    private static let tenant = "/api/v1/dispatch/tenants/{tenant_id}"

    static let rows: [String: String] = {
        var rows = [
            "POST /api/v1/auth/login": "everyone", "GET /api/v1/auth/me": "caller",
            "POST /api/v1/auth/password": "caller", "GET /api/v1/dispatch/plans": "caller",
            "GET /api/v1/dispatch/tenants": "caller", "POST /api/v1/dispatch/tenants": "caller",
            "GET /api/v1/user/dns-providers": "caller", "POST /api/v1/user/dns-providers": "caller",
            "GET /api/v1/user/dns-providers/{provider_id}/zones": "caller",
            "DELETE /api/v1/user/dns-providers/{provider_id}": "caller",
        ]
        for (route, access) in ofTenants {
            let parts = route.split(separator: " ", maxSplits: 1)
            rows["\(parts[0]) \(tenant)\(parts.count > 1 ? parts[1] : "")"] = access
        }
        return rows
    }()

    /// Those of the Messages API that are about messages.
    static let messages: [(route: String, access: String)] = [
        ("GET /v1/messages", "scope emails:read"), ("GET /v1/messages/scheduled", "scope emails:read"),
        ("GET /v1/messages/{message_id}", "scope emails:read"),
        ("GET /v1/messages/{message_id}/events", "scope emails:read"),
        ("DELETE /v1/messages/{message_id}/schedule", "scope emails:send"),
        ("POST /v1/messages/send", "scope emails:send"), ("POST /v1/messages/batch", "scope emails:send"),
        ("POST /v1/messages/analyze", "scope emails:send"),
    ]

    /// Those of the emails API.
    static let emails: [(route: String, access: String)] = [
        ("GET /api/v1/emails", "scope emails:read"), ("GET /api/v1/emails/{id}", "scope emails:read"),
        ("POST /api/v1/emails", "scope emails:send"), ("POST /api/v1/emails/batch", "scope emails:send"),
        ("PATCH /api/v1/emails/{id}", "scope emails:send"),
        ("POST /api/v1/emails/{id}/cancel", "scope emails:send"),
        ("POST /api/v1/emails/{id}/resend", "scope emails:send"),
    ]

    /// The routes below a tenant.
    private static let ofTenants = [
        "GET": "tenant", "PUT": "role admin", "GET /usage": "tenant",
        "POST /send": "scope emails:send", "POST /send-bulk": "scope emails:send",
        "GET /emails": "scope emails:read", "GET /emails/{log_id}": "scope emails:read",
        "DELETE /emails/{log_id}": "role member", "POST /emails/erase": "role admin",
        "GET /captured": "scope emails:read", "GET /captured/{captured_id}": "scope emails:read",
        "GET /captured/{captured_id}/raw": "scope emails:read", "DELETE /captured": "scope emails:send",
        "DELETE /captured/{captured_id}": "scope emails:send",
        "GET /queue": "scope emails:read", "GET /queue/{message_id}": "scope emails:read",
        "POST /domains": "scope domains:write", "GET /domains": "scope domains:read",
        "GET /domains/{domain_id}": "scope domains:read",
        "PUT /domains/{domain_id}": "scope domains:write",
        "DELETE /domains/{domain_id}": "scope domains:write",
        "POST /domains/{domain_id}/verify": "scope domains:write",
        "POST /domains/{domain_id}/dkim/rotate": "scope domains:write",
        "DELETE /domains/{domain_id}/dkim/rotate": "scope domains:write",
        "POST /domains/{domain_id}/dns-setup": "role member",
        "GET /domains/{domain_id}/dns-setup": "scope domains:read",
        "POST /domains/{domain_id}/dns-setup/{undo_id}/undo": "role member",
        "POST /templates": "scope templates:write", "GET /templates": "scope templates:read",
        "GET /templates/{template_id}": "scope templates:read",
        "PUT /templates/{template_id}": "scope templates:write",
        "DELETE /templates/{template_id}": "scope templates:write",
        "GET /templates/{template_id}/versions": "scope templates:read",
        "GET /templates/{template_id}/versions/{version}": "scope templates:read",
        "POST /templates/{template_id}/preview": "scope templates:read",
        "GET /master-template": "scope templates:read", "PUT /master-template": "scope templates:write",
        "DELETE /master-template": "scope templates:write",
        "POST /suppressions": "scope suppressions:write", "GET /suppressions": "scope suppressions:read",
        "DELETE /suppressions/{suppression_id}": "scope suppressions:write",
        "POST /suppressions/import": "scope suppressions:write",
        "GET /suppressions/export": "scope suppressions:read",
        "POST /webhooks": "scope webhooks:write", "GET /webhooks": "scope webhooks:read",
        "DELETE /webhooks/{webhook_id}": "scope webhooks:write",
        "POST /credentials": "role admin", "GET /credentials": "role viewer",
        "DELETE /credentials/{credential_id}": "role admin",
        "POST /api-keys": "role admin", "GET /api-keys": "role viewer",
        "DELETE /api-keys/{key_id}": "role admin",
        "POST /members": "role admin", "GET /members": "role viewer", "PUT /members/{subject}": "role admin",
        "DELETE /members/{subject}": "role admin",
        "GET /audit": "role admin",
    ]
}
