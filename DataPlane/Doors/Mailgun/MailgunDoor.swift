import Admission
import HTTP
import MailFormat
import NodeProtocol
import Relay

/// The alias of Mailgun's sending API on a node: `POST /v3/{domain}/messages` and `…/messages.mime`.
///
/// Clients of Mailgun work by their base URL alone: they sign in with `api` and a key, send forms, and look
/// for 200 with `id` and `message`. What they mean that is not done is refused by name; what changes nothing
/// of a message is passed over (`MailgunForm.ignored`).
struct MailgunDoor: Sendable {
    private struct Answer {
        struct Refused {
            let recipient: String
            let code: String
            let message: String
        }

        let id: String
        var refused: [Refused]?

        var text: JSONText {
            var json = JSONText()
            json.object { json in
                json.field("id", id)
                json.field("message", "Queued. Thank you.")
                if let refused { json.list("refused") { write(refused, to: &$0) } }
            }
            return json
        }

        private func write(_ refused: [Refused], to json: inout JSONText) {
            for one in refused {
                json.object { json in
                    json.field("recipient", one.recipient)
                    json.field("code", one.code)
                    json.field("message", one.message)
                }
            }
        }
    }

    let intake: any Intake
    let idempotency: IdempotencyKeys

    func add(to router: inout Router) {
        router.on(.post, MailgunRoutes.path, MailgunRoutes.send) { try await post($0, "mailgun", send) }
        router.on(.post, MailgunRoutes.path + ".mime", MailgunRoutes.sendMIME) {
            try await post($0, "mailgun-mime", sendMIME)
        }
    }

    private func post(
        _ request: HTTPRequest, _ route: String,
        _ send: (FormFields, _ domain: String, AuthenticatedCall) async throws -> Answer
    ) async throws -> HTTPResponse {
        let call = try AuthenticatedCall(request, intake: intake, scope: "emails:send")
        let domain = request.parameter("domain").lowercased()
        return try await call.answer {
            let received = try await ReceivedForm.read(request)
            return try await idempotency.answer(
                request, from: call.principal, route: "\(route)/\(domain)", body: received.keyed,
                bodyDigest: received.digest
            ) {
                do {
                    let fields = FormFields(form: try received.take())
                    return .json(written: try await send(fields, domain, call).text)
                } catch let error as APIError {
                    throw MailgunWords.reworded(error)
                }
            }
        }
    }

    private func send(
        _ fields: FormFields, to domain: String, by call: AuthenticatedCall
    ) async throws -> Answer {
        let form = try MailgunForm(fields)
        let domain = try check(domain, sender: form.sender, of: call.principal)
        guard let batch = try form.batch(domain: domain) else {
            return try await submit(form.submission, from: call.principal)
        }
        // Its clients read no list of those who get nothing, so nobody is left out for want of rate.
        do throws(Refusal) { try call.takeRate(forAll: batch.copies, count: batch.recipients.count) } catch {
            throw error.apiError
        }
        return try await submit(batch, from: call.principal)
    }

    private func sendMIME(
        _ fields: FormFields, to domain: String, by call: AuthenticatedCall
    ) async throws -> Answer {
        let form = try MailgunMIMEForm(fields)
        _ = try check(domain, sender: form.sender, of: call.principal)
        return try await submit(form.submission, from: call.principal)
    }

    /// The path's domain is one of the tenant's, or below it, or the sender's own or above it; whether the
    /// sender may send is decided later.
    ///
    /// - Returns: its A-labels.
    private func check(
        _ domain: String, sender: String?, of principal: Principal
    ) throws(APIError) -> String {
        let name = (try? DomainName.ascii(domain)) ?? domain
        let isKnown = principal.tenant.domains.contains { $0.name == name || name.hasSuffix("." + $0.name) }
        let isSenders = sender.map { $0 == name || $0.hasSuffix("." + name) } ?? false
        guard isKnown || isSenders else {
            throw APIError(404, "domain_not_found", "Domain not found: \(domain)", field: "domain")
        }
        return name
    }

    private func submit(_ submission: Submission, from principal: Principal) async throws -> Answer {
        do throws(Refusal) {
            return Answer(id: try await intake.submit(submission, from: principal).messageIDHeader)
        } catch { throw error.apiError }
    }

    /// Copies go to disk in groups, so that few of them are in memory at a time.
    ///
    /// - Throws: the first refusal when nobody gets anything.
    private func submit(_ batch: MailgunBatch, from principal: Principal) async throws -> Answer {
        var refused: [Answer.Refused] = []
        var first: Refusal?
        var id: String?
        for group in batch.groups {
            var copies: [(recipient: String, submission: Submission)] = []
            for recipient in group {
                do throws(Refusal) {
                    copies.append((recipient.address.description, try batch.copy(for: recipient)))
                } catch {
                    first = first ?? error
                    refused.append(Self.refused(recipient.address.description, error))
                }
            }
            let results = await intake.submit(copies.map(\.submission), from: principal)
            for (copy, result) in zip(copies, results) {
                guard case .failure(let refusal) = result else {
                    id = id ?? (try? result.get())?.messageIDHeader
                    continue
                }
                first = first ?? refusal
                refused.append(Self.refused(copy.recipient, AuthenticatedCall.noted(refusal)))
            }
        }
        if let first, refused.count == batch.recipients.count { throw first.apiError }
        return Answer(id: id ?? batch.messageID, refused: refused.isEmpty ? nil : refused)
    }

    private static func refused(_ recipient: String, _ refusal: Refusal) -> Answer.Refused {
        Answer.Refused(recipient: recipient, code: refusal.code.rawValue, message: refusal.message)
    }
}
