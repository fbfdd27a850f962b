import Crypto
import FoundationEssentials
import HTTP
import NodeProtocol
import Postgres

/// Takes one person's address out of a tenant's log, as data protection law lets people ask.
///
/// Of messages to that address alone nothing stays but that there was one. Of those to others too, the body
/// goes, and the address with all that was told of it, or that names it. Counters stay; so does an entry of
/// the suppression list, which has to keep mail from being sent there again. What nodes tell later of those
/// messages finds the address gone, and does not bring it back. Done in steps: what was erased stays erased
/// when a later step fails, and the request can be made again.
struct EmailErasure: Sendable {
    private struct Asked: Decodable {
        let address: String
    }

    private struct Answer: Encodable {
        let erased: Int
    }

    private static let recipientsAtOnce: Int32 = 500

    private let context: ControlContext
    private let authenticator: Authenticator

    init(_ context: ControlContext, _ authenticator: Authenticator) {
        self.context = context
        self.authenticator = authenticator
    }

    func add(to router: inout Router) {
        router.tenant(
            .post, "/emails/erase", authenticator, needs: .role(.admin),
            RouteInfo(
                summary: "Erase an address from the log",
                details:
                    "Bodies of the messages to it, the address and what was told of it go; counters stay.",
                tag: "Emails",
                requestSchema: .object(["address": .string.required.example("person@example.com")]),
                responses: [
                    .init(
                        200, "It is erased.",
                        .data(
                            .record(["erased": .integer.example(3)]),
                            message: "The address was erased from the log"))
                ])
        ) { try await erase($0) }
    }

    private func erase(_ call: TenantCall) async throws -> HTTPResponse {
        let address = try await call.decode(Asked.self).address.lowercased()
        guard (3...320).contains(address.unicodeScalars.count), !address.utf8.contains(0) else {
            throw APIError.invalid("address", "must be an email address")
        }
        let tenant = call.tenant
        var erased = 0
        while true {
            let step = try await context.pool.transaction(as: call.rows) { connection in
                try await Self.step(address, tenant.uuid, connection)
            }
            erased += step.messages
            guard step.recipients == Int(Self.recipientsAtOnce) else { break }
        }
        // The log of who did what must not keep what was to be forgotten.
        let record = Hex.encode(Array(Digest.sha256(address).prefix(8)))
        let (actor, count) = (call.actor, erased)
        try await context.pool.transaction(as: call.rows) { connection in
            try await connection.query(
                "DELETE FROM open_hours WHERE tenant_id = \(tenant.uuid) AND address = \(address)")
            try await connection.query(
                """
                DELETE FROM early_events
                WHERE tenant_id = \(tenant.uuid) AND lower(recipient) = \(address)::text
                """)
            try await Audit.write(
                connection, actor, tenant: tenant, "email.address_erased", record: ("address", record),
                detail: ["messages": String(count)])
        }
        return try .data(Answer(erased: erased), message: "The address was erased from the log")
    }

    /// - Returns: how many recipients are gone, and of how many messages: one may have been addressed in
    ///   several spellings.
    private static func step(
        _ address: String, _ tenant: UUID, _ connection: PostgresConnection
    ) async throws -> (recipients: Int, messages: Int) {
        let rows = try await connection.query(
            """
            DELETE FROM email_recipients WHERE (tenant_id, accepted_at, message_id, address) IN (
                SELECT tenant_id, accepted_at, message_id, address FROM email_recipients
                WHERE tenant_id = \(tenant) AND folded = \(address)::text LIMIT \(recipientsAtOnce))
            RETURNING message_id
            """)
        let messages = Array(Set(try rows.map { try $0["message_id", as: UUID.self] }))
        guard !messages.isEmpty else { return (0, 0) }
        let keys: SQL = "tenant_id = \(tenant) AND accepted_at = message_accepted_at(u.id)"
        try await connection.query(
            """
            UPDATE emails SET
                body_sealed = NULL, message_id = '', metadata = '{}', attachments = '[]',
                to_addresses = \(without(address, "to_addresses")),
                cc_addresses = \(without(address, "cc_addresses")),
                bcc_addresses = \(without(address, "bcc_addresses")),
                reply_to = \(without(address, "reply_to")), is_redacted = true
            FROM unnest(\(messages)) AS u(id) WHERE \(keys) AND emails.id = u.id
            """)
        try await connection.query(
            """
            DELETE FROM events USING unnest(\(messages)) AS u(id)
            WHERE \(keys) AND message_id = u.id AND (lower(recipient) = \(address)::text
                OR recipient = '' AND position(\(address)::text IN lower(detail::text)) > 0)
            """)
        try await settle(messages, tenant, connection)
        return (rows.count, messages.count)
    }

    /// Messages that were to nobody else keep nothing; the others have the state of those who are left.
    private static func settle(
        _ messages: [UUID], _ tenant: UUID, _ connection: PostgresConnection
    ) async throws {
        let lonely = try await MessageErasure.run(
            "SELECT * FROM unnest(\(messages))", of: tenant,
            where: """
                NOT EXISTS (SELECT FROM email_recipients r WHERE r.tenant_id = \(tenant)
                    AND r.accepted_at = message_accepted_at(u.message) AND r.message_id = u.message)
                """, connection)
        let left = Set(messages).subtracting(lonely).map(\.text)
        let times = left.compactMap { MessageID(text: $0).map { Int64(clamping: $0.milliseconds) } }
        guard let earliest = times.min(), let latest = times.max() else { return }
        let days = ReportDays(earliest: earliest, latest: latest)
        try await RecipientStatements(days: days, connection: connection).updateMessages(
            Set(left.map { MessageKey(tenant: tenant.text, id: $0) }))
    }

    private static func without(_ address: String, _ column: String) -> SQL {
        "ARRAY(SELECT a FROM unnest(\(identifier: column)) AS a WHERE lower(a) <> \(address)::text)"
    }
}
