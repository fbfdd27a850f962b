import Glibc

/// `posix_spawn` with what the tests need of it. The child gets its own process group and no descriptor but
/// the three given.
enum Spawn {
    /// - Parameters:
    ///   - arguments: the program's path first.
    ///   - input, output, error: descriptors of ours that become 0, 1 and 2 of the child; nil means
    ///     /dev/null.
    static func start(
        _ arguments: [String], environment: [String: String], folder: String? = nil, input: Int32? = nil,
        output: Int32? = nil, error: Int32? = nil, newSession: Bool = false
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (target, source) in [input, output, error].enumerated() {
            if let source {
                posix_spawn_file_actions_adddup2(&actions, source, Int32(target))
            } else {
                posix_spawn_file_actions_addopen(&actions, Int32(target), "/dev/null", O_RDWR, 0)
            }
        }
        for descriptor in inheritableDescriptors() { posix_spawn_file_actions_addclose(&actions, descriptor) }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        let group = newSession ? 0x80 : POSIX_SPAWN_SETPGROUP
        posix_spawnattr_setflags(&attributes, Int16(Int(group) | Int(POSIX_SPAWN_SETSIGMASK)))
        // Glibc's module has no spawn action that changes the folder; a shell that replaces itself does.
        let enter = folder.map { ["/bin/sh", "-c", "cd \"$1\" && shift && exec \"$@\"", "sh", $0] } ?? []
        return try withCStrings(enter + arguments) { argv in
            try withCStrings(environment.map { "\($0.key)=\($0.value)" }) { envp in
                var pid: pid_t = 0
                let code = posix_spawn(
                    &pid, (enter + arguments).first ?? "", &actions, &attributes, argv, envp)
                guard code == 0 else {
                    throw TestSupportError("starting \(arguments.first ?? "")", code: code)
                }
                return pid
            }
        }
    }

    /// Descriptors above the first three that a child would get because nobody marked them close-on-exec.
    private static func inheritableDescriptors() -> [Int32] {
        let names = (try? Files.names(in: "/proc/self/fd")) ?? []
        return names.compactMap { Int32($0) }.filter { descriptor in
            guard descriptor > 2 else { return false }
            let flags = fcntl(descriptor, F_GETFD)
            return flags >= 0 && flags & FD_CLOEXEC == 0
        }
    }

    private static func withCStrings<Result>(
        _ texts: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) throws -> Result
    ) throws -> Result {
        var pointers: [UnsafeMutablePointer<CChar>?] = texts.map { strdup($0) }
        pointers.append(nil)
        defer { for pointer in pointers { free(pointer) } }
        return try pointers.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { throw TestSupportError("no memory") }
            return try body(base)
        }
    }
}
