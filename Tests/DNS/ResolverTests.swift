import EventLoop
import Testing

@testable import DNS

/// The resolver against name servers that the test plays.
@Suite struct ResolverTests {
    private let loop: EventLoop
    private let name: DomainName

    init() throws {
        loop = try EventLoop(name: "dns")
        loop.start()
        name = try #require(DomainName("example.test"))
    }

    private func settings(_ servers: SocketAddress...) throws -> ResolverSettings {
        var settings = try #require(ResolverSettings(servers: servers))
        settings.serverTimeout = .milliseconds(100)
        settings.rounds = 2
        return settings
    }

    private func oneAddress(_ question: Question) -> ResponseBuilder {
        var response = ResponseBuilder(question)
        if question.type == .a { response.add(question.name, .a, [192, 0, 2, 1]) }
        return response
    }

    @Test func `a second question comes from the cache, and the cache counts it`() async throws {
        let server = try UDPResponder(on: loop) { oneAddress($0) }
        defer { server.stop() }
        let settings = try settings(server.address)
        let counts = try await loop.run {
            let resolver = Resolver(on: loop, settings)
            let first = try await resolver.resolve(name, .a)
            let second = try await resolver.resolve(name, .a)
            #expect(first == second)
            return resolver.counts
        }
        #expect(counts.questions == 2 && counts.cacheHits == 1 && counts.datagrams == 1)
        #expect(server.queries.withLock { $0 } == 1)
    }

    @Test func `equal questions at the same time are asked once`() async throws {
        let server = try UDPResponder(on: loop) { oneAddress($0) }
        defer { server.stop() }
        let settings = try settings(server.address)
        let answers = try await loop.run {
            let resolver = LoopBound(Resolver(on: loop, settings), on: loop)
            let count = Locked(0)
            let tasks = (0..<50).map { _ in
                loop.spawn {
                    if (try? await resolver.value.resolve(name, .a)) != nil { count.withLock { $0 += 1 } }
                }
            }
            for task in tasks { await task.value }
            #expect(resolver.value.counts.joined == 49)
            return count.withLock { $0 }
        }
        #expect(answers == 50)
        #expect(server.queries.withLock { $0 } == 1)
    }

    @Test func `a denial is kept as long as its SOA record says, and without one it is not`() async throws {
        let bare = try #require(DomainName("bare.test"))
        let server = try UDPResponder(on: loop) { [name] question in
            var response = ResponseBuilder(question)
            response.code = 3
            if question.name == name { response.addSOA(name, ttl: 60, minimum: 60) }
            return response
        }
        defer { server.stop() }
        let settings = try settings(server.address)
        try await loop.run {
            let resolver = Resolver(on: loop, settings)
            for asked in [name, name, bare, bare] {
                await #expect(throws: DNSError.nxdomain) { try await resolver.resolve(asked, .mx) }
            }
            #expect(resolver.counts.datagrams == 3)
        }
    }

    @Test func `responses with another id or another question are ignored`() async throws {
        let other = try #require(DomainName("other.test"))
        let server = try UDPResponder(on: loop) { query -> [[UInt8]] in
            guard let asked = try? DNSMessage.decode(query), let question = asked.question else { return [] }
            var wrong = ResponseBuilder(question)
            wrong.add(question.name, .a, [6, 6, 6, 6])
            wrong.id = asked.id ^ 1
            var elsewhere = ResponseBuilder(Question(other, .a))
            elsewhere.add(question.name, .a, [6, 6, 6, 6])
            elsewhere.id = asked.id
            var echo = query
            echo[2] &= 0x7F
            var right = ResponseBuilder(question)
            right.add(question.name, .a, [192, 0, 2, 1])
            right.id = asked.id
            return [wrong.bytes, elsewhere.bytes, echo, [1], [], right.bytes]
        }
        defer { server.stop() }
        let settings = try settings(server.address)
        let answer = try await loop.run { try await Resolver(on: loop, settings).resolve(name, .a) }
        #expect(answer.records.map(\.data) == [.a(0xC000_0201)])
    }

    @Test func `a server that is silent, broken, or declines is passed over`() async throws {
        let silent = try UDPResponder(on: loop) { _ in [] }
        let broken = try UDPResponder(on: loop) { query in [Array(query.prefix(2)) + [0x80, 0, 0xFF]] }
        let lame = try UDPResponder(on: loop) { question in
            var response = ResponseBuilder(question)
            response.code = 5
            return response
        }
        let closed = try Listener(.ipv4(0x7F00_0001, port: 0))
        let good = try UDPResponder(on: loop) { oneAddress($0) }
        defer { for server in [silent, broken, lame, good] { server.stop() } }
        let settings = try settings(
            silent.address, closed.address, broken.address, lame.address, good.address)
        closed.close()
        let counts = try await loop.run {
            let resolver = Resolver(on: loop, settings)
            _ = try await resolver.resolve(name, .a)
            return resolver.counts
        }
        #expect(counts.datagrams == 5 && counts.malformed == 1 && counts.timeouts == 2)
    }

    @Test func `what all servers say is what the caller hears`() async throws {
        for (code, expected) in [(2, DNSError.servfail), (5, .refused), (4, .refused)] as [(UInt16, DNSError)]
        {
            let server = try UDPResponder(on: loop) { question in
                var response = ResponseBuilder(question)
                response.code = code
                return response
            }
            let settings = try settings(server.address)
            try await loop.run {
                _ = await #expect(throws: expected) {
                    try await Resolver(on: loop, settings).resolve(name, .a)
                }
            }
            server.stop()
        }
        let broken = try UDPResponder(on: loop) { query in [Array(query.prefix(2)) + [0x80, 0]] }
        defer { broken.stop() }
        let settings = try settings(broken.address)
        try await loop.run {
            _ = await #expect(throws: DNSError.malformed) {
                try await Resolver(on: loop, settings).resolve(name, .a)
            }
        }
    }

    @Test func `a server that does not know EDNS is asked without it`() async throws {
        let server = try UDPResponder(on: loop) { query -> [[UInt8]] in
            guard let asked = try? DNSMessage.decode(query), let question = asked.question else { return [] }
            var response = asked.additional.isEmpty ? oneAddress(question) : ResponseBuilder(nil)
            if !asked.additional.isEmpty { response.code = 1 }
            response.id = asked.id
            return [response.bytes]
        }
        defer { server.stop() }
        let settings = try settings(server.address)
        let answer = try await loop.run { try await Resolver(on: loop, settings).resolve(name, .a) }
        #expect(answer.records.count == 1)
    }

    @Test func `aliases are followed across messages up to the limit`() async throws {
        let chain = try (0..<12).map { try #require(DomainName("a\($0).test")) }
        let server = try UDPResponder(on: loop) { question in
            var response = ResponseBuilder(question)
            let position = chain.firstIndex(of: question.name) ?? 0
            if position < 11 {
                response.add(question.name, .cname, chain[position + 1].wire)
            } else {
                response.add(question.name, .a, [192, 0, 2, 1])
            }
            return response
        }
        defer { server.stop() }
        let settings = try settings(server.address)
        try await loop.run {
            let resolver = Resolver(on: loop, settings)
            let answer = try await resolver.resolve(chain[3], .a)
            #expect(answer.canonicalName == chain[11])
            await #expect(throws: DNSError.servfail) { try await resolver.resolve(chain[2], .a) }
        }
    }

    @Test func `authentic data is believed only from servers that are trusted`() async throws {
        let server = try UDPResponder(on: loop) { question in
            var response = oneAddress(question)
            response.flags.insert(.authenticData)
            return response
        }
        defer { server.stop() }
        let trusted = try settings(server.address)
        let distrusted = try #require(ResolverSettings(servers: [server.address], trustsAuthenticData: false))
        try await loop.run {
            let believed = try await Resolver(on: loop, trusted).resolve(name, .a)
            let doubted = try await Resolver(on: loop, distrusted).resolve(name, .a)
            #expect(believed.isAuthenticData && !doubted.isAuthenticData)
        }
        #expect(ResolverSettings(servers: [.ipv4(0x0909_0909, port: 53)])?.trustsAuthenticData == false)
    }

    @Test func `one address family is enough, and a failure of both is told`() async throws {
        let server = try UDPResponder(on: loop) { question in
            var response = oneAddress(question)
            if question.type == .aaaa { response.code = 2 }
            return response
        }
        defer { server.stop() }
        let settings = try settings(server.address)
        try await loop.run {
            let resolver = Resolver(on: loop, settings)
            let addresses = try await resolver.addresses(name)
            #expect(addresses.all(port: 25) == [.ipv4(0xC000_0201, port: 25)])
        }
        let failing = try UDPResponder(on: loop) { question in
            var response = ResponseBuilder(question)
            if question.type == .aaaa { response.code = 2 }
            return response
        }
        defer { failing.stop() }
        let others = try self.settings(failing.address)
        try await loop.run {
            _ = await #expect(throws: DNSError.servfail) {
                try await Resolver(on: loop, others).addresses(name)
            }
        }
    }

    @Test func `questions beyond the limit fail at once`() async throws {
        let server = try UDPResponder(on: loop) { _ in [] }
        defer { server.stop() }
        var settings = try settings(server.address)
        settings.maxQuestionsOpen = 1
        try await loop.run { [settings] in
            let resolver = Resolver(on: loop, settings)
            let open = resolver.open(Question(name, .a))
            await #expect(throws: DNSError.timedOut) { try await resolver.resolve(name, .mx) }
            #expect(open.result == nil)
            #expect(await resolver.result(of: open) == .failure(.timedOut))
        }
    }

    @Test func `questions wait for their turn and all are answered`() async throws {
        let server = try UDPResponder(on: loop) { oneAddress($0) }
        defer { server.stop() }
        var settings = try settings(server.address)
        settings.maxQuestionsInFlight = 2
        let answered = try await loop.run { [settings] in
            let resolver = Resolver(on: loop, settings)
            let open = try (0..<40).map {
                resolver.open(Question(try #require(DomainName("n\($0).test")), .a))
            }
            var answered = 0
            for question in open { if case .success = await resolver.result(of: question) { answered += 1 } }
            return answered
        }
        #expect(answered == 40)
    }

    @Test func `settings lists give servers with their ports`() {
        let servers = ResolverSettings.servers(list: "127.0.0.1:5353, [::1]:54,9.9.9.9 2620:fe::fe")
        let texts = servers?.map(\.description)
        #expect(texts == ["127.0.0.1:5353", "[::1]:54", "9.9.9.9:53", "[2620:fe::fe]:53"])
        #expect(ResolverSettings.servers(list: "dns.example") == nil)
        #expect(ResolverSettings.servers(list: " ") == nil)
        #expect(ResolverSettings.servers(list: "127.0.0.1:0") == nil)
        let text = "# x\nsearch a\nnameserver 192.0.2.1\nnameserver\tfe80::1%eth0\nnameserver ::1\n"
        let system = ResolverSettings.servers(resolvConf: text).map(\.description)
        #expect(system == ["192.0.2.1:53", "[::1]:53"])
    }
}
