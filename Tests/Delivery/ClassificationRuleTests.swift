import SMTPWire
import Testing

@testable import Delivery

/// What holds for every row of the table, whoever adds the next one.
@Suite struct ClassificationRuleTests {
    private static let rules = ClassificationRule.all
    private static let stages: [SMTPStage] = [
        .route, .connect, .greeting, .hello, .startTLS, .mail, .recipient, .data, .content, .endOfData,
        .reset,
    ]

    @Test func `ids are unique`() {
        #expect(Set(Self.rules.map(\.id)).count == Self.rules.count)
    }

    @Test func `phrases are written as replies are read`() {
        for rule in Self.rules {
            for phrase in rule.phrases {
                let parts = PhraseIndex.parts(of: phrase)
                #expect(parts.count > 1 || parts.allSatisfy { $0.count == 1 }, "\(rule.id): \(phrase)")
                for text in parts.joined() {
                    let read = String(decoding: ReplyWords(text).bytes, as: UTF8.self)
                    #expect(read == (text.hasSuffix(" ") ? text : text + " "), "\(rule.id): \(phrase)")
                    #expect(text.utf8.count >= 3, "\(rule.id): \(phrase)")
                }
            }
        }
    }

    @Test func `no phrase stands in one row twice`() {
        for rule in Self.rules {
            let doubles = Dictionary(grouping: rule.phrases) { $0 }.filter { $1.count > 1 }.keys
            #expect(doubles.isEmpty, "\(rule.id): \(doubles.joined(separator: ", "))")
        }
    }

    @Test func `nothing but what proves an address to be useless suppresses`() {
        for rule in Self.rules {
            #expect(rule.permanent != .suppress || rule.category.maySuppress, "\(rule.id)")
            #expect(rule.transient != .suppress, "\(rule.id)")
        }
    }

    @Test func `no reply suppresses unless it is a 5xx to RCPT`() {
        let stages = Self.stages.filter { $0 != .recipient }
        for (number, text) in Self.texts.enumerated() {
            let stage = stages[number % stages.count]
            let heard = Classifier.classify(SMTPReply(550, .init(5, 1, 1), text), stage: stage)
            #expect(heard.action != .suppress, "\(heard.ruleID) at \(stage): \(text)")
            let deferred = Classifier.classify(SMTPReply(450, .init(4, 1, 1), text), stage: .recipient)
            #expect(deferred.action != .suppress, "\(deferred.ruleID): \(text)")
        }
    }

    @Test func `a 4xx is never final but for a message that is too large`() {
        for rule in Self.rules where rule.transient.isFinal {
            #expect(rule.category == .contentRelated, "\(rule.id)")
        }
    }

    @Test func `a session that is refused gives nobody up`() {
        let stages = Self.stages.filter(\.isBeforeMessage)
        for (number, text) in Self.texts.enumerated() {
            let stage = stages[number % stages.count]
            let heard = Classifier.classify(SMTPReply(554, .init(5, 7, 1), text), stage: stage)
            #expect(!heard.action.isFinal, "\(heard.ruleID) at \(stage): \(text)")
        }
    }

    @Test func `the table's name tells its content`() {
        #expect(Classifier.ruleSet.hasPrefix("smtp-"))
        #expect(Classifier.ruleSet == ClassificationRule.setID)
    }

    /// For each phrase a text that has it.
    private static let texts = rules.flatMap(\.phrases).map { phrase in
        PhraseIndex.parts(of: phrase).compactMap(\.first).joined(separator: " ")
    }
}
