/// Bounds of what the door for links remembers and counts.
package struct LinkLimits: Sendable, Equatable {
    /// Opens and clicks a minute from one IPv4 address or one IPv6 /64 that become events.
    package var maxVisitsPerMinute = 6_000
    /// Clients that are remembered.
    package var maxClients = 100_000
    /// Visits of the running minute that are remembered, so that the same again is not counted.
    package var maxRememberedVisits = 200_000
    /// Readers whose clicks of the last seconds are remembered.
    package var maxRememberedReaders = 20_000

    package init() {}
}
