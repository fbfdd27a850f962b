/// Fills in the nodes of a template, counting every step and every byte.
struct TemplateRenderer {
    private(set) var output = ""
    private let variables: [String: TemplateValue]
    private let escaping: Template.Escaping
    private let limits: TemplateLimits
    /// The elements of the loops around, the innermost last.
    private var elements: [TemplateValue] = []
    private var steps = 0
    private var outputBytes = 0

    init(variables: [String: TemplateValue], escaping: Template.Escaping, limits: TemplateLimits) {
        self.variables = variables
        self.escaping = escaping
        self.limits = limits
    }

    /// Blocks stand at most `maxDepth` deep in each other, so deep is the recursion.
    mutating func render(_ nodes: [TemplateNode]) throws(TemplateRenderError) {
        for node in nodes {
            try step()
            switch node {
            case .text(let text): try write(text)
            case .value(let path, let fallback, let isRaw): try render(path, fallback, isRaw: isRaw)
            case .condition(let path, let then, let otherwise):
                try render(value(of: path)?.isTrue ?? false ? then : otherwise)
            case .loop(let path, let each, let otherwise): try render(path, each, otherwise)
            }
        }
    }

    private mutating func render(
        _ path: TemplatePath, _ fallback: String?, isRaw: Bool
    ) throws(TemplateRenderError) {
        let value = value(of: path) ?? .null
        if value.isEmpty, let fallback { return try write(escaped(fallback, isRaw: isRaw)) }
        guard value != .null else { throw .missing(path.description) }
        guard let text = value.printed else {
            throw .unfit(path.description, wanted: "a text, a number or true or false")
        }
        if case .markup = value { return try write(text) }
        try write(escaped(text, isRaw: isRaw))
    }

    private mutating func render(
        _ path: TemplatePath, _ each: [TemplateNode], _ otherwise: [TemplateNode]
    ) throws(TemplateRenderError) {
        guard let value = value(of: path) else { throw .missing(path.description) }
        switch value {
        case .null, .list([]): try render(otherwise)
        case .list(let list):
            for element in list {
                try step()
                elements.append(element)
                try render(each)
                elements.removeLast()
            }
        default: throw .unfit(path.description, wanted: "a list")
        }
    }

    /// Looked for in the elements from within, then in the variables; nil when it is nowhere.
    private func value(of path: TemplatePath) -> TemplateValue? {
        guard let first = path.names.first else { return nil }
        if path.isOfElement {
            return elements.last.flatMap { Self.member(path.names.dropFirst(), of: $0) }
        }
        for element in elements.reversed() {
            guard case .object(let members) = element, let found = members[first] else { continue }
            return Self.member(path.names.dropFirst(), of: found)
        }
        return variables[first].flatMap { Self.member(path.names.dropFirst(), of: $0) }
    }

    private static func member(_ names: ArraySlice<String>, of value: TemplateValue) -> TemplateValue? {
        var value = value
        for name in names {
            guard case .object(let members) = value, let next = members[name] else { return nil }
            value = next
        }
        return value
    }

    private func escaped(_ text: String, isRaw: Bool) -> String {
        escaping == .html && !isRaw ? HTMLEscape.escaped(text) : text
    }

    private mutating func write(_ text: String) throws(TemplateRenderError) {
        outputBytes += text.utf8.count
        guard outputBytes <= limits.maxOutputBytes else {
            throw .outputTooLong(limitBytes: limits.maxOutputBytes)
        }
        output += text
    }

    private mutating func step() throws(TemplateRenderError) {
        steps += 1
        guard steps <= limits.maxSteps else { throw .tooManySteps(limit: limits.maxSteps) }
    }
}

/// What would be read as markup, in text and in attribute values with quotes.
enum HTMLEscape {
    static func escaped(_ text: String) -> String {
        guard text.utf8.contains(where: { replacement(of: $0) != nil }) else { return text }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count + 32)
        for byte in text.utf8 {
            if let replacement = replacement(of: byte) {
                bytes += replacement.utf8
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func replacement(of byte: UInt8) -> String? {
        switch byte {
        case UInt8(ascii: "&"): "&amp;"
        case UInt8(ascii: "<"): "&lt;"
        case UInt8(ascii: ">"): "&gt;"
        case UInt8(ascii: "\""): "&quot;"
        case UInt8(ascii: "'"): "&#39;"
        default: nil
        }
    }
}
