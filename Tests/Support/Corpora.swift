import Glibc

/// Published test vectors of others. They are not part of this repository: `DISPATCH_CORPORA` names the
/// folder where they are, and tests that need one are skipped where it is not.
package enum Corpora {
    /// The folder of a corpus, or nil with a line that says what is skipped.
    package static func folder(_ name: String) -> String? {
        guard let value = getenv("DISPATCH_CORPORA"), value.pointee != 0 else {
            print("skipped: the corpus \(name) needs DISPATCH_CORPORA to name the folder of test vectors")
            return nil
        }
        let path = "\(String(cString: value))/\(name)"
        guard Files.exists(path) else {
            print("skipped: there is no corpus \(name) in \(String(cString: value))")
            return nil
        }
        return path
    }
}
