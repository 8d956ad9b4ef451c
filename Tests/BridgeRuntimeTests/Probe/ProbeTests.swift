import LinuxIO
import PrivateBroker
import Testing

@testable import BridgeRuntime

/// Which ports are asked, and what counts as an answer.
struct ProbeTests {
    @Test(arguments: [
        ("\r\nOK\r\n", true), ("AT\r\r\nOK\r\n", true), ("OK\n", true), ("\r\nOK", false), ("NOT OK\r\n", false),
        ("\r\nERROR\r\n", false), ("", false), ("OKAY\r\n", false),
    ])
    func answers(text: String, isAnswer: Bool) { #expect(RateProbe.hasAnswer(Array(text.utf8)) == isAnswer) }

    @Test func anEchoIsNoNoise() {
        #expect(!RateProbe.isNoise(Array("AT\r\nAT\r\n".utf8)) && !RateProbe.isNoise([]))
        #expect(RateProbe.isNoise([0xFF, 0x00]) && RateProbe.isNoise(Array("login: ".utf8)))
    }

    @Test func whatIsLeftAlone() {
        var device = SerialDevices.Device(name: "ttyUSB0", path: "/dev/ttyUSB0")
        func reason(_ manager: Bool = false, _ holder: SerialPort.Holder? = nil) -> String? {
            PortSearch.reason(device, hasManager: manager, holder: holder)
        }
        #expect(reason() == nil && reason(true) == nil)
        #expect(reason(false, .init(pid: 5, name: "minicom")) == "in use by minicom (pid 5)")
        device.properties = ["ID_MM_CANDIDATE": "1"]
        #expect(reason() == nil && reason(true)?.hasPrefix("ModemManager") == true)
        device.properties["ID_MM_DEVICE_IGNORE"] = "1"
        #expect(reason(true) == nil)
        device.isConsole = true
        #expect(reason() == "the system's console")
        device = SerialDevices.Device(name: "rfcomm0", path: "/dev/rfcomm0")
        #expect(reason() == "Bluetooth")
    }

    @Test func knownDevices() {
        func kind(_ vendor: Int, _ product: Int) -> KnownDevices.Kind? {
            KnownDevices.entry(.init(vendor: vendor, product: product))?.kind
        }
        #expect(kind(0x19D1, 1) == .module && kind(0x2C7C, 0x0125) == .module && kind(0x1A86, 0x7523) == .adapter)
        #expect(kind(0x19D1, 2) == nil && KnownDevices.entry(nil) == nil)
    }
}
