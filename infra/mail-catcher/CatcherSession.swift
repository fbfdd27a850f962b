import EventLoop
import FoundationEssentials
import SMTPWire
import Service

/// One SMTP session of the catcher (RFC 5321): takes every message that is well formed, for every recipient
/// whose name does not ask to be refused.
///
/// It is strict where a real server may be: lines end in CRLF, have at most 998 bytes, and commands come in
/// order. So a sender that is wrong is found here.
final class CatcherSession {
    /// What all sessions share.
    struct Surroundings: Sendable {
        let shelf: Shelf<CaughtMessage>
        let manners: Manners
        let maxMessageBytes: Int
        let log: Log
    }

    private static let maxRecipients = 1_000
    private static let maxErrors = 100
    private static let commandTimeout: Duration = .seconds(300)
    private static let hostName = "mail-catcher"

    private struct Transaction {
        var sender: SMTPPath?
        var parameters: MailParameters
        var recipients: [SMTPPath] = []
        var chunks: ChunkCollector?
    }

    private let stream: ByteStream
    private let surroundings: Surroundings
    private let tls: TLSServerContext
    private let loop: EventLoop
    private var clientName: String?
    private var transaction: Transaction?
    private var output: [UInt8] = []
    private var errors = 0

    init(stream: ByteStream, _ surroundings: Surroundings, tls: TLSServerContext, loop: EventLoop) {
        self.stream = stream
        self.surroundings = surroundings
        self.tls = tls
        self.loop = loop
    }

    /// Ends with the connection.
    func run() async {
        do throws(StreamError) {
            say(SMTPReply(220, "\(Self.hostName) ESMTP"))
            while errors < Self.maxErrors, let line = try await readLine() {
                guard try await perform(line) else { break }
            }
            try await flush()
        } catch {
            surroundings.log.debug("session ended", ["reason": .describing(error)])
        }
    }

    // MARK: Commands

    /// False when the session ends with the command.
    private func perform(_ line: [UInt8]) async throws(StreamError) -> Bool {
        let command: SMTPCommand
        do throws(SMTPSyntaxError) { command = try SMTPCommand(line: line[...]) } catch {
            refuse(error.reply)
            return true
        }
        switch command {
        case .ehlo(let name): hello(name, offered.reply(greeting: Self.hostName))
        case .helo(let name): hello(name, SMTPReply(250, Self.hostName))
        case .mail(let sender, let parameters): mail(sender, parameters)
        case .rcpt(let recipient, _): await rcpt(recipient)
        case .data: return try await data()
        case .bdat(let count, let isLast): return try await bdat(count, isLast: isLast)
        case .startTLS: return try await startTLS()
        case .rset:
            transaction = nil
            say(SMTPReply(250, .init(2, 0, 0), "Ok"))
        case .noop, .help: say(SMTPReply(250, .init(2, 0, 0), "Ok"))
        case .vrfy: say(SMTPReply(252, .init(2, 5, 0), "Send some mail"))
        case .quit:
            say(SMTPReply(221, .init(2, 0, 0), "Bye"))
            return false
        case .expn, .auth, .unknown: refuse(SMTPReply(502, .init(5, 5, 1), "Not offered"))
        }
        return true
    }

    private var offered: SMTPExtensions {
        var offered = SMTPExtensions()
        offered.pipelining = true
        offered.eightBitMIME = true
        offered.smtpUTF8 = true
        offered.chunking = true
        offered.enhancedStatusCodes = true
        offered.dsn = true
        offered.hasSize = true
        offered.maxMessageBytes = surroundings.maxMessageBytes
        offered.startTLS = stream.tls == nil
        offered.requireTLS = stream.tls != nil
        return offered
    }

    private func hello(_ name: String, _ reply: SMTPReply) {
        clientName = name
        transaction = nil
        say(reply)
    }

    private func mail(_ sender: SMTPPath?, _ parameters: MailParameters) {
        guard clientName != nil else { return refuse(SMTPReply(503, .init(5, 5, 1), "Say EHLO first")) }
        guard transaction == nil else {
            return refuse(SMTPReply(503, .init(5, 5, 1), "A transaction is open already"))
        }
        guard parameters.sizeBytes ?? 0 <= surroundings.maxMessageBytes else {
            return refuse(ContentViolation.tooLarge.reply)
        }
        transaction = Transaction(sender: sender, parameters: parameters)
        say(SMTPReply(250, .init(2, 1, 0), "Ok"))
    }

    private func rcpt(_ recipient: SMTPPath) async {
        guard let open = transaction, open.chunks == nil else {
            return refuse(SMTPReply(503, .init(5, 5, 1), "MAIL first"))
        }
        guard open.recipients.count < Self.maxRecipients else {
            return refuse(SMTPReply(452, .init(4, 5, 3), "Too many recipients"))
        }
        switch surroundings.manners.answer(to: recipient.localPart) {
        case .refuseForGood:
            return refuse(SMTPReply(550, .init(5, 1, 1), "No such user here: \(recipient)"))
        case .refuseForNow:
            return refuse(SMTPReply(451, .init(4, 2, 1), "Mailbox is busy, try again: \(recipient)"))
        case .acceptLate(let delay): await loop.sleep(delay)
        case .accept: break
        }
        transaction?.recipients.append(recipient)
        say(SMTPReply(250, .init(2, 1, 5), "Ok"))
    }

    private func startTLS() async throws(StreamError) -> Bool {
        guard stream.tls == nil, clientName != nil else {
            refuse(SMTPReply(503, .init(5, 5, 1), "Not now"))
            return true
        }
        guard stream.input.isEmpty else {
            say(SMTPReply(554, .init(5, 5, 0), "Nothing may follow STARTTLS"))
            return false
        }
        say(SMTPReply(220, .init(2, 0, 0), "Ready to start TLS"))
        try await flush()
        try await stream.startTLS(server: tls, timeout: .seconds(20))
        clientName = nil
        transaction = nil
        return true
    }

    // MARK: Messages

    private func data() async throws(StreamError) -> Bool {
        guard let open = transaction, open.chunks == nil, !open.recipients.isEmpty else {
            refuse(SMTPReply(503, .init(5, 5, 1), "No valid recipients"))
            return true
        }
        guard stream.input.isEmpty else {
            say(SMTPReply(554, .init(5, 5, 0), "The message may come only behind 354"))
            return false
        }
        say(SMTPReply(354, "End data with <CR><LF>.<CR><LF>"))
        var decoder = DataDecoder(
            maxMessageBytes: surroundings.maxMessageBytes, expectedBytes: open.parameters.sizeBytes ?? 0)
        while !decoder.isComplete {
            if stream.input.isEmpty, try await !fill() { return false }
            stream.input.consume(stream.input.withUnsafeBytes { decoder.decode($0) })
        }
        if let violation = decoder.violation {
            transaction = nil
            refuse(violation.reply)
        } else {
            keep(decoder.takeMessage(), open)
        }
        return true
    }

    /// RFC 3030. The announced bytes follow in any case, so they are read in any case.
    private func bdat(_ count: Int, isLast: Bool) async throws(StreamError) -> Bool {
        var collector =
            transaction?.chunks ?? ChunkCollector(maxMessageBytes: surroundings.maxMessageBytes)
        var left = count
        while left > 0 {
            if stream.input.isEmpty, try await !fill() { return false }
            let piece = stream.input.prefix(left)
            collector.append(piece)
            left -= piece.count
            stream.input.consume(piece.count)
        }
        guard let open = transaction, !open.recipients.isEmpty else {
            refuse(SMTPReply(503, .init(5, 5, 1), "No valid recipients"))
            return true
        }
        transaction?.chunks = collector
        guard isLast else {
            say(SMTPReply(250, .init(2, 0, 0), "\(count) bytes received"))
            return true
        }
        do throws(ContentViolation) { keep(try collector.takeMessage(), open) } catch {
            transaction = nil
            refuse(error.reply)
        }
        return true
    }

    private func keep(_ content: [UInt8], _ open: Transaction) {
        transaction = nil
        let message = CaughtMessage(
            receivedAt: Date(), sender: open.sender?.description ?? "",
            recipients: open.recipients.map(\.description), clientName: clientName ?? "",
            clientAddress: stream.remoteAddress.description, tlsVersion: stream.tls?.protocolVersion,
            usesSMTPUTF8: open.parameters.smtpUTF8, content: content)
        let number = surroundings.shelf.put(message)
        surroundings.log.info(
            "message caught",
            [
                "n": .int(number), "from": .string(message.sender),
                "to": .string(message.recipients.joined(separator: ", ")), "bytes": .int(content.count),
                "tls": .string(message.tlsVersion ?? "none"),
            ])
        say(SMTPReply(250, .init(2, 0, 0), "Ok: queued as \(number)"))
    }

    // MARK: Reading and writing

    /// The next line without CRLF; nil when the session has to end.
    private func readLine() async throws(StreamError) -> [UInt8]? {
        while true {
            let scanned = stream.input.withUnsafeBytes {
                LineScanner.scan($0, maxBytes: SMTPLimits.maxCommandBytes)
            }
            switch scanned {
            case .line(let length):
                let line = stream.input.take(length)
                stream.input.consume(2)
                return line
            case .needMore: guard try await fill() else { return nil }
            case .tooLong, .bareLineFeed, .bareCarriageReturn, .nul:
                say(SMTPReply(500, .init(5, 5, 2), "Lines end in CRLF, have no NUL and a bounded length"))
                return nil
            }
        }
    }

    private func fill() async throws(StreamError) -> Bool {
        try await flush()
        return try await stream.fill(timeout: Self.commandTimeout)
    }

    private func say(_ reply: SMTPReply) { output += reply.encode() }

    private func refuse(_ reply: SMTPReply) {
        errors += 1
        say(reply)
    }

    private func flush() async throws(StreamError) {
        guard !output.isEmpty else { return }
        let bytes = output
        output = []
        try await stream.write(bytes)
    }
}
