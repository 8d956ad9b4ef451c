import BridgeTestKit
import Glibc
import LinuxIO
import Testing

extension EndToEndTests.Socket {
    /// A remote broker that refuses, and says why, as MQTT 5 can.
    @Suite("Refusals over the socket")
    struct Refusals {
        @Test("A publish that is not allowed is set aside with its reason, and the others flow")
        func notAllowed() throws {
            let files = try TemporaryDirectory("acl")
            let rights = ["topic readwrite site7/t/#", "topic readwrite cmd/#", "topic read #"]
            try Files.writeAtomically(files.file("acl"), Array((rights.joined(separator: "\n") + "\n").utf8))
            var options = SocketSystem(profile: "air780e").options()
            options.remote.extraLines = ["acl_file \(files.file("acl"))"]
            let rig = try BridgeRig(options)
            rig.companions.append(files)
            try rig.start()
            let out = try rig.outbound(.max)
            out.pace(10)
            let bad = ["-t", "plant/bad", "-m", "for the other side", "-q", "1"]
            try rig.mosquitto("pub", bad, port: rig.local.port).finish(rig)
            try rig.wait("it is set aside", limit: .seconds(60)) { rig.hasLogged("set aside site7/bad") }
            out.publisher.finish()
            try rig.awaitArrival([out])
            expectSound(out, rig)
            let reason = "the remote broker said: not authorised: check the rights of this client (reason code 135)"
            #expect(rig.hasLogged(reason), "\(rig.diagnosis)")
            let list = try rig.command(["queue", "list", "--aside"])
            #expect(list.status == 0 && list.text.contains("site7/bad") && list.text.contains("not authorised"))
            // Somebody grants it, and says so.
            try Files.writeAtomically(files.file("acl"), Array("topic readwrite #\n".utf8))
            rig.remote.pid.map { _ = Glibc.kill($0, SIGHUP) }
            try rig.wait("the new rights") { rig.remote.log.contains("Reloading config") }
            let ear = try rig.awaitGrant { try rig.mosquitto("sub", ["-t", "site7/bad", "-q", "1", "-C", "1"]) }
            let id = try #require(list.text.split(separator: " ").dropFirst(4).first.map(String.init), "\(list.report)")
            #expect(try rig.command(["queue", "retry", id]).status == 0)
            #expect(try ear.finish(rig).text == "for the other side\n")
        }

        @Test("A broker that takes QoS 0 only: what is above is set aside with what to do, and the queue goes on")
        func lowQoS() throws {
            var options = SocketSystem(profile: "air780e").options()
            options.remote.extraLines = ["max_qos 0"]
            let rig = try BridgeRig(options)
            try rig.start()
            #expect(rig.hasLogged("the broker grants cmd/# QoS 0 only"), "\(rig.diagnosis)")
            let ear = try rig.awaitGrant { try rig.mosquitto("sub", ["-t", "site7/fine", "-C", "1"]) }
            for (topic, qos) in [("plant/bad", "1"), ("plant/bad", "1"), ("plant/fine", "0")] {
                try rig.mosquitto("pub", ["-t", topic, "-m", "x", "-q", qos], port: rig.local.port).finish(rig)
            }
            #expect(try ear.finish(rig).text == "x\n")
            let reason = "the remote broker takes QoS 0 at most: set publish_qos = 0 for its route (with pub: -q 0)"
            try rig.wait("it is set aside") { rig.hasLogged("set aside site7/bad (message 1): \(reason)") }
            #expect(!rig.hasLogged("is tried again"))
            let list = try rig.command(["queue", "list", "--aside"])
            #expect(list.text.contains("site7/bad") && list.text.contains("takes QoS 0 at most"), "\(list.report)")
            let asked = try rig.command(["pub", "-t", "site7/t", "-m", "x", "-q", "1"])
            #expect(asked.status == 65 && asked.errors.contains(reason), "\(asked.report)")
            #expect(try rig.command(["pub", "-t", "site7/t", "-m", "x"]).status == 0)
        }

        @Test("Over its quota: postponed, then delivered; what cannot be at all is refused")
        func quota() throws {
            let (rig, broker) = try scripted("quectel-gsm")
            var refusals = 3
            broker.puback = { message in
                if message.topic == "site7/never" { return 144 }
                guard message.topic == "site7/much", refusals > 0 else { return 0 }
                refusals -= 1
                return 151
            }
            try rig.start()
            for topic in ["plant/much", "plant/never", "plant/fine"] {
                try rig.mosquitto("pub", ["-t", topic, "-m", "x", "-q", "1"], port: rig.local.port).finish(rig)
            }
            try rig.wait("all said", limit: .seconds(20)) {
                broker.published.contains { $0.topic == "site7/much" && $0.answer == 0 }
                    && broker.published.contains { $0.topic == "site7/fine" }
            }
            #expect(rig.hasLogged("quota exceeded (reason code 151): the message is tried again in"))
            #expect(rig.hasLogged("refused site7/never: the remote broker said: topic name invalid (reason code 144)"))
            #expect(broker.published.count { $0.topic == "site7/much" } == 4, "\(broker.published)")
            #expect(broker.published.count { $0.topic == "site7/never" } == 1)
            #expect(broker.published.count { $0.topic == "site7/fine" } == 1)
            #expect(broker.connects == 1, "the session went on")
            #expect(try rig.stop() == .exited(0))
            #expect(broker.farewells == 1)
        }

        /// Side by side, for most of the time is spent in the pauses between the tries.
        @Test("A session that is refused: in the broker's words; tried again slowly, unless it passes by itself")
        func sessions() throws {
            let loop = try EventLoop()
            let cases: [(profile: String, code: UInt8, words: String, isRefusal: Bool)] = [
                ("bc260y", 134, "user name or password", true), ("air780e", 135, "not authori", true),
                ("quectel-gsm", 133, "client identifier", true), ("bc260y", 151, "quota", false),
                ("air780e", 136, "unavailable", false),
                ("air780e", 0, "the subscription to cmd/# was refused (reason code 135): check the rights", true),
            ]
            let rigs = try cases.map { try scripted($0.profile, loop) }
            for (item, (rig, broker)) in zip(cases, rigs) {
                broker.connack = item.code
                if item.code == 0 { broker.suback = { $0 == "cmd/#" ? 135 : 1 } }
                try rig.start(online: false)
            }
            let real = try wrongPassword(loop)
            try real.start(online: false)
            for (item, (rig, broker)) in zip(cases, rigs) {
                try rig.wait("the words of \(item.code)") {
                    rig.log.lines.contains { $0.lowercased().contains(item.words) }
                }
                if item.isRefusal {
                    try rig.wait("the pause") { rig.hasLogged("next try in 15 s") }
                    #expect(broker.connects == 1, "\(item.code)")
                }
                #expect(!rig.hasLogged(">online"), "\(item.code)")
                (broker.connack, broker.suback) = (0, { _ in 1 })
            }
            for (item, (rig, broker)) in zip(cases, rigs) {
                try rig.awaitOnline(limit: .seconds(25))
                #expect(broker.connects == 2 || !item.isRefusal, "\(item.code)")
            }
            try real.wait("the second refusal", limit: .seconds(40)) { real.hasLogged("next try in 30 s") }
            #expect(real.log.lines.contains { $0.lowercased().contains("the broker refused the session: ") })
            #expect(real.log.lines.contains { $0.lowercased().contains("not authori") }, "\(real.diagnosis)")
            #expect(try real.stop() == .exited(0))
            // The file is read at the start.
            try Files.writeAtomically(real.directory.file("password"), Array("right\n".utf8))
            try real.start()
        }

        private func wrongPassword(_ loop: EventLoop) throws -> BridgeRig {
            var options = SocketSystem(profile: "bc260y").options()
            options.remote.allowsAnonymous = false
            options.remote.users = ["box": "right"]
            options.configuration.remote += ["username = \"box\"", "password_file = \"password\""]
            let rig = try BridgeRig(options, loop: loop)
            try Files.writeAtomically(rig.directory.file("password"), Array("wrong".utf8))
            return rig
        }

        private func scripted(
            _ profile: String, _ loop: EventLoop? = nil
        ) throws -> (rig: BridgeRig, broker: RefusingBroker) {
            let loop = try loop ?? EventLoop()
            let broker = try RefusingBroker(loop)
            var options = SocketSystem(profile: profile).options()
            options.simulator += ["--redirect", "127.0.0.1:\(broker.port)"]
            return (try BridgeRig(options, loop: loop), broker)
        }
    }
}
