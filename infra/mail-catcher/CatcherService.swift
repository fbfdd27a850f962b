import Crypto
import EventLoop
import FoundationEssentials
import HTTP
import Service

/// A server that takes every mail and every webhook and keeps them to be looked at: what stands behind a
/// local Dispatch in place of the world.
///
/// Mail comes by SMTP, with STARTTLS under a certificate that it makes for itself at each start; webhooks
/// come by POST. Both are listed by HTTP. Nothing is written to disk, nothing leaves. It is no server for a
/// public address: whoever reaches it may read all of it.
final class CatcherService: LifecycleService {
    let name = "mail-catcher"

    /// Why it cannot start.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private struct Running {
        var http: HTTPServer
        var smtp: Listener
        var open: Locked<[Int: LoopBound<ByteStream>]>
    }

    private static let maxConnections = 1_000
    private static let certificateDays = 365

    private let settings: CatcherSettings
    private let loop: EventLoop
    private let log: Log
    private let running = Locked<Running?>(nil)

    init(settings: CatcherSettings, loop: EventLoop, log: Log) {
        self.settings = settings
        self.loop = loop
        self.log = log
    }

    func start() async throws {
        let messages = Shelf<CaughtMessage>(maxItems: settings.maxMessages, maxBytes: settings.maxKeptBytes)
        let webhooks = Shelf<CaughtWebhook>(maxItems: settings.maxWebhooks, maxBytes: settings.maxKeptBytes)
        let routes = CatcherRouter(
            messages: messages, webhooks: webhooks, manners: settings.manners, log: log)
        let http = try HTTPServer(
            HTTPServerConfiguration(address: try address(settings.httpAddress)), router: routes.router())
        let smtp = try Listener(try address(settings.smtpAddress))
        try http.start(on: [loop])
        let open = Locked<[Int: LoopBound<ByteStream>]>([:])
        try accept(
            on: smtp, open,
            CatcherSession.Surroundings(
                shelf: messages, manners: settings.manners, maxMessageBytes: settings.maxMessageBytes,
                log: log))
        running.withLock { $0 = Running(http: http, smtp: smtp, open: open) }
        log.info(
            "mail catcher ready", ["smtp": .describing(smtp.address), "http": .describing(http.address)])
    }

    /// Sessions are cut: what was answered is kept only in memory, so there is nothing to finish.
    func stop() async {
        guard let running = running.withLock({ $0.take() }) else { return }
        running.smtp.close()
        try? await loop.run {
            for stream in running.open.withLock({ Array($0.values) }) { stream.value.close() }
        }
        await running.http.stop(within: .seconds(2))
    }

    private func accept(
        on listener: Listener, _ open: Locked<[Int: LoopBound<ByteStream>]>,
        _ surroundings: CatcherSession.Surroundings
    ) throws {
        let certificate = try Self.certificate()
        let tls = try TLSServerContext(
            certificateChainPEM: Array(certificate.certificatePEM.utf8),
            privateKeyPEM: Array(certificate.privateKeyPEM.utf8))
        let numbers = Locked(0)
        listener.accept(on: loop, maxConnections: Self.maxConnections) { [loop] stream in
            let number = numbers.withLock { number in
                number += 1
                return number
            }
            open.withLock { $0[number] = LoopBound(stream, on: loop) }
            await CatcherSession(stream: stream, surroundings, tls: tls, loop: loop).run()
            open.withLock { _ = $0.removeValue(forKey: number) }
        }
    }

    private static func certificate() throws -> CertificateAuthority.Issued {
        let now = Int(Date().timeIntervalSince1970)
        let authority = try CertificateAuthority(
            commonName: "Mail catcher", now: now, validForDays: certificateDays)
        return try authority.issue(
            dnsNames: ["localhost", "mail-catcher"], ipAddresses: ["127.0.0.1", "::1"], now: now,
            validForDays: certificateDays)
    }

    private func address(_ text: String) throws -> SocketAddress {
        guard let address = SocketAddress(text) else { throw Failure(description: "\(text) is no address") }
        return address
    }
}
