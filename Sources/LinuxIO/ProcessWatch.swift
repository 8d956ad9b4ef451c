import CLinuxShims

/// Tells when a process ends, whoever started it; its status stays with its parent. Loop's thread only.
public final class ProcessWatch {
    private let loop: EventLoop
    private let handle: DescriptorReference
    private var isOpen = true

    /// Calls `onExit` once when process `pid` has ended; throws ESRCH when there is no such process.
    public init(_ pid: Int32, loop: EventLoop, onExit: @escaping () -> Void) throws(SystemError) {
        self.loop = loop
        let raw = cellbridge_pidfd_open(pid)
        guard raw >= 0 else { throw SystemError("pidfd_open", "\(pid)") }
        handle = DescriptorReference(OwnedDescriptor(owning: raw))
        try loop.watch(raw, .readable) { [weak self] _ in
            self?.close()
            onExit()
        }
    }

    deinit { close() }

    /// Stops watching.
    public func close() {
        guard isOpen else { return }
        isOpen = false
        loop.unwatch(handle.raw)
    }
}
