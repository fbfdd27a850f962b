import Glibc

/// The programs of this package, as built beside the running tests.
package enum Products {
    /// The path of a product such as `mta-node`; throws when it was not built.
    package static func path(_ name: String) throws -> String {
        let path = "\(try folder())/\(name)"
        guard access(path, X_OK) == 0 else {
            throw TestSupportError("\(path) was not built: run `swift build`")
        }
        return path
    }

    /// The folder of the test executable, which is where SwiftPM puts the programs too.
    private static func folder() throws -> String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        guard count > 0 else { throw TestSupportError("readlink /proc/self/exe", code: errno) }
        let executable = String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
        // The process may be SwiftPM's test helper, which names the test bundle among its arguments.
        for argument in [executable] + CommandLine.arguments where argument.hasSuffix(".xctest") {
            return argument.lastIndex(of: "/").map { String(argument[..<$0]) } ?? "."
        }
        throw TestSupportError("\(executable) is not a test bundle")
    }
}
