import Admission
import Testing

/// A message leaves only from a domain that its tenant has verified, whichever way the sender is written.
@Suite struct SenderRulesTests {
    private let world: World
    private let joe = "To: joe@x.example"

    init() throws { world = try World() }

    @Test(arguments: [
        "ann@two.example", "Ann <ann@two.example>", "\"ann@one.example\" <ann@two.example>",
        "ann@one.example.two.example", "ann@taken.one.example", "ann@x.taken.one.example", "ann@example",
        "ann@notone.example", "ann@[192.0.2.1]",
        "one.example <ann@two.example>", "\"@one.example\"@two.example",
        "ann@оne.example",  // a Cyrillic о
    ])
    func `a composed message from another domain is refused`(from: String) {
        #expect(world.refusal(of: composed(from: from))?.code == .domainNotVerified)
    }

    @Test(arguments: [
        "", "ann", "@one.example", "ann@", "ann@one.example, bob@one.example", "team: ann@one.example;",
        "ann@one.example.", "ann@one.example>", "<ann@one.example> x <ann@two.example>", "ann@one.example\0",
        "ann@one.example\r\nBcc: x@y.example", "ann@one .example\n", "ann@@one.example", "ann@one..example",
        "=?utf-8?q?ann=40one.example?=", "ann@xn--99999999999", "ann(@one.example)@two.example",
    ])
    func `a from that is not one mailbox is refused`(from: String) {
        #expect(world.refusal(of: composed(from: from))?.code == .invalid)
    }

    @Test(arguments: [
        "ann@one.example", "ANN@ONE.EXAMPLE", "Ann Doe <ann@One.Example>", "\"Doe, Ann\" <ann@one.example>",
        "Ünn <ann@one.example>", "ann@bücher.example", "ann@BÜCHER.example", "ann@xn--bcher-kva.example",
        "ann@one.example (comment @two.example)", "ann@sub.one.example", "ann@a.b.one.example",
        "=?utf-8?q?ann=40two.example?= <ann@one.example>",
    ])
    func `however an own domain is written, it is known`(from: String) {
        #expect(world.refusal(of: composed(from: from)) == nil)
    }

    @Test(arguments: ["Sender", "sender", "SENDER", "Resent-From", "Resent-Sender", "resent-from"])
    func `a header that names a sender must be of the tenant too`(name: String) {
        #expect(
            world.refusal(of: composed { $0.headers = [(name, "x@two.example")] })?.code == .domainNotVerified
        )
        #expect(
            world.refusal(of: composed { $0.headers = [(name, "a@one.example, x@two.example")] }) != nil)
        #expect(world.refusal(of: composed { $0.headers = [(name, "team: x@two.example;")] }) != nil)
        #expect(world.refusal(of: composed { $0.headers = [(name, "a@one.example")] }) == nil)
    }

    @Test(arguments: [
        "From", "from", "From ", " From", "From:", "Sender ", "Resent-From\t", "From\r\nX", "Fr\u{0}om", "",
    ])
    func `no header of a caller becomes a From or a Sender`(name: String) {
        #expect(world.refusal(of: composed { $0.headers = [(name, "x@two.example")] }) != nil)
    }

    @Test func `a key that is bound to one domain sends from no other`() {
        #expect(world.refusal(of: composed(), as: "dsp_live_one_bound")?.code == .domainNotVerified)
        #expect(world.refusal(of: composed(from: "a@bücher.example"), as: "dsp_live_one_bound") == nil)
    }

    @Test func `what is below a domain leaves as the domain, unless it is a public suffix`() throws {
        let sent = try world.admit(composed(from: "ann@news.one.example"))
        #expect(sent.senderDomain.name == "one.example")
        let closed = try World(coversSubdomains: false)
        #expect(closed.refusal(of: composed(from: "ann@news.one.example"))?.code == .domainNotVerified)
        #expect(closed.refusal(of: composed(from: "ann@one.example")) == nil)
    }

    @Test func `a key that may only read does not send`() {
        #expect(world.refusal(of: composed(), as: "dsp_live_one_reader")?.code == .scopeMissing)
    }

    // MARK: Finished messages

    @Test(arguments: ["x@two.example", "ann@taken.one.example", "ann@[127.0.0.1]"])
    func `the sender of the envelope must be of the tenant`(sender: String) {
        let message = raw(["From: ann@one.example", joe], sender: sender)
        #expect(world.refusal(of: message)?.code == .domainNotVerified)
    }

    @Test(arguments: [
        "From: x@two.example", "from: x@two.example", "From:x@two.example",
        "From: Ann <ann@one.example>, x@two.example",
        "From: team: ann@one.example, x@two.example;", "From: \"ann@one.example\" <x@two.example>",
        "From: =?utf-8?q?ann=40one.example?= <x@two.example>", "From: X@TWO.EXAMPLE",
        "From:\r\n\tx@two.example",
        "From: ann@оne.example", "From: (ann@one.example) x@two.example",
    ])
    func `a From of another domain is refused`(field: String) {
        #expect(world.refusal(of: raw([field, joe]))?.code == .domainNotVerified)
    }

    @Test(arguments: [
        ["Sender: x@two.example"], ["Resent-From: x@two.example"], ["Resent-Sender: x@two.example"],
        ["Resent-From: ann@one.example", "Resent-From: x@two.example"], ["sEnDeR: X@TWO.example"],
    ])
    func `every other field that names a sender is checked`(fields: [String]) {
        #expect(world.refusal(of: raw(["From: ann@one.example", joe] + fields))?.code == .domainNotVerified)
    }

    @Test(arguments: [
        ["From: ann@one.example", "From: x@two.example"], ["From: ann@one.example", "from: ann@one.example"],
        ["From : x@two.example"], ["From: ann@one.example", "From : x@two.example"],
        ["From: ann@one.example", "From\t: x@two.example"],
        ["From: ann@one.example", "Sender : x@two.example"],
        [" From: x@two.example", "From: ann@one.example"],
        ["From: ann@one.example", "Sender: a@one.example", "Sender: a@one.example"],
        ["From:"], ["From: team:;"], ["From: ann@one.example."], ["From: ann"], ["X: y"],
        ["From: ann@one.example", "no colon"],
        ["From: ann@one.example\rFrom: x@two.example"], ["From: ann@one.example\0"],
        ["From: =?utf-8?q?ann=40one.example?="],
        ["From: ann@one.example", "To: a@x.example", "To: b@x.example"],
    ])
    func `a header that readers could read in two ways is refused`(fields: [String]) {
        #expect(world.refusal(of: raw(fields)) != nil)
    }

    @Test(arguments: [
        ["From: ann@one.example"], ["From: Ann <ANN@One.EXAMPLE>"], ["From: a@one.example, b@bücher.example"],
        ["From: ann@one.example", "Sender: Bob <bob@xn--bcher-kva.example>"],
        ["From: team: a@one.example, b@one.example;"], ["From: a@one.example", "Resent-From: b@one.example"],
    ])
    func `own domains are taken`(fields: [String]) {
        #expect(world.refusal(of: raw(fields + [joe])) == nil)
    }

    @Test func `the null sender is taken with a From of the tenant`() throws {
        let admitted = try world.admit(raw(["From: ann@one.example", joe], sender: nil))
        #expect(admitted.envelopeSender == "")
        #expect(admitted.senderDomain.name == "one.example")
        #expect(world.refusal(of: raw(["From: x@two.example"], sender: nil))?.code == .domainNotVerified)
    }
}
