import Glibc
import TestSupport

/// The files of the repository, as the rules see them.
struct SourceTree: Sendable {
    struct File: Sendable {
        /// Relative to the root, with slashes.
        let path: String
        let lines: [String]
        /// The lines of a Swift file without comments and the inside of literals; of other files nothing.
        let code: [String]

        var isSwift: Bool { path.hasSuffix(".swift") }
        func isUnder(_ folder: String) -> Bool { path.hasPrefix("\(folder)/") }
    }

    static let folders = ["Common", "DataPlane", "ControlPlane", "Tests", "infra"]
    /// What is text of ours, by the end of the name; a name without a dot is a script.
    private static let endings = [
        "swift", "c", "h", "sql", "md", "yml", "yaml", "json", "sh", "service", "html", "js", "css",
    ]

    static let root: String = {
        var parts = #filePath.split(separator: "/").map(String.init)
        parts.removeLast(3)
        return "/" + parts.joined(separator: "/")
    }()

    let files: [File]
    var swift: [File] { files.filter(\.isSwift) }

    static let shared: SourceTree = {
        var files: [File] = []
        for folder in folders { collect(folder, into: &files) }
        for name in ["Package.swift", "README.md"] { add(name, to: &files) }
        return SourceTree(files: files)
    }()

    private static func collect(_ folder: String, into files: inout [File]) {
        for name in (try? Files.names(in: "\(root)/\(folder)")) ?? [] where !name.hasPrefix(".") {
            let path = "\(folder)/\(name)"
            var status = stat()
            guard stat("\(root)/\(path)", &status) == 0 else { continue }
            if status.st_mode & S_IFMT == S_IFDIR {
                collect(path, into: &files)
            } else {
                add(path, to: &files)
            }
        }
    }

    private static func add(_ path: String, to files: inout [File]) {
        let name = path.split(separator: "/").last ?? ""
        let ending = name.split(separator: ".").dropFirst().last.map(String.init)
        guard ending.map(endings.contains) ?? true, let bytes = try? Files.read("\(root)/\(path)"),
            let text = String(validating: bytes, as: UTF8.self)
        else { return }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        files.append(File(path: path, lines: lines, code: ending == "swift" ? SwiftCode.lines(lines) : []))
    }
}
