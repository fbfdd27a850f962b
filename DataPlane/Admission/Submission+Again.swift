import MailFormat
import NodeProtocol

extension Submission {
    /// A message that was sent before and is sent once more: the same mail, with a date, ids and links of its
    /// own.
    package struct Again: Sendable {
        /// How it was sent the first time, beside what stands in it.
        package struct First: Sendable {
            /// Empty for the null sender.
            package var envelopeSender: String
            /// In the message.
            package var links: LinkPlaces
            package var request: EnvelopeRequest
            /// Whom `request.recipients` are about, in their order.
            package var requested: [String]

            package init(
                envelopeSender: String, links: LinkPlaces = .none,
                request: EnvelopeRequest = EnvelopeRequest(), requested: [String] = []
            ) {
                self.envelopeSender = envelopeSender
                self.links = links
                self.request = request
                self.requested = requested
            }
        }

        package var original: MessageID
        package var to: [String]
        package var cc: [String]
        package var bcc: [String]
        /// As the log kept it.
        package var message: [UInt8]
        /// Whether this service composed it.
        package var isComposed: Bool
        /// Nil when the log does not know: then it goes to the same recipients without wishes, untracked.
        package var first: First?

        package init(
            of original: MessageID, to: [String], cc: [String], bcc: [String], message: [UInt8],
            isComposed: Bool
        ) {
            self.original = original
            self.to = to
            self.cc = cc
            self.bcc = bcc
            self.message = message
            self.isComposed = isComposed
        }
    }
}
