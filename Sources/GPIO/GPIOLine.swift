import CGPIO
import Glibc

/// One line of a GPIO chip as an output (libgpiod 1.6). It is ours from the initialiser until it is released, at the
/// latest when nobody refers to it any more; what level it keeps then is the chip's business.
///
/// Any thread, one at a time. No call waits for anything but the kernel.
///
/// SAFETY: the pointers belong to this object alone; the chip is closed, which releases the line, once, in `release`.
@safe public final class GPIOLine {
    /// How the line is named to others while it is ours.
    public static let consumer = "cellbridge"

    private var chip: OpaquePointer?
    private var line: OpaquePointer?
    private let path: String

    /// Requests line `offset` of `chip` (`gpiochip0` or a path) as an output that is not active.
    public init(chip name: String, line offset: Int, activeLow: Bool) throws(GPIOError) {
        path = Self.path(name)
        unsafe (chip, line) = try Self.open(path, offset)
        let flags = activeLow ? Int32(GPIOD_LINE_REQUEST_FLAG_ACTIVE_LOW) : 0
        guard unsafe gpiod_line_request_output_flags(line, Self.consumer, flags, 0) == 0 else {
            let code = errno
            let failure = unsafe Self.requestFailure(path, offset, line, code)
            release()
            throw failure
        }
    }

    deinit { release() }

    /// Makes it active or not.
    public func set(active: Bool) throws(GPIOError) {
        guard let line = unsafe line else { throw .failed(call: "gpiod_line_set_value", chip: path, code: EBADF) }
        guard unsafe gpiod_line_set_value(line, active ? 1 : 0) == 0 else {
            throw .failed(call: "gpiod_line_set_value", chip: path, code: errno)
        }
    }

    /// Gives it back; harmless when that was done.
    public func release() {
        guard let open = unsafe chip else { return }
        unsafe gpiod_chip_close(open)
        unsafe (chip, line) = (nil, nil)
    }

    /// Whether the line could be requested now; it stays as it is.
    public static func check(chip name: String, line offset: Int) throws(GPIOError) {
        let path = Self.path(name)
        let (chip, line) = unsafe try open(path, offset)
        defer { unsafe gpiod_chip_close(chip) }
        // One of ours that has it now is the service in the middle of a reset.
        if unsafe gpiod_line_is_used(line), unsafe owner(line) == consumer { return }
        var request = unsafe gpiod_line_request_config(
            consumer: nil, request_type: Int32(GPIOD_LINE_REQUEST_DIRECTION_AS_IS), flags: 0)
        let result = unsafe consumer.withCString { name in
            unsafe request.consumer = name
            return unsafe gpiod_line_request(line, &request, 0)
        }
        guard result == 0 else {
            let code = errno
            throw unsafe requestFailure(path, offset, line, code)
        }
    }

    // MARK: Opening

    private static func path(_ name: String) -> String { name.hasPrefix("/") ? name : "/dev/\(name)" }

    private static func open(_ path: String, _ offset: Int) throws(GPIOError) -> (OpaquePointer, OpaquePointer) {
        guard let chip = unsafe gpiod_chip_open(path) else {
            switch errno {
            case ENOENT: throw .noChip(path)
            case EACCES, EPERM: throw .forbidden(path)
            case ENOTTY, ENODEV, EINVAL: throw .notAChip(path)
            case let code: throw .failed(call: "gpiod_chip_open", chip: path, code: code)
            }
        }
        let count = unsafe Int(gpiod_chip_num_lines(chip))
        guard offset >= 0, offset < count, let line = unsafe gpiod_chip_get_line(chip, UInt32(offset)) else {
            let code = errno
            unsafe gpiod_chip_close(chip)
            if offset < 0 || offset >= count { throw .noLine(chip: path, line: offset, count: count) }
            throw .failed(call: "gpiod_chip_get_line", chip: path, code: code)
        }
        return unsafe (chip, line)
    }

    private static func requestFailure(
        _ path: String, _ offset: Int, _ line: OpaquePointer?, _ code: Int32
    ) -> GPIOError {
        if code == EBUSY { return unsafe .busy(chip: path, line: offset, consumer: owner(line)) }
        if code == EPERM || code == EACCES { return .forbidden(path) }
        return .failed(call: "gpiod_line_request", chip: path, code: code)
    }

    private static func owner(_ line: OpaquePointer?) -> String? {
        guard let line = unsafe line, let name = unsafe gpiod_line_consumer(line) else { return nil }
        return unsafe String(cString: name)
    }
}
