import EventLoop
import FoundationEssentials
import Glibc
import Spool
import Times

/// What is written of adoptions. Two files make one happen once: one in the spool that is taken over, one
/// beside the adopter's. While an adoption is unfinished neither node runs, so whatever ended it can be made
/// good by running it again.
struct AdoptionMarks: Sendable {
    /// In the adopted spool's folder.
    struct Source: Codable, Sendable {
        let adopter: UInt16
        let adopterName: String
        let cluster: String
        /// Milliseconds since 1970.
        let at: Int64
        var isFinished: Bool
    }

    /// In the adopter's directory, until the adoption is finished.
    struct Own: Codable, Sendable {
        let source: String
        /// The last event of the adopter's journal before the first of the adopted.
        let lastEventBefore: UInt64
        let at: Int64
    }

    let files: NodeFiles

    init(_ files: NodeFiles) { self.files = files }

    private var path: String { "\(files.directory)/adoption.json" }

    func own() throws -> Own? {
        try files.read(path).map { try JSONDecoder().decode(Own.self, from: Data($0)) }
    }

    func write(_ mark: Own) throws { try files.write(Array(JSONEncoder.sorted.encode(mark)), to: path) }

    func removeOwn() throws {
        guard unlink(path) == 0 || errno == ENOENT else { throw NodeFiles.Failure("cannot remove", path) }
        try RealDisk().synchronizeDirectory(files.directory)
    }

    /// The nodes whose spools this one has taken over, and those that these had, by number: it answers for
    /// their messages and idempotency keys.
    func adopted() throws -> Set<UInt16> {
        guard let bytes = try files.read(files.adopted) else { return [] }
        return Set(try JSONDecoder().decode([UInt16].self, from: Data(bytes)))
    }

    func add(adopted numbers: Set<UInt16>) throws {
        let all = try adopted().union(numbers).sorted()
        try files.write(Array(JSONEncoder.sorted.encode(all)), to: files.adopted)
    }

    static func source(in spool: String) throws -> Source? {
        try AdoptedMark.read(in: spool).map { try JSONDecoder().decode(Source.self, from: Data($0)) }
    }

    static func write(_ mark: Source, in spool: String) throws {
        try AdoptedMark.write(Array(JSONEncoder.sorted.encode(mark)), in: spool)
    }

    /// A node whose messages another one sends, or that has half of another's, must not deliver.
    /// Throws `NodeService.Failure`.
    func refuseToRun() throws {
        if let mark = try Self.source(in: files.spool) {
            throw NodeService.Failure(
                description: "\(files.spool) was adopted by \(mark.who) on \(mark.time): its messages are "
                    + "sent from there. Join this machine as a new node, with a directory of its own")
        }
        if let mark = try own() {
            throw NodeService.Failure(
                description: "the adoption of \(mark.source) was not finished: run `mta-node spool adopt "
                    + "\(mark.source)` again, or, if that directory is gone for good, remove \(path)")
        }
    }
}

extension AdoptionMarks.Source {
    var who: String { "node \(adopter) (\(adopterName))" }
    var time: String { RFC3339.wholeSeconds(milliseconds: at) }
}
