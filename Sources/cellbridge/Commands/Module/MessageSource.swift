import BridgeRuntime
import LinuxIO

/// Where the payload of `pub` and `rr` comes from: `-m`, `-f`, `-l`, `-n` or `-s`, as with mosquitto_pub.
struct MessageSource {
    var text: String?
    var file: String?
    var isByLine = false
    var isNothing = false
    var isWhole = false

    /// Why these options do not go together; `letters` for people.
    func problem(_ letters: String) -> String? {
        let count = [text != nil, file != nil, isByLine, isNothing, isWhole].filter { $0 }.count
        if count == 1 { return nil }
        return count == 0 ? "what is to be published? one of \(letters)" : "one of \(letters), not \(count)"
    }

    /// The payload; not for `-l`.
    func payload(_ input: StandardInput, _ work: ModuleWork) throws(CommandFailure) -> [UInt8] {
        if let text { return Array(text.utf8) }
        if let file {
            do throws(SystemError) {
                return try Files.read(file, limit: StandardInput.limit)
            } catch {
                throw CommandFailure(.noInput, "\(error)")
            }
        }
        guard isWhole else { return [] }
        guard let bytes = input.whole(isInterrupted: { work.isInterrupted }) else {
            throw work.isInterrupted
                ? .interrupted : CommandFailure(.dataError, "standard input is over \(StandardInput.limit) bytes")
        }
        return bytes
    }
}

extension Array {
    /// `-m`, `-f`, `-n`, `-s`.
    static func source<Target>(_ place: WritableKeyPath<Target, MessageSource>) -> [Element]
    where Element == CommandOption<Target> {
        [
            .text("message", "m", "TEXT", "the payload", place.appending(path: \.text)),
            .text("file", "f", "FILE", "the payload is what this file holds", place.appending(path: \.file)),
            .flag("null-message", "n", "an empty payload") { $0[keyPath: place].isNothing = true },
            .flag("stdin-file", "s", "the payload is all of standard input") { $0[keyPath: place].isWhole = true },
        ]
    }
}
