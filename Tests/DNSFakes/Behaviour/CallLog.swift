import EventLoop
import HTTP

/// One call that a service was asked, as a test reads it back. Credentials are not in it.
package struct Call: Codable, Sendable, Equatable {
    /// From 1, over all services.
    package let number: Int
    package let service: ServiceKind
    package let method: String
    /// Path and query as they were sent.
    package let target: String
    package let body: String
    package let status: Int
    /// Which credential it came with, by its public name; nil when it was not known.
    package let credential: String?
}

/// The calls so far, the oldest of them dropped beyond a bound.
final class CallLog: Sendable {
    private static let maxCalls = 10_000
    private let state = Locked<(next: Int, calls: [Call])>((1, []))

    var calls: [Call] { state.withLock { $0.calls } }

    func add(
        _ service: ServiceKind, _ request: HTTPRequest, body: [UInt8], status: HTTPStatus, credential: String?
    ) {
        let (method, target) = (request.method.rawValue, request.head.rawPathAndQuery)
        state.withLock { state in
            state.calls.append(
                Call(
                    number: state.next, service: service, method: method, target: target,
                    body: String(decoding: body, as: UTF8.self), status: status.code, credential: credential))
            state.next += 1
            if state.calls.count > Self.maxCalls { state.calls.removeFirst() }
        }
    }

    func clear() { state.withLock { $0.calls = [] } }
}
