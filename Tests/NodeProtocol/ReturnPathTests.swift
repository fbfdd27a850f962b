import NodeProtocol
import Testing

@Suite struct ReturnPathTests {
    private let path: ReturnPath
    private let id = MessageID(milliseconds: 1_800_000_000_000, node: 1, random: (2, 3))

    init() throws { path = try ReturnPath(clusterKeys: [[UInt8](repeating: 1, count: 32)]) }

    @Test func `the address gives its message back, in any case`() {
        let address = path.address(message: id, domain: "one.example")
        #expect(address.hasSuffix("@dispatch.one.example"))
        #expect(address.split(separator: "@")[0].utf8.count <= 64)
        #expect(path.message(of: address) == id)
        #expect(path.message(of: address.uppercased()) == id)
        #expect(path.message(of: path.address(message: id, domain: "One.Example")) == id)
    }

    @Test func `no altered character is believed`() {
        let address = Array(path.address(message: id, domain: "one.example").utf8)
        for index in address.indices {
            for change in [0x01, 0x02, 0x10] as [UInt8] {
                var changed = address
                changed[index] ^= change
                let text = String(decoding: changed, as: UTF8.self)
                #expect(path.message(of: text) == nil, "\(text)")
            }
            #expect(path.message(of: String(decoding: address[..<index], as: UTF8.self)) == nil)
        }
    }

    @Test func `the token of another domain, message or cluster is not ours`() throws {
        let address = path.address(message: id, domain: "one.example")
        let moved = address.split(separator: "@")[0] + "@dispatch.two.example"
        #expect(path.message(of: String(moved)) == nil)
        let stranger = try ReturnPath(clusterKeys: [[UInt8](repeating: 2, count: 32)])
        #expect(stranger.message(of: address) == nil)
        let again = try ReturnPath(clusterKeys: [[UInt8](repeating: 1, count: 32)])
        #expect(again.message(of: address) == id)
    }

    @Test(arguments: [
        "", "@", "bounces+@dispatch.", "bounces+.@dispatch.x", "a@b", "bounces@dispatch.one.example",
        "bounces+00000000000000000000000000000000.@dispatch.one.example",
        "bounces+00000000000000000000000000000000.00@dispatch.one.example",
        "bounces+0.0.0@dispatch.one.example", "bounces+a@dispatch.b@dispatch.c", "\u{212A}@\u{0}",
    ])
    func `what is no return path is none`(text: String) {
        #expect(path.message(of: text) == nil)
    }
}
