import Admission
import HTTP
import NodeProtocol
import Relay

/// The tenants' API on a node: `send` and `send-bulk`. Everything else of it is the control plane's.
struct SendDoor: Sendable {
    private struct Answer<Content: Encodable>: Encodable {
        let data: Content
        let message: String
    }

    private struct Sent: Encodable {
        let id: String
        let message_id: String
        let queued: [String]
        let suppressed: [String]
        let status: String

        init(_ receipt: Receipt) {
            id = receipt.id.description
            message_id = receipt.id.description
            queued = receipt.queued
            suppressed = receipt.suppressed
            status = receipt.isScheduled ? "scheduled" : "queued"
        }
    }

    private struct Bulk: Encodable {
        struct Result: Encodable {
            let index: Int
            let success: Bool
            let message: String
            let id: String?
            let code: String?
            let field: String?
        }

        let sent: Int
        let failed: Int
        let results: [Result]
    }

    let intake: any Intake
    let idempotency: IdempotencyKeys

    func add(to router: inout Router) {
        router.add(.tenants)
        router.on(.post, SendRoutes.prefix + "/send", SendRoutes.send, send)
        router.on(.post, SendRoutes.prefix + "/send-bulk", SendRoutes.sendBulk, sendBulk)
    }

    @Sendable private func send(_ request: HTTPRequest) async throws -> HTTPResponse {
        let tenant = try tenant(request)
        let call = try AuthenticatedCall(request, intake: intake, tenant: tenant, scope: "emails:send")
        return try await call.answer {
            let body = try await request.readBody(maxBytes: DoorLimits.maxBodyBytes)
            return try await idempotency.answer(request, from: call.principal, route: "send", body: body) {
                let message = try StrictDecoding.decode(SendRequest.self, from: body, unknownFields: .refuse)
                return try await submit(try message.submission(), from: call.principal)
            }
        }
    }

    private func submit(_ submission: Submission, from principal: Principal) async throws -> HTTPResponse {
        let receipt: Receipt
        do throws(Refusal) { receipt = try await intake.submit(submission, from: principal) } catch {
            throw error.apiError
        }
        let answer = Answer(
            data: Sent(receipt), message: "\(receipt.queued.count) email(s) queued for delivery")
        return try .json(answer, status: 202)
    }

    /// One is taken from the rate before the body is read, for the first message, and one for each further
    /// message, whatever becomes of it.
    @Sendable private func sendBulk(_ request: HTTPRequest) async throws -> HTTPResponse {
        let tenant = try tenant(request)
        let call = try AuthenticatedCall(request, intake: intake, tenant: tenant, scope: "emails:send")
        var standing = call.standing
        var response = try await call.answer {
            let body = try await request.readBody(maxBytes: DoorLimits.maxBulkBodyBytes)
            return try await idempotency.answer(request, from: call.principal, route: "send-bulk", body: body)
            { try await submitAll(try BulkRequest.messages(in: body), from: call.principal, &standing) }
        }
        if let standing {
            for (name, value) in AuthenticatedCall.fields(standing).all { response.headers[name] = value }
        }
        return response
    }

    /// - Parameter standing: how the rate stands after these messages, for the headers of the answer.
    private func submitAll(
        _ messages: [ArraySlice<UInt8>], from principal: Principal, _ standing: inout Meters.Standing?
    ) async throws -> HTTPResponse {
        var results: [Bulk.Result] = []
        for (index, message) in messages.enumerated() {
            do throws(APIError) {
                if index > 0 { standing = try takeRate(principal) ?? standing }
                results.append(try await result(of: message, index, principal))
            } catch {
                results.append(
                    Bulk.Result(
                        index: index, success: false, message: error.message, id: nil,
                        code: error.code.uppercased(), field: error.field))
            }
        }
        let sent = results.count { $0.success }
        return try .json(
            Answer(
                data: Bulk(sent: sent, failed: results.count - sent, results: results),
                message: "\(sent) email(s) queued, \(results.count - sent) failed"))
    }

    private func takeRate(_ principal: Principal) throws(APIError) -> Meters.Standing? {
        do throws(Refusal) { return try intake.takeRate(principal) } catch { throw error.apiError }
    }

    private func result(
        of message: ArraySlice<UInt8>, _ index: Int, _ principal: Principal
    ) async throws(APIError) -> Bulk.Result {
        let submission = try StrictDecoding.decode(
            SendRequest.self, from: Array(message), unknownFields: .refuse
        ).submission()
        do throws(Refusal) {
            let receipt = try await intake.submit(submission, from: principal)
            return Bulk.Result(
                index: index, success: true, message: "\(receipt.queued.count) recipient(s) queued",
                id: receipt.id.description, code: nil, field: nil)
        } catch { throw error.apiError }
    }

    private func tenant(_ request: HTTPRequest) throws(APIError) -> TenantID {
        guard let tenant = TenantID(text: request.parameter("tenant_id")) else {
            // Who has no valid key learns nothing of paths.
            _ = try AuthenticatedCall(request, intake: intake, scope: "emails:send", takesRate: false)
            throw APIError(404, "tenant_not_found", "There is no such tenant.")
        }
        return tenant
    }
}
