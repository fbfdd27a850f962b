import EventLoop
import HTTP

/// Everything that the fake Route 53 knows.
struct Route53State: Sendable {
    var zones: [Route53Zone] = []
    var keys: [Route53Key] = []
    /// The change of the propagation by the id that callers know it by, with the time it was submitted.
    var changes: [String: (number: Int, submittedAt: String)] = [:]
    var refusedBatches = 0
    /// What others do just before the next change of a zone.
    var edits: [ZoneEdit] = []
}

/// Route 53's REST API of 2013-04-01.
struct Route53Service: Sendable {
    private static let maxBodyBytes = 1 << 20
    private static let root = "/2013-04-01"

    let state = Locked(Route53State())
    let throttle = Locked(Throttle())
    private let log: CallLog
    private let propagation: Propagation

    init(log: CallLog, propagation: Propagation) {
        self.log = log
        self.propagation = propagation
    }

    private struct Caller: Sendable {
        let key: Route53Key
        let body: [UInt8]
    }

    func router() -> Router {
        var router = Router(
            otherwise: Surface(name: "route53", prefixes: ["/"]) { error, id in
                Route53Error(error.status.code, "UnknownOperationException", error.message)
                    .response(requestID: id, ownRoot: false)
            })
        addZones(to: &router)
        addSets(to: &router)
        return router
    }

    private func addZones(to router: inout Router) {
        on(&router, .get, "/hostedzone", "ListHostedZones") { request, caller in
            try Route53Lists.zones(zones(of: caller), request.query)
        }
        on(&router, .get, "/hostedzonesbyname", "ListHostedZonesByName") { request, caller in
            try Route53Lists.zonesByName(zones(of: caller), request.query)
        }
        on(&router, .get, "/hostedzonecount", "GetHostedZoneCount") { request, caller in
            XMLElement(
                "GetHostedZoneCountResponse",
                [XMLElement("HostedZoneCount", text: String(zones(of: caller).count))])
        }
        on(&router, .get, "/hostedzone/{zone}", "GetHostedZone") { request, caller in
            let zone = try zone(request, caller, "GetHostedZone")
            let servers = zone.nameServers.map { XMLElement("NameServer", text: $0) }
            var children = [zone.element]
            if !zone.isPrivate {
                children.append(XMLElement("DelegationSet", [XMLElement("NameServers", servers)]))
            }
            return XMLElement("GetHostedZoneResponse", children)
        }
    }

    private func addSets(to router: inout Router) {
        on(&router, .get, "/hostedzone/{zone}/rrset", "ListResourceRecordSets") { request, caller in
            try Route53Lists.sets(try zone(request, caller, "ListResourceRecordSets"), request.query)
        }
        on(&router, .post, "/hostedzone/{zone}/rrset", "ChangeResourceRecordSets") { request, caller in
            let id = try zone(request, caller, "ChangeResourceRecordSets").id
            guard !throttle.withLock({ $0.take(\.busyNext) }) else { throw Route53Error.busy }
            try await makePendingEdits(of: id)
            let batch = try Self.batch(caller.body)
            let zone = try state.withLock { state in
                guard let place = state.zones.firstIndex(where: { $0.id == id }) else {
                    throw Route53Error.noZone(id)
                }
                try state.zones[place].apply(batch)
                return state.zones[place]
            }
            let change = try await serve(zone)
            return XMLElement("ChangeResourceRecordSetsResponse", [try changeInfo(change, isDone: false)])
        }
        on(&router, .get, "/change/{change}", "GetChange") { request, caller in
            let id = request.parameter("change")
            guard let change = state.withLock({ $0.changes[id] }) else { throw Route53Error.noChange(id) }
            let isDone = try await propagation.poll(change.number)
            return XMLElement("GetChangeResponse", [try changeInfo(id, isDone: isDone)])
        }
    }

    /// Hands the zone as it is to the name servers; the id of the change.
    @discardableResult
    func serve(_ zone: Route53Zone) async throws -> String {
        let target = Propagation.Target(
            zone: zone.name, nameServers: zone.nameServers, isDelegated: zone.isDelegated)
        let behaviour = throttle.withLock { $0.behaviour }
        let submittedAt = Clock.milliseconds()
        let number = try await propagation.begin(target, zone.served, behaviour, canBePolled: true)
        let digits = String(number)
        let id = "C" + String(repeating: "0", count: max(0, 13 - digits.count)) + digits
        state.withLock { $0.changes[id] = (number, submittedAt) }
        return id
    }

    /// What others do in between, by calls of their own.
    func make(_ edit: ZoneEdit) async throws {
        let zone = try state.withLock { state in
            guard let place = state.zones.firstIndex(where: { $0.id == edit.zone }) else {
                throw Route53Error.noZone(edit.zone)
            }
            try state.zones[place].exchange(edit.records)
            return state.zones[place]
        }
        try await serve(zone)
    }

    private func makePendingEdits(of zone: String) async throws {
        let edits = state.withLock { ZoneEdit.take(of: zone, from: &$0.edits) }
        for edit in edits { try await make(edit) }
    }

    private func changeInfo(_ id: String, isDone: Bool) throws(Route53Error) -> XMLElement {
        guard let change = state.withLock({ $0.changes[id] }) else { throw .noChange(id) }
        return XMLElement(
            "ChangeInfo",
            [
                XMLElement("Id", text: "/change/\(id)"),
                XMLElement("Status", text: isDone ? "INSYNC" : "PENDING"),
                XMLElement("SubmittedAt", text: change.submittedAt),
            ])
    }

    private static func batch(_ body: [UInt8]) throws(Route53Error) -> XMLElement {
        guard let (root, namespace) = try? XMLReader.read(body), namespace == XMLElement.namespace,
            root.name == "ChangeResourceRecordSetsRequest", root.children.map(\.name) == ["ChangeBatch"]
        else { throw .malformedXML }
        return root.children[0]
    }

    private func zones(of caller: Caller) -> [Route53Zone] {
        // Listing knows no single zones: whoever may list sees all.
        state.withLock { $0.zones }
    }

    private func zone(
        _ request: HTTPRequest, _ caller: Caller, _ action: String
    ) throws(Route53Error) -> Route53Zone {
        let id = request.parameter("zone")
        guard caller.key.zones.map({ $0.contains(id) }) ?? true else {
            throw .denied(
                "route53:\(action) on resource: arn:aws:route53:::hostedzone/\(id)", caller.key.user)
        }
        guard let zone = state.withLock({ $0.zones.first { $0.id == id } }) else { throw .noZone(id) }
        return zone
    }

    // MARK: Each call

    private func on(
        _ router: inout Router, _ method: HTTPMethod, _ path: String, _ action: String,
        _ handler: @escaping @Sendable (HTTPRequest, Caller) async throws -> XMLElement
    ) {
        router.on(method, Self.root + path, RouteInfo(summary: action)) { request in
            let body = try await request.readBody(maxBytes: Self.maxBodyBytes)
            var label: String?
            let response: HTTPResponse
            do {
                let keys = state.withLock { $0.keys }
                let key = try Route53Signature.signer(
                    of: request, body: body, keys: keys, now: Clock.seconds())
                label = key.id
                guard !throttle.withLock({ $0.refuses(at: .now()) }) else { throw Route53Error.throttled }
                guard !throttle.withLock({ $0.take(\.failNext) }) else { throw Route53Error.failed }
                guard key.allows("route53:\(action)") else {
                    throw Route53Error.denied("route53:\(action)", key.user)
                }
                let element = try await handler(request, Caller(key: key, body: body))
                let isLost = method != .get && throttle.withLock { $0.take(\.loseNext) }
                guard !isLost else { throw Route53Error.failed }
                response = HTTPResponse.bytes(element.document(), contentType: "text/xml")
                    .header("x-amzn-RequestId", request.requestID)
            } catch let error as Route53Error {
                response = error.response(requestID: request.requestID, ownRoot: usesOwnRoot(error))
            }
            log.add(.route53, request, body: body, status: response.status, credential: label)
            return response
        }
    }

    private func usesOwnRoot(_ error: Route53Error) -> Bool {
        guard error.code == "InvalidChangeBatch" else { return false }
        switch throttle.withLock({ $0.behaviour.errorRoot }) {
        case .errorResponse: return false
        case .invalidChangeBatch: return true
        case .alternating:
            return state.withLock { state in
                state.refusedBatches += 1
                return state.refusedBatches % 2 == 0
            }
        }
    }
}
