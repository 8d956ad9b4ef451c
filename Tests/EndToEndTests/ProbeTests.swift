import BridgeTestKit
import Glibc
import LinuxIO
import PrivateBroker
import Testing

extension EndToEndTests {
    /// `cellbridge probe` on a machine that is made of files and two simulated modules.
    @Suite("Probe")
    struct ProbeTests {
        /// A tree with sys, dev, run and proc.
        struct Machine {
            let folder: TemporaryDirectory
            let loop: EventLoop
            let program: String
            var modules: [SimulatorProcess] = []

            init() throws {
                folder = try TemporaryDirectory("machine")
                loop = try EventLoop()
                program = try BridgeRig.findProgram()
                for path in ["sys/class/tty/console", "dev/serial/by-id", "run/udev/data", "proc"] {
                    try Files.makeDirectories(folder.file(path))
                }
                try write("sys/class/tty/console/active", "tty0 ttyS0")
            }

            func write(_ path: String, _ text: String) throws {
                let full = folder.file(path)
                try Files.makeDirectories(String(full[..<(full.lastIndex(of: "/") ?? full.startIndex)]))
                try Files.writeAtomically(full, Array((text + "\n").utf8))
            }

            /// A port, its device behind a USB interface when `usb` names one; what it leads to is made apart.
            func port(_ name: String, usb: String? = nil, number: Int, product: String = "Compo") throws {
                let bus = "sys/devices/usb1/1-\(number)"
                var device = "sys/devices/platform/\(name)"
                if let usb {
                    try write("\(bus)/idVendor", String(usb.prefix(4)))
                    try write("\(bus)/idProduct", String(usb.suffix(4)))
                    try write("\(bus)/product", product)
                    try write("\(bus)/1-\(number):1.2/bInterfaceNumber", "02")
                    device = "\(bus)/1-\(number):1.2/\(name)"
                    _ = symlink("../../\(name)", folder.file("dev/serial/by-id/usb-\(product)-if02-port\(number)"))
                }
                try Files.makeDirectories(folder.file(device))
                try write("sys/class/tty/\(name)/dev", "188:\(number)")
                _ = symlink(folder.file(device), folder.file("sys/class/tty/\(name)/device"))
            }

            /// A simulated module on a port.
            mutating func module(_ name: String, baud: Int, profile: String) throws {
                modules.append(
                    try SimulatorProcess(
                        program: program,
                        arguments: [
                            "--profile", profile, "--baud", "\(baud)", "--check-rate", "--boot-delay", "50ms",
                        ], link: folder.file("dev/\(name)"), transcript: folder.file("\(name).transcript"), loop: loop))
            }

            private func symlink(_ target: String, _ path: String) -> Int32 { unsafe Glibc.symlink(target, path) }

            func probe(_ words: [String] = []) throws -> ToolRun {
                let (out, err) = (folder.file("out"), folder.file("err"))
                var options = ChildProcess.Options(program, ["probe", "--root", folder.path] + words)
                (options.standardInput, options.standardOutput, options.standardError) = (.null, .file(out), .file(err))
                for path in [out, err] { try Files.remove(path) }
                let child = try ChildProcess(options, loop: loop)
                guard runLoop(loop, limit: .seconds(60), until: { child.exitStatus != nil }) else {
                    throw RigFailure("probe does not end")
                }
                func text(_ path: String) -> String {
                    String(decoding: (try? Files.read(path, limit: 1 << 20)) ?? [], as: UTF8.self)
                }
                return ToolRun(status: child.exitStatus ?? .unknown, output: text(out), errors: text(err))
            }
        }

        @Test("Two modules at different rates are found; console, Bluetooth and ModemManager's ports are left alone")
        func found() throws {
            var machine = try Machine()
            try machine.port("ttyS0", number: 1)
            try machine.port("ttyUSB2", usb: "1a86:7523", number: 2, product: "USB_Serial")
            try machine.module("ttyUSB2", baud: 9600, profile: "air780ep")
            try machine.port("ttyUSB10", usb: "0403:6001", number: 3, product: "FT232R")
            try machine.module("ttyUSB10", baud: 460_800, profile: "ec716s")
            try machine.port("rfcomm0", number: 4)
            try machine.port("ttyACM0", usb: "2c7c:0125", number: 5, product: "EC25")
            try machine.write("run/udev/data/c188:5", "S:x\nE:ID_MM_CANDIDATE=1")
            try machine.write("proc/77/comm", "ModemManager")
            let run = try machine.probe()
            #expect(run.status == .exited(0), "\(run)")
            #expect(run.errors.isEmpty)
            DoctorSnapshot.check(run.output, "probe-found", masking: [(machine.folder.path, "ROOT")])
            let json = try machine.probe(["--json", "-p", machine.folder.file("dev/ttyUSB10")])
            #expect(json.status == .exited(0), "\(json)")
            #expect(json.output.contains(#""found":1"#) && json.output.contains(#""baud":460800"#))
            #expect(json.output.contains(#""id":"0403:6001""#) && json.output.contains(#""interface":2"#))
        }

        /// Those that are used through their sockets only, or by their own profile.
        @Test("Each family of socket commands is named", arguments: ["air724ug", "quectel-gsm", "bc260y"])
        func families(profile: String) throws {
            var machine = try Machine()
            try machine.port("ttyUSB0", usb: "1a86:7523", number: 2, product: "USB_Serial")
            try machine.module("ttyUSB0", baud: 115_200, profile: profile)
            let run = try machine.probe()
            #expect(run.status == .exited(0), "\(run)")
            #expect(run.errors.isEmpty, "\(run)")
            DoctorSnapshot.check(run.output, "probe-\(profile)", masking: [(machine.folder.path, "ROOT")])
            let json = try machine.probe(["--json", "-p", machine.folder.file("dev/ttyUSB0")])
            let isNamed = json.output.contains("\"profile\":\"\(profile)\"") && json.output.contains("\"found\":1")
            #expect(json.status == .exited(0) && isNamed, "\(json)")
        }

        @Test("A port that another process has is left alone, and gets no byte")
        func held() throws {
            var machine = try Machine()
            try machine.port("ttyUSB0", usb: "1a86:7523", number: 2, product: "USB_Serial")
            try machine.module("ttyUSB0", baud: 115_200, profile: "ec716s")
            let holder = try SerialPort(
                SerialPort.Settings(path: machine.folder.file("dev/ttyUSB0")), loop: machine.loop)
            let run = try machine.probe()
            #expect(run.status == .exited(1), "\(run)")
            #expect(run.output.contains("left alone, in use by "), "\(run)")
            #expect(machine.modules[0].commands().isEmpty)
            holder.close()
            #expect(try machine.probe().status == .exited(0))
        }

        @Test("No port at all: exit status 1, and what to look at")
        func none() throws {
            let run = try Machine().probe()
            #expect(run.status == .exited(1), "\(run)")
            #expect(run.output.hasPrefix("no serial port"), "\(run)")
        }
    }
}
