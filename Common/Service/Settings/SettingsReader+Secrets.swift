import Glibc

/// Secrets come from the variable itself or, so that they need not stand in the environment, from a file
/// named by the variable with `_FILE` appended (container secrets, systemd credentials). One line end at the
/// end of the file is dropped.
extension SettingsReader {
    package mutating func secret(_ name: String, help: String) -> Secret {
        readSecret(name, isRequired: true, help: help) ?? Secret("")
    }

    package mutating func optionalSecret(_ name: String, help: String) -> Secret? {
        readSecret(name, isRequired: false, help: help)
    }

    /// The variable that names a file for a secret.
    static func fileVariable(of name: String) -> String { "\(name)_FILE" }

    private mutating func readSecret(_ name: String, isRequired: Bool, help: String) -> Secret? {
        let fileVariable = Self.fileVariable(of: name)
        guard let path = text(of: fileVariable) else {
            let declaration = SettingDeclaration(
                name: name, kind: .secret, defaultText: nil, isRequired: isRequired, unit: nil, help: help)
            return value(
                of: declaration, default: nil, expected: "a secret, or \(fileVariable) with its path"
            ) {
                Secret($0)
            }
        }
        declare(
            SettingDeclaration(
                name: name, kind: .secret, defaultText: nil, isRequired: isRequired, unit: nil, help: help))
        if text(of: name) != nil {
            note(fileVariable, value: path, expected: "\(name) is set as well; set one of the two")
        }
        guard let content = Self.content(ofSmallFile: path), !content.isEmpty else {
            note(fileVariable, value: path, expected: "expected a readable text file that is not empty")
            return nil
        }
        setInForce(name, "[secret]")
        return Secret(content)
    }

    /// The text of a file of at most `maxValueBytes`, without one line end at its end; nil when it cannot be
    /// read.
    private static func content(ofSmallFile path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: maxValueBytes + 1)
        var count = 0
        while count < bytes.count {
            let received = bytes.withUnsafeMutableBytes { buffer in
                Glibc.read(descriptor, buffer.baseAddress.map { $0 + count }, buffer.count - count)
            }
            if received < 0 && errno == EINTR { continue }
            guard received >= 0 else { return nil }
            if received == 0 { break }
            count += received
        }
        guard count <= maxValueBytes else { return nil }
        if count > 0, bytes[count - 1] == UInt8(ascii: "\n") { count -= 1 }
        if count > 0, bytes[count - 1] == UInt8(ascii: "\r") { count -= 1 }
        return String(validating: bytes[..<count], as: UTF8.self)
    }
}
