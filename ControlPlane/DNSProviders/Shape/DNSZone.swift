/// A zone as a provider has it.
package struct DNSZone: Sendable, Hashable, Codable {
    /// As the provider names it in its calls.
    package let id: String
    /// Lower case, without the final dot.
    package let name: String
    /// The servers that the provider serves it from, lower case, without final dots; empty where a list does
    /// not tell.
    package let nameServers: [String]
    /// Why the provider does not serve it now (not delegated yet, paused); nil when it does.
    package let inactiveReason: String?

    package init(id: String, name: String, nameServers: [String] = [], inactiveReason: String? = nil) {
        self.id = id
        self.name = RecordKey.normal(name)
        self.nameServers = nameServers.map(RecordKey.normal).sorted()
        self.inactiveReason = inactiveReason
    }

    /// Whether a name is the zone's or lies below it, by whole labels.
    package func holds(_ name: String) -> Bool {
        let name = RecordKey.normal(name)
        return name == self.name || name.hasSuffix("." + self.name)
    }
}
