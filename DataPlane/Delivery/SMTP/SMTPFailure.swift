import EventLoop
import SMTPWire

/// The step of the dialogue in which something was said or went wrong.
package enum SMTPStage: String, Hashable, Sendable {
    case route
    case connect
    case greeting
    case hello
    case startTLS
    case mail
    case recipient
    case data
    /// The message itself, before its final dot was sent.
    case content
    /// After the final dot.
    case endOfData
    case reset
}

/// Why a session or a transaction came to nothing.
package struct SMTPFailure: Error, Hashable, Sendable {
    package enum Reason: Hashable, Sendable {
        /// The connection could not be made, broke, ended, or stood still for too long.
        case connection(StreamErrorText)
        /// The other side said no to the session as a whole.
        case refused(SMTPReply)
        /// What it sent is not the protocol.
        case garbled(String)
        /// TLS that has to be there is not, or its handshake failed.
        case tls(String)
    }

    package let stage: SMTPStage
    package let reason: Reason
    /// What a TLS report says of it; nil when the failure is not about TLS.
    var tlsResult: TLSResult?

    init(stage: SMTPStage, reason: Reason, tlsResult: TLSResult? = nil) {
        self.stage = stage
        self.reason = reason
        self.tlsResult = tlsResult
    }

    init(stage: SMTPStage, _ problem: TLSProblem) {
        self.init(stage: stage, reason: .tls(problem.text), tlsResult: problem.result)
    }

    static func lost(_ error: StreamError, _ stage: SMTPStage) -> Self {
        guard let result = TLSResult(error) else {
            return Self(stage: stage, reason: .connection(StreamErrorText(error)))
        }
        return Self(stage: stage, reason: .tls(error.description), tlsResult: result)
    }
}

/// A stream's error in words, and whether it was a matter of time.
package struct StreamErrorText: Hashable, Sendable, CustomStringConvertible {
    package let description: String
    package let isTimeout: Bool

    init(_ error: StreamError) {
        description = error.description
        isTimeout = error == .timedOut
    }
}
