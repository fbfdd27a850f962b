import Admission
import EventLoop
import NodeProtocol
import SMTPWire
import Service

/// One SMTP session: one async function that reads like the dialogue of RFC 5321; each verb in its file. What
/// it is for, submission or reports, is its policy.
///
/// Replies to pipelined commands are gathered and written when the input has no whole command left. What the
/// session takes is bounded: line lengths, recipients, message size, mistakes, time. It trusts no order: what
/// comes before the banner, behind STARTTLS in one packet or behind DATA before its 354 ends the session, and
/// so does a command out of order that no refusal before it explains.
final class SMTPSession {
    struct Transaction {
        var sender: SMTPPath?
        var parameters: MailParameters
        var recipients: [SMTPPath] = []
        /// One for each recipient.
        var recipientParameters: [RecipientParameters] = []
        var chunks: ChunkCollector?
    }

    /// Whether the session goes on after a command.
    enum Next { case goOn, close }

    let stream: ByteStream
    let remoteIP: String
    let configuration: SMTPServerConfiguration
    let policy: any SMTPPolicy
    let budget: ByteBudget
    let tls: TLSServerContext?
    let loop: EventLoop
    let log: Log

    /// The name in EHLO or HELO; nil before.
    var clientName: String?
    var isExtended = false
    var credential: PresentedCredential?
    var transaction: Transaction?
    /// Something of the group of commands that this one may belong to was refused.
    var isGroupRefused = false
    var transactions = 0
    /// Commands that led nowhere since the last message.
    var idleCommands = 0
    /// What this session has of `budget`.
    var heldBytes = 0
    private let loginDeadline: MonotonicTime
    private var output: [UInt8] = []
    private var errors = 0
    private var isStopping = false
    private var isWaitingForCommand = false

    init(
        stream: ByteStream, configuration: SMTPServerConfiguration, policy: any SMTPPolicy,
        budget: ByteBudget, tls: TLSServerContext?, loop: EventLoop, log: Log
    ) {
        self.stream = stream
        remoteIP = stream.remoteAddress.ip
        self.configuration = configuration
        self.policy = policy
        self.budget = budget
        loginDeadline = loop.now.advanced(by: configuration.loginTimeout)
        self.tls = tls
        self.loop = loop
        self.log = log
        if let tenant = configuration.trustedTenant(for: remoteIP) {
            credential = .trustedNetwork(tenant)
        }
    }

    /// Ends with the connection. Never throws: a broken connection ends it as QUIT does.
    func run() async {
        do throws(StreamError) {
            if configuration.isImplicitTLS, let tls {
                try await stream.startTLS(server: tls, timeout: configuration.handshakeTimeout)
            }
            if try talksTooEarly() {
                say(SMTPReply(554, .init(5, 5, 0), "\(policy.hostName) You talked before the banner"))
            } else {
                say(SMTPReply(220, "\(policy.hostName) ESMTP Dispatch"))
                try await serveCommands()
            }
            try await flush()
        } catch {
            log.debug("smtp session ended", ["remote": .string(remoteIP), "reason": .describing(error)])
        }
        releaseBytes()
        stream.close()
    }

    /// A client must wait for the banner (RFC 5321 §3.1); one that does not may be a forged request of
    /// another protocol.
    private func talksTooEarly() throws(StreamError) -> Bool {
        if !stream.input.isEmpty { return true }
        return try stream.fillNow() && !stream.input.isEmpty
    }

    private func serveCommands() async throws(StreamError) {
        while true {
            if isStopping, transaction == nil { return sayStopping() }
            guard let line = try await readLine(maxBytes: SMTPLimits.maxCommandBytes) else {
                // `askToStop` ends the wait for a command by ending the input.
                if isStopping, transaction == nil { sayStopping() }
                return
            }
            guard try await handle(line) == .goOn else { return }
            guard errors < configuration.maxErrors else {
                say(SMTPReply(421, .init(4, 7, 0), "Too many errors"))
                return
            }
            guard idleCommands <= configuration.maxIdleCommands else {
                say(SMTPReply(421, .init(4, 7, 0), "Too many commands without a message"))
                return
            }
        }
    }

    private func handle(_ line: [UInt8]) async throws(StreamError) -> Next {
        let command: SMTPCommand
        do throws(SMTPSyntaxError) { command = try SMTPCommand(line: line[...]) } catch {
            return refuseMalformed(line, error.reply)
        }
        guard line.count <= 510 || command.mayBeLong else {
            return refuseMalformed(
                line, SMTPReply(500, .init(5, 5, 2), "Command line longer than 512 bytes"))
        }
        if command.leadsNowhere { idleCommands += 1 }
        return try await perform(command)
    }

    private func perform(_ command: SMTPCommand) async throws(StreamError) -> Next {
        switch command {
        case .ehlo(let name): hello(name, extended: true)
        case .helo(let name): hello(name, extended: false)
        case .mail(let sender, let parameters): return mail(sender, parameters)
        case .rcpt(let recipient, let parameters): return rcpt(recipient, parameters)
        case .data: return try await data()
        case .bdat(let count, let isLast): return try await bdat(count, isLast: isLast)
        case .startTLS: return try await startTLS()
        case .auth(let mechanism, let initial): return try await auth(mechanism, initial)
        case .rset:
            endTransaction()
            isGroupRefused = false
            say(SMTPReply(250, .init(2, 0, 0), "Ok"))
        case .noop: say(SMTPReply(250, .init(2, 0, 0), "Ok"))
        case .help: say(SMTPReply(214, .init(2, 0, 0), policy.help))
        case .vrfy: say(SMTPReply(252, .init(2, 5, 0), "Send some mail, it will be tried"))
        case .expn: refuse(SMTPReply(502, .init(5, 5, 1), "EXPN is not offered"))
        case .unknown(let verb): refuse(SMTPReply(500, .init(5, 5, 2), "Command \(verb) not recognized"))
        case .quit:
            say(SMTPReply(221, .init(2, 0, 0), "Bye"))
            return .close
        }
        return .goOn
    }

    // MARK: Reading and writing

    /// The next line without CRLF; nil when the session has to end, for which the reply is said.
    func readLine(maxBytes: Int) async throws(StreamError) -> [UInt8]? {
        while true {
            let scanned = stream.input.withUnsafeBytes { LineScanner.scan($0, maxBytes: maxBytes) }
            switch scanned {
            case .line(let length):
                let line = stream.input.take(length)
                stream.input.consume(2)
                return line
            case .needMore:
                try await flush()
                isWaitingForCommand = true
                defer { isWaitingForCommand = false }
                guard try await fillOrSayTimeout() else { return nil }
            case .tooLong:
                say(SMTPReply(500, .init(5, 5, 2), "Line too long"))
                return nil
            case .bareLineFeed:
                say(SMTPReply(550, .init(5, 6, 0), "Bare line feed: lines end in CRLF"))
                return nil
            case .bareCarriageReturn:
                say(SMTPReply(550, .init(5, 6, 0), "Bare carriage return: lines end in CRLF"))
                return nil
            case .nul:
                say(SMTPReply(550, .init(5, 6, 0), "NUL is not allowed"))
                return nil
            }
        }
    }

    private func fillOrSayTimeout() async throws(StreamError) -> Bool {
        do throws(StreamError) {
            return try await stream.fill(timeout: commandTimeLeft)
        } catch .timedOut {
            say(SMTPReply(421, .init(4, 4, 2), "\(policy.hostName) Timeout"))
            return false
        }
    }

    /// Who needs a login has not long for it, however it drips.
    var commandTimeLeft: Duration {
        guard credential == nil, policy.logins != nil else { return configuration.commandTimeout }
        return max(.zero, min(configuration.commandTimeout, loginDeadline - .now()))
    }

    // MARK: Memory

    /// Takes what was received from the loop's budget; false when that is used up.
    func holdBytes(_ count: Int) -> Bool {
        guard budget.take(count) else { return false }
        heldBytes += count
        return true
    }

    func releaseBytes() {
        budget.giveBack(heldBytes)
        heldBytes = 0
    }

    func endTransaction() {
        transaction = nil
        releaseBytes()
    }

    func say(_ reply: SMTPReply) { reply.encode(into: &output) }

    /// Says no to a mistake; many of them end the session.
    func refuse(_ reply: SMTPReply) {
        errors += 1
        say(reply)
    }

    func flush() async throws(StreamError) {
        guard !output.isEmpty else { return }
        let bytes = output
        output.removeAll(keepingCapacity: true)
        try await stream.write(bytes)
    }

    // MARK: Stopping

    /// The session ends when its transaction is done; at once when none is open.
    func askToStop() {
        isStopping = true
        if isWaitingForCommand, transaction == nil { stream.endInput() }
    }

    func closeNow() { stream.close() }

    private func sayStopping() {
        say(SMTPReply(421, .init(4, 3, 2), "\(policy.hostName) is stopping, try again"))
    }
}

extension SMTPCommand {
    fileprivate var leadsNowhere: Bool {
        switch self {
        case .noop, .rset, .vrfy, .help, .ehlo, .helo: true
        default: false
        }
    }

    /// RFC 5321 §4.5.3.1.4: extensions may lengthen these beyond 512 bytes.
    fileprivate var mayBeLong: Bool {
        switch self {
        case .mail, .rcpt, .auth: true
        default: false
        }
    }
}
