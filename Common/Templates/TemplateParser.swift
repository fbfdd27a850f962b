/// Makes nodes of a source, without recursion: open blocks stand on a stack.
struct TemplateParser {
    private struct Open {
        let block: TemplateTag.Block
        let path: TemplatePath
        let offset: Int
        var then: [TemplateNode] = []
        var otherwise: [TemplateNode]?
    }

    private var scanner: TemplateScanner
    private let limits: TemplateLimits
    private var stack: [Open] = []
    private var top: [TemplateNode] = []
    private var count = 0

    private init(_ bytes: [UInt8], _ limits: TemplateLimits) {
        scanner = TemplateScanner(bytes, limits: limits)
        self.limits = limits
    }

    static func parse(
        _ source: String, _ limits: TemplateLimits
    ) throws(TemplateSyntaxError) -> [TemplateNode] {
        let bytes = Array(source.utf8)
        var parser = TemplateParser(bytes, limits)
        guard bytes.count <= limits.maxSourceBytes else {
            throw parser.scanner.error(at: 0, "the source is longer than \(limits.maxSourceBytes) bytes")
        }
        return try parser.nodes()
    }

    private mutating func nodes() throws(TemplateSyntaxError) -> [TemplateNode] {
        while let piece = try scanner.next() {
            switch piece {
            case .text(let text): try append(.text(text), at: 0)
            case .tag(let tag): try take(tag)
            }
        }
        if let open = stack.last {
            throw scanner.error(at: open.offset, "`{{#\(open.block.rawValue)}}` is never closed")
        }
        return top
    }

    private mutating func take(_ tag: TemplateScanner.Tag) throws(TemplateSyntaxError) {
        let meaning: TemplateTag
        do throws(TemplateTagProblem) {
            meaning = try TemplateTag(tag.content, maxPathNames: limits.maxPathNames)
        } catch { throw scanner.error(at: tag.offset, error.reason) }
        if tag.isRaw {
            guard case .value = meaning else {
                throw scanner.error(at: tag.offset, "three braces are for a variable alone")
            }
        }
        switch meaning {
        case .value(let path, let fallback):
            try check(path, tag.offset)
            try append(.value(path, fallback: fallback, isRaw: tag.isRaw), at: tag.offset)
        case .open(let block, let path):
            try check(path, tag.offset)
            guard stack.count < limits.maxDepth else {
                throw scanner.error(at: tag.offset, "blocks stand more than \(limits.maxDepth) deep")
            }
            stack.append(Open(block: block, path: path, offset: tag.offset))
        case .otherwise:
            guard let open = stack.last, open.otherwise == nil else {
                throw scanner.error(at: tag.offset, "`{{else}}` has no block that it belongs to")
            }
            stack[stack.count - 1].otherwise = []
        case .close(let block): try close(block, tag.offset)
        }
    }

    private mutating func close(_ block: TemplateTag.Block, _ offset: Int) throws(TemplateSyntaxError) {
        guard let open = stack.popLast() else {
            throw scanner.error(at: offset, "`{{/\(block.rawValue)}}` closes nothing")
        }
        guard open.block == block else {
            throw scanner.error(
                at: offset,
                "`{{/\(block.rawValue)}}` stands where `{{/\(open.block.rawValue)}}` is expected")
        }
        let otherwise = open.otherwise ?? []
        switch block {
        case .if: try append(.condition(open.path, then: open.then, otherwise: otherwise), at: offset)
        case .each: try append(.loop(open.path, each: open.then, otherwise: otherwise), at: offset)
        }
    }

    private func check(_ path: TemplatePath, _ offset: Int) throws(TemplateSyntaxError) {
        guard path.isOfElement else { return }
        guard stack.contains(where: { $0.block == .each && $0.otherwise == nil }) else {
            throw scanner.error(at: offset, "`this` is the element of `{{#each}}`, and there is none here")
        }
    }

    private mutating func append(_ node: TemplateNode, at offset: Int) throws(TemplateSyntaxError) {
        count += 1
        guard count <= limits.maxNodes else {
            throw scanner.error(at: offset, "the template has more than \(limits.maxNodes) pieces")
        }
        guard let last = stack.indices.last else { return top.append(node) }
        if stack[last].otherwise == nil {
            stack[last].then.append(node)
        } else {
            stack[last].otherwise?.append(node)
        }
    }
}
