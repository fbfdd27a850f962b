import EventLoop
import HTTP
import TestSupport

/// Everything that the fake Cloud DNS knows.
struct CloudDNSState: Sendable {
    var zones: [CloudDNSZone] = []
    var accounts: [CloudDNSAccount] = []
    var tokens = CloudDNSTokens()
    /// What others do just before the next change of a zone.
    var edits: [ZoneEdit] = []
}

/// Cloud DNS v1 below `/dns/v1`, and the token endpoint at `/token`.
struct CloudDNSService: Sendable {
    private static let maxBodyBytes = 1 << 20
    private static let root = "/dns/v1/projects/{project}/managedZones"
    private static let maxResults = 100

    let state = Locked(CloudDNSState())
    let throttle = Locked(Throttle())
    private let log: CallLog
    private let propagation: Propagation

    init(log: CallLog, propagation: Propagation) {
        self.log = log
        self.propagation = propagation
    }

    private struct Caller: Sendable {
        let account: CloudDNSAccount
        let body: [UInt8]
    }

    func router() -> Router {
        var router = Router(
            otherwise: Surface(name: "clouddns", prefixes: ["/"]) { error, _ in
                CloudDNSError(error.status.code, "notFound", error.message).response
            })
        router.on(.post, "/token", RouteInfo(summary: "token", authentication: .none)) { request in
            let form = try await request.form(maxBytes: Self.maxBodyBytes)
            let response = state.withLock {
                $0.tokens.answer(form, accounts: $0.accounts, now: Clock.seconds())
            }
            log.add(.cloudDNS, request, body: [], status: response.status, credential: nil)
            return response
        }
        addZones(to: &router)
        addSets(to: &router)
        addChanges(to: &router)
        return router
    }

    private func addZones(to router: inout Router) {
        on(&router, .get, Self.root, "dns.managedZones.list") { request, caller in
            let page = try CloudDNSPage(request.query, maxResults: Self.maxResults, knows: ["dnsName"])
            var zones = state.withLock { $0.zones }
            if let text = request.query["dnsName"] {
                guard text.hasSuffix("."), let name = RecordName(text) else {
                    throw CloudDNSError.parameter("dnsName", text)
                }
                zones = zones.filter { $0.dnsName == name }
            }
            return page.json("dns#managedZonesListResponse", "managedZones", zones.map(\.json))
        }
        on(&router, .get, Self.root + "/{zone}", "dns.managedZones.get") { request, caller in
            try zone(request, caller, "dns.managedZones.get").json
        }
    }

    private func addSets(to router: inout Router) {
        on(&router, .get, Self.root + "/{zone}/rrsets", "dns.resourceRecordSets.list") {
            request, caller in
            let page = try CloudDNSPage(request.query, maxResults: Self.maxResults, knows: ["name", "type"])
            var sets = try zone(request, caller, "dns.resourceRecordSets.list").listed
            if let text = request.query["name"] {
                guard text.hasSuffix("."), let name = RecordName(text) else {
                    throw CloudDNSError.parameter("name", text)
                }
                sets = sets.filter { $0.key.name == name }
            }
            if let type = request.query["type"] {
                guard request.query["name"] != nil else { throw CloudDNSError.required("parameters.name") }
                sets = sets.filter { $0.key.type == type }
            }
            return page.json("dns#resourceRecordSetsListResponse", "rrsets", sets.map(\.json))
        }
        let set = Self.root + "/{zone}/rrsets/{name}/{type}"
        on(&router, .get, set, "dns.resourceRecordSets.get") { request, caller in
            let zone = try zone(request, caller, "dns.resourceRecordSets.get")
            let (name, type) = (request.parameter("name"), request.parameter("type"))
            guard
                let found = zone.listed.first(where: { $0.key.name.absolute == name && $0.key.type == type })
            else { throw CloudDNSError.noResource("name", "\(name) (\(type))") }
            return found.json
        }
    }

    private func addChanges(to router: inout Router) {
        let changes = Self.root + "/{zone}/changes"
        on(&router, .post, changes, "dns.changes.create") { request, caller in
            let id = try zone(request, caller, "dns.changes.create").id
            let edits = state.withLock { ZoneEdit.take(of: request.parameter("zone"), from: &$0.edits) }
            for edit in edits { try await make(edit) }
            let json = JSONValue(reading: caller.body)
            let (zone, change) = try state.withLock { state in
                guard let place = state.zones.firstIndex(where: { $0.id == id }) else {
                    throw CloudDNSError.noResource("managedZone", id)
                }
                let change = try state.zones[place].apply(json, now: Clock.milliseconds())
                return (state.zones[place], change)
            }
            try await serve(zone)
            return change.json
        }
        on(&router, .get, changes, "dns.changes.list") { request, caller in
            let known: Set<String> = ["sortBy", "sortOrder"]
            let page = try CloudDNSPage(request.query, maxResults: Self.maxResults, knows: known)
            var all = try zone(request, caller, "dns.changes.list").changes
            if request.query["sortOrder"] == "descending" { all.reverse() }
            return page.json("dns#changesListResponse", "changes", all.map(\.json))
        }
        on(&router, .get, changes + "/{change}", "dns.changes.get") { request, caller in
            let zone = try zone(request, caller, "dns.changes.get")
            let id = request.parameter("change")
            guard var change = zone.changes.first(where: { $0.id == id }) else {
                throw CloudDNSError.noResource("changeId", id)
            }
            if !change.isDone, let number = change.number, try await propagation.poll(number) {
                change.isDone = true
                update(zone.id, id) { $0.isDone = true }
            }
            return change.json
        }
    }

    /// Hands the zone as it is to the name servers, on behalf of its last change if it has one.
    func serve(_ zone: CloudDNSZone) async throws {
        let target = Propagation.Target(
            zone: zone.dnsName, nameServers: zone.nameServers, isDelegated: zone.isDelegated,
            negativeSeconds: 300)
        let behaviour = throttle.withLock { $0.behaviour }
        let number = try await propagation.begin(target, zone.served, behaviour, canBePolled: true)
        if let last = zone.changes.last { update(zone.id, last.id) { $0.number = number } }
    }

    /// What others do in between, by calls of their own.
    func make(_ edit: ZoneEdit) async throws {
        let zone = try state.withLock { state in
            guard let place = state.zones.firstIndex(where: { $0.name == edit.zone }) else {
                throw CloudDNSError.noResource("managedZone", edit.zone)
            }
            try state.zones[place].exchange(edit.records)
            return state.zones[place]
        }
        try await serve(zone)
    }

    private func update(_ zone: String, _ id: String, _ change: (inout CloudDNSZone.Change) -> Void) {
        state.withLock { state in
            guard let place = state.zones.firstIndex(where: { $0.id == zone }),
                let index = state.zones[place].changes.firstIndex(where: { $0.id == id })
            else { return }
            change(&state.zones[place].changes[index])
        }
    }

    /// By name or by number.
    private func zone(
        _ request: HTTPRequest, _ caller: Caller, _ permission: String
    ) throws(CloudDNSError) -> CloudDNSZone {
        let name = request.parameter("zone")
        guard let zone = state.withLock({ $0.zones.first { $0.name == name || $0.id == name } }) else {
            throw .noResource("managedZone", name)
        }
        guard caller.account.zones.map({ $0.contains(zone.name) }) ?? true else { throw .denied(permission) }
        return zone
    }

    // MARK: Each call

    private func on(
        _ router: inout Router, _ method: HTTPMethod, _ pattern: String, _ permission: String,
        _ handler: @escaping @Sendable (HTTPRequest, Caller) async throws -> JSONValue
    ) {
        router.on(method, pattern, RouteInfo(summary: permission)) { request in
            let body = try await request.readBody(maxBytes: Self.maxBodyBytes)
            var label: String?
            let response: HTTPResponse
            do {
                let account = try account(request)
                label = account.email
                let behaviour = throttle.withLock { $0.refuses(at: .now()) ? $0.behaviour : nil }
                if let behaviour { throw CloudDNSError.throttled(behaviour.refusalStatus) }
                guard request.parameter("project") == account.project, account.allows(permission) else {
                    throw CloudDNSError.denied(permission)
                }
                guard !throttle.withLock({ $0.take(\.failNext) }) else { throw CloudDNSError.failed }
                let answer = try await handler(request, Caller(account: account, body: body))
                let isLost = method != .get && throttle.withLock { $0.take(\.loseNext) }
                guard !isLost else { throw CloudDNSError.failed }
                response = try .json(answer)
            } catch let error as CloudDNSError {
                response = error.response
            }
            log.add(.cloudDNS, request, body: body, status: response.status, credential: label)
            return response
        }
    }

    private func account(_ request: HTTPRequest) throws(CloudDNSError) -> CloudDNSAccount {
        guard case .bearer(let token) = request.authorization else { throw .unauthenticated }
        let account: CloudDNSAccount? = state.withLock { state in
            guard let grant = state.tokens.grants[token], grant.expiresAt > Clock.seconds() else {
                return nil
            }
            return state.accounts.first { $0.email == grant.account }
        }
        guard let account else { throw .unauthenticated }
        return account
    }
}
