import Crypto
import DNSProviders
import FoundationEssentials
import HTTP
import Postgres
import Service

/// An account at a provider, as its user gave it and as the database has it.
struct DNSAccountRow: Sendable {
    let id: UUID
    let kind: ProviderKind
    let label: String
    let hint: String
    let createdAt: Date
    private let sealed: [UInt8]
    private let subject: String

    static let columns: SQL = "subject, id, kind, label, hint, sealed, created_at"

    init(_ row: PostgresRow) throws {
        id = try row["id"]
        guard let kind = ProviderKind(rawValue: try row["kind"]) else {
            throw PostgresError.decoding(column: "kind", reason: "is no provider")
        }
        self.kind = kind
        subject = try row["subject"]
        label = try row["label"]
        hint = try row["hint"]
        sealed = try row["sealed"]
        createdAt = try row["created_at"]
    }

    /// The account of a user.
    ///
    /// - Throws: 404 also for one of somebody else.
    static func find(_ id: UUID, of subject: String, _ pool: PostgresPool) async throws -> DNSAccountRow {
        let rows = try await pool.query(
            "SELECT \(columns) FROM dns_providers WHERE subject = \(subject) AND id = \(id)", as: .system)
        guard let row = rows.first else { throw APIError.noSuch("dns provider") }
        return try DNSAccountRow(row)
    }

    func credential(_ seal: SymmetricSeal) throws -> ProviderCredential {
        let bytes = try seal.open(sealed, context: Self.sealContext(subject, id))
        let stored = try JSONDecoder().decode(DNSCredential.self, from: Data(bytes))
        return try stored.checked(kind)
    }

    /// Where the seal belongs: it does not open in another row.
    static func sealContext(_ subject: String, _ id: UUID) -> String {
        "dns-provider\n\(id.text)\n\(subject)"
    }

    /// As the API shows it: nothing of the credential but its hint.
    struct View: Encodable, Sendable {
        let id: String
        let provider: String
        let label: String
        let hint: String
        let createdAt: Date
    }

    var view: View {
        View(id: id.text, provider: kind.rawValue, label: label, hint: hint, createdAt: createdAt)
    }

    static let schema = Schema.record([
        "id": .uuid, "provider": .choice("cloudflare", "route53", "gcp"),
        "label": .string.example("My Cloudflare"),
        "hint": .string.example("oken").described(
            "The end of the key, or the address of the service account."),
        "created_at": .dateTime,
    ]).named("DNSProvider")
}

/// A credential in the fields that the API names, which is also how it is sealed.
struct DNSCredential: Codable, Sendable {
    var token: String?
    var accessKey: String?
    var secretKey: String?
    var region: String?
    var serviceAccountJSON: String?
    var projectID: String?

    enum CodingKeys: String, CodingKey {
        case token, region
        case accessKey = "access_key"
        case secretKey = "secret_key"
        case serviceAccountJSON = "service_account_json"
        case projectID = "project_id"
    }

    /// - Throws: 400 with the field at fault.
    func checked(_ kind: ProviderKind) throws(APIError) -> ProviderCredential {
        do throws(ProviderCredential.Problem) {
            switch kind {
            case .cloudflare: return try .cloudflare(checking: token ?? "")
            case .route53:
                return try .route53(
                    checking: accessKey ?? "", secretKey: secretKey ?? "", region: region ?? "us-east-1")
            case .gcp: return .gcp(try ServiceAccount(json: serviceAccountJSON ?? "", project: projectID))
            }
        } catch { throw .invalid(error.field, error.reason) }
    }

    /// The names of given fields that do not belong to a provider of this kind.
    func foreignFields(_ kind: ProviderKind) -> [String] {
        let given: [(ProviderKind, String, String?)] = [
            (.cloudflare, "token", token), (.route53, "access_key", accessKey),
            (.route53, "secret_key", secretKey), (.route53, "region", region),
            (.gcp, "service_account_json", serviceAccountJSON), (.gcp, "project_id", projectID),
        ]
        return given.filter { $0.0 != kind && $0.2 != nil }.map(\.1)
    }
}
