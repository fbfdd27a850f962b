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

    private struct Queued: Encodable {
        let index: Int
        let id: String
        let status: String
        let suppressed: [String]

        init(_ index: Int, _ receipt: Receipt) {
            self.index = index
            id = receipt.id.description
            status = receipt.isScheduled ? "scheduled" : "queued"
            suppressed = receipt.suppressed
        }
    }

    private struct Refused: Encodable {
        let index: Int
        let code: String
        let message: String
        let field: String?

        init(_ index: Int, _ error: APIError) {
            self.index = index
            (code, message, field) = (error.code, error.message, error.field)
        }
    }

    private struct Answer: Encodable {
        var data: [Queued]
        /// Of the permissive way alone.
        var errors: [Refused]?
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
                let emails = try Self.emails(in: body)
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

    private static func emails(in body: [UInt8]) throws(APIError) -> [ArraySlice<UInt8>] {
        let isBare = body.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) } == UInt8(ascii: "[")
        return isBare ? try Envelope.elements(inBareList: body) : try Envelope.elements(in: body)
    }

    /// All of them, or none and a refusal that names the first at fault.
    private func sendAll(
        _ emails: [ArraySlice<UInt8>], by call: AuthenticatedCall
    ) async throws -> HTTPResponse {
        var submissions: [Submission] = []
        for (index, email) in emails.enumerated() {
            do throws(APIError) { submissions.append(try Self.submission(of: email)) } catch {
                throw error.inBatch(index)
            }
        }
        let receipts: [Receipt]
        do throws(BatchRefusal) { receipts = try await call.submitAll(submissions) } catch {
            let shown = error.refusal.emailsError
            throw error.index.map { shown.inBatch($0) } ?? shown
        }
        return try .json(Answer(data: receipts.enumerated().map { Queued($0.offset, $0.element) }))
    }

    /// Those that can be sent, and what is wrong with the others.
    private func sendEach(
        _ emails: [ArraySlice<UInt8>], by call: AuthenticatedCall
    ) async throws -> HTTPResponse {
        let submissions = emails.map { email in
            Result { () throws(APIError) in try Self.submission(of: email) }
        }
        var answer = Answer(data: [])
        var errors: [Refused] = []
        for (index, result) in await call.submitEach(submissions, \.emailsError).enumerated() {
            switch result {
            case .success(let receipt): answer.data.append(Queued(index, receipt))
            case .failure(let error): errors.append(Refused(index, error))
            }
        }
        answer.errors = errors
        return try .json(answer)
    }

    private static func submission(of email: ArraySlice<UInt8>) throws(APIError) -> Submission {
        try StrictDecoding.decode(EmailRequest.self, from: Array(email), unknownFields: .refuse)
            .submission()
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
