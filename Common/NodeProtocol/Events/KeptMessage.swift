/// What the log keeps of an accepted message, sealed to its tenant's key: the message as its sender wrote it,
/// and what it takes to send the same mail again.
///
/// It is a Protocol Buffers message. What an earlier version kept is the message alone, in a seal of another
/// context. A field number is never given a second meaning.
package struct KeptMessage: Sendable, Equatable {
    /// What is not in the message itself.
    package struct Again: Sendable, Equatable {
        /// Empty for the null sender.
        package var envelopeSender: String
        /// Where the copies have links of their own: `LinkPlaces.packed`, counted in the message.
        package var links: [UInt8] = []
        package var isBulk = false
        /// What was asked for with the envelope, as an entry of the spool has it; empty when nothing was.
        package var request: [UInt8] = []
        /// The envelope's recipients in the order in which `request` tells of them; none when it tells of
        /// none.
        package var recipients: [String] = []

        package init(envelopeSender: String) { self.envelopeSender = envelopeSender }
    }

    package var message: [UInt8]
    /// Nil for what an earlier version kept.
    package var again: Again?
    /// What a reader of the log is shown in place of the message: of captured mail, what would have left.
    package var captured: [UInt8]?

    /// What is shown.
    package var shown: [UInt8] { captured ?? message }

    package init(_ message: [UInt8], again: Again?, captured: [UInt8]? = nil) {
        self.message = message
        self.again = again
        self.captured = captured
    }

    /// The context of the seal: `kept:<message id>`.
    package static func sealContext(_ message: MessageID) -> [UInt8] {
        var context: [UInt8] = []
        context.reserveCapacity(5 + 36)
        context += "kept:".utf8
        message.appendText(to: &context, withHyphens: true)
        return context
    }

    package func write(to writer: inout ProtobufWriter) {
        writer.put(1, message)
        if let again { writer.put(2) { again.write(to: &$0) } }
        if let captured { writer.put(3, captured) }
    }

    package func encoded() -> [UInt8] {
        var writer = ProtobufWriter(capacityBytes: message.count + Self.overheadBytes)
        write(to: &writer)
        return writer.bytes
    }

    /// How much longer than the message it mostly is at most.
    package static let overheadBytes = 256

    /// Nil when the bytes are something else.
    package init?(protobuf bytes: [UInt8]) {
        var reader = ProtobufReader(bytes[...])
        var message: [UInt8]?
        while let field = reader.next() {
            switch field.number {
            case 1: message = Array(field.bytes)
            case 2: again = Again(protobuf: Array(field.bytes))
            case 3: captured = Array(field.bytes)
            default: break
            }
        }
        guard reader.isWhole, let message else { return nil }
        self.message = message
    }
}

extension KeptMessage.Again {
    package func encoded() -> [UInt8] {
        var writer = ProtobufWriter()
        write(to: &writer)
        return writer.bytes
    }

    fileprivate func write(to writer: inout ProtobufWriter) {
        writer.put(1, envelopeSender)
        if !links.isEmpty { writer.put(2, links) }
        if isBulk { writer.put(3, true) }
        if !request.isEmpty { writer.put(4, request) }
        writer.put(5, repeated: recipients)
    }

    /// Nil when the bytes are something else.
    package init?(protobuf bytes: [UInt8]) {
        self.init(envelopeSender: "")
        var reader = ProtobufReader(bytes[...])
        while let field = reader.next() {
            switch field.number {
            case 1: envelopeSender = field.text
            case 2: links = Array(field.bytes)
            case 3: isBulk = field.isTrue
            case 4: request = Array(field.bytes)
            case 5: recipients.append(field.text)
            default: break
            }
        }
        guard reader.isWhole else { return nil }
    }
}
