import ATProtocol
import BridgeTestKit
import ModemCore
import MosquittoClient
import Testing

@testable import BridgeRuntime

/// The driver, its carrier and a module under virtual time; the MQTT client is one that says what a test wants.
final class SocketDriverRig {
    /// The client's two ends.
    final class Client: BrokerConnection {
        let clock: ManualClock
        let onEvent: (MosquittoClient.Event) -> Void
        let stream = Stream()
        private var mid: Int32 = 0
        var mids: [Int32] { mid > 0 ? Array(1...mid) : [] }
        var isConnected = false
        var mayWrite = true
        var mayRead = true
        var onBatchEnd: () -> Void = {}

        init(_ clock: ManualClock, _ onEvent: @escaping (MosquittoClient.Event) -> Void) {
            (self.clock, self.onEvent) = (clock, onEvent)
        }

        func connect() {
            clock.soon { [weak self] in
                self?.isConnected = true
                self?.onEvent(.connected(sessionPresent: false))
            }
        }
        func subscribe(_ filter: String, qos: Int, options: MosquittoClient.SubscribeOptions) throws(MosquittoError)
            -> Int32
        { next() }
        func unsubscribe(_ filter: String) throws(MosquittoError) -> Int32 { next() }
        func publish(
            topic: [UInt8], payload: [UInt8], qos: Int, retain: Bool, expiry: UInt32?
        ) throws(MosquittoError) -> Int32 {
            // A fixed header with a length of two bytes is all that anybody looks at.
            let packet = [0x32, UInt8(payload.count & 0x7F | 0x80), UInt8(payload.count >> 7)] + payload
            clock.soon { [weak self] in self?.stream.onBytes(packet) }
            return next()
        }
        func disconnect() {}
        private func next() -> Int32 {
            mid += 1
            return mid
        }
    }

    final class Stream: ClientStream {
        var onBytes: ([UInt8]) -> Void = { _ in }
        var onClosed: (String) -> Void = { _ in }
        var onDrained: () -> Void = {}
        var mayRead = true
        var unreadBytes: Int { 0 }
        var pendingBytes: Int { 0 }
        func write(_ bytes: [UInt8]) -> Bool { true }
        func endInput() {}
        func close() { onBytes = { _ in } }
    }

    /// What the module does with a send.
    enum Sends { case taken, withoutPrompt, withoutAnswer, full }

    let clock = ManualClock()
    let port: ScriptedModulePort
    let recorder = LogRecorder()
    var driver: ModuleDriver!
    /// Of the connections, the last one's.
    private(set) var client: Client?
    private(set) var connections = 0
    /// Of what was published on the last one.
    var mids: [Int32] { client?.mids ?? [] }
    /// What the module does with a send, after so many bytes of the connection.
    var sends: (Int) -> Sends = { _ in .taken }
    /// Bytes of sends that were taken on this connection.
    private(set) var taken = 0
    /// A send has begun that will not end.
    private(set) var isStuck = false
    private var isUp = false

    init(_ change: (inout LinkSettings) -> Void = { _ in }) {
        port = ScriptedModulePort(clock)
        var settings = LinkSettings(host: "broker.example", port: 1883, clientID: bytes("box"))
        settings.hasHardwareReset = false
        settings.linkChoice = .socket
        settings.keepalive = 120
        change(&settings)
        var values = SocketCarrier.Values { [unowned self] _, onEvent in
            let client = Client(clock, onEvent)
            self.client = client
            return StreamedClient(broker: client, stream: client.stream)
        }
        values.guardsClient = false
        values.acknowledgementTimeout = settings.acknowledgementTimeout
        driver = ModuleDriver(
            settings, port: port, baud: 115_200, clock: clock, log: recorder.log(.debug),
            carrier: SocketCarrier(values, clock: clock)
        ) { _ in true }
        port.script = { [unowned self] in answer($0) }
        port.onPublish = { [unowned port] in port.say(["DATA ACCEPT:\($0.payload.count)"], after: port.latency) }
    }

    func online(_ place: SourceLocation = #_sourceLocation) {
        driver.start(dataModeRecord: nil)
        run(.seconds(60), place) { driver.isOnline }
    }

    func run(_ limit: Duration, _ place: SourceLocation = #_sourceLocation, until holds: () -> Bool) {
        let held = clock.run(limit: limit, until: holds)
        #expect(held, "waited \(limit) in vain: \(driver.summary)", sourceLocation: place)
    }

    func publish(_ id: Int64, bytes count: Int, of byte: UInt8 = 0x61) {
        driver.publish(
            PublishStateMachine.Message(
                id: id, topic: bytes("t"), payload: [UInt8](repeating: byte, count: count), qos: 1, retain: false))
    }

    /// Bytes of the connection.
    func push() { port.say(["+IPD,2:xy"]) }

    private func answer(_ line: String) -> [String]? {
        switch line {
        case "AT+CIPSTATUS": return ["OK", "STATE: \(isUp ? "CONNECT OK" : "IP INITIAL")"]
        case "AT+CIFSR": return ["10.0.0.2"]
        case "AT+CIPACK": return ["+CIPACK: \(taken),\(taken),0", "OK"]
        case "AT+CIPCLOSE":
            isUp = false
            return ["CLOSE OK"]
        case _ where line.hasPrefix("AT+CIPSTART="):
            (isUp, taken) = (true, 0)
            connections += 1
            return ["OK", "CONNECT OK"]
        case _ where line.hasPrefix("AT+CIPSEND="): return send(Int(line.dropFirst(11)) ?? 0)
        default: return nil
        }
    }

    private func send(_ count: Int) -> [String] {
        let what = sends(taken)
        isStuck = what == .withoutPrompt || what == .withoutAnswer
        switch what {
        case .full: return ["SEND FAIL"]
        case .withoutPrompt:
            port.openDataMode(bytes: count)
            return []
        case .withoutAnswer:
            // One byte more than will come.
            port.openDataMode(bytes: count + 1)
            return ["> "]
        case .taken:
            port.openDataMode(bytes: count)
            taken += count
            return ["> "]
        }
    }
}

/// What the driver makes of sends that do not end as they should.
@Suite struct SocketDriverTests {
    /// The port goes in the middle of a send and comes back: the module counts on, and no command may become payload.
    @Test(arguments: [
        (SocketDriverRig.Sends.withoutPrompt, 0, UInt8(0x61)), (.withoutPrompt, 1460, 0x61),
        (.withoutPrompt, 1460, 0x0D),
        (.withoutAnswer, 1460, 0x61),
    ])
    func aPortLostInASendIsNotTypedInto(sends: SocketDriverRig.Sends, after count: Int, of byte: UInt8) {
        let rig = SocketDriverRig()
        rig.online()
        rig.sends = { $0 >= count ? sends : .taken }
        rig.publish(1, bytes: 2900, of: byte)
        rig.run(.seconds(5)) { rig.isStuck }
        #expect(rig.taken == count)
        if sends == .withoutAnswer { rig.run(.seconds(5)) { rig.driver.openSend?.isWritten ?? false } }
        let open = rig.driver.openSend?.bytes ?? 0
        let before = rig.port.written.count
        rig.port.unplug()
        rig.run(.seconds(5)) { rig.port.openings == 2 }
        func written() -> ArraySlice<UInt8> { rig.port.written[before...] }
        switch (sends, count) {
        case (.withoutAnswer, _):
            // Its end is listened for first.
            rig.clock.advance(by: .seconds(3))
            let isSilent = written().isEmpty
            #expect(isSilent)
        case (_, 0):
            // Where a packet begins CR bytes are none of MQTT's.
            rig.clock.advance(by: .milliseconds(400))
            let isFilled = Array(written()) == [UInt8](repeating: 0x0D, count: open)
            #expect(isFilled && open > 0)
        case (_, _) where byte != 0x0D:
            // Nothing of it was written: what the module waits for are these bytes, once.
            rig.clock.advance(by: .milliseconds(400))
            let isRepeated = Array(written()) == [UInt8](repeating: byte, count: open)
            #expect(isRepeated && open > 0)
            #expect(rig.driver.openSend?.isWritten ?? false)
        default:
            rig.clock.advance(by: .seconds(180))
            let isSilent = written().isEmpty
            #expect(isSilent)
            rig.run(.seconds(20)) { written().count >= open }
            let isFilled = written().prefix(open).allSatisfy { $0 == 0x0D }
            #expect(isFilled)
        }
        rig.sends = { _ in .taken }
        rig.run(.seconds(1200)) { rig.driver.isOnline }
    }

    /// Of an earlier process's send nobody has the bytes, whatever is told of it.
    @Test func anEarlierProcessesSendIsNotRepeated() {
        let rig = SocketDriverRig()
        rig.driver.openSend = OpenSend(bytes: 169, isHarmless: false, isRepeatable: true)
        rig.driver.start(dataModeRecord: nil)
        rig.clock.advance(by: .seconds(100))
        let isSilent = rig.port.written.isEmpty
        #expect(isSilent && rig.port.openings == 1)
    }

    /// An acknowledgement that never comes is noticed, though other bytes do.
    @Test(arguments: [(10, 120), (30, 180)])
    func aLostAcknowledgementIsNoticedAmongOtherTraffic(timeout: Int, limit: Int) {
        let rig = SocketDriverRig { $0.acknowledgementTimeout = .seconds(timeout) }
        rig.online()
        rig.publish(1, bytes: 200)
        let start = rig.clock.now
        while rig.driver.isOnline, rig.clock.now - start < .seconds(400) {
            rig.push()
            rig.clock.advance(by: .seconds(1))
        }
        let time = rig.clock.now - start
        #expect(time > .seconds(limit - 1) && time < .seconds(limit + 3), "\(time)")
        #expect(rig.recorder.count("the oldest message has no acknowledgement for", .warning) > 0)
        #expect(rig.recorder.count("nothing else came", .warning) == 0)
    }

    /// "Quota exceeded" for some of a window and an acknowledgement between them: one pause, and the next is longer only
    /// when nothing was accepted after it.
    @Test func anAcknowledgementAmongRefusalsDoesNotEndThePause() throws {
        let rig = SocketDriverRig()
        rig.online()
        func answer(_ codes: [Int32]) throws {
            let first = (rig.mids.last ?? 0) + 1
            for offset in codes.indices { rig.publish(Int64(first) + Int64(offset), bytes: 20) }
            rig.clock.advance(by: .milliseconds(10))
            let client = try #require(rig.client)
            for (offset, code) in codes.enumerated() {
                client.onEvent(.published(mid: first + Int32(offset), reasonCode: code))
            }
        }
        func pause() -> Duration {
            let begin = rig.clock.now
            rig.run(.seconds(70)) { rig.driver.isReadyToPublish }
            return rig.clock.now - begin
        }
        try answer([151, 0, 151])
        #expect(pause() == .milliseconds(500))
        try answer([151, 0, 0])
        #expect(pause() == .seconds(1))
        try answer([0, 151])
        #expect(pause() == .milliseconds(500))
    }

    /// What stands in a frame that came damaged is read as lines: a message among them is nobody's.
    @Test func aMessageOfTheModulesOwnClientIsNotBelieved() {
        let rig = SocketDriverRig()
        rig.online()
        rig.port.deliver("commands/x", bytes("hello"))
        rig.clock.advance(by: .seconds(1))
        #expect(rig.recorder.count("discarded a +MSUB", .debug) == 1)
        #expect(rig.driver.isOnline)
    }

    /// The result of a send at the BC260Y-CN comes after its `OK`: a late one must not be taken for that of a send on the
    /// next connection (BC260Y-CN TCP/IP guide 2.3.5, note 3).
    @Test(arguments: [true, false]) func aResultThatIsDueIsAwaitedBeforeTheClose(comes: Bool) {
        let rig = SocketDriverRig { $0.profile = .bc260y }
        rig.port.script = { line in
            if line.hasPrefix("AT+QIOPEN=") { return ["OK", "+QIOPEN: 0,0"] }
            if line.hasPrefix("AT+QISEND=") { return ["OK"] }
            return line == "AT+CGPADDR" ? ["+CGPADDR: 0,\"10.0.0.2\"", "OK"] : nil
        }
        rig.online()
        rig.publish(1, bytes: 20)
        rig.run(.seconds(5)) { rig.port.commands.last?.hasPrefix("AT+QISEND=0,23,") ?? false }
        rig.clock.advance(by: .milliseconds(100))
        let before = rig.port.commands.count
        func closes() -> Bool { rig.port.commands[before...].contains("AT+QICLOSE=0") }
        let since = rig.clock.now
        rig.client?.onEvent(.disconnected(text: "no answer"))
        rig.clock.advance(by: .milliseconds(400))
        #expect(!closes())
        if comes {
            rig.port.say(["SEND OK"])
            rig.clock.advance(by: .milliseconds(50))
        } else {
            rig.run(.seconds(2)) { closes() }
            #expect(rig.clock.now - since <= .milliseconds(1100))
        }
        #expect(closes())
        rig.run(.seconds(5)) { rig.driver.isOnline }
    }
}
