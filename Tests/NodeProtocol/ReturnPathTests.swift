import Crypto
import FoundationEssentials
import Testing

@testable import NodeProtocol

@Suite struct ReturnPathTests {
    private let path: ReturnPath
    private let id = MessageID(milliseconds: 1_800_000_000_000, node: 1, random: (2, 3))
    private let three = ["a@x.example", "b@x.example", "c@x.example"]

    init() throws { path = try ReturnPath(clusterKeys: [[UInt8](repeating: 1, count: 32)]) }

    private let tenant = TenantID(UUID())

    private func make(
        _ path: ReturnPath, message: MessageID, domain: String, recipients: [String] = []
    ) -> String {
        path.address(message: message, domain: domain, tenant: tenant, recipients: recipients)
    }

    private func prove(_ path: ReturnPath, _ address: String) -> ReturnPath.Proof? {
        path.proof(of: address) { _ in tenant }
    }

    /// Addresses are under way for weeks: every version makes the same one.
    @Test func `the address is made of the id, a token and a tag, each of a MAC over its text`() throws {
        let secret = try HKDF.sha256(
            secret: [UInt8](repeating: 1, count: 32), salt: [UInt8](), info: Array("return-path".utf8),
            count: 32)
        func code(_ text: String) -> [UInt8] { HMAC.sha256(key: secret, message: Array(text.utf8)) }
        let about = "\(id.hexadecimal)@one.example"
        let tag = Array(code("recipient \(about) anna@x.example").prefix(3))
        let token = code("\(about) \(tenant) \(Hex.encode(tag))").prefix(8)
        let words = Base32.encode(id.bytes + token + tag)
        #expect(
            make(path, message: id, domain: "One.example", recipients: ["Anna@x.example"])
                == "bounces+\(words)@dispatch.One.example")
        let bare = Base32.encode(id.bytes + code("\(about) \(tenant) ").prefix(8))
        #expect(make(path, message: id, domain: "one.example") == "bounces+\(bare)@dispatch.one.example")
    }

    @Test func `base32 has a digit for every five bits`() {
        #expect(Base32.encode([]) == "")
        #expect(Base32.encode([0x10]) == "ca")
        #expect(Base32.encode([0x00, 0x44, 0x32, 0x14, 0xC7]) == "abcdefgh")
        #expect(Base32.encode([0xFF, 0xFF, 0xFF, 0xFF, 0xFF]) == "77777777")
    }

    @Test func `the address gives its message and domain back, in any case`() {
        for count in 0...3 {
            let address = make(
                path, message: id, domain: "one.example", recipients: Array(three.prefix(count)))
            #expect(address.hasSuffix("@dispatch.one.example"))
            #expect(address.split(separator: "@")[0].utf8.count <= 64)
            for text in [address, address.uppercased()] {
                let proof = prove(path, text)
                #expect(proof?.message == id)
                #expect(proof?.senderDomain == "one.example")
                #expect(proof?.namesRecipients == (count > 0))
                #expect(proof?.isOfOneRecipient == (count == 1))
            }
        }
        #expect(prove(path, make(path, message: id, domain: "One.Example"))?.message == id)
    }

    @Test func `the address is the same as another implementation makes`() throws {
        let tenant = try #require(TenantID(text: "01020304-0506-0708-090a-0b0c0d0e0f10"))
        let expected = [
            0: "bounces+agrrqxcqabyafaaaiaaaaaaaan2e2zk5t6berli@dispatch.One.example",
            1: "bounces+agrrqxcqabyafaaaiaaaaaaaame2fm3psugjf5daqhdq@dispatch.One.example",
            3: "bounces+agrrqxcqabyafaaaiaaaaaaaapdss3wernt5gw3aqhdy7veqt2mvi@dispatch.One.example",
        ]
        for (count, address) in expected {
            let recipients = Array((["A@x.example"] + three.dropFirst()).prefix(count))
            let made = path.address(
                message: id, domain: "One.example", tenant: tenant, recipients: recipients)
            #expect(made == address)
        }
    }

    @Test func `the address knows its recipients, and nobody else`() throws {
        for count in 1...3 {
            let known = Array(three.prefix(count))
            let proof = try #require(
                prove(path, make(path, message: id, domain: "one.example", recipients: known)))
            for recipient in known { #expect(path.names(recipient.uppercased(), in: proof) == true) }
            #expect(path.names("d@x.example", in: proof) == false)
            #expect(path.names("", in: proof) == false)
        }
    }

    @Test func `with none or more than three recipients it tells nothing of them`() throws {
        for recipients in [[], three + ["d@x.example"]] {
            let proof = try #require(
                prove(path, make(path, message: id, domain: "one.example", recipients: recipients)))
            #expect(path.names("a@x.example", in: proof) == nil)
        }
    }

    @Test(arguments: [0, 1, 3])
    func `no altered character is believed`(count: Int) {
        let address = Array(
            make(path, message: id, domain: "one.example", recipients: Array(three.prefix(count)))
                .utf8)
        for index in address.indices {
            for change in [0x01, 0x02, 0x10] as [UInt8] {
                var changed = address
                changed[index] ^= change
                let text = String(decoding: changed, as: UTF8.self)
                #expect(prove(path, text) == nil, "\(text)")
            }
            #expect(prove(path, String(decoding: address[..<index], as: UTF8.self)) == nil)
        }
    }

    @Test func `tags cannot be taken off, added or carried over`() throws {
        func words(_ recipients: [String], _ message: MessageID) -> String {
            let address = make(path, message: message, domain: "one.example", recipients: recipients)
            return String(address.dropFirst(8).prefix { $0 != "@" })
        }
        let other = MessageID(milliseconds: 1_800_000_000_001, node: 1, random: (2, 3))
        let (bare, tagged) = (words([], id), words(["a@x.example"], id))
        #expect(prove(path, "bounces+\(tagged.prefix(bare.utf8.count))@dispatch.one.example") == nil)
        #expect(prove(path, "bounces+\(bare)aaaaa@dispatch.one.example") == nil)
        let carried = words([], other) + tagged.dropFirst(bare.utf8.count)
        #expect(prove(path, "bounces+\(carried)@dispatch.one.example") == nil)
    }

    @Test func `the token of another domain, message or cluster is not ours`() throws {
        let address = make(path, message: id, domain: "one.example")
        let moved = address.split(separator: "@")[0] + "@dispatch.two.example"
        #expect(prove(path, String(moved)) == nil)
        let stranger = try ReturnPath(clusterKeys: [[UInt8](repeating: 2, count: 32)])
        #expect(prove(stranger, address) == nil)
        let again = try ReturnPath(clusterKeys: [[UInt8](repeating: 1, count: 32)])
        #expect(prove(again, address)?.message == id)
    }

    @Test func `a domain that went to another tenant proves nothing for him`() {
        let address = make(path, message: id, domain: "one.example")
        #expect(path.proof(of: address) { _ in TenantID(UUID()) } == nil)
        #expect(path.proof(of: address) { _ in nil } == nil)
        #expect(prove(path, address)?.tenant == tenant)
    }

    @Test func `while the cluster changes its key both prove, and the newest makes`() throws {
        let (old, new) = ([UInt8](repeating: 1, count: 32), [UInt8](repeating: 2, count: 32))
        let both = try ReturnPath(clusterKeys: [old, new])
        let proof = try #require(
            prove(both, make(path, message: id, domain: "one.example", recipients: ["a@x.example"])))
        #expect(both.names("a@x.example", in: proof) == true)
        let newest = try ReturnPath(clusterKeys: [new])
        #expect(prove(newest, make(both, message: id, domain: "one.example"))?.message == id)
        #expect(throws: (any Error).self) { try ReturnPath(clusterKeys: []) }
    }

    @Test(arguments: [
        "", "@", "bounces+@dispatch.", "bounces+.@dispatch.x", "a@b", "bounces@dispatch.one.example",
        "bounces+00000000000000000000000000000000.@dispatch.one.example",
        "bounces+aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@dispatch.one.example",
        "bounces+0.0.0@dispatch.one.example", "bounces+a@dispatch.b@dispatch.c", "\u{212A}@\u{0}",
    ])
    func `what is no return path is none`(text: String) {
        #expect(prove(path, text) == nil)
    }
}
