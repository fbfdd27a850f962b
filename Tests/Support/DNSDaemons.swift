import Glibc

/// A real authoritative name server (knot) on loopback with the zones of a test.
package final class KnotDaemon: Sendable {
    /// At 127.0.0.1, UDP and TCP.
    package let port: UInt16
    private let folder: TemporaryDirectory
    private let process: ChildProcess

    /// Starts it and waits until all zones are served; nil, with a line that says so, when knot is not
    /// installed.
    /// - Parameters:
    ///   - zones: the text of each zone by its name; one without text is configured and has no file.
    ///   - signed: zones that it signs with a key of its own.
    package init?(zones: [String: String?], signed: Set<String> = []) async throws {
        guard DNSDaemons.isInstalled("/usr/sbin/knotd") else { return nil }
        folder = try TemporaryDirectory(prefix: "dispatch-knot")
        port = try DNSDaemons.freePort()
        for case (let name, let text?) in zones { try folder.write(text, to: "\(name).zone") }
        let configuration = Self.configuration(folder.path, port, zones.keys.sorted(), signed)
        process = try ChildProcess([
            "/usr/sbin/knotd", "-c", try folder.write(configuration, to: "knot.conf"),
        ])
        for case (let name, _?) in zones {
            try await process.waitForLine(containing: "[\(name).] loaded", in: .standardOutput)
        }
        for name in signed {
            try await process.waitForLine(containing: "[\(name).] DNSSEC, successfully", in: .standardOutput)
        }
        try await process.waitForLine(containing: "server started", in: .standardOutput)
    }

    /// The DS record of a signed zone: what a validating resolver takes as its trust anchor.
    package func trustAnchor(of zone: String) async throws -> String {
        let output = try await ChildProcess.run(
            ["/usr/sbin/keymgr", "-c", folder.file("knot.conf"), "\(zone).", "ds"])
        guard let line = output.split(separator: "\n").first(where: { $0.contains(" 13 2 ") }) else {
            throw TestSupportError("knot has no key for \(zone): \(output)")
        }
        return String(line)
    }

    private static func configuration(
        _ folder: String, _ port: UInt16, _ zones: [String], _ signed: Set<String>
    ) -> String {
        var text = """
            server:
                rundir: \(folder)
                listen: 127.0.0.1@\(port)
                udp-workers: 1
                tcp-workers: 1
                background-workers: 1
            database:
                storage: \(folder)
            log:
              - target: stdout
                any: info
            zone:

            """
        for zone in zones {
            text += "  - domain: \(zone)\n    file: \(folder)/\(zone).zone\n"
            if signed.contains(zone) { text += "    dnssec-signing: on\n    zonefile-sync: -1\n" }
        }
        return text
    }
}

/// A real validating resolver (unbound) on loopback.
package final class UnboundDaemon: Sendable {
    /// At 127.0.0.1, UDP and TCP.
    package let port: UInt16
    private let folder: TemporaryDirectory
    private let process: ChildProcess

    /// Starts it; nil, with a line that says so, when unbound is not installed. All zones lie below `test`.
    /// - Parameters:
    ///   - stubs: the port at 127.0.0.1 at which each zone is asked for.
    ///   - insecure: zones that need no signatures; all others under `test` do.
    ///   - trustAnchors: DS records.
    package init?(stubs: [String: UInt16], insecure: [String], trustAnchors: [String]) async throws {
        guard DNSDaemons.isInstalled("/usr/sbin/unbound") else { return nil }
        folder = try TemporaryDirectory(prefix: "dispatch-unbound")
        port = try DNSDaemons.freePort()
        var text = """
            server:
              interface: 127.0.0.1@\(port)
              username: ""
              chroot: ""
              directory: "\(folder.path)"
              pidfile: "\(folder.path)/pid"
              use-syslog: no
              do-daemonize: no
              do-not-query-localhost: no
              num-threads: 1
              verbosity: 1
              module-config: "validator iterator"
              local-zone: "test." nodefault

            """
        for zone in insecure { text += "  domain-insecure: \"\(zone)\"\n" }
        for anchor in trustAnchors { text += "  trust-anchor: \"\(anchor)\"\n" }
        for (zone, port) in stubs {
            text += "stub-zone:\n  name: \(zone)\n  stub-addr: 127.0.0.1@\(port)\n"
        }
        process = try ChildProcess(["/usr/sbin/unbound", "-c", try folder.write(text, to: "unbound.conf")])
        try await process.waitForLine(containing: "start of service")
    }
}

package enum DNSDaemons {
    /// Whether a program is there; a line that says what is skipped when it is not.
    package static func isInstalled(_ program: String) -> Bool {
        if Files.exists(program) { return true }
        print("skipped: \(program) is not installed")
        return false
    }

    /// A port for a program that takes UDP and TCP and cannot be asked which port it got. It lies below those
    /// that the kernel gives to the many short-lived sockets of tests, so none of them takes it in the
    /// meantime.
    package static func freePort() throws -> UInt16 {
        for _ in 0..<1_000 {
            let port = UInt16.random(in: 20_000..<32_000)
            if isFree(port) { return port }
        }
        throw TestSupportError("no free port")
    }

    /// Whether nobody listens at 127.0.0.1, UDP and TCP.
    package static func isFree(_ port: UInt16) -> Bool {
        isFree(port, SOCK_STREAM) && isFree(port, SOCK_DGRAM)
    }

    private static func isFree(_ port: UInt16, _ type: __socket_type) -> Bool {
        let descriptor = socket(AF_INET, Int32(type.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        address.sin_port = port.bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
