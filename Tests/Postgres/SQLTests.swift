import FoundationEssentials
import Testing

@testable import Postgres

@Suite struct SQLTests {
    @Test func `a value becomes a numbered parameter`() {
        let code = "free"
        let statement: SQL = "SELECT name FROM plans WHERE code = \(code) AND position > \(3)"
        #expect(statement.text == "SELECT name FROM plans WHERE code = $1 AND position > $2")
        #expect(statement.parameters.count == 2)
    }

    @Test func `a nested statement brings its values and is numbered anew`() {
        let filter: SQL = "status = \("queued")"
        let statement: SQL = "SELECT 1 WHERE a = \(1) AND \(filter) AND b = \(2)"
        #expect(statement.text == "SELECT 1 WHERE a = $1 AND status = $2 AND b = $3")
    }

    @Test func `statements are joined with a separator`() {
        let filters: [SQL] = ["a = \(1)", "b = \(2)"]
        #expect(filters.joined(separator: " AND ").text == "a = $1 AND b = $2")
        #expect([SQL]().joined(separator: ", ").isEmpty)
    }

    @Test func `an identifier cannot end its quotes`() {
        let name = "a\"; DROP TABLE plans; --\0"
        let statement: SQL = "LISTEN \(identifier: name)"
        #expect(statement.text == "LISTEN \"a\"\"; DROP TABLE plans; --\"")
        #expect(statement.parameters.isEmpty)
    }

    @Test func `an empty optional is bound as null with its type`() {
        let missing: UUID? = nil
        let statement: SQL = "SELECT \(missing)"
        #expect(statement.parameters == [PostgresParameter(missing)])
        #expect(statement.parameters.first?.value == .null)
        #expect(statement.parameters.first?.type == .uuid)
    }
}

@Suite struct StatementCacheTests {
    @Test func `a statement is prepared when it is seen for the second time`() {
        var cache = StatementCache()
        #expect(cache.choose("a") == .direct)
        #expect(cache.choose("a") == .prepare(name: "d1"))
        cache.prepared("a", name: "d1")
        #expect(cache.choose("a") == .execute(name: "d1"))
        #expect(cache.choose("b") == .direct)
    }

    @Test func `a forgotten statement gets another name`() {
        var cache = StatementCache()
        _ = cache.choose("a")
        _ = cache.choose("a")
        cache.prepared("a", name: "d1")
        cache.forget("a")
        #expect(cache.choose("a") == .direct)
        #expect(cache.choose("a") == .prepare(name: "d2"))
    }

    @Test func `the number of prepared statements is bounded`() {
        var cache = StatementCache()
        for number in 0..<1000 {
            for _ in 0..<2 {
                if case .prepare(let name) = cache.choose("\(number)") {
                    cache.prepared("\(number)", name: name)
                }
            }
        }
        #expect(cache.choose("0") == .execute(name: "d1"))
        #expect(cache.choose("999") == .direct)
    }
}
