import HTTP
import Times

/// The body of `PATCH /api/v1/emails/{id}`.
package struct EmailChange: Decodable, Sendable {
    package let scheduled_at: TimeField
    /// Clients of Resend repeat it.
    package let id: String?

    package static let maxBodyBytes = 16 * 1024

    /// - Parameter now: milliseconds since 1970.
    /// - Throws: 400 naming the field.
    package static func read(_ request: HTTPRequest, now: Int64) async throws(APIError) -> EmailChange {
        let change = try await request.decode(Self.self, maxBytes: maxBodyBytes)
        guard change.id.map({ $0 == request.parameter("id") }) ?? true else {
            throw APIError(400, "invalid_field", "`id` is not that of the path.", field: "id")
        }
        try change.scheduled_at.demandAhead(now: now)
        return change
    }
}

/// What is answered to a change of an e-mail that waits for its time.
package struct ChangedEmail: Encodable, Sendable {
    let object = "email"
    let id: String
    let status: String
    let scheduled_at: String?

    package static func cancelled(_ id: String) -> ChangedEmail {
        ChangedEmail(id: id, status: "cancelled", scheduled_at: nil)
    }

    package static func moved(_ id: String, to time: TimeField) -> ChangedEmail {
        ChangedEmail(id: id, status: "scheduled", scheduled_at: RFC3339.text(milliseconds: time.milliseconds))
    }
}
