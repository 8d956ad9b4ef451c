import ATProtocol
package import LinuxIO
import ModemCore

/// Looks at the serial ports of this machine: leaves alone what is not ours, asks the others for a module.
///
/// Loop's thread only.
package final class PortSearch {
    /// What came of one port.
    package enum Outcome: Equatable, Sendable {
        /// A module.
        case found(Module)
        /// Not touched; why.
        case leftAlone(String)
        /// No answer at any rate; whether bytes came that were none.
        case silent(noise: Bool)
        /// It could not be opened; why.
        case closed(String)
    }

    /// Who answered.
    package struct Module: Equatable, Sendable {
        /// The rate at which it did.
        package var baud: Int
        /// ATI.
        package var model: String
        /// AT+CGMR.
        package var revision: String?
        /// AT+CGSN.
        package var imei: String?
        /// The profile that `auto` chooses; nil: none knows it.
        package var profile: String?
    }

    /// A port and what came of it.
    package struct Result: Equatable, Sendable {
        /// The port.
        package var device: SerialDevices.Device
        /// What kind of device it is, where that is known.
        package var kind: String?
        /// What came of it.
        package var outcome: Outcome

        /// A result.
        package init(device: SerialDevices.Device, kind: String?, outcome: Outcome) {
            self.device = device
            self.kind = kind
            self.outcome = outcome
        }
    }

    /// Hears of each port as it is done.
    package var onResult: (Result) -> Void = { _ in }
    /// Hears which port is asked, and at which rate.
    package var onTry: (String, Int) -> Void = { _, _ in }
    /// Whether somebody asked to stop.
    package var isInterrupted: () -> Bool = { false }
    private let devices: SerialDevices
    private let loop: EventLoop
    private let log: Log

    /// A search on the machine whose file system begins at `root`.
    package init(root: String, loop: EventLoop, log: Log) {
        devices = SerialDevices(root: root)
        self.loop = loop
        self.log = log
    }

    /// Looks at all ports, or at the one that is `only`.
    package func run(only: String?) throws(CommandFailure) -> [Result] {
        let hasManager = devices.isRunning("ModemManager")
        var listed = devices.list()
        if let only {
            guard let target = Files.target(of: only) else {
                throw CommandFailure(.noInput, "\(only) does not exist; cellbridge probe without -p looks at all ports")
            }
            listed = listed.filter { Files.target(of: $0.path) == target }
            // One that sysfs does not have, as a pseudo-terminal.
            if listed.isEmpty {
                listed = [
                    SerialDevices.Device(name: only.split(separator: "/").last.map(String.init) ?? only, path: only)
                ]
            }
        }
        var results: [Result] = []
        for (_, device) in listed.enumerated().sorted(by: Self.isLikelier) {
            if isInterrupted() { throw .interrupted }
            let entry = KnownDevices.entry(device.usb)
            let result = Result(device: device, kind: entry?.words, outcome: try outcome(device, entry, hasManager))
            results.append(result)
            onResult(result)
        }
        return results
    }

    /// Why a port is not touched; nil: it is ours to try.
    static func reason(_ device: SerialDevices.Device, hasManager: Bool, holder: SerialPort.Holder?) -> String? {
        if device.isConsole { return "the system's console" }
        if device.name.hasPrefix("rfcomm") { return "Bluetooth" }
        if let holder { return "in use by \(holder)" }
        let isIgnored = ["ID_MM_DEVICE_IGNORE", "ID_MM_PORT_IGNORE"].contains { device.properties[$0] == "1" }
        if hasManager, !isIgnored, device.properties["ID_MM_CANDIDATE"] == "1" {
            return
                "ModemManager runs and looks after it: systemctl stop ModemManager, or ENV{ID_MM_DEVICE_IGNORE}=\"1\""
        }
        return nil
    }

    private func outcome(
        _ device: SerialDevices.Device, _ entry: KnownDevices.Entry?, _ hasManager: Bool
    ) throws(CommandFailure) -> Outcome {
        let holder = SerialPort.Holder.find(device.path)
        if let reason = Self.reason(device, hasManager: hasManager, holder: holder) { return .leftAlone(reason) }
        let probe = RateProbe(device.path, loop: loop)
        probe.isInterrupted = isInterrupted
        var noise = false
        for rate in entry?.kind == .module ? [RateProbe.rates[0]] : RateProbe.rates {
            if isInterrupted() { throw .interrupted }
            onTry(device.path, rate)
            do throws(SerialPort.OpenFailure) {
                switch try probe.hear(rate) {
                case .answer: return identify(device, rate)
                case .noise: noise = true
                case .silence, .impossible: break
                }
            } catch {
                if case .busy(_, let holder) = error {
                    return .leftAlone("in use by \(holder.map { "\($0)" } ?? "another program")")
                }
                return .closed("\(error)")
            }
        }
        return .silent(noise: noise)
    }

    private func identify(_ device: SerialDevices.Device, _ baud: Int) -> Outcome {
        let settings = SerialPort.Settings(path: device.path, baud: baud)
        let dialogue = ModuleDialogue(
            port: SerialModulePort(settings, loop: loop), baud: baud, loop: loop, log: log)
        dialogue.isInterrupted = isInterrupted
        defer { dialogue.close() }
        do throws(CommandFailure) {
            let identity = try dialogue.open(dataMode: nil)
            let revision = Answer(try dialogue.submit(.cgmr))
            return .found(
                Module(
                    baud: baud, model: identity.model, revision: revision.isSuccess ? revision.value : nil,
                    imei: identity.imei.isEmpty ? nil : identity.imei,
                    profile: ModuleProfile.identified(by: Array(identity.model.utf8))?.name))
        } catch {
            return .closed("it answers at \(baud), then: \(error.text)")
        }
    }

    /// Modules first, then adapters, then the rest; else in their order.
    private static func isLikelier(
        _ left: (offset: Int, element: SerialDevices.Device), _ right: (offset: Int, element: SerialDevices.Device)
    ) -> Bool {
        func rank(_ device: SerialDevices.Device) -> Int {
            switch KnownDevices.entry(device.usb)?.kind {
            case .module?: 0
            case .adapter?: 1
            case nil: device.usb == nil ? 3 : 2
            }
        }
        return (rank(left.element), left.offset) < (rank(right.element), right.offset)
    }
}
