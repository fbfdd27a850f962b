import Testing

@testable import Node

@Suite struct ClassifyCommandTests {
    @Test func `a reply is explained by category, action, rule and phrase`() {
        let lines = ClassifyCommand.explain("550 5.1.1 <a@b.example>: User unknown").split(separator: "\n")
        #expect(
            lines.prefix(3) == [
                "category  InvalidRecipient", "action    suppress", "rule      recipient.unknown",
            ])
        #expect(lines.dropFirst(3).first?.hasPrefix("phrase    user") == true)
        #expect(lines.last?.hasPrefix("rule set  smtp-") == true)
    }

    @Test func `where no phrase decides, the code does`() {
        #expect(ClassifyCommand.explain("552 5.3.4").contains("phrase    none: the code decided"))
    }
}
