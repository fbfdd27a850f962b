import Crypto
import Testing

/// Expected values were computed with another implementation (Python's cryptography).
@Suite struct SealTests {
    private let message = Array("Dispatch sends mail".utf8)
    private let key = (0..<32).map { UInt8($0) }
    private let nonce = (0..<12).map { UInt8($0) }

    @Test func `AES-256-GCM agrees with another implementation`() throws {
        let sealed = try AES256GCM.seal(message, key: key, nonce: nonce, associatedData: "aad")
        #expect(
            Hex.encode(sealed) == "036ba56ba491a173ad32f2e5d59a5800e2bfeb0bd03cc31c901258b3d72355ae1401b8")
        #expect(try AES256GCM.open(sealed, key: key, nonce: nonce, associatedData: "aad") == message)
        let empty = try AES256GCM.seal([] as [UInt8], key: key, nonce: nonce, associatedData: "")
        #expect(Hex.encode(empty) == "f4c2db1dc38805a37b92171c5d0a81cc")
        #expect(try AES256GCM.open(empty, key: key, nonce: nonce, associatedData: "").isEmpty)
    }

    @Test func `the newest of several keys seals, and each of them opens`() throws {
        let other = [UInt8](repeating: 9, count: 32)
        let before = try SymmetricSeal(key: key).seal(message, context: "place")
        let both = try SymmetricSeal(key: other, older: [[UInt8](repeating: 1, count: 32), key])
        #expect(try both.open(before, context: "place") == message)
        #expect(!both.isNewest(before, context: "place"))
        let after = try both.seal(message, context: "place")
        #expect(both.isNewest(after, context: "place"))
        #expect(try SymmetricSeal(key: other).open(after, context: "place") == message)
        #expect(throws: CryptoError.authenticationFailed) { try both.open(before, context: "other") }
        #expect(throws: CryptoError.authenticationFailed) {
            try SymmetricSeal(key: key).open(after, context: "place")
        }
    }

    @Test func `what was changed anywhere does not open`() throws {
        let sealed = try AES256GCM.seal(message, key: key, nonce: nonce, associatedData: "aad")
        for index in sealed.indices {
            var changed = sealed
            changed[index] ^= 1
            #expect(throws: CryptoError.authenticationFailed) {
                try AES256GCM.open(changed, key: key, nonce: nonce, associatedData: "aad")
            }
        }
        #expect(throws: CryptoError.authenticationFailed) {
            try AES256GCM.open(sealed, key: key, nonce: nonce, associatedData: "aae")
        }
        for count in 0..<sealed.count {
            #expect(throws: CryptoError.authenticationFailed) {
                try AES256GCM.open(sealed[..<count], key: key, nonce: nonce, associatedData: "aad")
            }
        }
        #expect(throws: CryptoError.self) {
            try AES256GCM.seal(message, key: Array(key.dropLast()), nonce: nonce, associatedData: "")
        }
    }

    @Test func `X25519 agrees with another implementation`() throws {
        let first = try X25519PrivateKey(raw: key)
        let second = try X25519PrivateKey(raw: key.map { $0 + 32 })
        #expect(
            Hex.encode(first.publicKey.raw)
                == "8f40c5adb68f25624ae5b214ea767a6ec94d829d3d7b5e1ad1ba6f3e2138285f")
        #expect(
            Hex.encode(try first.sharedSecret(with: second.publicKey))
                == "9663aa1da97e848a914a436d04163dfbb89178f107f1b5b77ed3854203382854")
        #expect(
            try first.sharedSecret(with: second.publicKey) == second.sharedSecret(with: first.publicKey))
        #expect(first.raw == key)
        let zero = try X25519PublicKey(raw: [UInt8](repeating: 0, count: 32))
        #expect(throws: CryptoError.self) { try first.sharedSecret(with: zero) }
    }

    @Test func `a sealed box opens for its recipient and its context only`() throws {
        let recipient = try X25519PrivateKey.generate()
        let box = try SealedBox.seal(message, to: recipient.publicKey, context: "message 1")
        #expect(box.first == 1 && box.count == message.count + 65)
        #expect(try SealedBox.open(box, with: recipient, context: "message 1") == message)
        #expect(throws: CryptoError.authenticationFailed) {
            try SealedBox.open(box, with: recipient, context: "message 2")
        }
        let other = try X25519PrivateKey.generate()
        #expect(throws: CryptoError.authenticationFailed) {
            try SealedBox.open(box, with: other, context: "message 1")
        }
        for index in box.indices {
            var changed = box
            changed[index] ^= 0x40
            #expect(throws: CryptoError.self) {
                try SealedBox.open(changed, with: recipient, context: "message 1")
            }
            #expect(throws: CryptoError.self) {
                try SealedBox.open(Array(box[..<index]), with: recipient, context: "message 1")
            }
        }
    }

    @Test func `a sealing key makes boxes that never repeat`() throws {
        let recipient = try X25519PrivateKey.generate()
        let key = try SealingKey(recipient: recipient.publicKey)
        let front: [UInt8] = [9, 9, 9]
        let boxes = try (0..<50).map { _ in
            var bytes = front
            try key.seal(behind: &bytes, context: Array("c".utf8)) { $0 += message }
            #expect(bytes.starts(with: front))
            return Array(bytes.dropFirst(front.count))
        }
        #expect(Set(boxes).count == boxes.count)
        #expect(
            boxes.allSatisfy { $0.first == 2 && $0.count == message.count + SealingKey.overheadBytes })
        #expect(throws: CryptoError.authenticationFailed) {
            try SealedBox.open(boxes[0], with: recipient, context: "d")
        }
        for box in boxes { #expect(try SealedBox.open(box, with: recipient, context: "c") == message) }
        var empty: [UInt8] = []
        try key.seal(behind: &empty, context: Array("c".utf8)) { _ in }
        #expect(try SealedBox.open(empty, with: recipient, context: "c").isEmpty)
    }

    @Test func `a sealing key serves several threads at once, and no two boxes are alike`() async throws {
        let recipient = try X25519PrivateKey.generate()
        let key = try SealingKey(recipient: recipient.publicKey)
        let boxes = try await withThrowingTaskGroup { group in
            for task in 0..<4 {
                group.addTask {
                    try (0..<100).map { round in
                        var box: [UInt8] = []
                        let content = [UInt8](repeating: UInt8(task), count: round * 17)
                        try key.seal(behind: &box, context: [UInt8(round)]) { $0 += content }
                        return (box, content, [UInt8(round)])
                    }
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        for (box, content, context) in boxes {
            #expect(try SealedBox.open(box, with: recipient, context: context) == content)
        }
        #expect(Set(boxes.map { $0.0[33..<45] }).count == boxes.count)
    }

    @Test func `a symmetric seal opens with its key at its place only`() throws {
        let seal = try SymmetricSeal(key: key)
        let sealed = try seal.seal(message, context: "domain 1")
        #expect(sealed.count == message.count + SymmetricSeal.overheadByteCount)
        #expect(try seal.open(sealed, context: "domain 1") == message)
        #expect(throws: CryptoError.authenticationFailed) { try seal.open(sealed, context: "domain 2") }
        let other = try SymmetricSeal(key: key.reversed())
        #expect(throws: CryptoError.authenticationFailed) { try other.open(sealed, context: "domain 1") }
        #expect(throws: CryptoError.self) { try seal.open([], context: "domain 1") }
        #expect(throws: CryptoError.self) { try SymmetricSeal(key: []) }
        #expect(try seal.seal(message, context: "domain 1") != sealed)
    }
}
