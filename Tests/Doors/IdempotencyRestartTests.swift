import Admission
import EventLoop
import FoundationEssentials
import HTTP
import NodeProtocol
import TestSupport
import Testing

@testable import Doors

/// What a node knows of keys after a crash: the records that were on disk with the messages, and those of the
/// answers as far as they came.
@Suite struct IdempotencyRestartTests {
    private static let time: Int64 = 1_800_000_000_000

    /// Keeps answers in memory.
    private final class Book: KeyBook {
        let notes = Locked<[[UInt8]]>([])
        func note(_ record: [UInt8], at milliseconds: Int64) { notes.withLock { $0.append(record) } }
        func keep(_ record: [UInt8], at milliseconds: Int64) async throws(Refusal) {
            note(record, at: milliseconds)
        }
    }

    private let intake: MemoryIntake
    private let book = Book()
    private let small = #"{"from":"a@one.example","to":"j@x.example","subject":"","text":"Hi"}"#
    private let bulkPath = "/api/v1/dispatch/tenants/\(MemoryIntake.one)/send-bulk"
    private let bulk = """
        {"messages":[{"from":"a@one.example","to":"j@x.example","subject":"1","text_body":"Hi"},\
        {"from":"a@one.example","to":"k@x.example","subject":"2","text_body":"Hi"},\
        {"from":"a@one.example","to":"j@x.example","subject":"1","text_body":"Hi"}]}
        """

    init() throws { intake = try MemoryIntake() }

    /// A node that starts with these records.
    private func node(_ records: [[UInt8]]) throws -> HTTPNode {
        let keys = IdempotencyKeys(now: { Self.time })
        keys.connect(book: book, peers: nil)
        for record in records { keys.restore(record, at: Self.time) }
        return try HTTPNode(intake, idempotency: keys)
    }

    private func post(_ node: HTTPNode, _ path: String, _ json: String) async throws -> HTTPNode.Answer {
        try await node.ask("POST", path, headers: ["Idempotency-Key: k1"], json: json)
    }

    @Test func `after a restart the first answer comes again`() async throws {
        let first = try await post(node([]), "/api/v1/messages", small)
        let records = intake.keyRecords + book.notes.withLock { $0 }
        let second = try await post(node(records), "/api/v1/messages", small)
        #expect(second.status == 202)
        #expect(second.body == first.body)
        #expect(second.headers["idempotent-replay"] == "true")
        #expect(second.headers["location"] == first.headers["location"])
        #expect(try await post(node(records), "/api/v1/messages", small + " ").status == 409)
        #expect(intake.kept.count == 1)
    }

    @Test func `an answer that a crash took is made again of what is on disk`() async throws {
        let first = try await post(node([]), "/api/v1/messages", small)
        let again = try node(intake.keyRecords)
        let second = try await post(again, "/api/v1/messages", small)
        #expect(second.status == 202)
        #expect(second.json == first.json)
        #expect(try await post(again, "/api/v1/messages", small).headers["idempotent-replay"] == "true")
        #expect(try await post(node(intake.keyRecords), "/api/v1/messages", small + " ").status == 409)
        #expect(intake.kept.count == 1)
    }

    @Test(arguments: 0...3)
    func `of a bulk that a crash cut short a retry sends the rest alone`(_ onDisk: Int) async throws {
        let first = try await post(node([]), bulkPath, bulk)
        #expect(first.json["data"]["sent"].integer == 3)
        let records = intake.keyRecords
        try #require(records.count == 3)
        let before = intake.kept.map(\.id.description)
        let second = try await post(node(Array(records.prefix(onDisk))), bulkPath, bulk)
        #expect(second.json["data"]["sent"].integer == 3)
        #expect(intake.kept.count == 3 + 3 - onDisk)
        for index in 0..<onDisk {
            #expect(second.json["data"]["results"][index]["id"].text == before[index])
        }
    }

    @Test(arguments: [
        ("/api/v1/emails", false, []), ("/api/v1/emails/batch", true, []),
        ("/api/v1/emails/batch", true, ["x-batch-validation: permissive"]),
    ])
    func `what was accepted for a time is told so when that time has passed`(
        path: String, isList: Bool, headers: [String]
    ) async throws {
        let email =
            #"{"from":"a@one.example","to":"j@x.example","subject":"s","text":"x","#
            + #""scheduled_at":"2027-01-15T08:01:00Z"}"#
        let headers = headers + ["Idempotency-Key: k1"]
        let json = isList ? "[\(email)]" : email
        let first = try await node([]).ask("POST", path, headers: headers, json: json)
        #expect(first.status < 300, "\(first.body)")
        intake.wait(seconds: 90)
        let second = try await node(intake.keyRecords).ask("POST", path, headers: headers, json: json)
        #expect(second.status == first.status, "\(second.body)")
        #expect(second.json == first.json)
        #expect(intake.kept.count == 1)
        // Whoever asks for the first time is refused.
        let late = try await node([]).ask("POST", path, headers: headers, json: json)
        #expect(late.body.contains("scheduled_at") && late.body.contains("invalid_field"), "\(late.body)")
        #expect(intake.kept.count == 1)
    }

    @Test func `a refusal comes again as it was`() async throws {
        let wrong = #"{"from":"a@two.example","to":"j@x.example","text":"Hi"}"#
        let first = try await post(node([]), "/api/v1/messages", wrong)
        let second = try await post(node(book.notes.withLock { $0 }), "/api/v1/messages", wrong)
        #expect(second.status == 403)
        #expect(second.headers["idempotent-replay"] == "true")
        #expect(second.json["code"] == first.json["code"])
        #expect(second.json["error"] == first.json["error"])
    }

    /// Two nodes: a key belonged to the one and belongs to the other.
    private final class Former: KeyPeers {
        let node: ClusterNode
        let keys: IdempotencyKeys
        init(_ keys: IdempotencyKeys) {
            self.keys = keys
            node = ClusterNode(
                number: 1, url: "http://one", controlURL: "http://one", publicKey: Data(), since: 0)
        }
        func place(of key: String) -> KeyPlace { .here(former: [node]) }
        func pass(_ request: HTTPRequest, body: [UInt8], to owner: ClusterNode) async throws -> HTTPResponse {
            throw APIError.internalError
        }
        func pass(_ message: PassedMessage, to owner: ClusterNode) async throws(Refusal) -> MessageID {
            throw Refusal(.overloaded, "")
        }
        func release(_ key: KeyRelease, by former: ClusterNode) async throws(Refusal) -> KeyRelease.Answer {
            try await keys.release(key, to: 2)
        }
    }

    /// A node that owns the key now, and asks `former` for what it knows.
    private func heir(of former: IdempotencyKeys, _ book: Book) throws -> HTTPNode {
        let keys = IdempotencyKeys(now: { Self.time })
        keys.connect(book: book, peers: Former(former))
        return try HTTPNode(intake, idempotency: keys)
    }

    @Test(arguments: [false, true])
    func `the next owner of a key gives the first answer again, and sends nothing`(
        _ wasAnswered: Bool
    ) async throws {
        let first = try await post(node([]), bulkPath, bulk)
        let former = IdempotencyKeys(now: { Self.time })
        former.connect(book: book, peers: nil)
        let answers = wasAnswered ? book.notes.withLock { $0 } : []
        for record in intake.keyRecords + answers { former.restore(record, at: Self.time) }
        let learnt = Book()
        let second = try await post(heir(of: former, learnt), bulkPath, bulk)
        #expect(second.status == first.status)
        #expect(second.json["data"] == first.json["data"])
        #expect(intake.kept.count == 3)
        // It has noted what it learnt: the one before is not needed for it any more.
        let alone = try node(learnt.notes.withLock { $0 })
        let third = try await post(alone, bulkPath, bulk)
        #expect(third.body == second.body)
        #expect(third.headers["idempotent-replay"] == "true")
        #expect(try await post(heir(of: former, Book()), bulkPath, bulk + " ").status == 409)
        #expect(intake.kept.count == 3)
    }

    @Test func `a key that was released is not begun any more, after a restart as well`() async throws {
        let tenant = try #require(TenantID(text: MemoryIntake.one))
        let name = KeyName(hashing: "live\nsend\nk")
        func asked(_ digest: [UInt8]) -> KeyRelease {
            KeyRelease(tenant: tenant, name: .init(name.bytes), digest: .init(digest))
        }
        let keys = IdempotencyKeys(now: { Self.time })
        keys.connect(book: book, peers: nil)
        let unknown = try await keys.release(asked([1]), to: 2)
        #expect(!unknown.isRunning && unknown.records.isEmpty)
        #expect(book.notes.withLock { $0 }.count == 1)
        guard case .known(let entry) = keys.store.withLock({ $0.begin(name, tenant, [1], now: Self.time) }),
            case .passedOn(2) = entry.outcome
        else {
            Issue.record("the key was begun")
            return
        }
        // A process that comes after this one knows it as well.
        let next = IdempotencyKeys(now: { Self.time })
        for record in book.notes.withLock({ $0 }) { next.restore(record, at: Self.time) }
        guard case .known = next.store.withLock({ $0.begin(name, tenant, [1], now: Self.time) }) else {
            Issue.record("the key was begun after a restart")
            return
        }
    }

    @Test func `a key whose first request runs is not released`() async throws {
        let tenant = try #require(TenantID(text: MemoryIntake.one))
        let name = KeyName(hashing: "live\nsend\nk")
        let keys = IdempotencyKeys(now: { Self.time })
        _ = keys.store.withLock { $0.begin(name, tenant, [1], now: Self.time) }
        let answer = try await keys.release(
            KeyRelease(tenant: tenant, name: .init(name.bytes), digest: .init([1])), to: 2)
        #expect(answer.isRunning)
    }
}
