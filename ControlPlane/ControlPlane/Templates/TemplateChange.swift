import FoundationEssentials
import HTTP
import Postgres
import Templates

/// What a caller says of a template, at its creation or of what shall change.
struct TemplateChange: Decodable, Sendable {
    /// All parts together, in UTF-8.
    static let maxBytes = 512 * 1024
    static let maxSampleBytes = 16 * 1024
    /// What a template may be for; the first unless the caller says so.
    static let kinds = ["transactional", "marketing", "system"]

    let name: String?
    let slug: String?
    let subject: String?
    let htmlBody: String?
    let textBody: String?
    let variables: [String: TemplateValue]?
    /// Given by the Messages API alone.
    var description: String?
    var kind: String?

    enum CodingKeys: String, CodingKey {
        case name, slug, subject, variables
        case htmlBody = "html_body"
        case textBody = "text_body"
    }

    static let schema = Schema.object([
        "name": .string, "slug": .string, "subject": .string, "html_body": .string, "text_body": .string,
        "variables": .map(of: .any),
    ])

    /// A template that every check has passed.
    struct Checked: Sendable {
        let name: String
        let slug: String
        let subject: String
        let htmlBody: String?
        let textBody: String?
        let samples: Postgres.JSON
        let description: String
        let kind: String
    }

    /// The whole after this change.
    ///
    /// - Parameter old: the template before it; nil at its creation.
    /// - Throws: 400 with the field.
    func checked(over old: StoredTemplate?) throws -> Checked {
        guard let name = (name ?? old?.name)?.trimmingWhitespace else { throw Self.missing("name") }
        guard (1...200).contains(name.unicodeScalars.count) else {
            throw APIError.invalid("name", "must have 1 to 200 characters")
        }
        guard let subject = subject ?? old?.subject else { throw Self.missing("subject") }
        // An empty part takes an old one away.
        let html = (htmlBody ?? old?.htmlBody).flatMap { $0.isEmpty ? nil : $0 }
        let text = (textBody ?? old?.textBody).flatMap { $0.isEmpty ? nil : $0 }
        guard html != nil || text != nil else {
            throw APIError(
                400, "missing_field", "One of `html_body` and `text_body` is required.", field: "html_body")
        }
        try Self.check(subject, html, text)
        return Checked(
            name: name, slug: try checkedSlug(of: name, old), subject: subject, htmlBody: html,
            textBody: text,
            samples: try checkedSamples(old), description: try checkedDescription(old),
            kind: try checkedKind(old))
    }

    private static func check(_ subject: String, _ html: String?, _ text: String?) throws(APIError) {
        for (part, source) in [("subject", subject), ("html_body", html), ("text_body", text)] {
            if source?.utf8.contains(0) ?? false { throw .invalid(part, "must not have the character NUL") }
        }
        guard subject.utf8.count <= 4096, !subject.utf8.contains(where: { $0 == 0x0A || $0 == 0x0D }) else {
            throw .invalid("subject", "must be one line of at most 4096 bytes")
        }
        let bytes = subject.utf8.count + (html?.utf8.count ?? 0) + (text?.utf8.count ?? 0)
        guard bytes <= maxBytes else {
            throw .invalid("html_body", "and the other parts must have at most \(maxBytes) bytes together")
        }
        do { _ = try MessageTemplate(subject: subject, html: html, text: text) } catch {
            throw APIError(error)
        }
    }

    private func checkedSlug(of name: String, _ old: StoredTemplate?) throws(APIError) -> String {
        if slug == nil, let old { return old.slug }
        let slug = slug ?? Self.slug(of: name)
        guard Self.isSlug(slug) else {
            throw .invalid(
                "slug",
                "must have 1 to 100 lower-case letters, digits, - and _, beginning with a letter or a digit")
        }
        // Otherwise nobody could tell which of the two a caller means.
        guard UUID(uuidString: slug) == nil else { throw .invalid("slug", "must not look like a UUID") }
        return slug
    }

    private func checkedSamples(_ old: StoredTemplate?) throws -> Postgres.JSON {
        let samples = try Postgres.JSON(variables ?? old?.samples ?? [:])
        guard samples.bytes.count <= Self.maxSampleBytes else {
            throw APIError.invalid("variables", "must have at most \(Self.maxSampleBytes) bytes")
        }
        return samples
    }

    private func checkedDescription(_ old: StoredTemplate?) throws(APIError) -> String {
        let description = description ?? old?.description ?? ""
        guard description.unicodeScalars.count <= 500, !description.utf8.contains(0) else {
            throw .invalid("description", "must have at most 500 characters, and no NUL")
        }
        return description
    }

    private func checkedKind(_ old: StoredTemplate?) throws(APIError) -> String {
        let kind = kind ?? old?.kind ?? Self.kinds[0]
        guard Self.kinds.contains(kind) else {
            throw .invalid("type", "must be one of \(Self.kinds.joined(separator: ", "))")
        }
        return kind
    }

    private static func missing(_ field: String) -> APIError {
        APIError(400, "missing_field", "`\(field)` is required.", field: field)
    }

    private static func isSlug(_ text: String) -> Bool {
        let bytes = text.utf8
        func isWord(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) }
        guard let first = bytes.first, isWord(first), bytes.count <= 100 else { return false }
        return bytes.allSatisfy { isWord($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
    }

    /// The letters and digits of the name with hyphens between them.
    private static func slug(of name: String) -> String {
        name.lowercased().split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }.joined(separator: "-")
    }
}
