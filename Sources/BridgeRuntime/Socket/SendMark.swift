import Glibc
import LinuxIO
import ModemCore

/// A note of the send that is under way, for the process after this one: a module that counts the bytes of an
/// `AT+CIPSEND` takes what that one types for the rest of them.
///
/// It is rewritten with every send, so it lies in memory (`/run`) where there is such a place, and is never flushed: it has
/// to outlive a killed process, not a power cut, which ends the module's count too.
final class SendMark {
    private static let width = 8
    private let path: String
    private let port: String
    private var file: OwnedDescriptor?
    private var isSet = false

    /// For the module at this port, in this directory; nothing is written before `set`.
    init(in directory: String, port: String) {
        self.port = port
        let name = port.utf8.suffix(200).map { $0 == 0x2F ? 0x2D : $0 }
        path = "\(directory)/sending\(String(decoding: name, as: UTF8.self))"
    }

    deinit {
        // A process that ends in order leaves nothing.
        if file != nil, !isSet { try? Files.remove(path) }
    }

    /// The send that a killed process may have left open; nil: none.
    var leftOver: OpenSend? {
        // Whatever else somebody has put there is no mark.
        guard let file = try? OwnedDescriptor.open(path, flags: O_RDONLY | O_NOFOLLOW | O_NONBLOCK),
            file.isRegularFile, !isOfAnotherTerminal, let bytes = try? file.read(upTo: 64)
        else { return nil }
        let words = String(decoding: bytes, as: UTF8.self).split(separator: " ")
        guard words.count == 3, let count = Int(words[0]), (1...65536).contains(count) else { return nil }
        return OpenSend(bytes: count, isWritten: words[1] == "w", isHarmless: words[2] == "h")
    }

    /// Whether it is older than the pseudo-terminal it would be of: those have the numbers of earlier ones.
    private var isOfAnotherTerminal: Bool {
        var (mark, terminal) = (stat(), stat())
        guard port.hasPrefix("/dev/pts/"), unsafe lstat(path, &mark) == 0, unsafe lstat(port, &terminal) == 0 else {
            return false
        }
        let (noted, made) = (mark.st_mtim, terminal.st_ctim)
        return (noted.tv_sec, noted.tv_nsec) < (made.tv_sec, made.tv_nsec)
    }

    /// A send goes out, or some of it is written; nil: none is open.
    func set(_ send: OpenSend?) {
        guard send != nil || isSet || Files.exists(path) else { return }
        isSet = send != nil
        let digits = String(send?.bytes ?? 0)
        let number = String(repeating: "0", count: max(0, Self.width - digits.count)) + digits
        let text = Array(
            "\(number) \(send?.isWritten ?? false ? "w" : "a") \(send?.isHarmless ?? false ? "h" : "x")".utf8)
        // What is there may be longer than what is written over it.
        if file == nil { file = try? OwnedDescriptor.open(path, flags: O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW) }
        // Without it the process after a kill in the middle of a send knows of none: what it types goes into the
        // stream, and a plain one may so carry a damaged message.
        guard let raw = file?.raw else { return }
        _ = unsafe text.withUnsafeBytes { unsafe pwrite(raw, $0.baseAddress, $0.count, 0) }
    }
}
