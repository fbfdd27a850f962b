import EventLoop
import SMTPWire

/// One message for those of its recipients that go to the same hosts, as the queue hands it out.
package struct DeliveryAttempt: Sendable {
    package struct Recipient: Sendable {
        /// `local@domain` without angle brackets.
        package let address: String
        /// What the sender asked for; passed on to hosts that know DSN (RFC 3461 §5.2.1).
        package let parameters: RecipientParameters

        package init(_ address: String, parameters: RecipientParameters = RecipientParameters()) {
            self.address = address
            self.parameters = parameters
        }
    }

    /// Nil: the null path of a report.
    package var sender: String?
    package var recipients: [Recipient]
    /// The domain whose route is taken: what stands behind the `@`.
    package var domain: String
    /// The name of the lane; sessions are reused inside it.
    package var lane: String
    /// Header and body with CRLF line ends, without what `sign` puts before them.
    package var content: [UInt8]
    /// Makes the header lines to put in front of what it is given, CRLF included: the DKIM signatures. It is
    /// given the content as it will leave, which for a host that takes ASCII only is another than `content`.
    /// An error defers the attempt.
    package var sign: (@Sendable ([UInt8]) async throws -> [UInt8])?
    package var policy: TLSPolicy
    package var envelope: EnvelopeOptions
    /// The addresses to send from.
    package var localAddress: LocalAddresses
    /// The name in EHLO, which goes with that address; nil: the settings'.
    package var clientName: String?
    package var maxMessagesPerConnection: Int
    /// Called once a host has accepted recipients and before the message leaves: the place to record that the
    /// attempt has begun. An attempt that takes several transactions calls it for each. An error stops the
    /// attempt.
    package var beforeContent: (@Sendable () async throws -> Void)?

    /// RFC 8689: the message leaves under verified TLS, to a host that promises the same, or not at all.
    package var requiresTLS: Bool { envelope.requiresTLS }

    package init(
        sender: String?, recipients: [Recipient], domain: String, lane: String, content: [UInt8],
        sign: (@Sendable ([UInt8]) async throws -> [UInt8])? = nil, policy: TLSPolicy = .opportunistic,
        envelope: EnvelopeOptions = EnvelopeOptions(), localAddress: LocalAddresses = .any,
        clientName: String? = nil, maxMessagesPerConnection: Int = 100,
        beforeContent: (@Sendable () async throws -> Void)? = nil
    ) {
        self.sender = sender
        self.recipients = recipients
        self.domain = domain
        self.lane = lane
        self.content = content
        self.sign = sign
        self.policy = policy
        self.envelope = envelope
        self.localAddress = localAddress
        self.clientName = clientName
        self.maxMessagesPerConnection = maxMessagesPerConnection
        self.beforeContent = beforeContent
    }
}
