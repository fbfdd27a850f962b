import NodeProtocol
import SMTPWire

/// What a client asked for with the envelope, as an entry and the log keep it. Recipients are told apart by
/// their order, so each has its field, empty or not.
extension EnvelopeRequest {
    package func write(to writer: inout ProtobufWriter) {
        writer.put(1, envelopeID)
        if let returnedContent { writer.put(2, returnedContent == .full ? 1 : 2) }
        if requiresTLS { writer.put(3, true) }
        if ignoresTLSPolicy { writer.put(4, true) }
        for recipient in recipients {
            writer.put(5) { writer in
                writer.put(1, recipient.notify?.rawValue)
                writer.put(2, recipient.originalRecipient?.encoded)
            }
        }
    }

    /// Nil when the bytes are something else.
    package init?(protobuf bytes: ArraySlice<UInt8>) {
        self.init()
        var reader = ProtobufReader(bytes)
        while let field = reader.next() {
            switch field.number {
            case 1: envelopeID = field.text
            case 2: returnedContent = field.integer() == 1 ? .full : .headers
            case 3: requiresTLS = field.isTrue
            case 4: ignoresTLSPolicy = field.isTrue
            case 5: recipients.append(RecipientParameters(protobuf: field.bytes))
            default: break
            }
        }
        guard reader.isWhole else { return nil }
    }
}

extension RecipientParameters {
    fileprivate init(protobuf bytes: ArraySlice<UInt8>) {
        self.init()
        var reader = ProtobufReader(bytes)
        while let field = reader.next() {
            switch field.number {
            case 1: notify = DeliveryNotifications(rawValue: field.integer())
            case 2: originalRecipient = OriginalRecipient(encoded: field.bytes)
            default: break
            }
        }
    }
}
