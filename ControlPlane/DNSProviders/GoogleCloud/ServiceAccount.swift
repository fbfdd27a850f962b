import Crypto
import FoundationEssentials
import Service

/// A service account of Google Cloud, out of the JSON file of its key.
///
/// The addresses in the file are not used: a file of somebody else could name any. Other kinds of credential
/// (`external_account` names URLs and even commands) are refused.
package struct ServiceAccount: Sendable {
    /// `client_email`.
    package let email: String
    /// The project whose zones are meant.
    package let project: String
    let keyID: String
    let key: JWTKey

    private struct File: Decodable {
        let type: String?
        let clientEmail: String?
        let privateKey: String?
        let privateKeyID: String?
        let projectID: String?

        enum CodingKeys: String, CodingKey {
            case type
            case clientEmail = "client_email"
            case privateKey = "private_key"
            case privateKeyID = "private_key_id"
            case projectID = "project_id"
        }
    }

    /// - Parameter project: in place of the one in the file.
    /// - Throws: the field at fault; never what it holds.
    package init(json: String, project: String?) throws(ProviderCredential.Problem) {
        let field = "service_account_json"
        guard json.utf8.count <= 16 * 1024,
            let file = try? JSONDecoder().decode(File.self, from: Data(json.utf8))
        else { throw .init(field: field, reason: "is no JSON of a service account's key") }
        guard file.type == "service_account" else {
            throw .init(field: field, reason: "must be the key of a service account")
        }
        guard let email = file.clientEmail, (3...254).contains(email.utf8.count), email.contains("@"),
            email.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { throw .init(field: field, reason: "has no client_email") }
        let keyID = file.privateKeyID ?? ""
        guard keyID.utf8.count <= 128, keyID.utf8.allSatisfy(ProviderCredential.isWordByte) else {
            throw .init(field: field, reason: "has a private_key_id that is none")
        }
        guard let pem = file.privateKey, let key = try? JWTKey(pem: pem, keyID: keyID.isEmpty ? nil : keyID),
            key.algorithm == .rs256, key.canSign
        else {
            throw .init(field: field, reason: "has no private_key that is an RSA key of 2048 bits or more")
        }
        guard let project = project ?? file.projectID, Self.isProject(project) else {
            throw .init(field: "project_id", reason: "must be the id of a project, such as my-project-1")
        }
        self.email = email
        self.project = project
        self.keyID = keyID
        self.key = key
    }

    /// Six to thirty letters, digits and hyphens, with the domain before it in old projects.
    static func isProject(_ text: String) -> Bool {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let id = parts.last, (6...30).contains(id.utf8.count), let first = id.utf8.first,
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first), id.utf8.last != UInt8(ascii: "-"),
            id.utf8.allSatisfy({ isLower($0) || $0 == UInt8(ascii: "-") })
        else { return false }
        guard parts.count == 2 else { return true }
        return (3...253).contains(parts[0].utf8.count)
            && parts[0].utf8.allSatisfy { isLower($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }
    }

    private static func isLower(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
