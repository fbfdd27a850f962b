import Admission
import HTTP
import NodeProtocol
import Relay

extension EmailsDoor {
    private struct Envelope: BatchEnvelope {
        static let field = "emails"
        static let maxCount = EmailsRoutes.maxBatch

        let emails: [UnreadElement]
        var count: Int { emails.count }
    }

    /// A body in which every e-mail is sound, as nearly every one is: read in one go.
    private struct Sound: TabledFields {
        let emails: [EmailRequest]

        private enum CodingKeys: CodingKey, CaseIterable { case emails }

        static let fields = FieldTable(CodingKeys.self, inner: [.emails: EmailRequest.fields])
    }

    /// `POST /api/v1/emails/batch`: a list of e-mails, or an object with the list in `emails`.
    @Sendable func sendBatch(_ request: HTTPRequest) async throws -> HTTPResponse {
        let call = try AuthenticatedCall(request, intake: intake, scope: "emails:send")
        return try await call.answer {
            let isPermissive = try Self.isPermissive(request)
            let body = try await request.readBody(maxBytes: DoorLimits.maxBulkBodyBytes)
            // Whoever repeats a batch in the other way asks for something else.
            let route = isPermissive ? "emails-batch-permissive" : "emails-batch"
            return try await idempotency.answer(request, from: call.principal, route: route, body: body) {
                let emails = try Self.submissions(in: body)
                return isPermissive
                    ? try await sendEach(emails, by: call) : try await sendAll(emails, by: call)
            }
        }
    }

    private static func isPermissive(_ request: HTTPRequest) throws(APIError) -> Bool {
        switch request.headers[EmailsRoutes.batchMode]?.lowercased() {
        case nil, "strict": return false
        case "permissive": return true
        default:
            throw APIError(
                400, Refusal.Code.invalid.rawValue,
                "`\(EmailsRoutes.batchMode)` must be strict or permissive.", field: EmailsRoutes.batchMode)
        }
    }

    /// What is to be sent, and what is wrong with what is not.
    static func submissions(in body: [UInt8]) throws(APIError) -> [Result<Submission, APIError>] {
        let isBare = body.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) } == UInt8(ascii: "[")
        if let emails = try sound(body, isBare: isBare) {
            try Envelope.check(count: emails.count, field: isBare ? nil : Envelope.field)
            return emails.map { email in Result { () throws(APIError) in try email.submission() } }
        }
        let emails = isBare ? try Envelope.elements(inBareList: body) : try Envelope.elements(in: body)
        return emails.map { email in
            Result { () throws(APIError) in
                try StrictDecoding.decode(EmailRequest.self, from: Array(email), unknownFields: .refuse)
                    .submission()
            }
        }
    }

    private static func sound(_ body: [UInt8], isBare: Bool) throws(APIError) -> [EmailRequest]? {
        let most = Envelope.maxSoundObjects
        guard isBare else {
            return try StrictDecoding.decodeIfSound(Sound.self, from: body, maxObjects: most)?.emails
        }
        return try StrictDecoding.decodeIfSound([EmailRequest].self, from: body, maxObjects: most)
    }

    /// All of them, or none and a refusal that names the first at fault.
    private func sendAll(
        _ emails: [Result<Submission, APIError>], by call: AuthenticatedCall
    ) async throws -> HTTPResponse {
        var submissions: [Submission] = []
        for (index, email) in emails.enumerated() {
            do throws(APIError) { submissions.append(try email.get()) } catch {
                throw error.inBatch(index)
            }
        }
        let receipts: [Receipt]
        do throws(BatchRefusal) { receipts = try await call.submitAll(submissions) } catch {
            let shown = error.refusal.emailsError
            throw error.index.map { shown.inBatch($0) } ?? shown
        }
        return .json(written: Self.answer(receipts.enumerated().map { ($0.offset, $0.element) }))
    }

    /// Those that can be sent, and what is wrong with the others.
    private func sendEach(
        _ emails: [Result<Submission, APIError>], by call: AuthenticatedCall
    ) async throws -> HTTPResponse {
        var queued: [(Int, Receipt)] = []
        var errors: [(Int, APIError)] = []
        for (index, result) in await call.submitEach(emails, \.emailsError).enumerated() {
            switch result {
            case .success(let receipt): queued.append((index, receipt))
            case .failure(let error): errors.append((index, error))
            }
        }
        return .json(written: Self.answer(queued, errors: errors))
    }

    /// - Parameter errors: of the permissive way alone.
    private static func answer(
        _ queued: [(Int, Receipt)], errors: [(Int, APIError)]? = nil
    ) -> JSONText {
        var json = JSONText(capacity: 128 * (1 + queued.count))
        json.object { json in
            json.list("data") { json in
                for (index, receipt) in queued { json.object { write(index, receipt, to: &$0) } }
            }
            guard let errors else { return }
            json.list("errors") { json in
                for (index, error) in errors { json.object { write(index, error, to: &$0) } }
            }
        }
        return json
    }

    private static func write(_ index: Int, _ receipt: Receipt, to json: inout JSONText) {
        json.field("index", index)
        json.field("id", receipt.id.description)
        json.field("status", receipt.isScheduled ? "scheduled" : "queued")
        json.field("suppressed", receipt.suppressed)
    }

    private static func write(_ index: Int, _ error: APIError, to json: inout JSONText) {
        json.field("index", index)
        json.field("code", error.code)
        json.field("message", error.message)
        json.field("field", error.field)
    }
}

extension APIError {
    /// The same about one e-mail of several.
    fileprivate func inBatch(_ index: Int) -> APIError {
        var error = self
        error.message = "Email \(index): \(message)"
        error.field = field.map { "[\(index)].\($0)" } ?? "[\(index)]"
        error.details = []
        return error
    }
}
