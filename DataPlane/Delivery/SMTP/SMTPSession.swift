import EventLoop
import SMTPWire

/// One connection to a mail host, from its greeting to QUIT: the client's side of RFC 5321. Loop bound; one
/// task uses it at a time.
///
/// `open` greets and encrypts, `transact` sends one message to some recipients and may be called again,
/// `close` says goodbye. After any doubt about what the other side meant (a broken line, a reply too many, a
/// timeout) the session is not usable any more: a new connection costs little, a reply that is taken for
/// another one costs a message.
package final class SMTPSession {
    /// What it takes to open a session.
    package struct Opening {
        package var candidate: MailCandidate
        /// The name in EHLO: the node's own, with a matching PTR record.
        package var clientName: String
        package var policy: TLSPolicy
        package var contexts: MailTLSContexts
        package var timeouts: SMTPTimeouts
        /// The address to send from; its port is 0.
        package var localAddress: SocketAddress?

        package init(
            candidate: MailCandidate, clientName: String, policy: TLSPolicy, contexts: MailTLSContexts,
            timeouts: SMTPTimeouts = SMTPTimeouts(), localAddress: SocketAddress? = nil
        ) {
            self.candidate = candidate
            self.clientName = clientName
            self.policy = policy
            self.contexts = contexts
            self.timeouts = timeouts
            self.localAddress = localAddress
        }
    }

    let connection: SMTPConnection
    let opening: Opening
    package internal(set) var extensions = SMTPExtensions()
    /// Messages that were tried over this connection.
    package internal(set) var transactionCount = 0
    /// Whether both sides still agree on where they are.
    package internal(set) var isUsable = true
    /// A transaction was begun and not finished.
    var needsReset = false

    private init(_ stream: ByteStream, _ opening: Opening) {
        connection = SMTPConnection(stream)
        self.opening = opening
    }

    package var candidate: MailCandidate { opening.candidate }
    /// Whether another message may follow: nothing was in doubt, and the host has not had as many as it takes
    /// in one connection (`LIMITS MAILMAX=` of RFC 9422).
    package var takesMore: Bool { isUsable && transactionCount < extensions.maxTransactions ?? .max }
    package var tls: TLSInfo? { connection.stream.tls }
    var timeouts: SMTPTimeouts { opening.timeouts }

    /// Connects, greets, and encrypts as far as the policy asks.
    package static func open(_ opening: Opening) async throws(SMTPFailure) -> SMTPSession {
        let stream: ByteStream
        do {
            stream = try await ByteStream.connect(
                to: opening.candidate.address, from: opening.localAddress, timeout: opening.timeouts.connect)
        } catch {
            throw .lost(error, .connect)
        }
        let session = SMTPSession(stream, opening)
        do throws(SMTPFailure) {
            try await session.greet()
            try await session.hello()
            if opening.policy != .never { try await session.encrypt() }
            return session
        } catch {
            await session.abandon()
            throw error
        }
    }

    /// RFC 5321 §3.1: 220, or 554 when there is no service here.
    private func greet() async throws(SMTPFailure) {
        let greeting = try await connection.reply(.greeting, timeout: timeouts.greeting)
        guard greeting.code == 220 else { throw SMTPFailure(stage: .greeting, reason: .refused(greeting)) }
    }

    /// EHLO, and HELO where that is not understood (RFC 5321 §3.2).
    private func hello() async throws(SMTPFailure) {
        try connection.expectQuiet(.hello)
        let reply = try await connection.exchange(
            .ehlo(opening.clientName), .hello, timeout: timeouts.hello)
        if reply.isPositive {
            extensions = SMTPExtensions(reply: reply)
            return
        }
        extensions = SMTPExtensions()
        guard reply.isPermanent else { throw SMTPFailure(stage: .hello, reason: .refused(reply)) }
        try connection.expectQuiet(.hello)
        let plain = try await connection.exchange(
            .helo(opening.clientName), .hello, timeout: timeouts.hello)
        guard plain.isPositive else { throw SMTPFailure(stage: .hello, reason: .refused(plain)) }
    }

    /// RFC 3207. Everything learned before it is forgotten, and what came behind the 220 in plain text is
    /// dropped.
    private func encrypt() async throws(SMTPFailure) {
        guard extensions.startTLS else {
            if opening.policy.isMandatory {
                throw SMTPFailure(
                    stage: .startTLS, reason: .tls("the host does not offer STARTTLS"),
                    tlsResult: .startTLSNotSupported)
            }
            return
        }
        let reply = try await connection.exchange(.startTLS, .startTLS, timeout: timeouts.hello)
        guard reply.code == 220 else {
            if opening.policy.isMandatory {
                // Not as a refusal of the host's: those that ask for less may go on using it.
                throw SMTPFailure(
                    stage: .startTLS, reason: .tls("the host refuses STARTTLS: \(reply.code) \(reply.text)"),
                    tlsResult: .startTLSNotSupported)
            }
            return
        }
        connection.stream.input.clear()
        do throws(StreamError) {
            try await opening.contexts.start(
                connection.stream, opening.policy, host: candidate.name, timeout: timeouts.handshake)
        } catch {
            throw SMTPFailure(
                stage: .startTLS, reason: .tls(error.description),
                tlsResult: TLSResult(error) ?? .validationFailure)
        }
        try await hello()
    }

    /// Says QUIT without waiting long for the answer.
    package func close() async {
        if isUsable {
            isUsable = false
            _ = try? await connection.exchange(.quit, .reset, timeout: timeouts.quit)
        }
        connection.stream.close()
    }

    /// Ends a session that did not come about: politely when it was refused, at once when it broke.
    private func abandon() async { connection.stream.close() }

    /// Clears what a refused transaction has left behind.
    func reset() async throws(SMTPFailure) {
        let reply = try await connection.exchange(.rset, .reset, timeout: timeouts.reset)
        guard reply.isPositive else { throw SMTPFailure(stage: .reset, reason: .refused(reply)) }
        needsReset = false
    }
}
