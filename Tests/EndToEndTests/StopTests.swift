import BridgeTestKit
import Glibc
import LinuxIO
import Testing

extension EndToEndTests {
    /// The end in order, while messages come in.
    @Suite("Stop")
    struct Stop {
        @Test("nothing that the local broker has waits in the inbox after a stop, also one in the middle of traffic")
        func inbox() throws {
            let rig = try BridgeRig()
            for _ in 0..<4 {
                try rig.start()
                let back = try rig.inbound(.max)
                back.pace(200)
                try rig.wait("traffic") { back.collector.numbers.count >= 50 }
                #expect(try rig.stop() == .exited(0))
                #expect(rig.hasLogged("stopped: 0 message(s) wait in the outbox, 0 in the inbox"), "\(rig.log.tail(3))")
                let list = try rig.command(["queue", "list", "--in", "--quiet"])
                #expect(list.status == 0 && list.text.isEmpty, "\(rig.log.tail(4))\n\(list.report)")
                back.publisher.finish()
            }
        }

        @Test("a local broker that stands still for a moment is waited for")
        func slowBroker() throws {
            let rig = try BridgeRig()
            try rig.start()
            let there = try CommandRun(
                rig, "/usr/bin/mosquitto_sub", ["-p", "\(rig.local.port)", "-t", "orders/#", "-q", "1", "-C", "1"])
            rig.settle(.milliseconds(300))
            rig.local.pause(true)
            _ = try rig.mosquitto("pub", ["-t", "cmd/x", "-m", "hello", "-q", "1"]).finish(rig)
            try rig.wait("the message") { rig.simulator.printed.count >= 1 }
            // On disk meanwhile.
            rig.settle(.milliseconds(400))
            rig.bridge?.signal(SIGTERM)
            rig.settle(.milliseconds(400))
            rig.local.pause(false)
            #expect(try rig.exitStatus() == .exited(0))
            #expect(rig.hasLogged("stopped: 0 message(s) wait in the outbox, 0 in the inbox"), "\(rig.log.tail(3))")
            try there.finish(rig)
            #expect(there.text == "hello\n")
        }
    }
}
