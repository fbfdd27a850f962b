import Crypto
import FoundationEssentials
import TestSupport
import Testing

/// Runs the test vectors of project Wycheproof when `DISPATCH_CORPORA` names the folder that has them.
@Suite struct WycheproofTests {
    private struct Signatures: Decodable {
        struct Group: Decodable {
            struct Key: Decodable { let pk: String }
            struct Test: Decodable {
                let tcId: Int
                let msg: String
                let sig: String
                let result: String
            }
            let publicKey: Key
            let tests: [Test]
        }
        let testGroups: [Group]
    }

    private func corpus(_ name: String) -> Data? {
        guard let folder = Corpora.folder("wycheproof-jose") else { return nil }
        let path = "\(folder)/testvectors_v1/\(name)"
        return try? Data(contentsOf: URL(filePath: path))
    }

    /// Each token of the corpus, with the JWK that belongs to it as JSON text.
    private func tokens() throws -> [(id: Int, jwk: [UInt8], token: String, isValid: Bool)] {
        guard let data = corpus("json_web_signature_test.json") else { return [] }
        let file = try JSONDecoder().decode(Tokens.self, from: data)
        return try file.testGroups.flatMap { group in
            let jwk = [UInt8](try JSONEncoder().encode(group.public ?? group.private))
            return group.tests.compactMap { test in
                test.jws.map { (test.tcId, jwk, $0, test.result == "valid") }
            }
        }
    }

    private struct Tokens: Decodable {
        struct Group: Decodable {
            let `private`: [String: Member]?
            let `public`: [String: Member]?
            let tests: [Test]
        }
        struct Test: Decodable {
            let tcId: Int
            let jws: String?
            let result: String

            private enum CodingKeys: CodingKey { case tcId, jws, result }
            init(from decoder: any Decoder) throws {
                let container = try decoder.container(keyedBy: CodingKeys.self)
                tcId = try container.decode(Int.self, forKey: .tcId)
                // Vectors in JSON serialization are objects; only compact tokens exist for us.
                jws = try? container.decode(String.self, forKey: .jws)
                result = try container.decode(String.self, forKey: .result)
            }
        }
        enum Member: Codable {
            case text(String)
            case list([String])
            init(from decoder: any Decoder) throws {
                let container = try decoder.singleValueContainer()
                if let text = try? container.decode(String.self) {
                    self = .text(text)
                } else {
                    self = .list(try container.decode([String].self))
                }
            }
            func encode(to encoder: any Encoder) throws {
                var container = encoder.singleValueContainer()
                switch self {
                case .text(let text): try container.encode(text)
                case .list(let list): try container.encode(list)
                }
            }
        }
        let testGroups: [Group]
    }

    @Test func `signed tokens of the corpus are accepted and refused as they should be`() throws {
        // Valid in the corpus because many decoders skip a foreign `?` in Base64url; ours is strict.
        let lenient: Set<Int> = [372, 373]
        // Called wrongly padded, but the token in the file has no padding and a good code: it is well formed.
        let mislabelled: Set<Int> = [367, 370]
        let ours = Set(JWTAlgorithm.allCases.map(\.rawValue))
        var accepted = 0
        var refused = 0
        for vector in try tokens() {
            let key: JWTKey
            do throws(CryptoError) { key = try JWTKey(jwk: vector.jwk) } catch {
                // A key that we refuse is for another use or another algorithm.
                let text = String(decoding: vector.jwk, as: UTF8.self)
                let isOther =
                    !ours.contains { text.contains("\"alg\":\"\($0)\"") } || text.contains("enc")
                    || !vector.isValid
                #expect(isOther, "vector \(vector.id): \(error)")
                continue
            }
            let isGood = (try? JWTKeySet([key]).verifiedPayload(of: vector.token)) != nil
            let shouldBeGood =
                vector.isValid && !lenient.contains(vector.id) || mislabelled.contains(vector.id)
            #expect(isGood == shouldBeGood, "vector \(vector.id)")
            if isGood { accepted += 1 } else { refused += 1 }
        }
        print("\(accepted + refused) signed tokens of the corpus: \(accepted) accepted, \(refused) refused")
        if accepted + refused > 0 {
            #expect(accepted == 20, "accepted \(accepted)")
            #expect(refused > 250, "refused \(refused)")
        }
    }

    @Test func `Ed25519 signatures of the corpus are accepted and refused as they should be`() throws {
        guard let data = corpus("ed25519_test.json") else { return }
        let file = try JSONDecoder().decode(Signatures.self, from: data)
        for group in file.testGroups {
            let key = try Ed25519PublicKey(raw: try #require(Hex.decode(group.publicKey.pk)))
            for test in group.tests {
                let message = try #require(Hex.decode(test.msg))
                let signature = try #require(Hex.decode(test.sig))
                #expect(key.verify(signature, of: message) == (test.result == "valid"), "vector \(test.tcId)")
            }
        }
    }
}
