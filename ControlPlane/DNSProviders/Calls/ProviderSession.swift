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
        // About a quarter of what the providers grant: 1,200 calls in five minutes; 10 a second with a bucket
        // of 50, and half of that for old accounts; 600 a minute. A set-up takes some twenty calls, and all
        // of those are in the bucket.
        pacer =
            switch kind {
            case .cloudflare: Pacer(burst: 100, interval: .milliseconds(1500))
            case .route53: Pacer(burst: 25, interval: .milliseconds(500))
            case .gcp: Pacer(burst: 60, interval: .milliseconds(400))
            }
    }

    func accessToken(now: Int64) -> String? {
        token.withLock { $0.flatMap { $0.goodUntilUnixSeconds > now ? $0.text : nil } }
    }

    func keep(_ token: AccessToken?) { self.token.withLock { $0 = token } }
}
