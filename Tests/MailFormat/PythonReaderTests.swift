import Testing

@testable import MailFormat

@Suite struct PythonReaderTests {
    @Test func `names, subjects and file names survive python's parser`() throws {
        var message = OutgoingMessage()
        message.from = [try Mailbox("Zoë „Z“ Müller, Dr. <z@bücher.example>".replacing(",", with: ""))]
        message.to = [
            try Mailbox("\"Doe, Jane\" <jane@example.org>"),
            Mailbox(name: "日本 太郎", address: try MailAddress("t@例え.jp")),
            Mailbox(name: "ein Nämé, \"der\" passt", address: try MailAddress("l@x.org")),
        ]
        message.subject = "Grüße: " + String(repeating: "Überlänge 日本 ", count: 15) + "Ende"
        message.text = "naïve\r\n.\r\nFrom x\r\n"
        message.html = "<p>Привет</p>\r\n"
        message.messageID = "<1@example.org>"
        message.boundarySeed = 1
        let names = [
            "Übersicht für März.pdf", "日本語のとても長いファイル名のテストです、本当に長い.xlsx", "a b \"c\".txt", "p;q=r.csv",
        ]
        message.attachments = names.map { .init(filename: $0, bytes: Array("content".utf8)) }
        message.attachments.append(
            .init(filename: "lögo.png", bytes: [1, 2], isInline: true, contentID: "logo"))
        guard let reading = try PythonReader.read(try MIMEBuilder.build(message)) else {
            print("skipped: python3 with its email package is not here")
            return
        }
        #expect(reading.subject == message.subject)
        #expect(reading.from == [["Zoë „Z“ Müller Dr.", "z@xn--bcher-kva.example"]])
        #expect(reading.to.map(\.first) == message.to.map(\.name))
        #expect(reading.to.map(\.last) == message.to.map(\.address.description))
        #expect(reading.text?.replacing("\r\n", with: "\n") == "naïve\n.\nFrom x\n")
        #expect(reading.html?.replacing("\r\n", with: "\n") == "<p>Привет</p>\n")
        #expect(reading.files.map(\.name) == ["lögo.png"] + names)
        #expect(reading.oldFilenames == ["lögo.png"] + names)
        #expect(reading.files.map(\.size) == [2, 7, 7, 7, 7])
        #expect(reading.defects == 0)
    }
}
