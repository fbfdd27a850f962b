/// One element of a small XML document: its own name without prefix, its text and its children in order.
package struct XMLElement: Sendable, Equatable {
    package var name: String
    package var text = ""
    package var children: [XMLElement] = []

    package init(_ name: String, _ children: [XMLElement]) {
        self.name = name
        self.children = children
    }

    package init(_ name: String, text: String) {
        self.name = name
        self.text = text
    }

    package subscript(_ name: String) -> XMLElement? { children.first { $0.name == name } }

    /// The text of a child.
    func text(_ name: String) -> String? { self[name]?.text }

    /// The document with this root in Route 53's namespace.
    func document() -> [UInt8] {
        var text = "<?xml version=\"1.0\"?>\n<\(name) xmlns=\"\(Self.namespace)\">"
        for child in children { child.write(to: &text) }
        text += "</\(name)>"
        return Array(text.utf8)
    }

    static let namespace = "https://route53.amazonaws.com/doc/2013-04-01/"

    private func write(to output: inout String) {
        output += "<\(name)>"
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": output += "&amp;"
            case "<": output += "&lt;"
            case ">": output += "&gt;"
            case "\"": output += "&quot;"
            default: output.unicodeScalars.append(scalar)
            }
        }
        for child in children { child.write(to: &output) }
        output += "</\(name)>"
    }
}
