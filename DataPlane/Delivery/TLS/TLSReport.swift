/// The sessions of one day as the document of RFC 8460 §4.4.
package struct TLSReport: Encodable, Sendable {
    /// Who reports.
    package struct Author: Sendable {
        let organization: String
        let contact: String
        /// Distinguishes the reports of several nodes.
        let node: String

        package init(organization: String, contact: String, node: String) {
            self.organization = organization
            self.contact = contact
            self.node = node
        }
    }

    private let organization: String
    private let dateRange: DateRange
    private let contact: String
    private let reportID: String
    private let policies: [Policy]

    private enum CodingKeys: String, CodingKey {
        case organization = "organization-name"
        case dateRange = "date-range"
        case contact = "contact-info"
        case reportID = "report-id"
        case policies
    }

    /// - Parameters:
    ///   - day: such as `2026-01-31`, in UTC.
    ///   - domain: of the recipients, in A-labels and lower case, as a report to that domain would have it;
    ///     nil for all in one document.
    /// Nil for a day of which nothing is known.
    package init?(_ book: TLSReportBook, day: String, domain: String? = nil, _ author: Author) {
        guard let tallies = book.tallies(day: day, domain: domain) else { return nil }
        organization = author.organization
        contact = author.contact
        dateRange = DateRange(start: "\(day)T00:00:00Z", end: "\(day)T23:59:59Z")
        reportID = "\(day)_\(domain ?? "all")_\(author.node)"
        policies = tallies.map(Policy.init).sorted {
            ($0.policy.domain, $0.policy.type) < ($1.policy.domain, $1.policy.type)
        }
    }

    private struct DateRange: Encodable {
        let start: String
        let end: String

        enum CodingKeys: String, CodingKey {
            case start = "start-datetime"
            case end = "end-datetime"
        }
    }

    private struct Policy: Encodable {
        struct Words: Encodable {
            let type: String
            let lines: [String]
            let domain: String
            let hosts: [String]

            enum CodingKeys: String, CodingKey {
                case type = "policy-type"
                case lines = "policy-string"
                case domain = "policy-domain"
                case hosts = "mx-host"
            }
        }

        struct Summary: Encodable {
            let successes: Int
            let failures: Int

            enum CodingKeys: String, CodingKey {
                case successes = "total-successful-session-count"
                case failures = "total-failure-session-count"
            }
        }

        let policy: Words
        let summary: Summary
        let details: [Failure]

        enum CodingKeys: String, CodingKey {
            case policy, summary
            case details = "failure-details"
        }

        init(_ tally: TLSReportBook.Tally) {
            let subject = tally.subject
            policy = Words(
                type: subject.kind.rawValue, lines: subject.lines, domain: subject.policyDomain,
                hosts: subject.hosts)
            summary = Summary(successes: tally.successes, failures: tally.failures)
            details = tally.details.map(Failure.init).sorted { $0.count > $1.count }
        }
    }

    private struct Failure: Encodable {
        let result: String
        let sendingIP: String?
        let host: String?
        let receivingIP: String?
        let count: Int
        let reason: String

        enum CodingKeys: String, CodingKey {
            case result = "result-type"
            case sendingIP = "sending-mta-ip"
            case host = "receiving-mx-hostname"
            case receivingIP = "receiving-ip"
            case count = "failed-session-count"
            case reason = "failure-reason-code"
        }

        init(_ detail: TLSReportBook.Detail, _ count: Int) {
            result = detail.result.rawValue
            sendingIP = detail.sendingIP
            host = detail.host
            receivingIP = detail.receivingIP
            self.count = count
            reason = detail.reason
        }
    }
}
