import BridgeRuntime
import Control
import LinuxIO

/// What `probe` shows.
enum ProbeReport {
    /// One port.
    static func lines(_ result: PortSearch.Result) -> [String] {
        let device = result.device
        let what = [result.kind, name(device)].compactMap(\.self).joined(separator: ", ")
        let head = device.path + (what.isEmpty ? "" : " (\(what))")
        switch result.outcome {
        case .found(let module):
            return [
                "\(head): a module at \(module.baud) baud", row("model", module.model),
                row("revision", module.revision),
                row("IMEI", module.imei), row("profile", module.profile ?? "none knows it"),
                "", "  [module]", "  port = \"\(device.byID ?? device.path)\"", "  baud = \(module.baud)", "",
            ].compactMap(\.self)
        case .leftAlone(let reason): return ["\(head): left alone, \(reason)"]
        case .silent(let noise):
            return ["\(head): \(noise ? "bytes, but no answer to AT" : "no answer to AT")"]
        case .closed(let reason): return ["\(head): \(reason)"]
        }
    }

    /// The last line.
    static func end(_ results: [PortSearch.Result]) -> String {
        let found = results.count { if case .found = $0.outcome { true } else { false } }
        let ports = "\(results.count) port\(results.count == 1 ? "" : "s")"
        return switch (found, results.count) {
        case (0, 0): "no serial port: check the cable and the module's power; dmesg | tail"
        case (0, _): "no module on \(ports): check its power and the wires; after power-on wait a minute and a half"
        default: "\(found) module\(found == 1 ? "" : "s") on \(ports)"
        }
    }

    /// `--json`.
    static func json(_ results: [PortSearch.Result]) -> JSONValue {
        let found = results.count { if case .found = $0.outcome { true } else { false } }
        return .members(["found": .number(Int64(found)), "ports": .list(results.map(json))])
    }

    private static func json(_ result: PortSearch.Result) -> JSONValue {
        let device = result.device
        var members: [JSONValue.Member] = [
            .init(name: "port", value: .text(device.path)), .init(name: "by_id", value: .text(device.byID)),
            .init(name: "driver", value: .text(device.driver)), .init(name: "kind", value: .text(result.kind)),
        ]
        if let usb = device.usb {
            members.append(
                .init(
                    name: "usb",
                    value: .members([
                        "id": .text("\(hex(usb.vendor)):\(hex(usb.product))"), "interface": .number(usb.interface),
                        "manufacturer": .text(usb.manufacturer), "product": .text(usb.name),
                    ])))
        }
        switch result.outcome {
        case .found(let module):
            members += [
                .init(name: "outcome", value: "found"), .init(name: "baud", value: .number(module.baud)),
                .init(name: "model", value: .text(module.model)),
                .init(name: "revision", value: .text(module.revision)), .init(name: "imei", value: .text(module.imei)),
                .init(name: "profile", value: .text(module.profile)),
            ]
        case .leftAlone(let reason):
            members += [.init(name: "outcome", value: "left-alone"), .init(name: "reason", value: .text(reason))]
        case .silent(let noise):
            members += [.init(name: "outcome", value: "silent"), .init(name: "noise", value: .bool(noise))]
        case .closed(let reason):
            members += [.init(name: "outcome", value: "closed"), .init(name: "reason", value: .text(reason))]
        }
        return .object(members)
    }

    private static func name(_ device: SerialDevices.Device) -> String? {
        guard let usb = device.usb else { return nil }
        let words = [usb.name, usb.interface.map { "interface \($0)" }, "\(hex(usb.vendor)):\(hex(usb.product))"]
        return Console.printable(Array(words.compactMap(\.self).joined(separator: ", ").utf8))
    }

    private static func row(_ name: String, _ text: String?) -> String? {
        text.map { "  \(name)" + String(repeating: " ", count: 10 - name.count) + $0 }
    }

    private static func hex(_ number: Int) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
