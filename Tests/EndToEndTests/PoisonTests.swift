import BridgeTestKit
import LinuxIO
import Testing

extension EndToEndTests {
    /// A message that the module refuses whenever it is sent, from the queue's aside back to the other side.
    @Suite("Poison")
    struct Poison {
        @Test(
            "set aside, listed, its cause removed, queue retry, delivered: through the service and while it is stopped",
            arguments: [true, false])
        func retry(isRunning: Bool) throws {
            let rig = try BridgeRig.forCommands()
            try rig.start()
            let there = try rig.awaitGrant {
                try rig.mosquitto("sub", ["-t", "site7/bad", "-C", "1", "-v", "-q", "1"])
            }
            try rig.simulator.fault("refuse-topic site7/bad")
            let bad = ["-t", "plant/bad", "-m", "for the other side", "-q", "1"]
            _ = try rig.mosquitto("pub", bad, port: rig.local.port).finish(rig)
            // Others that pass bear witness.
            let out = try rig.outbound(.max)
            out.pace(5)
            try rig.wait("it is set aside", limit: .seconds(60)) { rig.hasLogged("set aside site7/bad") }
            out.publisher.finish()
            try rig.awaitArrival([out])
            expectClean(out, rig)

            let list = try rig.command(["queue", "list", "--aside"])
            #expect(list.status == 0 && list.text.hasPrefix("1 message(s) set aside\nout "), "\(list.report)")
            #expect(list.text.contains("  site7/bad, 18 bytes") && list.text.contains("said ERROR, three times"))
            let id = try #require(list.text.split(separator: " ").dropFirst(4).first.map(String.init), "\(list.report)")
            let status = try rig.command(["status"])
            #expect(status.text.contains("  set aside     1 message(s), the first due "), "\(status.report)")
            #expect(try books(rig).contains(#""waiting":1"#))
            #expect(refusals(rig) == 3 && there.status == nil)

            try rig.simulator.fault("refuse-topic")
            rig.settle(.seconds(1))
            #expect(refusals(rig) == 3 && there.status == nil, "it went by itself")
            if !isRunning { #expect(try rig.stop() == .exited(0)) }
            let retry = try rig.command(["queue", "retry", id])
            let when = isRunning ? "" : ": they go after the service's start"
            #expect(retry.status == 0 && retry.text == "1 message(s) back in the queue\(when)\n", "\(retry.report)")
            if !isRunning { try rig.start() }
            try there.finish(rig)
            #expect(there.status == 0 && there.text == "site7/bad for the other side\n", "\(there.report)")

            let end = rig.loop.now + .seconds(10)
            var words = ""
            while !words.contains(#""waiting":0"#), rig.loop.now < end { words = try books(rig) }
            #expect(words.contains(#""waiting":0"#) && words.contains(#""refused":0"#), "\(words)")
            #expect(try rig.command(["queue", "list", "--aside"]).text == "nothing is set aside\n")
            #expect(try rig.command(["queue", "retry", id]).status == 66)
            #expect(try rig.stop() == .exited(0))
            #expect(try books(rig).contains(#""waiting":0"#))
        }

        private func refusals(_ rig: BridgeRig) -> Int {
            rig.simulator.commands().count { $0.hasPrefix("AT+MPUB=\"site7/bad\"") }
        }

        /// What `queue verify` says of balanced books.
        private func books(_ rig: BridgeRig) throws -> String {
            let run = try rig.command(["queue", "verify", "--json"])
            #expect(run.status == 0 && run.text.contains(#""balanced":true"#), "\(run.report)")
            return run.text
        }
    }
}
