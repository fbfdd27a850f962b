import FoundationEssentials
import Testing

@testable import Postgres

/// Values go to the server and come back unchanged.
@Suite struct BindingTests {
    private struct Detail: Codable, Equatable {
        let code: Int
        let text: String
        let at: Date
    }

    @Test func `text keeps every character`() async throws {
        let texts = [
            "", "plain", "O'Brien \"x\" \\ $1 %s", "emoji 🚚 and ü", "line\r\nbreak\ttab",
            "😀" + String(repeating: "x", count: 70_000),
        ]
        try await Fixture.scratch { connection in
            for text in texts {
                let row = try #require(try await connection.query("SELECT \(text)::text AS value").first)
                #expect(try row["value", as: String.self] == text)
            }
        }
    }

    @Test func `integers keep their limits`() async throws {
        try await Fixture.scratch { connection in
            for value in [Int64.min, -1, 0, 1, Int64.max] {
                let row = try #require(try await connection.query("SELECT \(value) AS value").first)
                #expect(try row["value", as: Int64.self] == value)
                #expect(try row["value", as: Int.self] == Int(value))
            }
            let row = try #require(
                try await connection.query("SELECT \(Int16.min) AS a, \(Int32.max) AS b, \(UInt16.max) AS c")
                    .first)
            #expect(try row["a", as: Int16.self] == .min)
            #expect(try row["b", as: Int32.self] == .max)
            #expect(try row["c", as: UInt16.self] == .max)
        }
    }

    @Test func `truth values, doubles and UUIDs come back`() async throws {
        let id = UUID()
        try await Fixture.scratch { connection in
            let row = try #require(
                try await connection.query(
                    "SELECT \(true) AS yes, \(false) AS no, \(-12.5) AS number, \(id) AS id"
                ).first)
            #expect(try row["yes"] == true)
            #expect(try row["no"] == false)
            #expect(try row["number"] == -12.5)
            #expect(try row["id"] == id)
            #expect(try row["id", as: String.self] == id.uuidString.lowercased())
        }
    }

    @Test func `dates keep their microseconds`() async throws {
        let dates = [
            Date(timeIntervalSince1970: 0), Date(timeIntervalSince1970: 1_774_778_400.123456),
            Date(timeIntervalSince1970: -62_000_000_000), Date(timeIntervalSince1970: 32_503_680_000.5),
        ]
        try await Fixture.scratch { connection in
            for date in dates {
                let row = try #require(
                    try await connection.query(
                        "SELECT \(date) AS value, extract(epoch FROM \(date)) AS epoch"
                    ).first)
                #expect(abs(try row["value", as: Date.self].timeIntervalSince(date)) < 0.000_002)
                #expect(abs(try row["epoch", as: Double.self] - date.timeIntervalSince1970) < 0.000_01)
            }
        }
    }

    @Test func `bytes keep their zeros`() async throws {
        let all = [UInt8](0...255)
        try await Fixture.scratch { connection in
            let row = try #require(
                try await connection.query(
                    "SELECT \(all) AS bytes, \([UInt8]()) AS empty, octet_length(\(all)) AS length"
                ).first)
            #expect(try row["bytes", as: [UInt8].self] == all)
            #expect(try row["empty", as: [UInt8].self] == [])
            #expect(try row["length", as: Int.self] == 256)
        }
    }

    @Test func `arrays come back with their order`() async throws {
        let texts = ["a", "", "with,comma", "{brace}", "quote\"", "NULL"]
        let ids = [UUID(), UUID()]
        let blobs: [[UInt8]] = [[0, 1], [], [255]]
        try await Fixture.scratch { connection in
            let row = try #require(
                try await connection.query(
                    """
                    SELECT \(texts) AS texts, \(ids) AS ids, \([String]()) AS none, \([1, -2, 3]) AS numbers,
                           \([true, false]) AS flags, cardinality(\(texts)) AS count
                    """
                ).first)
            #expect(try row["texts", as: [String].self] == texts)
            #expect(try row["ids", as: [UUID].self] == ids)
            #expect(try row["none", as: [String].self] == [])
            #expect(try row["numbers", as: [Int].self] == [1, -2, 3])
            #expect(try row["flags", as: [Bool].self] == [true, false])
            #expect(try row["count", as: Int.self] == 6)
            _ = blobs
        }
    }

    @Test func `columns become rows again, with their nulls`() async throws {
        let texts = PostgresColumn<String>(["a", nil, "", "quote\"", "NULL"])
        let numbers = PostgresColumn<Int>([1, nil, -2, .max, .min])
        try await Fixture.scratch { connection in
            let rows = try await connection.query(
                """
                SELECT * FROM unnest(\(texts), \(numbers)) WITH ORDINALITY AS u(text, number, place)
                ORDER BY place
                """)
            #expect(try rows.map { try $0["text", as: String?.self] } == ["a", nil, "", "quote\"", "NULL"])
            #expect(try rows.map { try $0["number", as: Int?.self] } == [1, nil, -2, .max, .min])
            let none = try await connection.query("SELECT * FROM unnest(\(PostgresColumn<Int>([]))) AS u(n)")
            #expect(none.isEmpty)
        }
    }

    @Test func `an array filters by membership`() async throws {
        try await Fixture.scratch { connection in
            let row = try #require(
                try await connection.query(
                    "SELECT count(*) AS n FROM generate_series(1, 10) AS g WHERE g = ANY(\([2, 4, 99]))"
                ).first)
            #expect(try row["n", as: Int.self] == 2)
        }
    }

    @Test func `a JSON document is stored and decoded`() async throws {
        let detail = Detail(
            code: 550, text: "no \"user\" \u{1F4E7}", at: Date(timeIntervalSince1970: 1_774_778_400))
        try await Fixture.scratch { connection in
            let row = try #require(
                try await connection.query(
                    "SELECT \(try JSON(detail)) AS detail, \(try JSON(detail))->>'code' AS code"
                ).first)
            #expect(try row.decode("detail", as: Detail.self) == detail)
            #expect(try row["code", as: String.self] == "550")
            #expect(try row["detail", as: String.self].contains("550"))
        }
    }

    @Test func `nulls of every type are read as nil`() async throws {
        try await Fixture.scratch { connection in
            let row = try #require(
                try await connection.query(
                    """
                    SELECT \(String?.none)::text AS a, \(Int?.none) AS b, \(UUID?.none) AS c,
                           \(Date?.none) AS d, \([UInt8]?.none) AS e, \([String]?.none) AS f,
                           \(JSON?.none) AS g, \(Bool?.none) AS h
                    """
                ).first)
            #expect(try row["a", as: String?.self] == nil)
            #expect(try row["b", as: Int?.self] == nil)
            #expect(try row["c", as: UUID?.self] == nil)
            #expect(try row["d", as: Date?.self] == nil)
            #expect(try row["e", as: [UInt8]?.self] == nil)
            #expect(try row["f", as: [String]?.self] == nil)
            #expect(try row.decodeIfPresent("g", as: Detail.self) == nil)
            #expect(try row["h", as: Bool?.self] == nil)
            #expect(try row.isNull("a"))
        }
    }

    @Test func `text takes on the type of its column`() async throws {
        try await Fixture.scratch { connection in
            try await connection.run(
                script:
                    "CREATE TEMP TABLE t (ip inet, nets cidr[], day date, level text CHECK (level IN ('a')))")
            try await connection.query(
                """
                INSERT INTO t
                VALUES (\("10.1.2.3"), \(["10.0.0.0/8", "2001:db8::/32"])::cidr[], \("2026-03-29"), \("a"))
                """)
            let row = try #require(
                try await connection.query("SELECT * FROM t WHERE ip <<= \("10.0.0.0/8")").first)
            #expect(try row["ip", as: String.self] == "10.1.2.3")
            #expect(try row["nets", as: [String].self] == ["10.0.0.0/8", "2001:db8::/32"])
            #expect(try row["day", as: Date.self] == Date(timeIntervalSince1970: 1_774_742_400))
        }
    }

    @Test func `a statement means the same prepared and not`() async throws {
        try await Fixture.scratch { connection in
            for number in 0..<5 {
                let row = try #require(
                    try await connection.query("SELECT \(number) + 1 AS next, \("v\(number)")::text AS text")
                        .first)
                #expect(try row["next", as: Int.self] == number + 1)
                #expect(try row["text", as: String.self] == "v\(number)")
            }
            let row = try #require(
                try await connection.query("SELECT count(*) AS n FROM pg_prepared_statements").first)
            #expect(try row["n", as: Int.self] == 1)
        }
    }

    @Test func `a table that changed under a prepared statement is read again`() async throws {
        try await Fixture.scratch { connection in
            try await connection.run(
                script: "CREATE TEMP TABLE changing (a int); INSERT INTO changing VALUES (1)")
            let all: SQL = "SELECT * FROM changing"
            for _ in 0..<3 { _ = try await connection.query(all) }
            try await connection.run(script: "ALTER TABLE changing ADD COLUMN b text DEFAULT 'new'")
            let row = try #require(try await connection.query(all).first)
            #expect(try row["b", as: String.self] == "new")
        }
    }

    @Test func `a large value crosses the socket whole`() async throws {
        let large = [UInt8](repeating: 0xA5, count: 30 << 20)
        try await Fixture.scratch { connection in
            let row = try #require(try await connection.query("SELECT \(large) AS bytes").first)
            #expect(try row["bytes", as: [UInt8].self].count == large.count)
        }
    }

    @Test func `the number of changed rows is told`() async throws {
        try await Fixture.scratch { connection in
            try await connection.run(script: "CREATE TEMP TABLE counted (a int)")
            #expect(try await connection.execute("INSERT INTO counted SELECT generate_series(1, 7)") == 7)
            #expect(try await connection.execute("DELETE FROM counted WHERE a > \(5)") == 2)
            #expect(try await connection.execute("DELETE FROM counted WHERE a > \(5)") == 0)
        }
    }
}
