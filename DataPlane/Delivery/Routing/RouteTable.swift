import EventLoop

/// Where mail goes without asking the DNS: all of it, or that of some domains, to a fixed host. For a smart
/// host, for development, for tests. An operator has written these down, so they may be private addresses.
package struct RouteTable: Sendable, Hashable {
    package struct Route: Sendable, Hashable, CustomStringConvertible {
        /// A name or an address without brackets.
        package let host: String
        package let port: UInt16

        package init(host: String, port: UInt16) {
            self.host = host
            self.port = port
        }

        package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
    }

    /// For every domain that has no route of its own; nil: by its MX records.
    package var everything: Route?
    /// By domain in lower case; `.example.com` is for all names below it.
    package var domains: [String: Route]

    package init(everything: Route? = nil, domains: [String: Route] = [:]) {
        self.everything = everything
        self.domains = domains
    }

    /// Reads a setting such as `*=127.0.0.1:1025, example.com=[::1]:2525, .test=mail.test:25`.
    /// Nil when an entry is not `domain=host:port`.
    package init?(setting: String) {
        self.init()
        for entry in setting.split(whereSeparator: { $0 == "," || $0 == " " }) {
            let parts = entry.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, let colon = parts[1].lastIndex(of: ":"),
                let port = UInt16(parts[1][parts[1].index(after: colon)...]), port > 0
            else { return nil }
            var host = parts[1][..<colon]
            if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
            guard !host.isEmpty else { return nil }
            let route = Route(host: String(host), port: port)
            if parts[0] == "*" { everything = route } else { domains[parts[0].lowercased()] = route }
        }
    }

    package func route(for domain: String) -> Route? {
        if domains.isEmpty { return everything }
        let name = domain.lowercased()
        if let exact = domains[name] { return exact }
        var rest = name[...]
        while let dot = rest.firstIndex(of: ".") {
            if let above = domains[String(rest[dot...])] { return above }
            rest = rest[rest.index(after: dot)...]
        }
        return everything
    }
}
