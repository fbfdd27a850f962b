import FoundationEssentials
import TestSupport

/// The published cases of SMTP smuggling, as facts: what goes over the wire, and what must not come of it.
struct SmugglingCorpus: Decodable {
    struct Injection: Decodable {
        let name: String
        let pre_tls: String?
        let after_handshake: String?
    }

    let inbound_fake_eod: [String: String]
    let outbound_fake_eod_extra: [String: String]
    let starttls_injection: [Injection]

    var fakeEnds: [(name: String, bytes: String)] {
        inbound_fake_eod.merging(outbound_fake_eod_extra) { first, _ in first }.sorted { $0.key < $1.key }
            .map { ($0.key, $0.value) }
    }

    /// Nil, with a message, where the corpus is not.
    static func load() throws -> SmugglingCorpus? {
        guard let folder = Corpora.folder("smtp-smuggling") else { return nil }
        let file = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/cases.json"))
        return try JSONDecoder().decode(SmugglingCorpus.self, from: file)
    }
}
