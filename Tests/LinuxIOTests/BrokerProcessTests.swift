import BridgeTestKit
import Glibc
import LinuxIO
import Testing

@Suite struct BrokerProcessTests {
    @Test func itListensAndComesBackOnItsPort() throws {
        var options = BrokerProcess.Options()
        options.isPersistent = true
        options.users = ["gate": "secret"]
        let broker = try BrokerProcess(options)
        let (port, first) = (broker.port, try #require(broker.pid))
        #expect(broker.log.contains("running"))
        try broker.restart()
        #expect(broker.port == port)
        #expect(broker.pid != first)
        broker.kill()
        #expect(!broker.isRunning)
        try broker.start()
        #expect(broker.isRunning)
        #expect(Files.exists(broker.directory.file("mosquitto.db")))
        #expect(try !Files.read(broker.directory.file("users"), limit: 4096).isEmpty)
    }

    @Test func aMessageCrossesIt() throws {
        let broker = try BrokerProcess()
        let loop = try EventLoop()
        func client(_ program: String, _ more: [String]) throws -> ChildProcess {
            var options = ChildProcess.Options(program, ["-h", "127.0.0.1", "-p", "\(broker.port)", "-t", "a"] + more)
            options.standardOutput = .pipe
            return try ChildProcess(options, loop: loop)
        }
        let publisher = try client("mosquitto_pub", ["-m", "hello", "-r", "-q", "1"])
        #expect(runLoop(loop) { publisher.exitStatus != nil })
        let subscriber = try client("mosquitto_sub", ["-C", "1", "-W", "10"])
        var lines: [String] = []
        subscriber.onLine = { lines.append(String(decoding: $1, as: UTF8.self)) }
        #expect(runLoop(loop) { subscriber.exitStatus != nil })
        #expect(lines == ["hello"])
    }

    @Test func nothingIsLeftOfIt() throws {
        var broker: BrokerProcess? = try BrokerProcess()
        let pid = try #require(broker?.pid)
        let path = try #require(broker?.directory.path)
        #expect(Files.exists(path))
        broker = nil
        #expect(!Files.exists(path))
        #expect(kill(pid, 0) == -1)
    }

    @Test func aConfigurationItRefusesIsTold() {
        var options = BrokerProcess.Options()
        options.extraLines = ["no_such_option true"]
        do throws(BrokerProcess.Failure) {
            _ = try BrokerProcess(options)
            Issue.record("it started")
        } catch {
            #expect("\(error)".contains("no_such_option"))
        }
    }
}
