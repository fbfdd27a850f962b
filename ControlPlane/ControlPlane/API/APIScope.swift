/// What keys can be given the right to do.
package enum APIScope {
    private static let subjects = [
        "templates", "domains", "suppressions", "webhooks", "app", "recipient", "event_type", "endpoint",
        "message",
    ]

    /// Every scope; `*` stands for all of them.
    package static let all: Set<String> =
        Set(subjects.flatMap { ["\($0):read", "\($0):write"] }).union([
            "*", "emails:send", "emails:read", "ingest:read",
        ])

    /// What a viewer may do.
    package static let readOnly: Set<String> = all.filter { $0.hasSuffix(":read") }

    /// What a credential may do, at either plane.
    package static let ofCredentials: Set<String> = ["emails:send", "emails:read"]
}
