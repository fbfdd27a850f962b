import Admission
import HTTP

/// What the fields `o:…` and `v:…` of a form ask for beside the message itself.
struct MailFormOptions {
    static let names: Set<String> = [
        "o:tag", "o:deliverytime", "o:testmode", "o:tracking", "o:tracking-opens", "o:tracking-clicks",
        "o:require-tls", "o:stream",
    ]

    let tags: [String]
    let metadata: [String: String]
    let tracking: Submission.Tracking
    /// The field that turns tracking on.
    let trackingField: String?
    let isTest: Bool
    let requiresTLS: Bool
    let stream: Submission.Stream
    /// Milliseconds since 1970.
    let scheduledAt: Int64?

    init(_ fields: FormFields) throws(APIError) {
        tags = try fields.texts("o:tag").flatMap { text in
            text.split(separator: ",").map(Self.trimmed).filter { !$0.isEmpty }
        }
        var metadata: [String: String] = [:]
        for (name, value) in try fields.all(beginningWith: "v:") {
            guard !name.isEmpty else { throw FormFields.invalid("v:", "has no name behind it") }
            guard metadata.updateValue(value, forKey: name) == nil else {
                throw FormFields.invalid("v:\(name)", "is given more than once")
            }
        }
        self.metadata = metadata
        let both = try fields.flag("o:tracking", alsoYes: "htmlonly")
        let opens = try fields.flag("o:tracking-opens")
        let clicks = try fields.flag("o:tracking-clicks", alsoYes: "htmlonly")
        tracking = Submission.Tracking(opens: opens ?? both ?? false, clicks: clicks ?? both ?? false)
        let wished = opens == true ? "o:tracking-opens" : clicks == true ? "o:tracking-clicks" : "o:tracking"
        trackingField = tracking == .off ? nil : wished
        isTest = try fields.flag("o:testmode") ?? false
        requiresTLS = try fields.flag("o:require-tls") ?? false
        stream = try Submission.Stream(field: try fields.only("o:stream"), named: "o:stream")
        scheduledAt = try fields.only("o:deliverytime").map { text throws(APIError) in
            try DeliveryTime.parse(text, field: "o:deliverytime")
        }
    }

    func apply(to submission: inout Submission) {
        submission.tags = tags
        submission.metadata = metadata
        submission.tracking = tracking
        submission.isTest = isTest
        submission.stream = stream
        submission.scheduledAt = scheduledAt
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}

extension Submission.Stream {
    /// - Throws: 400 naming the field for a word that is none.
    init(field: String?, named name: String = "stream") throws(APIError) {
        guard let field else {
            self = .transactional
            return
        }
        guard let stream = Self(rawValue: field) else {
            throw FormFields.invalid(name, "must be transactional or bulk")
        }
        self = stream
    }
}
