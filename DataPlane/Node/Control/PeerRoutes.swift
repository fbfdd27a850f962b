import Admission
import Doors
import FoundationEssentials
import HTTP
import NodeProtocol

/// What the other nodes of the cluster ask of this one: to take a message whose idempotency key belongs here,
/// to give up a key that belongs to them now, and to tell a sender what a host reported. Each request is
/// signed by a node that the snapshot names.
struct PeerRoutes: Sendable {
    private static let maxMessageBytes = 64 * 1024 * 1024
    private static let maxReleaseBytes = 64 * 1024
    private static let maxReportBytes = 2 * 1024 * 1024

    let intake: any Intake
    let idempotency: IdempotencyKeys
    let reports: ReportRoad
    /// The number of the node that signed the request.
    ///
    /// - Throws: 401.
    let verify: @Sendable (HTTPRequest, _ maxBytes: Int) async throws -> (node: UInt16, body: [UInt8])

    func add(to router: inout Router) {
        router.on(
            .post, PassedMessageAnswer.path,
            RouteInfo(summary: "Take a message under a key that belongs here", authentication: .none)
        ) { request in
            let body = try await verify(request, Self.maxMessageBytes).body
            guard let message = PassedMessage(protobuf: body) else {
                throw APIError(400, "malformed", "The body is not a message of a node.")
            }
            let answer: PassedMessageAnswer
            do throws(Refusal) {
                answer = PassedMessageAnswer(id: try await message.queue(intake, idempotency), refusal: nil)
            } catch { answer = PassedMessageAnswer(id: nil, refusal: error.passed) }
            return try .json(answer)
        }
        router.on(
            .post, KeyRelease.path,
            RouteInfo(summary: "Give up a key that belongs to another node now", authentication: .none)
        ) { request in
            let (node, body) = try await verify(request, Self.maxReleaseBytes)
            guard let asked = try? JSONDecoder().decode(KeyRelease.self, from: Data(body)) else {
                throw APIError(400, "malformed", "The body is not a key.")
            }
            let answer: KeyRelease.Answer
            do throws(Refusal) { answer = try await idempotency.release(asked, to: node) } catch {
                throw APIError(503, error.code.rawValue, error.message, retryAfterSeconds: 5)
            }
            return try .json(answer)
        }
        router.on(
            .post, PassedReport.path,
            RouteInfo(summary: "Tell the sender what a host reported", authentication: .none)
        ) { try await takeReport($0) }
    }

    private func takeReport(_ request: HTTPRequest) async throws -> HTTPResponse {
        let body = try await verify(request, Self.maxReportBytes).body
        guard let report = try? JSONDecoder().decode(PassedReport.self, from: Data(body)) else {
            throw APIError(400, "malformed", "The body is not a report.")
        }
        let answer: PassedReport.Answer
        do throws(Refusal) { answer = try await reports.take(report) } catch {
            throw APIError(503, error.code.rawValue, error.message, retryAfterSeconds: 5)
        }
        return try .json(answer)
    }
}
