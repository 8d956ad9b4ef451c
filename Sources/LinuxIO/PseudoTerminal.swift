import CLinuxShims
import Glibc

/// A serial line without hardware: the master side is ours, the slave side is a path that anybody may open as a port.
///
/// Raw from the start. Nothing of it is kept open on the slave side, so `hasReader` tells the truth; the settings
/// survive all the same. For use on a loop call `attach`; after that it belongs to the loop's thread.
public final class PseudoTerminal {
    /// The most bytes `write` holds back for the reader.
    public static let writeLimit = 65536

    /// What to open on the other side, e.g. /dev/pts/3.
    public let slavePath: String
    /// Called with what the other side wrote, at most 4096 bytes.
    public var onBytes: ([UInt8]) -> Void = { _ in }
    /// Called when somebody opens the slave side (`true`) and when the last one closes it (`false`), within some
    /// milliseconds of it.
    public var onReaderChanged: (Bool) -> Void = { _ in }
    /// Called when the kernel has taken everything written so far; never from inside `write`.
    public var onDrained: () -> Void = {}

    private var master: DescriptorReference?
    private var links: [String] = []
    private var loop: EventLoop?
    private var timer: EventLoop.TimerID?
    private var isWatched = false
    private var owesDrained = false
    private var queue = WriteQueue(capacity: PseudoTerminal.writeLimit)

    /// Makes the pair, raw.
    public init() throws(SystemError) {
        var master: Int32 = -1
        let name = unsafe [UInt8](unsafeUninitializedCapacity: 128) { buffer, count in
            unsafe buffer.withMemoryRebound(to: CChar.self) {
                master = unsafe cellbridge_pty_open($0.baseAddress!, 128)
                if master >= 0 { count = unsafe strlen($0.baseAddress!) }
            }
        }
        guard master >= 0 else { throw SystemError("posix_openpt") }
        let owner = DescriptorReference(OwnedDescriptor(owning: master))
        self.master = owner
        slavePath = String(decoding: name, as: UTF8.self)
        // Opened and closed once: that makes it raw, and from then on the master tells "nobody there" from the
        // state before the first open.
        let slave = try OwnedDescriptor.open(slavePath, flags: O_RDWR | O_NOCTTY | O_NONBLOCK)
        guard cellbridge_serial_raw(slave.raw, 115200, 0) == 0 else { throw SystemError("tcsetattr", slavePath) }
    }

    deinit { close() }

    /// Whether a process has the slave side open.
    public var hasReader: Bool {
        guard let master else { return false }
        return events(master.raw) & Int32(POLLHUP) == 0
    }

    /// Whether bytes wait, perhaps from somebody who is gone already.
    private var hasInput: Bool {
        guard let master else { return false }
        return events(master.raw) & Int32(POLLIN) != 0
    }

    private func events(_ descriptor: Int32) -> Int32 {
        var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        // A failure of poll says as much as a hang-up.
        return unsafe poll(&request, 1, 0) < 0 ? Int32(POLLHUP) : Int32(request.revents)
    }

    /// The speed in bit/s that the slave side was last set to, `nil` when it is none we name.
    public var speed: Int? {
        guard let master else { return nil }
        var settings = termios()
        guard unsafe tcgetattr(master.raw, &settings) == 0 else { return nil }
        let constant = unsafe cfgetospeed(&settings)
        return SerialPort.supportedSpeeds.first { cellbridge_speed(UInt32($0)) == constant }
    }

    /// Makes `path` a link to the slave side, replacing a link that is there in one step; removed on `close`. Anything
    /// else that is there, a file or a device, stays as it is and is an error, EEXIST.
    public func link(at path: String) throws(SystemError) {
        let draft = path + ".new"
        // Run as root, one slip of the pen would otherwise cost a system file.
        for place in [path, draft] where Files.isThere(place) && Files.link(place) == nil {
            throw SystemError("symlink", place, code: EEXIST)
        }
        try Files.remove(draft)
        guard unsafe symlink(slavePath, draft) == 0 else { throw SystemError("symlink", path) }
        guard unsafe rename(draft, path) == 0 else {
            let error = SystemError("rename", path)
            unsafe unlink(draft)
            throw error
        }
        links.append(path)
    }

    /// Reads and notices readers on `loop` from now on.
    public func attach(to loop: EventLoop) throws(SystemError) {
        self.loop = loop
        if hasReader { try watch() } else { awaitReader() }
    }

    /// Sends bytes to whoever has the slave side open, as far as there is room; the rest follows when they read.
    /// Without a reader the bytes are gone, as on a wire; `false` then, and when over `writeLimit` bytes would wait.
    @discardableResult
    public func write(_ bytes: [UInt8]) -> Bool {
        guard let master, hasReader, queue.append(bytes) else { return false }
        try? queue.flush(into: master.descriptor)
        updateInterest()
        if queue.count == 0 { oweDrained() }
        return true
    }

    /// Bytes written that the kernel has not taken.
    public var pendingBytes: Int { queue.count }

    /// Reads at most `limit` bytes that wait now, for use without a loop; `nil` when there are none or nobody is there.
    public func read(upTo limit: Int = 4096) -> [UInt8]? {
        guard let master, let bytes = try? master.descriptor.read(upTo: limit), !bytes.isEmpty else { return nil }
        return bytes
    }

    /// Unplugs: the other side hangs up, the slave's path and the links are gone.
    public func close() {
        guard let master else { return }
        if let timer { loop?.cancel(timer) }
        timer = nil
        if isWatched { loop?.unwatch(master.raw) }
        isWatched = false
        for path in links where Files.link(path) == slavePath { try? Files.remove(path) }
        links = []
        queue.removeAll()
        self.master = nil
    }

    private func watch() throws(SystemError) {
        guard let master, let loop else { return }
        try loop.watch(master.raw, .readable) { [weak self] in self?.ready($0) }
        isWatched = true
    }

    /// A master with nobody on the other side is always "hung up" for epoll; so it is asked now and then.
    private func awaitReader() {
        timer = loop?.schedule(after: .milliseconds(10)) { [weak self] in
            guard let self else { return }
            timer = nil
            guard hasReader || hasInput, (try? watch()) != nil else { return awaitReader() }
            onReaderChanged(true)
        }
    }

    private func ready(_ readiness: EventLoop.Readiness) {
        guard let master else { return }
        if readiness.contains(.writable), queue.count > 0 {
            try? queue.flush(into: master.descriptor)
            if queue.count == 0 { oweDrained() }
            updateInterest()
        }
        guard !readiness.isDisjoint(with: [.readable, .hangUp]) else { return }
        do throws(SystemError) {
            guard let bytes = try master.descriptor.read() else { return }
            if !bytes.isEmpty { return onBytes(bytes) }
        } catch {
            // EIO: everything was read and nobody has the slave side open.
        }
        // Somebody may have opened it again between the hang-up and now: the next round reads on.
        if hasReader { return }
        loop?.unwatch(master.raw)
        isWatched = false
        queue.removeAll()
        owesDrained = false
        awaitReader()
        onReaderChanged(false)
    }

    private func updateInterest() {
        guard let master, isWatched else { return }
        try? loop?.setInterest(master.raw, queue.count == 0 ? .readable : [.readable, .writable])
    }

    private func oweDrained() {
        guard !owesDrained, let loop else { return }
        owesDrained = true
        loop.schedule(after: .zero) { [weak self] in
            guard let self, master != nil, owesDrained else { return }
            owesDrained = false
            if queue.count == 0 { onDrained() }
        }
    }
}
