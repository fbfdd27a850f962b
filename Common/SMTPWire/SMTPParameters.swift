/// How the body is labelled: `BODY=` of RFC 6152. BINARYMIME is not offered.
package enum BodyType: String, Hashable, Sendable {
    case sevenBit = "7BIT"
    case eightBitMIME = "8BITMIME"
}

/// How much of the message a failure report returns: `RET=` of RFC 3461 §4.3.
package enum ReturnedContent: String, Hashable, Sendable {
    case full = "FULL"
    case headers = "HDRS"
}

/// When a delivery report is wanted: `NOTIFY=` of RFC 3461 §4.1. The empty set is `NEVER`.
package struct DeliveryNotifications: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let success = Self(rawValue: 1)
    package static let failure = Self(rawValue: 2)
    package static let delay = Self(rawValue: 4)

    /// The value as it is written behind `NOTIFY=`.
    package var keyword: String {
        let names = [(Self.success, "SUCCESS"), (.failure, "FAILURE"), (.delay, "DELAY")]
        let wanted = names.filter { contains($0.0) }.map(\.1)
        return wanted.isEmpty ? "NEVER" : wanted.joined(separator: ",")
    }

    fileprivate init?(word: String) {
        switch word {
        case "SUCCESS": self = .success
        case "FAILURE": self = .failure
        case "DELAY": self = .delay
        default: return nil
        }
    }
}

/// The parameters of MAIL that this service knows.
package struct MailParameters: Hashable, Sendable {
    /// Bytes that the client declares: RFC 1870.
    package var sizeBytes: Int?
    package var body: BodyType?
    package var smtpUTF8 = false
    package var returnedContent: ReturnedContent?
    /// Decoded from xtext; printable.
    package var envelopeID: String?
    /// `AUTH=` of RFC 4954 §5, decoded; empty for `<>`.
    package var authenticatedSender: String?
    /// RFC 8689.
    package var requireTLS = false

    package init() {}

    init(_ parameters: [Parameter]) throws(SMTPSyntaxError) {
        for parameter in parameters {
            switch parameter.name {
            case "SIZE": sizeBytes = try Self.size(parameter)
            case "BODY": body = try parameter.choice(BodyType.init(rawValue:))
            case "SMTPUTF8": smtpUTF8 = try parameter.flag()
            case "RET": returnedContent = try Self.returnedContent(parameter)
            case "ENVID": envelopeID = try Self.envelopeID(parameter)
            case "AUTH":
                let isUnknown = parameter.value == [.less, .greater]
                authenticatedSender = isUnknown ? "" : try parameter.xtext(maxBytes: 500)
            case "REQUIRETLS": requireTLS = try parameter.flag()
            default: throw .unsupported("Unsupported parameter \(parameter.name)")
            }
        }
    }

    /// RFC 3461 §4.3: what is neither FULL nor HDRS is a 501.
    private static func returnedContent(_ parameter: Parameter) throws(SMTPSyntaxError) -> ReturnedContent {
        guard let content = ReturnedContent(rawValue: try parameter.required().keyword) else {
            throw .arguments("RET is FULL or HDRS")
        }
        return content
    }

    /// RFC 3461 §4.4: printable ASCII, before and after the encoding.
    private static func envelopeID(_ parameter: Parameter) throws(SMTPSyntaxError) -> String {
        let text = try parameter.xtext(maxBytes: SMTPLimits.maxEnvelopeIDBytes)
        guard !text.isEmpty, text.utf8.allSatisfy(\.isPrintable) else {
            throw .arguments("Bad value of ENVID")
        }
        return text
    }

    private static func size(_ parameter: Parameter) throws(SMTPSyntaxError) -> Int {
        let digits = try parameter.required()
        guard digits.count <= 20, digits.allSatisfy(\.isDigit) else { throw .arguments("Bad value of SIZE") }
        guard let size = digits.decimalNumber else { throw .tooLarge }
        return size
    }
}

/// The parameters of RCPT that this service knows.
package struct RecipientParameters: Hashable, Sendable {
    /// Nil: the client did not say; RFC 3461 then has failure, and delay at the server's choice.
    package var notify: DeliveryNotifications?
    package var originalRecipient: OriginalRecipient?

    package init() {}

    init(_ parameters: [Parameter]) throws(SMTPSyntaxError) {
        for parameter in parameters {
            switch parameter.name {
            case "NOTIFY": notify = try Self.notifications(parameter)
            case "ORCPT": originalRecipient = try Self.originalRecipient(parameter)
            default: throw .unsupported("Unsupported parameter \(parameter.name)")
            }
        }
    }

    private static func notifications(_ parameter: Parameter) throws(SMTPSyntaxError) -> DeliveryNotifications
    {
        let value = try parameter.required()
        if value.keyword == "NEVER" { return [] }
        var wanted: DeliveryNotifications = []
        for word in value.split(separator: .comma, omittingEmptySubsequences: false) {
            let known = DeliveryNotifications(word: word.keyword)
            // RFC 3461 §4.1: each at most once, and NEVER alone.
            guard let known, wanted.insert(known).inserted else { throw .arguments("Bad value of NOTIFY") }
        }
        return wanted
    }

    private static func originalRecipient(_ parameter: Parameter) throws(SMTPSyntaxError) -> OriginalRecipient
    {
        guard let original = OriginalRecipient(encoded: try parameter.required()) else {
            throw .arguments("Bad value of ORCPT")
        }
        return original
    }
}

/// One `name=value` behind a path: RFC 5321 §4.1.2 `esmtp-param`.
struct Parameter {
    let name: String
    let value: ArraySlice<UInt8>?

    /// Splits what follows the path; refuses what is no parameter, and the same one twice.
    static func list(_ bytes: ArraySlice<UInt8>) throws(SMTPSyntaxError) -> [Parameter] {
        guard !bytes.isEmpty else { return [] }
        guard bytes.first == .space else { throw .arguments("Space expected behind the path") }
        var parameters: [Parameter] = []
        for word in bytes.split(separator: .space) {
            let parameter = try Parameter(word)
            guard !parameters.contains(where: { $0.name == parameter.name }) else {
                throw .arguments("Parameter \(parameter.name) given twice")
            }
            parameters.append(parameter)
            guard parameters.count <= 16 else { throw .arguments("Too many parameters") }
        }
        return parameters
    }

    private init(_ word: ArraySlice<UInt8>) throws(SMTPSyntaxError) {
        let end = word.firstIndex(of: .equals) ?? word.endIndex
        let name = word[..<end]
        guard let first = name.first, first.isLetterOrDigit, name.count <= 32,
            name.allSatisfy({ $0.isLetterOrDigit || $0 == .hyphen })
        else { throw .arguments("Malformed parameter") }
        self.name = name.keyword
        guard end < word.endIndex else {
            value = nil
            return
        }
        let content = word[(end + 1)...]
        guard !content.isEmpty, content.allSatisfy({ $0 > .space && $0 != .equals && $0 != 0x7F }) else {
            throw .arguments("Bad value of \(self.name)")
        }
        value = content
    }

    func required() throws(SMTPSyntaxError) -> ArraySlice<UInt8> {
        guard let value else { throw .arguments("Parameter \(name) needs a value") }
        return value
    }

    func flag() throws(SMTPSyntaxError) -> Bool {
        guard value == nil else { throw .arguments("Parameter \(name) takes no value") }
        return true
    }

    func choice<Choice>(_ make: (String) -> Choice?) throws(SMTPSyntaxError) -> Choice {
        let word = try required().keyword
        guard let choice = make(word) else { throw .unsupported("Unsupported value of \(name)") }
        return choice
    }

    func xtext(maxBytes: Int) throws(SMTPSyntaxError) -> String {
        let encoded = try required()
        guard encoded.count <= maxBytes, let text = Xtext.decode(encoded) else {
            throw .arguments("Bad value of \(name)")
        }
        return text
    }
}
