import Admission
import EventLoop
import SMTPWire
import Service

/// Takes mail by SMTP: a listener, and one async function for each connection.
package final class SMTPServer: Sendable {
    private let configuration: SMTPServerConfiguration
    let policy: any SMTPPolicy
    private let listener: Listener
    private let log: Log
    private let sessions = Locked(Sessions())

    private struct Sessions {
        var isStopping = false
        var next = 0
        var open: [Int: (loop: EventLoop, session: LoopBound<SMTPSession>)] = [:]
        var clients: [ClientNetwork: Int] = [:]
    }

    /// A listener for submission.
    ///
    /// - Parameter idempotency: remembers messages that carry `X-Dispatch-Idempotency-Key`.
    package convenience init(
        _ configuration: SMTPServerConfiguration, intake: any Intake,
        idempotency: IdempotencyKeys = IdempotencyKeys(), log: Log
    ) throws(SystemError) {
        try self.init(
            configuration, policy: SubmissionPolicy(intake: intake, idempotency: idempotency), log: log)
    }

    /// A listener for bounces and complaints.
    package convenience init(
        _ configuration: SMTPServerConfiguration, inbound: any InboundIntake,
        limits: InboundLimits = InboundLimits(), log: Log
    ) throws(SystemError) {
        try self.init(configuration, policy: InboundPolicy(intake: inbound, limits: limits), log: log)
    }

    private init(
        _ configuration: SMTPServerConfiguration, policy: any SMTPPolicy, log: Log
    ) throws(SystemError) {
        self.configuration = configuration
        self.policy = policy
        self.log = log
        listener = try Listener(configuration.address)
    }

    /// Where it listens: the real port when 0 was asked for.
    package var address: SocketAddress { listener.address }

    package func start(on loops: [EventLoop]) throws(TLSError) {
        for loop in loops {
            var tls: TLSServerContext?
            if let certificate = configuration.certificate {
                tls = try TLSServerContext(
                    certificateChainPEM: certificate.chainPEM, privateKeyPEM: certificate.keyPEM)
            }
            let budget = LoopBound(ByteBudget(maxBytes: configuration.maxBufferedBytesPerLoop), on: loop)
            listener.accept(on: loop, maxConnections: configuration.maxConnections) {
                [self, tls, budget] stream in
                let client = ClientNetwork(stream.remoteAddress.ip)
                guard enter(client, stream) else { return await turnAway(stream) }
                await serve(stream, loop, tls, budget.value)
                leave(client)
            }
        }
    }

    /// Takes no more connections, lets each session finish the transaction it is in, and closes the rest.
    package func stop(within deadline: Duration) async {
        listener.close()
        let open = sessions.withLock { sessions in
            sessions.isStopping = true
            return Array(sessions.open.values)
        }
        for (loop, session) in open { loop.execute { session.value.askToStop() } }
        guard let loop = open.first?.loop else { return }
        let end = MonotonicTime.now().advanced(by: deadline)
        try? await loop.run { [sessions] in
            while MonotonicTime.now() < end, !sessions.withLock({ $0.open.isEmpty }) {
                await loop.sleep(.milliseconds(20))
            }
        }
        for (loop, session) in sessions.withLock({ Array($0.open.values) }) {
            loop.execute { session.value.closeNow() }
        }
    }

    /// Counts the connection; false when its client has as many as it may have.
    private func enter(_ client: ClientNetwork, _ stream: ByteStream) -> Bool {
        let isTrusted = configuration.trustedTenant(for: stream.remoteAddress.ip) != nil
        return sessions.withLock { sessions in
            guard isTrusted || sessions.clients[client, default: 0] < configuration.maxConnectionsPerClient
            else { return false }
            sessions.clients[client, default: 0] += 1
            return true
        }
    }

    private func leave(_ client: ClientNetwork) {
        sessions.withLock { sessions in
            let count = sessions.clients[client, default: 0] - 1
            sessions.clients[client] = count > 0 ? count : nil
        }
    }

    private func turnAway(_ stream: ByteStream) async {
        guard !configuration.isImplicitTLS else { return }
        let reply = SMTPReply(
            421, .init(4, 7, 0), "\(policy.hostName) Too many connections from your address")
        try? await stream.write(reply.encode(), timeout: .seconds(5))
    }

    private func serve(
        _ stream: ByteStream, _ loop: EventLoop, _ tls: TLSServerContext?, _ budget: ByteBudget
    ) async {
        let session = SMTPSession(
            stream: stream, configuration: configuration, policy: policy, budget: budget, tls: tls,
            loop: loop, log: log)
        let number = sessions.withLock { sessions -> Int? in
            guard !sessions.isStopping else { return nil }
            sessions.next += 1
            sessions.open[sessions.next] = (loop, LoopBound(session, on: loop))
            return sessions.next
        }
        guard let number else { return }
        await session.run()
        sessions.withLock { _ = $0.open.removeValue(forKey: number) }
    }
}
