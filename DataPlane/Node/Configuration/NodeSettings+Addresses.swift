/// Where others reach this node.
extension NodeSettings {
    /// The control listener: as it is advertised, else by its address.
    var controlURL: String { advertisedControlURL ?? "http://\(controlAddress)" }
    /// The HTTP doors.
    var httpURL: String { advertisedHTTPURL ?? "http://\(httpAddress)" }

    /// The same where it says anything: an address for all networks, or with any free port, tells nobody
    /// where to go.
    var knownControlURL: String? { advertisedControlURL ?? Self.url(controlAddress) }
    var knownHTTPURL: String? { advertisedHTTPURL ?? Self.url(httpAddress) }

    private static func url(_ address: String) -> String? {
        guard let colon = address.lastIndex(of: ":") else { return nil }
        let isAny = ["0.0.0.0", "[::]", "::", ""].contains(address[..<colon])
        return isAny || address[colon...] == ":0" ? nil : "http://\(address)"
    }
}
