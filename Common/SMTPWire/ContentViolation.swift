/// What makes the text of a message unacceptable, whichever way it came.
package enum ContentViolation: Error, Hashable, Sendable {
    case bareLineFeed, bareCarriageReturn, nul
    /// A line is longer than the limit.
    case lineTooLong
    /// The message is larger than the limit.
    case tooLarge

    /// The reply to the end of the message. RFC 5321 §2.3.8 for the line ends, RFC 1870 §6 for the size.
    package var reply: SMTPReply {
        switch self {
        case .bareLineFeed: SMTPReply(550, .init(5, 6, 0), "Message contains a bare line feed")
        case .bareCarriageReturn: SMTPReply(550, .init(5, 6, 0), "Message contains a bare carriage return")
        case .nul: SMTPReply(550, .init(5, 6, 0), "Message contains NUL")
        case .lineTooLong: SMTPReply(550, .init(5, 6, 0), "Message contains a line that is too long")
        case .tooLarge: SMTPReply(552, .init(5, 3, 4), "Message size exceeds the limit")
        }
    }
}
