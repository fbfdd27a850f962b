import Crypto

/// Everything that the fake Cloudflare knows.
struct CloudflareState: Sendable {
    var zones: [CloudflareZone] = []
    var tokens: [CloudflareToken] = []
    /// What others do just before the next change of a zone.
    var edits: [ZoneEdit] = []

    static func newID() -> String { Hex.encode(SecureRandom.bytes(16)) }

    /// Whose token it is, if it may do this.
    func caller(_ token: String, _ permission: String?) throws(CloudflareError) -> CloudflareToken {
        guard let known = tokens.first(where: { $0.token == token }) else { throw .invalidToken }
        guard permission.map(known.allows) ?? true else { throw .noPermission }
        return known
    }

    func zones(of caller: CloudflareToken) -> [CloudflareZone] {
        zones.filter { zone in caller.zones.map { $0.contains(zone.id) } ?? true }
    }

    /// The place of a zone that the caller may see. What exists and what does not look the same to others.
    func place(_ id: String, of caller: CloudflareToken) throws(CloudflareError) -> Int {
        guard id.utf8.count == 32, Hex.decode(id) != nil else { throw .invalidID }
        guard caller.zones.map({ $0.contains(id) }) ?? true,
            let place = zones.firstIndex(where: { $0.id == id })
        else { throw .otherZone }
        return place
    }
}
