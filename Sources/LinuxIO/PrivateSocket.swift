import Glibc

/// A unix socket for this process alone: in a directory of its own with mode 0700, mode 0600 itself, open for one
/// connection, which must come from this very process. Loop's thread only.
public final class PrivateSocket {
    /// Where to connect.
    public let path: String
    /// The one connection.
    public var onConnected: (StreamConnection) -> Void = { _ in }
    private let directory: String
    private let loop: EventLoop
    private var listener: Listener?

    /// Listens in a new directory under `parent`, which must be there.
    public init(under parent: String, loop: EventLoop) throws(SystemError) {
        self.loop = loop
        var template = Array("\(parent)/cellbridge-XXXXXX".utf8CString)
        guard unsafe template.withUnsafeMutableBufferPointer({ unsafe mkdtemp($0.baseAddress!) != nil }) else {
            throw SystemError("mkdtemp", parent)
        }
        directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        path = "\(directory)/mqtt"
        do throws(UnixSocket.ListenFailure) {
            let listener = Listener(try UnixSocket.listen(path, mode: 0o600, group: nil))
            self.listener = listener
        } catch {
            removeDirectory()
            if case .system(let error) = error { throw error }
            throw SystemError("bind", path, code: EADDRINUSE)
        }
        guard let listener else { return }
        do throws(SystemError) {
            try listener.watch(on: loop) { [weak self] in self?.accept() }
        } catch {
            self.listener = nil
            removeDirectory()
            throw error
        }
    }

    deinit { close() }

    /// Listens no more, and takes the directory away. A connection that was made goes on.
    public func close() {
        guard let listener else { return }
        self.listener = nil
        listener.close()
        removeDirectory()
    }

    /// Without a descriptor, of which there may be none left.
    private func removeDirectory() {
        _ = unsafe unlink(path)
        _ = unsafe rmdir(directory)
    }

    private func accept() {
        guard let socket = listener?.next(), let peer = try? UnixSocket.peer(of: socket) else { return }
        // Root can come in anywhere; it is not to be mistaken for our client.
        guard peer.pid == getpid(), let connection = try? StreamConnection(socket, loop: loop) else { return }
        close()
        onConnected(connection)
    }
}
