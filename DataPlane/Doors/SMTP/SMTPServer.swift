import Admission
import EventLoop
import SMTPWire
import Service

/// Takes mail by SMTP submission (RFC 6409): a listener, and one async function for each connection.
package final class SMTPServer: Sendable {
    private let configuration: SMTPServerConfiguration
    private let intake: any Intake
    private let listener: Listener
    private let logins = LoginGuard()
    private let log: Log
    private let sessions = Locked(Sessions())

    private struct Sessions {
        var isStopping = false
        var next = 0
        var open: [Int: (loop: EventLoop, session: LoopBound<SMTPSession>)] = [:]
    }

    package init(_ configuration: SMTPServerConfiguration, intake: any Intake, log: Log) throws(SystemError) {
        self.configuration = configuration
        self.intake = intake
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
            listener.accept(on: loop, maxConnections: configuration.maxConnections) { [self, tls] stream in
                await serve(stream, loop, tls)
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

    private func serve(_ stream: ByteStream, _ loop: EventLoop, _ tls: TLSServerContext?) async {
        let session = SMTPSession(
            stream: stream, configuration: configuration, intake: intake, logins: logins, tls: tls,
            loop: loop,
            log: log)
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
