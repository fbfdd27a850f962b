import Admission
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
        say(SMTPReply(354, "End data with <CR><LF>.<CR><LF>"))
        try await flush()
        var decoder = DataDecoder(
            maxMessageBytes: configuration.maxMessageBytes, expectedBytes: open.parameters.sizeBytes ?? 0)
        while !decoder.isComplete {
            if stream.input.isEmpty, try await !fillData() { return .close }
            let used = stream.input.withUnsafeBytes { decoder.decode($0) }
            stream.input.consume(used)
        }
        if let violation = decoder.violation {
            transaction = nil
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
        var left = count
        // The bytes follow in any case, so they are read in any case.
        while left > 0 {
            if stream.input.isEmpty, try await !fillData() { return .close }
            let piece = stream.input.prefix(left)
            if isInOrder { collector.append(piece) }
            left -= piece.count
            stream.input.consume(piece.count)
        }
        guard isInOrder, let open = transaction else {
            refuse(SMTPReply(503, .init(5, 5, 1), "MAIL and RCPT first"))
            return .goOn
        }
        if let violation = collector.violation {
            transaction = nil
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
            transaction = nil
            refuse(error.reply)
            return .goOn
        }
        return try await take(message, open)
    }

    private func fillData() async throws(StreamError) -> Bool {
        try await flush()
        return try await stream.fill(timeout: configuration.dataTimeout)
    }

    /// Hands the message to the road; the reply says that it is on disk, or why not.
    private func take(_ message: [UInt8], _ open: Transaction) async throws(StreamError) -> Next {
        transaction = nil
        transactions += 1
        do throws(Refusal) {
            guard let credential else { throw Refusal(.unauthenticated, "authentication required") }
            let principal = try intake.authenticate(credential, tenant: nil, sourceIP: remoteIP)
            _ = try intake.takeRate(principal)
            let raw = Submission.Raw(
                envelopeSender: open.sender?.description, recipients: open.recipients.map(\.description),
                message: message, withProtocol: protocolName)
            let receipt = try await intake.submit(
                Submission(door: "smtp", content: .raw(raw)), from: principal)
            say(SMTPReply(250, .init(2, 0, 0), "Ok: queued as \(receipt.id)"))
        } catch { refuse(error.smtpReply) }
        return .goOn
    }

    /// RFC 3848: what the trace field says of how the message came.
    private var protocolName: String {
        guard isExtended else { return "SMTP" }
        var name = "ESMTP"
        if stream.tls != nil { name += "S" }
        if case .trustedNetwork = credential { return name }
        return name + "A"
    }
}
