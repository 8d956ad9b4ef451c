/// A listening socket held by a class; closed once. Loop's thread only.
public final class Listener {
    /// How long `rest` lasts.
    static let pause: Duration = .milliseconds(200)

    private var handle: DescriptorReference?
    private weak var loop: EventLoop?
    private var rest: EventLoop.TimerID?
    /// The raw descriptor; -1 once closed.
    public var raw: Int32 { handle?.raw ?? -1 }
    /// Whether it is not closed yet.
    public var isOpen: Bool { handle != nil }

    /// Takes it over.
    public init(_ descriptor: consuming OwnedDescriptor) { handle = DescriptorReference(descriptor) }

    private func accept() throws(SystemError) -> OwnedDescriptor? {
        guard let handle else { return nil }
        return try UnixSocket.accept(handle.descriptor)
    }

    /// Calls `handler` when connections wait, which takes them by `next`, until it is closed.
    public func watch(on loop: EventLoop, _ handler: @escaping () -> Void) throws(SystemError) {
        try loop.watch(raw, .readable) { _ in handler() }
        self.loop = loop
    }

    /// The next connection that waits; nil when none does, or when it cannot be had, as when this process has no
    /// descriptors left. Then it is looked at again after a pause: it waits on, and would be reported without end.
    public func next() -> OwnedDescriptor? {
        do throws(SystemError) {
            return try accept()
        } catch {
            pauseWatching()
            return nil
        }
    }

    private func pauseWatching() {
        guard let loop, let handle, rest == nil else { return }
        try? loop.setInterest(handle.raw, [])
        rest = loop.schedule(after: Self.pause) { [weak self, weak loop] in
            guard let self, let handle = self.handle else { return }
            self.rest = nil
            try? loop?.setInterest(handle.raw, .readable)
        }
    }

    /// Closes it; nothing more is reported.
    public func close() {
        guard let handle else { return }
        if let rest { loop?.cancel(rest) }
        loop?.unwatch(handle.raw)
        self.handle = nil
    }
}
