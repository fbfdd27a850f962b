import Admission
import Doors
import NodeProtocol

/// A message on its way to the node that its idempotency key belongs to.
extension PassedMessage {
    func encoded() -> [UInt8] {
        var writer = ProtobufWriter(capacityBytes: raw.message.count + 1024)
        writer.put(1, key)
        switch credential {
        case .bearer(let token): writer.put(2, token)
        case .basic(let username, let password):
            writer.put(3, username)
            writer.put(4, password)
        case .trustedNetwork(let tenant): writer.put(5, tenant)
        }
        writer.put(6, sourceIP)
        writer.put(7, raw.envelopeSender)
        writer.put(8, repeated: raw.recipients)
        writer.put(9, raw.message)
        writer.put(10, raw.withProtocol)
        writer.put(11) { raw.request.write(to: &$0) }
        return writer.bytes
    }

    /// Nil for bytes that are none of ours.
    init?(protobuf bytes: [UInt8]) {
        var reader = ProtobufReader(bytes[...])
        var (key, sourceIP, withProtocol) = ("", "", "")
        var (token, username, password): (String?, String?, String?)
        var tenant: TenantID?
        var sender: String?
        var recipients: [String] = []
        var message: [UInt8] = []
        var request: EnvelopeRequest?
        while let field = reader.next() {
            switch field.number {
            case 1: key = field.text
            case 2: token = field.text
            case 3: username = field.text
            case 4: password = field.text
            case 5: tenant = field.tenantID
            case 6: sourceIP = field.text
            case 7: sender = field.text
            case 8: recipients.append(field.text)
            case 9: message = Array(field.bytes)
            case 10: withProtocol = field.text
            case 11: request = EnvelopeRequest(protobuf: field.bytes)
            default: break
            }
        }
        let credential: PresentedCredential
        switch (token, username, password, tenant) {
        case (let token?, nil, nil, nil): credential = .bearer(token)
        case (nil, let username?, let password?, nil):
            credential = .basic(username: username, password: password)
        case (nil, nil, nil, let tenant?): credential = .trustedNetwork(tenant)
        default: return nil
        }
        guard reader.isWhole, let request else { return nil }
        self.init(
            key: key, credential: credential, sourceIP: sourceIP,
            raw: Submission.Raw(
                envelopeSender: sender, recipients: recipients, message: message,
                withProtocol: withProtocol, request: request))
    }
}

extension Refusal {
    var passed: PassedMessageAnswer.Refusal {
        .init(code: code.rawValue, message: message, field: field, retryAfterSeconds: retryAfterSeconds)
    }

    /// Nil for a code that only a later version knows.
    init?(_ passed: PassedMessageAnswer.Refusal) {
        guard let code = Code(rawValue: passed.code) else { return nil }
        self.init(
            code, passed.message, field: passed.field, retryAfterSeconds: passed.retryAfterSeconds)
    }
}
