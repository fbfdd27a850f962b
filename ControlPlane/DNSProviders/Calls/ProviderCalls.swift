import EventLoop
import HTTPClient

/// Sends the calls of one credential: at its pace, again where that is safe, and never for longer than a user
/// waits.
///
/// Throttled calls are made again after the time that the provider names, else after 1, 2, 4 … seconds with
/// some chance in them: nothing has happened yet. A call that only reads is also made again after a failure.
/// A change whose answer was lost is not: whoever planned it reads what became of it.
package struct ProviderCalls: Sendable {
    package typealias Send = @Sendable (HTTPClientRequest) async throws(HTTPClientError) -> HTTPClientResponse

    enum Purpose { case reading, change }

    static let maxAttempts = 6
    static let maxWait: Duration = .seconds(25)
    static let maxReplyBytes = 8 * 1024 * 1024

    let session: ProviderSession
    let clock: ProviderClock
    private let transport: Send

    package init(session: ProviderSession, clock: ProviderClock, transport: @escaping Send) {
        self.session = session
        self.clock = clock
        self.transport = transport
    }

    /// - Parameters:
    ///   - make: the request, made anew for each attempt: signatures hold the time.
    ///   - fault: what a reply means when it is no success.
    func send(
        _ purpose: Purpose, _ make: () async throws(DNSProviderError) -> HTTPClientRequest,
        fault: (HTTPClientResponse) -> DNSProviderError?
    ) async throws(DNSProviderError) -> HTTPClientResponse {
        let deadline = clock.now().advanced(by: Self.maxWait)
        var attempt = 1
        while true {
            let problem: DNSProviderError
            do throws(DNSProviderError) { return try await once(make, fault, deadline) } catch {
                problem = error
            }
            guard let pause = pause(after: problem, purpose, attempt), attempt < Self.maxAttempts,
                clock.now().advanced(by: pause) < deadline
            else { throw problem }
            attempt += 1
            await clock.sleep(pause)
        }
    }

    private func once(
        _ make: () async throws(DNSProviderError) -> HTTPClientRequest,
        _ fault: (HTTPClientResponse) -> DNSProviderError?, _ deadline: MonotonicTime
    ) async throws(DNSProviderError) -> HTTPClientResponse {
        try await takeTurn(before: deadline)
        var request = try await make()
        request.maxResponseBytes = Self.maxReplyBytes
        let response: HTTPClientResponse
        do throws(HTTPClientError) { response = try await transport(request) } catch {
            throw .temporary("the provider could not be asked: \(Self.text(error))")
        }
        guard !response.isTruncated else { throw .unsupported("the provider's answer is too large") }
        note(response)
        if let problem = fault(response) { throw problem }
        return response
    }

    private func takeTurn(before deadline: MonotonicTime) async throws(DNSProviderError) {
        let now = clock.now()
        switch session.pacer.take(now: now, limit: max(deadline - now, .zero)) {
        case .success(let wait): if wait > .zero { await clock.sleep(wait) }
        case .failure(let tooLong):
            throw .throttled(retryAfterSeconds: Int(clamping: tooLong.wait.components.seconds + 1))
        }
    }

    /// Nil when another attempt would be of no use or could do something twice.
    private func pause(after problem: DNSProviderError, _ purpose: Purpose, _ attempt: Int) -> Duration? {
        let growing = Duration.milliseconds(Int64(500 << min(attempt, 6)) * Int64.random(in: 80...120) / 100)
        switch problem {
        case .throttled(let seconds): return seconds.map { max(.seconds($0), growing) } ?? growing
        case .temporary: return purpose == .reading && attempt <= 2 ? growing : nil
        default: return nil
        }
    }

    /// Stops early when the customer's own quota runs out: `Ratelimit: "default";r=3;t=30`.
    private func note(_ response: HTTPClientResponse) {
        guard let limit = response.header("Ratelimit") else { return }
        var values: [Substring: Int] = [:]
        for part in limit.split(separator: ";") {
            let pair = part.split(separator: "=", maxSplits: 1)
            if pair.count == 2, let number = Int(pair[1]) { values[pair[0]] = number }
        }
        guard let left = values["r"], let seconds = values["t"], left < 10, (0...600).contains(seconds)
        else { return }
        session.pacer.block(until: clock.now().advanced(by: .seconds(seconds)))
    }

    private static func text(_ error: HTTPClientError) -> String {
        switch error {
        case .resolve: "its name could not be looked up"
        case .connect: "there is no connection"
        case .tls: "its certificate does not hold"
        case .timedOut, .connectTimedOut: "it did not answer in time"
        case .closed: "it closed the connection"
        case .blockedAddress: "its address may not be reached"
        case .busy: "too many requests are open"
        case .tooLarge, .invalidURL, .invalidRequest, .other: "the request failed"
        }
    }
}

extension HTTPClientResponse {
    /// Whole seconds of `Retry-After`; a date is left out.
    var retryAfterSeconds: Int? {
        header("Retry-After").flatMap { Int($0) }.flatMap { (0...3600).contains($0) ? $0 : nil }
    }

    /// What every provider means by these.
    var commonFault: DNSProviderError? {
        switch status {
        case 200..<300: nil
        case 429: .throttled(retryAfterSeconds: retryAfterSeconds)
        case 500...599: .temporary("the provider answered \(status)")
        default: .unsupported("the provider answered \(status)")
        }
    }
}
