import EventLoop
import TestSupport

/// A real authoritative server (knot) on loopback that serves whatever the fake services have accepted.
///
/// Each publication writes the zone's file anew and has it loaded before it returns, one at a time. Beside
/// the zones it serves `dns-fakes.test`, where every name server's name has the address 127.0.0.1.
package final class ServedZones: Sendable {
    /// At 127.0.0.1, UDP and TCP.
    package let port: UInt16
    /// Below it stand the names of all name servers.
    package static let serverZone = "dns-fakes.test"

    private struct State {
        var zones: Set<RecordName> = []
        var serial = 1
        var last: Task<Void, any Error>?
    }

    private let folder: TemporaryDirectory
    private let process: ChildProcess
    private let state = Locked(State())

    /// - Parameter port: 0 for any that is free.
    /// - Throws: when knot is not installed or does not start.
    package init(port: UInt16 = 0) async throws {
        folder = try TemporaryDirectory(prefix: "dispatch-dns-fakes")
        self.port = port == 0 ? try DNSDaemons.freePort() : port
        try folder.write(Self.serverZoneText, to: "\(Self.serverZone).zone")
        try folder.write(Self.configuration(folder.path, self.port, []), to: "knot.conf")
        process = try ChildProcess(["knotd", "-c", folder.file("knot.conf")])
        try await process.waitForLine(containing: "server started", in: .standardOutput)
        try await process.waitForLine(containing: "[\(Self.serverZone).] loaded", in: .standardOutput)
    }

    /// Replaces what is served of a zone.
    /// - Parameter nameServers: without dots at the end.
    package func publish(
        _ zone: RecordName, nameServers: [String], negativeSeconds: Int, records: [ServedRecord]
    ) async throws {
        let task = state.withLock { state in
            let isNew = state.zones.insert(zone).inserted
            let zones = state.zones
            state.serial += 1
            let text = ZoneText.text(
                of: zone, serial: state.serial, nameServers: nameServers, negativeSeconds: negativeSeconds,
                records: records)
            let before = state.last
            let task = Task { [self] in
                _ = await before?.result
                try await load(zone, text, configuring: isNew ? zones : nil)
            }
            state.last = task
            return task
        }
        try await task.value
    }

    /// Serves a zone no longer.
    package func withdraw(_ zone: RecordName) async throws {
        let task = state.withLock { state in
            state.zones.remove(zone)
            let (zones, before) = (state.zones, state.last)
            let task = Task { [self] in
                _ = await before?.result
                try await configure(zones)
            }
            state.last = task
            return task
        }
        try await task.value
    }

    private func load(_ zone: RecordName, _ text: String, configuring zones: Set<RecordName>?) async throws {
        try folder.write(text, to: "\(zone).zone")
        if let zones { try await configure(zones) }
        try await control("-b", "zone-reload", zone.absolute)
    }

    private func configure(_ zones: Set<RecordName>) async throws {
        let names = zones.map(\.description).sorted()
        try folder.write(Self.configuration(folder.path, port, names), to: "knot.conf")
        try await control("reload")
    }

    private func control(_ arguments: String...) async throws {
        try await ChildProcess.run(["knotc", "-c", folder.file("knot.conf")] + arguments)
    }

    private static var serverZoneText: String {
        """
        $ORIGIN \(serverZone).
        $TTL 300
        @ SOA ns hostmaster 1 3600 600 86400 60
        @ NS ns
        ns A 127.0.0.1
        * A 127.0.0.1

        """
    }

    private static func configuration(_ folder: String, _ port: UInt16, _ zones: [String]) -> String {
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
        for zone in [serverZone] + zones {
            text += "  - domain: \(zone)\n    file: \(folder)/\(zone).zone\n    zonefile-sync: -1\n"
            text += "    zonefile-load: whole\n    journal-content: none\n"
        }
        return text
    }
}
