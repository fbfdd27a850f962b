import Testing

/// The time at which a message is to leave: the same reader at every door (RFC 3339 §5.6).
@Suite struct DialectTimeTests {
    private static let times: [(text: String, milliseconds: Int64)] = [
        ("2027-01-16T00:00:00Z", 1_800_057_600_000),
        ("2027-01-16T00:00:00.5Z", 1_800_057_600_500),
        ("2027-01-16T00:00:00.123999Z", 1_800_057_600_123),
        ("2027-01-16T01:30:00.001+01:30", 1_800_057_600_001),
        ("2027-01-15T23:00:00.000000001-01:00", 1_800_057_600_000),
        ("2027-01-16t00:00:00z", 1_800_057_600_000),
        ("2027-01-16T01:00:00+0100", 1_800_057_600_000),
        ("2027-01-16T01:00:00+01", 1_800_057_600_000),
        // A leap second is counted as the one before it.
        ("2027-01-31T23:59:60Z", 1_801_439_999_000),
    ]

    private static let wrong = [
        "", "tomorrow", "2027-02-30T00:00:00Z", "2027-02-29T00:00:00Z", "2027-13-01T00:00:00Z",
        "2027-00-01T00:00:00Z", "2027-01-16T24:00:00Z", "2027-01-16T00:60:00Z", "2027-01-16T12:00:60Z",
        "2027-01-16T00:00:61Z", "2027-01-16T00:00:00", "2027-01-16", "2027-01-16T00:00Z",
        "2027-1-16T00:00:00Z", "2027-01-16T0:00:00Z", "2027-01-16T00:00:00Zx", "2027-01-16T00:00:00Z ",
        "2027-01-16T00:00:00.Z", "2027-01-16T00:00:00,5Z", "2027-01-16T00:00:00+24:00",
        "2027-01-16T00:00:00+01:60", "2027-01-16T00:00:00+1:00", "+2027-01-16T00:00:00Z",
        "99999999999999999999-01-01T00:00:00Z", "2027-01-16T99999999999999999999:00:00Z",
    ]

    @Test(arguments: HTTPDialect.all)
    func `a time by RFC 3339 is taken to the millisecond`(dialect: HTTPDialect) async throws {
        let node = try HTTPNode(MemoryIntake())
        for (text, milliseconds) in Self.times {
            let body = dialect.body(with: [(dialect.timeField, dialect.value(text))])
            let answer = try await dialect.post(body, to: node)
            #expect(answer.status == dialect.acceptedStatus, "\(text): \(answer.body)")
            #expect(node.intake.kept.last?.scheduledAt == milliseconds, "\(text)")
        }
        #expect(node.intake.kept.count == Self.times.count)
    }

    @Test(arguments: HTTPDialect.all)
    func `what is no such time is refused by its field`(dialect: HTTPDialect) async throws {
        let node = try HTTPNode(MemoryIntake())
        for text in Self.wrong + [String(repeating: "9", count: 10_000)] {
            let body = dialect.body(with: [(dialect.timeField, dialect.value(text))])
            let answer = try await dialect.post(body, to: node)
            let refusal = dialect.refusal(answer)
            #expect(answer.status == 400, "\(text): \(answer.body)")
            #expect(refusal.code == dialect.spells("invalid_field"), "\(text): \(answer.body)")
            #expect(refusal.field == dialect.timeField, "\(text): \(answer.body)")
        }
        #expect(node.intake.kept.isEmpty)
    }

    @Test(arguments: HTTPDialect.json)
    func `a number is no time, however large`(dialect: HTTPDialect) async throws {
        let node = try HTTPNode(MemoryIntake())
        for number in ["1", "-1", "1800057600", "1e300", "-1e300", "9e18", "1e999", "true", "[]", "{}"] {
            let answer = try await dialect.post(
                dialect.body(with: [(dialect.timeField, number)]), to: node)
            #expect(answer.status == 400, "\(number): \(answer.body)")
        }
        #expect(node.intake.kept.isEmpty)
    }
}
