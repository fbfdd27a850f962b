import Glibc
import TestSupport
import Testing

/// A disk that is nearly full, a directory in use, a spool of a later program, and damage.
@Suite(.serialized) struct DiskTroubleTests {
    /// A small file system for a node's spool, unmounted when the last reference goes.
    private final class SmallDisk: Sendable {
        let path: String

        /// Nil where mounting is not allowed.
        init?(at path: String, options: String) async throws {
            self.path = path
            try Files.makeFolder(path)
            let mount = try ChildProcess(["mount", "-t", "tmpfs", "-o", options, "tmpfs", path])
            guard try await mount.wait() == .code(0) else {
                print("skipped: mount is refused here: \(mount.text(of: .standardError))")
                return nil
            }
        }

        deinit { umount2(path, Int32(MNT_DETACH)) }
    }

    private static let marks = [
        "DISPATCH_MIN_FREE_PERCENT": "10", "DISPATCH_MIN_FREE_INODES_PERCENT": "10",
        "DISPATCH_SPOOL_SEGMENT": "1MiB",
    ]

    /// The answers of both doors to a new message: an HTTP status and an SMTP code.
    private static func answers(_ node: LoneNode, _ tls: TestCertificate) async throws -> (Int, Int) {
        let http = try await node.caller().post("/api/v1/messages", node.message("new"))
        let address = try node.process.address(of: "smtp")
        let smtp = try await TestLoops.run {
            let client = try await SMTPClient.greeted(by: address)
            try await client.startTLS(tls.clientContext(), serverName: "node.test")
            _ = try await client.authenticate(
                username: node.fixture.username, password: node.fixture.password)
            let from = "app@\(node.fixture.domain)"
            let message = "From: \(from)\r\nTo: a@example.net\r\nSubject: new\r\n\r\nHello.\r\n"
            let reply = try await client.send(message, from: from, to: ["a@example.net"])
            client.close()
            return reply?.code ?? 0
        }
        return (http.status, smtp)
    }

    private static func expectWatermark(
        options: String, fill: (String) throws -> Void, clear: (String) -> Void
    ) async throws {
        let sink = try MailSink()
        let folder = try TemporaryDirectory()
        let tls = try TestCertificate(in: folder)
        let settings = marks.merging(tls.settings) { $1 }.merging(["DISPATCH_ROUTES": sink.route]) { $1 }
        let node = try await LoneNode(settings)
        guard let disk = try await SmallDisk(at: "\(node.path)/spool", options: options) else { return }
        let process = try await node.start()
        sink.holds = true
        try await node.caller().must("POST", "/api/v1/messages", node.message("before"))

        try fill(disk.path)
        let refused = try await answers(node, tls)
        #expect(refused == (507, 452))
        let low = try await process.health()
        #expect(low["disk_low"].bool == true && low["status"].text == "not_accepting")
        #expect(try await process.metric("dispatch_spool_disk_low") == 1)
        // What was accepted goes out all the same.
        sink.holds = false
        _ = try await sink.wait(forSubject: "before")
        try await process.waitUntilIdle()

        clear(disk.path)
        let high = try await process.health()
        #expect(high["disk_low"].bool == false && high["status"].text == "ok")
        let taken = try await answers(node, tls)
        #expect(taken == (202, 250))
        _ = try await process.stop()
    }

    @Test func `with few bytes free new mail gets 507 and 452, mail in the spool goes out, and then it ends`()
        async throws
    {
        try await Self.expectWatermark(options: "size=32m") { path in
            try Files.write([UInt8](repeating: 1, count: 29 << 20), to: "\(path)/ballast")
        } clear: { path in
            unlink("\(path)/ballast")
        }
    }

    @Test func `with few inodes free it is the same`() async throws {
        try await Self.expectWatermark(options: "size=64m,nr_inodes=100") { path in
            try Files.makeFolder("\(path)/ballast")
            for number in 1...91 { try Files.write([1], to: "\(path)/ballast/\(number)") }
        } clear: { path in
            for number in 1...91 { unlink("\(path)/ballast/\(number)") }
        }
    }

    @Test func `a second process says who is there and ends with code 1`() async throws {
        let node = try await LoneNode([:])
        let process = try await node.start()
        let second = try await SpoolTools.run(["run"], settings: ["DISPATCH_NODE_DIR": node.path])
        #expect(second.exit == .code(1))
        #expect(second.errors.contains("is in use by process \(process.child.pid)"), "\(second.errors)")
        #expect(second.errors.contains("two nodes must not share a directory"))
    }

    @Test func `a spool of a later program is refused in plain words and stays as it is`() async throws {
        let node = try await LoneNode(["DISPATCH_HOLD_DELIVERY": "true"])
        try await node.start()
        try await node.caller().must("POST", "/api/v1/messages", node.message("kept"))
        #expect(try await node.process.stop() == .code(0))
        let name = try #require(
            try Files.names(in: "\(node.path)/spool").first { $0.hasSuffix(".segment") })
        let path = "\(node.path)/spool/\(name)"
        var bytes = try Files.read(path)
        for offset in [8, 4096 + 8] { bytes[offset] = 2 }
        try Files.write(bytes, to: path)
        let before = try SpoolTools.contents(node.path)

        let refused = try await SpoolTools.run(["run"], settings: ["DISPATCH_NODE_DIR": node.path])
        #expect(refused.exit == .code(1))
        #expect(refused.errors.contains("has format version 2"), "\(refused.errors)")
        #expect(try SpoolTools.contents(node.path) == before)
        let inspected = try await SpoolTools.inspect(node.path)
        #expect(inspected.exit == .code(1) && inspected.errors.contains("has format version 2"))

        for offset in [8, 4096 + 8] { bytes[offset] = 1 }
        try Files.write(bytes, to: path)
        try await node.start()
        #expect(try await node.process.health()["spool_open_entries"].integer == 1)
    }

    @Test func `damage found at a start is counted, logged with the message, and kept for people`()
        async throws
    {
        let node = try await LoneNode(["DISPATCH_HOLD_DELIVERY": "true"])
        try await node.start()
        let caller = try await node.caller()
        try await caller.must("POST", "/api/v1/messages", node.message("first"))
        let lost = try await caller.must(
            "POST", "/api/v1/messages", node.message("second", text: "the damaged words"))
        try await caller.must("POST", "/api/v1/messages", node.message("third"))
        try await node.process.kill()
        #expect(try SpoolTools.damage("the damaged words", in: node.path))
        let seen = try await SpoolTools.inspect(node.path, "--json")
        #expect(seen.json["entries"].integer == 2 && seen.json["damage"].elements.count == 1)

        let process = try await node.start()
        let line = try #require(process.logLines("message lost to damage on disk").first)
        let id = try Cluster.messageID(lost["id"].text)
        #expect(line["message_id"].text == id)
        #expect(try await process.metric("dispatch_spool_quarantined") == 1)
        #expect(try await process.metric("dispatch_messages_lost_total") == 1)
        #expect(try await process.metric("dispatch_spool_open_entries") == 2)
        #expect(try await process.health()["spool_quarantined"].integer == 1)
        let aside = try await SpoolTools.inspect(node.path, "--json")
        #expect(aside.json["quarantine"].elements.count == 2)
    }
}
