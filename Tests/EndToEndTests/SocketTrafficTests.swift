import BridgeTestKit
import LinuxIO
import Testing

extension EndToEndTests.Socket {
    /// Numbered messages over a connection that breaks, and through ends of the service.
    @Suite("Traffic over a broken socket")
    struct Traffic {
        @Test("2,000 each way under TLS 1.3 through drops, PDP losses and kill -9", arguments: SocketSystem.all)
        func everything(system: SocketSystem) throws {
            let tls = try SocketTLS()
            let rig = try tls.rig(tls.options(system))
            try rig.start()
            let out = try rig.outbound(2000)
            let back = try rig.inbound(2000)
            func awaitBoth(_ goal: Int) throws {
                try rig.wait("\(goal) messages", limit: .seconds(60)) {
                    out.collector.numbers.count + back.collector.numbers.count >= goal
                }
            }
            try awaitBoth(600)
            #expect(out.verdict().doubled.isEmpty && back.verdict().doubled.isEmpty, "twice before any break")
            var mark = 0
            for (goal, fault) in [
                (700, "drop-tcp"), (1200, "pdp-deact"), (1700, nil), (2200, "drop-tcp"), (2700, nil),
                (3200, "pdp-deact"),
            ] {
                try awaitBoth(goal)
                // Messages come in before the session is wholly up; the fault is for one that is.
                try rig.awaitOnline(after: mark)
                mark = rig.log.mark
                if let fault {
                    try rig.simulator.fault(fault)
                    try rig.wait("the end of the connection") { rig.hasLogged("offline: ", after: mark) }
                    mark = rig.log.mark
                } else {
                    try rig.kill()
                    try rig.start(online: false)
                }
            }
            try rig.awaitArrival([out, back], limit: .seconds(60))
            expectSound(out, rig)
            expectSound(back, rig)
            // What was under way at a break, and what was acknowledged and not yet removed at a kill.
            #expect(out.verdict().doubled.count <= 6 * 20 + 2 * 65, "\(out.verdict())\n\(rig.diagnosis)")
            // Mosquitto 2.0.11 has many more than it may on the way: what our buffers and the module's hold.
            #expect(back.verdict().doubled.count <= 6 * 120, "\(back.verdict())\n\(rig.diagnosis)")
            expectSocketsOnly(rig, system)
            #expect(rig.hasLogged("TLS: TLSv1.3"), "\(rig.diagnosis)")
            #expect(try rig.stop() == .exited(0))
        }
    }
}
