import FoundationEssentials
import TestSupport

/// The tools for a node's directory, run as an operator runs them.
enum SpoolTools {
    struct Answer: Sendable {
        let exit: ChildProcess.Exit
        let output: String
        let errors: String

        var json: JSONValue { JSONValue(reading: Array(output.utf8)) }
    }

    /// `mta-node` with these words, to its end.
    static func run(_ words: [String], settings: [String: String] = [:]) async throws -> Answer {
        let child = try ChildProcess([try Products.path("mta-node")] + words, environment: settings)
        let exit = try await child.wait()
        return Answer(
            exit: exit, output: child.text(of: .standardOutput), errors: child.text(of: .standardError))
    }

    static func inspect(_ directory: String, _ words: String...) async throws -> Answer {
        try await run(["spool", "inspect", directory] + words)
    }

    /// The files of a directory and the folders in it, but for locks: name and bytes.
    static func contents(_ directory: String) throws -> [String: [UInt8]] {
        var files: [String: [UInt8]] = [:]
        for folder in ["spool", "journal"] where Files.exists("\(directory)/\(folder)") {
            for name in try Files.names(in: "\(directory)/\(folder)") where name != "lock" {
                files["\(folder)/\(name)"] = try? Files.read("\(directory)/\(folder)/\(name)")
            }
        }
        return files
    }

    /// Changes the first place where `text` stands in a segment of a spool; false when it stands nowhere.
    static func damage(_ text: String, in directory: String) throws -> Bool {
        let wanted = Array(text.utf8)
        for name in try Files.names(in: "\(directory)/spool") where name.hasSuffix(".segment") {
            let path = "\(directory)/spool/\(name)"
            var bytes = try Files.read(path)
            let found = bytes.indices.dropLast(wanted.count - 1).first { bytes[$0...].starts(with: wanted) }
            guard let found else { continue }
            bytes[found] ^= 0x20
            try Files.write(bytes, to: path)
            return true
        }
        return false
    }
}

extension LoneNode {
    /// Its directory.
    var path: String { directory.file("node") }

    /// Another node of the same cluster with the same snapshot and nothing in its spool: its directory.
    func sibling(number: Int) throws -> TemporaryDirectory {
        let sibling = try TemporaryDirectory(prefix: "dispatch-node")
        try Files.makeFolder(sibling.file("node"))
        try Files.makeFolder(sibling.file("node/snapshot"))
        for name in try Files.names(in: "\(path)/snapshot") {
            try Files.write(
                try Files.read("\(path)/snapshot/\(name)"), to: sibling.file("node/snapshot/\(name)"))
        }
        let identity = try Files.text("\(path)/identity.json")
        try sibling.write(
            identity.replacing("\"node\":1", with: "\"node\":\(number)"), to: "node/identity.json")
        return sibling
    }
}
