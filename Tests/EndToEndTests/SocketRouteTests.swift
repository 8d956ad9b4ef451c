import BridgeTestKit
import Glibc
import LinuxIO
import Testing

extension EndToEndTests.Socket {
    /// What MQTT 5 carries over the socket beside the message: no local, subscription identifiers, expiry.
    @Suite("Routes over the socket")
    struct Routes {
        @Test(
            "both: no loops and no doubles, retained messages and a new session included",
            arguments: SocketSystem.families)
        func both(system: SocketSystem) throws {
            var options = system.options()
            options.configuration.routes = [BridgeConfiguration.both]
            let rig = try BridgeRig(options)
            try rig.start()
            let here = try observer(rig, rig.local.port, "both/#")
            let there = try observer(rig, rig.remote.port, "shared/#")
            let out = try flow(rig, "o", from: rig.local.port, "both/o/", to: rig.remote.port, "shared/o/", 200)
            let back = try flow(rig, "i", from: rig.remote.port, "shared/i/", to: rig.local.port, "both/i/", 200)
            let kept = try flow(
                rig, "r", from: rig.local.port, "both/r/", to: rig.remote.port, "shared/r/", 9, retain: true)
            try rig.awaitArrival([out, back, kept])
            // What is not acknowledged yet would go twice.
            try quiet(rig)
            let mark = rig.log.mark
            try rig.simulator.fault("drop-tcp")
            try rig.wait("offline") { rig.hasLogged("offline: ", after: mark) }
            try rig.awaitOnline(after: mark)
            try quiet(rig)
            for flow in [out, back, kept] { expectClean(flow, rig) }
            #expect(here.received.count == 409, "a message came back to the local side\n\(rig.diagnosis)")
            #expect(there.received.count == 409, "a message came back to the remote side\n\(rig.diagnosis)")
        }

        @Test("Filters that overlap: one copy of each message", arguments: SocketSystem.families)
        func overlap(system: SocketSystem) throws {
            var options = system.options()
            options.configuration.routes = ["a/+/c", "a/b/#", "a/b/c"].map { topic in
                """
                [[route]]
                direction = "in"
                topic = "\(topic)"
                local_prefix = "orders/"
                remote_prefix = "cmd/"
                qos = 1
                """
            }
            let rig = try BridgeRig(options)
            try rig.start()
            let here = try observer(rig, rig.local.port, "orders/#")
            for topic in ["cmd/a/b/c", "cmd/a/b/d", "cmd/a/x/c", "cmd/a/x/d", "cmd/a/b/c"] {
                try rig.mosquitto("pub", ["-t", topic, "-m", topic, "-q", "1"]).finish(rig)
            }
            try rig.wait("all") { here.received.count >= 4 }
            rig.settle(.milliseconds(300))
            let topics = here.received.map { String(decoding: $0.topic, as: UTF8.self) }
            #expect(topics == ["orders/a/b/c", "orders/a/b/d", "orders/a/x/c", "orders/a/b/c"], "\(rig.diagnosis)")
        }

        @Test("The time a message has left goes with it, and what has none left does not go")
        func expiry() throws {
            let rig = try BridgeRig(SocketSystem(profile: "air780e").options())
            try rig.start()
            func publish(_ topic: String, expiry: Int?) throws {
                let property = expiry.map { ["-D", "publish", "message-expiry-interval", "\($0)"] } ?? []
                let words = ["-V", "5", "-t", topic, "-m", topic, "-q", "1"] + property
                #expect(try rig.mosquitto("pub", words, port: rig.local.port).finish(rig).status == 0)
            }
            let shown = ["-V", "5", "-t", "site7/#", "-q", "1", "-F", "%t %E"]
            let ear = try rig.awaitGrant { try rig.mosquitto("sub", shown + ["-C", "2"]) }
            try publish("plant/long", expiry: 1000)
            try publish("plant/ever", expiry: nil)
            let lines = try ear.finish(rig).text.split(separator: "\n")
            #expect(lines.count == 2 && lines[1].hasPrefix("site7/ever"), "\(lines)")
            let left = lines.first?.split(separator: " ").last.flatMap { Int($0) } ?? 0
            #expect((980...1000).contains(left), "\(lines)")
            // While there is no link, time passes.
            let late = try rig.awaitGrant { try rig.mosquitto("sub", shown + ["-C", "1"]) }
            try rig.simulator.fault("deregister")
            try rig.simulator.fault("drop-tcp")
            try rig.wait("offline") { rig.hasLogged("offline: ") }
            try publish("plant/short", expiry: 1)
            try publish("plant/later", expiry: 1000)
            rig.settle(.milliseconds(2100))
            try rig.simulator.fault("register")
            let last = try late.finish(rig).text
            #expect(last.hasPrefix("site7/later 99"), "\(last)\n\(rig.diagnosis)")
        }

        @Test("pub, sub and rr, alone and through the service", arguments: SocketSystem.families, [false, true])
        func guests(system: SocketSystem, isService: Bool) throws {
            let rig = try BridgeRig.forCommands {
                let simulator = $0.simulator
                $0 = system.options()
                $0.simulator += simulator
                $0.remote.extraLines.append("log_type all")
            }
            if isService { try rig.start() }
            let bytes: [UInt8] = Array(0...255)
            let ear = try rig.awaitGrant { try rig.mosquitto("sub", ["-t", "site/x", "-q", "1", "-C", "1", "-N"]) }
            let pub = try rig.command(["pub", "-t", "site/x", "-s", "-q", "1"], input: bytes)
            #expect(pub.status == 0 && pub.errors.isEmpty, "\(pub.report)")
            #expect(try ear.finish(rig).output == bytes)

            let sub = try rig.awaitGrant { try rig.begin(["sub", "-t", "site/#", "-q", "1", "-C", "2", "-v"]) }
            for text in ["one", "two"] {
                try rig.mosquitto("pub", ["-t", "site/\(text)", "-m", text, "-q", "1"]).finish(rig)
            }
            try sub.finish(rig)
            #expect(sub.status == 0 && sub.text == "site/one one\nsite/two two\n", "\(sub.report)")

            let answer = try rig.awaitGrant {
                try CommandRun(
                    rig, "/bin/sh",
                    [
                        "-c",
                        "mosquitto_sub -p \(rig.remote.port) -t ask -q 1 -C 1 && "
                            + "mosquitto_pub -p \(rig.remote.port) -t tell -m pong -q 1",
                    ])
            }
            let rr = try rig.command(["rr", "-t", "ask", "-e", "tell", "-m", "ping", "-q", "1", "-W", "20"])
            #expect(rr.status == 0 && rr.text == "pong\n", "\(rr.report)")
            #expect(try answer.finish(rig).text == "ping\n")
            expectSocketsOnly(rig, system)
        }

        /// The service's session has one subscription for the filter, and what comes by it is the service's too.
        @Test("--same-id on a route's own filter: the guest and the inbox get it", arguments: SocketSystem.families)
        func ownFilters(system: SocketSystem) throws {
            let rig = try BridgeRig.forCommands {
                let simulator = $0.simulator
                $0 = system.options()
                $0.simulator += simulator
            }
            let sub = try rig.awaitGrant { try rig.begin(["sub", "-t", "cmd/#", "--same-id", "-C", "1", "-W", "20"]) }
            // The grant that can be seen is the session's; when the guest begins to hear it cannot.
            var sent = 0
            while sub.status == nil, sent < 100 {
                try rig.mosquitto("pub", ["-t", "cmd/1", "-q", "1", "-m", "both\(sent)"]).finish(rig)
                sent += 1
                rig.settle(.milliseconds(100))
            }
            try sub.finish(rig)
            #expect(sub.status == 0 && sub.text.hasPrefix("both"), "\(sub.report)\n\(rig.diagnosis)")
            let answer = try rig.awaitGrant {
                try CommandRun(
                    rig, "/bin/sh",
                    [
                        "-c",
                        "mosquitto_sub -p \(rig.remote.port) -t ask -q 1 -C 1 && "
                            + "mosquitto_pub -p \(rig.remote.port) -t cmd/2 -m pong -q 1",
                    ])
            }
            let rr = try rig.command(
                ["rr", "-t", "ask", "-e", "cmd/#", "-m", "ping", "-q", "1", "-W", "20", "--same-id"])
            #expect(rr.status == 0 && rr.text == "pong\n", "\(rr.report)\n\(rig.diagnosis)")
            #expect(try answer.finish(rig).text == "ping\n")
            // While nothing of ours runs: the session and its subscription have stayed.
            try rig.mosquitto("pub", ["-t", "cmd/3", "-q", "1", "-m", "kept"]).finish(rig)
            let words = ["-t", "orders/#", "-q", "1", "-C", "\(sent + 2)", "-v"]
            let local = try rig.mosquitto("sub", words, port: rig.local.port)
            try rig.start()
            try local.finish(rig)
            let expected = (0..<sent).map { "orders/1 both\($0)\n" }.joined() + "orders/2 pong\norders/3 kept\n"
            #expect(local.text == expected, "\(local.report)")
            let books = try rig.command(["queue", "verify"])
            #expect(books.status == 0, "\(books.report)")
        }

        /// Waits until what would come back has come: the module has said and heard nothing for half a second.
        private func quiet(_ rig: BridgeRig) throws {
            var (lines, since) = (0, rig.loop.now)
            try rig.wait("half a second of silence") {
                let count = rig.simulator.transcript.mark
                if count != lines { (lines, since) = (count, rig.loop.now) }
                return rig.loop.now - since > .milliseconds(500)
            }
        }

        private func observer(_ rig: BridgeRig, _ port: Int, _ filter: String) throws -> NumberedCollector {
            try NumberedCollector(loop: rig.loop, port: port, clientID: "observer", filter: filter)
        }

        private func flow(
            _ rig: BridgeRig, _ name: String, from source: Int, _ prefix: String, to sink: Int, _ sinkPrefix: String,
            _ total: Int, retain: Bool = false
        ) throws -> NumberedFlow {
            try NumberedFlow(
                loop: rig.loop, name: name, from: source, prefix: prefix, to: sink, prefix: sinkPrefix, total: total,
                topics: retain ? (0..<total).map { "t/\($0)" } : ["t/0", "t/1", "t/größe"], retain: retain)
        }
    }
}
