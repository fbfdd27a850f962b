import FoundationEssentials
import HTTP
import NodeProtocol
import Postgres
import Relay

extension EmailsAPI {
    /// Opens what the log kept and hands it to a node together with the caller's own request, so that scope,
    /// rate, quota, suppression, sender and signature are those of any other send.
    func sendAgain(_ call: TenantCall) async throws -> HTTPResponse {
        let asked = try Asked(call)
        let found = try await FreshEmail(context: context).find(asked.message) { try await kept(asked) }
        guard let kept = found else { throw APIError.noSuch("email") }
        let body = try JSON.encode(kept, sorted: true)
        do {
            let answer = try await relay.send(call.request, ownBody: body)
            // A repetition answers 200, and nothing was sent.
            if answer.status.code == 202 {
                let new = try? JSONDecoder().decode(NewEmail.self, from: Data(answer.body))
                await note(asked, ["new_id": new?.id ?? "unknown"])
            }
            return answer
        } catch let error as APIError where error.code == "outcome_unknown" {
            await note(asked, ["outcome": "unknown"])
            throw error
        }
    }

    private struct NewEmail: Decodable {
        let id: String
    }

    /// Notes what a node has done already: the caller's answer does not depend on it.
    private func note(_ asked: Asked, _ detail: [String: String]) async {
        do {
            try await context.pool.transaction(as: asked.rows) {
                try await asked.audit("email.resent", $0, detail)
            }
        } catch {
            context.log.error(
                "a repeated email is missing from the audit log",
                ["message": .string(asked.message.description), "error": .error(error)])
        }
    }

    /// - Returns: nil when there is no such e-mail, or it was erased.
    /// - Throws: 409 `body_not_kept`.
    private func kept(_ asked: Asked) async throws -> KeptEmail? {
        try await context.pool.transaction(as: asked.rows) { connection -> KeptEmail? in
            let row = try await connection.query(
                """
                SELECT mode, door, to_addresses, cc_addresses, bcc_addresses, tags, metadata,
                    track_opens, track_clicks, offers_unsubscribe, \(EmailBody.columns())
                FROM emails WHERE \(asked.rows(by: "id")) AND erased_at IS NULL
                """
            ).first
            guard let row else { return nil }
            guard let stored = try open(row, asked) else {
                throw APIError(
                    409, "body_not_kept", "The log keeps no body of this email: it cannot be sent again.")
            }
            var kept = KeptEmail(
                original: asked.message.description, to: try row["to_addresses"], cc: try row["cc_addresses"],
                bcc: try row["bcc_addresses"], message: Data(stored.message))
            kept.again = stored.again.map { Data($0.encoded()) }
            kept.is_composed = try row["door", as: String.self] != "smtp"
            kept.is_test = try row["mode", as: String.self] == "test"
            kept.tags = try row["tags"]
            kept.metadata = try row.decode("metadata", as: [String: String].self)
            kept.track_opens = try row["track_opens"]
            kept.track_clicks = try row["track_clicks"]
            kept.offers_unsubscribe = try row["offers_unsubscribe"]
            return kept
        }
    }
}
