/// What a node says of itself at each start, until the control plane has taken it: `POST`, signed by the
/// node.
package struct NodePresence: Codable, Sendable, Equatable {
    package static let path = "/api/v1/nodes/presence"
    package static let maxAdopted = 1_000

    /// Where its control listener and its HTTP doors are reached; nil where it cannot tell, and what was said
    /// at the joining, or since, still holds.
    package var controlURL: String?
    package var httpURL: String?
    /// The numbers of the nodes whose spools it has taken over: it answers for their messages and keys.
    package var adopted: [UInt16]

    package init(controlURL: String?, httpURL: String?, adopted: [UInt16]) {
        self.controlURL = controlURL
        self.httpURL = httpURL
        self.adopted = adopted
    }

    package struct Answer: Codable, Sendable, Equatable {
        /// Those that the control plane does not believe yet, because no operator has drained or removed
        /// them, it has heard of them just now, or who tells of them was adopted itself.
        package let pending: [UInt16]

        package init(pending: [UInt16]) { self.pending = pending }
    }
}
