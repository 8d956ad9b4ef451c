import Testing

@testable import Configuration

@Suite struct KnownKeyDocumentationTests {
    @Test(arguments: Configuration.documentedTables.indices)
    func `every key says what it takes and means in one line`(index: Int) {
        let table = Configuration.documentedTables[index]
        #expect(!table.keys.isEmpty)
        #expect(Set(table.keys.map(\.name)).count == table.keys.count)
        for key in table.keys {
            let name = "\(table.name).\(key.name)"
            #expect(!key.takes.isEmpty && !key.meaning.isEmpty, "\(name)")
            #expect(key.standard.isEmpty == key.takes.hasPrefix("table") && table.name.isEmpty || !key.standard.isEmpty)
            for text in [key.takes, key.standard, key.meaning] {
                let isOneLine = text.utf8.allSatisfy { 0x20...0x7E ~= $0 } && !text.hasSuffix(".") && text.count <= 110
                #expect(isOneLine, "\(name): \(text)")
            }
        }
    }

    /// What is said to be required is, and nothing else.
    @Test func `the required keys are those that a file cannot do without`() {
        let required = Configuration.documentedTables.flatMap { table in
            table.keys.filter { $0.standard == "required" }.map {
                table.name.isEmpty ? $0.name : "\(table.name).\($0.name)"
            }
        }
        #expect(
            required == ["remote", "route", "module.apn.name", "remote.host", "remote.will.topic", "route.topic"])
        for (text, key) in [
            ("[[route]]\ntopic = \"#\"", "remote.host"), ("remote.host = \"x\"", "route"),
            ("remote.host = \"x\"\nremote.will = {}\n[[route]]\ntopic = \"#\"", "remote.will.topic"),
            ("remote.host = \"x\"\nmodule.apn = {}\n[[route]]\ntopic = \"#\"", "module.apn.name"),
            ("remote.host = \"x\"\n[[route]]\nqos = 1", "route[1].topic"),
        ] {
            guard case .invalid(let problems) = parsed(text) else {
                Issue.record("\(key) can be left out")
                continue
            }
            #expect(problems.contains { $0.key == key }, "\(key)")
        }
    }

    /// The defaults that the manual page names are those that hold.
    @Test func `the defaults are true`() throws {
        guard case .valid(let made, _) = parsed("remote.host = \"x\"\n[[route]]\ntopic = \"#\"") else {
            Issue.record("it is not valid")
            return
        }
        func standard(_ table: String, _ key: String) -> String? {
            Configuration.documentedTables.first { $0.name == table }?.keys.first { $0.name == key }?.standard
        }
        #expect(standard("local", "host") == made.local.host)
        #expect(standard("local", "port")?.hasPrefix("\(made.local.port),") == true)
        #expect(made.module.port == .path(try #require(standard("module", "port"))))
        #expect(standard("module", "baud") == "\(made.module.baud)")
        #expect(standard("module", "flow_control") == made.module.flowControl.rawValue)
        #expect(standard("module", "profile") == made.module.profile.rawValue)
        #expect(standard("remote", "port")?.hasPrefix("\(made.remote.port),") == true)
        #expect(
            standard("remote", "keepalive") == "\(made.remote.keepalive), link socket \(made.remote.socketKeepalive)")
        #expect(standard("remote", "link") == made.remote.link.rawValue)
        #expect(standard("remote", "window") == "\(made.remote.window)")
        #expect(standard("remote", "clean_session") == "\(made.remote.cleanSession)")
        #expect(standard("remote", "ack_timeout") == made.remote.ackTimeout.text)
        #expect(
            standard("remote", "receive")
                == "\(made.remote.receive.rawValue), link socket \(made.remote.socketReceive.rawValue)")
        #expect(standard("route", "direction") == made.routes[0].direction.rawValue)
        #expect(standard("route", "qos") == "\(made.routes[0].qos)")
        #expect(standard("route", "priority") == made.routes[0].priority.rawValue)
        #expect(standard("queue", "path") == made.queue.path)
        #expect(standard("queue", "max_bytes") == "\(made.queue.maxBytes >> 20) MiB")
        #expect(standard("queue", "overflow") == made.queue.overflow.rawValue)
        #expect(standard("queue", "commit_interval") == made.queue.commitInterval.text)
        #expect(standard("control", "socket") == made.control.socket)
    }
}
