/// How a lane's attempts leave the node.
package enum Transport: UInt8, Hashable, Sendable, CaseIterable {
    case smtp
    case webhook
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

    package var description: String { "\(source)->\(destination)@\(transport)" }
}

/// One of a lane's connections. It is taken by the attempt that opens it and lasts until it is released.
package struct SlotID: Hashable, Sendable {
    let serial: UInt32
}
