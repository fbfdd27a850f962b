import Crypto
import Glibc
import MailAuth

/// What one DKIM signature costs: RSA-2048, relaxed/relaxed, as every message that leaves gets one.
enum Signing {
    static func run(_ arguments: inout Arguments) throws -> String {
        let seconds = try arguments.int("--seconds", default: 2)
        let bytes = try arguments.int("--bytes", default: 4_096)
        try arguments.finish()
        let message = Array(MailLoad.content(sender: "news@bench.example", bytes: bytes).dropLast(3))
        let signer = try DKIMSigner(
            domain: "bench.example", selector: "dispatch", key: .rsa(try RSAPrivateKey.generate()))
        let begun = processorNanoseconds()
        var count = 0
        while processorNanoseconds() - begun < seconds * 1_000_000_000 {
            for _ in 0..<100 { _ = try signer.sign(message, at: count) }
            count += 100
        }
        let spent = Double(processorNanoseconds() - begun) / 1_000
        return "{\"signatures\":\(count),\"signature_us\":\(fixed(spent / Double(count)))}"
    }

    /// Of this thread: what others do on the machine does not count.
    private static func processorNanoseconds() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }
}
