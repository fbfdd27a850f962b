import EventLoop

/// What outlives a request of one credential: its pace and its access token.
package final class ProviderSession: Sendable {
    struct AccessToken: Sendable {
        let text: String
        let goodUntilUnixSeconds: Int64
    }

    let pacer: Pacer
    private let token = Locked<AccessToken?>(nil)

    package init(_ kind: ProviderKind) {
        // A quarter of what the providers grant: 1,200 calls in five minutes, 10 a second with a bucket of
        // 50 and of older accounts 5, and 600 a minute.
        pacer =
            switch kind {
            case .cloudflare: Pacer(burst: 40, interval: .seconds(1))
            case .route53: Pacer(burst: 12, interval: .milliseconds(500))
            case .gcp: Pacer(burst: 30, interval: .milliseconds(400))
            }
    }

    func accessToken(now: Int64) -> String? {
        token.withLock { $0.flatMap { $0.goodUntilUnixSeconds > now ? $0.text : nil } }
    }

    func keep(_ token: AccessToken?) { self.token.withLock { $0 = token } }
}
