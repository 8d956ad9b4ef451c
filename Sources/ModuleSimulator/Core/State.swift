/// What AT commands set; `AT&W` copies it, a reset goes back to the copy.
struct Settings: Equatable {
    var echo = true
    var verbose = true
    var errorReports = 1
    /// The `<n>` of CREG, CGREG and CEREG.
    var registrationReports: [String: Int] = [:]
    var eventReports = 0
    /// AT+CTZU: the network sets the clock.
    var takesNetworkTime = true
    var operatorFormat = 2
    var baud = 0
    var flowControl = [0, 0]
}

/// The card.
struct SIMState: Equatable {
    enum Lock: Equatable { case ready, pin, puk }

    var isInserted = true
    let pin: String?
    var lock: Lock
    /// Wrong PINs so far; the card remembers it through resets.
    var failures = 0
    var busyUntil = Duration.zero

    init(pin: String?) {
        self.pin = pin
        lock = pin == nil ? .ready : .pin
    }

    mutating func powerOn() {
        if pin != nil, lock == .ready { lock = .pin }
    }
}

/// The radio side: registration, attachment, PDP contexts and the IP state of YM310 AT manual 9.40.
package struct CellState: Equatable {
    struct Context: Equatable {
        var type = "IP"
        var apn: String
        var isActive = false
    }

    enum IPState: String, Equatable {
        case initial = "IP INITIAL"
        case start = "IP START"
        case config = "IP CONFIG"
        case active = "IP GPRSACT"
        case status = "IP STATUS"
        case connecting = "TCP CONNECTING"
        case connected = "CONNECT OK"
        case closed = "TCP CLOSED"
        case deactivated = "PDP DEACT"
    }

    /// What brings a lost bearer back; each rung includes those after it.
    package enum Cure: Int, Equatable {
        case itself, cgact, context5, cfun, reset, power

        init?(_ name: String) {
            switch name {
            case "itself": self = .itself
            case "cgact": self = .cgact
            case "context5": self = .context5
            case "cfun": self = .cfun
            case "reset": self = .reset
            case "power": self = .power
            default: return nil
            }
        }
    }

    let defaultAPN: String
    var function = 1
    var isRegistered = false
    var isAttached = false
    /// False while `deregister` keeps the network away.
    var hasCoverage = true
    /// Why the network refuses registration (3GPP TS 24.301 Annex A).
    var denied: Int?
    /// The network registers and does not attach.
    var refusesAttach = false
    /// What `AT+CSQ` tells where a cell is heard.
    var signal = 24
    var isMultiLink = false
    var ip = IPState.initial
    var contexts: [Int: Context]
    var authentication: [Int: String] = [:]
    var privateNetwork: [String]?
    /// Set while the bearer is lost.
    var lost: Cure?

    init(apn: String) {
        defaultAPN = apn
        contexts = [1: Context(apn: apn)]
    }

    /// Whether the module hears a cell.
    var isHeard: Bool { isRegistered || hasCoverage && denied != nil }

    /// Whether TCP can be opened: some context is active.
    var hasBearer: Bool { isRegistered && contexts.values.contains { $0.isActive } }

    mutating func powerOn(from rung: Cure) {
        let saved = privateNetwork
        let stillLost = (lost?.rawValue ?? 0) > rung.rawValue ? lost : nil
        let network = (hasCoverage, denied, refusesAttach, signal)
        self = CellState(apn: saved?.first ?? defaultAPN)
        privateNetwork = saved
        (hasCoverage, denied, refusesAttach, signal) = network
        lost = stillLost
    }

    mutating func dropContexts() {
        for cid in contexts.keys { contexts[cid]?.isActive = false }
    }
}

/// Chapter 13: the one MQTT client.
struct MQTTState {
    enum Link: Equatable {
        case closed, connecting, open
        /// TCP is gone and the host was not told by CLOSED; MIPCLOSE is still answered OK.
        case orphaned
    }
    enum Session: Equatable { case none, connecting, connected }

    struct Cached: Equatable {
        var topic: [UInt8]
        var payload: [UInt8]
        var order: Int
    }

    var link = Link.closed
    var session = Session.none
    var disconnected = false
    var identity = MQTTPacket.Connect(clientID: [], cleanSession: true, keepAlive: 60)
    var isHex = false
    var isCached = false
    var slots: [Cached?] = [nil, nil, nil, nil]
    var arrivals = 0
    var nextID: UInt16 = 1
    var inFlight: [UInt16: UInt8] = [:]
    var receivedQoS2: Set<UInt16> = []
    /// The number of the current (or last) TCP connection.
    var connection = 0
    /// The connection was opened with SSLMIPSTART.
    var isSecure = false
    /// The broker has said something on this connection.
    var hasHeard = false
    /// TCP is up and TLS is not yet.
    var isNegotiating = false
    var stream = MQTTStream()
    var lastSent = Duration.zero

    mutating func takeID() -> UInt16 {
        defer { nextID = nextID == .max ? 1 : nextID + 1 }
        return nextID
    }
}

/// A command whose data is being collected.
struct DataEntry: Equatable {
    enum Purpose: Equatable {
        /// MPUBEX; the payload is still empty.
        case publish(MQTTPacket.Publish)
        /// FSWRITE.
        case file(name: [UInt8], appending: Bool)
        /// The family's send command.
        case stream
    }

    var purpose: Purpose
    /// Tells one FSWRITE from the next.
    var number = 0
    var length: Int?
    /// Where a send ends that declared no length.
    var limit: Int?
    /// What asks for the data, nil for what MPUBEX and FSWRITE print.
    var prompt: String?
    var collected: [UInt8] = []
    var generation: Int
}

/// Faults asked for and not yet over.
struct FaultState: Equatable {
    var heldUntil = Duration.zero
    /// The network is what is frozen, not the module: a restart does not end it.
    var outlastsRestart = false
    var isHalfOpen = false
    /// The broker closed the connection while nothing could arrive.
    var missedClose = false
    var delayPuback: Duration?
    var losePuback = false
    var losePublish = false
    var nextPublishError: String?
    /// Every publish to this topic is answered ERROR.
    var refusedTopic: [UInt8]?
    var refuseConnack = false
    var powerLoss: PowerLoss?
    /// The port dies after so many bytes of an FSWRITE.
    var cutUpload: Int?
    /// How much later than usual the next command is run.
    var lateAnswer: Duration?
    var socket = SocketFaults()

    /// Power goes when one more command line is complete than `lines` says.
    struct PowerLoss: Equatable {
        var lines: Int
        /// Whether the command still has its effect; its answer is not heard in either case.
        var hasEffect: Bool
        /// Only lines that begin with this count.
        var beginning: [UInt8] = []
        /// The line has come, its end has not.
        var isDue = false
    }

    func isNetworkHeld(_ now: Duration) -> Bool { now < heldUntil }
}
