import Testing

@testable import HTTP

@Suite struct RouterTests {
    private struct Unexpected: Error {}

    private func text(_ response: HTTPResponse) -> String { String(decoding: response.body, as: UTF8.self) }

    private func router() -> Router {
        var router = Router()
        router.add(
            Surface(name: "shouting", prefixes: ["/api/v1/loud"]) { error, id in
                .text("LOUD \(error.code) \(id.utf8.count)", status: error.status)
            })
        router.add(
            Surface(name: "api", prefixes: ["/api"]) { error, _ in
                .text("api \(error.code)", status: error.status)
            })
        let info = RouteInfo(summary: "")
        router.on(.get, "/", info) { _ in .text("root") }
        router.on(.get, "/api/{a}/x/{b}", info) {
            .text("ab \($0.parameter("a")) \($0.parameter("b")) \($0.parameter("c"))")
        }
        router.on(.get, "/api/fixed/x/fixed", info) { _ in .text("fixed") }
        router.on(.delete, "/api/{id}", info) { .text("delete \($0.parameter("id"))") }
        router.on(.get, "/api/search", info) { _ in .text("search") }
        router.on(.get, "/files/{path...}", info) { .text("files \($0.parameter("path"))") }
        router.on(.post, "/api/v1/loud/refuse", info) { _ in
            throw APIError(429, "slow_down", "Slowly.", retryAfterSeconds: 7, headers: ["X-Extra": "1"])
        }
        router.on(.post, "/api/v1/loud/break", info) { _ in throw Unexpected() }
        return router
    }

    private func ask(_ method: HTTPMethod, _ target: String) async throws -> HTTPResponse {
        await router().respond(to: try HTTPRequest(method, target))
    }

    @Test func `parameters are decoded segments, and a name that the pattern lacks is empty`() async throws {
        #expect(text(try await ask(.get, "/api/a%2Fb/x/c%20d/")) == "ab a/b c d ")
        #expect(text(try await ask(.get, "/files/a/b%2Fc/d")) == "files a/b/c/d")
        #expect(text(try await ask(.get, "/")) == "root")
    }

    @Test func `a static segment wins, and a branch that leads nowhere is left again`() async throws {
        #expect(text(try await ask(.get, "/api/fixed/x/fixed")) == "fixed")
        #expect(text(try await ask(.get, "/api/fixed/x/other")) == "ab fixed other ")
        #expect(text(try await ask(.get, "/api/search")) == "search")
        #expect(text(try await ask(.delete, "/api/search")) == "delete search")
    }

    @Test func `an empty segment is no parameter`() async throws {
        #expect(try await ask(.get, "/api//x/b").status == 404)
        #expect(try await ask(.get, "/files").status == 404)
        #expect(try await ask(.get, "/files/").status == 404)
    }

    @Test func `a wrong method is told which ones there are`() async throws {
        let response = try await ask(.post, "/api/search")
        #expect(response.status == 405)
        #expect(response.headers["Allow"] == "GET, DELETE, HEAD")
        let options = try await ask(.options, "/api/search")
        #expect(options.status == 204)
        #expect(options.headers["Allow"] == "GET, DELETE, HEAD, OPTIONS")
        #expect(try await ask(.options, "/nowhere").status == 404)
        #expect(try await ask(.options, "*").status == 204)
        #expect(try await ask(.head, "/api/search").status == 200)
    }

    @Test func `errors are printed by the surface with the longest prefix`() async throws {
        #expect(text(try await ask(.get, "/api/v1/loud/x")) == "LOUD not_found 32")
        #expect(text(try await ask(.get, "/api/v1/louder")) == "api not_found")
        #expect(text(try await ask(.get, "/elsewhere")).hasPrefix(#"{"error":{"#))
    }

    @Test func `a marked error is shown with its fields, any other is a 500 and reported`() async throws {
        let refused = try await ask(.post, "/api/v1/loud/refuse")
        #expect(refused.status == 429)
        #expect(refused.headers["Retry-After"] == "7")
        #expect(refused.headers["X-Extra"] == "1")
        var router = router()
        await confirmation { reported in
            router.reportInternalError = { error, pattern, _ in
                #expect(error is Unexpected)
                #expect(pattern == "/api/v1/loud/break")
                reported()
            }
            guard let request = try? HTTPRequest(.post, "/api/v1/loud/break") else { return }
            let response = await router.respond(to: request)
            #expect(response.status == 500)
            #expect(text(response) == "LOUD internal_error 32")
        }
    }

    @Test func `a fallback takes what no route takes, unless it declines`() async throws {
        var router = router()
        router.fallback = { request, miss in
            request.path[0] == "mine" || miss == .noMethod([.get, .delete, .head]) ? .text("relayed") : nil
        }
        #expect(text(await router.respond(to: try HTTPRequest(.get, "/mine/x"))) == "relayed")
        #expect(text(await router.respond(to: try HTTPRequest(.post, "/api/search"))) == "relayed")
        #expect(await router.respond(to: try HTTPRequest(.get, "/yours")).status == 404)
    }

    @Test func `routes are listed in order with their patterns`() {
        #expect(router().routes.map(\.pattern).prefix(2) == ["/", "/api/{a}/x/{b}"])
        #expect(router().routes[1].parameterNames == ["a", "b"])
    }
}
