import FoundationEssentials
import NodeProtocol
import Testing

@Suite struct TrackingLinksTests {
    private let cluster: Cluster
    private let message = MessageID(milliseconds: 1, node: 2, random: (3, 4))

    init() throws { cluster = try Cluster() }

    private func links(base: String?, host: String? = nil, isKeyed: Bool = true) throws -> TrackingLinks? {
        var domain = TenantRecord.Domain(
            id: UUID(), name: "one.example", selector: "s", sealedKey: Data())
        domain.trackingHost = host
        let tenant = TenantRecord(id: try tenantID(1), name: "One", domains: [domain])
        var global = cluster.global()
        global.trackingBaseURL = base
        if isKeyed {
            let context = GlobalChunk.TrackingKey.sealContext
            global.trackingKeys = [
                .init(
                    id: 1, sealedSecret: try cluster.seal([UInt8](repeating: 9, count: 32), context: context))
            ]
        }
        var chunks = try cluster.chunks([tenant])
        chunks["global"] = try cluster.chunk(global)
        return try cluster.snapshot(chunks).trackingLinks(of: tenant, domain: "one.example", message: message)
    }

    @Test func `links lead to the domain's own host by the service's scheme, else to the service's`() throws {
        #expect(try links(base: "https://d.example/")?.base == "https://d.example")
        #expect(try links(base: "https://d.example", host: "t.one.example")?.base == "https://t.one.example")
        #expect(try links(base: "http://127.0.0.1:80", host: "t.one.example")?.base == "http://t.one.example")
        #expect(try links(base: nil, host: "t.one.example")?.base == "https://t.one.example")
        #expect(try links(base: nil) == nil)
        #expect(try links(base: "") == nil)
        #expect(try links(base: "https://d.example", isKeyed: false) == nil)
    }

    @Test func `a link's token says who follows it, and where to`() throws {
        let links = try #require(try links(base: "https://d.example"))
        let tokens = try #require(
            TrackingTokens(keys: [(id: UInt8(1), secret: [UInt8](repeating: 9, count: 32))]))
        let (recipient, target) = ("Jane+x@x.example", "https://x.example/?a=1&b=ä")
        let open = try #require(links.open(recipient))
        let click = try #require(links.click(recipient, target: target))
        let unsubscribe = try #require(links.unsubscribe(recipient))
        #expect(open.hasPrefix("https://d.example/t/o/") && open.hasSuffix(".gif"))
        #expect(
            tokens.claim(open.dropFirst("https://d.example/t/o/".count).dropLast(4))
                == TrackingClaim(.open, tenant: try tenantID(1), message: message, recipient: recipient))
        #expect(
            tokens.claim(click.dropFirst("https://d.example/t/c/".count))
                == TrackingClaim(
                    .click, tenant: try tenantID(1), message: message, recipient: recipient, target: target))
        #expect(
            tokens.claim(unsubscribe.dropFirst("https://d.example/u/".count))
                == TrackingClaim(
                    .unsubscribe, tenant: try tenantID(1), message: message, recipient: recipient)
        )
        var ofTest = links
        ofTest.isTest = true
        let tested = try #require(ofTest.unsubscribe(recipient))
        #expect(
            tokens.claim(tested.dropFirst("https://d.example/u/".count))
                == TrackingClaim(
                    .unsubscribe, tenant: try tenantID(1), message: message, recipient: recipient,
                    isTest: true))
        let longest = String(repeating: "a", count: TrackingLinks.maxTargetBytes)
        let address = String(repeating: "b", count: 320)
        #expect(links.click(address, target: longest) != nil)
    }
}
