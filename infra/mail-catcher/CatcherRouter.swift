import EventLoop
import FoundationEssentials
import HTTP
import Service

/// What the catcher answers by HTTP: what it caught, and webhooks to catch.
struct CatcherRouter: Sendable {
    private static let maxWebhookBytes = 16 << 20
    private static let maxListed = 1_000

    let messages: Shelf<CaughtMessage>
    let webhooks: Shelf<CaughtWebhook>
    let manners: Manners
    let log: Log

    func router() -> Router {
        var router = Router()
        addMessages(to: &router)
        addWebhooks(to: &router)
        router.on(.get, "/health", Self.info("Whether it works")) { _ in try .json(["status": "ok"]) }
        router.on(.get, "/", Self.info("A page that lists what was caught")) { _ in
            .bytes(
                Array(CatcherPage.html(messages: messages.all, webhooks: webhooks.all).utf8),
                contentType: "text/html; charset=utf-8"
            ).header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
        }
        return router
    }

    private struct MessageList: Encodable { let messages: [CaughtMessage.Summary] }
    private struct WebhookList: Encodable { let webhooks: [CaughtWebhook.View] }
    private struct Deleted: Encodable { let deleted: Int }

    private struct MessageDetail: Encodable {
        let message: CaughtMessage.Summary
        let headers: [CaughtHeader]
        let body: String?
    }

    private func addMessages(to router: inout Router) {
        router.on(.get, "/messages", Self.info("List messages: ?to= ?after= ?limit=")) { request in
            let (after, limit) = try Self.page(request)
            let to = request.query["to"]?.lowercased()
            let found = messages.all.lazy.filter { message in
                message.number > after && (to.map { message.goes(to: $0) } ?? true)
            }
            return try .json(MessageList(messages: found.prefix(limit).map(\.summary)))
        }
        router.on(.delete, "/messages", Self.info("Forget all messages")) { _ in
            try .json(Deleted(deleted: messages.clear()))
        }
        router.on(.get, "/messages/{n}", Self.info("One message, its header and body")) { request in
            let message = try message(request)
            return try .json(
                MessageDetail(message: message.summary, headers: message.headers, body: message.bodyText))
        }
        router.on(.get, "/messages/{n}/raw", Self.info("The exact bytes of one message")) { request in
            .bytes(try message(request).content, contentType: "message/rfc822")
                .header("Content-Security-Policy", "sandbox")
        }
    }

    private func addWebhooks(to router: inout Router) {
        for method in [HTTPMethod.post, .put, .patch] {
            router.on(method, "/webhooks/{name}", Self.info("Take a webhook"), take)
        }
        router.on(.get, "/webhooks", Self.info("List webhooks: ?name= ?after= ?limit=")) { request in
            let (after, limit) = try Self.page(request)
            let name = request.query["name"]
            let found = webhooks.all.lazy.filter { $0.number > after && (name == nil || $0.name == name) }
            return try .json(WebhookList(webhooks: found.prefix(limit).map(\.view)))
        }
        router.on(.delete, "/webhooks", Self.info("Forget all webhooks")) { _ in
            try .json(Deleted(deleted: webhooks.clear()))
        }
    }

    private func take(_ request: HTTPRequest) async throws -> HTTPResponse {
        let name = request.parameter("name")
        let body = try await request.readBody(maxBytes: Self.maxWebhookBytes)
        let status = await status(for: name)
        let number = webhooks.put(
            CaughtWebhook(
                receivedAt: Date(), name: name, method: request.method.rawValue,
                headers: request.headers.all.map { CaughtHeader(name: $0.name, value: $0.value) }, body: body,
                answered: status))
        log.info(
            "webhook caught",
            [
                "n": .int(number), "name": .string(name), "bytes": .int(body.count), "answered": .int(status),
            ])
        return try .json(["n": number], status: HTTPStatus(status))
    }

    private func status(for name: String) async -> Int {
        switch manners.answer(to: name) {
        case .accept: return 200
        case .refuseForGood: return 410
        case .refuseForNow: return 503
        case .acceptLate(let delay):
            await EventLoop.current?.sleep(delay)
            return 200
        }
    }

    private func message(_ request: HTTPRequest) throws(APIError) -> CaughtMessage {
        guard let number = Int(request.parameter("n")), let message = messages.item(number) else {
            throw APIError(404, "not_found", "There is no message of that number.")
        }
        return message
    }

    private static func page(_ request: HTTPRequest) throws(APIError) -> (after: Int, limit: Int) {
        (
            try request.query.integer("after", default: 0, in: 0 ... .max),
            try request.query.integer("limit", default: maxListed, in: 1...maxListed)
        )
    }

    private static func info(_ summary: String) -> RouteInfo {
        RouteInfo(summary: summary, authentication: .none)
    }
}

extension CaughtMessage {
    /// - Parameter address: in lower case.
    fileprivate func goes(to address: String) -> Bool {
        recipients.contains { $0.lowercased() == address }
    }
}
