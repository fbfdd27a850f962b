import EventLoop
import Testing

@testable import DNS

/// Asking a zone's own servers, which disagree, point elsewhere, or are not what they are said to be.
@Suite struct AuthoritativeTests {
    private let loop: EventLoop
    private let zone: DomainName
    private let name: DomainName
    private let server1: DomainName
    private let server2: DomainName

    init() throws {
        loop = try EventLoop(name: "dns")
        loop.start()
        zone = try #require(DomainName("example.test"))
        name = try #require(DomainName("token.example.test"))
        server1 = try #require(DomainName("ns1.example.test"))
        server2 = try #require(DomainName("ns2.example.test"))
    }

    /// A resolver that knows the zone's servers as 127.0.0.2 and 127.0.0.3, and nothing of `name`.
    private func recursive(_ question: Question) -> ResponseBuilder {
        var response = ResponseBuilder(question)
        switch question {
        case Question(zone, .ns):
            response.add(zone, .ns, server1.wire)
            response.add(zone, .ns, server2.wire)
        case Question(server1, .a): response.add(server1, .a, [127, 0, 0, 2])
        case Question(server2, .a): response.add(server2, .a, [127, 0, 0, 3])
        default:
            response.code = 3
            response.addSOA(zone, ttl: 60, minimum: 60)
        }
        return response
    }

    /// Asks with `answers` as what 127.0.0.2 and 127.0.0.3 say.
    private func ask(
        _ answers: [@Sendable (Question) -> ResponseBuilder]
    ) async throws -> (answer: AuthoritativeTXT, queries: [Int]) {
        let resolverServer = try UDPResponder(on: loop) { recursive($0) }
        let first = try UDPResponder(on: loop, last: 2, answer: answers[0])
        let second = try UDPResponder(on: loop, last: 3, port: first.address.port, answer: answers[1])
        defer { for server in [resolverServer, first, second] { server.stop() } }
        var settings = try #require(ResolverSettings(servers: [resolverServer.address]))
        settings.serverTimeout = .milliseconds(300)
        settings.authoritativePort = first.address.port
        settings.permitsAuthoritative = { _ in true }
        let answer = try await loop.run { [settings] in
            await Resolver(on: loop, settings).authoritativeTXT(name)
        }
        return (answer, [first, second].map { $0.queries.withLock { $0 } })
    }

    private func found(_ question: Question) -> ResponseBuilder {
        var response = ResponseBuilder(question)
        response.flags = [.response, .authoritative]
        response.add(question.name, .txt, Array("\u{5}token".utf8))
        return response
    }

    private func denied(_ question: Question, code: UInt16) -> ResponseBuilder {
        var response = ResponseBuilder(question)
        response.flags = [.response, .authoritative]
        response.code = code
        response.addSOA(zone, ttl: 60, minimum: 60)
        return response
    }

    private func failing(_ question: Question, code: UInt16 = 2) -> ResponseBuilder {
        var response = ResponseBuilder(question)
        response.code = code
        return response
    }

    @Test func `one server that has the record is enough`() async throws {
        let (answer, queries) = try await ask([{ denied($0, code: 3) }, { found($0) }])
        #expect(answer == .found(["token"]) && queries == [1, 1])
    }

    @Test func `servers that agree on nothing make it missing, and a failing one does not change that`()
        async throws
    {
        let absent = try await ask([{ denied($0, code: 3) }, { denied($0, code: 3) }])
        #expect(absent.answer == .missing(nameExists: false))
        let empty = try await ask([{ failing($0) }, { denied($0, code: 0) }])
        #expect(empty.answer == .missing(nameExists: true))
    }

    @Test func `servers that fail, decline or do not own the zone make it unreachable`() async throws {
        let failed = try await ask([{ failing($0) }, { failing($0, code: 5) }])
        guard case .unreachable = failed.answer else {
            Issue.record("\(failed.answer)")
            return
        }
        let lame = try await ask([
            { ResponseBuilder($0) },
            {
                var upward = ResponseBuilder($0)
                upward.add(.authority, .root, .ns, server1.wire)
                return upward
            },
        ])
        guard case .unreachable(let reason) = lame.answer else {
            Issue.record("\(lame.answer)")
            return
        }
        #expect(reason.contains("not authoritative") && reason.contains("lame"))
    }

    @Test func `records of another zone in the answer do not count`() async throws {
        let forged: @Sendable (Question) -> ResponseBuilder = { question in
            var response = ResponseBuilder(question)
            response.flags = [.response, .authoritative]
            let elsewhere = DomainName.root.under("elsewhere.invalid") ?? .root
            response.add(question.name, .cname, elsewhere.wire)
            response.add(elsewhere, .txt, Array("\u{5}token".utf8))
            return response
        }
        let (answer, _) = try await ask([forged, forged])
        guard case .unreachable = answer else {
            Issue.record("\(answer)")
            return
        }
    }
}
