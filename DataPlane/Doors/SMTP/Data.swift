import EventLoop
import SMTPWire

extension SMTPSession {
    /// DATA (RFC 5321 §4.1.1.4): the message up to CRLF.CRLF, and then the one answer that takes it or not.
    func data() async throws(StreamError) -> Next {
        // Whatever the answer is: DATA is the last of its group (RFC 2920 §3.1), so what came with it is the
        // text of a message, and must never be read as commands.
        guard stream.input.isEmpty else {
            say(SMTPReply(554, .init(5, 5, 0), "The message may come only behind 354"))
            return .close
        }
        guard let open = transaction else { return refuseOrder("MAIL first") }
        guard open.chunks == nil else { return refuseOrder("Not behind BDAT") }
        guard !open.recipients.isEmpty else {
            guard isGroupRefused else { return refuseOrder("RCPT first") }
            return refuseMessage(SMTPReply(554, .init(5, 5, 1), "No valid recipients"))
        }
        guard budget.takenBytes < budget.maxBytes else {
            return refuseMessage(Self.overloaded)
        }
        say(SMTPReply(354, "End data with <CR><LF>.<CR><LF>"))
        try await flush()
        var decoder = DataDecoder(
            maxMessageBytes: configuration.maxMessageBytes, expectedBytes: open.parameters.sizeBytes ?? 0)
        var pace = pace()
        while !decoder.isComplete {
            if stream.input.isEmpty, try await !fillData(pace) { return .close }
            let used = stream.input.withUnsafeBytes { decoder.decode($0) }
            stream.input.consume(used)
            pace.receivedBytes += used
            // What is wrong or too large is read to its end and not kept.
            guard decoder.violation != nil || holdBytes(used) else {
                say(Self.overloaded)
                return .close
            }
            guard pace.receivedBytes <= configuration.maxReceivedBytes else {
                say(ContentViolation.tooLarge.reply)
                return .close
            }
        }
        if let violation = decoder.violation { return refuseMessage(violation.reply) }
        return try await take(decoder.takeMessage(), open)
    }

    /// Refuses a message at its end; it and its transaction are gone.
    func refuseMessage(_ reply: SMTPReply) -> Next {
        endTransaction()
        refuseInGroup(reply)
        return .goOn
    }

    static var overloaded: SMTPReply {
        SMTPReply(451, .init(4, 3, 2), "Too many large messages at once, try again")
    }

    /// How fast a message comes.
    struct Pace {
        let start: MonotonicTime
        var receivedBytes = 0
    }

    func pace() -> Pace { Pace(start: .now()) }

    /// Waits for more of a message: not long, and not at all when it came too slowly until now.
    func fillData(_ pace: Pace) async throws(StreamError) -> Bool {
        try await flush()
        let earned = Duration.seconds(pace.receivedBytes / max(1, configuration.minDataBytesPerSecond))
        let left = pace.start.advanced(by: configuration.dataGrace + earned) - .now()
        do throws(StreamError) {
            return try await stream.fill(
                timeout: max(.zero, min(configuration.dataTimeout, left, commandTimeLeft)))
        } catch .timedOut {
            say(SMTPReply(421, .init(4, 4, 2), "\(policy.hostName) The message came too slowly"))
            return false
        }
    }

    /// Hands the message on; the reply says that it is on disk, or why not.
    func take(_ message: [UInt8], _ open: Transaction) async throws(StreamError) -> Next {
        transaction = nil
        defer { releaseBytes() }
        transactions += 1
        idleCommands = 0
        isGroupRefused = false
        let reply = await policy.take(message, open, in: self)
        if reply.isPositive { say(reply) } else { refuse(reply) }
        return .goOn
    }

    /// RFC 3848: what the trace field says of how the message came.
    var protocolName: String {
        guard isExtended else { return "SMTP" }
        var name = "ESMTP"
        if stream.tls != nil { name += "S" }
        if case .trustedNetwork = credential { return name }
        return name + "A"
    }
}
