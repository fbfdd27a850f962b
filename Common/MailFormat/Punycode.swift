/// Punycode with the parameters of IDNA: RFC 3492 §5 and §6. All arithmetic is checked; overflow gives nil.
enum Punycode {
    private static let base = 36
    private static let minimum = 1
    private static let maximum = 26
    private static let initialBias = 72
    private static let initialCode = 128

    /// Encodes one label, without the `xn--` in front. The label is at most 63 scalars, so the square of its
    /// length is small.
    static func encode(_ label: [Unicode.Scalar]) -> String? {
        guard label.count <= 63 else { return nil }
        let basic = label.filter(\.isASCII)
        var output = String(String.UnicodeScalarView(basic))
        if !basic.isEmpty { output.append("-") }
        var handled = basic.count
        var code = initialCode
        var delta = 0
        var bias = initialBias
        while handled < label.count {
            guard let next = label.lazy.map({ Int($0.value) }).filter({ $0 >= code }).min() else {
                return nil
            }
            let (growth, tooLarge) = (next - code).multipliedReportingOverflow(by: handled + 1)
            guard !tooLarge, delta <= Int(Int32.max) - growth else { return nil }
            delta += growth
            code = next
            for scalar in label {
                if Int(scalar.value) < code { delta += 1 }
                guard Int(scalar.value) == code else { continue }
                output += variableLength(delta, bias: bias)
                bias = adapt(delta, count: handled + 1, isFirst: handled == basic.count)
                delta = 0
                handled += 1
            }
            delta += 1
            code += 1
        }
        return output
    }

    private static func variableLength(_ delta: Int, bias: Int) -> String {
        var digits = ""
        var rest = delta
        var position = base
        while true {
            let threshold = min(max(position - bias, minimum), maximum)
            guard rest >= threshold else { break }
            digits.unicodeScalars.append(digit(threshold + (rest - threshold) % (base - threshold)))
            rest = (rest - threshold) / (base - threshold)
            position += base
        }
        digits.unicodeScalars.append(digit(rest))
        return digits
    }

    private static func digit(_ value: Int) -> Unicode.Scalar {
        Unicode.Scalar(UInt8(value < 26 ? value + 0x61 : value - 26 + 0x30))
    }

    private static func adapt(_ delta: Int, count: Int, isFirst: Bool) -> Int {
        var delta = isFirst ? delta / 700 : delta / 2
        delta += delta / count
        var steps = 0
        while delta > (base - minimum) * maximum / 2 {
            delta /= base - minimum
            steps += base
        }
        return steps + (base - minimum + 1) * delta / (delta + 38)
    }

    /// Decodes what stands behind `xn--`; nil when it is malformed.
    static func decode(_ text: String) -> [Unicode.Scalar]? {
        let bytes = Array(text.utf8)
        guard bytes.count <= 63, bytes.allSatisfy({ $0 < 0x80 }) else { return nil }
        let split = bytes.lastIndex(of: .hyphen) ?? 0
        var output = bytes[..<split].map { Unicode.Scalar($0) }
        var index = split > 0 || bytes.first == .hyphen ? split + 1 : 0
        var code = initialCode
        var position = 0
        var bias = initialBias
        while index < bytes.count {
            let before = position
            var weight = 1
            var step = base
            while true {
                guard index < bytes.count, let value = digitValue(bytes[index]) else { return nil }
                index += 1
                position += value * weight
                guard position <= Int(Int32.max) else { return nil }
                let threshold = min(max(step - bias, minimum), maximum)
                if value < threshold { break }
                weight *= base - threshold
                guard weight <= Int(Int32.max) else { return nil }
                step += base
            }
            let count = output.count + 1
            bias = adapt(position - before, count: count, isFirst: before == 0)
            code += position / count
            position %= count
            guard let value = UInt32(exactly: code), let scalar = Unicode.Scalar(value) else { return nil }
            output.insert(scalar, at: position)
            position += 1
        }
        return output
    }

    private static func digitValue(_ byte: UInt8) -> Int? {
        if byte.isDigit { return Int(byte) - 0x30 + 26 }
        return byte.isLetter ? Int(byte | 0x20) - 0x61 : nil
    }
}
