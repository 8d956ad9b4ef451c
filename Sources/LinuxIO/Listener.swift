/// A listening socket held by a class; closed once.
public final class Listener {
    private var handle: DescriptorReference?
    /// The raw descriptor; -1 once closed.
    public var raw: Int32 { handle?.raw ?? -1 }
    /// Whether it is not closed yet.
    public var isOpen: Bool { handle != nil }

    /// Takes it over.
    public init(_ descriptor: consuming OwnedDescriptor) { handle = DescriptorReference(descriptor) }

    /// The next connection that waits; nil when none does.
    public func accept() throws(SystemError) -> OwnedDescriptor? {
        guard let handle else { return nil }
        return try UnixSocket.accept(handle.descriptor)
    }

    /// Closes it.
    public func close() { handle = nil }
}
