import Glibc

/// Why a line of a GPIO chip cannot be used; the text says what to do.
public enum GPIOError: Error, Equatable, Sendable, CustomStringConvertible {
    /// There is no such device.
    case noChip(String)
    /// The device may not be opened.
    case forbidden(String)
    /// The device is something else.
    case notAChip(String)
    /// The chip has no line of that number.
    case noLine(chip: String, line: Int, count: Int)
    /// Somebody else has the line.
    case busy(chip: String, line: Int, consumer: String?)
    /// Another error of this call, with its errno.
    case failed(call: String, chip: String, code: Int32)

    /// In words, for people.
    public var description: String {
        switch self {
        case .noChip(let chip):
            "\(chip) does not exist: `gpiodetect` lists the chips, `gpioinfo` their lines"
        case .forbidden(let chip):
            "no permission to open \(chip): add the user to the group that owns it (`ls -l \(chip)`, mostly gpio)"
        case .notAChip(let chip):
            "\(chip) is no GPIO chip: `gpiodetect` lists those that are"
        case .noLine(let chip, let line, let count):
            "\(chip) has no line \(line), only 0 to \(count - 1): the number is the line's offset in `gpioinfo`"
        case .busy(let chip, let line, let consumer):
            "line \(line) of \(chip) is in use by \(consumer.map { "\"\($0)\"" } ?? "the kernel or another program")"
        case .failed(let call, let chip, let code):
            "\(call) \(chip): \(unsafe String(cString: strerror(code)))"
        }
    }
}
