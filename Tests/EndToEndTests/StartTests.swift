import BridgeTestKit
import Glibc
import LinuxIO
import Testing

extension EndToEndTests {
    /// Starts that cannot succeed, and the SIM's PIN.
    @Suite("Starts")
    struct Starts {
        @Test("A missing port: exit status 66, and the remedy")
        func portMissing() throws {
            var options = BridgeRig.Options()
            options.configuration.port = "/dev/serial/by-id/not-there"
            let rig = try BridgeRig(options)
            try rig.start(online: false)
            #expect(try rig.exitStatus() == .exited(66), "\(rig.diagnosis)")
            #expect(rig.hasLogged("/dev/serial/by-id/not-there does not exist"))
        }

        @Test("A port in use, a state directory in use: exit status 75, and the first one runs on")
        func busy() throws {
            let rig = try BridgeRig()
            try rig.start()
            // The same state directory.
            let twin = try rig.launch(log: "twin.log")
            try rig.wait("the end of the second bridge") { twin.exitStatus != nil }
            #expect(twin.exitStatus == .exited(75))
            let words = TailedFile(rig.directory.file("twin.log"))
            #expect(words.contains("\(rig.bridge?.pid ?? 0)"), "the holder's pid is missing: \(words.tail(5))")
            // Another state directory, the same port.
            var configuration = BridgeConfiguration()
            configuration.state = "other"
            try rig.configure(configuration)
            let rival = try rig.launch(log: "rival.log")
            try rig.wait("the end of the third bridge") { rival.exitStatus != nil }
            #expect(rival.exitStatus == .exited(75), "\(TailedFile(rig.directory.file("rival.log")).tail(5))")
            let out = try rig.outbound(20)
            try rig.awaitArrival([out])
            expectClean(out, rig)
        }

        @Test("A wrong configuration: exit status 78, with file, line, key and the nearest known one")
        func configuration() throws {
            var options = BridgeRig.Options()
            options.configuration.module = ["flow_controll = \"none\""]
            let rig = try BridgeRig(options)
            try rig.start(online: false)
            #expect(try rig.exitStatus() == .exited(78), "\(rig.diagnosis)")
            #expect(rig.hasLogged("cellbridge.toml:"))
            #expect(rig.hasLogged("flow_control"))
        }

        @Test("The PIN comes from its file when the SIM asks")
        func pin() throws {
            let rig = try pinRig("1234\n")
            try rig.start()
            #expect(rig.simulator.commands().count { $0.hasPrefix("AT+CPIN=") } == 1)
            #expect(!rig.log.contains("1234"), "the PIN is in the log")
            // The card is open now; nothing is asked for again.
            try rig.stop()
            try rig.start()
            #expect(rig.simulator.commands().count { $0.hasPrefix("AT+CPIN=") } == 1)
        }

        @Test("A wrong PIN is sent once, also over a restart and a kill; a new file is tried")
        func wrongPIN() throws {
            let rig = try pinRig("0000\n")
            try rig.start(online: false)
            try rig.wait("the refusal") { rig.hasLogged("the SIM refused the PIN; it is not sent again") }
            try rig.stop()
            for _ in 1...2 {
                try rig.start(online: false)
                let mark = rig.simulator.transcript.mark
                try rig.wait("the question") { rig.simulator.commands(after: mark).contains("AT+CPIN?") }
                try rig.wait("the answer") { rig.hasLogged("SIM PIN") }
                rig.settle(.milliseconds(300))
                try rig.kill()
            }
            #expect(rig.simulator.commands().count { $0.hasPrefix("AT+CPIN=") } == 1, "\(rig.diagnosis)")
            try Files.writeAtomically(rig.directory.file("pin"), Array("1234\n".utf8))
            try rig.start()
            #expect(rig.simulator.commands().count { $0.hasPrefix("AT+CPIN=") } == 2)
        }

        private func pinRig(_ pin: String) throws -> BridgeRig {
            var options = BridgeRig.Options()
            options.simulator += ["--pin", "1234"]
            options.configuration.module = ["pin_file = \"pin\""]
            let rig = try BridgeRig(options)
            try Files.writeAtomically(rig.directory.file("pin"), Array(pin.utf8))
            return rig
        }
    }
}
