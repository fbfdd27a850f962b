/// How a lane's attempts leave the node.
package enum Transport: UInt8, Hashable, Sendable, CaseIterable {
    case smtp
    case webhook
    /// Not at all: the mail waits until its destination's hosts are known.
    case lookup

    /// As the texts of lanes and metrics have it.
    package var name: String {
        switch self {
        case .smtp: "smtp"
        case .webhook: "webhook"
        case .lookup: "lookup"
        }
    }
}

/// Names a lane: everything that leaves by one transport, from one egress source, to one destination.
///
/// For mail the destination is the name of the domain's set of MX hosts, for webhooks the endpoint's id.
package struct LaneKey: Hashable, Sendable, CustomStringConvertible {
    package let transport: Transport
    package let source: String
    package let destination: String

    package init(transport: Transport, source: String, destination: String) {
        self.transport = transport
        self.source = source
        self.destination = destination
    }

    /// The lane of all mail whose hosts are not known yet. Its attempts are questions to the DNS, and end by
    /// `reroute`.
    package static let lookup = LaneKey(transport: .lookup, source: "", destination: "lookup")

    package var description: String {
        var text = ""
        text.reserveCapacity(source.utf8.count + destination.utf8.count + 12)
        text += source
        text += "->"
        text += destination
        text += "@"
        text += transport.name
        return text
    }

    /// Reads what `description` prints; nil for anything else.
    package init?(text: String) {
        guard let arrow = text.firstRange(of: "->"), let at = text.lastIndex(of: "@"),
            arrow.upperBound < at,
            let transport = Transport.allCases.first(where: { $0.name == text[text.index(after: at)...] })
        else { return nil }
        self.init(
            transport: transport, source: String(text[..<arrow.lowerBound]),
            destination: String(text[arrow.upperBound..<at]))
    }
}

/// One of a lane's connections. It is taken by the attempt that opens it and lasts until it is released.
package struct SlotID: Hashable, Sendable {
    let serial: UInt32
}
