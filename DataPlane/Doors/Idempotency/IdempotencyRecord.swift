import Admission
import HTTP
import NodeProtocol

/// What is written of a key, so that a start, or the key's next owner, knows it again.
struct IdempotencyRecord: Sendable {
    enum Content: Sendable {
        /// A message of the request is queued.
        case item(ItemName, Receipt)
        case response(HTTPResponse)
        case refusal(APIError)
        /// The key belongs to another node now.
        case passedOn(to: UInt16)
    }

    let tenant: TenantID
    let name: KeyName
    /// Of the body.
    let digest: [UInt8]
    let content: Content

    func encoded() -> [UInt8] {
        var writer = ProtobufWriter()
        writer.put(1, tenant)
        writer.put(2, name.bytes)
        writer.put(3, digest)
        switch content {
        case .item(let item, let receipt):
            writer.put(4, item.bytes)
            writer.put(5) { receipt.write(to: &$0) }
        case .response(let response): writer.put(6) { response.write(to: &$0) }
        case .refusal(let refusal): writer.put(7) { refusal.write(to: &$0) }
        case .passedOn(let node): writer.put(8, node)
        }
        return writer.bytes
    }

    /// Nil for bytes that are none of ours.
    init?(_ bytes: [UInt8]) {
        var reader = ProtobufReader(bytes[...])
        var tenant: TenantID?
        var name: KeyName?
        var digest: [UInt8] = []
        var item: ItemName?
        var content: Content?
        while let field = reader.next() {
            switch field.number {
            case 1: tenant = field.tenantID
            case 2: name = KeyName(field.bytes)
            case 3: digest = Array(field.bytes)
            case 4: item = ItemName(field.bytes)
            case 5: if let item, let receipt = Receipt(field.bytes) { content = .item(item, receipt) }
            case 6: content = .response(HTTPResponse(field.bytes))
            case 7: content = .refusal(APIError(field.bytes))
            case 8: content = .passedOn(to: field.integer())
            default: break
            }
        }
        guard reader.isWhole, let tenant, let name, let content else { return nil }
        self.init(tenant: tenant, name: name, digest: digest, content: content)
    }

    init(tenant: TenantID, name: KeyName, digest: [UInt8], content: Content) {
        self.tenant = tenant
        self.name = name
        self.digest = digest
        self.content = content
    }
}

extension Receipt {
    fileprivate func write(to writer: inout ProtobufWriter) {
        writer.put(1, id)
        writer.put(2, messageIDHeader)
        writer.put(3, repeated: queued)
        writer.put(4, repeated: suppressed)
        writer.put(5, acceptedAt)
        writer.put(6, scheduledAt)
        writer.put(7, subject)
        writer.put(8, from)
        writer.put(9, repeated: cc)
        writer.put(10, repeated: bcc)
        writer.put(11, repeated: tags)
        for (key, value) in metadata { writer.put(12, repeated: [key, value]) }
        if tracking.opens { writer.put(13, true) }
        if tracking.clicks { writer.put(14, true) }
        if let templateID { writer.put(15, templateID) }
    }

    fileprivate init?(_ bytes: ArraySlice<UInt8>) {
        var reader = ProtobufReader(bytes)
        var id: MessageID?
        var labels: [String] = []
        self.init(id: MessageID(high: 0, low: 0))
        while let field = reader.next() {
            switch field.number {
            case 1: id = field.messageID
            case 2: messageIDHeader = field.text
            case 3: queued.append(field.text)
            case 4: suppressed.append(field.text)
            case 5: acceptedAt = field.integer()
            case 6: scheduledAt = field.integer()
            case 7: subject = field.text
            case 8: from = field.text
            case 9: cc.append(field.text)
            case 10: bcc.append(field.text)
            case 11: tags.append(field.text)
            case 12: labels.append(field.text)
            case 13: tracking.opens = field.isTrue
            case 14: tracking.clicks = field.isTrue
            case 15: templateID = field.uuid
            default: break
            }
        }
        guard let id else { return nil }
        self.id = id
        for place in stride(from: 0, to: labels.count - 1, by: 2) {
            metadata[labels[place]] = labels[place + 1]
        }
    }

    /// What keeping it costs, roughly.
    var sizeBytes: Int {
        256 + messageIDHeader.utf8.count + subject.utf8.count + from.utf8.count
            + (queued + suppressed + cc + bcc + tags).reduce(0) { $0 + 16 + $1.utf8.count }
            + metadata.reduce(0) { $0 + 32 + $1.key.utf8.count + $1.value.utf8.count }
    }
}

extension HTTPHeaders {
    fileprivate func write(_ field: Int, to writer: inout ProtobufWriter) {
        for (name, value) in all { writer.put(field, repeated: [name, value]) }
    }

    /// - Parameter texts: names and values in turn.
    fileprivate init(_ texts: [String]) {
        self.init()
        for place in stride(from: 0, to: texts.count - 1, by: 2) { append(texts[place], texts[place + 1]) }
    }
}

extension HTTPResponse {
    fileprivate func write(to writer: inout ProtobufWriter) {
        writer.put(1, status.code)
        headers.write(2, to: &writer)
        writer.put(3, body)
    }

    fileprivate init(_ bytes: ArraySlice<UInt8>) {
        var reader = ProtobufReader(bytes)
        var status = 500
        var headers: [String] = []
        var body: [UInt8] = []
        while let field = reader.next() {
            switch field.number {
            case 1: status = field.integer()
            case 2: headers.append(field.text)
            case 3: body = Array(field.bytes)
            default: break
            }
        }
        self.init(status: HTTPStatus(status), headers: HTTPHeaders(headers), body: body)
    }
}

extension APIError {
    fileprivate func write(to writer: inout ProtobufWriter) {
        writer.put(1, status.code)
        writer.put(2, code)
        writer.put(3, message)
        writer.put(4, field)
        headers.write(5, to: &writer)
        for detail in details { writer.put(6, repeated: [detail.path, detail.message]) }
    }

    fileprivate init(_ bytes: ArraySlice<UInt8>) {
        var reader = ProtobufReader(bytes)
        var (status, code, message, field): (Int, String, String, String?) = (500, "", "", nil)
        var (headers, details): ([String], [String]) = ([], [])
        while let part = reader.next() {
            switch part.number {
            case 1: status = part.integer()
            case 2: code = part.text
            case 3: message = part.text
            case 4: field = part.text
            case 5: headers.append(part.text)
            case 6: details.append(part.text)
            default: break
            }
        }
        self.init(
            HTTPStatus(status), code, message, field: field, headers: HTTPHeaders(headers),
            details: stride(from: 0, to: details.count - 1, by: 2).map {
                Detail(path: details[$0], message: details[$0 + 1])
            })
    }
}
