import CLinuxShims
import Glibc

extension SerialPort {
    /// Why a port could not be opened; the description says what happened and what helps.
    public enum OpenFailure: Error, Equatable, Sendable, CustomStringConvertible {
        /// Nothing is at the path.
        case missing(path: String)
        /// No permission; `group` is the group that has it, when the device shows one.
        case forbidden(path: String, group: String?)
        /// Somebody else has the port, `holder` when /proc shows who.
        case busy(path: String, holder: Holder?)
        /// Something is at the path, but not a terminal.
        case notATerminal(path: String)
        /// No such speed, or the device does not know it.
        case unsupportedBaud(path: String, baud: Int)
        /// Anything else.
        case system(SystemError)

        /// In words, for people.
        public var description: String {
            switch self {
            case .missing(let path):
                "\(path) does not exist: check the path, the cable and the module's power"
                    + " (names under /dev/serial/by-id stay the same across restarts)"
            case .forbidden(let path, let group):
                "no permission to open \(path): add the user to group \(group ?? "dialout")"
                    + " (usermod -aG \(group ?? "dialout") USER, then log in again or restart the service)"
            case .busy(let path, let holder?) where holder.name == "ModemManager":
                "\(path) is in use by \(holder): stop it (systemctl stop ModemManager), or make it leave the device"
                    + " alone with a udev rule that sets ENV{ID_MM_DEVICE_IGNORE}=\"1\""
            case .busy(let path, let holder?):
                "\(path) is in use by \(holder): stop that program first"
            case .busy(let path, nil):
                "\(path) is in use by another program: stop it first (ModemManager often is the one: systemctl stop"
                    + " ModemManager, or a udev rule that sets ENV{ID_MM_DEVICE_IGNORE}=\"1\")"
            case .notATerminal(let path):
                "\(path) is not a serial port"
            case .unsupportedBaud(let path, let baud):
                "\(path) cannot run at \(baud) baud: use one of 9600, 19200, 38400, 57600, 115200, 230400, 460800,"
                    + " 921600 that the module knows"
            case .system(let error):
                error.description
            }
        }
    }

    /// The process that has the port open.
    public struct Holder: Equatable, Sendable, CustomStringConvertible {
        /// Its process id.
        public var pid: Int32
        /// Its name (/proc/PID/comm), empty when unknown.
        public var name: String

        /// A process.
        public init(pid: Int32, name: String) {
            self.pid = pid
            self.name = name
        }

        /// In words, for people.
        public var description: String { name.isEmpty ? "process \(pid)" : "\(name) (pid \(pid))" }
    }

    /// Opened, locked, raw and flushed; on any failure closed again.
    static func open(_ settings: Settings) throws(OpenFailure) -> OwnedDescriptor {
        let path = settings.path
        guard let baud = UInt32(exactly: settings.baud), cellbridge_speed(baud) != 0 else {
            throw .unsupportedBaud(path: path, baud: settings.baud)
        }
        do throws(OpenFailure) {
            let descriptor = try openDevice(path)
            guard isatty(descriptor.raw) == 1 else { throw .notATerminal(path: path) }
            try lock(descriptor, path)
            let flow: Int32 = settings.flowControl == .rtsCts ? 1 : 0
            switch cellbridge_serial_raw(descriptor.raw, baud, flow) {
            case 0: break
            case 1: throw .unsupportedBaud(path: path, baud: settings.baud)
            case 2: throw .system(SystemError("tcsetattr", path, code: EINVAL))
            default: throw .system(SystemError("tcsetattr", path))
            }
            tcflush(descriptor.raw, TCIOFLUSH)
            return descriptor
        } catch .busy {
            // Looked for only now: our own descriptor is closed and not mistaken for the holder's.
            throw .busy(path: path, holder: Holder.find(path))
        }
    }

    private static func openDevice(_ path: String) throws(OpenFailure) -> OwnedDescriptor {
        do throws(SystemError) {
            // Non-blocking: without CLOCAL a plain open would wait for a carrier.
            return try OwnedDescriptor.open(path, flags: O_RDWR | O_NOCTTY | O_NONBLOCK)
        } catch {
            switch error.code {
            // ENXIO, ENODEV, EIO: the node is still there and the device behind it no more.
            case ENOENT, ENOTDIR, ENXIO, ENODEV, EIO: throw .missing(path: path)
            case EACCES, EPERM, EROFS: throw .forbidden(path: path, group: Files.group(of: path))
            case EBUSY: throw .busy(path: path, holder: nil)
            case EISDIR: throw .notATerminal(path: path)
            default: throw .system(error)
            }
        }
    }

    private static func lock(_ descriptor: borrowing OwnedDescriptor, _ path: String) throws(OpenFailure) {
        guard flock(descriptor.raw, LOCK_EX | LOCK_NB) == 0 else {
            if errno == EWOULDBLOCK { throw .busy(path: path, holder: nil) }
            throw .system(SystemError("flock", path))
        }
        // A PTY keeps the mark for as long as its master lives, past the end of the one who set it, and then locks
        // everybody but root out: the lock above has to do there.
        guard cellbridge_is_pty(descriptor.raw) == 0 else { return }
        // The mark does not stop root's open, so it is asked for: it lasts as long as somebody has the port open.
        guard cellbridge_is_exclusive(descriptor.raw) == 0 else { throw .busy(path: path, holder: nil) }
        guard cellbridge_set_exclusive(descriptor.raw, 1) == 0 else { throw .system(SystemError("ioctl", path)) }
    }
}

extension SerialPort.Holder {
    /// Who has `path` open, as far as /proc shows it to us; bounded in time.
    public static func find(_ path: String, limit: Duration = .milliseconds(300)) -> SerialPort.Holder? {
        guard let device = Files.resolved(path) else { return nil }
        let end = ContinuousClock.now + limit
        for name in (try? Files.list("/proc", limit: 65536)) ?? [] {
            guard let pid = Int32(name) else { continue }
            if ContinuousClock.now > end { return nil }
            let folder = "/proc/\(name)/fd"
            for entry in (try? Files.list(folder, limit: 4096)) ?? [] {
                // The link's text: a stat could hang on a dead network mount.
                guard Files.link("\(folder)/\(entry)") == device else { continue }
                let command = (try? Files.read("/proc/\(name)/comm", limit: 64)) ?? []
                let text = String(decoding: command.prefix { $0 != 0x0A }, as: UTF8.self)
                return SerialPort.Holder(pid: pid, name: text)
            }
        }
        return nil
    }
}
