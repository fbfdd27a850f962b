import FoundationEssentials
import HTTP
import NodeProtocol
import Postgres

/// Reads and writes the templates of one tenant, inside a transaction of its own.
///
/// A template is named by its UUID or its slug. Every change is a new version; the newest hundred are kept.
struct TemplateStore: Sendable {
    /// They all travel to the nodes.
    static let maxTemplates = 500
    static let maxBytes = 8 * 1024 * 1024
    static let maxVersions: Int32 = 100

    let tenant: TenantID
    let connection: PostgresConnection

    /// - Parameter lock: for a change.
    /// - Throws: 404.
    func find(_ name: String, lock: Bool = false) async throws -> StoredTemplate {
        let filter: SQL = UUID(uuidString: name).map { "id = \($0)" } ?? "slug = \(name)"
        let locking: SQL = lock ? "FOR UPDATE" : ""
        let rows = try await connection.query(
            """
            SELECT \(StoredTemplate.columns) FROM templates WHERE tenant_id = \(tenant.uuid) AND \(filter)
            \(locking)
            """)
        guard let row = rows.first else { throw APIError.noSuch("template") }
        return try StoredTemplate(row)
    }

    /// - Throws: 400 `limit_reached`, 409 for a slug that is taken.
    func insert(_ new: TemplateChange.Checked, by actor: AuditActor) async throws -> StoredTemplate {
        let rows = try await connection.query(
            """
            INSERT INTO templates
                (tenant_id, name, slug, subject, html_body, text_body, variables, description, kind,
                 created_by)
            VALUES (\(tenant.uuid), \(new.name), \(new.slug), \(new.subject), \(new.htmlBody),
                \(new.textBody), \(new.samples), \(new.description), \(new.kind), \(actor.id))
            ON CONFLICT ON CONSTRAINT templates_slug_key DO NOTHING RETURNING \(StoredTemplate.columns)
            """)
        guard let row = rows.first else { throw Self.slugTaken }
        return try await written(try StoredTemplate(row), "template.created", actor)
    }

    func update(
        _ old: StoredTemplate, _ new: TemplateChange.Checked, by actor: AuditActor
    ) async throws -> StoredTemplate {
        let rows: PostgresRows
        do {
            rows = try await connection.query(
                """
                UPDATE templates SET name = \(new.name), slug = \(new.slug), subject = \(new.subject),
                    html_body = \(new.htmlBody), text_body = \(new.textBody), variables = \(new.samples),
                    description = \(new.description), kind = \(new.kind),
                    version = version + 1, updated_at = now()
                WHERE tenant_id = \(tenant.uuid) AND id = \(old.id) RETURNING \(StoredTemplate.columns)
                """)
        } catch {
            if error.sqlState == .uniqueViolation { throw Self.slugTaken }
            throw error
        }
        guard let row = rows.first else { throw APIError.noSuch("template") }
        return try await written(try StoredTemplate(row), "template.changed", actor)
    }

    func delete(_ template: StoredTemplate, by actor: AuditActor) async throws {
        try await connection.query(
            "DELETE FROM templates WHERE tenant_id = \(tenant.uuid) AND id = \(template.id)")
        try await audit("template.deleted", template, actor)
    }

    /// The oldest first, and how many there are.
    ///
    /// - Parameter filter: more conditions, each behind `AND`.
    func list(_ filter: SQL, _ page: PageRequest) async throws -> ([StoredTemplate], total: Int) {
        let rows = try await connection.query(
            """
            SELECT \(StoredTemplate.columns) FROM templates WHERE tenant_id = \(tenant.uuid) \(filter)
            ORDER BY created_at, id LIMIT \(page.limit) OFFSET \(page.offset)
            """)
        let count = try await connection.query(
            "SELECT count(*) AS total FROM templates WHERE tenant_id = \(tenant.uuid) \(filter)")
        return (try rows.map { try StoredTemplate($0) }, try count.first?["total"] ?? 0)
    }

    /// The newest first.
    func versions(_ template: StoredTemplate, _ page: PageRequest) async throws -> [StoredTemplate] {
        try await connection.query(
            """
            SELECT \(StoredTemplate.versionColumns) FROM template_versions
            WHERE tenant_id = \(tenant.uuid) AND template_id = \(template.id)
            ORDER BY version DESC LIMIT \(page.limit) OFFSET \(page.offset)
            """
        ).map { try StoredTemplate($0) }
    }

    func versionCount(_ template: StoredTemplate) async throws -> Int {
        try await connection.query(
            """
            SELECT count(*) AS total FROM template_versions
            WHERE tenant_id = \(tenant.uuid) AND template_id = \(template.id)
            """
        ).first?["total"] ?? 0
    }

    /// - Throws: 404.
    func version(_ number: Int, of template: StoredTemplate) async throws -> StoredTemplate {
        let rows = try await connection.query(
            """
            SELECT \(StoredTemplate.versionColumns) FROM template_versions
            WHERE tenant_id = \(tenant.uuid) AND template_id = \(template.id) AND version = \(number)
            """)
        guard let row = rows.first else { throw APIError.noSuch("version") }
        return try StoredTemplate(row)
    }

    /// What belongs to each write: the version, the tenant's share of what travels, the audit log.
    private func written(
        _ template: StoredTemplate, _ action: String, _ actor: AuditActor
    ) async throws -> StoredTemplate {
        try await connection.query(
            """
            INSERT INTO template_versions (tenant_id, template_id, version, name, slug, subject, html_body,
                text_body, variables, description, kind, created_by)
            SELECT tenant_id, id, version, name, slug, subject, html_body, text_body, variables, description,
                kind, \(actor.id)
            FROM templates WHERE tenant_id = \(tenant.uuid) AND id = \(template.id)
            """)
        try await connection.query(
            """
            DELETE FROM template_versions WHERE tenant_id = \(tenant.uuid) AND template_id = \(template.id)
                AND version <= \(Int32(template.version) - Self.maxVersions)
            """)
        let row = try await connection.query(
            """
            SELECT count(*) AS entries, coalesce(sum(octet_length(subject)
                + coalesce(octet_length(html_body), 0) + coalesce(octet_length(text_body), 0)), 0)::bigint
                AS bytes
            FROM templates WHERE tenant_id = \(tenant.uuid)
            """
        ).first
        guard let row, try row["entries", as: Int.self] <= Self.maxTemplates,
            try row["bytes", as: Int.self] <= Self.maxBytes
        else {
            throw APIError(
                400, "limit_reached",
                "A tenant may have \(Self.maxTemplates) templates of \(Self.maxBytes) bytes together.")
        }
        try await audit(action, template, actor)
        return template
    }

    private func audit(_ action: String, _ template: StoredTemplate, _ actor: AuditActor) async throws {
        try await Audit.write(
            connection, actor, tenant: tenant, action, record: ("template", template.id.text),
            detail: ["slug": template.slug, "version": String(template.version)])
    }

    private static var slugTaken: APIError {
        APIError(409, "already_exists", "There is a template with this slug already.", field: "slug")
    }
}
