import EventLoop
import SMTPWire

extension SMTPSession {
    /// DATA (RFC 5321 §4.1.1.4): the message up to CRLF.CRLF, and then the one answer that takes it or not.
    func data() async throws(StreamError) -> Next {
        guard let open = transaction, open.chunks == nil else {
            refuse(SMTPReply(503, .init(5, 5, 1), transaction == nil ? "MAIL first" : "Not behind BDAT"))
            return .goOn
        }
        guard !open.recipients.isEmpty else {
            refuse(SMTPReply(554, .init(5, 5, 1), "No valid recipients"))
            return .goOn
        }
        guard stream.input.isEmpty else {
            say(SMTPReply(554, .init(5, 5, 0), "The message may come only behind 354"))
            return .close
        }
        guard budget.takenBytes < budget.maxBytes else {
            endTransaction()
            say(Self.overloaded)
            return .goOn
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
        }
        if let violation = decoder.violation {
            endTransaction()
            refuse(violation.reply)
            return .goOn
        }
        return try await take(decoder.takeMessage(), open)
    }

    /// BDAT (RFC 3030): a chunk of known length; the last one ends the message.
    func bdat(_ count: Int, isLast: Bool) async throws(StreamError) -> Next {
        let isInOrder = transaction.map { !$0.recipients.isEmpty } ?? false
        var collector = transaction?.chunks ?? ChunkCollector(maxMessageBytes: configuration.maxMessageBytes)
        // What cannot be taken in any case is not waited for; the client would be out of step, so the session
        // ends.
        guard count <= configuration.maxMessageBytes else {
            say(ContentViolation.tooLarge.reply)
            return .close
        }
        guard !isInOrder || holdBytes(count) else {
            say(Self.overloaded)
            return .close
        }
        var left = count
        var pace = pace()
        // The bytes follow in any case, so they are read in any case.
        while left > 0 {
            if stream.input.isEmpty, try await !fillData(pace) { return .close }
            let piece = stream.input.prefix(left)
            if isInOrder { collector.append(piece) }
            left -= piece.count
            pace.receivedBytes += piece.count
            stream.input.consume(piece.count)
        }
        guard isInOrder, let open = transaction else {
            refuse(SMTPReply(503, .init(5, 5, 1), "MAIL and RCPT first"))
            return .goOn
        }
        if let violation = collector.violation {
            endTransaction()
            refuse(violation.reply)
            return .goOn
        }
        guard isLast else {
            transaction?.chunks = collector
            say(SMTPReply(250, .init(2, 0, 0), "\(count) bytes received"))
            return .goOn
        }
        let message: [UInt8]
        do throws(ContentViolation) { message = try collector.takeMessage() } catch {
            endTransaction()
            refuse(error.reply)
            return .goOn
        }
        return try await take(message, open)
    }

    private static var overloaded: SMTPReply {
        SMTPReply(451, .init(4, 3, 2), "Too many large messages at once, try again")
    }

    /// How fast a message comes.
    private struct Pace {
        let start: MonotonicTime
        var receivedBytes = 0
    }

    private func pace() -> Pace { Pace(start: .now()) }

    /// Waits for more of a message: not long, and not at all when it came too slowly until now.
    private func fillData(_ pace: Pace) async throws(StreamError) -> Bool {
        try await flush()
        let earned = Duration.seconds(pace.receivedBytes / max(1, configuration.minDataBytesPerSecond))
        let left = pace.start.advanced(by: configuration.dataGrace + earned) - .now()
        do throws(StreamError) {
            return try await stream.fill(timeout: max(.zero, min(configuration.dataTimeout, left)))
        } catch .timedOut {
            say(SMTPReply(421, .init(4, 4, 2), "\(policy.hostName) The message came too slowly"))
            return false
        }
    }

    /// Hands the message on; the reply says that it is on disk, or why not.
    private func take(_ message: [UInt8], _ open: Transaction) async throws(StreamError) -> Next {
        transaction = nil
        defer { releaseBytes() }
        transactions += 1
        idleCommands = 0
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
