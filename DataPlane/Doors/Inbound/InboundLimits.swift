/// What one client may ask of the door for reports.
package struct InboundLimits: Sendable, Equatable {
    /// Transactions a minute from one IPv4 address or one IPv6 /64.
    package var maxMessagesPerMinute = 600
    /// Clients that are remembered.
    package var maxClients = 100_000

    package init() {}
}
