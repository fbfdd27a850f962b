import DNS
import EventLoop
import HTTPClient
import SMTPWire
import Testing

@testable import Delivery

/// The loops on which tests run: one for what is tested, one for the hosts.
enum TestLoops {
    static let client = make("client")
    static let sink = make("sink")

    private static func make(_ name: String) -> EventLoop {
        guard let loop = try? EventLoop(name: name) else { preconditionFailure("no event loop") }
        loop.start()
        return loop
    }
}

/// Runs deliveries to a sink that stands for the whole Internet.
struct DeliveryBench: Sendable {
    var routes: RouteTable
    var settings = DeliverySettings(clientName: "node.test")
    var roots: TLSVerification = .systemRoots

    init(_ address: SocketAddress) {
        routes = RouteTable(everything: .init(host: address.ip, port: address.port))
        settings.timeouts = SMTPTimeouts(all: .seconds(10))
    }

    func run<Result: Sendable>(_ body: @escaping @Sendable (MailDelivery) async -> Result) async throws
        -> Result
    {
        let (routes, settings, roots) = (routes, settings, roots)
        return try await TestLoops.client.run {
            let selector = MXSelector(lookup: NoLookup(), routes: routes)
            let delivery = MailDelivery(
                on: TestLoops.client, settings: settings, selector: selector,
                contexts: try MailTLSContexts(roots: roots))
            let result = await body(delivery)
            await delivery.shutDown()
            return result
        }
    }

    func deliver(_ attempt: DeliveryAttempt = attempt()) async throws -> [Outcome] {
        try await run { await $0.deliver(attempt) }.map(\.outcome)
    }
}

/// A DNS that must not be asked.
final class NoLookup: MailHostLookup {
    func mx(_ domain: DomainName) async throws(DNSError) -> MXAnswer { throw .servfail }
    func addresses(_ host: DomainName) async throws(DNSError) -> HostAddresses { throw .servfail }
}

func attempt(
    to recipients: [String] = ["bob@remote.test"], from sender: String? = "alice@sender.test",
    content: String = "Subject: hello\r\n\r\nHello.\r\n", policy: TLSPolicy = .opportunistic
) -> DeliveryAttempt {
    DeliveryAttempt(
        sender: sender, recipients: recipients.map { .init($0) }, domain: "remote.test", lane: "remote.test",
        content: Array(content.utf8), policy: policy)
}

extension Outcome {
    var delivered: Delivered? { if case .delivered(let delivered) = self { delivered } else { nil } }

    var deferred: Undelivered? { if case .deferred(let undelivered) = self { undelivered } else { nil } }

    var bounced: Undelivered? { if case .bounced(let undelivered) = self { undelivered } else { nil } }
}
