import Admission
import HTTP
import MailFormat
import Templates

/// `recipient-variables`: by address, an object of values for `%recipient.name%`.
struct RecipientVariables {
    private let objects: [String: [String: TemplateValue]]

    /// - Throws: 400 for what is not such JSON.
    init(json: String) throws(APIError) {
        let given: [String: [String: TemplateValue]]
        do throws(APIError) {
            given = try StrictDecoding.decode(
                [String: [String: TemplateValue]].self, from: Array(json.utf8), unknownFields: .ignore)
        } catch {
            throw FormFields.invalid(
                "recipient-variables", "must be a JSON object with an object for each address")
        }
        objects = Dictionary(given.map { (Self.folded($0.key), $0.value) }) { _, last in last }
    }

    func values(for recipient: Mailbox) -> RecipientValues {
        RecipientValues(recipient, objects[recipient.address.caseFolded] ?? [:])
    }

    /// An address as it is compared.
    private static func folded(_ text: String) -> String {
        (try? MailAddress(text))?.caseFolded ?? text.lowercased()
    }
}

/// What one recipient's placeholders stand for: `%recipient.name%` for each of his values, `%recipient%`,
/// `%recipient_email%` and `%recipient_name%`. Any other stays as it is written.
struct RecipientValues {
    private static let maxFilledBytes = 32 * 1024 * 1024
    private static let maxNameBytes = 256
    private static let opening = Array("%recipient".utf8)

    private let values: [String: String]

    init(_ recipient: Mailbox, _ object: [String: TemplateValue]) {
        var values = [
            "": recipient.description, "_email": recipient.address.description, "_name": recipient.name ?? "",
        ]
        for (name, value) in object { values[".\(name)"] = value.printed ?? Self.json(value) }
        self.values = values
    }

    /// - Throws: `.messageTooLarge` for a result beyond all bounds.
    func fill(_ text: String) throws(Refusal) -> String {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return text }
        let bytes = Array(text.utf8)
        var output: [UInt8] = []
        var rest = bytes[...]
        while let start = rest.firstIndex(of: UInt8(ascii: "%")) {
            output += rest[..<start]
            rest = rest[start...]
            if let (value, end) = placeholder(at: rest) {
                output += value.utf8
                rest = rest[end...]
            } else {
                output.append(UInt8(ascii: "%"))
                rest = rest.dropFirst()
            }
            guard output.count <= Self.maxFilledBytes else {
                throw Refusal(.messageTooLarge, "the message grows too large by its recipient variables")
            }
        }
        output += rest
        return String(decoding: output, as: UTF8.self)
    }

    /// The same in every text of a template's variable.
    func fill(_ value: TemplateValue) throws(Refusal) -> TemplateValue {
        switch value {
        case .text(let text): return .text(try fill(text))
        case .list(let list):
            return .list(try list.map { element throws(Refusal) in try fill(element) })
        case .object(let members):
            return .object(try fill(members))
        case .null, .flag, .integer, .number, .markup: return value
        }
    }

    func fill(_ values: [String: TemplateValue]) throws(Refusal) -> [String: TemplateValue] {
        var filled = values
        for (name, value) in values { filled[name] = try fill(value) }
        return filled
    }

    func fill(_ texts: [String: String]) throws(Refusal) -> [String: String] {
        var filled = texts
        for (name, text) in texts { filled[name] = try fill(text) }
        return filled
    }

    /// What begins here stands for, and where it ends; nil when it is no placeholder.
    private func placeholder(at text: ArraySlice<UInt8>) -> (value: String, end: Int)? {
        guard text.starts(with: Self.opening) else { return nil }
        let name = text.dropFirst(Self.opening.count)
        guard let end = name.prefix(Self.maxNameBytes + 1).firstIndex(of: UInt8(ascii: "%")),
            let value = values[String(decoding: name[..<end], as: UTF8.self)]
        else { return nil }
        return (value, end + 1)
    }

    private static func json(_ value: TemplateValue) -> String {
        (try? JSON.encode(value, sorted: true)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}
