import EventLoop
import SMTPWire

extension SMTPSession {
    /// BDAT (RFC 3030): a chunk of known length; the last one ends the message.
    ///
    /// The bytes of a chunk are on their way before its answer, so they are read in any case, kept or not.
    func bdat(_ count: Int, isLast: Bool) async throws(StreamError) -> Next {
        guard count <= configuration.maxReceivedBytes else {
            say(ContentViolation.tooLarge.reply)
            return .close
        }
        // A client cannot keep a session alive with nothing.
        if count == 0, !isLast { idleCommands += 1 }
        guard transaction?.recipients.isEmpty == false else {
            guard try await swallow(count) else { return .close }
            return refuseChunk(isLast: isLast)
        }
        // Moved, not copied: a chunk must not cost what all before it cost.
        var chunks = transaction?.chunks ?? ChunkCollector(maxMessageBytes: configuration.maxMessageBytes)
        transaction?.chunks = nil
        guard try await receive(count, into: &chunks) else { return .close }
        if let violation = chunks.violation { return refuseMessage(violation.reply) }
        guard isLast, let open = transaction else {
            transaction?.chunks = chunks
            say(SMTPReply(250, .init(2, 0, 0), "\(count) bytes received"))
            return .goOn
        }
        let message: [UInt8]
        do throws(ContentViolation) { message = try chunks.takeMessage() } catch {
            return refuseMessage(error.reply)
        }
        return try await take(message, open)
    }

    /// A chunk for nobody. The last one ends what is left of the transaction.
    private func refuseChunk(isLast: Bool) -> Next {
        guard transaction != nil, isGroupRefused else {
            return refuseOrder(transaction == nil ? "MAIL first" : "RCPT first")
        }
        if isLast { endTransaction() }
        refuse(SMTPReply(554, .init(5, 5, 1), "No valid recipients"))
        return .goOn
    }

    /// Takes the bytes of a chunk; false when the session has to end, for which the reply is said.
    private func receive(_ count: Int, into chunks: inout ChunkCollector) async throws(StreamError) -> Bool {
        var left = count
        var pace = pace()
        while left > 0 {
            if stream.input.isEmpty, try await !fillData(pace) { return false }
            let piece = stream.input.prefix(left)
            chunks.append(piece)
            guard chunks.violation != nil || holdBytes(piece.count) else {
                say(Self.overloaded)
                return false
            }
            left -= piece.count
            pace.receivedBytes += piece.count
            stream.input.consume(piece.count)
        }
        return true
    }

    private func swallow(_ count: Int) async throws(StreamError) -> Bool {
        var left = count
        var pace = pace()
        while left > 0 {
            if stream.input.isEmpty, try await !fillData(pace) { return false }
            let length = min(left, stream.input.count)
            left -= length
            pace.receivedBytes += length
            stream.input.consume(length)
        }
        return true
    }
}
