import CLinux

/// How the C library's allocator keeps memory: for a server that lives at a steady level instead of growing
/// and shrinking with every burst.
package enum ProcessMemory {
    /// Keeps up to 64 MiB at the top of each arena instead of giving it back page by page, and takes only
    /// pieces from 8 MiB up from the system alone. Call once, before threads start.
    package static func prepare() {
        clinux_keep_memory(64 << 20, 1 << 20, 8 << 20)
    }
}
