import Admission
import EventLoop
import HTTP
import NodeProtocol

/// The links of messages, followed: `/t/o/<token>.gif`, `/t/c/<token>` and `/u/<token>`, on any host.
///
/// The token is all that counts: who has it may follow it, nobody else finds one, and it says everything, so
/// that a link works at every node, for years, and without the control plane. What it does not prove is 404
/// and nothing more is told. Looking never unsubscribes: that takes a POST, which scanners do not send.
struct TrackingDoor: Sendable {
    /// A form with one field; nobody sends more in good faith.
    private static let maxFormBytes = 16 * 1024
    /// GIF89a: one transparent pixel.
    private static let pixel: [UInt8] = [
        0x47, 0x49, 0x46, 0x38, 0x39, 0x61, 1, 0, 1, 0, 0x80, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0x21, 0xF9, 4,
        1, 0, 0, 0, 0, 0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0, 0x3B,
    ]

    private let road: any LinkRoad
    private let rates: ClientRates
    private let memory: LinkMemory

    init(road: any LinkRoad, limits: LinkLimits) {
        self.road = road
        var clients = InboundLimits()
        clients.maxMessagesPerMinute = limits.maxVisitsPerMinute
        clients.maxClients = limits.maxClients
        rates = ClientRates(limits: clients)
        memory = LinkMemory(limits: limits)
    }

    func add(to router: inout Router) {
        func info(_ summary: String, _ type: String) -> RouteInfo {
            RouteInfo(
                summary: summary, tag: "Links", authentication: .none,
                responses: [.init(200, "It is ours.", contentType: type)])
        }
        router.on(.get, "/t/o/{file}", info("The picture that tells of an open", "image/gif")) { open($0) }
        router.on(.get, "/t/c/{token}", info("A link that tells of a click", "text/html")) { click($0) }
        router.on(.get, "/u/{token}", info("Ask whether to unsubscribe", "text/html")) { ask($0) }
        router.on(.post, "/u/{token}", info("Unsubscribe (RFC 8058)", "text/html")) {
            try await unsubscribe($0)
        }
    }

    /// The answer to everything else below `/t` and `/u`; nil for other paths.
    static func miss(_ request: HTTPRequest) -> HTTPResponse? {
        guard request.path[0] == "t" || request.path[0] == "u" else { return nil }
        return UnsubscribePage(request).unknown
    }

    private func open(_ request: HTTPRequest) -> HTTPResponse {
        let file = request.parameter("file")
        guard file.hasSuffix(".gif"), let claim = claim(String(file.dropLast(4)), .open) else {
            return unknown(request)
        }
        note(claim, request)
        return .bytes(Self.pixel, contentType: "image/gif").ofLink
    }

    private func click(_ request: HTTPRequest) -> HTTPResponse {
        guard let claim = claim(request.parameter("token"), .click),
            let location = claim.target.flatMap({ LinkTarget.location($0) })
        else { return unknown(request) }
        note(claim, request)
        return HTTPResponse(status: 302, headers: ["Location": location]).ofLink
            .header("X-Robots-Tag", "noindex")
    }

    private func ask(_ request: HTTPRequest) -> HTTPResponse {
        guard let claim = claim(request.parameter("token"), .unsubscribe) else { return unknown(request) }
        return UnsubscribePage(request).question(claim.recipient)
    }

    /// By the button of the page or by a mail program's one click (RFC 8058 §3.1). The token says all, so the
    /// form is received and not read: some programs send it in another form than the standard says.
    private func unsubscribe(_ request: HTTPRequest) async throws -> HTTPResponse {
        guard let claim = claim(request.parameter("token"), .unsubscribe) else { return unknown(request) }
        _ = try await request.readBody(maxBytes: Self.maxFormBytes)
        let page = UnsubscribePage(request)
        do throws(Refusal) {
            // Mailbox providers post for their readers: a machine's word counts here.
            try await road.unsubscribe(
                LinkVisit(claim: claim, reader: Self.reader(request, url: nil, machineReason: nil)))
        } catch {
            road.count(.failed)
            return page.failed(retryAfterSeconds: error.retryAfterSeconds ?? 30)
        }
        return page.done(claim.recipient)
    }

    private func claim(_ token: String, _ act: TrackingClaim.Act) -> TrackingClaim? {
        road.claim(token).flatMap { $0.act == act ? $0 : nil }
    }

    private func unknown(_ request: HTTPRequest) -> HTTPResponse {
        road.count(.unknown)
        return UnsubscribePage(request).unknown
    }

    private func note(_ claim: TrackingClaim, _ request: HTTPRequest) {
        let (now, ip) = (MonotonicTime.now(), request.remoteAddress.ip)
        guard rates.take(ip, now: now) else { return road.count(.limited) }
        var reason = MachineReaders.reason(request)
        if memory.isBurst(claim, from: ip, now: now) { reason = reason ?? "links_in_a_burst" }
        let visit = LinkVisit(
            claim: claim, reader: Self.reader(request, url: claim.target, machineReason: reason))
        guard memory.isNew(visit, now: now) else { return road.count(.repeated) }
        road.note(visit)
    }

    private static func reader(
        _ request: HTTPRequest, url: String?, machineReason: String?
    ) -> Event.Reader {
        Event.Reader(
            userAgent: request.headers["user-agent"] ?? "",
            network: ReaderNetwork.text(of: request.remoteAddress.ip), url: url,
            machineReason: machineReason)
    }
}
