import BridgeTestKit
import LinuxIO
import Testing

extension EndToEndTests {
    /// Power that goes while certificates are being written.
    @Suite("TLS and power loss")
    struct TLSPowerLoss {
        /// One rig that loses power again and again, each time one command later.
        final class Victim {
            let name: String
            let rig: BridgeRig
            /// Only these command lines count.
            let beginning: String
            /// How many such lines there are in one setup.
            let steps: Int
            /// Whether the host goes down with the module.
            let takesHost: Bool
            /// What makes the next setup write.
            let prepare: (Int) throws -> Void
            /// The first words of the commands after which power went.
            var lost: [String] = []

            init(
                _ name: String, _ rig: BridgeRig, _ beginning: String, steps: Int, takesHost: Bool,
                prepare: @escaping (Int) throws -> Void
            ) {
                (self.name, self.rig, self.beginning, self.steps) = (name, rig, beginning, steps)
                (self.takesHost, self.prepare) = (takesHost, prepare)
            }
        }

        @Test("After each step of the provisioning: the next start connects")
        func everyStep() throws {
            let loop = try EventLoop()
            let tls = try TLSRig()
            let clients = try (0..<3).map { _ in try tls.certificates.client("rig", issuer: tls.authority) }
            let victims = try [true, false].flatMap { takesHost in
                try self.victims(tls, clients, takesHost: takesHost, loop)
            }
            for step in 1...(victims.map(\.steps).max() ?? 0) {
                let active = victims.filter { $0.steps >= step }
                var marks: [Int] = []
                for victim in active {
                    try victim.prepare(step)
                    marks.append(victim.rig.simulator.transcript.mark)
                    try victim.rig.simulator.fault("power-loss-after \(step) \(victim.beginning)")
                    try victim.rig.start(online: false)
                }
                for (victim, mark) in zip(active, marks) {
                    let rig = victim.rig
                    try rig.wait("power loss \(step) of \(victim.name)") {
                        rig.simulator.transcript.contains("power lost after the command", after: mark)
                    }
                    let note = rig.simulator.transcript.first(after: mark) { $0.contains("power lost after") } ?? mark
                    let line = rig.simulator.transcript.lines[mark..<note].last { $0.contains("-> AT") } ?? ""
                    victim.lost.append(String(line.split(separator: " ").last?.prefix { $0 != "=" } ?? ""))
                    guard victim.takesHost else { continue }
                    try rig.kill()
                    try rig.start(online: false)
                }
                for (victim, mark) in zip(active, marks) {
                    try victim.rig.awaitOnline(limit: .seconds(40))
                    #expect(victim.rig.commands("AT+SSLMIPSTART", after: mark).count == 1, "\(victim.rig.diagnosis)")
                    try victim.rig.wait("the verdict, \(victim.name)") {
                        victim.rig.hasLogged("these carried a session and are kept")
                    }
                    try victim.rig.stop()
                }
            }
            for victim in victims {
                #expect(victim.lost.count == victim.steps)
                #expect(victim.lost.allSatisfy { $0.hasPrefix(victim.beginning) }, "\(victim.name): \(victim.lost)")
                expectNothingLess(than: 2, victim.rig)
            }
            #expect(
                Set(victims.flatMap(\.lost))
                    == ["AT+FSDEL", "AT+FSCREATE", "AT+FSWRITE", "AT+FSFSIZE", "AT+SSLCFG"])
        }

        private func victims(
            _ tls: TLSRig, _ clients: [TestCertificates.Identity], takesHost: Bool, _ loop: EventLoop
        ) throws -> [Victim] {
            let host = takesHost ? ", with the host" : ""
            // Nothing is known of the module: all three files, deleted, created, written, measured.
            let fresh = try tls.rig(tls.options(.mutual), loop: loop)
            // A good set is in the module: two files are written beside it, and its CA is measured first.
            let rotated = try tls.rig(tls.options(.mutual), loop: loop)
            try rotated.start()
            try rotated.wait("the first verdict") { rotated.hasLogged("these carried a session and are kept") }
            try rotated.stop()
            let configured = try tls.rig(tls.options(.mutual), loop: loop)
            return [
                Victim("new" + host, fresh, "AT+FS", steps: 12, takesHost: takesHost) { step in
                    try fresh.configure(tls, tls.client, state: "state\(step)")
                },
                Victim("rotation" + host, rotated, "AT+FS", steps: 9, takesHost: takesHost) { step in
                    try rotated.configure(tls, clients[step % 3])
                },
                Victim("context" + host, configured, "AT+SSLCFG", steps: 8, takesHost: takesHost) { step in
                    try configured.configure(tls, tls.client, state: "state\(step)")
                },
            ]
        }
    }
}
