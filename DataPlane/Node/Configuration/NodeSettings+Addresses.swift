/// Where others reach this node.
extension NodeSettings {
    /// The control listener: as it is advertised, else by its address.
    var controlURL: String { advertisedControlURL ?? "http://\(controlAddress)" }
    /// The HTTP doors.
    var httpURL: String { advertisedHTTPURL ?? "http://\(httpAddress)" }
}
