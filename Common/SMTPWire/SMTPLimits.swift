/// The limits of the wire that RFC 5321 §4.5.3 and its extensions give, each with its unit.
package enum SMTPLimits {
    /// A command line without CRLF. RFC 5321 has 512; MAIL and RCPT grow by SIZE, DSN and AUTH parameters.
    package static let maxCommandBytes = 2_048
    /// A line of an AUTH dialogue without CRLF: RFC 4954 §4.
    package static let maxAuthenticationLineBytes = 12_288
    /// RFC 5321 §4.5.3.1.1.
    package static let maxLocalPartBytes = 64
    /// RFC 5321 §4.5.3.1.2.
    package static let maxDomainBytes = 255
    /// With the angle brackets: RFC 5321 §4.5.3.1.3.
    package static let maxPathBytes = 256
    /// A line of text without CRLF: RFC 5321 §4.5.3.1.6.
    package static let maxTextLineBytes = 998
    /// A reply line that we send, with CRLF: RFC 5321 §4.5.3.1.5.
    package static let maxReplyLineBytes = 512
    /// What a remote server may send as one reply line; more generous than what we send.
    package static let maxReceivedReplyLineBytes = 4_096
    package static let maxReceivedReplyLines = 128
    package static let maxReceivedReplyBytes = 65_536
    /// RFC 3461 §4.4, the encoded form.
    package static let maxEnvelopeIDBytes = 100
    /// RFC 3461 §4.2, the encoded form.
    package static let maxOriginalRecipientBytes = 500
    /// RFC 4616 §2, each of the three parts.
    package static let maxCredentialBytes = 255
}
