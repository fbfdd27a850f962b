import Glibc

/// A Postfix of its own that takes mail and holds it, so that its queue can be read. Stopped when the last
/// reference goes.
package final class PostfixServer: Sendable {
    /// Of 127.0.0.1.
    package let port: UInt16
    private let directory: TemporaryDirectory

    /// Nil, with a message, where there is no Postfix or no right to start it.
    /// - Parameter extra: lines of main.cf; all else is as Postfix has it by default.
    package static func start(_ extra: [String] = []) async throws -> PostfixServer? {
        guard geteuid() == 0, getpwnam("postfix") != nil, Files.exists("/usr/sbin/postfix") else {
            print("skipped: Postfix cannot be started here")
            return nil
        }
        return try await PostfixServer(extra)
    }

    private init(_ extra: [String]) async throws {
        directory = try TemporaryDirectory(prefix: "dispatch-postfix")
        let port = try FreePort.tcp()
        self.port = port
        chmod(directory.path, 0o755)
        for folder in ["config", "queue", "data"] { mkdir(directory.file(folder), 0o755) }
        if let user = getpwnam("postfix") {
            chown(directory.file("data"), user.pointee.pw_uid, user.pointee.pw_gid)
        }
        let main = [
            "compatibility_level = 3.6", "queue_directory = \(directory.file("queue"))",
            "data_directory = \(directory.file("data"))", "maillog_file_prefixes = \(directory.path)",
            "maillog_file = \(directory.file("log"))", "myhostname = mx.remote.test", "mydestination =",
            "mynetworks = 127.0.0.0/8", "inet_interfaces = 127.0.0.1", "inet_protocols = ipv4",
            "smtpd_relay_restrictions = permit_mynetworks, reject", "smtpd_peername_lookup = no",
            "disable_dns_lookups = yes", "local_recipient_maps =", "alias_maps =",
            "smtpd_data_restrictions = check_client_access static:HOLD", "smtputf8_enable = yes",
        ]
        try directory.write((main + extra + [""]).joined(separator: "\n"), to: "config/main.cf")
        let services = [
            "127.0.0.1:\(port) inet n - n - - smtpd", "cleanup unix n - n - 0 cleanup",
            "rewrite unix - - n - - trivial-rewrite", "qmgr unix n - n 300 1 qmgr",
            "proxymap unix - - n - - proxymap", "anvil unix - - n - 1 anvil",
            "postlog unix-dgram n - n - 1 postlogd",
        ]
        try directory.write((services + [""]).joined(separator: "\n"), to: "config/master.cf")
        try await ChildProcess.run(["/usr/sbin/postfix", "-c", directory.file("config"), "start"])
        try await Waiting.until("Postfix") { Self.listens(at: port) ? true : nil }
    }

    private static func listens(at port: UInt16) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    deinit {
        guard let pid = try? Files.text(directory.file("queue/pid/master.pid")),
            let number = Int32(pid.filter(\.isNumber))
        else { return }
        kill(number, SIGTERM)
    }

    /// What the queue has of its messages: envelope, header and body.
    package func queued() async throws -> [String] {
        var messages: [String] = []
        for name in try Files.names(in: directory.file("queue/hold")) {
            messages.append(
                try await ChildProcess.run(
                    [
                        "/usr/sbin/postcat", "-c", directory.file("config"),
                        directory.file("queue/hold/\(name)"),
                    ]))
        }
        return messages
    }
}
