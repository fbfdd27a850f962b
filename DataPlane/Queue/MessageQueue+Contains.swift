import NodeProtocol

extension MessageQueue {
    /// Whether anything of the message is here, waiting or in flight.
    package func contains(_ id: MessageID) -> Bool { entriesByMessage.row(of: id, in: entries) != noRow }
}
