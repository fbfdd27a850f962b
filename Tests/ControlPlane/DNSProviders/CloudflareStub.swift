import EventLoop
import FoundationEssentials
import HTTP
import TestSupport

@testable import ControlPlane

/// As much of Cloudflare as a set-up uses, with zones that a test makes. It is strict where Cloudflare is:
/// tokens, quotes, priorities, equal records, ids that are gone.
final class CloudflareStub: Sendable {
    struct Record: Sendable, Equatable {
        let id: String
        let type: String
        let name: String
        var content: String
        var priority: Int?
        var revision = 1
    }

    struct Zone: Sendable {
        let name: String
        let token: String
        var nameServers: [String]
        var status = "active"
        var records: [Record] = []
        var disturbances: [Disturbance] = []
    }

    /// What happens at the next batch of a zone.
    enum Disturbance: Sendable {
        /// Somebody else adds a text to a name just before.
        case addition(String, at: String)
        /// It is made, and its answer is lost.
        case lostAnswer
        case refusal(Int)
    }

    private struct State {
        var zones: [String: Zone] = [:]
        var nextID = 1
    }

    private let state = Locked(State())
    private let server: HTTPServer
    private let publish: @Sendable (String, TXTLookup?) -> Void

    var url: String { "http://\(server.address)" }

    init(on loop: EventLoop, _ publish: @escaping @Sendable (String, TXTLookup?) -> Void) throws {
        self.publish = publish
        let state = state
        var router = Router()
        router.fallback = { request, _ in
            let body = JSONValue(reading: try await request.readBody(maxBytes: 1 << 20))
            let token = String((request.headers["Authorization"] ?? "").dropFirst(7))
            let (answer, changed) = state.withLock { state in
                Self.answer(
                    request.method, request.head.rawPathAndQuery, request.query["name"], token, body, &state)
            }
            if let changed { Self.publish(changed, publish) }
            return answer
        }
        server = try HTTPServer(HTTPServerConfiguration(address: .ipv4(0x7F00_0001, port: 0)), router: router)
        try server.start(on: [loop])
    }

    // MARK: In the hands of a test

    /// A zone with texts, delegated to its servers; its id.
    func zone(_ name: String, token: String, texts: [(name: String, text: String)] = []) -> String {
        let zone = state.withLock { state in
            let id = String(repeating: "0", count: 24) + String(10_000_000 + state.nextID)
            state.nextID += 1
            var zone = Zone(name: name, token: token, nameServers: ["a.ns.example", "b.ns.example"])
            for (name, text) in texts {
                zone.records.append(Self.record(&state, "TXT", name, "\"\(text)\"", nil))
            }
            state.zones[id] = zone
            return (id, zone)
        }
        publish("NS \(name)", .found(zone.1.nameServers))
        Self.publish(zone.1, publish)
        return zone.0
    }

    func change(_ id: String, _ body: @Sendable (inout Zone) -> Void) {
        let zone = state.withLock { state -> Zone? in
            guard var zone = state.zones[id] else { return nil }
            body(&zone)
            state.zones[id] = zone
            return zone
        }
        if let zone { Self.publish(zone, publish) }
    }

    func disturb(_ id: String, _ disturbance: Disturbance) {
        state.withLock { $0.zones[id]?.disturbances.append(disturbance) }
    }

    /// The content of every record, by type and name, sorted.
    func contents(_ id: String) -> [String] {
        state.withLock { state in
            (state.zones[id]?.records ?? []).map {
                "\($0.type) \($0.name) \($0.priority.map { "\($0) " } ?? "")\(Self.plain($0.content))"
            }.sorted()
        }
    }

    // MARK: Answers

    private static func answer(
        _ method: HTTPMethod, _ target: String, _ name: String?, _ token: String, _ body: JSONValue,
        _ state: inout State
    ) -> (HTTPResponse, changed: Zone?) {
        guard state.zones.values.contains(where: { $0.token == token }) else {
            return (failed(403, 9109), nil)
        }
        let segments = target.prefix { $0 != "?" }.split(separator: "/").map(String.init)
        if segments == ["zones"] {
            let zones = state.zones.filter { $0.value.token == token }.map { view($0.key, $0.value) }
            return (ok(.array(zones)), nil)
        }
        guard segments.count > 1, let zone = state.zones[segments[1]], zone.token == token else {
            return (failed(404, 7003), nil)
        }
        switch (method, segments.dropFirst(2).joined(separator: "/")) {
        case (.get, ""): return (ok(view(segments[1], zone)), nil)
        case (.get, "dns_records"):
            return (ok(.array(zone.records.filter { $0.name == name }.map(view))), nil)
        case (.post, "dns_records/batch"): return batch(segments[1], body, &state)
        default: return (failed(404, 7000), nil)
        }
    }

    private static func batch(
        _ id: String, _ body: JSONValue, _ state: inout State
    ) -> (HTTPResponse, changed: Zone?) {
        guard var zone = state.zones[id] else { return (failed(404, 7003), nil) }
        let disturbance = zone.disturbances.isEmpty ? nil : zone.disturbances.removeFirst()
        state.zones[id] = zone
        if case .refusal(let status)? = disturbance { return (failed(status, 10_001), nil) }
        if case .addition(let text, let name)? = disturbance {
            zone.records.append(record(&state, "TXT", name, "\"\(text)\"", nil))
            state.zones[id] = zone
            // As a reader between two looks would see it.
            return (failed(400, 81044), zone)
        }
        for deletion in body["deletes"].elements {
            guard let index = zone.records.firstIndex(where: { $0.id == deletion["id"].text }) else {
                return (failed(404, 81044), nil)
            }
            zone.records.remove(at: index)
        }
        for patch in body["patches"].elements {
            guard let index = zone.records.firstIndex(where: { $0.id == patch["id"].text }) else {
                return (failed(404, 81044), nil)
            }
            zone.records[index].content = patch["content"].text ?? zone.records[index].content
            zone.records[index].revision += 1
        }
        for post in body["posts"].elements {
            let (type, name) = (post["type"].text ?? "", post["name"].text ?? "")
            let content = post["content"].text ?? ""
            if type == "TXT", !content.hasPrefix("\"") { return (failed(400, 9000), nil) }
            if type == "MX", post["priority"].integer == nil { return (failed(400, 9100), nil) }
            guard post["proxied"].bool == false, name.hasSuffix(zone.name) else {
                return (failed(400, 9004), nil)
            }
            let new = record(&state, type, name, content, post["priority"].integer)
            let isEqual = zone.records.contains {
                $0.type == type && $0.name == name && plain($0.content) == plain(content)
            }
            if isEqual { return (failed(400, 81058), nil) }
            zone.records.append(new)
        }
        state.zones[id] = zone
        if case .lostAnswer? = disturbance { return (failed(502, 0), zone) }
        return (ok(.object([:])), zone)
    }

    private static func record(
        _ state: inout State, _ type: String, _ name: String, _ content: String, _ priority: Int?
    ) -> Record {
        state.nextID += 1
        return Record(id: "r\(state.nextID)", type: type, name: name, content: content, priority: priority)
    }

    private static func view(_ id: String, _ zone: Zone) -> JSONValue {
        [
            "id": .string(id), "name": .string(zone.name), "status": .string(zone.status),
            "name_servers": .array(zone.nameServers.map { .string($0) }),
        ]
    }

    private static func view(_ record: Record) -> JSONValue {
        var view: [String: JSONValue] = [
            "id": .string(record.id), "type": .string(record.type), "name": .string(record.name),
            "content": .string(record.content), "ttl": 1,
            "modified_on": "2026-01-01T00:00:0\(record.revision)Z",
        ]
        if let priority = record.priority { view["priority"] = .integer(priority) }
        return .object(view)
    }

    private static func ok(_ result: JSONValue) -> HTTPResponse {
        reply(["success": true, "errors": [], "messages": [], "result": result], 200)
    }

    private static func failed(_ status: Int, _ code: Int) -> HTTPResponse {
        let error: JSONValue = ["code": .integer(code), "message": "refused"]
        return reply(["success": false, "errors": [error], "messages": [], "result": .null], status)
    }

    private static func reply(_ body: JSONValue, _ status: Int) -> HTTPResponse {
        let bytes = (try? JSONEncoder().encode(body)) ?? Data()
        return .bytes([UInt8](bytes), contentType: "application/json", status: HTTPStatus(status))
    }

    // MARK: DNS

    static func plain(_ content: String) -> String {
        content.replacing("\" \"", with: "").replacing("\"", with: "")
    }

    private static func publish(_ zone: Zone, _ publish: (String, TXTLookup?) -> Void) {
        for name in Set(zone.records.map(\.name)) {
            let texts = zone.records.filter { $0.name == name && $0.type == "TXT" }.map { plain($0.content) }
            publish(name, texts.isEmpty ? nil : .found(texts))
            let hosts = zone.records.filter { $0.name == name && $0.type == "MX" }
                .map { "\($0.priority ?? 0) \($0.content)" }
            publish("MX \(name)", hosts.isEmpty ? nil : .found(hosts))
        }
    }
}
