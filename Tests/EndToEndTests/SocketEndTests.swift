import BridgeTestKit
import LinuxIO
import Testing

extension EndToEndTests.Socket {
    /// What ends the service while the socket is in use.
    @Suite("Ends over the socket")
    struct Ends {
        @Test(
            "SIGTERM in the middle of traffic: DISCONNECT arrives, the will stays unsaid, nothing is lost",
            arguments: zip(SocketSystem.families, [true, false, true, false]))
        func inOrder(system: SocketSystem, isSecure: Bool) throws {
            let tls = try SocketTLS()
            var options = isSecure ? tls.options(system) : system.options()
            options.configuration.remote.append(
                "will = { topic = \"gone\", message = \"gone\", qos = 1, retain = true }")
            let rig = try tls.rig(options)
            try rig.start()
            let out = try rig.outbound(600)
            let back = try rig.inbound(600)
            for share in [100, 300] {
                try rig.wait("traffic", limit: .seconds(30)) {
                    out.collector.numbers.count >= share && back.collector.numbers.count >= share
                }
                let begin = rig.loop.now
                let farewells = count("Received DISCONNECT from rig", rig)
                #expect(try rig.stop() == .exited(0), "\(rig.diagnosis)")
                #expect(rig.loop.now - begin < .seconds(8), "\(rig.diagnosis)")
                #expect(count("Received DISCONNECT from rig", rig) == farewells + 1, "\(rig.diagnosis)")
                #expect(rig.hasLogged("in the outbox, 0 in the inbox"), "\(rig.log.tail(3))")
                try rig.start()
            }
            try rig.awaitArrival([out, back])
            expectSound(out, rig)
            expectSound(back, rig)
            #expect(count("'gone'", rig) == 0, "the will was published")
        }

        /// Side by side: a module that may be in the middle of a send is left alone for a while.
        @Test("kill -9 in the middle of plain traffic: nothing lost, nothing strange")
        func killed() throws {
            let loop = try EventLoop()
            let rigs = try SocketSystem.families.map { try BridgeRig($0.options(), loop: loop) }
            for rig in rigs { try rig.start(online: false) }
            for rig in rigs { try rig.awaitOnline() }
            let flows = try rigs.map { (try $0.outbound(600), try $0.inbound(600)) }
            for share in [100, 250, 400] {
                for (rig, flow) in zip(rigs, flows) {
                    try rig.wait("traffic", limit: .seconds(250)) { flow.0.collector.numbers.count >= share }
                    try rig.kill()
                    try rig.start(online: false)
                }
            }
            for (rig, flow) in zip(rigs, flows) {
                try rig.awaitArrival([flow.0, flow.1], limit: .seconds(250))
                expectSound(flow.0, rig)
                expectSound(flow.1, rig)
            }
        }

        private func count(_ text: String, _ rig: BridgeRig) -> Int {
            rig.remote.log.split(separator: "\n").count { $0.contains(text) }
        }
    }
}
