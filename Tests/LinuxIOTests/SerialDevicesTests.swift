import BridgeTestKit
import Glibc
import Testing

@testable import LinuxIO

/// Serial ports from a tree of files that looks like sysfs.
struct SerialDevicesTests {
    private let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory("sysfs") }

    private func write(_ path: String, _ text: String) throws {
        let full = folder.file(path)
        try Files.makeDirectories(Files.parent(of: full))
        try Files.writeAtomically(full, Array(text.utf8))
    }

    private func link(_ path: String, to target: String) throws {
        try Files.makeDirectories(Files.parent(of: folder.file(path)))
        #expect(unsafe symlink(target, folder.file(path)) == 0)
    }

    @Test func portsWithTheirDevices() throws {
        for number in [10, 2] {
            let interface = "sys/devices/usb1/1-\(number)/1-\(number):1.2"
            try write("sys/devices/usb1/1-\(number)/idVendor", "19d1\n")
            try write("sys/devices/usb1/1-\(number)/idProduct", "0001\n")
            try write("sys/devices/usb1/1-\(number)/product", "Compo\n")
            try write("\(interface)/bInterfaceNumber", "0a\n")
            try Files.makeDirectories(folder.file("\(interface)/ttyUSB\(number)"))
            try link("sys/class/tty/ttyUSB\(number)/device", to: folder.file("\(interface)/ttyUSB\(number)"))
        }
        try write("sys/class/tty/ttyUSB2/dev", "188:2\n")
        try write("run/udev/data/c188:2", "S:serial\nE:ID_MM_CANDIDATE=1\nE:X=a=b\nE:broken\n")
        try link("dev/serial/by-id/usb-Compo-if0a", to: "../../ttyUSB2")
        try link("sys/devices/usb1/1-2/1-2:1.2/ttyUSB2/driver", to: folder.file("sys/bus/option1"))
        try Files.makeDirectories(folder.file("sys/bus/option1"))
        // Virtual ones, and a UART that is not there.
        try Files.makeDirectories(folder.file("sys/class/tty/tty1"))
        try Files.makeDirectories(folder.file("sys/devices/platform/serial8250"))
        try link("sys/class/tty/ttyS1/device", to: folder.file("sys/devices/platform/serial8250"))
        try write("sys/class/tty/ttyS1/type", "0\n")
        try link("sys/class/tty/ttyS0/device", to: folder.file("sys/devices/platform/serial8250"))
        try write("sys/class/tty/ttyS0/type", "4\n")
        try write("sys/class/tty/console/active", "tty0 ttyS0\n")
        let found = SerialDevices(root: folder.path).list()
        #expect(found.map(\.name) == ["ttyS0", "ttyUSB2", "ttyUSB10"])
        #expect(found[0].isConsole && found[0].usb == nil && found[0].driver == nil)
        let port = found[1]
        #expect(port.path == folder.file("dev/ttyUSB2") && port.byID == folder.file("dev/serial/by-id/usb-Compo-if0a"))
        #expect(port.usb == .init(vendor: 0x19D1, product: 1, interface: 10, name: "Compo"))
        #expect(port.properties == ["ID_MM_CANDIDATE": "1", "X": "a=b"] && port.driver == "option1" && !port.isConsole)
        #expect(found[2].byID == nil && found[2].properties.isEmpty)
    }

    @Test func noTreeIsNoPort() {
        #expect(SerialDevices(root: folder.file("none")).list().isEmpty)
        #expect(!SerialDevices(root: folder.file("none")).isRunning("init"))
    }

    @Test func programs() throws {
        try write("proc/12/comm", "ModemManager\n")
        try write("proc/self/comm", "other\n")
        let devices = SerialDevices(root: folder.path)
        #expect(devices.isRunning("ModemManager") && !devices.isRunning("other"))
    }
}
