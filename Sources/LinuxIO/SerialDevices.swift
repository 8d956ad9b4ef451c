import Glibc

/// The serial ports of this machine as sysfs and udev show them. Blocking, in milliseconds; any thread.
public struct SerialDevices {
    /// One port with hardware behind it.
    public struct Device: Equatable, Sendable {
        /// The kernel's name, `ttyUSB0`.
        public var name: String
        /// The device node.
        public var path: String
        /// Its name below /dev/serial/by-id, which stays the same across restarts.
        public var byID: String?
        /// The kernel's driver, `option1`, `cdc_acm`.
        public var driver: String?
        /// The USB device it belongs to.
        public var usb: USB?
        /// Whether the kernel prints its messages there.
        public var isConsole = false
        /// What udev knows of it (`ID_MM_…` are ModemManager's).
        public var properties: [String: String] = [:]

        /// A port without USB.
        public init(name: String, path: String) {
            self.name = name
            self.path = path
        }
    }

    /// A USB device, and which of its interfaces the port is.
    public struct USB: Equatable, Sendable {
        /// idVendor.
        public var vendor: Int
        /// idProduct.
        public var product: Int
        /// bInterfaceNumber.
        public var interface: Int?
        /// What the device calls its maker.
        public var manufacturer: String?
        /// What the device calls itself.
        public var name: String?

        /// A device.
        public init(vendor: Int, product: Int, interface: Int? = nil, manufacturer: String? = nil, name: String? = nil)
        {
            self.vendor = vendor
            self.product = product
            self.interface = interface
            self.manufacturer = manufacturer
            self.name = name
        }
    }

    /// The most ports that are looked at.
    public static let limit = 256
    /// Where `sys`, `dev`, `run` and `proc` are; without a slash at its end.
    private let root: String

    /// The machine whose file system begins at `root`.
    public init(root: String = "") { self.root = root == "/" ? "" : root }

    /// All ports with hardware behind them, by name; virtual consoles and pseudo-terminals are none.
    public func list() -> [Device] {
        let names = (try? Files.list(root + "/sys/class/tty", limit: 4096)) ?? []
        let console = Set((text("/sys/class/tty/console/active") ?? "").split(separator: " ").map(String.init))
        let ids = links()
        return names.sorted(by: Self.isBefore).lazy.compactMap { name -> Device? in
            guard let folder = Files.resolved("\(root)/sys/class/tty/\(name)/device") else { return nil }
            // A UART of the chipset's that is not there.
            if text("/sys/class/tty/\(name)/type") == "0" { return nil }
            var device = Device(name: name, path: "\(root)/dev/\(name)")
            device.driver = (Files.resolved("\(folder)/driver")?.split(separator: "/").last).map(String.init)
            device.usb = usb(above: folder)
            device.isConsole = console.contains(name)
            device.byID = ids[name]
            device.properties = properties(of: name)
            return device
        }.prefix(Self.limit).map(\.self)
    }

    /// Whether a program of this name (15 bytes at most count) runs.
    public func isRunning(_ program: String) -> Bool {
        let entries = (try? Files.list(root + "/proc", limit: 65536)) ?? []
        return entries.contains { Int32($0) != nil && text("/proc/\($0)/comm") == program }
    }

    // MARK: Inside

    private func text(_ path: String) -> String? { Self.line(root + path) }

    private static func line(_ path: String) -> String? {
        guard let bytes = try? Files.read(path, limit: 4096) else { return nil }
        return String(decoding: bytes.prefix { $0 != 0x0A }, as: UTF8.self)
    }

    /// By-id names, by the kernel's name.
    private func links() -> [String: String] {
        var found: [String: String] = [:]
        let folder = root + "/dev/serial/by-id"
        for entry in ((try? Files.list(folder, limit: 1024)) ?? []).sorted() {
            guard let name = Files.link("\(folder)/\(entry)")?.split(separator: "/").last.map(String.init) else {
                continue
            }
            if found[name] == nil { found[name] = "\(folder)/\(entry)" }
        }
        return found
    }

    /// Goes up from a port's folder until the USB interface and its device are found.
    private func usb(above folder: String) -> USB? {
        var parts = folder.split(separator: "/").map(String.init)
        var interface: Int?
        for _ in 0..<8 where parts.count > 2 {
            let path = "/" + parts.joined(separator: "/")
            if interface == nil { interface = Self.line(path + "/bInterfaceNumber").flatMap { Int($0, radix: 16) } }
            if let vendor = Self.line(path + "/idVendor").flatMap({ Int($0, radix: 16) }),
                let product = Self.line(path + "/idProduct").flatMap({ Int($0, radix: 16) })
            {
                return USB(
                    vendor: vendor, product: product, interface: interface,
                    manufacturer: Self.line(path + "/manufacturer"), name: Self.line(path + "/product"))
            }
            parts.removeLast()
        }
        return nil
    }

    /// The lines `E:NAME=value` of udev's database.
    private func properties(of name: String) -> [String: String] {
        guard let number = text("/sys/class/tty/\(name)/dev"), number.allSatisfy({ $0.isNumber || $0 == ":" }),
            let bytes = try? Files.read("\(root)/run/udev/data/c\(number)", limit: 65536)
        else { return [:] }
        var found: [String: String] = [:]
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") where line.hasPrefix("E:") {
            let parts = line.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { found[String(parts[0])] = String(parts[1]) }
        }
        return found
    }

    /// `ttyUSB2` before `ttyUSB10`.
    private static func isBefore(_ left: String, _ right: String) -> Bool {
        func split(_ name: String) -> (String, Int) {
            let digits = name.reversed().prefix { $0.isASCII && $0.isNumber }.count
            return (String(name.dropLast(digits)), Int(name.suffix(digits)) ?? -1)
        }
        return split(left) < split(right)
    }
}
