import EventLoop
import HTTP
import TestSupport

/// Cloudflare's API v4 for zones and DNS records, below `/client/v4`.
struct CloudflareService: Sendable {
    private static let maxBodyBytes = 1 << 20
    /// 1,200 calls in five minutes.
    private static let quota = 1_200

    let state = Locked(CloudflareState())
    let throttle = Locked(Throttle())
    private let log: CallLog
    private let propagation: Propagation

    init(log: CallLog, propagation: Propagation) {
        self.log = log
        self.propagation = propagation
    }

    /// A call whose token was good.
    private struct Caller: Sendable {
        let token: CloudflareToken
        let body: [UInt8]

        /// - Throws: when the body is no JSON object.
        var json: JSONValue {
            get throws(CloudflareError) {
                let value = JSONValue(reading: body)
                guard case .object = value else { throw .notJSON }
                return value
            }
        }
    }

    func router() -> Router {
        var router = Router(
            otherwise: Surface(name: "cloudflare", prefixes: ["/"]) { error, _ in
                CloudflareError(error.status.code, CloudflareError.noRoute.code, error.message).response
            })
        addZones(to: &router)
        addRecords(to: &router)
        return router
    }

    private func addZones(to router: inout Router) {
        on(&router, .get, "/client/v4/user/tokens/verify", nil) { request, caller in
            try .json(Self.envelope(["id": .string(CloudflareState.newID()), "status": "active"]))
        }
        on(&router, .get, "/client/v4/zones", "zone:read") { request, caller in
            let query = try CloudflareQuery(request, knows: CloudflareQuery.zoneNames)
            let zones = state.withLock { $0.zones(of: caller.token) }.filter(query.matches)
            return try .json(try query.page(zones.map(\.json), perPage: 20, in: 5...50))
        }
        on(&router, .get, "/client/v4/zones/{zone}", "zone:read") { request, caller in
            try .json(Self.envelope(try zone(request, caller).json))
        }
        on(&router, .get, "/client/v4/zones/{zone}/dns_settings", "zone:read") { request, caller in
            let zone = try zone(request, caller)
            return try .json(
                Self.envelope([
                    "flatten_all_cnames": .bool(zone.flattensAllAliases), "foundation_dns": false,
                    "multi_provider": false, "ns_ttl": 86_400, "secondary_overrides": false,
                    "zone_mode": "standard",
                ]))
        }
    }

    private func addRecords(to router: inout Router) {
        let records = "/client/v4/zones/{zone}/dns_records"
        on(&router, .get, records, "dns:read") { request, caller in
            let query = try CloudflareQuery(request, knows: CloudflareQuery.recordNames)
            var found: [JSONValue] = []
            for record in try zone(request, caller).records where try query.matches(record) {
                found.append(record.json)
            }
            return try .json(try query.page(found, perPage: 100, in: 1...5_000))
        }
        on(&router, .get, records + "/{record}", "dns:read") { request, caller in
            try .json(Self.envelope(try zone(request, caller).record(request.parameter("record")).json))
        }
        on(&router, .post, records, "dns:edit") { request, caller in
            let input = try CloudflareInput(try caller.json)
            return try await change(request, caller) { zone in
                try zone.create(input, id: CloudflareState.newID(), now: Clock.timestamp()).json
            }
        }
        on(&router, .patch, records + "/{record}", "dns:edit") { request, caller in
            let (input, id) = (try CloudflareInput(try caller.json), request.parameter("record"))
            return try await change(request, caller) { zone in
                try zone.change(id, input, now: Clock.timestamp()).json
            }
        }
        on(&router, .put, records + "/{record}", "dns:edit") { request, caller in
            let (input, id) = (try CloudflareInput(try caller.json), request.parameter("record"))
            return try await change(request, caller) { zone in
                try zone.replace(id, input, now: Clock.timestamp()).json
            }
        }
        on(&router, .delete, records + "/{record}", "dns:edit") { request, caller in
            let id = request.parameter("record")
            return try await change(request, caller) { zone in
                ["id": .string(try zone.delete(id).id)]
            }
        }
        on(&router, .post, records + "/batch", "dns:edit") { request, caller in
            let json = try caller.json
            return try await change(request, caller) { zone in
                try zone.batch(json, now: Clock.timestamp(), newID: CloudflareState.newID)
            }
        }
    }

    private func zone(_ request: HTTPRequest, _ caller: Caller) throws(CloudflareError) -> CloudflareZone {
        let state = state.withLock { $0 }
        return state.zones[try state.place(request.parameter("zone"), of: caller.token)]
    }

    private func change(
        _ request: HTTPRequest, _ caller: Caller,
        _ body: (inout CloudflareZone) throws -> JSONValue
    ) async throws -> HTTPResponse {
        let id = request.parameter("zone")
        let edits = state.withLock { ZoneEdit.take(of: id, from: &$0.edits) }
        for edit in edits { try await make(edit) }
        let (result, zone) = try state.withLock { state in
            let place = try state.place(id, of: caller.token)
            let result = try body(&state.zones[place])
            return (result, state.zones[place])
        }
        try await serve(zone)
        return try .json(Self.envelope(result))
    }

    /// What others do in between, by calls of their own.
    func make(_ edit: ZoneEdit) async throws {
        let zone = try state.withLock { state in
            guard let place = state.zones.firstIndex(where: { $0.id == edit.zone }) else {
                throw CloudflareError.otherZone
            }
            try state.zones[place].exchange(edit.records)
            return state.zones[place]
        }
        try await serve(zone)
    }

    /// Hands the zone as it is to the name servers.
    func serve(_ zone: CloudflareZone) async throws {
        let target = Propagation.Target(
            zone: zone.name, nameServers: zone.nameServers, isDelegated: zone.isDelegated,
            negativeSeconds: 1_800)
        let behaviour = throttle.withLock { $0.behaviour }
        _ = try await propagation.begin(target, zone.served, behaviour, canBePolled: false)
    }

    private static func envelope(_ result: JSONValue) -> JSONValue {
        ["success": true, "errors": [], "messages": [], "result": result]
    }

    // MARK: Each call

    private func on(
        _ router: inout Router, _ method: HTTPMethod, _ pattern: String, _ permission: String?,
        _ handler: @escaping @Sendable (HTTPRequest, Caller) async throws -> HTTPResponse
    ) {
        router.on(method, pattern, RouteInfo(summary: pattern)) { request in
            let body = try await request.readBody(maxBytes: Self.maxBodyBytes)
            var label: String?
            var response: HTTPResponse
            var isRefused = false
            do {
                let token = try token(request)
                let caller = try state.withLock { try $0.caller(token, nil) }
                label = caller.label
                isRefused = throttle.withLock { $0.refuses(at: .now()) }
                guard !isRefused else { throw CloudflareError.throttled }
                guard !throttle.withLock({ $0.take(\.failNext) }) else { throw CloudflareError.failed }
                _ = try state.withLock { try $0.caller(token, permission) }
                response = try await handler(request, Caller(token: caller, body: body))
                let isLost = method != .get && throttle.withLock { $0.take(\.loseNext) }
                guard !isLost else { throw CloudflareError.failed }
            } catch let error as CloudflareError {
                response = error.response
            }
            addLimits(to: &response, isRefused: isRefused)
            log.add(.cloudflare, request, body: body, status: response.status, credential: label)
            return response
        }
    }

    private func token(_ request: HTTPRequest) throws(CloudflareError) -> String {
        guard case .bearer(let token) = request.authorization else { throw .malformedAuthorization }
        return token
    }

    /// `Ratelimit: "default";r=50;t=30` on every answer, `retry-after` on refusals only.
    private func addLimits(to response: inout HTTPResponse, isRefused: Bool) {
        let (left, behaviour) = throttle.withLock {
            ($0.remaining(at: .now(), of: Self.quota), $0.behaviour)
        }
        // What is left is there again when the refusal says that one may come back.
        let seconds = isRefused ? behaviour.retryAfterSeconds : left.seconds
        response.headers["Ratelimit"] = "\"default\";r=\(isRefused ? 0 : left.calls);t=\(seconds)"
        response.headers["Ratelimit-Policy"] =
            "\"default\";q=\(behaviour.budget ?? Self.quota);w=\(behaviour.budgetSeconds)"
        if isRefused { response.headers["retry-after"] = String(behaviour.retryAfterSeconds) }
    }
}
