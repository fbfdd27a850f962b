/// Chooses what waits in a node's queue. What is nil is not asked for; everything that is set must fit.
///
/// An empty selector chooses nothing: commands refuse it unless `everything` is true.
package struct QueueSelector: Codable, Sendable, Equatable {
    /// Message ids in any of their spellings, at most 1,000.
    package var messages: [String]?
    package var tenant: TenantID?
    /// A pattern of destinations, as `DestinationPattern` reads it, such as `*.google.com`.
    package var destination: String?
    /// A lane by its name, such as `default->mx.example.com@smtp`.
    package var lane: String?
    package var everything: Bool?

    package init(
        messages: [String]? = nil, tenant: TenantID? = nil, destination: String? = nil, lane: String? = nil,
        everything: Bool? = nil
    ) {
        self.messages = messages
        self.tenant = tenant
        self.destination = destination
        self.lane = lane
        self.everything = everything
    }
}
