import FoundationEssentials
import MailFormat
import NodeProtocol
import Templates

/// What the `X-Dispatch-` fields of a finished message ask for. None of them is sent on.
struct Instructions {
    private static let prefix = "x-dispatch-"
    /// What may be said once, and what may be said several times.
    private static let single = ["stream", "template", "track", "idempotency-key"]
    private static let repeated = ["tag", "metadata", "variables"]
    /// Was added by this service when the message came through it before.
    private static let trace = "id"

    private(set) var tags: [String] = []
    private(set) var metadata: [String: String] = [:]
    /// The word, not yet looked at.
    private(set) var stream: String?
    private(set) var template: Submission.TemplateUse?
    private(set) var variables: [String: TemplateValue] = [:]
    private(set) var tracking: Submission.Tracking?

    static func isOne(_ field: HeaderField) -> Bool {
        field.name.utf8.count >= prefix.utf8.count && field.name.utf8.first.map { $0 | 0x20 } == 0x78
            && field.name.lowercased().hasPrefix(prefix)
    }

    /// - Throws: `.headerNotAllowed` for one that does not exist, `.invalid` for what makes no sense; both
    ///   name the field.
    init(_ headers: MessageHeaders) throws(Refusal) {
        var seen: Set<String> = []
        for field in headers.fields where Self.isOne(field) {
            let name = String(field.name.lowercased().dropFirst(Self.prefix.utf8.count))
            guard name != Self.trace else { continue }
            guard Self.single.contains(name) || Self.repeated.contains(name) else {
                throw Refusal(
                    .headerNotAllowed, "there is no instruction of this name", field: field.name)
            }
            guard seen.insert(name).inserted || Self.repeated.contains(name) else {
                throw Refusal(.invalid, "given more than once", field: field.name)
            }
            try read(name, EncodedWord.decode(headers.value(of: field)), field.name)
        }
        guard variables.isEmpty || template != nil else {
            throw Refusal(
                .invalid, "variables are for a template, and none is used", field: "X-Dispatch-Variables")
        }
        guard tracking == nil || tracking == .off || template != nil else {
            throw Refusal(
                .invalid, "needs X-Dispatch-Template: a finished message is delivered as it came",
                field: "X-Dispatch-Track")
        }
    }

    private mutating func read(_ name: String, _ value: String, _ field: String) throws(Refusal) {
        switch name {
        case "tag":
            tags.append(value)
            if let problem = MessageRules.problem(tags: tags) {
                throw Refusal(.invalid, problem, field: field)
            }
        case "stream": stream = value
        case "template": template = Submission.TemplateUse(name: value, field: field)
        case "track": tracking = try Self.tracking(value, field)
        case "metadata":
            guard let more = try? JSONDecoder().decode([String: String].self, from: Data(value.utf8)) else {
                throw Refusal(.invalid, "X-Dispatch-Metadata is a JSON object of texts", field: field)
            }
            metadata.merge(more) { $1 }
        case "variables":
            guard
                let more = try? JSONDecoder().decode([String: TemplateValue].self, from: Data(value.utf8))
            else { throw Refusal(.invalid, "X-Dispatch-Variables is a JSON object", field: field) }
            variables.merge(more) { $1 }
        default: break
        }
    }

    /// `opens`, `clicks`, both with a comma between them, or `off`.
    private static func tracking(_ value: String, _ field: String) throws(Refusal) -> Submission.Tracking {
        let words = value.lowercased().split(separator: ",", omittingEmptySubsequences: false).map {
            $0.filter { $0 != " " && $0 != "\t" }
        }
        if words == ["off"] { return .off }
        guard words.allSatisfy({ ["opens", "clicks"].contains($0) }) else {
            throw Refusal(.invalid, "X-Dispatch-Track is off, opens, clicks or opens,clicks", field: field)
        }
        return Submission.Tracking(opens: words.contains("opens"), clicks: words.contains("clicks"))
    }
}
