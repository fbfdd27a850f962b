import FoundationEssentials
import HTTP
import MailFormat
import NodeProtocol
import Postgres
import Times

/// The suppression list as a file: taken in from another service, and given out.
package struct SuppressionLists: Sendable {
    static let maxImportBytes = 10 * 1024 * 1024
    static let maxRows = 100_000
    /// As many as the export has; of an import the first two count.
    static let maxFields = 4

    private let context: ControlContext
    private let authenticator: Authenticator

    package init(_ context: ControlContext, _ authenticator: Authenticator) {
        self.context = context
        self.authenticator = authenticator
    }

    package func add(to router: inout Router) {
        router.tenant(
            .post, "/suppressions/import", authenticator, needs: .scope("suppressions:write"),
            RouteInfo(
                summary: "Import suppressed emails",
                details:
                    "One address a line, or CSV with the columns email and reason. All of it or nothing.",
                tag: "Suppressions",
                requestSchema: .string.example("email,reason\r\nsomeone@example.com,Asked to\r\n"),
                requestContentTypes: ["text/csv"],
                responses: [
                    .init(
                        200, "How many were added.",
                        .data(
                            .record([
                                "added": .integer.example(1), "already_suppressed": .integer.example(0),
                            ]), message: "Imported")),
                    .init(400, "A line is wrong, or there are too many.", codes: ["limit_reached"]),
                ])
        ) { try await take($0) }
        router.tenant(
            .get, "/suppressions/export", authenticator, needs: .scope("suppressions:read"),
            RouteInfo(
                summary: "Export suppressed emails",
                details:
                    "At most \(Self.maxRows) rows in the order of addresses; `X-Next-After` names the last "
                    + "when there are more.", tag: "Suppressions",
                parameters: [.query("after", .string.described("Begin behind this address."))],

                responses: [
                    .init(
                        200, "The list.", .string.example("email,reason,source,created_at\r\n"),
                        contentType: "text/csv")
                ])
        ) { try await give($0) }
    }

    private struct Import: Encodable {
        let added: Int
        let alreadySuppressed: Int
    }

    private func take(_ call: TenantCall) async throws -> HTTPResponse {
        let body: [UInt8]
        do { body = try await call.request.readBody(maxBytes: Self.maxImportBytes) } catch {
            throw error.apiError
        }
        let entries = try await context.blocking.run { try Self.entries(body) }
        let (addresses, reasons) = (Array(entries.keys), Array(entries.values))
        let (tenant, actor) = (call.tenant, call.actor)
        let added = try await context.pool.transaction(as: call.rows) { connection in
            let added = try await connection.execute(
                """
                INSERT INTO suppressions (tenant_id, address, reason, source, created_by)
                SELECT \(tenant.uuid), address, reason, 'manual', \(actor.id)
                FROM unnest(\(addresses)::text[], \(reasons)::text[]) AS given (address, reason)
                ON CONFLICT (tenant_id, address) DO NOTHING
                """)
            try await SuppressionLimit.check(tenant, connection)
            try await Audit.write(
                connection, actor, tenant: tenant, "suppression.imported", record: ("suppression", ""),
                detail: ["added": "\(added)"])
            return added
        }
        return try .data(
            Import(added: added, alreadySuppressed: addresses.count - added), message: "Imported")
    }

    /// Reasons by address.
    private static func entries(_ body: [UInt8]) throws(APIError) -> [String: String] {
        let rows: [(line: Int, fields: [String])]
        do { rows = try CSV.rows(body, maxRows: maxRows + 1, maxFields: maxFields) } catch {
            throw .invalid("line \(error.line)", error.reason)
        }
        var entries: [String: String] = [:]
        for (index, row) in rows.enumerated() {
            let first = row.fields.first?.trimmingWhitespace ?? ""
            if index == 0, first.lowercased() == "email" { continue }
            let address: String
            do { address = try MailAddress(first).caseFolded } catch {
                throw .invalid("line \(row.line)", "has no address: \(error)")
            }
            let reason = row.fields.count > 1 ? row.fields[1].storable(1_000) : ""
            entries[address] = reason
        }
        return entries
    }

    private func give(_ call: TenantCall) async throws -> HTTPResponse {
        let after = call.request.query["after"]?.lowercased() ?? ""
        let tenant = call.tenant.uuid
        let rows = try await context.pool.query(
            """
            SELECT address, reason, source, created_at FROM suppressions
            WHERE tenant_id = \(tenant) AND address > \(after) ORDER BY address LIMIT \(Self.maxRows + 1)
            """, as: call.rows)
        var text = "email,reason,source,created_at\r\n"
        var last = ""
        for row in rows.prefix(Self.maxRows) {
            last = try row["address"]
            let fields = [
                last, try row["reason"], try row["source"],
                RFC3339.wholeSeconds(try row["created_at"]),
            ]
            text += fields.map(CSV.printed).joined(separator: ",") + "\r\n"
        }
        let response = HTTPResponse.bytes(Array(text.utf8), contentType: "text/csv; charset=utf-8")
            .header("Content-Disposition", "attachment; filename=\"suppressions.csv\"")
        return rows.count > Self.maxRows ? response.header("X-Next-After", last) : response
    }
}
