import MailFormat

/// What another host's delivery report (RFC 3464) says of one recipient of a message of ours.
package struct ReportedOutcome: Codable, Sendable, Equatable {
    /// Whom it names, the one that we wrote to first; maybe nobody.
    package var addresses: [String]
    package var action: DeliveryStatusReport.Action
    /// The reply code that the diagnostic quotes.
    package var code: Int?
    /// Such as `5.1.1`.
    package var status: String?
    /// In the words of the host, where they quote a reply; empty otherwise.
    package var text: String
    /// The host that reports.
    package var reporter: String?
    /// The host that gave the answer, where that is another.
    package var remoteHost: String?

    package init(_ recipient: DeliveryStatusReport.Recipient, reporter: String?) {
        addresses = recipient.addresses
        action = recipient.action
        code = recipient.code
        status = recipient.status
        text = recipient.code == nil ? "" : recipient.diagnostic
        self.reporter = reporter
        remoteHost = recipient.remoteHost
    }
}

/// A report that came in at one node about a message that another one accepted: `POST` on that node's control
/// listener, signed by the node that asks. It proves the address again by itself.
package struct PassedReport: Codable, Sendable {
    package static let path = "/control/v1/reports"

    /// The return path that the report came to.
    package var address: String
    package var outcomes: [ReportedOutcome]

    package init(address: String, outcomes: [ReportedOutcome]) {
        self.address = address
        self.outcomes = outcomes
    }

    package struct Answer: Codable, Sendable {
        /// How many of the sender's wishes were met by it.
        package var passedOn: Int

        package init(passedOn: Int) { self.passedOn = passedOn }
    }
}
