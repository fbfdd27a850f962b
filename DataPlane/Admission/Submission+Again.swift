import NodeProtocol

extension Submission {
    /// A message that was sent before and is sent once more: equal but for its date and its ids.
    package struct Again: Sendable {
        package var original: MessageID
        package var to: [String]
        package var cc: [String]
        package var bcc: [String]
        /// As the log kept it.
        package var message: [UInt8]
        /// Whether this service composed it. A finished one is neither tracked nor given a way to leave.
        package var isComposed: Bool

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
