import Glibc
import TestSupport
import Testing

/// The house rules that a machine can check. Each finding is printed as `file:line: rule`.
@Suite struct TidyTests {
    private let tree = SourceTree.shared

    @Test func `an import follows the arrows of Package.swift`() throws {
        let manifest = try Manifest()
        #expect(manifest.targets.count > 30, "Package.swift was not understood")
        var findings = Findings()
        for file in tree.swift where SourceTree.folders.contains(where: file.isUnder) {
            guard let target = manifest.target(of: file.path) else {
                findings.add(file, 0, "belongs to no target of Package.swift")
                continue
            }
            var allowed = Rules.everywhere.union(target.uses)
            if file.isUnder("Tests") { allowed.formUnion(Rules.inTests) }
            for (index, code) in file.code.enumerated() {
                guard let module = importedModule(code), !allowed.contains(module) else { continue }
                let instead = module == "Foundation" ? "FoundationEssentials serves" : "see Package.swift"
                findings.add(file, index, "\(target.name) may not import \(module): \(instead)")
            }
        }
        findings.report()
    }

    @Test func `banned calls are not made`() {
        var findings = Findings()
        for file in tree.swift {
            for (index, code) in file.code.enumerated() {
                for ban in Rules.bans where SwiftCode.contains(ban.token, in: code) {
                    if ban.except?(file.path) ?? false { continue }
                    findings.add(file, index, "\(ban.token) is banned: use \(ban.instead)")
                }
            }
        }
        findings.report()
    }

    @Test func `unchecked Sendable stays in the few modules that may`() throws {
        let manifest = try Manifest()
        var findings = Findings()
        for file in tree.swift
        where !Rules.uncheckedTargets.contains(manifest.target(of: file.path)?.name ?? "") {
            for (index, code) in file.code.enumerated() where SwiftCode.contains("@unchecked", in: code) {
                findings.add(file, index, "@unchecked Sendable: use LoopBound or Locked")
            }
        }
        findings.report()
    }

    @Test func `lines and files have a readable length`() {
        var findings = Findings()
        for file in tree.swift {
            for (index, line) in file.lines.enumerated() where line.utf8.count > Rules.maxLineCharacters {
                guard line.count > Rules.maxLineCharacters else { continue }
                findings.add(file, index, "\(line.count) characters, at most \(Rules.maxLineCharacters)")
            }
            // The text after the last line feed is no line.
            let count = file.lines.count - 1
            if count > Rules.maxFileLines, Rules.longFiles[file.path] == nil {
                findings.add(
                    file, count, "at most \(Rules.maxFileLines) lines a file: find the second subject")
            }
        }
        findings.report()
    }

    @Test func `no work is left as a note`() {
        // Spelt in halves, so that this file does not find itself.
        let notes = ["TO" + "DO", "FIX" + "ME"]
        var findings = Findings()
        for file in tree.files {
            for (index, line) in file.lines.enumerated() where notes.contains(where: line.contains) {
                findings.add(file, index, "do it, or say in the docs that it is missing")
            }
        }
        findings.report()
    }

    @Test func `every setting that the documentation names exists`() {
        let known = names(startingWith: "DISPATCH_", in: tree.files.filter { !isDocumentation($0) })
        var findings = Findings()
        for file in tree.files where isDocumentation(file) {
            for (index, line) in file.lines.enumerated() {
                for name in names(startingWith: "DISPATCH_", in: line) where !known.contains(name) {
                    let isFileForm = name.hasSuffix("_FILE") && known.contains(String(name.dropLast(5)))
                    if !isFileForm { findings.add(file, index, "there is no setting \(name)") }
                }
            }
        }
        findings.report()
    }

    @Test func `every metric that the documentation, the alerts and the dashboards name exists`() {
        let sources = tree.files.filter { !isDocumentation($0) && !isMonitoring($0) }
        let known = names(startingWith: "dispatch_", in: sources)
        var findings = Findings()
        for file in tree.files where isDocumentation(file) || isMonitoring(file) {
            for (index, line) in file.lines.enumerated() {
                for name in names(startingWith: "dispatch_", in: line) where !known.contains(name) {
                    let suffix = ["_bucket", "_sum", "_count"].first(where: name.hasSuffix) ?? ""
                    let isOfHistogram = known.contains(String(name.dropLast(suffix.count)))
                    if !isOfHistogram { findings.add(file, index, "there is no metric \(name)") }
                }
            }
        }
        findings.report()
    }

    @Test func `the formatter's findings are counted`() async throws {
        let arguments =
            ["swift", "format", "lint", "--strict", "--parallel", "--recursive"] + SourceTree.folders
        let lint = try ChildProcess(arguments, environment: ["HOME": "/nonexistent"], folder: SourceTree.root)
        try await lint.wait(deadline: .seconds(120))
        let findings = lint.text(of: .standardError).split(separator: "\n").filter {
            $0.contains(": error: [")
        }
        print("swift format: \(findings.count) findings")
        for finding in findings.prefix(5) { print("  \(finding)") }
    }

    // MARK: - Reading the tree

    private func isDocumentation(_ file: SourceTree.File) -> Bool {
        file.path == "README.md" || (file.isUnder("infra") && file.path.hasSuffix(".md"))
    }

    private func isMonitoring(_ file: SourceTree.File) -> Bool {
        file.isUnder("infra/prometheus") || file.isUnder("infra/grafana")
    }

    /// `X` of `import X`, `@testable import X` and `import struct X.Y`.
    private func importedModule(_ code: String) -> String? {
        var words = code.split(separator: " ")
        while let first = words.first, first.hasPrefix("@") || first == "package" || first == "internal" {
            words.removeFirst()
        }
        guard words.first == "import", let name = words.last else { return nil }
        return name.split(separator: ".").first.map(String.init)
    }

    private func names(startingWith prefix: String, in files: [SourceTree.File]) -> Set<String> {
        var all: Set<String> = []
        for file in files { for line in file.lines { all.formUnion(names(startingWith: prefix, in: line)) } }
        return all
    }

    /// The words of letters, digits and underscores that begin with a prefix; `prefix_*` patterns are left
    /// out.
    private func names(startingWith prefix: String, in line: String) -> [String] {
        guard strstr(line, prefix) != nil else { return [] }
        let words = line.split { !($0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_")) }
        return words.filter { $0.hasPrefix(prefix) && !$0.hasSuffix("_") }.map(String.init)
    }
}
