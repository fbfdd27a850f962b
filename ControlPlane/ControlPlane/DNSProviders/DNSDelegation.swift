import DNSProviders
import HTTP

/// Whether the world is led to a zone: records in one that nobody asks are of no use, and say that all is
/// well.
struct DNSDelegation: Sendable {
    let name: String
    let zone: DNSZone
    let provider: any DNSProvider
    let context: ControlContext

    /// - Returns: a warning, when it cannot be told for certain.
    /// - Throws: 400 for a zone that does not hold the name, 409 for one that is not asked, 503 when nobody
    ///   can say.
    func check() async throws(APIError) -> String? {
        guard zone.holds(name) else {
            throw APIError(
                400, "zone_mismatch", "\(name) does not lie in the zone \(zone.name).", field: "zone_id")
        }
        if let reason = zone.inactiveReason {
            throw refusal("The provider does not serve \(zone.name): \(reason).")
        }
        switch await context.delegation(name) {
        case .unreachable(let reason):
            throw APIError(
                503, "dns_unreachable", "Where \(name) is delegated to could not be looked up: \(reason).",
                retryAfterSeconds: 10)
        case .missing: throw refusal("No name server answers for \(name).")
        case .found(let live, let servers):
            guard RecordKey.normal(live) == zone.name else {
                throw refusal("\(name) is served from the zone \(live), not from \(zone.name).")
            }
            return try await compare(servers.map(RecordKey.normal).sorted())
        }
    }

    private func compare(_ live: [String]) async throws(APIError) -> String? {
        if live == zone.nameServers { return nil }
        let told =
            "\(zone.name) is delegated to \(live.joined(separator: ", ")); the provider serves it from "
            + "\(zone.nameServers.joined(separator: ", "))"
        if !Set(live).isDisjoint(with: zone.nameServers) {
            return "\(told): what is changed here is seen by a part of the world alone"
        }
        // A customer may have names of his own for the provider's servers; then the zone says so itself.
        guard try await namesInZone() == live else { throw refusal("\(told).") }
        return "\(told), and the zone itself names the former: this is taken for the same servers"
    }

    private func namesInZone() async throws(APIError) -> [String] {
        do throws(DNSProviderError) {
            let sets = try await provider.recordSets(at: [zone.name], in: zone)
            let names = sets.first { $0.key == RecordKey(zone.name, "NS") }?.contents.map(\.printed) ?? []
            return names.map(RecordKey.normal).sorted()
        } catch { throw error.answer }
    }

    private func refusal(_ text: String) -> APIError {
        APIError(409, "zone_not_delegated", text, field: "zone_id")
    }
}
