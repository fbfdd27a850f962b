import Admission
import FoundationEssentials
import MailFormat
import NodeProtocol

/// The header of an entry in the spool: a Protocol Buffers message with one field, 1 for mail or 2 for a
/// webhook. A field number is never given a second meaning.
extension Entry {
    func encoded() -> [UInt8] {
        var writer = ProtobufWriter(capacityBytes: 512)
        switch self {
        case .mail(let mail): writer.put(1) { mail.write(to: &$0) }
        case .webhook(let webhook): writer.put(2) { webhook.write(to: &$0) }
        }
        return writer.bytes
    }

    /// Nil when the bytes are of something else, such as a later version's.
    init?(_ header: [UInt8]) {
        var reader = ProtobufReader(header[...])
        guard let field = reader.next() else { return nil }
        switch field.number {
        case 1:
            guard let mail = MailEntry(protobuf: field.bytes) else { return nil }
            self = .mail(mail)
        case 2:
            guard let webhook = WebhookEntry(protobuf: field.bytes) else { return nil }
            self = .webhook(webhook)
        default: return nil
        }
    }
}

extension MailEntry {
    fileprivate func write(to writer: inout ProtobufWriter) {
        writer.put(1, tenant)
        writer.put(2, acceptedAt)
        writer.put(3, deadline)
        writer.put(4, senderDomain)
        writer.put(5, selector)
        writer.put(6, isBulk)
        writer.put(7, bodyBytes)
        writer.put(8) { content.write(to: &$0) }
        writer.put(9, repeated: suppressed)
        if let request { writer.put(10) { request.write(to: &$0) } }
        if !links.isEmpty { writer.put(11, links.packed) }
    }

    fileprivate convenience init?(protobuf bytes: ArraySlice<UInt8>) {
        var reader = ProtobufReader(bytes)
        var tenant: TenantID?
        var log: Event.Accepted?
        var (acceptedAt, deadline) = (Int64(0), Int64(0))
        var (senderDomain, selector) = ("", "")
        var (isBulk, bodyBytes) = (false, 0)
        var suppressed: [String] = []
        var request: EnvelopeRequest?
        var links = LinkPlaces.none
        while let field = reader.next() {
            switch field.number {
            case 1: tenant = field.tenantID
            case 2: acceptedAt = field.integer()
            case 3: deadline = field.integer()
            case 4: senderDomain = field.text
            case 5: selector = field.text
            case 6: isBulk = field.isTrue
            case 7: bodyBytes = field.integer()
            case 8: log = Event.Accepted(protobuf: field.bytes)
            case 9: suppressed.append(field.text)
            case 10: request = EnvelopeRequest(protobuf: field.bytes)
            case 11: links = LinkPlaces(packed: Array(field.bytes))
            default: break
            }
        }
        guard reader.isWhole, let tenant, let log else { return nil }
        self.init(
            tenant: tenant, acceptedAt: acceptedAt, deadline: deadline, senderDomain: senderDomain,
            selector: selector, isBulk: isBulk, bodyBytes: bodyBytes, log: log, suppressed: suppressed,
            request: request, links: links)
    }
}

extension WebhookEntry {
    fileprivate func write(to writer: inout ProtobufWriter) {
        writer.put(1, tenant)
        writer.put(2, webhook)
        writer.put(3, url)
        writer.put(4, event)
        writer.put(5, about)
        writer.put(6, acceptedAt)
        writer.put(7, deadline)
    }

    fileprivate init?(protobuf bytes: ArraySlice<UInt8>) {
        var reader = ProtobufReader(bytes)
        var tenant: TenantID?
        var webhook: UUID?
        var about: MessageID?
        var (url, event) = ("", "")
        var (acceptedAt, deadline) = (Int64(0), Int64(0))
        while let field = reader.next() {
            switch field.number {
            case 1: tenant = field.tenantID
            case 2: webhook = field.uuid
            case 3: url = field.text
            case 4: event = field.text
            case 5: about = field.messageID
            case 6: acceptedAt = field.integer()
            case 7: deadline = field.integer()
            default: break
            }
        }
        guard reader.isWhole, let tenant, let webhook, let about else { return nil }
        self.init(
            tenant: tenant, webhook: webhook, url: url, event: event, about: about,
            acceptedAt: acceptedAt, deadline: deadline)
    }
}
