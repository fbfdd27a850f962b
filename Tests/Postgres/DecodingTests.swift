import FoundationEssentials
import Testing

@testable import Postgres

/// Reading a column as something that it is not says which column, and never what it held.
@Suite struct DecodingTests {
    @Test func `an unknown column is named`() async throws {
        let error = try await postgresError {
            try await Fixture.scratch { connection in
                let row = try #require(try await connection.query("SELECT 1 AS a").first)
                _ = try row["b", as: Int.self]
            }
        }
        #expect(error == .decoding(column: "b", reason: "is not in the result"))
    }

    @Test func `a null that is not expected is named`() async throws {
        let error = try await postgresError {
            try await Fixture.scratch { connection in
                let row = try #require(try await connection.query("SELECT NULL::text AS name").first)
                _ = try row["name", as: String.self]
            }
        }
        #expect(error == .decoding(column: "name", reason: "is null"))
    }

    @Test(arguments: ["Int", "Bool", "UUID", "Date", "[UInt8]", "[String]", "Double", "JSON"])
    func `text is not taken for another type`(_ kind: String) async throws {
        let error = try await postgresError {
            try await Fixture.scratch { connection in
                let row = try #require(try await connection.query("SELECT 'secret'::text AS name").first)
                switch kind {
                case "Int": _ = try row["name", as: Int.self]
                case "Bool": _ = try row["name", as: Bool.self]
                case "UUID": _ = try row["name", as: UUID.self]
                case "Date": _ = try row["name", as: Date.self]
                case "[UInt8]": _ = try row["name", as: [UInt8].self]
                case "[String]": _ = try row["name", as: [String].self]
                case "Double": _ = try row["name", as: Double.self]
                default: _ = try row["name", as: JSON.self]
                }
            }
        }
        guard case .decoding("name", _) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(!error.description.contains("secret"))
    }

    @Test func `a number that does not fit is refused`() async throws {
        let error = try await postgresError {
            try await Fixture.scratch { connection in
                let row = try #require(try await connection.query("SELECT 70000 AS n").first)
                _ = try row["n", as: UInt16.self]
            }
        }
        #expect(error == .decoding(column: "n", reason: "does not fit UInt16"))
    }

    @Test func `sums and averages are numbers`() async throws {
        try await Fixture.scratch { connection in
            let row = try #require(
                try await connection.query(
                    """
                    SELECT sum(g::bigint) AS sum, avg(g::int) AS average, 12.5::numeric AS half,
                           -100000000000000000::numeric AS large, 0::numeric AS zero,
                           0.0001::numeric AS small, 30000::numeric AS round, 3.00::numeric AS padded
                    FROM generate_series(1, 4) AS g
                    """
                ).first)
            #expect(try row["sum", as: Int.self] == 10)
            #expect(try row["average", as: Double.self] == 2.5)
            #expect(try row["half", as: Double.self] == 12.5)
            #expect(try row["large", as: Int64.self] == -100_000_000_000_000_000)
            #expect(try row["zero", as: Int.self] == 0)
            #expect(try row["small", as: Double.self] == 0.0001)
            #expect(try row["round", as: Int.self] == 30000)
            #expect(try row["padded", as: Int.self] == 3)
        }
    }

    @Test(arguments: ["12.5", "1e30", "'NaN'"])
    func `a numeric that is no bigint is refused`(_ literal: String) async throws {
        let error = try await postgresError {
            try await Fixture.scratch { connection in
                let row = try #require(
                    try await connection.query(SQL(unsafe: "SELECT \(literal)::numeric AS n")).first)
                _ = try row["n", as: Int.self]
            }
        }
        guard case .decoding("n", _) = error else {
            Issue.record("\(error)")
            return
        }
    }

    @Test(arguments: [
        "10.1.2.3", "10.1.2.0/24", "::", "::1", "2001:db8::1", "2001:db8:0:1::/64", "fe80::1:0:0:1",
        "1:2:3:4:5:6:7:8", "1:0:0:2:0:0:0:3",
    ])
    func `a network address is written as the server writes it`(_ text: String) async throws {
        try await Fixture.scratch { connection in
            let row = try #require(
                try await connection.query("SELECT \(text)::inet AS value, \(text)::inet::text AS text").first
            )
            let expected = try row["text", as: String.self]
            let value = try row["value", as: String.self]
            #expect(value == expected || value + "/32" == expected || value + "/128" == expected)
        }
    }

    @Test func `an array with a null or a second dimension is refused`() async throws {
        for literal in ["ARRAY['a', NULL]", "ARRAY[['a'], ['b']]"] {
            let error = try await postgresError {
                try await Fixture.scratch { connection in
                    let row = try #require(
                        try await connection.query(SQL(unsafe: "SELECT \(literal) AS list")).first)
                    _ = try row["list", as: [String].self]
                }
            }
            guard case .decoding("list", _) = error else {
                Issue.record("\(error)")
                return
            }
        }
    }

    @Test func `an infinite date is refused`() async throws {
        let error = try await postgresError {
            try await Fixture.scratch { connection in
                let row = try #require(
                    try await connection.query("SELECT 'infinity'::timestamptz AS at").first)
                _ = try row["at", as: Date.self]
            }
        }
        #expect(error == .decoding(column: "at", reason: "is infinite"))
    }

    @Test func `every cut of a binary value is refused without a trap`() {
        let whole = PostgresParameter(["a", "longer text", ""])
        guard case .bytes(let bytes) = whole.value else { return }
        for length in 0..<bytes.count {
            let cell = PostgresCell(type: PostgresType.text.arrayOID, bytes: bytes[..<length])
            #expect(throws: CellError.self) { try [String](cell) }
        }
        for length in 0..<7 {
            let cell = PostgresCell(type: PostgresType.bigint.oid, bytes: bytes[..<length])
            #expect(throws: CellError.self) { try Int64(cell) }
            let numeric = PostgresCell(type: ReadOnlyType.numeric, bytes: bytes[..<length])
            #expect(throws: CellError.self) { try Double(numeric) }
        }
    }
}
