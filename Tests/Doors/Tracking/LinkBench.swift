import Doors
import EventLoop
import HTTP
import NodeProtocol
import Testing

/// The router of a node with links, asked without a socket.
struct LinkBench {
    static let browser =
        "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

    let links: MemoryLinks
    let router: Router

    init(limits: LinkLimits = LinkLimits()) throws {
        links = try MemoryLinks()
        router = DoorRouter.make(intake: try MemoryIntake(), links: (links, limits)) { _, _ in nil }
    }

    func ask(
        _ method: HTTPMethod, _ path: String, headers: HTTPHeaders = ["User-Agent": browser],
        body: [UInt8] = [], from ip: String = "203.0.113.77"
    ) async throws -> HTTPResponse {
        let address = try #require(SocketAddress(ip.contains(":") ? "[\(ip)]:4000" : "\(ip):4000"))
        return await router.respond(
            to: try HTTPRequest(method, path, headers: headers, body: body, remoteAddress: address))
    }

    func open(_ token: String, headers: HTTPHeaders = ["User-Agent": browser]) async throws -> HTTPResponse {
        try await ask(.get, "/t/o/\(token).gif", headers: headers)
    }
}

extension HTTPResponse {
    var text: String { String(decoding: body, as: UTF8.self) }
}
